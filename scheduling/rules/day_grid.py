"""The rows of a drawn day: one for every five minutes that really pass, whatever the clocks do.

Plain functions on plain values. Moments are aware datetimes; days and wall times are the site's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling.rules.times import UTC, clock, span_moments

ROW = timedelta(minutes=5)
ROWS_AN_HOUR = 12
# Hours that are always shown, of the site's wall time.
OPENS, CLOSES = 8, 17


@dataclass(frozen=True)
class Place:
    """Where something stands in a column: the row it begins in, from 0, and how many rows it takes, at least one."""

    row: int
    rows: int

    @property
    def css(self) -> str:
        """The classes that put it there: hours and twelfths of an hour (static/scheduling/calendar_rows.css)."""
        (hour, part), (hours, parts) = divmod(self.row, ROWS_AN_HOUR), divmod(self.rows, ROWS_AN_HOUR)
        return f"at-h-{hour} at-m-{part} for-h-{hours} for-m-{parts}"


@dataclass(frozen=True)
class HourMark:
    """A full hour on the clock, where it stands, and its words; an hour that comes twice says so the second time."""

    place: Place
    words: str


@dataclass(frozen=True)
class Axis:
    """The rows of one day's column, from the moment of its first."""

    begins: datetime
    rows: int
    marks: tuple[HourMark, ...]

    @property
    def ends(self) -> datetime:
        return self.begins + self.rows * ROW

    @property
    def origin(self) -> int:
        """The moment of the first row in minutes since 1970, from which a script counts."""
        return int(self.begins.timestamp() // 60)

    def row_at(self, moment: datetime) -> int | None:
        """The row that holds this moment, or None outside the column."""
        if not self.begins <= moment < self.ends:
            return None
        return (moment - self.begins) // ROW

    def place(self, begin: datetime, end: datetime) -> Place | None:
        """The part of that span that the column shows, or None where it shows nothing of it."""
        first, last = max(begin, self.begins), min(end, self.ends)
        if first >= last:
            return None
        row = (first - self.begins) // ROW
        return Place(row, max(-(-(last - self.begins) // ROW) - row, 1))


def shown_hours(spans: Iterable[tuple[datetime, datetime]], *, zone: ZoneInfo) -> tuple[int, int]:
    """The first and the last hour of the wall to draw so that all of these spans are seen; 24 is midnight."""
    first, last = OPENS, CLOSES
    for begin, end in spans:
        opens, closes = begin.astimezone(zone), end.astimezone(zone)
        first = min(first, opens.hour)
        over = closes.date() > opens.date()
        # When the clocks go back the end may read earlier than the beginning.
        last = 24 if over else max(last, opens.hour + 1, closes.hour + (1 if closes.minute or closes.second else 0))
        if over:
            break
    return first, last


def axis_of(day: date, *, opens: int, closes: int, zone: ZoneInfo) -> Axis:
    """The rows from one wall hour to another; a day of 23 or 25 hours has as many hours of rows as really pass."""
    begins, ends = span_moments(day, time(opens), time.max if closes == 24 else time(closes), zone=zone)
    rows = max(-(-(ends - begins) // ROW), 1)
    hours: list[tuple[int, str]] = []
    for row in range(rows):
        wall = (begins + row * ROW).astimezone(zone)
        if wall.minute == 0:
            hours.append((row, clock(wall) + (" again" if wall.fold else "")))
    ends_of = [row for row, _ in hours[1:]] + [rows]
    marks = tuple(HourMark(Place(row, end - row), words) for (row, words), end in zip(hours, ends_of, strict=True))
    return Axis(begins=begins.astimezone(UTC), rows=rows, marks=marks)


def minutes_since(moment: datetime, *, now: datetime) -> int:
    """Whole minutes that have passed, never below 0."""
    return max(int((now - moment).total_seconds() // 60), 0)
