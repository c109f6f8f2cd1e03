"""Vial arithmetic: what is given and discarded adds up to the vials, and the suggestion wastes least."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.vials import Stock, diluent_ml, draw_from, in_use_clock, suggest

amounts = st.decimals(min_value=0, max_value=3000, places=2)
vial_units = st.sampled_from([Decimal(size) for size in (50, 100, 200, 300, 500)])


@given(st.lists(vial_units, max_size=8), amounts)
def test_given_and_discarded_are_the_vial(vials, total):
    draws = draw_from(vials, total=total)
    assert [draw.given + draw.discarded for draw in draws] == vials
    assert all(draw.given >= 0 and draw.discarded >= 0 for draw in draws)
    assert sum((draw.given for draw in draws), Decimal(0)) == min(total, sum(vials, Decimal(0)))


def test_one_vial_is_emptied_before_the_next():
    draws = draw_from([Decimal(100), Decimal(100)], total=Decimal(155))
    assert [(draw.given, draw.discarded) for draw in draws] == [(100, 0), (55, 45)]


@pytest.mark.parametrize(
    ("total", "stock", "picked"),
    [
        ("155", [("a", 200, 3), ("b", 100, 9)], {"a": 1}),  # as much over as two of 100, in fewer vials
        ("155", [("b", 100, 9)], {"b": 2}),
        ("100", [("a", 200, 3), ("b", 100, 9)], {"b": 1}),
        ("255", [("a", 200, 3), ("b", 100, 9)], {"a": 1, "b": 1}),
        ("155", [("early", 200, 1), ("late", 200, 5)], {"early": 1}),
        ("355", [("early", 200, 1), ("late", 200, 5)], {"early": 1, "late": 1}),
        ("200.01", [("a", 200, 1), ("b", 50, 1)], {"a": 1, "b": 1}),
        ("0", [("a", 200, 3)], {}),
        ("500", [("a", 200, 2)], {}),
        ("10", [], {}),
    ],
)
def test_suggestion(total, stock, picked):
    assert suggest(Decimal(total), [Stock(*line) for line in stock]) == picked


@given(
    st.decimals(min_value="0.01", max_value=600, places=2),
    st.lists(st.tuples(st.sampled_from([50, 100, 200]), st.integers(1, 3)), max_size=4),
)
def test_no_choice_from_the_shelf_wastes_less(total, shelf):
    stock = [Stock(f"line {number}", units, available) for number, (units, available) in enumerate(shelf)]
    picked = suggest(total, stock)
    choices = [
        sum(line.units * count for line, count in zip(stock, counts, strict=True))
        for counts in product(*(range(line.available + 1) for line in stock))
    ]
    enough = [opened for opened in choices if opened >= total]
    assert bool(picked) == bool(enough)
    if picked:
        assert all(0 < picked[line.key] <= line.available for line in stock if line.key in picked)
        assert sum(line.units * picked.get(line.key, 0) for line in stock) == min(enough)


@pytest.mark.parametrize(
    ("total", "stock", "picked"),
    [
        # As little over with the patient's own as with the clinic's: the patient's own.
        ("155", [("clinic", 200, 3, False), ("own", 100, 2, True)], {"own": 2}),
        ("155", [("clinic", 200, 3, False), ("own", 200, 1, True)], {"own": 1}),
        ("355", [("clinic", 200, 3, False), ("own", 200, 1, True)], {"own": 1, "clinic": 1}),
        # Nothing is wasted for the sake of it.
        ("100", [("own", 200, 1, True), ("clinic", 100, 3, False)], {"clinic": 1}),
        # One lot on the shelf as both.
        ("400", [("a lot", 200, 1, True), ("a lot", 200, 3, False)], {"a lot": 2}),
    ],
)
def test_the_patients_own_come_first(total, stock, picked):
    assert suggest(Decimal(total), [Stock(*line) for line in stock]) == picked


@given(
    st.decimals(min_value="0.01", max_value=600, places=2),
    st.lists(st.tuples(st.sampled_from([50, 100, 200]), st.integers(1, 3), st.booleans()), max_size=4),
)
def test_own_or_not_no_choice_wastes_less_and_own_are_not_left(total, shelf):
    stock = [Stock(f"line {place}", *line) for place, line in enumerate(shelf)]
    picked = suggest(total, stock)
    choices = [
        (sum(line.units * count for line, count in zip(stock, counts, strict=True)), counts)
        for counts in product(*(range(line.available + 1) for line in stock))
    ]
    least = min((opened for opened, _ in choices if opened >= total), default=None)
    assert sum(line.units * picked.get(line.key, 0) for line in stock) == (least or 0)
    used = sum(line.units * picked.get(line.key, 0) for line in stock if line.own)
    most = max(
        (
            sum(line.units * count for line, count in zip(stock, counts, strict=True) if line.own)
            for opened, counts in choices
            if opened == least
        ),
        default=0,
    )
    assert used == most


@pytest.mark.parametrize(
    ("vial", "units", "ml", "takes"),
    [(200, 200, "4", "4"), (100, 200, "4", "2"), (300, 500, "2.5", "1.5"), (50, 100, "1.25", "0.63")],
)
def test_diluent_of_a_vial(vial, units, ml, takes):
    assert diluent_ml(vial, dilution_units=units, dilution_ml=Decimal(ml)) == Decimal(takes)


MIXED = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "hours", "words", "over"),
    [
        (timedelta(0), 24, "24 h left", False),
        (timedelta(hours=1, minutes=59), 24, "22 h left", False),
        (timedelta(hours=21, minutes=59), 24, "2 h left", False),
        (timedelta(hours=22, minutes=1), 24, "1 h 59 min left", False),
        (timedelta(hours=22, minutes=10), 24, "1 h 50 min left", False),
        (timedelta(hours=23), 24, "1 h left", False),
        (timedelta(hours=23, minutes=59), 24, "1 min left", False),
        (timedelta(hours=24), 24, "0 min left", False),
        (timedelta(hours=24, seconds=1), 24, "over for 0 min", True),
        (timedelta(hours=30), 24, "over for 6 h", True),
        (timedelta(hours=3), 4, "1 h left", False),
        (timedelta(hours=71), 72, "1 h left", False),
    ],
)
def test_the_in_use_clock(later, hours, words, over):
    clock = in_use_clock(MIXED, hours=hours, now=MIXED + later)
    assert (clock.words(), clock.is_over) == (words, over)
    assert clock.use_by == MIXED + timedelta(hours=hours)
