"""The waiting list: whether a freed time is what somebody waits for, and why.

Plain functions on plain values: no database, no clock. Days and wall times are the site's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from scheduling.rules.visits import is_too_early

NOON = time(12)
MORNING, AFTERNOON = "morning", "afternoon"
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True)
class Wish:
    """What somebody who waits would take.

    `authorized` are the days that the payer allows, None where it asks for nothing; `gives_up` is the wall time of the
    appointment that an earlier one would take the place of.
    """

    earliest_on: date
    latest_on: date
    minutes: int
    weekdays: tuple[int, ...] = ()
    part_of_day: str = "any"
    provider_id: int | None = None
    eligible_on: date | None = None
    last_session_on: date | None = None
    authorized: tuple[tuple[date, date], ...] | None = None
    gives_up: datetime | None = None


@dataclass(frozen=True)
class FreedTime:
    """A time that is free again, as the wall time of its site."""

    starts_at: datetime
    minutes: int
    provider_id: int


def reasons_against(wish: Wish, freed: FreedTime) -> list[str]:
    """Why a freed time does not serve, each in words; empty where it fits."""
    day, found = freed.starts_at.date(), []
    if day < wish.earliest_on:
        found.append(f"comes from {_day(wish.earliest_on)} on")
    if day > wish.latest_on:
        found.append(f"comes until {_day(wish.latest_on)} only")
    if wish.weekdays and day.weekday() not in wish.weekdays:
        found.append(f"wants {weekday_words(wish.weekdays)}")
    is_morning = freed.starts_at.time() < NOON
    if (wish.part_of_day == MORNING and not is_morning) or (wish.part_of_day == AFTERNOON and is_morning):
        found.append(f"wants {wish.part_of_day}s")
    if wish.provider_id is not None and wish.provider_id != freed.provider_id:
        found.append("wants another provider")
    if wish.minutes > freed.minutes:
        found.append(f"needs {wish.minutes} minutes, {freed.minutes} are free")
    if wish.gives_up is not None and wish.gives_up <= freed.starts_at:
        found.append(f"has {_day(wish.gives_up.date())} already, which is not later")
    if is_too_early(on=day, eligible_on=wish.eligible_on, last_session_on=wish.last_session_on):
        found.append(f"may not be treated again before {_day(wish.eligible_on)}")
    if wish.authorized is not None and not _covers(wish.authorized, day):
        found.append("no authorisation covers that day")
    return found


def reasons_for(wish: Wish, *, waited: int, is_urgent: bool) -> list[str]:
    """Why somebody for whom the time fits stands where they stand, each in words."""
    found = ["urgent"] if is_urgent else []
    found.append("waits since today" if waited <= 0 else f"waits {waited} day{'' if waited == 1 else 's'}")
    if wish.gives_up is not None:
        found.append(f"gives up {_day(wish.gives_up.date())}, {wish.gives_up:%H:%M}")
    if wish.provider_id is not None:
        found.append("wants this provider")
    if wish.weekdays:
        found.append(f"wants {weekday_words(wish.weekdays)}")
    if wish.part_of_day in (MORNING, AFTERNOON):
        found.append(f"wants {wish.part_of_day}s")
    if wish.eligible_on is not None:
        found.append(f"a repeat is allowed from {_day(wish.eligible_on)}")
    if wish.authorized is not None:
        found.append("authorised")
    return found


def weekday_words(weekdays: Iterable[int]) -> str:
    """ "Mondays and Fridays"; empty for none, which means any day."""
    names = [_DAYS[weekday] for weekday in sorted(set(weekdays))]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _covers(spans: Sequence[tuple[date, date]], day: date) -> bool:
    return any(first <= day <= last for first, last in spans)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else ""
