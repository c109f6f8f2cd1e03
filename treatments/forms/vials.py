"""How each vial of a draft was reconstituted: diluent, mL, when, and by whom: oneself unless somebody is named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import User
from treatments.actions.vials import Mixing
from treatments.forms.session import UnitsField


class MixingForm(forms.Form):
    """One vial. Times are the site's, to the minute."""

    vial = forms.IntegerField(widget=forms.HiddenInput)
    diluent = forms.ChoiceField(
        required=False,
        choices=[("", "–"), ("saline", "0.9 % NaCl, preservative-free"), ("none", "None"), ("other", "Other")],
    )
    ml = UnitsField(
        required=False,
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("max_digits", "max_whole_digits"), "Less than 1000 mL.")
        | {
            "invalid": "A number of mL.",
            "min_value": "More than 0 mL.",
            "max_decimal_places": "At most two decimals.",
        },
    )
    at = forms.CharField(required=False, max_length=19, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))

    # No name is oneself, so that a vial nobody has reconstituted reads the same to everybody.
    by = forms.ChoiceField(required=False, error_messages={"invalid_choice": "Choose somebody who works at this site."})

    def __init__(
        self, *args: Any, zone: tzinfo, now: datetime, user: User, others: Sequence[User], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now, self.user = zone, now, user
        self.others = {str(person.pk): person for person in others}
        self.fields["by"].choices = [("", f"{user} (you)"), *((pk, str(person)) for pk, person in self.others.items())]
        labels = {
            "diluent": "Diluent",
            "ml": "mL of diluent",
            "at": "Reconstituted at",
            "by": "Reconstituted by",
        }
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

    def clean_by(self) -> User:
        return self.others.get(self.cleaned_data["by"], self.user)

    def mixing(self) -> Mixing:
        data = self.cleaned_data
        return Mixing(diluent=data["diluent"], ml=data["ml"], at=data["at"], by=data["by"])


class BaseMixingFormSet(forms.BaseFormSet):
    """The table of the ledger; it is posted whole, so no row stands on what was shown before."""

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def mixings(self) -> dict[int, Mixing]:
        """By the id of the vial."""
        return {form.cleaned_data["vial"]: form.mixing() for form in self.forms}  # type: ignore[attr-defined]


MixingFormSet = forms.formset_factory(MixingForm, formset=BaseMixingFormSet, extra=0, max_num=200, absolute_max=200)
