"""The protocols in use, and a session saved as one of the clinic's own."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from audit.actions import record
from treatments.actions.protocols import restore_protocol, retire_protocol, save_protocol
from treatments.forms.protocols import SaveProtocolForm
from treatments.models import InjectionSession, Protocol


@require_http_methods(["GET"])
@permission_required("treatments.manage_protocols", raise_exception=True)
def protocol_list(request: HttpRequest) -> HttpResponse:
    """What ships with Cadence and what this clinic made, with where each comes from."""
    protocols = (
        Protocol.objects.filter(Q(is_current=True) | Q(made_by__isnull=False))
        .select_related("condition", "product", "made_by")
        .annotate(site_count=Count("sites"), units=Sum("sites__units"), highest=Sum("sites__units_max"))
        .order_by(
            "condition__position", "condition__name", "-is_current", F("made_by").asc(nulls_first=True), "name", "pk"
        )
    )
    groups = [(condition, list(rows)) for condition, rows in groupby(protocols, key=lambda row: row.condition)]
    return render(request, "treatments/protocol_list.html", {"groups": groups})


@require_http_methods(["GET", "POST"])
@permission_required("treatments.manage_protocols", raise_exception=True)
def protocol_save(request: HttpRequest, session_id: int) -> HttpResponse:
    """Save the sites of a session, a draft or a signed one, as a protocol of the clinic."""
    sessions = InjectionSession.objects.visible_to(request.user).select_related("patient", "product", "site")
    session = get_object_or_404(sessions.filter(is_outside=False), pk=session_id)
    parts = _parts(session)
    form = SaveProtocolForm(request.POST or None, courses=[part["course"] for part in parts])
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            protocol = save_protocol(
                session=session,
                course=data.get("course") or parts[0]["course"],
                name=data["name"],
                note=data["note"],
                by=request.user,
            )
        except ValidationError as problem:
            if hasattr(problem, "message_dict"):
                for name, words in problem.message_dict.items():
                    form.add_error(name if name in form.fields else None, words)
            else:
                form.add_error(None, problem.messages)
        else:
            messages.success(request, f"{protocol.name} is a protocol now, offered for {protocol.condition.name}.")
            name = "session-chart" if session.is_draft else "session-detail"
            return redirect(f"treatments:{name}", session_id=session.pk)
    elif request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=session.patient_id, subject=session)
    context = {"form": form, "session": session, "patient": session.patient, "parts": parts}
    return render(request, "treatments/protocol_save.html", context, status=422 if form.errors else 200)


def _parts(session: InjectionSession) -> list[dict[str, Any]]:
    """The courses of a session with how many sites and units each has."""
    treated = session.treated.select_related("course__condition").annotate(
        site_count=Count("session__injections", filter=Q(session__injections__course=F("course"))),
        units=Sum("session__injections__units", filter=Q(session__injections__course=F("course"))),
    )
    return [{"course": row.course, "sites": row.site_count, "units": row.units} for row in treated]


@require_POST
@permission_required("treatments.manage_protocols", raise_exception=True)
def protocol_retire(request: HttpRequest, protocol_id: int) -> HttpResponse:
    protocol = get_object_or_404(Protocol, pk=protocol_id)
    try:
        retire_protocol(protocol=protocol, by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, f"{protocol.name} is no longer offered.")
    return redirect("treatments:protocol-list")


@require_POST
@permission_required("treatments.manage_protocols", raise_exception=True)
def protocol_restore(request: HttpRequest, protocol_id: int) -> HttpResponse:
    protocol = get_object_or_404(Protocol, pk=protocol_id)
    try:
        restore_protocol(protocol=protocol, by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, f"{protocol.name} is offered again.")
    return redirect("treatments:protocol-list")
