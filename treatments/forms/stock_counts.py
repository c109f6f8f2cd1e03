"""What is typed while the stock is counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from inventory.forms import VialSizeField, helper, vial_words
from inventory.models import Lot, Product, Vial, VialSize
from treatments.models import StockCount, StockCountLine, StockCountResolution

MOST = 9999  # vials of a line
How = StockCountResolution.How


class CountStartForm(forms.Form):
    product = forms.ModelChoiceField(Product.objects.order_by("brand"), required=False, empty_label="All products")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("product")


class CountForm(forms.Form):
    """How many unopened vials of a line are there; `at` is set when they were counted on paper before."""

    counted = forms.IntegerField(
        min_value=0,
        max_value=MOST,
        error_messages={
            name: f"A whole number from 0 to {MOST}." for name in ("required", "invalid", "min_value", "max_value")
        },
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    at = forms.DateTimeField(widget=forms.HiddenInput, required=False)


class CountedAtForm(forms.Form):
    """When a paper sheet was counted, by the clock of the site."""

    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "A day and a time."},
    )

    def __init__(self, *args: Any, count: StockCount, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.started_at, self.zone, self.now = count.started_at, count.site.zone(), now

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is not None:
            # By the clock of the site that is counted, whichever one the person works at now.
            at = at.replace(tzinfo=self.zone)
        # Typed to the minute: the minute in which the count began counts as its beginning.
        if at is not None and self.started_at.replace(second=0, microsecond=0) <= at < self.started_at:
            return self.started_at
        if at is not None and not self.started_at <= at <= self.now:
            raise forms.ValidationError("After the count began, and not in the future.")
        return at


class LineAddForm(forms.Form):
    """Vials that are there and have no line."""

    number = forms.CharField(
        label="Lot number",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    size = VialSizeField(
        VialSize.objects.select_related("product").order_by("product__brand", "units"), label="Product and vial"
    )
    source = forms.ChoiceField(choices=Vial.Source, label="Bought by", initial=Vial.Source.CLINIC)

    def __init__(self, *args: Any, product: Product | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if product is not None:
            self.fields["size"].queryset = self.fields["size"].queryset.filter(product=product)
        self.helper = helper("number", "size", "source")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("number") and data.get("size"):
            data["lot"] = Lot.objects.filter(
                number=data["number"].strip().upper(), product=data["size"].product_id
            ).first()
            if data["lot"] is None:
                self.add_error("number", "No such lot of this product was ever received. Receive it, then count it.")
        return data


class ResolveForm(forms.Form):
    """What came of the vials a line differs by."""

    how = forms.ChoiceField(
        label="What came of it", widget=forms.RadioSelect, error_messages={"required": "Say what came of it."}
    )
    vials = forms.IntegerField(label="How many vials", min_value=1)
    chosen = forms.ModelMultipleChoiceField(
        Vial.objects.none(), label="Which", required=False, widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(
        label="Reason", required=False, max_length=150, help_text="What is known of it, for whoever reads it later."
    )

    def __init__(self, *args: Any, line: StockCountLine, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        missing = line.remaining < 0
        self.fields["how"].choices = [(how.value, words) for how, words in (MISSING_WORDS if missing else FOUND_WORDS)]
        self.initial.setdefault("vials", abs(line.remaining))
        if missing and line.source == Vial.Source.PHARMACY:
            self.fields["chosen"].queryset = candidates
            self.fields["chosen"].label_from_instance = vial_words
        else:
            del self.fields["chosen"]
        self.helper = helper(*self.fields)


MISSING_WORDS = [
    (How.MISSING, "Missing: nobody knows where. They leave the stock"),
    (How.BROKEN, "Broken. They leave the stock"),
    (How.EXPIRED, "Expired and thrown away. They leave the stock"),
    (How.RETURNED, "Returned. They leave the stock"),
    (How.RECALLED, "Recalled and sent back. They leave the stock"),
    (How.OTHER, "Left the stock otherwise"),
    (How.EXPLAINED, "Leave the stock as it is, for the reason below"),
]
FOUND_WORDS = [
    (How.FOUND, "Found: they come into the stock"),
    (How.EXPLAINED, "Leave the stock as it is, for the reason below"),
]


class CallOffForm(forms.Form):
    reason = forms.CharField(max_length=200, error_messages={"required": "Say why."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("reason")
