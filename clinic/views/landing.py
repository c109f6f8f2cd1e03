"""Where each person lands, and the provider's day."""

from __future__ import annotations

from datetime import datetime, time

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Role
from patients.models import Patient
from scheduling.actions import link_session
from scheduling.models import Appointment
from treatments.actions.sessions import start_session
from treatments.models import AdverseEvent, FollowUp, InjectionSession
from treatments.rules import toxin_spread

LANDING = {
    Role.PROVIDER: "clinic:my-day",
    Role.TRAINEE: "clinic:my-day",
    Role.FRONT_DESK: "scheduling:recall-list",
    Role.ADMINISTRATOR: "outcomes:review",
}
MOST_FOLLOW_UPS = 12
MOST_EVENTS = 20


@require_http_methods(["GET"])
def home(request: HttpRequest) -> HttpResponse:
    """The first page of a person's main role."""
    for role, page in LANDING.items():
        if role in request.user.roles:
            return redirect(page)
    return render(request, "clinic/no_role.html", status=403)


@require_http_methods(["GET"])
@permission_required("treatments.chart_session", raise_exception=True)
def my_day(request: HttpRequest) -> HttpResponse:
    """Today's patients of this provider at this site, their unsigned drafts, and follow-ups whose day has come."""
    site = request.site
    if site is None:
        return render(request, "clinic/no_role.html", status=403)
    today = site.today()
    appointments = (
        Appointment.objects.visible_to(request.user)
        .on_day(site=site, day=today)
        .filter(provider=request.user)
        .for_list()
        .order_by("starts_at", "id")
    )
    drafts = InjectionSession.objects.visible_to(request.user).drafts().filter(provider=request.user).for_list()
    due = (
        FollowUp.objects.visible_to(request.user)
        .due(on=today)
        .of(request.user)
        .for_list()
        .order_by("due_on", "id")[: MOST_FOLLOW_UPS + 1]
    )
    found = list(due)
    day_began = datetime.combine(today, time(0), site.zone())
    events = (
        list(
            AdverseEvent.objects.waiting_for(request.user, day_began=day_began)
            .most_urgent_first()
            .for_list()[: MOST_EVENTS + 1]
        )
        if request.user.has_perm("treatments.review_adverse_event")
        else []
    )
    return render(
        request,
        "clinic/my_day.html",
        {
            "today": today,
            "zone": site.zone(),
            "events": events[:MOST_EVENTS],
            "more_events": len(events) > MOST_EVENTS,
            "emergency": toxin_spread.EMERGENCY if any(event.is_danger for event in events) else "",
            "appointments": appointments,
            "drafts": drafts[:20],
            "waiting": InjectionSession.objects.visible_to(request.user).unsigned_for(request.user).count(),
            "follow_ups": found[:MOST_FOLLOW_UPS],
            "more_follow_ups": len(found) > MOST_FOLLOW_UPS,
        },
    )


@require_POST
@permission_required("treatments.chart_session", raise_exception=True)
def start_from_appointment(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Open the draft of a booked visit, making it at the first press and finding it at the next."""
    appointment = get_object_or_404(Appointment.objects.visible_to(request.user).active().for_list(), pk=appointment_id)
    get_object_or_404(Patient.objects.visible_to(request.user), pk=appointment.patient_id)
    if appointment.session is not None and appointment.session.status != InjectionSession.Status.VOIDED:
        return redirect("treatments:session-chart", session_id=appointment.session_id)
    written_again = InjectionSession.objects.filter(replaces=appointment.session_id or 0).first()
    if written_again is not None:
        link_session(appointment=appointment, session=written_again, by=request.user)
        return redirect("treatments:session-chart", session_id=written_again.pk)
    try:
        with transaction.atomic():
            session = start_session(
                patient=appointment.patient,
                site=appointment.site,
                courses=appointment.courses.all(),
                on=appointment.site.today(),
                by=request.user,
            )
            link_session(appointment=appointment, session=session, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("clinic:chart", patient_id=appointment.patient_id)
    return redirect("treatments:session-chart", session_id=session.pk)
