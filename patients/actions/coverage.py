"""Who pays for a patient's treatment, and what they allowed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import lock_version
from patients.models import Coverage, Patient, PriorAuthorization


@transaction.atomic
def add_coverage(*, patient: Patient, by: User, **values: Any) -> Coverage:
    """Add who pays. Raises ValidationError by field, also for one listed already."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    coverage = Coverage(patient=patient, **values)
    coverage.full_clean()
    if patient.coverages.filter(payer__iexact=coverage.payer, member_id=coverage.member_id, ends_on=None).exists():
        raise ValidationError({"payer": "This is listed already."})
    coverage.save()
    return coverage


@transaction.atomic
def update_coverage(*, coverage: Coverage, version: int | None, by: User, **values: Any) -> Coverage:
    """Save changed values. Raises audit.models.StaleVersionError when the row is no longer at `version`."""
    current = lock_version(coverage, version=version)
    for name, value in values.items():
        setattr(current, name, value)
    current.full_clean()
    current.save()
    return current


@transaction.atomic
def add_authorization(*, patient: Patient, by: User, **values: Any) -> PriorAuthorization:
    """Add an authorisation asked for or given. Raises ValidationError by field, also for one listed already."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    authorization = PriorAuthorization(patient=patient, **values)
    _check(authorization)
    alike = patient.authorizations.filter(
        **{name: getattr(authorization, name) for name in ("coverage", "number", "product", "condition", "starts_on")}
    )
    if alike.exists():
        raise ValidationError({"number": "This is listed already."})
    authorization.save()
    return authorization


@transaction.atomic
def update_authorization(
    *, authorization: PriorAuthorization, version: int | None, by: User, **values: Any
) -> PriorAuthorization:
    """Save changed values. Raises audit.models.StaleVersionError when the row is no longer at `version`."""
    current = lock_version(authorization, version=version)
    for name, value in values.items():
        setattr(current, name, value)
    _check(current)
    current.save()
    return current


def _check(authorization: PriorAuthorization) -> None:
    authorization.full_clean()
    if authorization.coverage.patient_id != authorization.patient_id:
        raise ValidationError({"coverage": "This coverage is another patient's."})
