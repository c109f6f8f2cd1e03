from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms

from audit.forms import SAVED, VersionedModelForm
from audit.models import StaleVersionError
from outcomes.actions import Findings
from outcomes.forms.scores import DAY, Disclosure, Known, ScoresMixin
from outcomes.models import InstrumentVersion, Questionnaire
from outcomes.rules.patient_questions import DAYS, IMPRESSION, NOTE, SATISFACTION, days_of
from treatments.actions.adverse_events import DAY_NOT_SAID
from treatments.forms.adverse_events import ANSWERS, SpreadMixin
from treatments.models import FollowUp
from treatments.rules import toxin_spread


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
    target_on = forms.DateField(label="Aim the next session at", required=False, widget=DAY)
    target_reason = forms.CharField(label="Because", required=False, max_length=200)

    class Meta:
        model = FollowUp
        fields = [
            "onset_on", "peak_on", "wear_off_on", "impression", "satisfaction", "adverse_event", "adverse_event_text",
            "note",
        ]  # fmt: skip
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
            "satisfaction": "Satisfied with this session",
            "adverse_event_text": "What happened, when, how it went",
        }

    def __init__(
        self,
        *args: Any,
        today: date,
        versions: Iterable[InstrumentVersion],
        scored: Collection[int] = (),
        known: Known,
        asked: Collection[str] = (),
        told: Questionnaire | None = None,
        aims: bool = False,
        **kwargs: Any,
    ) -> None:
        """`asked` are the keys of the instruments this step is for, `told` is what the patient answered of it, which
        stands in the form until it is recorded; `aims` is whether the next target may be set.

        `scored` are the instruments that have a score of this follow-up: asked no longer, and yet heard, so that what
        was typed on a page opened before is refused at its place and not dropped.
        """
        super().__init__(*args, **kwargs)
        follow_up: FollowUp = self.instance
        self.today = today
        if not aims:
            del self.fields["target_on"], self.fields["target_reason"]
        self.fields["done_on"].initial = follow_up.done_on or today
        if follow_up.adverse_event is not None:
            self.initial["adverse_event"] = "yes" if follow_up.adverse_event else "no"
        else:
            self.initial["adverse_event"] = None
        event = getattr(follow_up, "adverse_event_record", None)
        # A day that stands there only because one is needed is asked for.
        told_the_day = event is not None and event.note != DAY_NOT_SAID
        self.fields["event_onset_on"].initial = event.onset_on if told_the_day else None
        if told is not None and follow_up.status == FollowUp.Status.PLANNED:
            self.add_spread_fields(told.spread)
            self.initial.update(_told(told))
            if event is not None:
                self.initial.update({"adverse_event": "yes", "adverse_event_text": event.words})
        else:
            self.add_spread_fields(follow_up.spread_answers)
        self.fields["impression"].choices = [("", "not asked"), *FollowUp.Impression.choices]
        self.fields["satisfaction"].choices = [("", "not asked"), *FollowUp.Satisfaction.choices]
        for name in ("done_on", "onset_on", "peak_on", "wear_off_on", "event_onset_on"):
            self.fields[name].widget.attrs |= {
                "min": follow_up.session.performed_on.isoformat(),
                "max": today.isoformat(),
            }
        if aims:
            eligible_on = follow_up.course.eligible_on
            self.fields["target_on"].widget.attrs["min"] = max(filter(None, (today, eligible_on))).isoformat()
            if eligible_on:
                self.fields["target_on"].help_text = f"First allowed day {_day(eligible_on)}."
        # The impression above is the PGIC of a follow-up.
        self.add_score_fields(
            [
                row
                for row in versions
                if row.instrument.key != "pgic"
                and (row.instrument_id not in scored or any(self.data.get(name) for name in self.names_of(row)))
            ],
            known,
        )
        due = [version for version in self.versions if version.instrument.key in asked]
        others = [version for version in self.versions if version not in due]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "version",
            Div("done_on", css_class="score-day"),
            Fieldset(
                "Effect",
                Div("onset_on", "peak_on", "wear_off_on", css_class="form-row"),
                Div("impression", "satisfaction", css_class="form-row"),
            ),
            *self._scores(due, others),
            Fieldset(
                "Safety",
                HTML("{% include 'treatments/_spread.html' %}"),
                "adverse_event",
                Div("event_onset_on", css_class="form-row"),
                "adverse_event_text",
            ),
            *([Fieldset("Next session", Div("target_on", "target_reason", css_class="form-row"))] if aims else []),
            "note",
        )

    def _scores(self, due: list[InstrumentVersion], others: list[InstrumentVersion]) -> list[Any]:
        """What this step asks for, open; the condition's other measures behind one press."""
        if not self.versions:
            return []
        is_open = any(self.data.get(name) for version in others for name in self.names_of(version))
        behind = (
            [
                Disclosure(
                    "Other measures" if due else "Measures",
                    *(self.score_layout(version) for version in others),
                    css_class="other-scores",
                    is_open=is_open or not due,
                )
            ]
            if others
            else []
        )
        return [Fieldset("Scores", *(self.score_layout(version) for version in due), *behind)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_goals()
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
        if cleaned.get("target_on") and not cleaned.get("target_reason", "").strip():
            self.add_error("target_reason", "Say why this day was chosen.")
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

    def show_conflict(self, error: StaleVersionError) -> None:
        """Beside the fields of the row, those of what was saved with it: answers, first day, target and scores."""
        current: FollowUp = error.current  # type: ignore[assignment]
        event = getattr(current, "adverse_event_record", None)
        if event is not None and event.onset_on != self.cleaned_data.get("event_onset_on"):
            self.add_error("event_onset_on", f"{SAVED}{_day(event.onset_on)}")
        aimed, target = self.cleaned_data.get("target_on"), current.course.target_on
        if aimed and target and aimed != target:
            self.add_error("target_on", f"The target now: {_day(target)}")
        typed = self.spread_answers()
        for question, field in self.spread_rows():
            there = current.spread_answers.get(question.key, "")
            if typed.get(question.key, "") != there:
                self.add_error(field.name, f"{SAVED}{dict(ANSWERS)[there]}")
        self.show_scores_on_file(current)
        super().show_conflict(error)

    def findings(self) -> Findings:
        return Findings(
            **{
                name: self.cleaned_data[name]
                for name in ("onset_on", "peak_on", "wear_off_on", "impression", "satisfaction", "adverse_event")
            },
            target_on=self.cleaned_data.get("target_on"),
            target_reason=self.cleaned_data.get("target_reason", ""),
            adverse_event_text=self.cleaned_data["adverse_event_text"],
            spread=self.spread_answers(),
            event_onset_on=self.cleaned_data["event_onset_on"],
            note=self.cleaned_data["note"],
        )


def _told(questionnaire: Questionnaire) -> dict[str, Any]:
    """What the patient answered, by the names of the fields."""
    days = {key: day for key, day in days_of(questionnaire.answers).items() if key in DAYS}
    rest = {key: given for key in (IMPRESSION, SATISFACTION, NOTE) if (given := questionnaire.answers.get(key))}
    return {**days, **rest}


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
