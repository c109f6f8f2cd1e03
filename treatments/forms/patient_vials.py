"""Whose vial: from the patient's side a vial is chosen, from the stock's side a patient."""

from __future__ import annotations

from typing import Any

from django import forms

from inventory.models import Vial
from patients.models import Patient


class NameVialForm(forms.Form):
    """One of the vials that came for one patient and nobody has named."""

    vial = forms.ModelChoiceField(
        Vial.objects.none(),
        empty_label="Choose the vial",
        error_messages={"required": "Choose the vial.", "invalid_choice": "This vial is no longer to be named."},
    )
    note = forms.CharField(
        required=False,
        max_length=120,
        label="Pharmacy or order number",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, vials: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vial"].queryset = vials
        self.fields["vial"].label_from_instance = lambda vial: (
            f"{vial.size}, lot {vial.lot.number}, expires {vial.lot.expires_on:%-d %b %Y} (vial {vial.pk})"
        )


class VialOwnerForm(forms.Form):
    """The patient a vial came for, by the number of the record."""

    record_number = forms.CharField(
        max_length=40,
        label="Record number of the patient",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the record number."},
    )
    note = NameVialForm.base_fields["note"]

    def __init__(self, *args: Any, patients: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patients = patients

    def clean_record_number(self) -> str:
        text: str = self.cleaned_data["record_number"].strip()
        self.patient: Patient | None = self.patients.filter(record_number__iexact=text).first()
        if self.patient is None:
            raise forms.ValidationError("No patient of your sites has this record number.")
        return text
