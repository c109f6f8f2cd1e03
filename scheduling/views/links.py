"""Pages behind a patient's link: one appointment, times to choose among, a freed time. Phone first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.link_access import for_patients, sender_name
from messaging.models import PatientLink
from patients.models import Task
from scheduling.actions import by_link
from scheduling.models import Appointment, SlotOffer
from scheduling.offered_times import Wish, offered_times, wall_time
from treatments.models import TreatmentCourse

Purpose, Status = PatientLink.Purpose, Appointment.Status

# What is said to a patient, by what an action refused with; anything else that stands in the way is a taken time.
REFUSALS = {"This time is past.", "This day cannot be chosen."}


def _appointment_of(link: PatientLink) -> Appointment:
    """The appointment the link leads to; one that was moved since leads on to the time that holds."""
    found = get_object_or_404(
        Appointment.objects.select_related("provider", "site", "patient"), pk=link.about_id, patient=link.patient_id
    )
    while found.status == Status.MOVED:
        later = Appointment.objects.select_related("provider", "site", "patient").filter(moved_from=found).first()
        if later is None:
            break
        found = later
    return found


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    link: PatientLink = request.link
    return render(
        request,
        template,
        {"clinic": sender_name(link), "site": link.site, "token": request.resolver_match.kwargs["token"]} | context,
        status=status,
    )


@for_patients(Purpose.APPOINTMENT)
@require_http_methods(["GET", "POST"])
def link_visit(request: HttpRequest, token: str) -> HttpResponse:
    """One appointment: when and where; confirm, cancel, choose another time, ask to be called."""
    appointment = _appointment_of(request.link)
    now = timezone.now()
    problem = ""
    if request.method == "POST":
        press = request.POST.get("press", "")
        note = request.POST.get("note", "").replace("\0", "").strip()[:150]
        try:
            if press == "confirm":
                by_link.confirm_by_link(appointment=appointment, now=now)
            elif press == "cancel":
                by_link.cancel_by_link(appointment=appointment, reason=note, now=now)
            elif press in ("move", "call"):
                kind = Task.Kind.ASKED_TO_MOVE if press == "move" else Task.Kind.ASKED_TO_CALL
                words = "Asks by link for another time." if press == "move" else "Asks by link to be called."
                by_link.ask_by_link(
                    link=request.link, kind=kind, words=words, note=note, about_id=appointment.pk, now=now
                )
            else:
                raise Http404
        except ValidationError as error:
            problem = _words(error)
            appointment = _appointment_of(request.link)  # as it is now: somebody else may have been first
        else:
            return redirect(f"{request.path}?done={press}")
    return _page(
        request,
        "scheduling/link_visit.html",
        {
            "appointment": appointment,
            "is_past": appointment.starts_at <= now,
            "may_answer": appointment.status in (Status.BOOKED, Status.CONFIRMED) and appointment.starts_at > now,
            "done": _still_true(request.GET.get("done", ""), appointment),
            "problem": problem,
        },
        status=409 if problem else 200,
    )


def _still_true(done: str, appointment: Appointment) -> str:
    """What was just done, as long as it holds: "back" and a kept address show this page again later."""
    if done in ("move", "call"):
        return done
    holds = {
        "confirm": appointment.status == Status.CONFIRMED,
        "chosen": appointment.is_active,
        "earlier": appointment.is_active,
    }
    return done if holds.get(done) else ""


@for_patients(Purpose.APPOINTMENT, Purpose.BOOKING)
@require_http_methods(["GET", "POST"])
def link_times(request: HttpRequest, token: str) -> HttpResponse:
    """Times to choose among, never before a repeat is allowed; the diary decides who was first."""
    now = timezone.now()
    wish = _wish(request.link, now=now)
    problem = ""
    if request.method == "POST":
        starts_at = wall_time(request.POST.get("slot", ""))
        if starts_at is None:
            problem = _("Choose one of the times.")
        else:
            try:
                by_link.choose_by_link(link=request.link, wish=wish, starts_at=starts_at, now=now)
            except ValidationError as error:
                if (taken := _leads_on(request.link)) is not None:
                    return _to_visit(token, "chosen" if taken.local_start == starts_at else "earlier")
                problem = _words(error)
            else:
                return _to_visit(token, "chosen")
    looking_from = _day(request.GET.get("from", ""))
    times = offered_times(wish, now=now, looking_from=looking_from)
    return _page(
        request,
        "scheduling/link_times.html",
        {
            "wish": wish,
            "appointment": wish.instead_of,
            "has_page": request.link.purpose == Purpose.APPOINTMENT,
            "times": times,
            "looking_from": looking_from,
            "later": times[-1].day if len(times) > 1 else None,
            "problem": problem,
        },
        status=409 if problem else 200,
    )


@for_patients(Purpose.WAITING_OFFER)
@require_http_methods(["GET", "POST"])
def link_offer(request: HttpRequest, token: str) -> HttpResponse:
    """A freed time offered to somebody who waits: take it or leave it."""
    link: PatientLink = request.link
    offer = get_object_or_404(
        SlotOffer.objects.select_related("entry__patient", "entry__site", "provider", "freed_by__site"),
        pk=link.about_id,
        entry__patient=link.patient_id,
    )
    now = timezone.now()
    problem = ""
    if request.method == "POST":
        try:
            if request.POST.get("press") == "take":
                by_link.take_offer_by_link(link=link, offer=offer, now=now)
                return _to_visit(token, "chosen")
            by_link.decline_offer_by_link(offer=offer, now=now)
        except ValidationError as error:
            if _leads_on(link) is not None:
                return _to_visit(token, "chosen")
            problem = _words(error)
        else:
            return redirect(request.path)
    offer.refresh_from_db(fields=["status"])
    is_open = offer.status == SlotOffer.Status.OFFERED
    start = link.site.localtime(offer.starts_at).replace(tzinfo=None)
    return _page(
        request,
        "scheduling/link_offer.html",
        # That it is gone, the page says by itself.
        {"offer": offer, "start": start, "problem": problem if is_open else "", "is_open": is_open},
        status=409 if problem else 200,
    )


def _to_visit(token: str, done: str) -> HttpResponse:
    response = redirect("scheduling:link-visit", token)
    response["Location"] += f"?done={done}"
    return response


def _leads_on(link: PatientLink) -> Appointment | None:
    """What another press of the same patient has booked, where that one was first; the link leads there now."""
    now = PatientLink.objects.get(pk=link.pk)
    if (now.purpose, now.about_id) == (link.purpose, link.about_id) or now.purpose != Purpose.APPOINTMENT:
        return None
    return _appointment_of(now)


def _wish(link: PatientLink, *, now: datetime) -> Wish:
    if link.purpose == Purpose.APPOINTMENT:
        appointment = _appointment_of(link)
        if appointment.status not in (Status.BOOKED, Status.CONFIRMED, Status.CANCELLED, Status.MISSED):
            raise Http404
        return Wish.of_appointment(appointment)
    course = get_object_or_404(
        TreatmentCourse.objects.select_related("patient", "provider", "site", "condition"),
        pk=link.about_id,
        patient=link.patient_id,
    )
    return Wish.of_course(course, now=now)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _words(error: ValidationError) -> str:
    """What a patient is told: never whose time it is, nor which rule, only what to do now."""
    if set(error.messages) & REFUSALS:
        return " ".join(_(words) for words in error.messages if words in REFUSALS)
    return _("This time cannot be had any more. Choose another one, or call us.")
