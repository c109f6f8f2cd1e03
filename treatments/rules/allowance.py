"""What of a payer's authorisations is left for booking: signed sessions have used visits, booked ones will."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

Span = tuple[date, date]


@dataclass(frozen=True)
class Allowance:
    """An approved authorisation with units left; `visits_left` by signed sessions, None where it names no number."""

    id: int
    starts_on: date
    ends_on: date
    visits_left: int | None


@dataclass(frozen=True)
class Spread:
    """Which booked days each authorisation will serve, by its id, and those that none serves."""

    days: dict[int, list[date]]
    uncovered: list[date]

    def left(self, row: Allowance) -> int | None:
        """The visits of it that are neither used nor booked."""
        return None if row.visits_left is None else max(row.visits_left - len(self.days[row.id]), 0)

    def further(self, rows: Iterable[Allowance]) -> list[Span]:
        """The days, both ends included, on which one more visit would be covered."""
        return sorted({(row.starts_on, row.ends_on) for row in rows if self.left(row) != 0})


def spread(rows: Sequence[Allowance], booked: Iterable[date]) -> Spread:
    """Give each booked day, in order, to the authorisation that it will be signed under.

    As a session counts (see rules.chosen.permission_for): in date on the day, of several the one that ends first;
    one whose visits are all used or booked serves no further day.
    """
    days: dict[int, list[date]] = {row.id: [] for row in rows}
    uncovered = []
    for day in sorted(booked):
        serving = [
            row
            for row in rows
            if row.starts_on <= day <= row.ends_on and (row.visits_left is None or row.visits_left > len(days[row.id]))
        ]
        if serving:
            days[min(serving, key=lambda row: (row.ends_on, row.id)).id].append(day)
        else:
            uncovered.append(day)
    return Spread(days, uncovered)
