from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import record
from audit.models import Action, AuditEvent
from outcomes.models import Export
from outcomes.tasks import run_export

KEPT = timedelta(days=7)  # how long the file of an export lies here


def record_export(*, by: User, what: str) -> AuditEvent:
    """Note that somebody took figures or a list out of Cadence; `what` names the figure and the format, no person."""
    return record(action=Action.EXPORT, by=by, detail=what)


@transaction.atomic
def start_export(*, kind: str, query: str, on: date, by: User, now: datetime) -> Export:
    """Hand an export to the worker; `on` is today at the site. Files of this person older than a week are removed.

    Raises ValidationError for an unknown kind or an address too long, and while one of the same kind is being written.
    """
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    export = Export(kind=kind, query=query, on=on, asked_by=by)
    export.full_clean()
    own = Export.objects.filter(asked_by=by)
    own.filter(status=Export.Status.READY, asked_at__lt=now - KEPT).update(status=Export.Status.REMOVED, data=None)
    if own.filter(kind=kind, status__in=[Export.Status.QUEUED, Export.Status.RUNNING]).exists():
        raise ValidationError("One is being written already. It stands below.")
    export.save()
    record(action=Action.EXPORT, by=by, subject=export, detail=f"asked for: {export.get_kind_display()}")
    transaction.on_commit(lambda: run_export.enqueue(export.pk))
    return export


@transaction.atomic
def remove_export(*, export: Export, by: User) -> Export:
    """Take an export's file away; that it was made stays on record."""
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if export.status == Export.Status.READY:
        export.status, export.data = Export.Status.REMOVED, None
        export.save(update_fields=["status", "data"])
        record(action=Action.EXPORT, by=by, subject=export, detail="file removed")
    return export


def record_download(*, export: Export, by: User) -> AuditEvent:
    """Note that somebody took the file of an export."""
    return record(action=Action.EXPORT, by=by, subject=export, detail=f"downloaded: {export.get_kind_display()}")
