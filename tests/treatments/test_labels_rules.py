"""How a reference number is named and written, and what confirming it does to its confidence."""

from decimal import Decimal

import pytest

from treatments.rules import labels


@pytest.mark.parametrize(
    ("mark", "confirmed", "becomes"),
    [
        ("A", {}, "A"),
        ("A", {"s": "10 U"}, "A"),
        ("A-", {"s": "10 U"}, "A-"),
        ("B", {}, "B"),
        ("B", {"s": "10 U"}, "confirmed"),
        ("B", {"s": "11 U"}, "B"),
        ("B", {"t": "10 U"}, "B"),
        ("C", {"s": "10 U"}, "C"),
    ],
)
def test_a_b_number_is_confirmed_by_its_subject_and_its_value(
    mark: str, confirmed: dict[str, str], becomes: str
) -> None:
    assert labels.mark(mark, subject="s", value="10 U", confirmed=confirmed) == becomes


@pytest.mark.parametrize(
    ("units", "per_kg", "words"),
    [("400", None, "400 U"), ("200", "6.00", "lower of 6 U/kg and 200 U"), ("12.50", None, "12.5 U")],
)
def test_a_maximum_in_words(units: str, per_kg: str | None, words: str) -> None:
    assert labels.maximum_value(units=Decimal(units), per_kg=Decimal(per_kg) if per_kg else None) == words


@pytest.mark.parametrize(
    ("low", "high", "per_kg", "few", "many", "words"),
    [
        ("60", "200", False, 2, 4, "60–200 U, 2–4 sites"),
        ("75", "75", False, 3, 3, "75 U, 3 sites"),
        ("20", "20.00", False, 1, 1, "20 U, 1 site"),
        ("6", "9", True, None, 4, "6–9 U/kg, up to 4 sites"),
        (None, "200", False, None, None, "up to 200 U"),
    ],
)
def test_a_muscles_range_in_words(
    low: str | None, high: str, per_kg: bool, few: int | None, many: int | None, words: str
) -> None:
    value = labels.muscle_value(
        units_min=Decimal(low) if low else None,
        units_max=Decimal(high),
        per_kg=per_kg,
        sites_min=few,
        sites_max=many,
    )
    assert value == words


def test_a_subject_is_the_same_in_whatever_order_its_parts_came_and_no_other_rows() -> None:
    def subject(*indications: str, days: int = 0, child: bool = False, limbs: str = "") -> str:
        return labels.maximum_subject("p", indications=indications, window_days=days, under_18=child, limbs=limbs)

    assert subject("b", "a") == subject("a", "b")
    others = [subject("a"), subject(), subject("a", days=84), subject("a", child=True), subject("a", limbs="one")]
    assert len(set(others)) == 5
    one = labels.muscle_subject("p", condition="c", muscles=["y", "x"], under_18=False)
    assert one == labels.muscle_subject("p", condition="c", muscles=["x", "y"], under_18=False)
    assert one != labels.muscle_subject("p", condition="c", muscles=["x", "y"], under_18=True)
    every = {None: "any", True: "child", False: "adult"}
    assert len({labels.interval_subject("p", indication="", under_18=who) for who in every}) == 3
