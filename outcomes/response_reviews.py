"""Whether a course stops responding, and whether somebody has looked at why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from outcomes.models import ResponseReview
from outcomes.summaries import Summary, summaries_for
from treatments.models import TreatmentCourse
from treatments.rules.fading import ANSWERS, QUESTIONS, Finding, fading
from treatments.rules.response import Outcome


@dataclass(frozen=True)
class Reviewed:
    """A review as a page shows it; `answers` are (question, answer, note) in words."""

    on: date
    by: str
    decision: str
    note: str
    up_to: int
    answers: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Response:
    """What the scores say of a course; `up_to` is its latest session that could be judged, `review` the latest one."""

    finding: Finding
    up_to: int | None
    review: Reviewed | None

    @property
    def is_reviewed(self) -> bool:
        """Whether the latest failure was reviewed: a later one asks for another review."""
        return self.review is not None and self.review.up_to == self.up_to


def latest_review() -> Subquery:
    """To annotate a course with `latest_review`, for response_of(); None where there is none."""
    rows = ResponseReview.objects.filter(course=OuterRef("pk")).order_by("-pk")
    names = {"on": "reviewed_on", "by": "by__name"} | {name: name for name in ("decision", "note", "up_to", "answers")}
    return Subquery(rows.values(json=JSONObject(**names))[:1])


def response_of(course: TreatmentCourse, summary: Summary | None) -> Response:
    """What is known of a course annotated with `latest_review()`; the summary is that of outcomes.summaries."""
    cycles = summary.cycles if summary else []
    judged = (Outcome.RESPONDER, Outcome.NON_RESPONDER)
    row = course.latest_review  # type: ignore[attr-defined]
    return Response(
        finding=fading([one.cycle.outcome for one in cycles]),
        up_to=next((one.session_id for one in cycles if one.cycle.outcome in judged), None),
        review=_reviewed(row) if row else None,
    )


def read_response(course_id: int) -> Response:
    """The same, read now."""
    course = TreatmentCourse.objects.for_list().annotate(latest_review=latest_review()).get(pk=course_id)
    return response_of(course, summaries_for([course]).get(course.pk))


def _reviewed(row: dict[str, Any]) -> Reviewed:
    # A question that is no longer asked goes by its key.
    asked = {question.key: question.words for question in QUESTIONS}
    return Reviewed(
        on=date.fromisoformat(row["on"]),
        by=row["by"],
        decision=ResponseReview.Decision(row["decision"]).label,
        note=row["note"],
        up_to=row["up_to"],
        answers=[
            (asked.get(key, key), dict(ANSWERS).get(given["answer"], given["answer"]), given["note"])
            for key, given in row["answers"].items()
        ],
    )
