from __future__ import annotations

from django import forms

LEAST = 10  # characters of a reason


class EmergencyForm(forms.Form):
    """Whose record, by two things that only who has the patient before them knows, and why."""

    record_number = forms.CharField(max_length=40, label="Record number")
    birth_date = forms.DateField(
        label="Date of birth", widget=forms.DateInput(attrs={"type": "date", "max": "9999-12-31"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        max_length=300,
        min_length=LEAST,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What happened, in a sentence. An administrator of the patient's site reads it.",
        error_messages={"min_length": "Say in a sentence what happened."},
    )


class EmergencyReviewForm(forms.Form):
    note = forms.CharField(
        max_length=300,
        label="What was found",
        widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}),
        error_messages={"required": "Say in a few words what was found."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
