from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import lock_version
from patients.models import Patient
from treatments.models import Condition, DiagnosisCode, TreatmentCourse


@transaction.atomic
def start_course(
    *,
    patient: Patient,
    condition: Condition,
    provider: User,
    site: Site,
    on: date,
    by: User,
    diagnosis: DiagnosisCode | None = None,
) -> TreatmentCourse:
    """Begin treating a patient for a condition.

    Raises ValidationError when an open course for it exists, the diagnosis is another condition's, or the patient has
    died or left.
    """
    if diagnosis is not None and diagnosis.condition_id != condition.pk:
        raise ValidationError({"diagnosis": f"{diagnosis.code} is not a code of {condition.name}."})
    if patient.died_on or patient.left_on:
        raise ValidationError("This patient has died or left the clinic.")
    course = TreatmentCourse(
        patient=patient, condition=condition, provider=provider, site=site, started_on=on, diagnosis=diagnosis
    )
    # Two people may start the same course at once: the database lets one through, and validation names it kindly.
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    course.full_clean()
    course.save()
    return course


@transaction.atomic
def close_course(
    *, course: TreatmentCourse, reason: str, note: str, on: date, by: User, version: int | None = None
) -> TreatmentCourse:
    """Complete, pause or stop a course from that day; raises ValidationError for an unknown reason."""
    course = lock_version(course, version=version)
    course.closed_on, course.closed_reason, course.closed_note = on, reason, note.strip()
    course.full_clean()
    course.save()
    return course


@transaction.atomic
def reopen_course(*, course: TreatmentCourse, by: User, version: int | None = None) -> TreatmentCourse:
    """Take a closed course up again; raises ValidationError when another one was opened meanwhile."""
    course = lock_version(course, version=version)
    course.closed_on, course.closed_reason, course.closed_note = None, "", ""
    course.full_clean()
    course.save()
    return course


@transaction.atomic
def change_course(
    *,
    course: TreatmentCourse,
    provider: User,
    site: Site,
    diagnosis: DiagnosisCode | None,
    by: User,
    version: int | None,
) -> TreatmentCourse:
    """Change who leads a course, where, and its diagnosis code."""
    course = lock_version(course, version=version)
    course.provider, course.site, course.diagnosis = provider, site, diagnosis
    if diagnosis is not None and diagnosis.condition_id != course.condition_id:
        raise ValidationError({"diagnosis": f"{diagnosis.code} is not a code of {course.condition.name}."})
    course.full_clean()
    course.save()
    return course
