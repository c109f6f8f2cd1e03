"""Problems after a treatment: told by anybody, seen and judged by a provider."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from audit.actions import record
from audit.models import StaleVersionError
from patients.models import Patient
from treatments.actions.adverse_events import judge_adverse_event, report_adverse_event, see_adverse_event
from treatments.forms.adverse_events import EventForm, ReportForm
from treatments.models import AdverseEvent, InjectionSession
from treatments.rules import toxin_spread


@require_http_methods(["GET", "POST"])
@permission_required("treatments.report_adverse_event", raise_exception=True)
def event_report(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Write down a problem that somebody told of; who may not read sessions passes it on and reads it no more."""
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=patient_id)
    today = patient.site.today()
    sessions = (
        InjectionSession.objects.given()
        .filter(patient=patient, performed_on__lte=today)
        .select_related("provider")
        .order_by("-performed_on", "-pk")
    )
    newest = sessions.first()
    chosen = request.GET.get("session", "")
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        sessions=sessions,
        today=today,
        initial={"session": chosen if chosen.isdecimal() and len(chosen) < 19 else newest},
    )
    if request.method == "POST" and form.is_valid():
        try:
            event = report_adverse_event(
                session=form.cleaned_data["session"],
                words=form.cleaned_data["words"],
                onset_on=form.cleaned_data["onset_on"],
                answers=form.spread_answers(),
                severity=form.cleaned_data["severity"],
                on=today,
                by=request.user,
            )
        except ValidationError as problem:
            form.add_error(None, problem.messages)  # type: ignore[arg-type]
        else:
            if event.is_danger:
                messages.error(request, toxin_spread.EMERGENCY)
            whom = event.provider.name if event.provider else "the providers of this site"
            messages.success(request, f"Passed on to {whom}, who sees it today.")
            if request.user.has_perm("treatments.view_session"):
                return redirect("treatments:event-detail", event_id=event.pk)
            return redirect("clinic:chart", patient_id=patient.pk)
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "treatments/adverse_event_report.html",
        {"patient": patient, "today": today, "form": form, "newest": newest},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@permission_required("treatments.view_session", raise_exception=True)
def event_detail(request: HttpRequest, event_id: int) -> HttpResponse:
    """One event as it was told, and what a provider makes of it."""
    event = get_object_or_404(AdverseEvent.objects.visible_to(request.user).for_record(), pk=event_id)
    may_judge = request.user.has_perm("treatments.review_adverse_event")
    if request.method == "POST" and not may_judge:
        raise PermissionDenied
    today = event.session.site.today()
    form, status = None, 200
    if may_judge:
        form = EventForm(request.POST if request.method == "POST" else None, instance=event, today=today)
    if form is not None and form.is_bound:
        if form.is_valid():
            try:
                judge_adverse_event(
                    event=event, judged=form.judged(), on=today, version=form.cleaned_data["version"], by=request.user
                )
            except StaleVersionError as problem:
                form.show_conflict(problem)
                status = 409
            except ValidationError as problem:
                form.add_errors(problem)
            if not form.errors:
                messages.success(request, "Saved.")
                return redirect("treatments:event-detail", event_id=event.pk)
        status = status if status == 409 else 422
        # A bound form has written what was typed into its row: the page says what is on file.
        event = AdverseEvent.objects.for_record().get(pk=event.pk)
    else:
        record(action="chart-read", by=request.user, patient_id=event.session.patient_id, subject=event)
    return render(
        request,
        "treatments/adverse_event_detail.html",
        {
            "event": event,
            "patient": event.session.patient,
            "today": today,
            "form": form,
            "may_judge": may_judge,
            "emergency": toxin_spread.EMERGENCY if event.is_danger and event.seen_at is None else "",
            "answers": [
                (question.asks, answer)
                for question in toxin_spread.QUESTIONS
                if (answer := event.answers.get(question.key))
            ],
            "unasked": toxin_spread.unasked(event.answers),
            "reported_at": event.session.site.localtime(event.reported_at).replace(tzinfo=None),
            "criteria": [AdverseEvent.Criterion(key).label for key in event.criteria],
        },
        status=status,
    )


@require_POST
@permission_required("treatments.review_adverse_event", raise_exception=True)
def event_seen(request: HttpRequest, event_id: int) -> HttpResponse:
    """A provider has seen it: it leaves My day."""
    event = get_object_or_404(AdverseEvent.objects.visible_to(request.user), pk=event_id)
    see_adverse_event(event=event, by=request.user)
    messages.success(request, "Seen. It stays open until it is written down as recovered.")
    return redirect("clinic:my-day")
