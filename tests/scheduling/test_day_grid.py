from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.rules.day_grid import ROW, Place, axis_of, minutes_since, shown_hours
from scheduling.rules.times import UTC, local_moment

NEW_YORK, LONDON, LORD_HOWE, KOLKATA = (
    ZoneInfo(name) for name in ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata")
)
FORWARD, BACK, PLAIN = date(2026, 3, 8), date(2026, 11, 1), date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "zone", "rows"),
    [
        (PLAIN, NEW_YORK, 24 * 12),
        (FORWARD, NEW_YORK, 23 * 12),
        (BACK, NEW_YORK, 25 * 12),
        (date(2026, 3, 29), LONDON, 23 * 12),
        (date(2026, 10, 25), LONDON, 25 * 12),
        (date(2026, 10, 4), LORD_HOWE, 23 * 12 + 6),
        (date(2026, 4, 5), LORD_HOWE, 24 * 12 + 6),
        (BACK, KOLKATA, 24 * 12),
    ],
)
def test_a_day_has_the_rows_that_pass(day: date, zone: ZoneInfo, rows: int):
    assert axis_of(day, opens=0, closes=24, zone=zone).rows == rows


def test_the_hours_of_a_short_and_a_long_day():
    forward = [mark.words for mark in axis_of(FORWARD, opens=0, closes=5, zone=NEW_YORK).marks]
    back = [mark.words for mark in axis_of(BACK, opens=0, closes=5, zone=NEW_YORK).marks]
    assert forward == ["00:00", "01:00", "03:00", "04:00"]
    assert back == ["00:00", "01:00", "01:00 again", "02:00", "03:00", "04:00"]


def test_after_the_change_everything_stands_where_its_clock_says():
    for day in (FORWARD, BACK, PLAIN):
        axis = axis_of(day, opens=8, closes=17, zone=NEW_YORK)
        nine = local_moment(day, time(9), zone=NEW_YORK)
        assert axis.place(nine, nine + timedelta(minutes=30)) == Place(12, 6)


def test_the_two_hours_of_one_name_are_two_places():
    axis = axis_of(BACK, opens=0, closes=5, zone=NEW_YORK)
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    assert axis.place(first, first + ROW) == Place(18, 1)
    again = first.replace(fold=1).astimezone(UTC)
    assert axis.place(again, again + ROW) == Place(30, 1)


@pytest.mark.parametrize(
    ("begin", "end", "place"),
    [
        ((9, 0), (9, 3), Place(12, 1)),
        ((9, 2), (9, 7), Place(12, 2)),
        ((7, 0), (8, 30), Place(0, 6)),
        ((16, 30), (18, 0), Place(102, 6)),
        ((6, 0), (8, 0), None),
        ((17, 0), (18, 0), None),
    ],
)
def test_what_lies_over_the_edge_is_cut(begin: tuple[int, int], end: tuple[int, int], place: Place | None):
    axis = axis_of(PLAIN, opens=8, closes=17, zone=NEW_YORK)
    begins, ends = (local_moment(PLAIN, time(*at), zone=NEW_YORK) for at in (begin, end))
    assert axis.place(begins, ends) == place


def test_the_hours_shown_hold_every_visit():
    def span(day: date, begin: tuple[int, int], minutes: int) -> tuple[datetime, datetime]:
        start = local_moment(day, time(*begin), zone=NEW_YORK)
        return start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=minutes)

    assert shown_hours([], zone=NEW_YORK) == (8, 17)
    assert shown_hours([span(PLAIN, (6, 50), 30)], zone=NEW_YORK) == (6, 17)
    assert shown_hours([span(PLAIN, (16, 50), 30)], zone=NEW_YORK) == (8, 18)
    assert shown_hours([span(PLAIN, (23, 50), 30)], zone=NEW_YORK) == (8, 24)
    # From 01:30 to 01:10, when the clocks go back.
    assert shown_hours([span(BACK, (1, 30), 40)], zone=NEW_YORK) == (1, 17)


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    zone=st.sampled_from([NEW_YORK, LONDON, LORD_HOWE, KOLKATA]),
    minute=st.integers(0, 26 * 60),
    minutes=st.integers(5, 480),
)
def test_a_visit_inside_the_day_stands_where_it_is(day: date, zone: ZoneInfo, minute: int, minutes: int):
    axis = axis_of(day, opens=0, closes=24, zone=zone)
    begins = axis.begins + timedelta(minutes=minute)
    ends = begins + timedelta(minutes=minutes)
    place = axis.place(begins, ends)
    if begins >= axis.ends:
        assert place is None
        return
    assert place is not None
    assert axis.begins + place.row * ROW <= begins < axis.begins + (place.row + 1) * ROW
    assert place.row + place.rows <= axis.rows
    if ends <= axis.ends:
        assert axis.begins + (place.row + place.rows) * ROW >= ends


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    zone=st.sampled_from([NEW_YORK, LONDON, LORD_HOWE, KOLKATA]),
)
def test_the_hour_marks_follow_each_other_and_read_as_the_wall(day: date, zone: ZoneInfo):
    axis = axis_of(day, opens=0, closes=24, zone=zone)
    for mark, after in zip(axis.marks, axis.marks[1:], strict=False):
        assert mark.place.row + mark.place.rows == after.place.row
        wall = (axis.begins + mark.place.row * ROW).astimezone(zone)
        assert mark.words.removesuffix(" again") == f"{wall:%H:%M}"
    last = axis.marks[-1].place
    assert last.row + last.rows == axis.rows


def test_minutes_since_never_run_backwards():
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert minutes_since(now - timedelta(minutes=7, seconds=59), now=now) == 7
    assert minutes_since(now + timedelta(hours=1), now=now) == 0
