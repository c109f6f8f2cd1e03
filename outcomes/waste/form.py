"""Which waste is counted: ids and a period in the address."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from dateutil.relativedelta import relativedelta
from django import forms

from outcomes.waste.rows import Asked

PERIODS = {
    "month": "this month",
    "last-month": "last month",
    "quarter": "this quarter",
    "last-quarter": "last quarter",
    "own": "between two days",
}
EARLIEST = date(1900, 1, 1)


class WasteForm(forms.Form):
    """The filters of the waste page; `query()` is how they stand in the address."""

    period = forms.ChoiceField(choices=list(PERIODS.items()), required=False)
    first = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    product = forms.ChoiceField(required=False)
    site = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, products: dict[str, str], sites: dict[str, str], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names, self.today = {"product": products, "site": sites}, today
        for name, nothing in (("product", "all products"), ("site", "all my sites")):
            self.fields[name].choices = [("", nothing), *self.names[name].items()]  # type: ignore[attr-defined]
        if len(sites) < 2:
            self.fields["site"].widget = forms.HiddenInput()
        for name in ("product", "site", "period"):
            self.fields[name].error_messages["invalid_choice"] = "Choose from the list."
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean_period(self) -> str:
        return self.cleaned_data["period"] or "month"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if data.get("period") == "own" and not self.errors:
            if not first and not last:
                self.add_error("first", "Say from which day, or to which.")
            if first and last and first > last:
                self.add_error("last", "This day lies before the first one.")
        return data

    def days(self) -> tuple[date, date]:
        """The first and the last day counted; call it on a valid form."""
        period = self.cleaned_data["period"]
        if period == "own":
            return self.cleaned_data["first"] or EARLIEST, self.cleaned_data["last"] or self.today
        months = 3 if period.endswith("quarter") else 1
        first = self.today.replace(day=1)
        first -= relativedelta(months=(first.month - 1) % months)
        if period.startswith("last"):
            first -= relativedelta(months=months)
        return first, first + relativedelta(months=months) - timedelta(days=1)

    def asked(self) -> Asked:
        """What is counted; call it on a valid form."""
        first, last = self.days()
        site, product = self.cleaned_data["site"], self.cleaned_data["product"]
        sites = (int(site),) if site else tuple(map(int, self.names["site"]))
        return Asked(sites=sites, first=first, last=last, product=int(product) if product else None)

    def query(self) -> dict[str, str]:
        """The filters as they stand in the address, without what is empty."""
        found = {name: self.cleaned_data[name] for name in ("period", "product", "site") if self.cleaned_data[name]}
        if found["period"] == "own":
            found |= {name: f"{self.cleaned_data[name]}" for name in ("first", "last") if self.cleaned_data[name]}
        return found

    def words(self) -> list[str]:
        """What is chosen, in words, the period first: "September 2026", "1 Jan 2026 to 3 Mar 2026"."""
        first, last = self.days()
        if self.cleaned_data["period"].endswith("month"):
            period = f"{first:%B %Y}"
        elif first == EARLIEST:
            period = f"to {last:%-d %b %Y}"
        else:
            period = f"{first:%-d %b %Y} to {last:%-d %b %Y}"
        return [period, *(self.names[name][self.cleaned_data[name]] for name in self.names if self.cleaned_data[name])]
