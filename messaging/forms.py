from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

# Both languages at once: the patient's own would say something about them before they said who they are.
MONTHS = (
    "January / enero", "February / febrero", "March / marzo", "April / abril", "May / mayo", "June / junio",
    "July / julio", "August / agosto", "September / septiembre", "October / octubre", "November / noviembre",
    "December / diciembre",
)  # fmt: skip


class BirthDateForm(forms.Form):
    """A date of birth in three parts, as people type it on a phone."""

    month = forms.TypedChoiceField(
        label="Month / Mes", coerce=int, choices=[("", "")] + [(place, name) for place, name in enumerate(MONTHS, 1)]
    )
    day = forms.IntegerField(
        label="Day / Día", min_value=1, max_value=31, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    year = forms.IntegerField(
        label="Year / Año", min_value=1890, max_value=2200, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"day", "month", "year"} <= cleaned.keys():
            try:
                cleaned["birth_date"] = date(cleaned["year"], cleaned["month"], cleaned["day"])
            except ValueError:
                self.add_error("day", "There is no such day. / Ese día no existe.")
        return cleaned
