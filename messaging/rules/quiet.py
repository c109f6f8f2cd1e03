"""Quiet hours: when nothing is sent, by the clock on the wall of the site.

Plain functions on plain values: no database, no clock. Moments are aware datetimes; days and wall times are the site's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_quiet(at: time, *, quiet_from: time, quiet_until: time) -> bool:
    """Whether that wall time lies in the quiet hours, which may run over midnight; equal ends mean none."""
    if quiet_from <= quiet_until:
        return quiet_from <= at < quiet_until
    return at >= quiet_from or at < quiet_until


def first_allowed(moment: datetime, *, quiet_from: time, quiet_until: time, zone: ZoneInfo) -> datetime:
    """The first moment at or after that one outside the quiet hours of a site in that zone.

    Where clocks that go back would leave the quiet hours only to enter them again, it waits for their end.
    """

    def quiet(instant: datetime) -> bool:
        return is_quiet(_wall(instant, zone).time(), quiet_from=quiet_from, quiet_until=quiet_until)

    if not quiet(moment):
        return moment
    day = _wall(moment, zone).date()
    # A time that comes twice may end the quiet hours twice; one that is skipped ends them when the clocks jump.
    ends = (
        instant
        for days in range(3)
        for instant in wall_moments(day + timedelta(days=days), quiet_until, zone=zone)
        if instant >= moment and not quiet(instant)
    )
    return min(ends).astimezone(moment.tzinfo)


def wall_moment(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """The first moment at which a clock at the site shows that time or, where it is skipped, a later one."""
    return wall_moments(day, at, zone=zone)[0]


def wall_moments(day: date, at: time, *, zone: ZoneInfo) -> list[datetime]:
    """Every moment of that day, earliest first, at which a clock at the site shows that time: usually one, two when
    the clocks go back over it, and when they go forward over it the moment of the jump. In UTC.
    """
    wall = datetime.combine(day, at)
    first, second = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return [first]
    if _wall(first, zone) == wall:
        return [first, second]
    # Skipped: somewhere between the two the clocks jump.
    before, after = first, second
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if _wall(middle, zone) < wall:
            before = middle
        else:
            after = middle
    return [after.replace(microsecond=0)]


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
