"""What changed since the last session, by muscle and side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.difference import Change, Dose, Row, changed, difference


def doses(*written: str) -> list[Dose]:
    """ "fr right 5 5" is two sites of 5 U; "-" a site without units."""
    found = []
    for line in written:
        muscle, side, *units = line.split()
        found += [Dose(muscle, side, None if number == "-" else Decimal(number)) for number in units]
    return found


BEFORE = doses("fr right 5 5", "fr left 5 5", "pr midline 5")


@pytest.mark.parametrize(
    ("after", "change", "units"),
    [
        (["fr right 5 5", "fr left 5 5", "pr midline 5"], None, 0),
        (["fr right 10", "fr left 5 5", "pr midline 5"], ("fr", "right", Change.SITES), 0),
        (["fr right 5 5.01", "fr left 5 5", "pr midline 5"], ("fr", "right", Change.MORE), Decimal("0.01")),
        (["fr right 5 4.99", "fr left 5 5", "pr midline 5"], ("fr", "right", Change.FEWER), Decimal("-0.01")),
        (["fr right 5 5 5", "fr left 5 5", "pr midline 5"], ("fr", "right", Change.MORE), 5),
        (["fr right 5 -", "fr left 5 5", "pr midline 5"], ("fr", "right", Change.FEWER), -5),
        (["fr right 5 5", "pr midline 5"], ("fr", "left", Change.REMOVED), -10),
        (["fr right 5 5", "fr left 5 5", "pr midline 5", "ma left 20"], ("ma", "left", Change.ADDED), 20),
        (["fr right 5 5", "fr left 5 5", "pr midline 5", "ma left -"], ("ma", "left", Change.ADDED), 0),
    ],
)
def test_each_change(after: list[str], change: tuple[str, str, Change] | None, units: Decimal) -> None:
    rows = changed(difference(BEFORE, doses(*after)))
    assert [(row.muscle, row.side, row.change) for row in rows] == ([change] if change else [])
    assert [row.units for row in rows] == ([units] if change else [])


def test_a_dose_moved_to_the_other_side_is_two_changes() -> None:
    rows = changed(difference(doses("bi left 50"), doses("bi right 50")))
    assert [(row.side, row.change) for row in rows] == [("right", Change.ADDED), ("left", Change.REMOVED)]


def test_units_of_another_product_are_never_compared() -> None:
    rows = difference(BEFORE, doses("fr right 20 20", "fr left 5", "ma left 20"), same_product=False)
    assert all(row.units is row.units_before is row.units_after is None for row in rows)
    assert [(row.muscle, row.side, row.change) for row in rows] == [
        ("fr", "right", Change.SAME),
        ("fr", "left", Change.SITES),
        ("ma", "left", Change.ADDED),
        ("pr", "midline", Change.REMOVED),
    ]


def test_a_first_session_adds_everything_and_an_empty_one_removes_it() -> None:
    assert {row.change for row in difference([], BEFORE)} == {Change.ADDED}
    assert {row.change for row in difference(BEFORE, [])} == {Change.REMOVED}
    assert difference([], []) == []


SITES = st.lists(
    st.builds(
        Dose,
        st.sampled_from(["fr", "co", "ma"]),
        st.sampled_from(["left", "right"]),
        st.none() | st.integers(1, 4000).map(lambda hundredths: Decimal(hundredths) / 100),
    ),
    max_size=12,
)


def total(sites: list[Dose]) -> Decimal:
    return sum((dose.units or Decimal(0) for dose in sites), Decimal(0))


@given(SITES, SITES)
def test_the_rows_sum_to_the_totals_and_turn_round(before: list[Dose], after: list[Dose]) -> None:
    rows = difference(before, after)
    assert sum((row.units or Decimal(0) for row in rows), Decimal(0)) == total(after) - total(before)
    assert sum(row.sites_after - row.sites_before for row in rows) == len(after) - len(before)
    turned = {
        Change.ADDED: Change.REMOVED,
        Change.REMOVED: Change.ADDED,
        Change.MORE: Change.FEWER,
        Change.FEWER: Change.MORE,
    }
    back = {(row.muscle, row.side): row.change for row in difference(after, before)}
    assert back == {(row.muscle, row.side): turned.get(row.change, row.change) for row in rows}


@given(SITES, st.randoms())
def test_neither_order_nor_place_is_a_change(sites: list[Dose], random: object) -> None:
    shuffled = list(sites)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert changed(difference(sites, shuffled)) == []


@given(SITES, SITES, st.randoms())
def test_the_order_of_sites_changes_no_row(before: list[Dose], after: list[Dose], random: object) -> None:
    def by_name(rows: list[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: (row.muscle, row.side))

    shuffled = list(after)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert by_name(difference(before, shuffled)) == by_name(difference(before, after))
