"""Free times: where to look, and what is free there.

Plain functions on plain values: no database, no clock. Moments are aware datetimes; days and wall times are the site's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling.rules.hours import Span, WorkingHours
from scheduling.rules.times import UTC, span_moments

# How far ahead free times are looked for when nothing closes the search, in days.
SEARCH_DAYS = 120

STEP = timedelta(minutes=5)

Busy = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Search:
    """The days that free times are looked for on, both included, in the order of preference."""

    first: date
    last: date


def searches_for(
    *,
    today: date,
    eligible_on: date | None,
    window_closes_on: date | None,
    target_on: date | None,
) -> list[Search]:
    """Where to look for a session's free times: from the day to aim at to the closing of the window, then from the
    first allowed day, then after the window. Without a window (a first session), from today on.
    """
    if eligible_on is None or window_closes_on is None:
        return [Search(today, today + timedelta(days=SEARCH_DAYS))]
    earliest = max(today, eligible_on)
    if earliest > window_closes_on:
        return [Search(earliest, earliest + timedelta(days=SEARCH_DAYS))]
    aim = max(earliest, target_on or earliest)
    found = []
    if aim <= window_closes_on:
        found.append(Search(aim, window_closes_on))
    if earliest < aim:
        found.append(Search(earliest, min(aim - timedelta(days=1), window_closes_on)))
    found.append(Search(window_closes_on + timedelta(days=1), window_closes_on + timedelta(days=SEARCH_DAYS)))
    return found


def within(searches: Sequence[Search], spans: Iterable[tuple[date, date]]) -> list[Search]:
    """The searches cut down to the days of those spans, both included, in the order of the searches."""
    return [
        Search(max(search.first, first), min(search.last, last))
        for search in searches
        for first, last in sorted(spans)
        if max(search.first, first) <= min(search.last, last)
    ]


@dataclass(frozen=True)
class Slot:
    """A free start, as a moment in the site's zone, and a room that is free then; None where the site has no rooms."""

    starts_at: datetime
    room_id: int | None = None


def free_slots(
    *,
    hours: WorkingHours,
    busy: Busy,
    first: date,
    last: date,
    minutes: int,
    zone: ZoneInfo,
    now: datetime,
    rooms: Mapping[int, Busy] | None = None,
    limit: int = 12,
    per_day: int = 4,
) -> list[Slot]:
    """The first free starts on the days from `first` to `last`, both included.

    A slot lies inside the working hours, touches no busy time, has one of the `rooms` (by id, with their busy times)
    free all through, and starts after `now`; slots do not overlap each other. At most `per_day` of one day, so that a
    choice of days is shown, and `limit` in all.
    """
    taken = sorted(busy)
    by_room = {room: sorted(spans) for room, spans in rooms.items()} if rooms else {}
    length = timedelta(minutes=minutes)
    found: list[Slot] = []
    day = first
    while day <= last and len(found) < limit:
        today: list[Slot] = []
        for span in hours.on(day):
            today += _free_in(span, day=day, taken=taken, rooms=by_room, length=length, zone=zone, now=now, after=today)
        found += today[:per_day]
        day += timedelta(days=1)
    return found[:limit]


def _free_in(
    span: Span,
    *,
    day: date,
    taken: Busy,
    rooms: Mapping[int, Busy],
    length: timedelta,
    zone: ZoneInfo,
    now: datetime,
    after: Sequence[Slot],
) -> list[Slot]:
    """Free starts in one span of working hours, each as early as the one before allows."""
    # Clocks may change in between: arithmetic on moments is done in UTC.
    opens, closes = span_moments(day, *span, zone=zone)
    if after:
        opens = max(opens, after[-1].starts_at.astimezone(UTC) + length)
    start, found = opens, []
    while start + length <= closes:
        clash = _clash(taken, start, length)
        room, room_clash = _room_for(rooms, start, length)
        if clash is None and room is None and rooms:
            clash = room_clash
        if clash is not None:
            # On to the end of what is in the way, on the 5-minute grid that starts with the span.
            behind = clash.astimezone(UTC) - opens
            start = opens + max(-(-behind // STEP), 1) * STEP
        elif start <= now or start.astimezone(zone).fold:
            # A start whose wall time came before, an hour ago, could not be told from the first one.
            start += STEP
        else:
            found.append(Slot(start.astimezone(zone), room))
            start += length
    return found


def _clash(taken: Busy, start: datetime, length: timedelta) -> datetime | None:
    """When the first thing in the way ends."""
    return next((end for begin, end in taken if begin < start + length and start < end), None)


def _room_for(rooms: Mapping[int, Busy], start: datetime, length: timedelta) -> tuple[int | None, datetime | None]:
    """A room that is free all through, or when the first of them may be free again."""
    ends = []
    for room, taken in rooms.items():
        clash = _clash(taken, start, length)
        if clash is None:
            return room, None
        ends.append(clash)
    return None, min(ends, default=None)
