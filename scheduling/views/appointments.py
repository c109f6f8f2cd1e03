from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.actions import record
from audit.models import StaleVersionError
from scheduling import actions
from scheduling.cancelled import cancelled_words, who_cancelled
from scheduling.conflicts import remarks_on
from scheduling.forms import CancelForm, MoveForm
from scheduling.forms.placing import undo_of
from scheduling.models import Appointment, Room
from scheduling.offered_times import Wish, offered_times
from scheduling.reminders import was_told
from scheduling.rules.visits import INACTIVE, status_problem
from scheduling.telling import telling_of, told_words
from scheduling.views.recalls import back_to_list, list_response, list_url

JUST_MOVED = "just_moved_appointment"
PRESSES = [
    status for status in Appointment.Status if status not in (Appointment.Status.CANCELLED, Appointment.Status.MOVED)
]


def _appointment_of(request: HttpRequest, appointment_id: int) -> Appointment:
    appointments = Appointment.objects.visible_to(request.user).for_list()  # type: ignore[arg-type]
    return get_object_or_404(
        appointments.select_related("created_by", "moved_from__site", "moved_from__provider", "planned_with__site"),
        pk=appointment_id,
    )


@require_http_methods(["GET"])
@permission_required("scheduling.view_appointments", raise_exception=True)
def appointment_detail(request: HttpRequest, appointment_id: int) -> HttpResponse:
    appointment = _appointment_of(request, appointment_id)
    if (
        appointment.plan_step
        and appointment.follow_up_id is None
        and actions.attach_follow_ups(patients=[appointment.patient_id])
    ):
        appointment = _appointment_of(request, appointment_id)
    record(action="chart-read", by=request.user, patient_id=appointment.patient_id, subject=appointment)
    return _detail(request, appointment, CancelForm(), said=_just_moved(request, appointment))


def _just_moved(request: HttpRequest, appointment: Appointment) -> dict[str, Any] | None:
    """What is said once above a visit that was moved by the form: where to, who is told, and the way back."""
    moved = request.session.pop(JUST_MOVED, None)
    before = appointment.moved_from
    if moved is None or moved["pk"] != appointment.pk or before is None:
        return None
    told = told_words(appointment, now=timezone.now()) if moved["notify"] else ""
    return {
        "words": f"Moved to {appointment.when_words}. {told}".strip(),
        "undo": undo_of(appointment, before=before) if _may_move(appointment) else None,
    }


def _may_move(appointment: Appointment) -> bool:
    return appointment.status in (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED)


def _detail(
    request: HttpRequest, appointment: Appointment, form: CancelForm, *, said: dict[str, Any] | None = None
) -> HttpResponse:
    now = timezone.now()
    today = appointment.site.today(now=now)
    courses = list(appointment.courses.all())
    is_over, is_cancelled = appointment.status in INACTIVE, appointment.status == Appointment.Status.CANCELLED
    together = list(
        appointment.planned_follow_ups.exclude(status__in=INACTIVE).select_related("site").order_by("starts_at")
    )
    return render(
        request,
        "scheduling/appointment_detail.html",
        {
            "appointment": appointment,
            "patient": appointment.patient,
            "age": appointment.patient.age(on=today),
            "courses": courses,
            "today": today,
            "form": form,
            "said": said,
            "cancelled_words": cancelled_words(appointment, by=who_cancelled(appointment)) if is_cancelled else "",
            "now": now,
            "telling": telling_of(appointment.patient, on=today) if appointment.is_active else None,
            "booked_on": appointment.site.localtime(appointment.created_at).date(),
            "presses": presses_of(appointment, now=now) if not is_over or appointment.status == "missed" else [],
            "may_move": _may_move(appointment),
            "remarks": remarks_on(appointment, courses) if not is_over else [],
            "moved_from": appointment.moved_from,
            "moved_to": Appointment.objects.filter(moved_from=appointment).select_related("site").first(),
            "together": together,
            "free_again": is_over and appointment.starts_at > now,
            "may_take_back": is_cancelled and appointment.starts_at > now,
        },
        status=422 if form.is_bound else 200,
    )


def presses_of(appointment: Appointment, *, now: datetime) -> list[dict[str, object]]:
    """The statuses as buttons, in the order of the day; those that cannot follow now are not offered."""
    current = appointment.shown_status
    locked = current != appointment.status
    today, has_started = appointment.site.today(now=now), appointment.starts_at <= now

    def problem(new: str) -> str | None:
        return status_problem(current=current, new=new, on=appointment.on, today=today, has_started=has_started)

    return [
        {
            "key": status.value,
            "words": status.label,
            "is_current": status == current,
            "may": not locked and problem(status) is None,
        }
        for status in PRESSES
    ]


@require_http_methods(["POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_status(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """One press on a status; answers with the day, or the appointment's page when it was pressed there."""
    from scheduling.views.calendar import day_response, day_url

    appointment = _appointment_of(request, appointment_id)
    problem = ""
    try:
        status, room = request.POST.get("status", ""), request.POST.get("room", "")
        now, by = timezone.now(), request.user
        if status == Appointment.Status.IN_ROOM and room.isdecimal() and len(room) < 19:
            rooms = Room.objects.filter(site=appointment.site)
            actions.seat_patient(appointment=appointment, room=get_object_or_404(rooms, pk=room), by=by, now=now)  # type: ignore[arg-type]
        else:
            actions.set_status(appointment=appointment, status=status, by=by, now=now)  # type: ignore[arg-type]
    except ValidationError as error:
        problem = " ".join(error.messages)
    view = request.POST.get("view", "")
    if appointment.site_id not in {site.pk for site in request.sites}:  # type: ignore[attr-defined]
        # Someone who may see this one visit of a patient may not see that site's whole day.
        view = ""
    if request.htmx and view in ("day", "arrivals"):
        return day_response(
            request,
            site=appointment.site,
            day=appointment.on,
            view=view,
            problem=problem,
            status=409 if problem else 200,
        )
    if problem:
        messages.error(request, problem)
    if view in ("day", "arrivals"):
        return redirect(day_url(appointment.on, view))
    return redirect("scheduling:appointment-detail", appointment.pk)


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_move(request: HttpRequest, appointment_id: int) -> HttpResponse:
    appointment = _appointment_of(request, appointment_id)
    may_override = actions.may_override(request.user)  # type: ignore[arg-type]
    now = timezone.now()
    form = MoveForm(request.POST or None, appointment=appointment, may_override=may_override)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            moved = actions.move_appointment(
                appointment=appointment,
                starts_at=cleaned["starts_at"],
                minutes=cleaned["minutes"],
                provider=cleaned["provider"],
                room=cleaned["room"],
                override_reason=cleaned.get("override_reason", ""),
                note=cleaned["note"],
                version=cleaned["version"],
                by=request.user,  # type: ignore[arg-type]
                now=now,
                notify=cleaned["notify"],
            )
        except ValidationError as error:
            form.show_refusal(error)
        except StaleVersionError as error:
            current = _appointment_of(request, error.current.pk)
            form.add_error(None, _changed_words(current))
            fresh = request.POST.copy()
            fresh["version"] = str(current.version)
            form.data = fresh
        else:
            if moved.pk == appointment.pk:
                messages.success(request, f"Saved. The visit stays at {moved.when_words}.")
            else:
                request.session[JUST_MOVED] = {"pk": moved.pk, "notify": cleaned["notify"]}
            _tell_of_follow_ups(request, moved)
            return redirect("scheduling:appointment-detail", moved.pk)
    record(action="chart-read", by=request.user, patient_id=appointment.patient_id, subject=appointment)
    return render(
        request,
        "scheduling/appointment_move.html",
        {
            "times": offered_times(Wish.of_appointment(appointment), now=now)[:12],
            "telling": telling_of(appointment.patient, on=appointment.site.today(now=now)),
            "appointment": appointment,
            "patient": appointment.patient,
            "courses": list(appointment.courses.all()),
            "today": appointment.site.today(now=now),
            "form": form,
        },
        status=422 if form.is_bound else 200,
    )


def _changed_words(current: Appointment) -> str:
    """What somebody else did to a visit meanwhile, and what may be done now; one that is over is not moved again."""
    if _may_move(current):
        now = f"It is now {current.when_words}, {current.get_status_display()}."
        return (
            f"Someone else changed this appointment while you were editing. {now} Save again to put yours in its place."
        )
    later = Appointment.objects.filter(moved_from=current).select_related("site", "provider").first()
    if later is not None:
        return f"Someone else moved this appointment meanwhile, to {later.when_words}. Move that one."
    return f"This appointment is {current.get_status_display()} meanwhile and cannot be moved."


@require_http_methods(["POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_cancel(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Cancel with a reason; `back` gives the recall list again, for the undo that stands there after booking."""
    appointment = _appointment_of(request, appointment_id)
    back = back_to_list(request)
    sent = request.POST.copy()
    if back is not None:
        # The undo of a booking made a moment ago.
        sent.setdefault("cancelled_by", Appointment.CancelledBy.CLINIC)
        # Whoever has not heard of it yet need not hear that it is off.
        if was_told(appointment):
            sent["notify"] = "on"
    form = CancelForm(sent)
    now, cancelled = timezone.now(), appointment
    if form.is_valid():
        try:
            cancelled = actions.cancel_appointment(
                appointment=appointment,
                reason=form.cleaned_data["reason"],
                cancelled_by=form.cleaned_data["cancelled_by"],
                by=request.user,  # type: ignore[arg-type]
                now=now,
                notify=form.cleaned_data["notify"],
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
    if form.errors:
        if back is not None and request.htmx:
            words = " ".join(problem for problems in form.errors.values() for problem in problems)
            return list_response(request, back, problem=words, status=409)
        return _detail(request, appointment, form)
    if cancelled.status_since != now and (words := _cancelled_otherwise(cancelled, form, by=request.user)):
        if back is not None and request.htmx:
            return list_response(request, back, problem=words, status=409)
        messages.warning(request, words)
        return redirect("scheduling:appointment-detail", appointment.pk)
    said = f"Cancelled: {appointment.patient.name}, {appointment.time_words}."
    if form.cleaned_data["notify"] and cancelled.starts_at > now:
        said = f"{said} {told_words(cancelled, now=now)}"
    if back is not None:
        if request.htmx:
            return list_response(request, back, said=said, cancelled=appointment)
        messages.success(request, said)
        return redirect(list_url(back.urlencode()))
    messages.success(request, said)
    _tell_of_follow_ups(request, appointment)
    return redirect("scheduling:appointment-detail", appointment.pk)


def _cancelled_otherwise(standing: Appointment, form: CancelForm, *, by: Any) -> str:
    """Whose reason stands where a visit was cancelled before; nothing where the same person said the same twice."""
    who, mine = who_cancelled(standing), form.cleaned_data
    said = (standing.cancelled_reason, standing.cancelled_by)
    if who == by and said == (mine["reason"].strip(), mine["cancelled_by"]):
        return ""
    return (
        f"It was cancelled already: {cancelled_words(standing, by=who)}. “{standing.cancelled_reason}” "
        f"({standing.get_cancelled_by_display().lower()}) stands; your “{mine['reason'].strip()}” was not kept."
    )


@require_http_methods(["POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_take_back(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Let a cancelled visit stand again, where its time is still free."""
    appointment = _appointment_of(request, appointment_id)
    back = back_to_list(request)
    said = problem = ""
    try:
        actions.take_back_cancel(appointment=appointment, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        start = appointment.local_start
        said = f"Stands again: {appointment.patient.name}, {start:%a} {start.day} {start:%b}, {appointment.time_words}."
    except ValidationError as error:
        problem = " ".join(error.messages)
    if back is not None and request.htmx:
        return list_response(request, back, said=said, problem=problem, status=409 if problem else 200)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, said)
    return redirect("scheduling:appointment-detail", appointment.pk)


@require_http_methods(["POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_follow_ups(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Move or cancel the follow-ups that were booked with a session, after the session itself moved or fell away."""
    appointment = _appointment_of(request, appointment_id)
    now = timezone.now()
    if request.POST.get("do") == "cancel":
        outcomes = actions.cancel_follow_ups(
            visit=appointment,
            reason="The session they follow was cancelled",
            cancelled_by=appointment.cancelled_by or Appointment.CancelledBy.CLINIC,
            by=request.user,  # type: ignore[arg-type]
            now=now,
        )
    else:
        outcomes = actions.move_follow_ups(visit=appointment, by=request.user, now=now)  # type: ignore[arg-type]
    for outcome in outcomes:
        (messages.success if outcome.appointment else messages.warning)(request, outcome.words)
    return redirect("scheduling:appointment-detail", appointment.pk)


def _tell_of_follow_ups(request: HttpRequest, visit: Appointment) -> None:
    if visit.planned_follow_ups.exclude(status__in=INACTIVE).exists():
        messages.warning(request, "Follow-ups were booked with it and still stand: see below.")
