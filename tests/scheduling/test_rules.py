from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.rules.hours import Hours, WorkingHours
from scheduling.rules.recalls import hidden_until, state_words
from scheduling.rules.slots import Search, free_slots, searches_for
from scheduling.rules.times import TimeDoesNotExistError, clock, local_moment, span_words
from scheduling.rules.visits import LIKELY_NEXT, NEXT_STATUSES, is_too_early, status_problem

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=zone)


def starts(found: list[datetime]) -> list[str]:
    return [f"{slot:%a %H:%M}" for slot in found]


def slots(*, hours: list[Hours] | None = None, **changes: object) -> list[datetime]:
    week = [Hours(0, time(9), time(12))] if hours is None else hours
    asked: dict = {
        "hours": WorkingHours(week=tuple(week)),
        "busy": [],
        "first": MONDAY,
        "last": MONDAY,
        "minutes": 60,
        "zone": NEW_YORK,
        "now": LONG_AGO,
    }
    return [slot.starts_at for slot in free_slots(**(asked | changes))]


def test_slots_fill_the_working_hours():
    assert starts(slots()) == ["Mon 09:00", "Mon 10:00", "Mon 11:00"]


def test_a_slot_never_touches_what_is_booked():
    busy = [(at(MONDAY, 9, 30), at(MONDAY, 10, 10))]
    assert starts(slots(busy=busy, minutes=30)) == ["Mon 09:00", "Mon 10:10", "Mon 10:40", "Mon 11:10"]


def test_a_visit_that_ends_as_another_begins_is_free():
    assert starts(slots(busy=[(at(MONDAY, 10), at(MONDAY, 11))])) == ["Mon 09:00", "Mon 11:00"]


def test_a_slot_lies_wholly_inside_the_hours():
    assert slots(hours=[Hours(0, time(9), time(9, 50))]) == []


def test_a_slot_never_lies_in_the_past():
    assert starts(slots(now=at(MONDAY, 9, 59), minutes=60)) == ["Mon 10:00", "Mon 11:00"]


def test_at_most_so_many_of_one_day_and_in_all():
    hours = [Hours(day, time(9), time(17)) for day in range(5)]
    found = slots(hours=hours, last=MONDAY + timedelta(days=10), minutes=30, per_day=2, limit=5)
    assert starts(found) == ["Mon 09:00", "Mon 09:30", "Tue 09:00", "Tue 09:30", "Wed 09:00"]


def test_no_hours_no_slots():
    assert slots(hours=[]) == []


def test_the_hour_that_is_skipped_in_spring_offers_nothing():
    spring = date(2026, 3, 8)
    found = slots(hours=[Hours(6, time(1), time(4))], first=spring, last=spring, minutes=60)
    # 2:00 does not exist in New York that night: after 1:00 comes 3:00.
    assert starts(found) == ["Sun 01:00", "Sun 03:00"]


@given(
    busy=st.lists(
        st.tuples(st.integers(0, 14 * 24 * 12), st.integers(1, 60)).map(
            lambda pair: (
                at(MONDAY, 0).astimezone(UTC) + timedelta(minutes=5 * pair[0]),
                at(MONDAY, 0).astimezone(UTC) + timedelta(minutes=5 * (pair[0] + pair[1])),
            )
        ),
        max_size=25,
    ),
    minutes=st.sampled_from([5, 15, 20, 30, 45, 60, 90]),
    now_minutes=st.integers(0, 10_000),
)
def test_whatever_is_booked_slots_are_free_disjoint_ordered_and_in_hours(busy, minutes, now_minutes):
    hours = [Hours(day, time(9), time(12)) for day in range(5)] + [Hours(2, time(13), time(17))]
    now = at(MONDAY, 0) + timedelta(minutes=now_minutes)
    found = slots(
        hours=hours, busy=busy, last=MONDAY + timedelta(days=13), minutes=minutes, now=now, limit=50, per_day=20
    )
    length = timedelta(minutes=minutes)
    assert found == sorted(found)
    for earlier, later in pairwise(found):
        assert earlier + length <= later
    for slot in found:
        assert slot > now
        assert not any(begin < slot + length and slot < end for begin, end in busy)
        assert any(
            span.weekday == slot.weekday() and span.starts_at <= slot.time() and (slot + length).time() <= span.ends_at
            for span in hours
        )


@given(minutes=st.sampled_from([15, 30, 60]), gap=st.integers(0, 35))
def test_no_free_time_is_overlooked(minutes, gap):
    """With one visit in the way, as many slots are found as fit before and after it."""
    begin = at(MONDAY, 9) + timedelta(minutes=5 * gap)
    end = begin + timedelta(minutes=5)
    found = slots(busy=[(begin, end)], minutes=minutes, per_day=100, limit=100)
    before = int((begin - at(MONDAY, 9)).total_seconds() // 60) // minutes
    after = int((at(MONDAY, 12) - end).total_seconds() // 60) // minutes
    assert len(found) == before + max(after, 0)


def test_wall_times():
    assert local_moment(MONDAY, time(9), zone=NEW_YORK).astimezone(UTC).hour == 14
    with pytest.raises(TimeDoesNotExistError, match="There is no 02:30 on 8 March 2026"):
        local_moment(date(2026, 3, 8), time(2, 30), zone=NEW_YORK)
    # 1:30 comes twice on 1 November 2026; the first one is in summer time.
    assert local_moment(date(2026, 11, 1), time(1, 30), zone=NEW_YORK).utcoffset() == timedelta(hours=-4)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (time(9), time(9, 30), "09:00-09:30"),
        (time(11, 45), time(12, 15), "11:45-12:15"),
        (time(12), time(13), "12:00-13:00"),
    ],
)
def test_spans_in_words(start, end, words):
    assert span_words(datetime.combine(MONDAY, start), datetime.combine(MONDAY, end)) == words
    assert clock(time(0, 5)) == "00:05"


TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("eligible", "closes", "target", "expected"),
    [
        # no session yet: from today
        (None, None, None, [Search(TODAY, TODAY + timedelta(days=120))]),
        # in effect: from the day to aim at, then from the first allowed day, then late
        (
            date(2026, 12, 1),
            date(2027, 3, 9),
            date(2026, 12, 9),
            [
                Search(date(2026, 12, 9), date(2027, 3, 9)),
                Search(date(2026, 12, 1), date(2026, 12, 8)),
                Search(date(2027, 3, 10), date(2027, 7, 7)),
            ],
        ),
        # due: from today
        (
            date(2026, 10, 1),
            date(2027, 1, 9),
            date(2026, 10, 9),
            [Search(TODAY, date(2027, 1, 9)), Search(date(2027, 1, 10), date(2027, 5, 9))],
        ),
        # overdue: any day from today
        (date(2026, 5, 1), date(2026, 8, 9), date(2026, 5, 9), [Search(TODAY, TODAY + timedelta(days=120))]),
        # a target that a person chose after the window: the window all the same, then later
        (
            date(2026, 12, 1),
            date(2027, 3, 9),
            date(2027, 4, 1),
            [Search(date(2026, 12, 1), date(2027, 3, 9)), Search(date(2027, 3, 10), date(2027, 7, 7))],
        ),
    ],
)
def test_where_free_times_are_looked_for(eligible, closes, target, expected):
    found = searches_for(today=TODAY, eligible_on=eligible, window_closes_on=closes, target_on=target)
    assert found == expected


@given(
    eligible=st.integers(-400, 400),
    closes=st.integers(0, 200),
    target=st.integers(-50, 300),
)
def test_no_search_reaches_before_the_first_allowed_day_or_today(eligible, closes, target):
    first = TODAY + timedelta(days=eligible)
    found = searches_for(
        today=TODAY,
        eligible_on=first,
        window_closes_on=first + timedelta(days=closes),
        target_on=first + timedelta(days=target),
    )
    assert found
    for search in found:
        assert search.first <= search.last
        assert search.first >= max(TODAY, first)


def test_every_status_has_its_steps():
    assert set(NEXT_STATUSES) == {"booked", "confirmed", "arrived", "in_room", "done", "missed", "cancelled", "moved"}
    for current, steps in NEXT_STATUSES.items():
        assert current not in steps
        assert set(steps) <= set(NEXT_STATUSES)
    for current, step in LIKELY_NEXT.items():
        assert step in NEXT_STATUSES[current]


YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("current", "new", "on", "has_started", "words"),
    [
        ("booked", "confirmed", TOMORROW, False, None),
        ("booked", "arrived", TODAY, False, None),
        ("booked", "arrived", TOMORROW, False, "nobody can be arrived yet"),
        ("booked", "missed", TODAY, False, "has not begun"),
        ("booked", "missed", TODAY, True, None),
        ("arrived", "in_room", TODAY, True, None),
        ("in_room", "done", TODAY, True, None),
        ("in_room", "missed", TODAY, True, "cannot become missed"),
        ("done", "in_room", TODAY, True, None),
        ("done", "cancelled", YESTERDAY, True, "cannot become cancelled"),
        ("missed", "booked", TODAY, True, None),
        ("missed", "arrived", TODAY, True, None),
        ("cancelled", "booked", TOMORROW, False, "Book a new one"),
        ("booked", "booked", TOMORROW, False, None),
        ("booked", "teleported", TODAY, True, "cannot become teleported"),
    ],
)
def test_which_step_may_follow(current, new, on, has_started, words):
    found = status_problem(current=current, new=new, on=on, today=TODAY, has_started=has_started)
    assert (found is None) if words is None else (found is not None and words in found)


@pytest.mark.parametrize(
    ("hide_days", "closes_cycle", "until"),
    [
        (3, False, date(2026, 11, 23)),
        (1, False, date(2026, 11, 21)),
        # Still work to do: the row stays.
        (0, False, None),
        (0, True, date.max),
    ],
)
def test_how_long_a_call_hides_a_row(hide_days, closes_cycle, until):
    assert hidden_until(hide_days=hide_days, closes_cycle=closes_cycle, called_on=date(2026, 11, 20)) == until


@pytest.mark.parametrize(
    ("on", "early"),
    [
        (date(2026, 9, 1), False),  # the last session's own visit
        (date(2026, 9, 2), True),
        (date(2026, 11, 23), True),
        (date(2026, 11, 24), False),
    ],
)
def test_too_early(on, early):
    assert is_too_early(on=on, eligible_on=date(2026, 11, 24), last_session_on=date(2026, 9, 1)) is early


def test_nothing_is_too_early_before_a_first_session():
    assert not is_too_early(on=TODAY, eligible_on=None, last_session_on=None)


@pytest.mark.parametrize(
    ("state", "opens", "closes", "words"),
    [
        ("in effect", date(2027, 1, 29), date(2027, 4, 29), "opens in 10 weeks"),
        ("opening", date(2026, 11, 21), date(2027, 2, 21), "opens in 1 day"),
        ("due", date(2026, 11, 20), date(2027, 2, 20), "due from today"),
        ("due", date(2026, 11, 11), date(2027, 2, 11), "due 9 days"),
        ("due", date(2026, 8, 28), date(2026, 11, 28), "closes in 8 days"),
        ("due", date(2026, 8, 20), date(2026, 11, 20), "closes today"),
        ("overdue", date(2026, 8, 1), date(2026, 11, 1), "closed 19 days ago"),
        ("lapsed", date(2025, 8, 1), date(2025, 11, 1), "closed 13 months ago"),
        ("new", None, None, "no session yet"),
    ],
)
def test_a_state_in_words(state, opens, closes, words):
    assert state_words(state=state, today=TODAY, window_opens_on=opens, window_closes_on=closes) == words
