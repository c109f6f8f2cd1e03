from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from interop.actions import FIELDS, start_import, upload
from interop.csv_files import RowError, WrongFileError, open_sheet, read_row, refuse_rubbish
from interop.forms import MappingForm, UploadForm
from interop.models import ImportJob
from interop.patients_import import read_patient
from interop.sessions_import import SessionReader
from patients.likely_pairs import likely_pairs
from patients.uploads import NO_ROOM, NoRoomError

SHOWN = 12
MOST_JOBS = 50
MOST_PAIRS = 100


@require_http_methods(["GET", "POST"])
@permission_required("interop.import_data", raise_exception=True)
def import_list(request: HttpRequest) -> HttpResponse:
    """Upload a file; below, what was imported before."""
    if request.site is None:
        return render(request, "clinic/no_role.html", status=403)
    form = UploadForm(request.POST or None, request.FILES or None, site=request.site)
    if request.method == "POST" and form.is_valid():
        try:
            job = upload(
                kind=form.cleaned_data["kind"],
                file=form.cleaned_data["file"],
                provider=form.cleaned_data["provider"],
                site=request.site,
                by=request.user,
            )
        except WrongFileError as error:
            form.add_error("file", str(error))
        except NoRoomError:
            form.add_error("file", NO_ROOM)
        else:
            return redirect("interop:import-preview", job_id=job.pk)
    jobs = ImportJob.objects.visible_to(request.user).for_list()[:MOST_JOBS]
    return render(request, "interop/import_list.html", {"form": form, "jobs": jobs}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("interop.import_data", raise_exception=True)
def import_preview(request: HttpRequest, job_id: int) -> HttpResponse:
    """The first rows as they would be read, and which column holds what; then start, or change the columns."""
    job = get_object_or_404(ImportJob.objects.visible_to(request.user).for_list(), pk=job_id)
    if job.status != ImportJob.Status.PREVIEW:
        return redirect("interop:import-detail", job_id=job.pk)
    try:
        sheet = open_sheet(Path(job.file.path))
    except WrongFileError as error:
        messages.error(request, str(error))
        return redirect("interop:import-list")
    fields = FIELDS[ImportJob.Kind(job.kind)]
    form = MappingForm(request.POST or None, job=job, header=sheet.header, fields=fields)
    ready = not form.is_bound or form.is_valid()
    mapping = form.mapping()
    # In the order of our own fields: JSON gives the mapping back in another.
    heads = [name for name in fields if name in mapping.columns]
    rows, wrong = [], ""
    missing = [name for name in fields if form.fields[f"column_{name}"].required and name not in mapping.columns]
    if ready and not missing:
        on = job.site.today()
        reader = (
            (lambda row: read_patient(row, mapping=mapping, on=on))
            if job.kind == ImportJob.Kind.PATIENTS
            else SessionReader(mapping, on=on, source="import")
        )
        for place, (line, row) in enumerate(sheet.lines()):
            if place == SHOWN:
                break
            cells = {name: row.get(mapping.columns[name], "") for name in heads}
            problem = ""
            try:
                found = read_row(sheet, row, reader)
            except RowError as error:
                problem = f"{error.column}: {error.reason}" if error.column else error.reason
            else:
                cells |= getattr(found, "values", {})
            rows.append((line, list(cells.values()), problem))
        try:
            refuse_rubbish(sheet, reader)
        except WrongFileError as error:
            wrong = str(error)
    if form.is_bound and ready and not missing and not wrong and request.POST.get("action") == "start":
        start_import(job=job, mapping=mapping, by=request.user)
        return redirect("interop:import-detail", job_id=job.pk)
    return render(
        request,
        "interop/import_preview.html",
        {
            "job": job,
            "form": form,
            "heads": [name.replace("_", " ") for name in heads],
            "rows": rows,
            "missing": [name.replace("_", " ") for name in missing],
            "wrong": wrong,
        },
        status=422 if form.errors or (wrong and form.is_bound) else 200,
    )


@require_http_methods(["GET"])
@permission_required("interop.import_data", raise_exception=True)
def import_detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far an import is, and its report; the page asks again while it runs."""
    job = get_object_or_404(ImportJob.objects.visible_to(request.user).for_list(), pk=job_id)
    return render(
        request,
        "interop/import_detail.html#progress" if request.htmx else "interop/import_detail.html",
        {
            "job": job,
            "running": job.status in (ImportJob.Status.QUEUED, ImportJob.Status.RUNNING),
            "likely": _likely_pairs(request, job),
            "look_before": (job.counts.get("last_created") or 0) + 1,
        },
    )


def _likely_pairs(request: HttpRequest, job: ImportJob) -> dict[str, Any]:
    """How many of the records that came are likely people already here, of those this person may see, not yet decided.

    Looked for anew each time: {count, and_more}; nobody looks through more of a long file than a page may cost.
    """
    last = job.counts.get("last_created")
    if not last or not request.user.has_perm("patients.view_merges"):
        return {}
    found = likely_pairs(
        by=request.user,  # type: ignore[arg-type]
        before=last + 1,
        since=job.counts["first_created"],
        most=MOST_PAIRS,
        stretches=2,
    )
    return {"count": len(found.pairs), "and_more": found.next is not None}
