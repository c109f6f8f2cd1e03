"""Vial arithmetic: how a session's units come out of the vials picked, and which vials would waste least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
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
    """Vials of one lot and size on the shelf; a list of these is in the order they should be used.

    `own` are the patient's own, which nobody else may be given. A key may stand on several lines.
    """

    key: str
    units: int
    available: int
    own: bool = False


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
    """How many vials of each key to open for `total` units.

    Least waste, then most of the patient's own, then fewest vials; of one size the patient's own, then the first line.
    Empty when nothing is needed or the stock does not suffice. Units are one product's.
    """
    if total <= 0:
        return {}
    shelf: dict[int, int] = {}
    own: dict[int, int] = {}
    for line in stock:
        shelf[line.units] = shelf.get(line.units, 0) + line.available
        own[line.units] = own.get(line.units, 0) + (line.available if line.own else 0)
    sizes = sorted(shelf, reverse=True)
    ranges = [range(min(shelf[size], ceil(total / size), MOST_OF_ONE_SIZE) + 1) for size in sizes]
    enough = [
        (
            opened - total,
            -sum(size * min(count, own[size]) for size, count in zip(sizes, counts, strict=True)),
            sum(counts),
            counts,
        )
        for counts in combinations(*ranges)
        if (opened := sum(size * count for size, count in zip(sizes, counts, strict=True))) >= total
    ]
    if not enough:
        return {}
    wanted = dict(zip(sizes, min(enough)[-1], strict=True))
    picked: dict[str, int] = {}
    for line in sorted(stock, key=lambda line: not line.own):
        take = min(line.available, wanted.get(line.units, 0))
        if take:
            picked[line.key] = picked.get(line.key, 0) + take
            wanted[line.units] -= take
    return picked


def diluent_ml(vial_units: int, *, dilution_units: int, dilution_ml: Decimal) -> Decimal:
    """mL of diluent that bring a vial to the concentration of the chosen dilution, to 0.01 mL.

    100 U of a dilution of 200 U in 4 mL take 2 mL. Units are one product's.
    """
    return (dilution_ml * vial_units / dilution_units).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Clock:
    """Until when a reconstituted vial may be used, and how long that still is; negative when it is over."""

    use_by: datetime
    left: timedelta

    @property
    def is_over(self) -> bool:
        return self.left < timedelta(0)

    def words(self) -> str:
        """The time left or over, down to the minute: "22 h left", "40 min left", "over for 2 h"."""
        hours, minutes = divmod(int(abs(self.left).total_seconds()) // 60, 60)
        parts = [f"{hours} h"] if hours else []
        # From two hours on the minutes say nothing more.
        parts += [f"{minutes} min"] if hours < 2 and (minutes or not hours) else []
        return f"over for {' '.join(parts)}" if self.is_over else f"{' '.join(parts)} left"


def in_use_clock(reconstituted_at: datetime, *, hours: int, now: datetime) -> Clock:
    """The in-use time of a reconstituted vial (label section 2.2/16 of each product; hours and confidence: its row)."""
    use_by = reconstituted_at + timedelta(hours=hours)
    return Clock(use_by, use_by - now)
