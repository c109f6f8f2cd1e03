from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.rules.diary import DiaryEntry, diary_figures, entry_problem

LAST = date(2026, 3, 28)


def days(count: int, *, headaches: int, **fields: object) -> list[DiaryEntry]:
    """The last `count` days, the first `headaches` of them with a headache."""
    return [
        DiaryEntry(LAST - timedelta(days=number), number < headaches, **(fields if number < headaches else {}))  # type: ignore[arg-type]
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("recorded", "headaches", "value"),
    [
        (28, 15, "15"),
        (27, 15, "15.56"),  # 15 * 28 / 27
        (21, 15, "20"),
        (20, 10, "14"),
        (20, 0, "0"),
        (19, 19, None),
        (0, 0, None),
    ],
)
def test_headache_days_are_taken_to_28_from_twenty_days_on(recorded, headaches, value):
    figures = diary_figures(days(recorded, headaches=headaches), last=LAST)
    assert figures.headache.value == (None if value is None else Decimal(value))
    assert figures.recorded == recorded
    assert len(figures.missing) == 28 - recorded


def test_what_is_missing_is_said():
    figures = diary_figures(days(18, headaches=3), last=LAST)
    assert figures.words == "18 of 28 days recorded: not scored, 2 more days needed (20 of 28)"
    assert figures.missing[-1] == LAST - timedelta(days=18)
    assert diary_figures(days(24, headaches=3), last=LAST).words == "24 of 28 days recorded"


def test_only_the_28_days_count():
    old = [DiaryEntry(LAST - timedelta(days=28), True), DiaryEntry(LAST + timedelta(days=1), True)]
    assert diary_figures([*days(28, headaches=4), *old], last=LAST).headache.value == 4


def test_other_counts_leave_out_the_days_that_do_not_say():
    told = [
        DiaryEntry(LAST - timedelta(days=number), headache=True, migraine=number < 5, severity=severity, hours=hours)
        for number, (severity, hours) in enumerate(
            [(3, Decimal(6)), (2, Decimal("1.5")), (1, Decimal(2)), (None, None)]
        )
    ]
    quiet = [DiaryEntry(LAST - timedelta(days=number), False) for number in range(4, 28)]
    figures = diary_figures([*told, *quiet], last=LAST)
    assert figures.migraine.value == 4
    # Of 27 days the severity is known: two are moderate or worse.
    assert (figures.moderate.counted, figures.moderate.days_known, figures.moderate.value) == (2, 27, Decimal("2.07"))
    assert (figures.hours.counted, figures.hours.value) == (Decimal("9.5"), Decimal("9.85"))


@given(st.dictionaries(st.integers(0, 40), st.booleans()))
def test_counts_equal_a_plain_count(headaches):
    inside = [headache for back, headache in headaches.items() if back < 28]
    figures = diary_figures(
        [DiaryEntry(LAST - timedelta(days=back), has) for back, has in headaches.items()], last=LAST
    )
    expected = None if len(inside) < 20 else round(Decimal(sum(inside) * 28) / len(inside), 2)
    assert (
        figures.headache.value is None
        if expected is None
        else abs(figures.headache.value - expected) <= Decimal("0.01")
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (DiaryEntry(LAST + timedelta(days=1), False), "This day lies in the future."),
        (DiaryEntry(LAST, True, severity=4), "Severity is 0 to 3."),
        (DiaryEntry(LAST, True, severity=0), "A headache has severity 1 to 3."),
        (DiaryEntry(LAST, True, hours=Decimal(25)), "A day has 0 to 24 hours."),
        (DiaryEntry(LAST, False, migraine=True), "A day without headache has no migraine, severity or hours."),
        (DiaryEntry(LAST, False, acute_drug=True), ""),
        (DiaryEntry(LAST, True, True, 3, Decimal(24), True), ""),
    ],
)
def test_what_is_no_day_of_a_diary(entry, words):
    assert entry_problem(entry, on=LAST) == words
