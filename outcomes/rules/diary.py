"""The headache diary: what 28 days of it say, and which of them are missing.

Counts are those of clinical reference 3 (headache diary): days with headache, days with migraine, days of moderate or
severe headache, hours of headache, days with an acute drug. With at least 20 of the 28 days recorded a count is taken
to 28 days (value * 28 / days recorded), with fewer it is missing; that rule is ours (B). Headache days of a day not
recorded are not zero. Calendar days, no database, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

DAYS = 28
ENOUGH = 20
MODERATE = 2


@dataclass(frozen=True)
class DiaryEntry:
    """One day as it was written down. Severity 1 to 3 and hours are of a day with headache; None is not said."""

    on: date
    headache: bool
    migraine: bool = False
    severity: int | None = None
    hours: Decimal | None = None
    acute_drug: bool = False


@dataclass(frozen=True)
class Figure:
    """One count over the 28 days: as counted, how many days say something of it, and taken to 28 days, or None."""

    name: str
    counted: Decimal
    days_known: int

    @property
    def value(self) -> Decimal | None:
        if self.days_known < ENOUGH:
            return None
        return (self.counted * DAYS / self.days_known).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class DiaryFigures:
    """The 28 days that end on `last`."""

    last: date
    recorded: int
    missing: tuple[date, ...]
    headache: Figure
    migraine: Figure
    moderate: Figure
    hours: Figure
    acute_drug: Figure

    @property
    def first(self) -> date:
        return self.last - timedelta(days=DAYS - 1)

    @property
    def by_key(self) -> dict[str, Figure]:
        """The figures by the key of their item; headache days are the score itself."""
        return {
            "migraine_days": self.migraine,
            "moderate_days": self.moderate,
            "headache_hours": self.hours,
            "acute_drug_days": self.acute_drug,
        }

    @property
    def all(self) -> list[Figure]:
        return [self.headache, self.migraine, self.moderate, self.hours, self.acute_drug]

    @property
    def is_enough(self) -> bool:
        return self.recorded >= ENOUGH

    @property
    def words(self) -> str:
        """24 of 28 days recorded; or how many more days a score needs."""
        said = f"{self.recorded} of {DAYS} days recorded"
        if self.is_enough:
            return said
        short = ENOUGH - self.recorded
        return f"{said}: not scored, {short} more day{'' if short == 1 else 's'} needed ({ENOUGH} of {DAYS})"


def diary_figures(entries: Iterable[DiaryEntry], *, last: date) -> DiaryFigures:
    """Count the 28 days that end on `last`; entries of other days are left out, the last of two of a day counts."""
    first = last - timedelta(days=DAYS - 1)
    by_day = {entry.on: entry for entry in entries if first <= entry.on <= last}
    days = list(by_day.values())

    def figure(name: str, count: Callable[[DiaryEntry], Decimal | bool | None]) -> Figure:
        counts = [count(day) for day in days]
        known = [Decimal(value) for value in counts if value is not None]
        return Figure(name, sum(known, Decimal(0)), len(known))

    return DiaryFigures(
        last=last,
        recorded=len(days),
        missing=tuple(day for number in range(DAYS) if (day := first + timedelta(days=number)) not in by_day),
        headache=figure("Headache days", lambda day: day.headache),
        migraine=figure("Migraine days", lambda day: day.migraine),
        moderate=figure("Moderate or severe days", _is_moderate),
        hours=figure("Headache hours", lambda day: day.hours if day.headache else Decimal(0)),
        acute_drug=figure("Acute drug days", lambda day: day.acute_drug),
    )


def entry_problem(entry: DiaryEntry, *, on: date) -> str:
    """Why this is no day of a diary, seen on a day; empty when it is."""
    if entry.on > on:
        return "This day lies in the future."
    if entry.severity is not None and not 0 <= entry.severity <= 3:
        return "Severity is 0 to 3."
    if entry.hours is not None and not 0 <= entry.hours <= 24:
        return "A day has 0 to 24 hours."
    if not entry.headache and (entry.migraine or entry.severity or entry.hours):
        return "A day without headache has no migraine, severity or hours."
    if entry.headache and entry.severity == 0:
        return "A headache has severity 1 to 3."
    return ""


def _is_moderate(day: DiaryEntry) -> bool | None:
    if not day.headache:
        return False
    return None if day.severity is None else day.severity >= MODERATE
