"""Days on which the clocks change, and sites in several zones: hours, free times, booking, moving, words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling import actions
from scheduling.free_times import fitting_times
from scheduling.models import Availability
from scheduling.rules.hours import WHOLE_DAY, DayException, Hours, Outside, WorkingHours, outside_hours
from scheduling.rules.slots import Search, free_slots
from scheduling.rules.times import TimeDoesNotExistError, local_moment, span_moments, span_words
from tests.cast import Cast
from tests.scheduling.made import booked

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ZONES = ("America/New_York", "America/Phoenix", "Europe/London", "Australia/Lord_Howe")

# Zone, day, from, until, and how many minutes of clinic that is.
CHANGES = [
    ("America/New_York", date(2026, 3, 8), time(0), time(6), 300),
    ("America/New_York", date(2026, 11, 1), time(0), time(6), 420),
    ("America/New_York", date(2026, 3, 8), time(9), time(12), 180),
    ("America/Phoenix", date(2026, 3, 8), time(0), time(6), 360),
    ("America/Phoenix", date(2026, 11, 1), time(0), time(6), 360),
    ("Europe/London", date(2026, 3, 29), time(0), time(6), 300),
    ("Europe/London", date(2026, 10, 25), time(0), time(6), 420),
    # Half an hour, at two in the morning.
    ("Australia/Lord_Howe", date(2026, 4, 5), time(0), time(6), 390),
    ("Australia/Lord_Howe", date(2026, 10, 4), time(0), time(6), 330),
]

zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
days = st.one_of(
    st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    st.sampled_from([day + timedelta(days=shift) for _, day, *_ in CHANGES for shift in (-1, 0, 1)]),
)
quarters = st.integers(0, 95).map(lambda count: time(count // 4, count % 4 * 15))


def hours_on(day: date, begin: time, end: time) -> WorkingHours:
    return WorkingHours(week=(Hours(day.weekday(), begin, end),))


@pytest.mark.parametrize(("zone", "day", "begin", "end", "minutes"), CHANGES)
def test_a_night_is_as_long_as_it_is(zone: str, day: date, begin: time, end: time, minutes: int):
    opens, closes = span_moments(day, begin, end, zone=ZoneInfo(zone))
    assert (closes - opens) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("zone", "day", "found"),
    [
        # Two o'clock does not come.
        ("America/New_York", date(2026, 3, 8), ["01:00", "01:30", "03:00", "03:30"]),
        ("Europe/London", date(2026, 3, 29), ["02:00", "02:30", "03:00", "03:30"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), ["01:00", "01:30", "02:30", "03:00", "03:30"]),
        # One o'clock comes twice, and is offered once: nobody could tell the second from the first.
        ("America/New_York", date(2026, 11, 1), ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]),
        ("Australia/Lord_Howe", date(2026, 4, 5), ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]),
        ("America/Phoenix", date(2026, 3, 8), ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]),
    ],
)
def test_times_of_a_night_on_which_the_clocks_change(zone: str, day: date, found: list[str]):
    slots = free_slots(
        hours=hours_on(day, time(1), time(4)), busy=[], first=day, last=day, minutes=30, zone=ZoneInfo(zone),
        now=LONG_AGO, limit=50, per_day=50,
    )  # fmt: skip
    assert [f"{slot.starts_at:%H:%M}" for slot in slots] == found


@given(
    zones, days, quarters, quarters, st.integers(1, 24), st.lists(st.tuples(quarters, st.integers(5, 180)), max_size=4)
)
def test_every_free_time_can_be_booked_as_it_is_shown(
    zone: ZoneInfo, day: date, one: time, other: time, steps: int, taken: list[tuple[time, int]]
):
    """Of any day anywhere: what is offered lies in the hours, touches nothing, and its wall time means that moment."""
    begin, end, minutes = min(one, other), max(one, other), steps * 5
    busy = []
    for at, length in taken:
        start = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
        busy.append((start, start + timedelta(minutes=length)))
    hours = hours_on(day, begin, end)
    slots = free_slots(
        hours=hours, busy=busy, first=day, last=day, minutes=minutes, zone=zone, now=LONG_AGO, limit=300, per_day=300
    )
    length = timedelta(minutes=minutes)
    opens, closes = span_moments(day, begin, end, zone=zone)
    starts = [slot.starts_at.astimezone(UTC) for slot in slots]
    for slot, start in zip(slots, starts, strict=True):
        assert opens <= start
        assert start + length <= closes
        assert not any(first < start + length and start < last for first, last in busy)
        shown = slot.starts_at.replace(tzinfo=None)
        assert local_moment(shown.date(), shown.time(), zone=zone) == slot.starts_at
        assert outside_hours(hours, starts_at=start, ends_at=start + length, zone=zone) is None
    assert all(later - earlier >= length for earlier, later in pairwise(starts))


@given(zones, days, quarters, st.integers(5, 480))
def test_a_visit_reads_as_long_as_it_is_or_says_why(zone: ZoneInfo, day: date, at: time, minutes: int):
    if datetime.combine(day, at, tzinfo=zone).astimezone(UTC).astimezone(zone).time() != at:
        with pytest.raises(TimeDoesNotExistError, match=f"There is no {at:%H:%M} on {day.day} "):
            local_moment(day, at, zone=zone)
        return
    start = local_moment(day, at, zone=zone)
    end = (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(zone)
    words = span_words(start.replace(tzinfo=None), end.replace(tzinfo=None))
    assert words.startswith(f"{at:%H:%M}-{end:%H:%M}")
    assert ("clocks" in words) == (end.replace(tzinfo=None) <= start.replace(tzinfo=None))


@given(zones, days, quarters, quarters, st.integers(5, 600))
def test_inside_the_hours_is_what_lies_between_their_moments(
    zone: ZoneInfo, day: date, one: time, other: time, minutes: int
):
    start = datetime.combine(day, max(one, other), tzinfo=zone).astimezone(UTC)
    end = start + timedelta(minutes=minutes)
    hours = hours_on(day, min(one, other), time(18))
    opens, closes = span_moments(day, min(one, other), time(18), zone=zone)
    inside = opens <= start and end <= closes and start.astimezone(zone).date() == day and min(one, other) < time(18)
    assert (outside_hours(hours, starts_at=start, ends_at=end, zone=zone) is None) == inside


MONDAY = date(2026, 11, 23)
WEEK = tuple(Hours(day, *span) for day in range(5) for span in ((time(9), time(12)), (time(13), time(17))))


@pytest.mark.parametrize(
    ("exceptions", "holidays", "begin", "expected"),
    [
        ([], [], time(9), None),
        ([], [], time(11, 45), Outside.HOURS),
        ([], [], time(12), Outside.HOURS),
        ([], [MONDAY], time(9), Outside.HOLIDAY),
        ([DayException(MONDAY, MONDAY)], [], time(9), Outside.AWAY),
        ([DayException(MONDAY, MONDAY)], [MONDAY], time(9), Outside.HOLIDAY),
        ([DayException(MONDAY, MONDAY, True, time(9), time(10))], [], time(10), None),
        ([DayException(MONDAY, MONDAY, True, time(9), time(10))], [], time(9, 45), Outside.AWAY),
        # Extra hours hold on a holiday: somebody entered them for that very day.
        ([DayException(MONDAY, MONDAY, False, time(18), time(20))], [MONDAY], time(18), None),
        ([DayException(MONDAY, MONDAY, False, time(17), time(20))], [], time(16, 45), None),
        ([DayException(date(2026, 11, 1), date(2026, 11, 22))], [], time(9), None),
    ],
)
def test_why_a_visit_lies_outside(
    exceptions: list[DayException], holidays: list[date], begin: time, expected: Outside | None
):
    zone = ZoneInfo("America/New_York")
    hours = WorkingHours(week=WEEK, exceptions=tuple(exceptions), holidays=frozenset(holidays))
    start = datetime.combine(MONDAY, begin, tzinfo=zone)
    assert outside_hours(hours, starts_at=start, ends_at=start + timedelta(minutes=30), zone=zone) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_hours_found_shown_and_booked_are_the_sites_own(cast: Cast, zone: str):
    """The first free time after a change of clocks is nine o'clock there; booked and moved, it still reads so."""
    site = cast.harbour
    site.time_zone = zone
    site.save()
    Availability.objects.bulk_create(
        Availability(provider=cast.ito, site=site, weekday=day, starts_at=time(9), ends_at=time(10)) for day in range(7)
    )
    now = local_moment(date(2026, 3, 1), time(8), zone=ZoneInfo(zone))
    seen = set()
    for day in (date(2026, 3, 3), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4)):
        [found] = fitting_times(
            provider=cast.ito, patient=cast.joye, site=site, minutes=60, searches=[Search(day, day)], now=now
        )
        assert found.value == f"{day}T09:00"
        starts_at = local_moment(found.day, found.starts_at.time(), zone=site.zone())
        visit = booked(cast, starts_at=starts_at, minutes=60, now=now)
        assert (visit.on, visit.time_words) == (day, "09:00-10:00")
        seen.add(visit.starts_at.astimezone(UTC).time())
        moved = actions.move_appointment(
            appointment=visit, starts_at=local_moment(day + timedelta(days=1), time(9), zone=site.zone()), minutes=60,
            provider=cast.ito, room=None, version=None, by=cast.robin, now=now,
        )  # fmt: skip
        assert (moved.on, moved.time_words) == (day + timedelta(days=1), "09:00-10:00")
    assert (len(seen) == 1) == (zone == "America/Phoenix"), "elsewhere nine o'clock is not always the same moment"


def test_a_whole_day_ends_at_midnight_also_when_it_has_25_hours():
    opens, closes = span_moments(date(2026, 11, 1), *WHOLE_DAY, zone=ZoneInfo("America/New_York"))
    assert closes - opens == timedelta(hours=25)
