"""Quiet hours by tables, and against walking minute by minute, in zones whose clocks change in every odd way."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.rules.quiet import first_allowed, is_quiet, wall_moment, wall_moments

NEW_YORK = ZoneInfo("America/New_York")
# Half an hour of summer time; clocks that change at midnight; no change at all; a zone beyond the date line.
ZONES = [
    "America/New_York",
    "America/Denver",
    "America/Phoenix",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Auckland",
    "UTC",
]


def at(words: str, zone: ZoneInfo = NEW_YORK, fold: int = 0) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=zone, fold=fold)


def allowed(moment: datetime, quiet_from: time = time(20), quiet_until: time = time(8)) -> datetime:
    zone = moment.tzinfo
    assert isinstance(zone, ZoneInfo)
    return first_allowed(moment, quiet_from=quiet_from, quiet_until=quiet_until, zone=zone)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-30 10:00", "2026-11-30 10:00"),
        ("2026-11-30 08:00", "2026-11-30 08:00"),
        ("2026-11-30 07:59", "2026-11-30 08:00"),
        ("2026-11-30 19:59:59", "2026-11-30 19:59:59"),
        ("2026-11-30 20:00", "2026-12-01 08:00"),
        ("2026-11-30 23:30", "2026-12-01 08:00"),
        ("2026-12-01 00:00", "2026-12-01 08:00"),
        # The night the clocks go forward is eleven hours long, the one they go back thirteen.
        ("2026-03-07 21:00", "2026-03-08 08:00"),
        ("2026-10-31 21:00", "2026-11-01 08:00"),
        ("2026-12-31 22:00", "2027-01-01 08:00"),
    ],
)
def test_over_midnight(moment: str, expected: str):
    assert allowed(at(moment)) == at(expected)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("2026-11-30 12:00", "2026-11-30 14:00"), ("2026-11-30 11:59", "2026-11-30 11:59")],
)
def test_within_a_day(moment: str, expected: str):
    assert allowed(at(moment), time(12), time(14)) == at(expected)


def test_equal_ends_mean_no_quiet_hours():
    assert allowed(at("2026-11-30 03:00"), time(8), time(8)) == at("2026-11-30 03:00")


def test_an_end_that_is_skipped_is_the_moment_of_the_jump():
    # 2:30 does not exist on 8 March 2026: at 2:00 it is 3:00.
    assert allowed(at("2026-03-08 01:00"), time(20), time(2, 30)) == at("2026-03-08 03:00")


def test_an_end_that_comes_twice_ends_the_first_time_and_quiet_comes_back():
    assert allowed(at("2026-11-01 00:30"), time(20), time(1, 30)) == at("2026-11-01 01:30")
    assert allowed(at("2026-11-01 01:10", fold=1), time(20), time(1, 30)) == at("2026-11-01 01:30", fold=1)


def test_the_answer_stays_in_the_zone_it_was_asked_in():
    moment = at("2026-11-30 23:00").astimezone(UTC)
    answer = first_allowed(moment, quiet_from=time(20), quiet_until=time(8), zone=NEW_YORK)
    assert answer == at("2026-12-01 08:00")
    assert answer.utcoffset() == timedelta(0)


def test_a_wall_time_comes_once_twice_or_as_the_jump():
    assert wall_moments(date(2026, 7, 1), time(2, 30), zone=NEW_YORK) == [at("2026-07-01 02:30")]
    assert wall_moments(date(2026, 11, 1), time(1, 30), zone=NEW_YORK) == [
        at("2026-11-01 01:30").astimezone(UTC),
        at("2026-11-01 01:30", fold=1).astimezone(UTC),
    ]
    assert wall_moment(date(2026, 3, 8), time(2, 30), zone=NEW_YORK) == at("2026-03-08 03:00").astimezone(UTC)


# Around the changes of some years, where the errors live, and anywhere.
moments = st.one_of(
    st.builds(datetime.combine, st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.times()),
    st.builds(
        lambda day, minutes: datetime.combine(day, time()) + timedelta(minutes=minutes),
        st.sampled_from([date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5)]),
        st.integers(-24 * 60, 48 * 60),
    ),
)
minutes = st.integers(0, 24 * 60 - 1).map(lambda number: time(number // 60, number % 60))


@given(moment=moments, zone=st.sampled_from(ZONES).map(ZoneInfo), quiet_from=minutes, quiet_until=minutes)
def test_never_quiet_never_earlier_and_not_later_than_the_next_end(
    moment: datetime, zone: ZoneInfo, quiet_from: time, quiet_until: time
):
    instant = moment.replace(tzinfo=UTC, second=0, microsecond=0)
    answer = first_allowed(instant, quiet_from=quiet_from, quiet_until=quiet_until, zone=zone)

    def quiet(one: datetime) -> bool:
        return is_quiet(one.astimezone(zone).time(), quiet_from=quiet_from, quiet_until=quiet_until)

    assert answer >= instant
    assert not quiet(answer)
    walked = instant
    while quiet(walked):
        walked += timedelta(minutes=1)
    # The walk may find the hour in which clocks that go back leave the quiet hours for a while.
    offsets = {(instant + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(50)}
    assert answer == walked or (len(offsets) > 1 and walked < answer)


@given(day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), at=minutes, zone=st.sampled_from(ZONES).map(ZoneInfo))
def test_a_wall_moment_shows_that_time_or_is_the_jump_over_it(day: date, at: time, zone: ZoneInfo):
    moment = wall_moment(day, at, zone=zone)
    shown = moment.astimezone(zone)
    if shown.replace(tzinfo=None, fold=0) != datetime.combine(day, at):
        before = (moment - timedelta(seconds=1)).astimezone(zone)
        assert before.replace(tzinfo=None) < datetime.combine(day, at) < shown.replace(tzinfo=None)
        assert before.utcoffset() != shown.utcoffset()
