"""Who pays for a patient's treatment, and what they allowed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.forms.models import model_to_dict

from accounts.models import User
from audit.actions import lock_version
from patients.actions.payers import payer_named
from patients.letters_in import check_letter, shown_name, stored_name
from patients.models import Coverage, Patient, PriorAuthorization
from patients.rules.authorization import problems_of
from patients.uploads import NO_ROOM, NoRoomError


@transaction.atomic
def add_coverage(*, patient: Patient, payer: str, by: User, **values: Any) -> Coverage:
    """Add who pays, by name; a name nobody has is added as a new payer.

    A payer who always wants an authorisation wants one here too. Raises ValidationError by field, also for one listed
    already.
    """
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    coverage = Coverage(patient=patient, payer=payer_named(payer, by=by), **values)
    coverage.authorization_required |= coverage.payer.authorization_required
    coverage.full_clean()
    if patient.coverages.filter(payer=coverage.payer, member_id=coverage.member_id, ends_on=None).exists():
        raise ValidationError({"payer": "This is listed already."})
    coverage.save()
    return coverage


@transaction.atomic
def update_coverage(
    *, coverage: Coverage, version: int | None, by: User, payer: str | None = None, **values: Any
) -> Coverage:
    """Save changed values, the payer by name. Raises audit.models.StaleVersionError when no longer at `version`."""
    current = lock_version(coverage, version=version)
    if payer is not None:
        current.payer = payer_named(payer, by=by)
    for name, value in values.items():
        setattr(current, name, value)
    current.full_clean()
    current.save()
    return current


@transaction.atomic
def add_authorization(
    *, patient: Patient, by: User, letter: UploadedFile[bytes] | None = None, **values: Any
) -> PriorAuthorization:
    """Add an authorisation asked for or given. Raises ValidationError by field, also for one listed already."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    authorization = PriorAuthorization(patient=patient, **values)
    _check(authorization)
    alike = patient.authorizations.filter(
        **{name: getattr(authorization, name) for name in ("coverage", "number", "product", "condition", "starts_on")}
    )
    if alike.exists():
        raise ValidationError({"number": "This is listed already."})
    _keep(letter, authorization)
    authorization.save()
    return authorization


@transaction.atomic
def update_authorization(
    *,
    authorization: PriorAuthorization,
    version: int | None,
    by: User,
    letter: UploadedFile[bytes] | None = None,
    **values: Any,
) -> PriorAuthorization:
    """Save changed values; a letter takes the place of the one before, which stays on disk for the history.

    Raises audit.models.StaleVersionError when the row is no longer at `version`, ValidationError by field.
    """
    current = lock_version(authorization, version=version)
    for name, value in values.items():
        setattr(current, name, value)
    _check(current)
    _keep(letter, current)
    current.save()
    return current


def _keep(letter: UploadedFile[bytes] | None, authorization: PriorAuthorization) -> None:
    """Put the letter beside the row, under a name of our own; last, so that what is refused leaves no file behind."""
    if letter is None:
        return
    try:
        kind = check_letter(letter)
    except ValidationError as error:
        raise ValidationError({"letter": error.messages}) from error
    authorization.document_name = shown_name(letter.name or "", kind)
    try:
        authorization.document.save(stored_name(kind), letter, save=False)
    except NoRoomError as error:
        raise ValidationError({"letter": NO_ROOM}) from error


def _check(authorization: PriorAuthorization) -> None:
    authorization.full_clean()
    if found := problems_of(model_to_dict(authorization), on=authorization.patient.site.today()):
        raise ValidationError(found)
    if authorization.coverage.patient_id != authorization.patient_id:
        raise ValidationError({"coverage": "This coverage is another patient's."})
