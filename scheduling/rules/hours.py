"""When a provider works on one day: the week's hours, exceptions, holidays.

Plain functions on plain values. Days and wall times are the site's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from scheduling.rules.times import UTC, clock, span_moments

Span = tuple[time, time]
WHOLE_DAY: Span = (time.min, time.max)
MIDNIGHT = "; midnight at the end of a day is 24:00"


@dataclass(frozen=True)
class Hours:
    """When a provider works at a site on one weekday (Monday 0), in the site's wall time."""

    weekday: int
    starts_at: time
    ends_at: time


WHOLE_WEEK = tuple(Hours(weekday, *WHOLE_DAY) for weekday in range(7))


def week_problems(week: Iterable[tuple[int, time, time]]) -> list[tuple[tuple[int, time, time], str]]:
    """Each span (weekday, from, until) of a week that cannot be worked, with why."""
    spans = sorted(week)
    backwards = [
        (span, f"{_words(span)} ends before it starts{MIDNIGHT if span[2] == time.min else ''}.")
        for span in spans
        if span[2] <= span[1]
    ]
    overlapping = [
        (later, f"{_words(span)} and {_words(later)} overlap.")
        for span, later in pairwise(spans)
        if span[0] == later[0] and later[1] < span[2]
    ]
    return backwards + overlapping


def _words(span: tuple[int, time, time]) -> str:
    return f"{clock(span[1])}-{clock(span[2])}"


@dataclass(frozen=True)
class DayException:
    """Days, both included, on which the week does not hold: away, or there at extra times; no times: the whole day."""

    first: date
    last: date
    is_away: bool = True
    starts_at: time | None = None
    ends_at: time | None = None

    @property
    def span(self) -> Span:
        return (self.starts_at, self.ends_at) if self.starts_at and self.ends_at else WHOLE_DAY


@dataclass(frozen=True)
class WorkingHours:
    """All that decides when one provider works at one site."""

    week: tuple[Hours, ...] = ()
    exceptions: tuple[DayException, ...] = ()
    holidays: frozenset[date] = frozenset()

    def on(self, day: date) -> list[Span]:
        """The spans worked on that day, in order, none touching another.

        A holiday ends the week's hours but not extra ones, which somebody entered for that very day; being away ends
        both.
        """
        today = [row for row in self.exceptions if row.first <= day <= row.last]
        spans = (
            []
            if day in self.holidays
            else [(row.starts_at, row.ends_at) for row in self.week if row.weekday == day.weekday()]
        )
        spans = _joined([*spans, *(row.span for row in today if not row.is_away)])
        for away in (row.span for row in today if row.is_away):
            spans = [part for span in spans for part in _without(span, away)]
        return spans


class Outside(StrEnum):
    """Why a visit does not lie in the hours of its provider."""

    HOLIDAY = "holiday"
    AWAY = "away"
    HOURS = "hours"


def outside_hours(hours: WorkingHours, *, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Outside | None:
    """Why a visit between those moments lies outside the hours of its day, or None where it lies inside.

    A holiday is named before an absence, an absence before the week.
    """
    begin, end = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    day = starts_at.astimezone(zone).date()

    def holds(span: Span) -> bool:
        opens, closes = span_moments(day, *span, zone=zone)
        return opens <= begin and end <= closes

    def touches(span: Span) -> bool:
        opens, closes = span_moments(day, *span, zone=zone)
        return opens < end and begin < closes

    if any(holds(span) for span in hours.on(day)):
        return None
    if day in hours.holidays:
        return Outside.HOLIDAY
    if any(row.is_away and row.first <= day <= row.last and touches(row.span) for row in hours.exceptions):
        return Outside.AWAY
    return Outside.HOURS


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _without(span: Span, away: Span) -> list[Span]:
    (begin, end), (gone, back) = span, away
    if back <= begin or end <= gone:
        return [span]
    return [part for part in ((begin, gone), (back, end)) if part[0] < part[1]]
