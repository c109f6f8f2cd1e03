"""The heart: dates, states and bookings of a re-treatment window, without a database."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.windows import (
    Booking,
    IntervalRule,
    State,
    Window,
    WindowPolicy,
    add_months,
    booking_of,
    next_booked,
    state_on,
    window_for,
)

DAYS = st.dates(date(1995, 1, 1), date(2090, 12, 31))
POLICIES = st.builds(
    lambda opens, more, lead, lapse: WindowPolicy(opens, opens + more, lead, lapse, "1"),
    st.integers(1, 6),
    st.integers(0, 9),
    st.integers(0, 60),
    st.integers(1, 12),
)


def interval(days: int, rule: str = "product label") -> IntervalRule:
    return IntervalRule(days, rule, f"{rule}, {days} days", "1", "test", "A")


INTERVALS = st.lists(st.integers(1, 400).map(interval), min_size=1, max_size=4)
WINDOWS = st.builds(
    lambda day, intervals, policy, own: window_for(
        session_on=day, intervals=intervals, policy=policy, wear_off_days=own
    ),
    DAYS,
    INTERVALS,
    POLICIES,
    st.lists(st.integers(1, 400), max_size=3),
)


@dataclass
class NoWindow:
    last_session_on: date | None = None
    eligible_on: date | None = None
    opening_on: date | None = None
    window_opens_on: date | None = None
    window_closes_on: date | None = None
    lapses_on: date | None = None


def label_window(day: date, days: int = 84) -> Window:
    return window_for(session_on=day, intervals=[interval(days)], policy=WindowPolicy())


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 3, 31), 3, date(2026, 6, 30)),
        (date(2026, 1, 15), 3, date(2026, 4, 15)),
        (date(2026, 10, 1), 3, date(2027, 1, 1)),
    ],
)
def test_months_clamp_to_the_end_of_a_shorter_month(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_the_default_window_after_a_session_on_4_september() -> None:
    window = label_window(date(2026, 9, 4))
    assert window.eligible_on == date(2026, 11, 27)
    assert window.window_opens_on == date(2026, 12, 4)
    assert window.opening_on == date(2026, 11, 13)
    assert window.window_closes_on == date(2027, 3, 4)
    assert window.lapses_on == date(2027, 9, 4)
    assert window.target_on == date(2026, 12, 4)
    assert {reason.date: reason.rule for reason in window.reasons} == {
        "eligible_on": "product label",
        "opening_on": "condition policy",
        "window_opens_on": "condition policy",
        "window_closes_on": "condition policy",
        "lapses_on": "condition policy",
        "target_on": "condition policy",
    }


@pytest.mark.parametrize(
    ("own", "moved"), [([83], True), ([84], False), ([85], False), ([82, 86], False), ([80, 86], True)]
)
def test_an_own_wear_off_before_a_repeat_is_allowed_is_said_to_be_moved(own: list[int], moved: bool) -> None:
    window = window_for(session_on=date(2026, 1, 1), intervals=[interval(84)], policy=WindowPolicy(), wear_off_days=own)
    (reason,) = [reason for reason in window.reasons if reason.date == "target_on"]
    assert (reason.rule, reason.source) == ("observed wear-off", "follow-ups of this course")
    assert reason.words.endswith(", moved to the first day a repeat is allowed") is moved
    assert window.target_on == date(2026, 1, 1) + timedelta(days=max(84, round(sum(own) / len(own))))


def test_the_longest_interval_decides_and_says_so() -> None:
    window = window_for(
        session_on=date(2026, 1, 1),
        intervals=[interval(84), interval(112, "payer rule"), interval(90)],
        policy=WindowPolicy(),
    )
    assert window.eligible_on == date(2026, 4, 23)
    # 112 days are longer than three months: the window does not open before a repeat is allowed.
    assert window.window_opens_on == date(2026, 4, 23)
    reasons = {reason.date: reason for reason in window.reasons}
    assert reasons["eligible_on"].rule == "payer rule"
    assert "112 days" in reasons["eligible_on"].words
    assert reasons["window_opens_on"].rule == "payer rule"


def test_of_equal_intervals_the_first_named_is_the_reason() -> None:
    window = window_for(
        session_on=date(2026, 1, 1), intervals=[interval(84), interval(84, "policy")], policy=WindowPolicy()
    )
    assert window.reasons[0].rule == "product label"


def test_february_makes_three_months_shorter_than_ninety_days_and_the_window_waits() -> None:
    # 30 Nov + 3 months = 28 Feb is 90 days; a 91-day interval moves the opening.
    window = label_window(date(2025, 11, 30), days=91)
    assert add_months(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert window.window_opens_on == window.eligible_on == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([100], date(2026, 4, 11)),
        ([70], date(2026, 3, 26)),
        ([90, 100, 120], date(2026, 4, 11)),
        ([], date(2026, 4, 1)),
    ],
)
def test_the_target_follows_the_patients_own_wear_off_but_never_before_eligible(own: list[int], expected: date) -> None:
    window = window_for(session_on=date(2026, 1, 1), intervals=[interval(84)], policy=WindowPolicy(), wear_off_days=own)
    assert window.target_on == expected


def test_a_window_needs_an_interval() -> None:
    with pytest.raises(ValueError, match="at least one interval"):
        window_for(session_on=date(2026, 1, 1), intervals=[], policy=WindowPolicy())


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2026, 9, 4), State.IN_EFFECT),
        (date(2026, 11, 12), State.IN_EFFECT),
        (date(2026, 11, 13), State.OPENING),
        (date(2026, 12, 3), State.OPENING),
        (date(2026, 12, 4), State.DUE),
        (date(2027, 3, 4), State.DUE),
        (date(2027, 3, 5), State.OVERDUE),
        (date(2027, 9, 4), State.OVERDUE),
        (date(2027, 9, 5), State.LAPSED),
    ],
)
def test_state_at_each_edge(on: date, state: State) -> None:
    assert state_on(label_window(date(2026, 9, 4)), closed_from=[None, None], on=on) is state


def test_a_course_without_a_session_is_new_and_a_closed_one_is_closed() -> None:
    assert state_on(NoWindow(), closed_from=[None], on=date(2026, 1, 1)) is State.NEW
    window = label_window(date(2026, 9, 4))
    assert state_on(window, closed_from=[None, date(2026, 12, 5)], on=date(2026, 12, 4)) is State.DUE
    assert state_on(window, closed_from=[None, date(2026, 12, 5)], on=date(2026, 12, 5)) is State.CLOSED


@given(WINDOWS, st.lists(st.one_of(st.none(), DAYS), max_size=3), DAYS)
def test_every_course_is_in_exactly_one_state_every_day(
    window: Window, closed_from: list[date | None], on: date
) -> None:
    closed = any(day is not None and day <= on for day in closed_from)
    holding = {
        State.CLOSED: closed,
        State.IN_EFFECT: not closed and on < window.opening_on,
        State.OPENING: not closed and window.opening_on <= on < window.window_opens_on,
        State.DUE: not closed and window.window_opens_on <= on <= window.window_closes_on,
        State.OVERDUE: not closed and window.window_closes_on < on <= window.lapses_on,
        State.LAPSED: not closed and on > window.lapses_on,
    }
    assert sum(holding.values()) == 1
    assert holding[state_on(window, closed_from=closed_from, on=on)]


@given(WINDOWS)
def test_the_dates_of_a_window_are_in_order(window: Window) -> None:
    assert window.last_session_on < window.eligible_on <= window.window_opens_on <= window.window_closes_on
    assert window.opening_on <= window.window_opens_on
    assert window.window_closes_on < window.lapses_on
    assert window.target_on >= window.eligible_on
    assert {reason.date for reason in window.reasons} == {
        "eligible_on", "opening_on", "window_opens_on", "window_closes_on", "lapses_on", "target_on",
    }  # fmt: skip
    assert all(reason.words for reason in window.reasons)


@given(WINDOWS, DAYS)
def test_states_only_move_forward(window: Window, on: date) -> None:
    order = [State.IN_EFFECT, State.OPENING, State.DUE, State.OVERDUE, State.LAPSED]
    today, tomorrow = (order.index(state_on(window, closed_from=[], on=day)) for day in (on, on + timedelta(days=1)))
    assert tomorrow - today in (0, 1, 2)  # an empty lead or a window of one day may be passed over
    assert tomorrow >= today


@pytest.mark.parametrize(
    ("booked", "booking"),
    [
        ([], Booking.NONE),
        ([date(2026, 11, 26)], Booking.TOO_EARLY),
        ([date(2026, 11, 27)], Booking.IN_WINDOW),
        ([date(2027, 3, 4)], Booking.IN_WINDOW),
        ([date(2027, 3, 5)], Booking.TOO_LATE),
        # The visit of the last session itself, and days gone by, are no booking.
        ([date(2026, 9, 4)], Booking.NONE),
        ([date(2026, 10, 1)], Booking.NONE),
        ([date(2026, 10, 1), date(2027, 4, 1)], Booking.TOO_LATE),
        ([date(2027, 4, 1), date(2026, 12, 1)], Booking.IN_WINDOW),
    ],
)
def test_booking_against_the_window(booked: list[date], booking: Booking) -> None:
    window = label_window(date(2026, 9, 4))
    assert booking_of(window, booked_dates=booked, on=date(2026, 11, 20)) is booking


@pytest.mark.parametrize(("day", "booked"), [(3, False), (4, False), (5, True)])
def test_the_visit_of_the_last_session_is_no_booking_on_its_own_day(day: int, booked: bool) -> None:
    window, on = label_window(date(2026, 9, 4)), date(2026, 9, day)
    assert (next_booked(window, booked_dates=[on], on=on) is not None) is booked


def test_a_first_session_may_be_booked_any_day() -> None:
    assert booking_of(NoWindow(), booked_dates=[date(2026, 12, 1)], on=date(2026, 11, 20)) is Booking.IN_WINDOW


@given(WINDOWS, st.lists(DAYS, max_size=5), DAYS)
def test_the_next_booking_is_the_earliest_that_is_still_ahead(window: Window, booked: list[date], on: date) -> None:
    found = next_booked(window, booked_dates=booked, on=on)
    ahead = [day for day in booked if day >= on and day > window.last_session_on]
    assert found == (min(ahead) if ahead else None)
