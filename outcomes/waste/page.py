"""The waste page: figures, tables and pictures from the counts. Costs are of vials the clinic bought alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse

from accounts.models import Site, User
from inventory.models import Product, Vial
from outcomes.charts.plot import Plot, number
from outcomes.charts.waste import Bar, bars_plot
from outcomes.sections.parts import Cell, Table, count_cell
from outcomes.waste.form import WasteForm
from outcomes.waste.rows import OPENED, REASONS, WHOLE, Count, counts, voided_vials

UNITS = "Units wasted"  # a column of words, each product by itself; it stands last
OTHERS = {Vial.Source.SAMPLE: "Samples", Vial.Source.PHARMACY: "Vials of one patient"}


def money(amount: Decimal) -> str:
    return f"${amount:,.2f}"


@dataclass
class Sum:
    """Counts added up. Units stay by product: those of one are not those of another."""

    opened: int = 0
    vials: int = 0
    unpriced: int = 0
    cost: Decimal = Decimal(0)
    given: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    remainder: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    whole: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, count: Count) -> None:
        self.opened += count.opened
        self.vials += count.vials
        self.unpriced += count.unpriced
        self.cost += count.cost
        self.given[count.product_id] += count.given
        (self.remainder if count.reason == "remainder" else self.whole)[count.product_id] += count.wasted

    @property
    def cost_words(self) -> str:
        """The sum of the costs entered, never without saying how many vials have none."""
        if not self.vials:
            return "–"
        if self.unpriced == self.vials:
            return "no cost entered"
        return f"{money(self.cost)} and {self.unpriced:,} without a cost" if self.unpriced else money(self.cost)


def added(found: Iterable[Count], by: Callable[[Count], Any]) -> dict[Any, Sum]:
    sums: dict[Any, Sum] = defaultdict(Sum)
    for count in found:
        sums[by(count)].add(count)
    return sums


class WastePage:
    """What was wasted at a person's sites, with the filters of an address."""

    def __init__(self, user: User, data: Any, *, today: date) -> None:
        products, sites = _menus(user)
        self.products = products
        self.form = WasteForm(data, products=products, sites=sites, today=today)

    def list_href(self, **more: object) -> str:
        return f"{reverse('outcomes:waste-list')}?{urlencode(self.form.query() | more)}"

    def back_href(self) -> str:
        return f"{reverse('outcomes:waste')}?{urlencode(self.form.query())}"

    def figures(self) -> dict[str, Any]:
        """What the page shows, in two queries; call it on a valid form."""
        asked = self.form.asked()
        found = counts(asked)
        ours = [count for count in found if count.source == Vial.Source.CLINIC]
        total = added(ours, lambda count: None)[None]
        by_reason = added(ours, lambda count: count.reason)
        by_month = {month: value for month, value in sorted(added(ours, lambda count: count.month).items())}
        return {
            "total": total,
            "cost": money(total.cost),
            "remainder": by_reason["remainder"],
            "whole": total.vials - by_reason["remainder"].vials,
            "voided": voided_vials(asked),
            "plots": self._plots(by_reason, by_month) if total.vials else [],
            "tables": self._tables(ours, by_reason, by_month, total) if total.opened or total.vials else [],
            "others": self._others(found),
            "unpriced_href": self.list_href(unpriced=1),
            "all_href": self.list_href(),
            "remainder_href": self.list_href(reason="remainder"),
            "whole_href": self.list_href(reason=WHOLE),
        }

    def _tables(
        self, ours: list[Count], by_reason: dict[str, Sum], by_month: dict[date, Sum], total: Sum
    ) -> list[Table]:
        reasons = [
            [
                Cell(words),
                count_cell(by_reason[key].vials, self.list_href(reason=key)),
                self._cost(by_reason[key], reason=key),
                Cell(self._units(by_reason[key].remainder, by_reason[key].whole)),
            ]
            for key, words in REASONS.items()
            if by_reason[key].vials
        ]
        everything = [Cell("All"), count_cell(total.vials, self.list_href()), self._cost(total), Cell("")]
        return [
            Table("By reason", ["Why", "Vials", "Cost", UNITS], [*reasons, everything]),
            Table(
                "By product",
                ["Product", "Opened, U", "Given, U", "Remainder, U", "Unused, U", "Vials", "Cost"],
                [
                    self._product_row(pk, value)
                    for pk, value in sorted(
                        added(ours, lambda count: count.product_id).items(), key=lambda row: self._brand(row[0])
                    )
                ],
            ),
            Table(
                "By month",
                ["Month", "Vials", "Cost", UNITS],
                [
                    [
                        Cell(f"{month:%B %Y}"),
                        count_cell(value.vials, self.list_href(month=f"{month:%Y-%m}")),
                        self._cost(value, month=f"{month:%Y-%m}"),
                        Cell(self._units(value.remainder, value.whole)),
                    ]
                    for month, value in reversed(by_month.items())
                ],
            ),
        ]

    def _product_row(self, pk: int, value: Sum) -> list[Cell]:
        given, remainder, whole = value.given[pk], value.remainder[pk], value.whole[pk]

        def units(amount: Decimal, **more: object) -> Cell:
            return Cell(number(float(amount)), self.list_href(**{"product": pk, **more}) if amount else "")

        return [
            Cell(self._brand(pk)),
            units(given + remainder, reason=OPENED),
            units(given, reason=OPENED),
            units(remainder, reason="remainder"),
            units(whole, reason=WHOLE),
            count_cell(value.vials, self.list_href(product=pk)),
            self._cost(value, product=pk),
        ]

    def _others(self, found: list[Count]) -> Table | None:
        others = [count for count in found if count.source in OTHERS]
        sums = added(others, lambda count: (count.source, count.product_id))
        rows = [
            [
                Cell(f"{words}, {self._brand(pk)}"),
                count_cell(value.vials, self.list_href(source=source, product=pk)),
                Cell(self._units(value.remainder, value.whole)),
            ]
            for source, words in OTHERS.items()
            for (owner, pk), value in sorted(sums.items())
            if owner == source and value.vials
        ]
        return Table("Samples and patients’ own vials", ["Whose", "Vials", UNITS], rows) if rows else None

    def _plots(self, by_reason: dict[str, Sum], by_month: dict[date, Sum]) -> list[Plot]:
        """By cost where any was entered, otherwise by vials; months only where there are several."""
        has_costs = any(value.cost for value in by_reason.values())

        def bar(name: str, value: Sum) -> Bar:
            if not has_costs:
                return Bar(name, float(value.vials), f"{value.vials:,}")
            words = f"{money(value.cost)} + {value.unpriced:,}" if value.unpriced else money(value.cost)
            if value.vials and value.unpriced == value.vials:
                return Bar(name, None, "no cost entered")
            return Bar(name, float(value.cost), words)

        axis, unit = ("cost; + vials without a cost", "$") if has_costs else ("vials", "")
        what = "Cost of waste" if has_costs else "Vials with waste"
        reasons = [bar(words, by_reason[key]) for key, words in REASONS.items() if by_reason[key].vials]
        plots = [bars_plot("waste-reasons", f"{what} by reason", reasons, axis=axis, unit=unit)]
        if len(by_month) > 1:
            months = [bar(f"{month:%b %Y}", value) for month, value in by_month.items()]
            plots.append(bars_plot("waste-months", f"{what} by month", months, axis=axis, unit=unit))
        return plots

    def _cost(self, value: Sum, **more: object) -> Cell:
        return Cell(value.cost_words, self.list_href(**more) if value.vials else "")

    def _units(self, *parts: dict[int, Decimal]) -> str:
        """Of each product by itself: "BOTOX 45 U; Dysport 120 U"."""
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for part in parts:
            for pk, units in part.items():
                sums[pk] += units
        words = sorted((self._brand(pk), units) for pk, units in sums.items() if units)
        return "; ".join(f"{brand} {number(float(units))} U" for brand, units in words)

    def _brand(self, pk: int) -> str:
        return self.products.get(str(pk), f"product {pk}")


def _menus(user: User) -> tuple[dict[str, str], dict[str, str]]:
    """Products and the person's sites by id, in one query."""

    def rows(menu: str, found: Any, name: str) -> Any:
        return found.order_by().values_list(Value(menu), Cast("pk", TextField()), Cast(name, CharField()))

    sites = Site.objects.filter(pk__in=user.sites.values("pk"))
    union = rows("product", Product.objects.all(), "brand").union(rows("site", sites, "name"))
    names: dict[str, dict[str, str]] = {"product": {}, "site": {}}
    for menu, pk, name in sorted(union, key=lambda row: row[2].casefold()):
        names[menu][pk] = name
    return names["product"], names["site"]
