"""Exports that the worker writes: asked for, watched, taken and removed by the person who asked."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from outcomes.actions import record_download, remove_export, start_export
from outcomes.models import Export
from outcomes.registry import TABLES

MOST = 30  # exports shown


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def export_list(request: HttpRequest) -> HttpResponse:
    """One's own exports; for an administrator also the registry, and what stands in it."""
    exports = Export.objects.filter(asked_by=request.user).defer("data")[:MOST]
    return render(request, "outcomes/export_list.html", {"exports": exports, "tables": TABLES})


@require_http_methods(["POST"])
@permission_required("outcomes.view_review", raise_exception=True)
def export_start(request: HttpRequest) -> HttpResponse:
    """Hand an export to the worker; the registry is for administrators."""
    kind = request.POST.get("kind", "")
    if kind == Export.Kind.REGISTRY and not request.user.has_perm("outcomes.export_registry"):
        raise PermissionDenied
    now = timezone.now()
    on = request.site.today() if request.site else now.date()
    try:
        export = start_export(kind=kind, query=request.POST.get("query", ""), on=on, by=request.user, now=now)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("outcomes:export-list")
    return redirect("outcomes:export-detail", export_id=export.pk)


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def export_detail(request: HttpRequest, export_id: int) -> HttpResponse:
    """How far an export is; the page asks again while it runs."""
    export = get_object_or_404(Export.objects.filter(asked_by=request.user).defer("data"), pk=export_id)
    template = "outcomes/export_detail.html#progress" if request.htmx else "outcomes/export_detail.html"
    return render(request, template, {"export": export})


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def export_download(request: HttpRequest, export_id: int) -> HttpResponse:
    """The file."""
    export = get_object_or_404(Export.objects.filter(asked_by=request.user), pk=export_id)
    if export.data is None:
        raise Http404("no file")
    if export.kind == Export.Kind.REGISTRY and not request.user.has_perm("outcomes.export_registry"):
        raise PermissionDenied
    record_download(export=export, by=request.user)
    response = HttpResponse(bytes(export.data), content_type=export.content_type)
    response["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["POST"])
@permission_required("outcomes.view_review", raise_exception=True)
def export_remove(request: HttpRequest, export_id: int) -> HttpResponse:
    """Take the file away."""
    export = get_object_or_404(Export.objects.filter(asked_by=request.user).defer("data"), pk=export_id)
    remove_export(export=export, by=request.user)
    messages.success(request, "The file is removed.")
    return redirect("outcomes:export-list")
