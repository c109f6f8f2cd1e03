from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Site
from audit.forms import VersionedModelForm
from inventory.actions import MOST_VIALS_AT_ONCE
from inventory.models import Lot, StockMovement, Vial, VialSize


def helper(*layout: Any) -> FormHelper:
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True
    made.layout = Layout(*layout)
    return made


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def year_is_near(day: date) -> None:
    """No vial keeps for twenty years: a slip of the year, which nothing would notice later."""
    if day.year > timezone.localdate().year + 20:
        raise ValidationError("More than 20 years ahead: check the year.")


class VialSizeIterator(forms.models.ModelChoiceIterator):
    """The sizes under the product each belongs to: one choice names both, and neither can contradict the other."""

    def __iter__(self) -> Any:
        yield "", "Choose a vial"
        groups: dict[str, list[Any]] = {}
        for size in self.queryset:
            groups.setdefault(size.product.brand, []).append(self.choice(size))
        yield from groups.items()


class VialSizeField(forms.ModelChoiceField):
    iterator = VialSizeIterator


class LotReceiveForm(forms.Form):
    """What stands on the box: product and vial, lot number, expiry, and how many vials are in it."""

    size = VialSizeField(
        VialSize.objects.select_related("product").order_by("product__brand", "units"), label="Product and vial"
    )
    number = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9 ./\-]*$",
        label="Lot number",
        max_length=40,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"invalid": "Letters, digits, spaces, hyphens, dots and slashes, as printed on the box."},
    )
    expires_on = forms.DateField(
        label="Expires on",
        widget=date_input(),
        help_text="When the box names a month only, its last day.",
        validators=[year_is_near],
    )
    vials = forms.IntegerField(
        label="Number of vials",
        min_value=1,
        max_value=MOST_VIALS_AT_ONCE,
        error_messages={
            "min_value": f"From 1 to {MOST_VIALS_AT_ONCE} vials at a time.",
            "max_value": f"From 1 to {MOST_VIALS_AT_ONCE} vials at a time.",
        },
    )

    source = forms.ChoiceField(
        choices=Vial.Source,
        label="Bought by",
        initial=Vial.Source.CLINIC,
        widget=forms.RadioSelect,
        help_text="Only what the clinic bought is billed. A vial for one patient is named for that patient next.",
    )
    # Made with the page: the same page sent twice receives once.
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            (Vial.Source.CLINIC, "The clinic"),
            (Vial.Source.PHARMACY, "A specialty pharmacy, for one patient"),
            (Vial.Source.SAMPLE, "Nobody: a sample"),
        ]
        self.helper = helper(
            Div("size", "number", css_class="form-row"),
            Div("expires_on", "vials", css_class="form-row"),
            "source",
            "token",
        )


class VialRemoveForm(forms.Form):
    """Which vials leave the stock without having been used, and why."""

    vials = forms.ModelMultipleChoiceField(
        Vial.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose the vials.",
            "invalid_choice": "Vial %(value)s is no longer in stock.",
            "invalid_pk_value": "Choose vials of the list.",
        },
    )
    reason = forms.ChoiceField(
        choices=[(reason.value, reason.label.capitalize()) for reason in StockMovement.Reason],
        widget=forms.RadioSelect,
        error_messages={"required": "Say why they leave the stock."},
    )
    note = forms.CharField(required=False, max_length=150, help_text="For other reasons say which.")

    def __init__(self, *args: Any, vials: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vials"].queryset = vials  # type: ignore[attr-defined]
        self.fields["vials"].label_from_instance = vial_words  # type: ignore[attr-defined]
        self.helper = helper("vials", "reason", "note")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == StockMovement.Reason.OTHER and not data.get("note"):
            self.add_error("note", "Say why they leave the stock.")
        return data


def vial_words(vial: Vial) -> str:
    return f"Vial {vial.pk}, {vial.size.units} U, {vial.site.name}"


class LotRecallForm(VersionedModelForm):
    """From when a lot is recalled, and why."""

    class Meta:
        model = Lot
        fields = ["recalled_on", "recall_reason"]
        labels = {"recalled_on": "Recalled on", "recall_reason": "Reason"}
        widgets = {"recalled_on": date_input()}
        help_texts = {"recall_reason": "As the manufacturer or the authority gives it, with the notice's number."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        for field in self.fields.values():
            field.required = field is not self.fields["version"]
        if self.instance.recalled_on is None:
            self.initial["recalled_on"] = site.today()
        self.helper = helper("version", "recalled_on", "recall_reason")

    def clean_recalled_on(self) -> date:
        on: date = self.cleaned_data["recalled_on"]
        if on > self.site.today():
            raise forms.ValidationError("This date is still to come.")
        if on.year < self.site.today().year - 20:
            raise forms.ValidationError("More than 20 years ago: check the year.")
        return on
