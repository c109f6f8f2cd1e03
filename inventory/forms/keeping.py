from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from crispy_forms.layout import Div
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Site
from inventory.forms.stock import VialSizeField, date_input, helper
from inventory.models import ReorderLevel, VialSize

MOST = 9999  # vials
FIRST, YEARS_AHEAD = date(2000, 1, 1), 2  # a cost from outside these is a slip of the year


class ReorderLevelsForm(forms.Form):
    """For each vial size of a site: at how many vials left it is time to order.

    Only what the person changed is saved: what a colleague set meanwhile for other sizes stays.
    """

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sizes = {
            f"size_{size.pk}": size
            for size in VialSize.objects.select_related("product").order_by("product__brand", "units")
        }
        levels = dict(ReorderLevel.objects.filter(site=site).values_list("size_id", "vials"))
        words = {name: f"From 1 to {MOST} vials, or empty." for name in ("min_value", "max_value", "invalid")}
        for name, size in self.sizes.items():
            self.fields[name] = forms.IntegerField(
                label=str(size),
                required=False,
                min_value=1,
                max_value=MOST,
                initial=levels.get(size.pk),
                show_hidden_initial=True,
                error_messages=words,
                widget=forms.NumberInput(attrs={"class": "form-control", "min": 1, "inputmode": "numeric"}),
            )

    def rows(self) -> list[tuple[VialSize, forms.BoundField]]:
        return [(size, self[name]) for name, size in self.sizes.items()]

    def changes(self) -> dict[VialSize, int | None]:
        """What the person changed; call it on a valid form."""
        return {self.sizes[name]: self.cleaned_data[name] for name in self.changed_data}

    def seen(self) -> dict[VialSize, int | None]:
        """What the person had before them of what they changed."""
        seen = {}
        for name in self.changed_data:
            was = self.data.get(self.add_initial_prefix(name), "")
            seen[self.sizes[name]] = int(was) if was.isdecimal() and len(was) < 10 else None
        return seen

    def show_conflict(self, there: Mapping[VialSize, int | None]) -> None:
        """Keep what was typed and say beside each level what was saved meanwhile; sent again, it goes in its place."""
        data = self.data.copy()  # type: ignore[attr-defined]
        for name, size in self.sizes.items():
            if size in there:
                words = "empty" if there[size] is None else there[size]
                self.add_error(name, f"Saved meanwhile: {words}. Save again to put yours in its place.")
                data[self.add_initial_prefix(name)] = "" if there[size] is None else str(there[size])
        self.data = data


class VialCostForm(forms.Form):
    """What a vial costs, and from which day of receiving."""

    size = VialSizeField(
        VialSize.objects.select_related("product").order_by("product__brand", "units"), label="Product and vial"
    )
    amount = forms.DecimalField(
        label="Cost of a vial, $",
        min_value=Decimal("0.01"),
        max_digits=9,
        decimal_places=2,
        error_messages={"min_value": "More than 0. What costs nothing has no cost here."},
    )
    holds_from = forms.DateField(
        label="Holds from",
        widget=date_input(),
        help_text="For vials received on this day or later, until the next cost. The same day again corrects it.",
    )

    def clean_holds_from(self) -> date:
        day: date = self.cleaned_data["holds_from"]
        if not day >= FIRST or day.year > timezone.localdate().year + YEARS_AHEAD:
            raise ValidationError(f"From {FIRST.year} to {YEARS_AHEAD} years ahead: check the year.")
        return day

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper(Div("size", "amount", "holds_from", css_class="form-row"))
