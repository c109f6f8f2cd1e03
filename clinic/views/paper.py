"""Documents as PDF: procedure note, audit packet, after-visit sheet, evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from clinic.paper.evaluation import evaluation_sheet
from clinic.paper.medwatch import medwatch_sheet
from clinic.paper.packet import audit_packet
from clinic.paper.pdf import PdfUnavailableError, render_pdf
from clinic.paper.session import for_paper, procedure_note
from clinic.paper.visit import after_visit_sheet
from treatments.models import AdverseEvent, Evaluation, InjectionSession, TreatmentCourse


@require_http_methods(["GET"])
@permission_required("treatments.print_record", raise_exception=True)
def session_note(request: HttpRequest, session_id: int) -> HttpResponse:
    """The procedure note of a session."""
    session = _session(request, session_id)
    return pdf_response(request, "paper/note.html", procedure_note, session, session.patient_id, "procedure-note")


@require_http_methods(["GET"])
@permission_required("treatments.print_record", raise_exception=True)
def session_packet(request: HttpRequest, session_id: int) -> HttpResponse:
    """Everything a payer asks for about a session."""
    session = _session(request, session_id)
    return pdf_response(request, "paper/packet.html", audit_packet, session, session.patient_id, "audit-packet")


@require_http_methods(["GET"])
@permission_required("treatments.print_record", raise_exception=True)
def session_after_visit(request: HttpRequest, session_id: int) -> HttpResponse:
    """What the patient takes home; nothing of a session that was voided."""
    session = _session(request, session_id)
    if session.status == InjectionSession.Status.VOIDED:
        messages.error(request, "This session was voided: there is no after-visit sheet of it.")
        return redirect("treatments:session-detail", session_id=session.pk)
    return pdf_response(
        request, "paper/after_visit.html", after_visit_sheet, session, session.patient_id, "after-visit"
    )


@require_http_methods(["GET"])
@permission_required("treatments.print_record", raise_exception=True)
def evaluation_pdf(request: HttpRequest, evaluation_id: int) -> HttpResponse:
    """An evaluation, as it stands."""
    found = get_object_or_404(
        Evaluation.objects.filter(course__in=TreatmentCourse.objects.visible_to(request.user)).select_related(
            "course__patient__site",
            "course__condition",
            "course__site",
            "course__diagnosis",
            "evaluated_by__credential",
            "changed_by",
        ),
        pk=evaluation_id,
    )
    return pdf_response(
        request, "paper/evaluation.html", evaluation_sheet, found, found.course.patient_id, "evaluation"
    )


@require_http_methods(["GET"])
@permission_required("treatments.print_record", raise_exception=True)
def event_medwatch(request: HttpRequest, event_id: int) -> HttpResponse:
    """What the FDA's form 3500 asks about an adverse event, filled from what is on file; kept as a disclosure."""
    event = get_object_or_404(AdverseEvent.objects.visible_to(request.user).for_record(), pk=event_id)
    return pdf_response(
        request,
        "paper/medwatch.html",
        lambda found: medwatch_sheet(found, by=request.user),
        event,
        event.session.patient_id,
        "medwatch-3500",
        action="disclosure",
    )


def _session(request: HttpRequest, session_id: int) -> InjectionSession:
    return get_object_or_404(
        for_paper(InjectionSession.objects.visible_to(request.user).filter(is_outside=False)), pk=session_id
    )


def pdf_response(
    request: HttpRequest,
    template: str,
    contents: Callable[[Any], dict[str, Any]],
    subject: models.Model,
    patient_id: int,
    name: str,
    *,
    action: str = "print",
) -> HttpResponse:
    """The document, kept by no cache; its name on disk says what it is and the record's number, and nobody's name."""
    try:
        pdf = render_pdf(template, contents(subject))
    except PdfUnavailableError as problem:
        return render(request, "paper/unavailable.html", {"problem": str(problem)}, status=503)
    record(action=action, by=request.user, patient_id=patient_id, subject=subject, detail=name)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}-{subject.pk}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
