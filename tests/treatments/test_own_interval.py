"""The patient's own interval, below, at and above each of its limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.own_interval import EARLY_RISK, Observed, is_shortening, suggest

LAST = date(2026, 9, 1)


def cycles(*wear_off: int | None) -> list[Observed]:
    """Sessions a hundred days apart, the last of them on LAST, and when the effect of each wore off."""
    starts = [LAST - timedelta(days=100 * back) for back in range(len(wear_off) - 1, -1, -1)]
    return [
        Observed(start, wear_off_on=None if days is None else start + timedelta(days=days))
        for start, days in zip(starts, wear_off, strict=True)
    ]


def suggested(*wear_off: int | None, allowed: int = 84, closes: int = 181) -> tuple[int, int, list[str]] | None:
    found = suggest(
        cycles(*wear_off),
        last_session_on=LAST,
        eligible_on=LAST + timedelta(days=allowed),
        window_closes_on=LAST + timedelta(days=closes),
    )
    return found and (found.days, (found.target_on - LAST).days, list(found.limits))


NOT_A_PATTERN = "Seen after {} only: not a pattern yet."
UNSEEN = "After {} nobody recorded when the effect wore off."
EARLY = "The effect wears off {} before a repeat is allowed, so the first allowed day is suggested. " + EARLY_RISK
LATE = "Later than the window closes: look again whether the effect still holds."


@pytest.mark.parametrize(
    ("wear_off", "expected"),
    [
        ((), None),
        ((None, None), None),
        ((90,), (90, 90, [NOT_A_PATTERN.format("1 session")])),
        ((90, None), (90, 90, [NOT_A_PATTERN.format("1 session"), UNSEEN.format("1 session")])),
        ((90, 100), (95, 95, [NOT_A_PATTERN.format("2 sessions")])),
        ((90, 100, 110), (100, 100, [])),
        ((90, None, None, 100, 110), (100, 100, [UNSEEN.format("2 sessions")])),
        ((90, 100, 118), (100, 100, [])),  # 28 days apart
        ((90, 100, 119), (100, 100, ["The intervals lie far apart: from 90 to 119 days."])),
        ((84, 84, 84), (84, 84, [])),
        ((83, 83, 83), (83, 84, [EARLY.format("1 day")])),
        ((70, 70, 70), (70, 84, [EARLY.format("14 days")])),
        ((181, 181, 181), (181, 181, [])),
        ((182, 182, 182), (182, 182, [LATE])),
        ((100, 101, 40), (100, 100, ["The intervals lie far apart: from 40 to 101 days."])),
    ],
)
def test_the_day_its_evidence_and_its_limits(wear_off: tuple[int | None, ...], expected: object) -> None:
    assert suggested(*wear_off) == expected


def test_the_evidence_lists_every_interval() -> None:
    found = suggest(
        cycles(90, None, 100, 95), last_session_on=LAST, eligible_on=LAST, window_closes_on=LAST + timedelta(days=181)
    )
    assert found is not None
    assert found.evidence == "The effect wore off 90, 100 and 95 days after the sessions; the median is 95 days."


@given(st.lists(st.none() | st.integers(0, 400), max_size=8), st.integers(0, 200))
def test_never_before_the_first_allowed_day_and_in_any_order(wear_off: list[int | None], allowed: int) -> None:
    asked = {
        "last_session_on": LAST,
        "eligible_on": LAST + timedelta(days=allowed),
        "window_closes_on": LAST + timedelta(days=181),
    }
    found = suggest(cycles(*wear_off), **asked)
    assert (found is None) == all(days is None for days in wear_off)
    if found is not None:
        assert found.target_on >= asked["eligible_on"]
        assert found == suggest(cycles(*wear_off)[::-1], **asked)


@pytest.mark.parametrize(
    ("wear_off", "shortening"),
    [
        ((), False),
        ((110, 100), False),
        ((110, 100, 90), True),
        ((110, 100, 100), False),
        ((110, 100, 101), False),
        ((110, None, 100, 90), True),
        ((80, 110, 100, 90), True),
        ((110, 100, 90, 95), False),
    ],
)
def test_three_intervals_each_shorter_than_the_last(wear_off: tuple[int | None, ...], shortening: bool) -> None:
    assert is_shortening(cycles(*wear_off)) is shortening
    assert is_shortening(cycles(*wear_off)[::-1]) is shortening
