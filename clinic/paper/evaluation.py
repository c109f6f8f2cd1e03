"""An evaluation on paper."""

from __future__ import annotations

from typing import Any

from clinic.paper.scores import scores_of
from patients.models import TriedTreatment
from treatments.models import Evaluation


def evaluation_sheet(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation with the tried treatments and the scores of its day."""
    course = evaluation.course
    return {
        "evaluation": evaluation,
        "course": course,
        "patient": course.patient,
        "site": course.site,
        "service_on": evaluation.evaluated_on,
        "age": course.patient.age(on=evaluation.evaluated_on),
        "watermark": "",
        "digest": "",
        "printed_on": course.site.today(),
        "evaluated_scores": scores_of([course.pk], until=evaluation.evaluated_on).get(course.pk, []),
        "tried": TriedTreatment.objects.filter(patient=course.patient_id).order_by("started_on", "pk"),
    }
