from __future__ import annotations

from django import forms

from treatments.models import LabelConfirmation


class ConfirmationForm(forms.Form):
    """Which revision of the label was read; the numbers ticked come as subject and value, parted by a bar."""

    label_revision = forms.CharField(
        label="Revision of the label",
        required=False,
        max_length=LabelConfirmation._meta.get_field("label_revision").max_length,
        widget=forms.TextInput(attrs={"placeholder": "11/2023", "autocomplete": "off"}),
    )
    note = forms.CharField(
        required=False, max_length=LabelConfirmation._meta.get_field("note").max_length, label="Note"
    )


def ticked(values: list[str]) -> dict[str, str]:
    """The numbers ticked, by subject; what is no such pair is left out."""
    return {subject: value for subject, bar, value in (text.partition("|") for text in values) if bar}
