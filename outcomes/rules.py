"""What a score may be, what counts as a response, and how sure a rate is.

Plain functions on plain values: no database, no clock. Days are calendar days; the sources of the responder rules stand
with the rules themselves (outcomes/reference/responder_rules.json).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

# Below these, a rate says more about chance than about treatment. Ours; no source gives a number.
VERY_FEW = 10
FEW = 30


class Outcome(StrEnum):
    """How one cycle ended: a session of a course, until its measuring days are over."""

    RESPONDER = "responder"
    NON_RESPONDER = "non-responder"
    MISSING = "missing"
    NOT_ASSESSABLE = "no baseline"
    PENDING = "still being measured"


class Timing(StrEnum):
    """How a re-treatment lay to the window it closed."""

    EARLY = "early"
    ON_TIME = "on time"
    LATE = "late"


@dataclass(frozen=True)
class Rule:
    """A response: a change from baseline in percent of it or in points, scored from `from_day` to `to_day`."""

    is_percent: bool
    change: Decimal
    from_day: int
    to_day: int
    lower_is_better: bool = True


@dataclass(frozen=True)
class Score:
    """One score of the rule's instrument; `order` tells two of one day apart, the higher being the later."""

    on: date
    value: Decimal
    order: int = 0


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


def improvement(*, baseline: Decimal, value: Decimal, lower_is_better: bool = True) -> Decimal:
    """Points gained since baseline; negative when it got worse."""
    return baseline - value if lower_is_better else value - baseline


def change_percent(*, baseline: Decimal, value: Decimal) -> Decimal | None:
    """The change in percent of the baseline, -58 for 19 to 8; None from a baseline of 0, which has no percent."""
    return None if baseline == 0 else (value - baseline) * 100 / baseline


def is_response(rule: Rule, *, baseline: Decimal, value: Decimal) -> bool | None:
    """Whether the change reaches the rule's; None when the rule is in percent and the baseline 0."""
    gained = improvement(baseline=baseline, value=value, lower_is_better=rule.lower_is_better)
    if not rule.is_percent:
        return gained >= rule.change
    # Multiplied out, so that exactly 50 % is 50 %.
    return None if baseline == 0 else gained * 100 >= rule.change * abs(baseline)


def latest(scores: Iterable[Score], *, first: date = date.min, last: date = date.max) -> Score | None:
    """The last score of those days, both ends included."""
    return max(
        (score for score in scores if first <= score.on <= last),
        key=lambda score: (score.on, score.order),
        default=None,
    )


def baseline_of(scores: Iterable[Score], *, first_session_on: date) -> Score | None:
    """What a course is measured against: its last score on or before the day of its first session."""
    return latest(scores, last=first_session_on)


def measuring_days(rule: Rule, *, session_on: date, next_session_on: date | None = None) -> tuple[date, date]:
    """First and last day on which a score counts for a session.

    A score on the day of the next session still counts: it is taken before the needle. The last day lies before the
    first when the next session came too soon to measure this one.
    """
    first, last = session_on + timedelta(days=rule.from_day), session_on + timedelta(days=rule.to_day)
    return first, last if next_session_on is None else min(last, next_session_on)


def classify(
    rule: Rule,
    scores: Sequence[Score],
    *,
    first_session_on: date,
    session_on: date,
    next_session_on: date | None,
    on: date,
) -> Outcome:
    """How the cycle of one session ended, seen on a day. A missing score is missing, never a failure and never zero.

    `first_session_on` is the course's first session; `next_session_on` the one after this, on a later day.
    """
    first, last = measuring_days(rule, session_on=session_on, next_session_on=next_session_on)
    if on <= last:
        return Outcome.PENDING
    baseline = baseline_of(scores, first_session_on=first_session_on)
    if baseline is None or (rule.is_percent and baseline.value == 0):
        return Outcome.NOT_ASSESSABLE
    score = latest(scores, first=first, last=last)
    if score is None:
        return Outcome.MISSING
    answer = is_response(rule, baseline=baseline.value, value=score.value)
    return Outcome.RESPONDER if answer else Outcome.NON_RESPONDER


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
