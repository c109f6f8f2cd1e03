"""How each course is doing by its own measure: one line, and each of its cycles judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, TextField
from django.db.models.functions import Cast, JSONObject

from outcomes.models import Assessment, Instrument
from outcomes.rules import (
    Cycle,
    Outcome,
    Rule,
    Score,
    baseline_of,
    change_percent,
    is_response,
    judge,
    latest,
    measuring_days,
    signed,
)
from treatments.models import RetreatmentWindow, TreatmentCourse


@dataclass(frozen=True)
class JudgedCycle:
    """One session of a course and what its scores say: rule R14."""

    session_id: int
    session_on: date
    cycle: Cycle


@dataclass(frozen=True)
class Summary:
    """Baseline and last score of a course's own measure; str() is the line people read, empty without a score.

    `outcome` is known only when the last score was taken on the measuring days of its session; `cycles` are all of the
    course, the newest first, none before its first session.
    """

    instrument: Instrument
    rule_words: str
    last: Score | None = None
    baseline: Score | None = None
    outcome: Outcome | None = None
    cycles: list[JudgedCycle] = field(default_factory=list)

    @property
    def latest(self) -> JudgedCycle | None:
        return self.cycles[0] if self.cycles else None

    @property
    def by_session(self) -> dict[int, Cycle]:
        return {judged.session_id: judged.cycle for judged in self.cycles}

    @property
    def line(self) -> str:
        """The scores, where the words of the latest cycle do not say them already."""
        return "" if self.latest and self.latest.cycle.score else str(self)

    @property
    def percent(self) -> int | None:
        """The change in percent of baseline; None without one, from 0, and for grades."""
        if self.baseline is None or self.last is None or self.last.label:
            return None
        change = change_percent(baseline=self.baseline.value, value=self.last.value)
        return None if change is None else round(change)

    def __str__(self) -> str:
        if self.last is None:
            return ""
        # "Headache days" starts a sentence of its own; HIT-6 and TWSTRS are names.
        name = self.instrument.short_name
        name = name if name[1:2].isupper() else name[:1].lower() + name[1:]
        if self.baseline is None or self.baseline == self.last:
            return f"{name} {self.last.shown}{', no baseline' if self.baseline is None else ' at baseline'}"
        if self.percent is None:
            points = self.last.value - self.baseline.value
            change = f"{signed(points)} point{'' if abs(points) == 1 else 's'}"
        else:
            change = f"{signed(self.percent)} %"
        outcome = f", {self.outcome}" if self.outcome else ""
        return f"{name} {self.baseline.shown} → {self.last.shown} ({change}{outcome})"


def summaries_for(courses: Iterable[TreatmentCourse], *, on: date | None = None) -> dict[int, Summary]:
    """A summary by course id, for courses with a responder rule that have a score by it or a session; one query.

    `on` is the day it is seen, or today at each course's site.
    """
    ids = [course.pk for course in courses]
    if not ids:
        return {}
    scores = Assessment.objects.filter(
        course=OuterRef("pk"), instrument=OuterRef("condition__responder_rule__instrument")
    ).order_by("assessed_on", "pk")
    # Of a day with several sessions the last stands for the visit, as in outcomes.review.
    windows = (
        RetreatmentWindow.objects.filter(course=OuterRef("pk"), voided=False)
        .exclude(closed_by__performed_on=F("last_session_on"))
        .order_by("-last_session_on", "-session_id")
    )
    rows = (
        TreatmentCourse.objects.filter(Q(Exists(scores)) | Q(Exists(windows)), pk__in=ids)
        .filter(condition__responder_rule__isnull=False)
        .select_related("site", "condition__responder_rule__instrument")
        .annotate(
            scores_json=ArraySubquery(
                scores.values(
                    json=JSONObject(on="assessed_on", value=Cast("value", TextField()), order="pk", label="label")
                )
            ),
            cycles_json=ArraySubquery(
                windows.values(json=JSONObject(session="session", on="last_session_on", next="closed_by__performed_on"))
            ),
        )
    )
    return {row.pk: _summary(row, on=on or row.site.today()) for row in rows}


def _summary(course: Any, *, on: date) -> Summary:
    own = course.condition.responder_rule
    rule, measure = own.as_rule(), own.measure()
    scores = [
        Score(date.fromisoformat(row["on"]), Decimal(row["value"]), row["order"], row["label"])
        for row in course.scores_json
    ]
    sessions = [date.fromisoformat(row["on"]) for row in course.cycles_json]
    last = latest(scores)
    # Before the first session every score is the baseline so far.
    baseline = baseline_of(scores, first_session_on=min(sessions, default=date.max))
    return Summary(
        instrument=own.instrument,
        rule_words=own.words,
        last=last,
        baseline=baseline,
        outcome=_outcome(rule, last, baseline, sessions),
        cycles=[
            JudgedCycle(
                row["session"],
                session_on,
                judge(
                    rule,
                    scores,
                    measure=measure,
                    first_session_on=min(sessions),
                    session_on=session_on,
                    next_session_on=date.fromisoformat(row["next"]) if row["next"] else None,
                    on=on,
                ),
            )
            for row, session_on in zip(course.cycles_json, sessions, strict=True)
        ],
    )


def _outcome(rule: Rule, score: Score | None, baseline: Score | None, sessions: list[date]) -> Outcome | None:
    """The outcome of the session before the score, when it was taken on that one's measuring days."""
    before = [day for day in sessions if score is not None and day < score.on]
    if score is None or baseline is None or not before:
        return None
    first, last = measuring_days(rule, session_on=max(before))
    if not first <= score.on <= last:
        return None
    answer = is_response(rule, baseline=baseline.value, value=score.value)
    if answer is None:
        return None
    return Outcome.RESPONDER if answer else Outcome.NON_RESPONDER
