"""What the outcomes page counts: ids and a period in the address, never a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from dateutil.relativedelta import relativedelta
from django import forms
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.filters import FilterForm
from accounts.models import SavedView, Site, User
from accounts.permissions import Role
from inventory.models import Product
from outcomes.review import Scope
from treatments.models import Condition, InjectionSession, Protocol

SAVED_AS = "outcomes"  # the page of its saved views
CHOICES = {
    "condition": "all conditions",
    "product": "all products",
    "protocol": "all protocols",
    "provider": "all providers",
    "site": "all sites",
}
PERIODS = {
    "3m": ("last 3 months", relativedelta(months=3)),
    "6m": ("last 6 months", relativedelta(months=6)),
    "12m": ("last 12 months", relativedelta(months=12)),
    "24m": ("last 24 months", relativedelta(months=24)),
    "all": ("all time", None),
    "own": ("between two days", None),
}
DEFAULT_PERIOD = "12m"
EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True)
class Menus:
    """What can be chosen, by its id as text; `views` are the person's saved views as (id, name, query)."""

    names: dict[str, dict[str, str]]
    views: list[tuple[str, str, str]]


def menus_for(user: User) -> Menus:
    """The menus of the filters and the person's saved views, in one query."""

    def rows(menu: str, found: QuerySet[Any], name: Any, query: Any = "") -> QuerySet[Any]:
        return found.order_by().values_list(
            Value(menu), Cast("pk", TextField()), Cast(name, TextField()), Cast(query or Value(""), TextField())
        )

    sites = Site.objects.filter(pk__in=user.sites.values("pk"))
    # Also a trainee whose supervisor signed, and who has another role by now: the figures name them.
    works = Q(roles__contains=[Role.PROVIDER], sites__in=sites)
    given = InjectionSession.objects.given().filter(provider=OuterRef("pk"), site__in=sites)
    versioned = Concat("name", Value(", version "), Cast("version", CharField()))
    union = rows("condition", Condition.objects.all(), "name").union(
        rows("product", Product.objects.all(), "brand"),
        rows("protocol", Protocol.objects.filter(is_current=True), "name"),
        rows("protocol", Protocol.objects.filter(is_current=False), versioned),
        rows("provider", User.objects.filter(works | Exists(given)), "name"),
        rows("site", sites, "name"),
        rows("view", SavedView.objects.filter(user=user, page=SAVED_AS), "name", "query"),
    )
    names: dict[str, dict[str, str]] = {name: {} for name in CHOICES}
    views = []
    for menu, pk, name, query in sorted(union, key=lambda row: (row[2].casefold(), int(row[1]))):
        if menu == "view":
            views.append((pk, name, query))
        else:
            names[menu][pk] = name
    return Menus(names, views)


class ReviewForm(FilterForm):
    """The filters of the page; `query()` is how they stand in the address. What asks nothing sensible is left out."""

    condition = forms.ChoiceField(required=False)
    product = forms.ChoiceField(required=False)
    protocol = forms.ChoiceField(required=False)
    provider = forms.ChoiceField(required=False)
    site = forms.ChoiceField(required=False)
    period = forms.ChoiceField(choices=[(key, words) for key, (words, _) in PERIODS.items()], required=False)
    first = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    is_refused = False

    def __init__(self, *args: Any, menus: Menus, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.menus, self.today = menus, today
        for name, nothing in CHOICES.items():
            field = self.fields[name]
            field.choices = [("", nothing), *menus.names[name].items()]  # type: ignore[attr-defined]
        if len(menus.names["site"]) < 2:
            self.fields["site"].widget = forms.HiddenInput()
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean_period(self) -> str:
        return self.cleaned_data["period"] or DEFAULT_PERIOD

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = {name: "" for name in CHOICES} | {"first": None, "last": None} | self.cleaned_data
        first, last = data["first"], data["last"]
        data.setdefault("period", DEFAULT_PERIOD)
        if data["period"] == "own":
            if not first and not last and self.errors:
                data["period"] = DEFAULT_PERIOD
            elif not first and not last:
                self.refuse("first", "Say from which day, or to which.")
            elif first and last and first > last:
                self.refuse("last", "This day lies before the first one.")
        return data

    def refuse(self, name: str, words: str) -> None:
        self.is_refused = True
        self.add_error(name, words)

    def may_count(self) -> bool:
        """Whether something can be counted: everything is right, or what is not was left out."""
        self.is_valid()
        return not self.is_refused

    def days(self) -> tuple[date, date]:
        """The first and the last day counted; only where something may be counted."""
        period = self.cleaned_data["period"]
        if period == "own":
            return self.cleaned_data["first"] or EARLIEST, self.cleaned_data["last"] or self.today
        back = PERIODS[period][1]
        # From the day after, so that twelve months hold no day twice.
        return (self.today - back + relativedelta(days=1) if back else EARLIEST), self.today

    def scope(self) -> Scope:
        """What is counted; only where something may be."""
        first, last = self.days()
        chosen = {name: int(self.cleaned_data[name]) if self.cleaned_data[name] else None for name in CHOICES}
        site = chosen.pop("site")
        sites: Iterable[int] = [site] if site else map(int, self.menus.names["site"])
        return Scope(sites=tuple(sites), first=first, last=last, **chosen)

    def query(self) -> dict[str, str]:
        """The filters as they stand in the address, without what is empty."""
        found = {name: self.cleaned_data[name] for name in CHOICES if self.cleaned_data[name]}
        found["period"] = self.cleaned_data["period"]
        if found["period"] == "own":
            found |= {name: f"{self.cleaned_data[name]}" for name in ("first", "last") if self.cleaned_data[name]}
        return found

    def period_words(self) -> str:
        """In words: "in the last 12 months", "of all time", "from 1 Jan 2026 to 3 Mar 2026"."""
        period = self.cleaned_data["period"]
        if period == "own":
            first, last = self.cleaned_data["first"], self.cleaned_data["last"]
            return " ".join(f"{word} {day.day} {day:%b %Y}" for word, day in (("from", first), ("to", last)) if day)
        return "of all time" if period == "all" else f"in the {PERIODS[period][0]}"

    def words(self) -> list[str]:
        """What is chosen, in words, the period last."""
        chosen = [self.menus.names[name][self.cleaned_data[name]] for name in CHOICES if self.cleaned_data[name]]
        return [*chosen, self.period_words()]
