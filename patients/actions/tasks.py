"""What a person has to do about a patient."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Site, User
from audit.actions import lock_version
from patients.models import Patient, Task


def open_task(
    *,
    patient: Patient,
    site: Site,
    kind: str,
    words: str,
    due_on: date,
    once: str = "",
    about: str = "",
    about_id: int | None = None,
    assigned_to: User | None = None,
    by: User | None = None,
) -> Task:
    """Put a task on the list; one that stands open with the same `once` is returned. `by` None: the program."""
    task = Task(
        patient=patient, site=site, kind=kind, words=words, due_on=due_on, once=once, about=about, about_id=about_id,
        assigned_to=assigned_to, created_by=by,
    )  # fmt: skip
    task.clean_fields()
    try:
        # Two may find the same at once; the database keeps one.
        with transaction.atomic():
            task.save(force_insert=True)
    except IntegrityError:
        standing = Task.objects.open().filter(once=once).first() if once else None
        if standing is None:
            raise
        return standing
    return task


@transaction.atomic
def complete_task(*, task: Task, note: str, by: User | None, now: datetime) -> Task:
    """Say that it is done, `by` None: the program; saying it again changes nothing, and the first who said it stays."""
    current = lock_version(task, version=None)
    if current.done_at is not None:
        return current
    current.done_at, current.done_by, current.done_note = now, by, note.strip()
    current.save()
    return current


class TakenError(Exception):
    """Somebody else has taken the task meanwhile; `by` is who."""

    def __init__(self, by: User) -> None:
        super().__init__(f"{by} has taken this meanwhile.")
        self.by = by


@transaction.atomic
def take_task(*, task: Task, by: User, seen: int | None = None) -> Task:
    """Put oneself down for it. `seen` is who had it, by number, when the person looked; None: nobody.

    Raises TakenError when it is somebody else's by now, and ValidationError when it is done.
    """
    current = lock_version(task, version=None)
    if current.done_at is not None:
        raise ValidationError("This is done already.")
    if current.assigned_to_id == by.pk:
        return current
    if current.assigned_to is not None and current.assigned_to_id != seen:
        raise TakenError(current.assigned_to)
    current.assigned_to = by
    current.save()
    return current


@transaction.atomic
def leave_task(*, task: Task, by: User) -> Task:
    """Take one's name off a task, so that anybody may do it; somebody else's stays theirs."""
    current = lock_version(task, version=None)
    if current.done_at is None and current.assigned_to_id == by.pk:
        current.assigned_to = None
        current.save()
    return current


@transaction.atomic
def reopen_task(*, task: Task, by: User) -> Task:
    """Take back a "done". Raises ValidationError when the same stands open again meanwhile."""
    current = lock_version(task, version=None)
    if current.done_at is None:
        return current
    if current.kind == Task.Kind.LOT_RECALL:
        raise ValidationError("Take it back on the list of the lot recall.")
    if current.once and Task.objects.open().filter(once=current.once).exists():
        raise ValidationError("This is on the list again already.")
    current.done_at = current.done_by = None
    current.done_note = ""
    current.save()
    return current
