"""An order of a specialty pharmacy: what is ordered, shipped, here, or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from audit.forms import VersionedModelForm
from inventory.forms import VialSizeField, date_input, year_is_near
from inventory.models import VialSize
from patients.models import PriorAuthorization
from treatments.models import DrugOrder, TreatmentCourse

OFF = {"autocomplete": "off"}
HOW_MANY = {"min_value": "From 1 to 20 vials.", "max_value": "From 1 to 20 vials."}


class DrugOrderForm(VersionedModelForm):
    """`courses` and `authorizations` are the patient's; both may be left open."""

    size = VialSizeField(
        VialSize.objects.select_related("product").order_by("product__brand", "units"),
        label="Product and vial",
        error_messages={"required": "Choose the vial."},
    )
    vials = forms.IntegerField(
        label="Number of vials",
        min_value=1,
        max_value=20,
        error_messages={"required": "Enter how many vials."} | HOW_MANY,
    )

    class Meta:
        model = DrugOrder
        fields = [
            "course",
            "authorization",
            "size",
            "vials",
            "pharmacy",
            "order_number",
            "tracking_number",
            "ordered_on",
            "expected_on",
            "note",
        ]
        labels = {
            "course": "For",
            "authorization": "Authorisation",
            "ordered_on": "Ordered on",
            "expected_on": "Expected on",
        }
        widgets = {
            "ordered_on": date_input(),
            "expected_on": date_input(),
            **{name: forms.TextInput(attrs=OFF) for name in ("pharmacy", "order_number", "tracking_number", "note")},
        }
        error_messages = {
            "pharmacy": {"required": "Enter the pharmacy."},
            "ordered_on": {"required": "Enter the day it was ordered."},
        }

    def __init__(
        self,
        *args: Any,
        courses: Sequence[TreatmentCourse],
        authorizations: Sequence[PriorAuthorization],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for name, rows, words in (
            ("course", courses, lambda row: row.condition.name),
            (
                "authorization",
                authorizations,
                lambda row: f"{row.number or 'no number'}, {row.product}, to {row.ends_on:%-d %b %Y}",
            ),
        ):
            field: Any = self.fields[name]
            field.queryset = field.queryset.filter(pk__in=[row.pk for row in rows])
            field.choices = [("", "None"), *((row.pk, words(row)) for row in rows)]
        if not self.instance.pk:
            self.initial.setdefault("ordered_on", today)
            del self.fields["tracking_number"]

    def clean_ordered_on(self) -> date:
        on: date = self.cleaned_data["ordered_on"]
        if "ordered_on" in self.changed_data and on > self.today:
            raise forms.ValidationError("This day has not come yet.")
        if "ordered_on" in self.changed_data and on < self.today - timedelta(days=366):
            raise forms.ValidationError("More than a year ago: check the year.")
        return on

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or [] if name in self.fields}


class ShipForm(forms.Form):
    tracking_number = forms.CharField(
        required=False, max_length=60, label="Tracking number", widget=forms.TextInput(attrs=OFF)
    )
    expected_on = forms.DateField(required=False, label="Expected on", widget=date_input())


class ArriveForm(forms.Form):
    """What stands on the box."""

    number = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9 ./\-]*$",
        label="Lot number",
        max_length=40,
        strip=True,
        widget=forms.TextInput(attrs={**OFF, "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the lot number.",
            "invalid": "Letters, digits, spaces, hyphens, dots and slashes, as printed on the box.",
        },
    )
    expires_on = forms.DateField(
        label="Expires on",
        widget=date_input(),
        validators=[year_is_near],
        error_messages={"required": "Enter the expiry date."},
    )
    vials = forms.IntegerField(
        label="Vials in the box",
        min_value=1,
        max_value=20,
        error_messages=HOW_MANY,
    )


class CancelOrderForm(forms.Form):
    reason = forms.CharField(
        label="Why",
        max_length=200,
        widget=forms.TextInput(attrs=OFF),
        error_messages={"required": "Say why it is cancelled."},
    )
