"""How each vial of a draft was reconstituted: diluent, mL and when; who did it is the person who says so."""

from __future__ import annotations

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django import forms

from treatments.actions.vials import Mixing


class MixingForm(forms.Form):
    """One vial. Times are the site's, to the minute."""

    vial = forms.IntegerField(widget=forms.HiddenInput)
    diluent = forms.ChoiceField(
        required=False,
        choices=[("", "–"), ("saline", "0.9 % NaCl, preservative-free"), ("none", "None"), ("other", "Other")],
    )
    ml = forms.DecimalField(
        required=False,
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": "A number of mL.", "min_value": "More than 0 mL."},
    )
    at = forms.CharField(required=False, max_length=19, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))

    def __init__(self, *args: Any, zone: tzinfo, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now = zone, now
        labels = {"diluent": "Diluent", "ml": "mL of diluent", "at": "Reconstituted at"}
        for name, words in labels.items():
            self.fields[name].widget.attrs["aria-label"] = f"{words}, vial {self['vial'].value()}"

    def clean_at(self) -> datetime | None:
        text = self.cleaned_data["at"]
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("Day and time as 2026-03-31 14:05.") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        if moment > self.now:
            raise forms.ValidationError("This time is still to come.")
        return moment.replace(second=0, microsecond=0)

    def mixing(self) -> Mixing:
        data = self.cleaned_data
        return Mixing(diluent=data["diluent"], ml=data["ml"], at=data["at"])


class BaseMixingFormSet(forms.BaseFormSet):
    """The table of the ledger; it is posted whole, so no row stands on what was shown before."""

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def mixings(self) -> dict[int, Mixing]:
        """By the id of the vial."""
        return {form.cleaned_data["vial"]: form.mixing() for form in self.forms}  # type: ignore[attr-defined]


MixingFormSet = forms.formset_factory(MixingForm, formset=BaseMixingFormSet, extra=0, max_num=200, absolute_max=200)
