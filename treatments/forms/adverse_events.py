from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from audit.forms import VersionedModelForm
from treatments.models import AdverseEvent, InjectionSession
from treatments.rules import toxin_spread

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
ANSWERS = [(toxin_spread.YES, "Yes"), (toxin_spread.NO, "No"), ("", "Not asked")]


class SpreadMixin:
    """The questions about spread: yes, no or not asked."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_spread_fields(self, answers: Mapping[str, str]) -> None:
        for question in toxin_spread.QUESTIONS:
            self.fields[f"spread_{question.key}"] = forms.ChoiceField(
                label=question.asks,
                choices=ANSWERS,
                required=False,
                initial=answers.get(question.key, ""),
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": "Answer yes or no, or leave the question open."},
            )

    def spread_rows(self) -> list[tuple[toxin_spread.Question, Any]]:
        """Each question with its field, for the template."""
        return [(question, self[f"spread_{question.key}"]) for question in toxin_spread.QUESTIONS]  # type: ignore[index]

    def spread_answers(self) -> dict[str, str]:
        return toxin_spread.clean(
            {question.key: self.cleaned_data.get(f"spread_{question.key}") for question in toxin_spread.QUESTIONS}
        )

    def shows_danger(self) -> bool:
        """Whether the answers, as sent or as on file, call for the emergency words."""
        return toxin_spread.is_danger(
            {question.key: str(self[f"spread_{question.key}"].value() or "") for question in toxin_spread.QUESTIONS}  # type: ignore[index]
        )

    @property
    def emergency(self) -> str:
        return toxin_spread.EMERGENCY


class ReportForm(SpreadMixin, forms.Form):
    """A problem after a session, as somebody told it on the telephone or at the desk."""

    session = forms.ModelChoiceField(
        InjectionSession.objects.none(), label="After the session of", empty_label=None,
        error_messages={"invalid_choice": "Choose one of these sessions.", "required": "Choose the session."},
    )  # fmt: skip
    onset_on = forms.DateField(label="Began on", widget=DAY, error_messages={"required": "Say on which day it began."})
    words = forms.CharField(
        label="What happened, in the caller’s words",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    severity = forms.ChoiceField(
        label="How strong", required=False, choices=[("", "not said"), *AdverseEvent.Severity.choices]
    )

    def __init__(self, *args: Any, sessions: Iterable[InjectionSession], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field = self.fields["session"]
        field.queryset = sessions  # type: ignore[attr-defined]
        field.label_from_instance = _session_words  # type: ignore[attr-defined]
        self.fields["onset_on"].widget.attrs["max"] = today.isoformat()
        self.add_spread_fields({})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        session, onset = cleaned.get("session"), cleaned.get("onset_on")
        if onset and onset > self.today:
            self.add_error("onset_on", "This day lies in the future.")
        elif session and onset and onset < session.performed_on:
            self.add_error("onset_on", "Before the session.")
        if not (cleaned.get("words") or "").strip() and not toxin_spread.answered_yes(self.spread_answers()):
            self.add_error("words", "Say what happened, or answer a question with yes.")
        return cleaned


class EventForm(VersionedModelForm):
    """What a provider makes of an event."""

    serious = forms.TypedChoiceField(
        label="Serious",
        required=False,
        choices=[("", "not judged"), ("no", "No"), ("yes", "Yes")],
        coerce=lambda answer: answer == "yes",
        empty_value=None,
    )
    criteria = forms.MultipleChoiceField(
        label="Serious because of",
        required=False,
        choices=AdverseEvent.Criterion.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = AdverseEvent
        fields = ["outcome", "severity", "serious", "criteria", "relatedness", "term", "onset_on", "muscle", "note"]
        widgets = {"onset_on": DAY, "note": forms.Textarea(attrs={"rows": 2})}
        labels = {"severity": "Severity: how strong", "relatedness": "Related to the treatment"}

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        serious = self.instance.serious
        self.initial["serious"] = "" if serious is None else "yes" if serious else "no"
        for name in ("severity", "relatedness"):
            choices = self.fields[name].choices  # type: ignore[attr-defined]
            self.fields[name].choices = [("", "not judged"), *(row for row in choices if row[0])]  # type: ignore[attr-defined]
        self.fields["onset_on"].widget.attrs |= {
            "min": self.instance.session.performed_on.isoformat(),
            "max": today.isoformat(),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        serious, criteria = cleaned.get("serious"), cleaned.get("criteria") or []
        if bool(criteria) != bool(serious) and "criteria" not in self.errors:
            self.add_error("criteria", "Say what makes it serious, and only then.")
        if cleaned.get("outcome") == AdverseEvent.Outcome.FATAL and not serious:
            self.add_error("serious", "A fatal event is serious.")
        if cleaned.get("outcome") == AdverseEvent.Outcome.ERROR and not (cleaned.get("note") or "").strip():
            self.add_error("note", "Say why it was entered in error.")
        return cleaned

    def validate_constraints(self) -> None:
        """The action does, with the row locked; what concerns several fields was said beside them above."""

    def judged(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def add_errors(self, problem: ValidationError) -> None:
        found = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
        for name, messages in found.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)


def _session_words(session: InjectionSession) -> str:
    day = f"{session.performed_on.day} {session.performed_on:%b %Y}"
    return f"{day}, {session.provider.name}" if session.provider is not None else f"{day}, elsewhere"
