"""Which authorisation a booked visit will be signed under, and what is left beside the booked ones."""

from __future__ import annotations

from datetime import date

import pytest

from treatments.rules.allowance import Allowance, spread


def day(month: int, number: int = 10) -> date:
    return date(2027, month, number)


def row(pk: int, first: int, last: int, visits: int | None) -> Allowance:
    return Allowance(pk, day(first, 1), day(last, 28), visits)


@pytest.mark.parametrize(
    ("rows", "booked", "left", "uncovered", "further"),
    [
        ([row(1, 1, 6, 2)], [], [2], [], [1]),
        ([row(1, 1, 6, 2)], [2], [1], [], [1]),
        ([row(1, 1, 6, 1)], [2], [0], [], []),
        ([row(1, 1, 6, 1)], [2, 5], [0], [5], []),
        ([row(1, 1, 6, 1)], [8], [1], [8], [1]),
        ([row(1, 1, 6, None)], [2, 5], [None], [], [1]),
        # Of two the one that ends first, and the other when that one is booked out, in the order of the days.
        ([row(2, 1, 9, 1), row(1, 1, 6, 1)], [5], [1, 0], [], [2]),
        ([row(2, 1, 9, 1), row(1, 1, 6, 1)], [5, 2, 8], [0, 0], [8], []),
        ([row(2, 1, 9, 1), row(1, 1, 6, 1)], [8, 2], [0, 0], [], []),
        ([], [2], [], [2], []),
    ],
)
def test_each_booked_day_takes_one_visit(
    rows: list[Allowance], booked: list[int], left: list[int | None], uncovered: list[int], further: list[int]
) -> None:
    found = spread(rows, [day(month) for month in booked])
    assert [found.left(one) for one in rows] == left
    assert found.uncovered == [day(month) for month in uncovered]
    assert found.further(rows) == sorted((one.starts_on, one.ends_on) for one in rows if one.id in further)
