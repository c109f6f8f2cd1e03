from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from accounts.models import Site, User
from audit.actions import record
from interop.csv_files import WrongFileError, open_sheet
from interop.mappings import PATIENT_FIELDS, ColumnMapping, for_patients, guess
from interop.models import ImportJob, ProcedureCode
from interop.rules.claims import SLOTS
from interop.sessions_import import FIELDS as SESSION_FIELDS
from interop.sessions_import import for_sessions
from interop.tasks import run_import

ENTERING_CODES = 74_610_642  # any number, the same in every process

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


class CodesChangedError(Exception):
    """Somebody entered other numbers meanwhile; `current` holds them by slot."""

    def __init__(self, current: dict[str, str]) -> None:
        super().__init__("Somebody entered other numbers meanwhile.")
        self.current = current


@transaction.atomic
def enter_procedure_codes(*, changes: Mapping[str, tuple[str, str]], by: User) -> None:
    """Enter, change or take away the clinic's procedure code numbers: by slot what stood there and what is to stand.

    Raises ValidationError for a slot nobody knows, CodesChangedError when another number stands there by now; then
    nothing is changed.
    """
    if unknown := sorted(set(changes) - set(SLOTS)):
        raise ValidationError(f"No such use of a procedure code: {', '.join(unknown)}.")
    # One at a time: a number that is not there yet has no row to lock.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ENTERING_CODES])
    rows = {row.slot: row for row in ProcedureCode.objects.filter(slot__in=changes)}
    now = {slot: rows[slot].code if slot in rows else "" for slot in changes}
    if other := {slot: now[slot] for slot, (before, after) in changes.items() if now[slot] not in (before, after)}:
        raise CodesChangedError(other)
    for slot, (_, code) in changes.items():
        row = rows.get(slot)
        if code == now[slot]:
            continue
        if not code and row is not None:
            row.delete()
            continue
        if row is None:
            row = ProcedureCode(slot=slot)
        else:
            row.version += 1
        row.code, row.entered_by = code, by
        row.full_clean()
        row.save()
