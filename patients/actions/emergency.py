from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import lock_version, record
from audit.models import Action
from patients.actions.tasks import open_task
from patients.models import EmergencyAccess, Patient, Task

LASTS = timedelta(hours=12)


@transaction.atomic
def open_in_emergency(*, patient: Patient, reason: str, by: User, now: datetime) -> EmergencyAccess:
    """Let a clinician read what matters of a patient of another site for 12 hours, and have somebody look at it.

    One that still stands is returned: pressing twice asks for one review. Raises ValidationError without a reason.
    """
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    if standing := EmergencyAccess.objects.standing(user=by, now=now).filter(patient=patient).first():
        return standing
    access = EmergencyAccess(patient=patient, user=by, reason=reason.strip(), opened_at=now, ends_at=now + LASTS)
    access.full_clean()
    access.save()
    record(action=Action.EMERGENCY, by=by, patient_id=patient.pk, subject=access)
    open_task(
        patient=patient, site=patient.site, kind=Task.Kind.EMERGENCY, words="An administrator looks at who and why.",
        due_on=patient.site.today(now=now), about="emergency", about_id=access.pk, once=f"emergency {access.pk}",
    )  # fmt: skip
    return access


@transaction.atomic
def review_emergency(
    *, access: EmergencyAccess, note: str, version: int | None, by: User, now: datetime
) -> EmergencyAccess:
    """Say that an emergency access was looked at, and what was found. Its task is done with it.

    Raises ValidationError for one's own, for one that was reviewed, and StaleVersionError when somebody was quicker.
    """
    current = lock_version(access, version=version)
    if current.reviewed_at is not None:
        raise ValidationError("It was looked at already.")
    if current.user_id == by.pk:
        raise ValidationError("Somebody else looks at it: it was you who opened the record.")
    current.reviewed_at, current.reviewed_by, current.review_note = now, by, note.strip()
    current.full_clean()
    current.save()
    tasks = Task.objects.select_for_update(of=("self",)).open().filter(once=f"emergency {current.pk}")
    for task in tasks:
        task.done_at, task.done_by, task.version = now, by, task.version + 1
        task.save()
    record(action=Action.EMERGENCY, by=by, patient_id=current.patient_id, subject=current, detail="looked at it")
    return current
