"""Exports run by the worker, so that no page waits for them."""

from __future__ import annotations

import logging

from django.utils import timezone
from django_tasks import task

from outcomes.exports import NothingToExportError, write
from outcomes.models import Export

logger = logging.getLogger(__name__)


@task()
def run_export(export_id: int) -> None:
    """Write the file of an export and keep its progress; safe to run again."""
    export = Export.objects.select_related("asked_by").get(pk=export_id)
    if not export.is_running:
        return
    Export.objects.filter(pk=export.pk).update(status=Export.Status.RUNNING)

    def progress(done: int, of: int) -> None:
        Export.objects.filter(pk=export.pk).update(rows_done=done, rows_total=of)

    try:
        data = write(export, today=export.on, progress=progress)
    except NothingToExportError:
        _failed(export, "These filters can no longer be read. Choose them anew.")
    except Exception as error:
        _failed(export, "Something went wrong in the program. Begin it again.")
        # The kind of error alone: its text may hold a patient's values.
        logger.error("export %s: %s", export_id, type(error).__name__)
    else:
        Export.objects.filter(pk=export.pk).update(status=Export.Status.READY, data=data, finished_at=timezone.now())


def _failed(export: Export, problem: str) -> None:
    Export.objects.filter(pk=export.pk).update(status=Export.Status.FAILED, problem=problem, finished_at=timezone.now())
