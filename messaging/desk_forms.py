"""The forms of the people who work here: texts, policy, consent to be contacted, the filters of the list."""

from __future__ import annotations

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from accounts.filters import FilterForm
from audit.forms import VersionedModelForm
from messaging.models import ContactPolicy, Message, MessageTemplate, Purpose
from messaging.rules.channels import CHANNEL_WORDS, TEXT, WRITTEN
from messaging.rules.wording import health_words, template_problems
from patients.models import Patient

MOST_REMINDERS = 5
MOST_DAYS = 60


class MessageFilterForm(FilterForm):
    """Which messages."""

    status = forms.ChoiceField(required=False, choices=[("", "Every state"), *Message.Status.choices], label="State")
    purpose = forms.ChoiceField(required=False, choices=[("", "Every purpose"), *Purpose.choices])
    channel = forms.ChoiceField(
        required=False,
        choices=[("", "Every channel"), *((key, CHANNEL_WORDS[key].capitalize()) for key in WRITTEN)],
    )
    day = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}

    @staticmethod
    def in_address(chosen: dict[str, Any]) -> dict[str, str]:
        return {
            name: value.isoformat() if isinstance(value, date) else value for name, value in chosen.items() if value
        }


class TemplateForm(VersionedModelForm):
    class Meta:
        model = MessageTemplate
        fields = ["subject", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 14, "spellcheck": "true"})}
        labels = {"body": "Text"}
        error_messages = {
            "body": {"required": "A text is needed.", "max_length": "At most 4,000 letters."},
            "subject": {"max_length": "At most 120 letters."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].strip = False  # type: ignore[attr-defined]
        if self.instance.channel == TEXT:
            del self.fields["subject"]
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def _post_clean(self) -> None:
        # The instance stays as it is saved: the page shows it beside what was typed.
        values = self.cleaned_data
        values["body"] = values.get("body", "").replace("\r\n", "\n")
        problems = template_problems(
            purpose=self.instance.purpose,
            channel=self.instance.channel,
            language=self.instance.language,
            subject=values.get("subject", ""),
            body=values["body"],
        )
        for field, words in problems.items():
            if field in self.fields and field not in self.errors:
                self.add_error(field, ValidationError(words))


class PolicyForm(VersionedModelForm):
    reminder_days = forms.CharField(
        label="Days before the appointment",
        max_length=40,
        required=False,
        help_text="For example: 7, 1. At most five.",
    )

    class Meta:
        model = ContactPolicy
        fields = [
            "sender_name",
            "reminders_on",
            "reminder_days",
            "quiet_from",
            "quiet_until",
            "recalls_on",
            "max_attempts",
            "questionnaires_on",
        ]
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        labels = {
            "sender_name": "What messages call the clinic",
            "reminders_on": "Send reminders of appointments",
            "quiet_from": "Nothing is sent from",
            "quiet_until": "until",
            "recalls_on": "Send invitations to book",
            "questionnaires_on": "Send questions on the days of the follow-up plan",
            "max_attempts": "Attempts before a letter",
        }
        help_texts = {
            "sender_name": "A name that says nothing about what is treated. Empty: the site’s own name.",
            "quiet_from": "By the clock of the site. The same time twice: no quiet hours.",
            "recalls_on": "To patients whose window opens or is open, who are not booked and agreed to be written to.",
            "questionnaires_on": "As a link, to patients who agreed to be written to; once for each follow-up.",
            "max_attempts": "When so many have reached nobody, a task to write a letter is opened.",
        }
        error_messages = {
            "quiet_from": dict.fromkeys(("invalid", "required"), "A time, for example 20:00."),
            "quiet_until": dict.fromkeys(("invalid", "required"), "A time, for example 08:00."),
            "max_attempts": {"min_value": "At least 1.", "max_value": "At most 20.", "required": "Enter a number."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["reminder_days"] = ", ".join(str(days) for days in self.instance.reminder_days)
        if self.instance.pk is None:
            self.initial["version"] = 0
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            "version",
            "sender_name",
            "reminders_on",
            "reminder_days",
            Div("quiet_from", "quiet_until", css_class="form-row"),
            "recalls_on",
            "max_attempts",
            "questionnaires_on",
        )

    def clean_sender_name(self) -> str:
        name: str = self.cleaned_data["sender_name"].strip()
        if found := health_words(name):
            raise ValidationError(f"A message says nothing about health. Take out: {', '.join(found)}.")
        return name

    def clean_reminder_days(self) -> list[int]:
        text = self.cleaned_data["reminder_days"]
        parts = text.replace(",", " ").split()
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValidationError("Whole numbers with commas between them, for example 7, 1.")
        days = sorted({int(part) for part in parts}, reverse=True)
        if len(days) > MOST_REMINDERS or any(not 1 <= one <= MOST_DAYS for one in days):
            raise ValidationError(f"At most {MOST_REMINDERS} reminders, each from 1 to {MOST_DAYS} days before.")
        return days

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("reminders_on") and values.get("reminder_days") == []:
            self.add_error("reminder_days", "Say when, or switch reminders off.")
        return values

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or []}


class ContactConsentForm(forms.Form):
    """What the patient said about one channel, in one press."""

    channel = forms.ChoiceField(
        choices=[choice for choice in Patient.Channel.choices if choice[0] != Patient.Channel.LETTER],
        error_messages={"required": "Choose a channel.", "invalid_choice": "Choose a channel."},
    )
    agreed = forms.TypedChoiceField(
        choices=[("1", "Agreed"), ("0", "Not agreed")],
        coerce=lambda value: value == "1",
        error_messages={
            "required": "Say whether the patient agreed.",
            "invalid_choice": "Say whether the patient agreed.",
        },
    )
    how = forms.CharField(
        max_length=120,
        required=False,
        initial="Asked at the desk.",
        label="How it was asked",
        error_messages={"max_length": "At most %(limit_value)d letters; this has %(show_value)d."},
    )
