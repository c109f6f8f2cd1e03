"""Re-treatment windows: when a repeat is allowed, when the effect wears off, and what that means today.

All dates are calendar dates in the site's time zone. D is the date of the latest session that treated the course.
Plain functions on plain values: no database, no clock. Source of the definitions: docs/clinical-sources.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from dateutil.relativedelta import relativedelta

from treatments.rules.own_interval import own_days


class State(StrEnum):
    NEW = "new"
    IN_EFFECT = "in effect"
    OPENING = "opening"
    DUE = "due"
    OVERDUE = "overdue"
    LAPSED = "lapsed"
    CLOSED = "closed"


class Booking(StrEnum):
    NONE = "none"
    IN_WINDOW = "booked in the window"
    TOO_EARLY = "booked too early"
    TOO_LATE = "booked too late"


@dataclass(frozen=True)
class IntervalRule:
    """A shortest time between sessions that somebody sets: a label, a condition's policy or a payer."""

    days: int
    rule: str
    words: str
    version: str
    source: str
    confidence: str


@dataclass(frozen=True)
class WindowPolicy:
    """A condition's rhythm, in calendar months and days, as one version of its policy."""

    opens_months: int = 3
    closes_months: int = 6
    lead_days: int = 21
    lapse_months: int = 6
    version: str = ""
    source: str = ""
    confidence: str = ""


@dataclass(frozen=True)
class Reason:
    """Why a date is what it is, in words, with the rule that set it."""

    date: str
    words: str
    rule: str
    version: str
    source: str
    confidence: str


@dataclass(frozen=True)
class Window:
    """The dates of one window and the reason of each."""

    last_session_on: date
    eligible_on: date
    opening_on: date
    window_opens_on: date
    window_closes_on: date
    lapses_on: date
    target_on: date
    reasons: tuple[Reason, ...]


class WindowDates(Protocol):
    """Anything that carries the dates of a window, or None for each when no session was given yet."""

    last_session_on: date | None
    eligible_on: date | None
    opening_on: date | None
    window_opens_on: date | None
    window_closes_on: date | None
    lapses_on: date | None


def add_months(day: date, months: int) -> date:
    """The same day so many months on, or the last day of a shorter month (30 Nov + 3 months = 28 or 29 Feb)."""
    return day + relativedelta(months=months)


def window_for(
    *,
    session_on: date,
    intervals: Sequence[IntervalRule],
    policy: WindowPolicy,
    wear_off_days: Sequence[int] = (),
) -> Window:
    """The window that a session on `session_on` opens.

    `intervals` are all shortest intervals that apply; the longest decides. `wear_off_days` are this patient's own
    observed intervals from a session to wearing off, in days; their median, when there is one, sets the target.
    The target is never before `eligible_on`. Raises ValueError without any interval.
    """
    if not intervals:
        raise ValueError("a window needs at least one interval rule")
    longest = max(intervals, key=lambda interval: interval.days)
    eligible_on = session_on + timedelta(days=longest.days)
    three_months = add_months(session_on, policy.opens_months)
    opens_on = max(three_months, eligible_on)
    closes_on = max(add_months(session_on, policy.closes_months), opens_on)

    def by_policy(name: str, words: str) -> Reason:
        return Reason(name, words, "condition policy", policy.version, policy.source, policy.confidence)

    def by_longest(name: str, words: str) -> Reason:
        return Reason(name, words, longest.rule, longest.version, longest.source, longest.confidence)

    if opens_on == three_months:
        opens_reason = by_policy("window_opens_on", f"{policy.opens_months} months after the session")
    else:
        opens_reason = by_longest("window_opens_on", f"not before a repeat is allowed: {longest.words}")

    if wear_off_days:
        own = own_days(wear_off_days)
        target_on = max(session_on + timedelta(days=own), eligible_on)
        target_reason = Reason(
            "target_on",
            f"this patient's own wear-off, {own} days (median of {len(wear_off_days)} observed)"
            + (", moved to the first day a repeat is allowed" if own < longest.days else ""),
            "observed wear-off",
            "",
            "follow-ups of this course",
            "",
        )
    else:
        target_on = opens_on
        target_reason = by_policy("target_on", "the day the window opens; no own wear-off observed yet")

    return Window(
        last_session_on=session_on,
        eligible_on=eligible_on,
        opening_on=opens_on - timedelta(days=policy.lead_days),
        window_opens_on=opens_on,
        window_closes_on=closes_on,
        lapses_on=add_months(closes_on, policy.lapse_months),
        target_on=target_on,
        reasons=(
            by_longest("eligible_on", f"{longest.days} days after the session: {longest.words}"),
            by_policy("opening_on", f"{policy.lead_days} days before the window opens"),
            opens_reason,
            by_policy("window_closes_on", f"{policy.closes_months} months after the session"),
            by_policy("lapses_on", f"{policy.lapse_months} months after the window closes"),
            target_reason,
        ),
    )


def state_on(window: WindowDates, *, closed_from: Iterable[date | None], on: date) -> State:
    """The one state of a course on a day.

    `closed_from` are the days from which the course counts as closed: completed, paused or stopped; the patient died
    or left. None means it did not happen. The last day of a window is still due, the last day before lapsing overdue.
    """
    if any(day is not None and day <= on for day in closed_from):
        return State.CLOSED
    if (
        window.opening_on is None
        or window.window_opens_on is None
        or window.window_closes_on is None
        or window.lapses_on is None
    ):
        return State.NEW
    if on < window.opening_on:
        return State.IN_EFFECT
    if on < window.window_opens_on:
        return State.OPENING
    if on <= window.window_closes_on:
        return State.DUE
    if on <= window.lapses_on:
        return State.OVERDUE
    return State.LAPSED


def booked_ahead(window: WindowDates, *, booked_dates: Iterable[date], on: date) -> list[date]:
    """The booked session days to come: today or later, and after the last session (whose own visit is over)."""
    last = window.last_session_on
    return sorted(day for day in booked_dates if day >= on and (last is None or day > last))


def next_booked(window: WindowDates, *, booked_dates: Iterable[date], on: date) -> date | None:
    """The first of the booked days to come."""
    return min(booked_ahead(window, booked_dates=booked_dates, on=on), default=None)


def booking_of(window: WindowDates, *, booked_dates: Iterable[date], on: date) -> Booking:
    """How the next booked day lies to the window; a first session has no window and is never early or late."""
    day = next_booked(window, booked_dates=booked_dates, on=on)
    if day is None:
        return Booking.NONE
    if window.eligible_on is not None and day < window.eligible_on:
        return Booking.TOO_EARLY
    if window.window_closes_on is not None and day > window.window_closes_on:
        return Booking.TOO_LATE
    return Booking.IN_WINDOW
