"""This patient's own interval: how long the effect lasted after each session, and the day that speaks for.

Days are calendar days from the session. The suggestion is the median of what was observed, as in rules.windows, never
before the first allowed day; it says what it rests on and what it does not know. Plain values, no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

# Ours; no source gives a number. One cycle is no pattern, and intervals this far apart are none either.
FEW = 3
WIDE = 28
# As many intervals in a row, each shorter than the one before, before anybody is told.
SHORTENING = 3

EARLY_RISK = (
    "Intervals shorter than the label raise the risk of antibodies and of too much toxin at once "
    "(clinical reference 6.3: IMMUNO, operational definition B)."
)


@dataclass(frozen=True)
class Observed:
    """One session of the course and the days on which its effect was seen to begin, peak and wear off."""

    session_on: date
    onset_on: date | None = None
    peak_on: date | None = None
    wear_off_on: date | None = None

    @property
    def onset_days(self) -> int | None:
        return self._since(self.onset_on)

    @property
    def peak_days(self) -> int | None:
        return self._since(self.peak_on)

    @property
    def wear_off_days(self) -> int | None:
        return self._since(self.wear_off_on)

    def _since(self, day: date | None) -> int | None:
        return None if day is None else (day - self.session_on).days


@dataclass(frozen=True)
class Suggestion:
    """A day to aim at after the latest session: `days` from it, unless `limits` say that it was moved."""

    days: int
    target_on: date
    observed: tuple[int, ...]
    evidence: str
    limits: tuple[str, ...]


def own_days(wear_off_days: Sequence[int]) -> int:
    """The patient's own interval in whole days: the median, which one odd cycle does not move. Needs at least one."""
    return round(median(wear_off_days))


def suggest(
    cycles: Sequence[Observed], *, last_session_on: date, eligible_on: date, window_closes_on: date
) -> Suggestion | None:
    """The day that this patient's own wear-off speaks for, with its evidence and limits; None when nobody saw one.

    `cycles` are all sessions of the course, in any order.
    """
    seen = sorted((cycle for cycle in cycles if cycle.wear_off_days is not None), key=lambda cycle: cycle.session_on)
    observed = tuple(cycle.wear_off_days for cycle in seen if cycle.wear_off_days is not None)
    if not observed:
        return None
    days = own_days(observed)
    unmoved = last_session_on + timedelta(days=days)
    target_on = max(unmoved, eligible_on)
    limits = []
    if len(observed) < FEW:
        limits.append(f"Seen after {_sessions(len(observed))} only: not a pattern yet.")
    if max(observed) - min(observed) > WIDE:
        limits.append(f"The intervals lie far apart: from {min(observed)} to {max(observed)} days.")
    if len(cycles) > len(observed):
        unseen = len(cycles) - len(observed)
        limits.append(f"After {_sessions(unseen)} nobody recorded when the effect wore off.")
    if target_on > unmoved:
        early = (target_on - unmoved).days
        limits.append(
            f"The effect wears off {early} day{'' if early == 1 else 's'} before a repeat is allowed, so the first"
            f" allowed day is suggested. {EARLY_RISK}"
        )
    if target_on > window_closes_on:
        limits.append("Later than the window closes: look again whether the effect still holds.")
    return Suggestion(days, target_on, observed, _evidence(observed, days), tuple(limits))


def is_shortening(cycles: Sequence[Observed]) -> bool:
    """Whether each of the last three intervals is shorter than the one before it; unseen ones are passed over."""
    in_order = sorted(cycles, key=lambda cycle: cycle.session_on)
    observed = [cycle.wear_off_days for cycle in in_order if cycle.wear_off_days is not None]
    last = observed[-SHORTENING:]
    return len(last) == SHORTENING and all(later < earlier for earlier, later in pairwise(last))


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"


def _evidence(observed: tuple[int, ...], days: int) -> str:
    if len(observed) == 1:
        return f"The effect wore off {days} days after the session."
    listed = ", ".join(str(one) for one in observed[:-1]) + f" and {observed[-1]}"
    return f"The effect wore off {listed} days after the sessions; the median is {days} days."
