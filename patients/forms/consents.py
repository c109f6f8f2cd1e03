"""Screening answers, a consent and its withdrawal, and the wording of a consent form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from patients.actions.consents import LONGEST_NOTE
from patients.models import Consent, ConsentForm
from patients.rules import Alert
from patients.rules.language import LANGUAGES
from patients.rules.screening import Question, questions_for

OTHER = "other"
ASKED_IN = [("", "Choose"), *LANGUAGES.items(), (OTHER, "Another language")]
ANSWER_CHOICES = [("no", "No"), ("yes", "Yes"), ("unsure", "Not sure")]


class ScreeningForm(forms.Form):
    """All questions on one page. `known` are the alerts of facts on file, shown beside the question they answer.

    `sex` is the one on file: not everybody is asked everything.
    """

    def __init__(self, *args: Any, known: Sequence[Alert] = (), sex: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(known)
        self.questions = questions_for(sex)
        self.fields["language"] = forms.ChoiceField(
            label="Asked in",
            choices=ASKED_IN,
            widget=forms.Select({"class": "form-select form-select-sm"}),
            error_messages={"required": "Say in which language it was asked."},
        )
        for question in self.questions:
            self.fields[f"answer_{question.key}"] = forms.ChoiceField(
                choices=ANSWER_CHOICES,
                widget=forms.RadioSelect,
                error_messages={"required": "This has no answer.", "invalid_choice": "This has no answer."},
            )
            self.fields[f"note_{question.key}"] = forms.CharField(required=False, max_length=LONGEST_NOTE)

    def rows(self) -> list[dict[str, Any]]:
        """For each question what the page shows of it."""
        return [
            {
                "question": question,
                "number": number,
                "answer": self[f"answer_{question.key}"],
                "given": self[f"answer_{question.key}"].value() or "",
                "note": self[f"note_{question.key}"],
                "on_file": _on_file(question, self.known),
            }
            for number, question in enumerate(self.questions, start=1)
        ]

    def lacks_an_answer(self) -> bool:
        return any(name.startswith("answer_") for name in self.errors)

    def language(self) -> str:
        """One of LANGUAGES, or empty for another."""
        chosen: str = self.cleaned_data["language"]
        return "" if chosen == OTHER else chosen

    def answers(self) -> dict[str, dict[str, str]]:
        return {
            question.key: {
                "answer": self.cleaned_data[f"answer_{question.key}"],
                "note": self.cleaned_data[f"note_{question.key}"],
            }
            for question in self.questions
        }


def _on_file(question: Question, known: Sequence[Alert]) -> list[Alert]:
    return [alert for alert in known if alert.code in (question.code, *question.also)]


class SignForm(forms.Form):
    """One consent. `conditions` are (key, name) of what is treated here."""

    conditions = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label="It is for",
        error_messages={"required": "Choose what it is for."},
    )
    signer = forms.ChoiceField(choices=Consent.Signer.choices, widget=forms.RadioSelect, label="Who signs")
    signer_name = forms.CharField(
        max_length=120,
        label="Name of who signs",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Enter the name of who signs."},
    )
    method = forms.ChoiceField(choices=Consent.Method.choices, widget=forms.RadioSelect, label="How")
    signature = forms.CharField(required=False, strip=True, widget=forms.HiddenInput)

    def __init__(self, *args: Any, conditions: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["conditions"]
        field.choices = list(conditions)


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        label="Why it is withdrawn",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Say why it is withdrawn."},
    )


class WordingForm(forms.ModelForm):
    """The wording of a consent form; saved as a new version."""

    class Meta:
        model = ConsentForm
        fields = ["title", "text", "covers_off_label", "valid_days"]
        labels = {
            "text": "Wording",
            "covers_off_label": "Covers use outside the label",
            "valid_days": "Holds for (days)",
        }
        help_texts = {
            "text": (
                "Paragraphs are parted by an empty line. A line that begins with # is a heading, lines that begin with "
                "a hyphen are a list."
            )
        }
        error_messages = {"title": {"required": "Enter a title."}, "text": {"required": "Enter the wording."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["rows"] = 28
        self.fields["valid_days"].widget.attrs |= {"min": 1, "max": 3650}
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_valid_days(self) -> int:
        days: int = self.cleaned_data["valid_days"]
        if not 1 <= days <= 3650:
            raise forms.ValidationError("From 1 to 3650 days.")
        return days

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or []}
