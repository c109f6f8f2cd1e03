"""One line about how each course is doing, for pages that list courses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from outcomes.models import Assessment, Instrument
from outcomes.rules import Outcome, Rule, change_percent, is_response, measuring_days, signed
from treatments.models import TreatmentCourse


@dataclass(frozen=True)
class Summary:
    """Baseline and last score of a course's own measure; str() is the line people read.

    `outcome` is known only when the last score was taken on the measuring days of its session.
    """

    instrument: Instrument
    last: Assessment
    baseline: Assessment | None = None
    outcome: Outcome | None = None

    @property
    def percent(self) -> int | None:
        """The change in percent of baseline; None without one, from 0, and for grades."""
        if self.baseline is None or self.instrument.grades:
            return None
        change = change_percent(baseline=self.baseline.value, value=self.last.value)
        return None if change is None else round(change)

    def __str__(self) -> str:
        # "Headache days" starts a sentence of its own; HIT-6 and TWSTRS are names.
        name = self.instrument.short_name
        name = name if name[1:2].isupper() else name[:1].lower() + name[1:]
        if self.baseline is None or self.baseline.pk == self.last.pk:
            return f"{name} {self.last.shown}{', no baseline' if self.baseline is None else ' at baseline'}"
        if self.percent is None:
            points = self.last.value - self.baseline.value
            change = f"{signed(points)} point{'' if abs(points) == 1 else 's'}"
        else:
            change = f"{signed(self.percent)} %"
        outcome = f", {self.outcome}" if self.outcome else ""
        return f"{name} {self.baseline.shown} → {self.last.shown} ({change}{outcome})"


def summaries_for(courses: Iterable[TreatmentCourse]) -> dict[int, Summary]:
    """A summary by course id, for the courses that have a score by their responder rule's instrument; one query."""
    ids = [course.pk for course in courses]
    found: dict[int, Summary] = {}
    if not ids:
        return found
    for course_id, group in groupby(Assessment.objects.by_rule(ids), key=lambda row: row.course_id):
        scores = list(group)
        last, rule = scores[-1], scores[-1].course.condition.responder_rule.as_rule()
        # Before the first session every score is the baseline so far.
        before = [row for row in scores if not row.first_session_on or row.assessed_on <= row.first_session_on]
        baseline = before[-1] if before else None
        found[course_id] = Summary(
            instrument=last.instrument, last=last, baseline=baseline, outcome=_outcome(rule, last, baseline)
        )
    return found


def _outcome(rule: Rule, score: Assessment, baseline: Assessment | None) -> Outcome | None:
    """The outcome of the session before the score, when it was taken on that one's measuring days."""
    if baseline is None or score.session_before is None:
        return None
    first, last = measuring_days(rule, session_on=score.session_before)
    if not first <= score.assessed_on <= last:
        return None
    answer = is_response(rule, baseline=baseline.value, value=score.value)
    if answer is None:
        return None
    return Outcome.RESPONDER if answer else Outcome.NON_RESPONDER
