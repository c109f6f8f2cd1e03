"""Vial arithmetic: how a session's units come out of the vials picked, and which vials would waste least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as combinations
from math import ceil

MOST_OF_ONE_SIZE = 40


@dataclass(frozen=True)
class Draw:
    """Units given from one vial and units discarded, together the vial."""

    given: Decimal
    discarded: Decimal


@dataclass(frozen=True)
class Stock:
    """Vials of one lot and size on the shelf; a list of these is in the order they should be used."""

    key: str
    units: int
    available: int


def draw_from(vials: Sequence[Decimal], *, total: Decimal) -> list[Draw]:
    """Empty the vials in turn until `total` units are given; what stays in each is discarded.

    Given units add up to `total`, or to all that the vials hold when that is less. Units are one product's.
    """
    left = max(total, Decimal(0))
    draws = []
    for units in vials:
        given = min(left, units)
        left -= given
        draws.append(Draw(given=given, discarded=units - given))
    return draws


def suggest(total: Decimal, stock: Sequence[Stock]) -> dict[str, int]:
    """How many vials of each stock line to open for `total` units: least waste, then fewest vials, first line first.

    Empty when nothing is needed or the stock does not suffice. Units are one product's.
    """
    if total <= 0:
        return {}
    shelf: dict[int, int] = {}
    for line in stock:
        shelf[line.units] = shelf.get(line.units, 0) + line.available
    sizes = sorted(shelf, reverse=True)
    ranges = [range(min(shelf[size], ceil(total / size), MOST_OF_ONE_SIZE) + 1) for size in sizes]
    enough = [
        (opened - total, sum(counts), counts)
        for counts in combinations(*ranges)
        if (opened := sum(size * count for size, count in zip(sizes, counts, strict=True))) >= total
    ]
    if not enough:
        return {}
    _, _, counts = min(enough)
    wanted = dict(zip(sizes, counts, strict=True))
    picked: dict[str, int] = {}
    for line in stock:
        take = min(line.available, wanted.get(line.units, 0))
        if take:
            picked[line.key] = take
            wanted[line.units] -= take
    return picked
