"""Fields for what is given of an instrument: its total, or its items one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from crispy_forms.layout import Div, LayoutObject
from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.forms import SAVED
from outcomes.actions import Entry
from outcomes.actions.assessments import is_on_file
from outcomes.models import Assessment, InstrumentVersion
from outcomes.rules import plain
from outcomes.rules.instruments import GOALS, Item, Scoring, answer_problem, total_problem
from treatments.models import FollowUp, TreatmentCourse

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def score_field_name(version: InstrumentVersion) -> str:
    return f"score_{version.instrument.key.replace('-', '_')}"


def item_field_name(version: InstrumentVersion, key: str) -> str:
    return f"item_{version.instrument.key.replace('-', '_')}_{key}"


def goal_field_name(version: InstrumentVersion, number: int) -> str:
    return item_field_name(version, f"goal_{number}")


class Disclosure(LayoutObject):
    """Fields behind one press; the title may be what a clinic named its instrument, so it is never a template."""

    def __init__(self, title: str, *fields: Any, css_class: str, is_open: bool) -> None:
        self.title, self.fields, self.css_class, self.is_open = title, list(fields), css_class, is_open

    def render(self, form: forms.BaseForm, context: Any, **options: Any) -> SafeString:
        return format_html(
            '<details class="{}"{}><summary>{}</summary>{}</details>',
            self.css_class,
            SafeString(" open") if self.is_open else "",
            self.title,
            SafeString(self.get_rendered_fields(form, context, **options)),
        )


class BoundedField(forms.DecimalField):
    """A number within bounds; `problem` says in words why one is none."""

    def __init__(self, *, minimum: Decimal, maximum: Decimal, step: Decimal, problem: Any, **options: Any) -> None:
        self.problem = problem
        super().__init__(
            required=False,
            error_messages={"invalid": f"A number from {plain(minimum)} to {plain(maximum)}."},
            widget=forms.NumberInput(
                attrs={
                    "min": plain(minimum),
                    "max": plain(maximum),
                    "step": plain(step),
                    "inputmode": "numeric" if step % 1 == 0 else "decimal",
                }
            ),
            **options,
        )

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is not None and (words := self.problem(value)):
            raise ValidationError(words)


def _grade(text: Any) -> Decimal:
    """Raises ValueError for what is no number, as a choice expects it; a goal's form asks before it is checked."""
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError("not a number") from error


def choice_field(choices: Iterable[tuple[Decimal, str]], *, empty: str, **options: Any) -> forms.Field:
    return forms.TypedChoiceField(
        required=False,
        coerce=_grade,
        empty_value=None,
        choices=[("", empty), *((plain(value), words) for value, words in choices)],
        error_messages={"invalid_choice": "Choose one of the grades."},
        **options,
    )


def total_field(version: InstrumentVersion, help_text: str) -> forms.Field:
    """The field of a total: a choice of its grades, or a number within its bounds."""
    definition = version.definition()
    label = version.instrument.name
    if definition.grades:
        return choice_field(definition.grades.items(), empty="not scored", label=label, help_text=help_text)
    return BoundedField(
        minimum=definition.minimum,
        maximum=definition.maximum,
        step=definition.step,
        problem=lambda value: total_problem(definition, value),
        label=label,
        help_text=help_text,
    )


def item_field(item: Item, label: str, answers: list[str]) -> forms.Field:
    """The field of one item; `answers` are the words of a loaded text for its choices."""
    if item.choices:
        words = answers if len(answers) == len(item.choices) else [words for _, words in item.choices]
        values = [value for value, _ in item.choices]
        return choice_field(zip(values, words, strict=True), empty="–", label=label)
    return BoundedField(
        minimum=item.minimum,
        maximum=item.maximum,
        step=item.step,
        problem=lambda value: answer_problem(item, value),
        label=label,
    )


def bounds_in_words(
    version: InstrumentVersion, baseline: Assessment | None = None, last: Assessment | None = None
) -> str:
    """What may be entered, which way is better, and what it was before with its band."""
    better = version.instrument.get_better_display()
    if version.grades:
        words = [f"{better.capitalize()}. Coded {version.coding}."]
    else:
        unit = f" {version.instrument.unit}" if version.instrument.unit else ""
        words = [f"{plain(version.minimum)} to {plain(version.maximum)}{unit}; {better}."]
    if baseline is not None:
        words.append(f"Baseline {_shown(baseline)}.")
    if last is not None and (baseline is None or last.pk != baseline.pk):
        words.append(f"Last {_shown(last)}.")
    return " ".join(words)


class Known:
    """The scores a course has, by instrument: its baseline, its last one, those of one follow-up. One query."""

    def __init__(self, course: TreatmentCourse) -> None:
        self.rows = list(Assessment.objects.of_course(course).with_first_session())
        # In the order of their days, so that the last one stays.
        self.last = {row.instrument_id: row for row in self.rows}
        self.baselines = {
            row.instrument_id: row
            for row in self.rows
            if row.first_session_on and row.assessed_on <= row.first_session_on
        }

    def of_follow_up(self, follow_up: FollowUp) -> list[Assessment]:
        return [row for row in self.rows if row.follow_up_id == follow_up.pk]

    def words(self, version: InstrumentVersion) -> str:
        key = version.instrument_id
        return bounds_in_words(version, self.baselines.get(key), self.last.get(key))

    def goals(self, version: InstrumentVersion) -> dict[str, Any]:
        """The goals as they stood last, to rate them again: words and weights, no attainment."""
        last = self.last.get(version.instrument_id)
        if last is None:
            return {}
        kept = {key: value for key, value in last.answers.items() if not key.startswith("attained")}
        return kept | last.words


class ScoresMixin:
    """Fields for a list of instrument versions, and what was given by version."""

    versions: list[InstrumentVersion]
    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    data: Mapping[str, Any]
    errors: Any
    changed_data: list[str]
    add_error: Any

    def add_score_fields(self, versions: Iterable[InstrumentVersion], known: Known) -> None:
        self.versions = list(versions)
        for version in self.versions:
            definition = version.definition()
            takes_total = definition.scoring is not Scoring.PRINCIPAL
            if takes_total:
                self.fields[score_field_name(version)] = total_field(version, known.words(version))
            text = version.text_in("en")
            for number, item in enumerate(version.asked_items()):
                label = text.questions[number] if text and number < len(text.questions) else item.label
                self.fields[item_field_name(version, item.key)] = item_field(item, label, text.answers if text else [])
            if definition.scoring is Scoring.GOALS:
                kept = known.goals(version)
                for number in range(1, GOALS + 1):
                    self.fields[goal_field_name(version, number)] = forms.CharField(
                        label=f"Goal {number}", required=False, max_length=120, initial=kept.get(f"goal_{number}", "")
                    )
                    for part in ("importance", "difficulty"):
                        name = item_field_name(version, f"{part}_{number}")
                        weight = kept.get(f"{part}_{number}")
                        # As a number, so that the same sent back is no change.
                        self.fields[name].initial = None if weight is None else Decimal(weight)

    def score_layout(self, version: InstrumentVersion) -> Div:
        """The total with its items behind one press; open where there is no total, or an item was filled or wrong."""
        names = self._item_names(version)
        total = score_field_name(version)
        parts: list[Any] = [total] if total in self.fields else []
        if names:
            is_open = not parts or any(self.data.get(name) for name in names)
            title = version.instrument.name if not parts else f"{version.instrument.short_name}, item by item"
            parts.append(
                Disclosure(
                    title,
                    Div(*names, css_class=f"item-row is-{version.scoring}"),
                    css_class="score-items",
                    is_open=is_open,
                )
            )
        return Div(*parts, css_class="score-entry")

    def names_of(self, version: InstrumentVersion) -> list[str]:
        return [score_field_name(version), *self._item_names(version)]

    def _item_names(self, version: InstrumentVersion) -> list[str]:
        names = [item_field_name(version, item.key) for item in version.asked_items()]
        if version.scoring != Scoring.GOALS:
            return names
        return [
            name
            for number in range(1, GOALS + 1)
            for name in (
                goal_field_name(version, number),
                *(item_field_name(version, f"{part}_{number}") for part in ("importance", "difficulty", "attained")),
            )
        ]

    def check_goals(self) -> None:
        """A goal that was written or weighed now is rated as well; only those kept from before may stay unrated."""
        for version in self.versions:
            for number in range(1, GOALS + 1) if version.scoring == Scoring.GOALS else ():
                typed = [
                    goal_field_name(version, number),
                    *(item_field_name(version, f"{part}_{number}") for part in ("importance", "difficulty")),
                ]
                attained = item_field_name(version, f"attained_{number}")
                is_rated = self.cleaned_data.get(attained) is not None or attained in self.errors
                if not is_rated and any(self.cleaned_data.get(name) and name in self.changed_data for name in typed):
                    self.add_error(attained, "Rate this goal, or take it out.")

    def scores(self) -> dict[InstrumentVersion, Entry]:
        """What was given, by version; nothing for what was left empty. Goals that were not rated are left out whole."""
        given = {}
        for version in self.versions:
            answers = {
                item.key: value
                for item in version.asked_items()
                if (value := self.cleaned_data.get(item_field_name(version, item.key))) is not None
            }
            words: dict[str, str] = {}
            if version.scoring == Scoring.GOALS:
                rated = [number for number in range(1, GOALS + 1) if f"attained_{number}" in answers]
                answers = {key: value for key, value in answers.items() if int(key.rpartition("_")[2]) in rated}
                words = {f"goal_{number}": self.cleaned_data[goal_field_name(version, number)] for number in rated}
            total = self.cleaned_data.get(score_field_name(version))
            if answers or total is not None:
                given[version] = Entry(answers=answers, total=total, words=words)
        return given

    def show_scores_on_file(self, follow_up: FollowUp) -> None:
        """Say beside each score that was typed what the follow-up holds of that instrument, where it differs."""
        typed = self.scores()
        for row in Assessment.objects.filter(follow_up=follow_up).select_related("version", "instrument"):
            version = next((version for version in typed if version.instrument_id == row.instrument_id), None)
            if version is None or is_on_file(follow_up=follow_up, version=version, entry=typed[version]):
                continue
            name = next(name for name in self.names_of(version) if name in self.fields)
            self.add_error(name, f"{SAVED}{row.shown}. It stays: clear yours, or withdraw that one first.")

    def add_errors(self, problem: ValidationError) -> None:
        """Put what an action refused beside the fields it is about."""
        messages: Mapping[str, list[str]] = (
            problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
        )
        by_key = {version.instrument.key: version for version in self.versions}
        for key, found in messages.items():
            start, _, item = key.partition(".")
            name = key
            if item and start in by_key:
                version = by_key[start]
                total = score_field_name(version)
                name = total if item == "total" and total in self.fields else item_field_name(version, item)
            for message in found:
                self.add_error(name if name in self.fields else None, message)


def _shown(score: Assessment) -> str:
    said = f"{score.shown} on {_day(score.assessed_on)}"
    return f"{said}, {score.band}" if score.band and not score.label else said


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
