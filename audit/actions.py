from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models

from audit.models import Action, AuditEvent, StaleVersionError, Versioned
from audit.origin import current
from audit.seals import seal_keys, seal_of

Row = TypeVar("Row", bound=Versioned)


def record(
    *,
    action: str,
    by: Any = None,
    patient_id: int | None = None,
    subject: models.Model | None = None,
    detail: str = "",
) -> AuditEvent:
    """Add one audit event.

    `by` is a user or None (nobody signed in). `detail` never holds a name, a search text or anything clinical.
    Raises ValueError for an unknown action.
    """
    if action not in Action.values:
        raise ValueError(f"unknown audit action {action!r}")
    event = _sealed_event(action=action, by=by, patient_id=patient_id, subject=subject, detail=detail)
    event.save(force_insert=True)
    return event


def record_reads(*, by: Any, patient_ids: Iterable[int], detail: str) -> None:
    """Add that somebody read of each of these patients, in one query."""
    AuditEvent.objects.bulk_create(
        _sealed_event(action=Action.CHART_READ, by=by, patient_id=number, subject=None, detail=detail)
        for number in sorted(patient_ids)
    )


def _sealed_event(
    *, action: str, by: Any, patient_id: int | None, subject: models.Model | None, detail: str
) -> AuditEvent:
    request = current()
    event = AuditEvent(
        action=action,
        actor_id=getattr(by, "pk", None),
        actor_roles=",".join(getattr(by, "roles", None) or []),
        patient_id=patient_id,
        subject_type=subject._meta.label if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        detail=detail[:200],
        address=request.address,
        request_id=request.id,
    )
    event.seal = seal_of(event, key=seal_keys()[0])
    return event


def lock_version(row: Row, *, version: int | None) -> Row:
    """Lock the row for this transaction and return it fresh with its version raised (not yet saved).

    Raises StaleVersionError when `version`, the one the form was opened with, is no longer the current one;
    None skips the check, for changes that do not come from an edit form.
    """
    current = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and current.version != version:
        raise StaleVersionError(current)
    current.version += 1
    return current
