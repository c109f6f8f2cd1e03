"""What a section of the outcomes page is made of: words, cells, tables and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from outcomes.charts.plot import Plot, number
from outcomes.models import ResponderRule
from outcomes.review import Figures, Scope, Share
from outcomes.rules import Interval


@dataclass(frozen=True)
class Cell:
    """A cell of a table; `href` opens the rows it counts."""

    words: str
    href: str = ""


@dataclass(frozen=True)
class Table:
    """Heads and rows of cells; the first cell of a row heads it. `numeric` are the places of columns of numbers."""

    caption: str
    heads: list[str]
    rows: list[list[Cell]]

    @property
    def numeric(self) -> range:
        return range(1, len(self.heads))


@dataclass(frozen=True)
class Said:
    """A figure in words, and beside it what it is of and what is missing, as cells that open their rows."""

    name: str
    figure: str
    beside: list[Cell]
    small: str = ""


@dataclass
class Section:
    key: str
    title: str
    sub: str
    definition: list[str]
    said: list[Said] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    empty: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Links:
    """Addresses that keep the page's filters."""

    query: dict[str, str]

    def page(self, name: str = "outcomes:review", **more: object) -> str:
        return f"{reverse(name)}?{urlencode(self.query | more)}"

    def picture(self, name: str) -> str:
        return f"{reverse('outcomes:review-picture', args=[name])}?{urlencode(self.query)}"

    def to(self, figure: str, month: date | None = None, /, **more: object) -> str:
        """The list behind a figure; `condition` and the like, given by id, narrow it further."""
        query: dict[str, object] = {**self.query, "figure": figure}
        if month is not None:
            query["month"] = f"{month:%Y-%m}"
        return f"{reverse('outcomes:review-list')}?{urlencode(query | more)}"


def count_cell(count: int, href: str, after: str = "") -> Cell:
    return Cell(f"{count:,}{after}", href if count else "")


def interval_words(interval: Interval | None, *, scale: float = 1, unit: str = "", digits: int = 0) -> str:
    """ "95 % CI 54–67 %", or nothing."""
    if interval is None:
        return ""
    low, high = (number(round(end * scale, digits)) for end in (interval.low, interval.high))
    joint = " to " if "−" in low + high else "–"
    return f"95 % CI {low}{joint}{high}{unit}"


@dataclass
class Makes:
    """What sections are made from. `names` are those of the menus, by kind and id as text."""

    figures: Figures
    scope: Scope
    links: Links
    rules: list[ResponderRule]
    names: dict[str, dict[str, str]]
    period: str

    def name(self, kind: str, pk: int) -> str:
        return self.names[kind].get(str(pk), f"{kind} {pk}")

    def _share(
        self, name: str, share: Share, small: str, part: str, whole: str, what: str, more: Iterable[Cell] = ()
    ) -> Said:
        return Said(
            name,
            "–" if share.percent is None else f"{share.percent} %",
            [
                Cell(interval_words(share.interval, scale=100, unit=" %")),
                count_cell(share.part, self.links.to(part)),
                Cell(f"of {share.whole:,} {what}", self.links.to(whole) if share.whole else ""),
                *more,
            ],
            small,
        )
