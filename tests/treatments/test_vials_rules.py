"""Vial arithmetic: what is given and discarded adds up to the vials, and the suggestion wastes least."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.vials import Stock, draw_from, suggest

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
