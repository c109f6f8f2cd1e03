"""Wall times and moments: what a clock at the site shows, and the words for it.

Plain functions on plain values. Moments are aware datetimes; days and wall times are the site's.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


class TimeDoesNotExistError(ValueError):
    """The clocks go forward over this wall time; the message says so."""


def local_moment(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """That wall time at the site, as an aware moment.

    Of a time that comes twice when the clocks go back, the first is meant. Raises TimeDoesNotExistError for one that
    is skipped when they go forward.
    """
    moment = datetime.combine(day, at, tzinfo=zone)
    back = moment.astimezone(UTC).astimezone(zone)
    if back.replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise TimeDoesNotExistError(
            f"There is no {clock(at)} on {day.day} {day:%B %Y}: the clocks go forward that night."
        )
    return moment


def clock(at: time | datetime) -> str:
    """A time of day in 24 hours, as every page says it: "09:00"; the last of all times is "24:00"."""
    return "24:00" if at == time.max else f"{at:%H:%M}"


def span_moments(day: date, begin: time, end: time, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A span of wall times on that day as moments in UTC, where an hour is an hour; the last of all times is midnight.

    Of a time that comes twice the first is meant; one that is skipped counts as if the clocks had not gone forward.
    """
    opens = datetime.combine(day, begin, tzinfo=zone)
    closes = datetime.combine(day, end, tzinfo=zone)
    if end == time.max:
        closes = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return opens.astimezone(UTC), closes.astimezone(UTC)


def span_words(starts_at: datetime, ends_at: datetime) -> str:
    """ "09:00-09:30", for two wall times of one zone; where the second reads earlier, it says why."""
    begin, end = starts_at.replace(tzinfo=None), ends_at.replace(tzinfo=None)
    words = f"{clock(starts_at)}-{clock(ends_at)}"
    return f"{words}, the clocks go back" if end <= begin else words
