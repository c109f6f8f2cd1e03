"""One rhythm out of two windows, and whose a session was when it was signed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.continued import RULE, one_rhythm, own_dates, with_reasons
from treatments.rules.moved import Move, Signed, signed_for
from treatments.rules.windows import IntervalRule, WindowPolicy, window_for

NAMES = (
    "last_session_on", "eligible_on", "opening_on", "window_opens_on", "window_closes_on", "lapses_on", "target_on",
)  # fmt: skip


def dates(session_on: date, days: int) -> dict[str, date]:
    window = window_for(
        session_on=session_on, intervals=[IntervalRule(days, "label", "label", "1", "", "A")], policy=WindowPolicy()
    )
    return {name: getattr(window, name) for name in NAMES}


windows = st.builds(dates, st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(min_value=60, max_value=200))


@given(own=windows, other=windows)
def test_neither_wait_is_shortened_and_the_later_session_leads(own: dict[str, date], other: dict[str, date]) -> None:
    both = one_rhythm(own, other)
    assert both["eligible_on"] == max(own["eligible_on"], other["eligible_on"])
    assert both["last_session_on"] == max(own["last_session_on"], other["last_session_on"])
    assert both["last_session_on"] < both["eligible_on"] <= both["window_opens_on"] <= both["window_closes_on"]
    assert both["opening_on"] < both["window_opens_on"]
    assert both["window_closes_on"] < both["lapses_on"]
    assert both["target_on"] >= both["eligible_on"]
    # Once more changes nothing.
    assert one_rhythm(both, other) == both


@given(own=windows, others=st.lists(windows, max_size=3))
def test_what_others_set_is_taken_back_without_a_trace(own: dict[str, date], others: list[dict[str, date]]) -> None:
    first: list[dict[str, Any]] = [
        {"date": name, "words": "own", "rule": "label", "version": "", "source": "", "confidence": "A"}
        for name in NAMES[1:]
    ]
    now, reasons = own, first
    for other in others:
        both = one_rhythm(now, other)
        reasons = with_reasons(reasons, before=now, after=both, words="another")
        now = both
    assert {reason["date"] for reason in reasons if reason["rule"] == RULE} >= {
        name for name in NAMES if now[name] != own[name]
    }
    back, kept = own_dates(reasons)
    assert now | back == own
    assert kept == first


A, B, C = 1, 2, 3


@pytest.mark.parametrize(
    ("present", "moves", "expected"),
    [
        (A, [], Signed(A, True)),
        (A, [Move(1, A, B, frozenset({7}))], Signed(B, True)),
        # Another session of the kept record.
        (A, [Move(1, A, B, frozenset({8}))], Signed(A, True)),
        # B into A, then A into C: from C all the way back.
        (C, [Move(1, A, B, frozenset({7})), Move(2, C, A, frozenset({7}))], Signed(B, True)),
        (C, [Move(2, C, A, frozenset({7})), Move(1, A, B, frozenset({7}))], Signed(B, True)),
        (C, [Move(1, A, B, frozenset()), Move(2, C, A, frozenset({7}))], Signed(A, True)),
        # It lies with somebody the merges do not say.
        (B, [Move(1, A, B, frozenset({7}))], Signed(B, False)),
        (A, [Move(1, A, B, frozenset({7})), Move(2, C, A, frozenset({7}))], Signed(B, False)),
    ],
)
def test_whose_a_session_was(present: int, moves: list[Move], expected: Signed) -> None:
    assert signed_for(session_id=7, patient_id=present, moves=moves) == expected


def test_a_wait_longer_than_the_own_window_moves_all_that_follows() -> None:
    own, other = dates(date(2026, 7, 1), 84), dates(date(2026, 6, 30), 200)
    both = one_rhythm(own, other)
    assert both["last_session_on"] == date(2026, 7, 1)
    assert both["eligible_on"] == date(2026, 6, 30) + timedelta(days=200)
    assert both["window_opens_on"] == both["target_on"] == both["eligible_on"]
    assert both["opening_on"] == both["window_opens_on"] - timedelta(days=21)
