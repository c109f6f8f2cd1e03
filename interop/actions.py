from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import Site, User
from audit.actions import record
from interop.csv_files import WrongFileError, open_sheet
from interop.mappings import PATIENT_FIELDS, ColumnMapping, for_patients, guess
from interop.models import ImportJob
from interop.sessions_import import FIELDS as SESSION_FIELDS
from interop.sessions_import import for_sessions
from interop.tasks import run_import

FIELDS = {ImportJob.Kind.PATIENTS: PATIENT_FIELDS, ImportJob.Kind.SESSIONS: SESSION_FIELDS}


def upload(*, kind: str, file: UploadedFile[bytes], site: Site, by: User, provider: User | None = None) -> ImportJob:
    """Keep an uploaded file and read its header; raises WrongFileError, and then nothing is kept."""
    job = ImportJob(kind=kind, site=site, file_name=str(file.name)[:200], uploaded_by=by, provider=provider)
    job.file.save("upload.csv", file, save=False)
    try:
        sheet = open_sheet(Path(job.file.path))
    except WrongFileError:
        job.file.delete(save=False)
        raise
    try:
        mapping = for_patients(sheet.header) if kind == ImportJob.Kind.PATIENTS else for_sessions(sheet.header)
    except WrongFileError:
        # The person says on the next page which column is which.
        mapping = ColumnMapping("by hand", "import", guess(sheet.header, FIELDS[ImportJob.Kind(kind)]))
    job.rows_total = sheet.rows
    job.mapping = asdict(mapping)
    job.save()
    return job


@transaction.atomic
def start_import(*, job: ImportJob, mapping: ColumnMapping, by: User) -> ImportJob:
    """Hand an upload to the worker, once; a job already started is returned as it is."""
    job = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.status != ImportJob.Status.PREVIEW:
        return job
    job.mapping, job.status = asdict(mapping), ImportJob.Status.QUEUED
    job.save()
    record(action="import", by=by, subject=job, detail=f"{job.rows_total} rows uploaded")
    transaction.on_commit(lambda: run_import.enqueue(job.pk))
    return job
