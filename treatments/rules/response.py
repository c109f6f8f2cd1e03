"""Rule R14: whether one cycle of a course was a response, and in which words it is said.

A cycle is a session of a course until its measuring days are over. It is judged by one instrument: the last score on or
before the course's first session against the last score on the measuring days. Without either it is not assessable; a
missing score is never a failure and never zero. Source: trial designs, clinical reference 0 (R14) and 3 (responder
definitions, timing); instruments and limits stand in outcomes/reference. Calendar days, no database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum


class Outcome(StrEnum):
    """How one cycle ended: a session of a course, until its measuring days are over."""

    RESPONDER = "responder"
    NON_RESPONDER = "non-responder"
    MISSING = "missing"
    NOT_ASSESSABLE = "no baseline"
    PENDING = "still being measured"


@dataclass(frozen=True)
class Rule:
    """A response: a change from baseline in percent of it or in points, scored from `from_day` to `to_day`."""

    is_percent: bool
    change: Decimal
    from_day: int
    to_day: int
    lower_is_better: bool = True

    @property
    def weeks(self) -> str:
        """The measuring days as weeks after the session: day 57 is the first of week 9."""
        return f"weeks {-(-self.from_day // 7)} to {-(-self.to_day // 7)}"


@dataclass(frozen=True)
class Measure:
    """How an instrument is called, for the words; one counted in days is a diary over 28 of them."""

    name: str
    unit: str = ""

    @property
    def is_diary(self) -> bool:
        return self.unit == "days"

    @property
    def in_a_sentence(self) -> str:
        """headache days, but HIT-6 and TWSTRS: those are names."""
        return self.name if self.name[1:2].isupper() else self.name[:1].lower() + self.name[1:]


@dataclass(frozen=True)
class Score:
    """One score of the rule's instrument; `order` tells two of one day apart, the higher being the later.

    `label` is the grade as given, where it is a word and no number: 1+.
    """

    on: date
    value: Decimal
    order: int = 0
    label: str = ""

    @property
    def shown(self) -> str:
        return self.label or (f"{self.value.normalize():f}" if self.value else "0")


@dataclass(frozen=True)
class Cycle:
    """One cycle judged: `words` say the change and what it means, or why it is not assessable."""

    outcome: Outcome
    words: str
    baseline: Score | None = None
    score: Score | None = None

    @property
    def is_assessed(self) -> bool:
        return self.outcome in (Outcome.RESPONDER, Outcome.NON_RESPONDER)


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


def judge(
    rule: Rule,
    scores: Sequence[Score],
    *,
    measure: Measure,
    first_session_on: date,
    session_on: date,
    next_session_on: date | None,
    on: date,
) -> Cycle:
    """The cycle of one session, seen on a day, with its words; arguments and outcome as in classify.

    On the day of the next session the words are final already, for what is scored then is scored before the needle.
    """
    outcome = classify(
        rule,
        scores,
        first_session_on=first_session_on,
        session_on=session_on,
        next_session_on=next_session_on,
        on=on,
    )
    first, last = measuring_days(rule, session_on=session_on, next_session_on=next_session_on)
    known = [score for score in scores if score.on <= on]
    baseline = baseline_of(known, first_session_on=first_session_on)
    score = latest(known, first=first, last=last)
    is_open = on <= last and (next_session_on is None or on < next_session_on)
    if baseline is None:
        missing = "28-day diary" if measure.is_diary else f"{measure.in_a_sentence} score"
        words = f"not assessable: no {missing} before the first session"
    elif rule.is_percent and baseline.value == 0:
        words = f"not assessable: {measure.in_a_sentence} 0 at baseline"
    elif score is not None:
        answer = is_response(rule, baseline=baseline.value, value=score.value)
        words = f"{change_words(rule, measure, baseline, score)}: {'response' if answer else 'no response'}"
        words += " so far" if is_open else ""
    elif last < first:
        words = f"not assessable: the next session came before {rule.weeks.split(' to ')[0].replace('weeks', 'week')}"
    elif is_open:
        words = f"not assessable yet: scored in {rule.weeks}, from {_day(first)} to {_day(last)}"
    else:
        words = f"not assessable: no score in {rule.weeks}"
    return Cycle(outcome, words, baseline, score)


def change_words(rule: Rule, measure: Measure, baseline: Score, score: Score) -> str:
    """The change from baseline as it is said: 19 to 8 headache days, 58 % fewer."""
    less, more = ("fewer", "more") if measure.is_diary else ("lower", "higher")
    way = less if score.value < baseline.value else more
    said = f"{baseline.shown} to {score.shown}"
    said = f"{said} {measure.in_a_sentence}" if measure.is_diary else f"{measure.name} {said}"
    points = abs(score.value - baseline.value)
    if points == 0:
        return f"{said}, unchanged"
    if not rule.is_percent:
        return f"{said}, {points.normalize():f} point{'' if points == 1 else 's'} {way}"
    percent = points * 100 / abs(baseline.value)
    shown = percent.quantize(Decimal(1), ROUND_HALF_UP)
    # What falls short of the limit is not rounded up to it.
    if percent < rule.change <= shown:
        shown = percent.quantize(Decimal("0.1"), ROUND_DOWN)
    return f"{said}, {shown} % {way}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
