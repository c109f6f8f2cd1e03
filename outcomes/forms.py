from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError

from audit.forms import VersionedModelForm
from outcomes.actions import Findings
from outcomes.models import Assessment, Instrument
from outcomes.rules import plain, score_problem
from treatments.forms.adverse_events import SpreadMixin
from treatments.models import AdverseEvent, FollowUp, TreatmentCourse
from treatments.rules import toxin_spread

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def score_field_name(instrument: Instrument) -> str:
    return f"score_{instrument.key.replace('-', '_')}"


class ScoreField(forms.DecimalField):
    """A score of one instrument; a value it cannot take is refused with the instrument's bounds in the message."""

    def __init__(self, instrument: Instrument, **options: Any) -> None:
        self.instrument = instrument
        super().__init__(
            label=instrument.name,
            required=False,
            error_messages={"invalid": f"A number from {plain(instrument.minimum)} to {plain(instrument.maximum)}."},
            widget=forms.NumberInput(
                attrs={
                    "min": plain(instrument.minimum),
                    "max": plain(instrument.maximum),
                    "step": plain(instrument.step),
                    "inputmode": "numeric" if instrument.step % 1 == 0 else "decimal",
                }
            ),
            **options,
        )

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is None:
            return
        problem = score_problem(
            value, minimum=self.instrument.minimum, maximum=self.instrument.maximum, step=self.instrument.step
        )
        if problem:
            raise ValidationError(problem)


def field_for(instrument: Instrument, help_text: str) -> forms.Field:
    """The field of an instrument: a choice of its grades, or a number within its bounds."""
    labels = instrument.grade_labels()
    if not labels:
        return ScoreField(instrument, help_text=help_text)
    return forms.TypedChoiceField(
        label=instrument.name,
        required=False,
        coerce=Decimal,
        empty_value=None,
        choices=[("", "not scored"), *((plain(value), label) for value, label in labels.items())],
        help_text=help_text,
        error_messages={"invalid_choice": "Choose one of the grades."},
    )


def bounds_in_words(instrument: Instrument, baseline: Assessment | None = None, last: Assessment | None = None) -> str:
    """What may be entered, which way is better, and what it was before."""
    if instrument.grades:
        words = [f"{instrument.get_better_display().capitalize()}. Coded {instrument.coding}."]
    else:
        unit = f" {instrument.unit}" if instrument.unit else ""
        words = [
            f"{plain(instrument.minimum)} to {plain(instrument.maximum)}{unit}; {instrument.get_better_display()}."
        ]
    if baseline is not None:
        words.append(f"Baseline {baseline.shown} on {_day(baseline.assessed_on)}.")
    if last is not None and (baseline is None or last.pk != baseline.pk):
        words.append(f"Last {last.shown} on {_day(last.assessed_on)}.")
    return " ".join(words)


class Known:
    """The scores a course has, by instrument: its baseline and its last one. Two queries."""

    def __init__(self, course: TreatmentCourse) -> None:
        scores = Assessment.objects.filter(course=course).select_related("instrument")
        self.baselines = {row.instrument_id: row for row in scores.baselines()}
        self.last = {row.instrument_id: row for row in scores.latest_of_each()}

    def words(self, instrument: Instrument) -> str:
        return bounds_in_words(instrument, self.baselines.get(instrument.pk), self.last.get(instrument.pk))


class ScoresMixin:
    """Score fields for a list of instruments, and their values by instrument."""

    instruments: list[Instrument]
    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_score_fields(self, instruments: Iterable[Instrument], known: Known) -> None:
        self.instruments = list(instruments)
        for instrument in self.instruments:
            self.fields[score_field_name(instrument)] = field_for(instrument, known.words(instrument))

    def scores(self) -> dict[Instrument, Decimal]:
        """What was entered, in each instrument's coding; nothing for what was left empty."""
        values = {instrument: self.cleaned_data.get(score_field_name(instrument)) for instrument in self.instruments}
        return {instrument: value for instrument, value in values.items() if value is not None}

    def add_errors(self, problem: ValidationError) -> None:
        """Put what an action refused beside the fields it is about."""
        messages: Mapping[str, list[str]] = (
            problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
        )
        names = {instrument.key: score_field_name(instrument) for instrument in self.instruments}
        for key, found in messages.items():
            name = names.get(key, key)
            for message in found:
                self.add_error(name if name in self.fields else None, message)  # type: ignore[attr-defined]


class AssessmentForm(ScoresMixin, forms.Form):
    """The scores of one day; the fields come from the instruments of the course's condition."""

    assessed_on = forms.DateField(label="Scored on", widget=DAY)
    note = forms.CharField(
        max_length=200, required=False, help_text="For example which muscle group was graded, or who filled it in."
    )

    def __init__(self, *args: Any, course: TreatmentCourse, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course, self.today = course, today
        self.fields["assessed_on"].initial = today
        self.fields["assessed_on"].widget.attrs["max"] = today.isoformat()
        self.add_score_fields(course.condition.instruments.all(), Known(course))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Div("assessed_on", css_class="score-day"),
            *(score_field_name(instrument) for instrument in self.instruments),
            "note",
        )

    def clean_assessed_on(self) -> date:
        day: date = self.cleaned_data["assessed_on"]
        if day > self.today:
            raise ValidationError("This day lies in the future.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not self.scores():
            raise ValidationError("Enter at least one score.")
        return cleaned


class FollowUpForm(SpreadMixin, ScoresMixin, VersionedModelForm):
    """What a follow-up found, with the scores taken at it."""

    done_on = forms.DateField(label="Contact on", widget=DAY)
    adverse_event = forms.TypedChoiceField(
        label="Adverse event",
        choices=[("no", "No"), ("yes", "Yes")],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Answer yes or no."},
    )
    event_onset_on = forms.DateField(label="It began on", required=False, widget=DAY)

    class Meta:
        model = FollowUp
        fields = ["onset_on", "peak_on", "wear_off_on", "impression", "adverse_event", "adverse_event_text", "note"]
        widgets = {
            "onset_on": DAY,
            "peak_on": DAY,
            "wear_off_on": DAY,
            "adverse_event_text": forms.Textarea(attrs={"rows": 2}),
            "note": forms.Textarea(attrs={"rows": 1}),
        }
        labels = {
            "onset_on": "First effect",
            "peak_on": "Strongest effect",
            "wear_off_on": "Wearing off since",
            "impression": "Compared with before the session (PGIC)",
            "adverse_event_text": "What happened, when, how it went",
        }

    def __init__(self, *args: Any, today: date, instruments: Iterable[Instrument], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        follow_up: FollowUp = self.instance
        self.today = today
        self.fields["done_on"].initial = follow_up.done_on or today
        if follow_up.adverse_event is not None:
            self.initial["adverse_event"] = "yes" if follow_up.adverse_event else "no"
        else:
            self.initial["adverse_event"] = None
        self.add_spread_fields(follow_up.spread_answers)
        event = AdverseEvent.objects.filter(follow_up=follow_up).first() if follow_up.status == "done" else None
        self.fields["event_onset_on"].initial = event and event.onset_on
        self.fields["impression"].choices = [("", "not asked"), *FollowUp.Impression.choices]
        for name in ("done_on", "onset_on", "peak_on", "wear_off_on", "event_onset_on"):
            self.fields[name].widget.attrs |= {
                "min": follow_up.session.performed_on.isoformat(),
                "max": today.isoformat(),
            }
        self.add_score_fields(instruments, Known(follow_up.course))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "version",
            Div("done_on", css_class="score-day"),
            Fieldset("Effect", Div("onset_on", "peak_on", "wear_off_on", css_class="form-row"), "impression"),
            *(
                [
                    Fieldset(
                        "Scores",
                        Div(*(score_field_name(instrument) for instrument in self.instruments), css_class="form-row"),
                    )
                ]
                if self.instruments
                else []
            ),
            Fieldset(
                "Safety",
                HTML("{% include 'treatments/_spread.html' %}"),
                "adverse_event",
                Div("event_onset_on", css_class="form-row"),
                "adverse_event_text",
            ),
            "note",
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        session_on = self.instance.session.performed_on
        for name in ("done_on", "onset_on", "peak_on", "wear_off_on", "event_onset_on"):
            day = cleaned.get(name)
            if day is None:
                continue
            if day > self.today:
                self.add_error(name, "This day lies in the future.")
            elif day < session_on:
                self.add_error(name, f"Before the session of {_day(session_on)}.")
            elif name != "done_on" and cleaned.get("done_on") and day > cleaned["done_on"]:
                self.add_error(name, "After the day of the contact.")
        onset, peak, wear_off = (cleaned.get(name) for name in ("onset_on", "peak_on", "wear_off_on"))
        if onset and peak and peak < onset:
            self.add_error("peak_on", "Before the first effect.")
        if wear_off and any(day and wear_off < day for day in (onset, peak)):
            self.add_error("wear_off_on", "The effect cannot wear off before it began or was strongest.")
        self._clean_event(cleaned)
        return cleaned

    def _clean_event(self, cleaned: dict[str, Any]) -> None:
        """A red answer is an adverse event, in its own words where no others were typed; each has its first day."""
        answers = self.spread_answers()
        if toxin_spread.opens_event(answers):
            if cleaned.get("adverse_event") is False:
                self.add_error("adverse_event", "A marked answer above is an adverse event: answer yes.")
            else:
                self.errors.pop("adverse_event", None)
                cleaned["adverse_event"] = True
                cleaned["adverse_event_text"] = cleaned.get("adverse_event_text", "").strip() or toxin_spread.in_words(
                    answers
                )
        if not cleaned.get("adverse_event"):
            return
        if not cleaned.get("adverse_event_text", "").strip():
            self.add_error("adverse_event_text", "Say what happened.")
        if not cleaned.get("event_onset_on") and "event_onset_on" not in self.errors:
            self.add_error("event_onset_on", "Say on which day it began.")

    def validate_constraints(self) -> None:
        """The action does, with the row locked; what concerns several fields was said beside them above."""

    def findings(self) -> Findings:
        return Findings(
            **{
                name: self.cleaned_data[name]
                for name in ("onset_on", "peak_on", "wear_off_on", "impression", "adverse_event")
            },
            adverse_event_text=self.cleaned_data["adverse_event_text"],
            spread=self.spread_answers(),
            event_onset_on=self.cleaned_data["event_onset_on"],
            note=self.cleaned_data["note"],
        )


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
