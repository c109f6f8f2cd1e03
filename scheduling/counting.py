"""How many rows stand on lists that nobody works to their end: counted so far, and no further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Subquery

from accounts.models import Site

# Nobody works through more rows than that: where a list is longer, it says so and no more is counted.
COUNTED_TO = 1000


@dataclass(frozen=True)
class Counted:
    """How many rows there are; `is_more` when there are more than that and nobody counted on."""

    number: int
    is_more: bool = False

    def __str__(self) -> str:
        return f"more than {self.number:,}" if self.is_more else f"{self.number:,}"

    @property
    def short(self) -> str:
        return f"{self.number:,}+" if self.is_more else f"{self.number:,}"


def counted(rows: Mapping[str, models.QuerySet[Any]], *, most: int = COUNTED_TO) -> dict[str, Counted]:
    """How many rows each queryset has, by its key, in one query; none is counted further than `most`."""
    # One row of any table, to hang the counts on.
    found = Site.objects.order_by().values_list(*(_CountTo(most + 1, one) for one in rows.values()))[:1]
    numbers = dict.fromkeys(rows, 0) | dict(zip(rows, next(iter(found), ()), strict=False))
    return {key: Counted(min(number, most), is_more=number > most) for key, number in numbers.items()}


def together(*parts: Counted, most: int = COUNTED_TO) -> Counted:
    """How many rows lists hold that share none."""
    number = sum(part.number for part in parts)
    return Counted(min(number, most), is_more=number > most or any(part.is_more for part in parts))


class _CountTo(Subquery):
    """How many rows a queryset has, counted to `most`."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()
    empty_result_set_value = 0

    def __init__(self, most: int, rows: models.QuerySet[Any]) -> None:
        super().__init__(rows.order_by().values("pk")[:most])
