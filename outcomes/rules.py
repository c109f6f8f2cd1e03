"""What a score may be, what counts as a response, and how sure a rate is.

Plain functions on plain values: no database, no clock. Days are calendar days; the sources of the responder rules stand
with the rules themselves (outcomes/reference/responder_rules.json). What a response is, the findings of a session ask
too: it stands in treatments.rules.response, and here are its names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from treatments.rules.response import (
    Cycle,
    Measure,
    Outcome,
    Rule,
    Score,
    baseline_of,
    change_percent,
    classify,
    improvement,
    is_response,
    judge,
    latest,
    measuring_days,
)

__all__ = [
    "Cycle",
    "Interval",
    "Measure",
    "Outcome",
    "Rule",
    "Score",
    "Timing",
    "baseline_of",
    "change_percent",
    "classify",
    "improvement",
    "is_response",
    "judge",
    "latest",
    "measuring_days",
    "plain",
    "score_problem",
    "signed",
    "small_number_words",
    "timing_of",
    "wear_off_days",
    "wilson",
]

# Below these, a rate says more about chance than about treatment. Ours; no source gives a number.
VERY_FEW = 10
FEW = 30


class Timing(StrEnum):
    """How a re-treatment lay to the window it closed."""

    EARLY = "early"
    ON_TIME = "on time"
    LATE = "late"


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a share, both ends between 0 and 1."""

    low: float
    high: float


def score_problem(
    value: Decimal, *, minimum: Decimal, maximum: Decimal, step: Decimal, grades: Sequence[Decimal] = ()
) -> str | None:
    """Why this is no score of an instrument with these bounds, in words, or None. Grades, where given, decide alone."""
    if not value.is_finite():
        return "A number is needed."
    if grades:
        return None if value in grades else "Choose one of the grades."
    if not minimum <= value <= maximum:
        return f"From {plain(minimum)} to {plain(maximum)}."
    if step and (value - minimum) % step:
        return "Whole numbers only." if step == 1 else f"In steps of {plain(step)}."
    return None


def plain(value: Decimal) -> str:
    """A number as people write it: 19 and not 19.00."""
    return f"{value.normalize():f}" if value else "0"


def signed(change: Decimal | int) -> str:
    """+2, −11 with a true minus sign, or 0."""
    return "0" if change == 0 else f"{'+' if change > 0 else '−'}{plain(abs(Decimal(change)))}"


def timing_of(*, retreated_on: date, eligible_on: date, window_closes_on: date) -> Timing:
    """On time is from the first day a repeat is allowed to the day the window closes, both included."""
    if retreated_on < eligible_on:
        return Timing.EARLY
    return Timing.ON_TIME if retreated_on <= window_closes_on else Timing.LATE


def wear_off_days(*, session_on: date, wear_off_on: date | None) -> int | None:
    """Days from a session until its effect was seen to wear off; None when nobody saw it."""
    return None if wear_off_on is None else (wear_off_on - session_on).days


def wilson(part: int, whole: int) -> Interval | None:
    """The 95 % confidence interval of part/whole after Wilson (1927), which holds for small numbers; None of none.

    Raises ValueError when `part` does not lie between 0 and `whole`.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return None
    # Half a second of import that only the review needs.
    from scipy.stats import binomtest

    found = binomtest(part, whole).proportion_ci(confidence_level=0.95, method="wilson")
    return Interval(low=float(found.low), high=float(found.high))


def small_number_words(whole: int) -> str:
    """What to say beside a rate of so few, or nothing when they are enough."""
    if whole == 0 or whole >= FEW:
        return ""
    return "too few for a rate" if whole < VERY_FEW else "small number"
