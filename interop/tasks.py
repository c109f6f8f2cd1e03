"""Imports run by the worker, so that no page waits for them."""

from __future__ import annotations

import logging
from pathlib import Path

from django_tasks import task

from interop.csv_files import Report, WrongFileError, open_sheet
from interop.mappings import ColumnMapping
from interop.models import ImportJob
from interop.patients_import import import_patients
from interop.sessions_import import import_sessions
from patients.models import Patient

logger = logging.getLogger(__name__)


@task()
def run_import(job_id: int) -> None:
    """Do an upload's import and keep its progress and report on the job; safe to run again."""
    job = ImportJob.objects.select_related("site", "uploaded_by").get(pk=job_id)
    if job.status not in (ImportJob.Status.QUEUED, ImportJob.Status.RUNNING):
        return
    ImportJob.objects.filter(pk=job.pk).update(status=ImportJob.Status.RUNNING)
    try:
        report = _run(job)
    except WrongFileError as error:
        ImportJob.objects.filter(pk=job.pk).update(status=ImportJob.Status.FAILED, error=str(error)[:300])
    except Exception as error:
        ImportJob.objects.filter(pk=job.pk).update(
            status=ImportJob.Status.FAILED,
            error="Something went wrong in the program. Rows imported so far are kept; running it again is safe.",
        )
        # The kind of error alone: its text may hold a patient's values.
        logger.error("import %s failed: %s", job.pk, type(error).__name__)
    else:
        ImportJob.objects.filter(pk=job.pk).update(
            status=ImportJob.Status.DONE,
            rows_done=report.rows,
            counts={
                "created": report.created,
                "unchanged": report.unchanged,
                "rejected": report.rejected,
                "updated": report.updated,
                "to_decide": report.to_decide,
                "kept": report.kept,
                "first_created": report.first_created,
                "last_created": report.last_created,
            },
            problems=[
                {"line": problem.line, "column": problem.column, "reason": problem.reason}
                for problem in report.problems
            ],
        )
        # What it held is in the database now; a file of patients is not kept longer than it is needed.
        job.file.delete(save=False)


def _run(job: ImportJob) -> Report:
    sheet = open_sheet(Path(job.file.path))

    def progress(done: int, of: int) -> None:
        ImportJob.objects.filter(pk=job.pk).update(rows_done=done, rows_total=of)

    mapping = ColumnMapping(**job.mapping)
    on = job.site.today()
    if job.kind == ImportJob.Kind.PATIENTS:
        return import_patients(sheet, mapping=mapping, site=job.site, on=on, progress=progress)
    return import_sessions(
        sheet,
        mapping=mapping,
        site=job.site,
        provider=job.provider or job.uploaded_by,
        on=on,
        by=job.uploaded_by,
        patients=Patient.objects.visible_to(job.uploaded_by),
        progress=progress,
    )
