"""What a load balancer and a container ask: does it live, and may people be sent here."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.exceptions import (
    AmbiguityError,
    BadMigrationError,
    CircularDependencyError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult

LEAST_ROOM = 200 * 1024 * 1024  # bytes
LONGEST_WAIT = timedelta(minutes=5)  # of a task, while the worker does nothing

# The migrations on disk, or those in the database, do not fit together: a new version is being put in place.
UNFIT = (AmbiguityError, BadMigrationError, CircularDependencyError, InconsistentMigrationHistory, NodeNotFoundError)

_applied: set[str] = set()  # databases whose migrations were all applied; that is not undone while a process runs


@require_safe
@never_cache
@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """Answers 200 "ok" while the database answers, else 503; says nothing else about the installation."""
    if not _said(_database):
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """One line for each check, "ok" or "no": 200 when people can work here, else 503. No version, no number.

    A worker that is away is said, but turns nobody away: every page works without it.
    """
    said = {name: _said(check) for name, check in CHECKS.items()}
    lines = "".join(f"{name}: {'ok' if well else 'no'}\n" for name, well in said.items())
    needed = all(well for name, well in said.items() if name != "worker")
    return HttpResponse(lines, status=200 if needed else 503, content_type="text/plain")


def _said(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (Error, OSError, *UNFIT):
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _applied:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _applied.add(name)
    return True


def _worker() -> bool:
    """Whether no task has waited for long while nothing is worked at: a worker at a long export is no dead one."""
    waits = DBTaskResult.objects.ready().filter(enqueued_at__lt=timezone.now() - LONGEST_WAIT)
    return not waits.exists() or DBTaskResult.objects.running().exists()


def _disk() -> bool:
    folder = Path(settings.MEDIA_ROOT)
    there = next(path for path in [folder, *folder.parents] if path.exists())
    return shutil.disk_usage(there).free >= LEAST_ROOM


CHECKS = {"database": _database, "migrations": _migrations, "worker": _worker, "disk": _disk}
