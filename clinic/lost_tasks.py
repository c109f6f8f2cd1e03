"""Work that a killed worker left behind is said to have failed, so that nobody waits for it.

While a task runs its worker holds an advisory lock of the database by the task's number; PostgreSQL lets go of it the
moment the worker is gone (as in messaging/claims.py). An import, export or batch that is unfinished, and whose task
neither waits nor is worked at, was left behind. What is seen so twice, a minute apart, is ended: between handing a task
over and its row, and between claiming it and its lock, there is a moment in which it only seems to be.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, models, transaction
from django_tasks_db.models import DBTaskResult

from clinic.tasks import print_letters
from interop.models import ImportJob
from interop.tasks import run_import
from messaging.models import LetterBatch
from outcomes.models import Export
from outcomes.tasks import run_export

logger = logging.getLogger(__name__)

LOCKS = 0x6A6F6231  # tells these locks from others
AGAIN = "The server stopped in the middle of it. Begin it again"


@dataclass(frozen=True)
class Kind:
    """Rows that a task works off: the task, what is unfinished, and the field that says why it failed."""

    task: Any
    rows: models.QuerySet[Any]
    problem: str
    words: str


def kinds() -> tuple[Kind, ...]:
    unfinished = ("queued", "running")
    return (
        Kind(run_export, Export.objects.filter(status__in=unfinished), "problem", f"{AGAIN}."),
        Kind(
            run_import,
            ImportJob.objects.filter(status__in=unfinished),
            "error",
            f"{AGAIN}: rows imported so far are kept, and none is imported twice.",
        ),
        Kind(
            print_letters,
            LetterBatch.objects.filter(status__in=unfinished),
            "problem",
            f"{AGAIN}: no letter is printed twice.",
        ),
    )


@contextmanager
def worked_at(task_id: UUID) -> Iterator[None]:
    """Hold a task's lock for the length of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCKS, _number(task_id)])
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, _number(task_id)])
        except DatabaseError:
            # The connection is gone, and the lock with it.
            connection.close()


def end_lost(*, seen_before: set[tuple[str, int]], now: datetime) -> set[tuple[str, int]]:
    """Fail what was left behind and was seen so before; returns what is seen so for the first time."""
    found: set[tuple[str, int]] = set()
    for kind in kinds():
        path = kind.task.module_path
        for pk in _left_behind(kind):
            if (path, pk) not in seen_before:
                found.add((path, pk))
            elif _fail(kind, pk, now=now):
                logger.warning("%s %s was left behind by a worker", path, pk)
    return found


def _left_behind(kind: Kind) -> list[int]:
    unfinished = list(kind.rows.order_by("pk").values_list("pk", flat=True))
    if not unfinished:
        return []
    tasks = DBTaskResult.objects.filter(task_path=kind.task.module_path, status__in=["READY", "RUNNING"])
    rows = list(tasks.values_list("id", "status", "args_kwargs"))
    held = _held()
    cared_for = {
        args["args"][0] for number, status, args in rows if status == "READY" or _number(number) in held
    }  # fmt: skip
    return [pk for pk in unfinished if pk not in cared_for]


@transaction.atomic
def _fail(kind: Kind, pk: int, *, now: datetime) -> bool:
    row = kind.rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return False
    row.status = "failed"
    setattr(row, kind.problem, kind.words)
    if hasattr(row, "finished_at"):
        row.finished_at = now
    row.save()
    return True


def _held() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
            " AND classid::bigint = %s AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCKS],
        )
        return {number for (number,) in cursor.fetchall()}


def _number(task_id: UUID) -> int:
    return task_id.int % (2**31 - 1)
