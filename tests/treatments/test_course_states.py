"""The query that computes states agrees with the rules for every course on every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.models import Patient
from tests.cast import Cast
from treatments.models import TreatmentCourse
from treatments.querysets.courses import site_days
from treatments.rules.windows import Booking, IntervalRule, State, WindowPolicy, next_booked, window_for

# Days where month arithmetic is at its worst, and others.
AWKWARD = [
    date(2024, 2, 29),
    date(2023, 11, 29),
    date(2023, 11, 30),
    date(2023, 8, 31),
    date(2024, 8, 31),
    date(2024, 12, 31),
    date(2025, 2, 28),
    date(2025, 1, 31),
]
days = st.sampled_from(AWKWARD) | st.dates(date(2022, 1, 1), date(2026, 12, 31))
policies = st.builds(
    WindowPolicy,
    opens_months=st.integers(1, 4),
    closes_months=st.integers(4, 8),
    lead_days=st.integers(0, 60),
    lapse_months=st.integers(1, 12),
)
windows = st.builds(
    lambda session_on, interval, policy, wear_off: window_for(
        session_on=session_on,
        intervals=[IntervalRule(interval, "policy", "policy", "", "", "")],
        policy=policy,
        wear_off_days=wear_off,
    ),
    session_on=days,
    interval=st.integers(56, 200),
    policy=policies,
    wear_off=st.lists(st.integers(40, 250), max_size=3),
)
NAMES = [
    "last_session_on",
    "eligible_on",
    "opening_on",
    "window_opens_on",
    "window_closes_on",
    "lapses_on",
    "target_on",
]


@st.composite
def courses(draw: st.DrawFn) -> dict[str, Any]:
    """The dates of a course: its window or none, its bookings, and what may have ended it."""
    window = draw(st.none() | windows)
    edges = [getattr(window, name) for name in NAMES] if window else [date(2024, 2, 29)]
    near = st.builds(lambda edge, off: edge + timedelta(days=off), st.sampled_from(edges), st.integers(-2, 2))
    ended = st.none() | st.none() | near | days
    booked = sorted(set(draw(st.lists(near | days, max_size=4))))
    return {
        "window": window,
        "booked_dates": booked,
        "booked_until": booked[-1] if booked else None,
        "closed_on": draw(ended),
        "died_on": draw(ended),
        "left_on": draw(ended),
        "asked": sorted({*draw(st.lists(near | days, min_size=1, max_size=4))}),
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(courses(), min_size=1, max_size=6))
def test_the_query_agrees_with_the_rules(cast: Cast, rows: list[dict[str, Any]]):
    TreatmentCourse.objects.all().delete()
    Patient.objects.filter(family_name="Row").delete()
    made = []
    for row in rows:
        patient = Patient.objects.create(
            given_name="Ana",
            family_name="Row",
            birth_date=date(1950, 1, 1),
            site=cast.harbour,
            died_on=row["died_on"],
            left_on=row["left_on"],
        )
        made.append(
            cast.course(
                patient=patient,
                closed_on=row["closed_on"],
                closed_reason="paused" if row["closed_on"] else "",
                booked_dates=row["booked_dates"],
                booked_until=row["booked_until"],
                **{name: getattr(row["window"], name) for name in NAMES if row["window"]},
            )
        )
    for on in sorted({day for row in rows for day in row["asked"]}):
        found = {course.pk: course for course in TreatmentCourse.objects.with_state(on=on)}
        assert len(found) == len(made)
        for course in made:
            answer = found[course.pk]
            assert answer.state_now == course.state(on=on)
            assert answer.booking_now == course.booking(on=on)
            assert answer.next_booked_on == next_booked(course, booked_dates=course.booked_dates, on=on)
            assert answer.today == on


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2023, 11, 30), State.IN_EFFECT),
        (date(2024, 2, 7), State.IN_EFFECT),
        (date(2024, 2, 8), State.OPENING),
        (date(2024, 2, 28), State.OPENING),
        (date(2024, 2, 29), State.DUE),  # 30 November and 3 months, in a leap year
        (date(2024, 5, 30), State.DUE),
        (date(2024, 5, 31), State.OVERDUE),
        (date(2024, 11, 30), State.OVERDUE),
        (date(2024, 12, 1), State.LAPSED),
    ],
)
def test_the_edges_of_a_window(cast: Cast, on: date, state: State):
    window = window_for(
        session_on=date(2023, 11, 30),
        intervals=[IntervalRule(84, "policy", "policy", "", "", "")],
        policy=WindowPolicy(),
    )
    course = cast.course(**{name: getattr(window, name) for name in NAMES})
    assert TreatmentCourse.objects.with_state(on=on).get().state_now == course.state(on=on) == state


@pytest.mark.parametrize(
    ("booked_on", "booking"),
    [
        (date(2024, 2, 21), Booking.TOO_EARLY),
        (date(2024, 2, 22), Booking.IN_WINDOW),
        (date(2024, 5, 30), Booking.IN_WINDOW),
        (date(2024, 5, 31), Booking.TOO_LATE),
        (date(2023, 11, 30), Booking.NONE),  # the last session's own visit
        (date(2023, 12, 31), Booking.NONE),  # past
    ],
)
def test_the_edges_of_a_booking(cast: Cast, booked_on: date, booking: Booking):
    window = window_for(
        session_on=date(2023, 11, 30),
        intervals=[IntervalRule(84, "policy", "policy", "", "", "")],
        policy=WindowPolicy(),
    )
    course = cast.course(
        booked_dates=[booked_on], booked_until=booked_on, **{name: getattr(window, name) for name in NAMES}
    )
    on = date(2024, 1, 15)
    assert TreatmentCourse.objects.with_state(on=on).get().booking_now == course.booking(on=on) == booking


def test_each_site_has_its_own_midnight(cast: Cast):
    """At 1 AM in New York it is still the day before in Phoenix, and there the window is not open yet."""
    opens_on = date(2026, 3, 1)
    window = window_for(
        session_on=date(2025, 12, 1),
        intervals=[IntervalRule(84, "policy", "policy", "", "", "")],
        policy=WindowPolicy(),
    )
    assert window.window_opens_on == opens_on
    dates = {name: getattr(window, name) for name in NAMES}
    here, there = cast.course(**dates), cast.course(patient=cast.omar, **dates)
    now = datetime(2026, 3, 1, 6, tzinfo=UTC)
    rows = {course.pk: course for course in TreatmentCourse.objects.with_state(on=site_days(now=now))}
    assert (rows[here.pk].today, rows[here.pk].state_now) == (opens_on, State.DUE)
    assert (rows[there.pk].today, rows[there.pk].state_now) == (opens_on - timedelta(days=1), State.OPENING)
