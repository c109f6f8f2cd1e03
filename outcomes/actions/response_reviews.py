"""Recording why a course no longer responds, and how it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from outcomes.models import ResponseReview
from outcomes.response_reviews import read_response
from treatments.models import TreatmentCourse
from treatments.rules.fading import ANSWERS, QUESTIONS


@transaction.atomic
def record_response_review(
    *,
    course: TreatmentCourse,
    answers: Mapping[str, Mapping[str, str]],
    decision: str,
    note: str,
    on: date,
    by: User,
) -> ResponseReview:
    """Record that `by` went through the questions of a fading response. `on` is today at the site.

    `answers` holds for each question {"answer": yes, no or unclear, "note": text}. Raises ValidationError when a
    question has no answer, the course needs no review, or its latest session is reviewed already.
    """
    # One review of one failure, also when two people press at once.
    course = TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    response = read_response(course.pk)
    if response.up_to is None or not response.finding.needs_review:
        raise ValidationError("The scores of this course call for no review.")
    if response.is_reviewed:
        raise ValidationError("This has been reviewed already.")
    missing = [q.words for q in QUESTIONS if answers.get(q.key, {}).get("answer") not in dict(ANSWERS)]
    if missing:
        raise ValidationError(f"Not answered: {' '.join(missing)}")
    return ResponseReview.objects.create(
        course=course,
        up_to_id=response.up_to,
        found=response.finding.words,
        answers={q.key: {name: answers[q.key].get(name, "").strip() for name in ("answer", "note")} for q in QUESTIONS},
        decision=decision,
        note=note.strip(),
        reviewed_on=on,
        by=by,
    )
