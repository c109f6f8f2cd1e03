"""Writing an evaluation, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import lock_version
from treatments.models import Evaluation, TreatmentCourse

TOLD = ("told_onset", "told_duration", "told_partial", "told_risks")
# What a person writes; the course, the day and who wrote it are not among them.
CONTENT = (
    "symptoms",
    "symptoms_since",
    "history",
    "examination",
    "suitability",
    "suitability_reasons",
    "goals",
    *TOLD,
    "told_note",
    "medication_guide_on",
    "physical_therapy",
    "medication_plan",
    "lifestyle",
)


@transaction.atomic
def write_evaluation(
    *, course: TreatmentCourse, evaluated_on: date, content: Mapping[str, Any], today: date, by: User
) -> Evaluation:
    """Write an evaluation of a course.

    `content` holds the fields of CONTENT; what is left out stays empty. Raises ValidationError for a day in the future
    or before the patient's birth, an evaluation of that day, missing symptoms, reasons or goals, or a closed course.
    """
    course = TreatmentCourse.objects.select_for_update(of=("self",)).select_related("patient").get(pk=course.pk)
    if course.closed_on is not None:
        raise ValidationError("This course is closed: take it up again first.")
    evaluation = Evaluation(course=course, evaluated_by=by)
    _fill(evaluation, evaluated_on=evaluated_on, content=content, today=today, born=course.patient.birth_date)
    return evaluation


@transaction.atomic
def change_evaluation(
    *,
    evaluation: Evaluation,
    evaluated_on: date,
    content: Mapping[str, Any],
    today: date,
    by: User,
    version: int | None,
) -> Evaluation:
    """Change an evaluation; who wrote it first stays its author, and it says who corrected it last, and on which day.

    Saved as it was it is no correction. Raises StaleVersionError when it was saved elsewhere meanwhile, ValidationError
    as write_evaluation does.
    """
    evaluation = lock_version(evaluation, version=version)
    born = evaluation.course.patient.birth_date
    _fill(evaluation, evaluated_on=evaluated_on, content=content, today=today, born=born, changed_by=by)
    return evaluation


def _fill(
    evaluation: Evaluation,
    *,
    evaluated_on: date,
    content: Mapping[str, Any],
    today: date,
    born: date,
    changed_by: User | None = None,
) -> None:
    if unknown := set(content) - set(CONTENT):
        raise TypeError(f"no part of an evaluation: {', '.join(sorted(unknown))}")
    guide_on = content.get("medication_guide_on")
    if evaluated_on > today:
        raise ValidationError({"evaluated_on": "This day lies in the future."})
    if evaluated_on < born:
        raise ValidationError({"evaluated_on": "This day lies before the patient's birth."})
    if guide_on is not None and guide_on > today:
        raise ValidationError({"medication_guide_on": "This day lies in the future."})
    if guide_on is not None and guide_on < born:
        raise ValidationError({"medication_guide_on": "This day lies before the patient's birth."})
    before = _said(evaluation)
    evaluation.evaluated_on = evaluated_on
    for name in CONTENT:
        if name in content:
            value = content[name]
            setattr(evaluation, name, value.strip() if isinstance(value, str) else value)
    if changed_by is not None and _said(evaluation) != before:
        evaluation.changed_on, evaluation.changed_by = today, changed_by
    evaluation.full_clean()
    evaluation.save()


def _said(evaluation: Evaluation) -> list[Any]:
    return [getattr(evaluation, name) for name in ("evaluated_on", *CONTENT)]
