from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from audit.models import StaleVersionError
from scheduling import actions
from scheduling.forms import DayForm
from scheduling.forms.placing import PlaceForm, undo_of
from scheduling.models import Appointment
from scheduling.reminders import was_told
from scheduling.rules.visits import INACTIVE
from scheduling.telling import told_of, told_words
from scheduling.views.calendar import day_response, day_url


@require_http_methods(["POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_place(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """A visit was dragged to another place of the calendar, or is put back: the diary decides, and says why not.

    Answers with what was shown (view, day and providers of the address), where a refused visit stands as before; with
    the visit's own page where the view is "detail".
    """
    appointments = Appointment.objects.visible_to(request.user).for_list()  # type: ignore[arg-type]
    appointment = get_object_or_404(appointments, pk=appointment_id)
    form = PlaceForm(request.POST, appointment=appointment)
    if not form.is_valid():
        return _answer(request, appointment, refused=_refused(request, appointment, [form.words]), status=422)
    cleaned = form.cleaned_data
    now = timezone.now()
    # Put back where it was, nobody is told who was not told that it moved.
    notify = bool(was_told(appointment)) if "undo" in request.POST else cleaned["notify"]
    try:
        moved = actions.move_appointment(
            appointment=appointment,
            starts_at=cleaned["starts_at"],
            minutes=cleaned["minutes"],
            provider=cleaned["provider"],
            room=form.chosen_room,
            override_reason=cleaned["override_reason"],
            note=form.chosen_note,
            version=cleaned["version"],
            by=request.user,  # type: ignore[arg-type]
            now=now,
            notify=notify,
        )
    except ValidationError as error:
        return _answer(request, appointment, refused=_refused(request, appointment, error), status=422)
    except StaleVersionError:
        current = get_object_or_404(
            appointments.select_related("moved_to__site", "moved_to__provider"), pk=appointment_id
        )
        problems = [f"Someone else changed this appointment meanwhile: {_now(current)}"]
        return _answer(request, current, refused=_refused(request, current, problems), status=409)
    said = _said(appointment, moved, may_undo="undo" not in request.POST)
    if moved.pk != appointment.pk and moved.starts_at > now:
        said |= _told(moved, now)
        if notify:
            said["words_told"] = told_words(moved, now=now)
    return _answer(request, moved, said=said)


@require_http_methods(["POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_tell(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """The tick beside what was just done in the calendar: the patient is told of it (`notify`), or not after all."""
    appointments = Appointment.objects.visible_to(request.user).for_list()  # type: ignore[arg-type]
    appointment = get_object_or_404(appointments, pk=appointment_id)
    now = timezone.now()
    actions.tell_of_visit(
        appointment=appointment,
        tells="notify" in request.POST,
        by=request.user,  # type: ignore[arg-type]
        now=now,
    )
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("scheduling:appointment-detail", appointment.pk)
    return render(request, "scheduling/_tell_of_it.html", {"said": _told(appointment, now)})


def _told(appointment: Appointment, now: datetime) -> dict[str, Any]:
    return {
        "pk": appointment.pk,
        "told": told_of(appointment, now=now),
        "tell_url": reverse("scheduling:appointment-tell", args=[appointment.pk]),
    }


def _now(appointment: Appointment) -> str:
    if appointment.status == Appointment.Status.MOVED and hasattr(appointment, "moved_to"):
        return f"it was moved to {appointment.moved_to.when_words}."
    return f"it is now {appointment.when_words}, {appointment.get_status_display()}."


def _said(before: Appointment, moved: Appointment, *, may_undo: bool) -> dict[str, Any]:
    if moved.pk == before.pk:
        return {"pk": moved.pk, "words": f"{moved.patient.name} stays at {moved.when_words}."}
    said: dict[str, Any] = {"pk": moved.pk, "words": f"{moved.patient.name}: moved to {moved.when_words}."}
    if moved.planned_follow_ups.exclude(status__in=INACTIVE).exists():
        said["follow_ups_url"] = reverse("scheduling:appointment-detail", args=[moved.pk])
    if may_undo:
        said["undo"] = undo_of(moved, before=before)
    return said


def _refused(request: HttpRequest, appointment: Appointment, error: ValidationError | list[str]) -> dict[str, Any]:
    """Every reason in words, and what else may be done: without the room, with a reason, another time."""
    by_field: dict[str, list[str]] = {}
    if isinstance(error, ValidationError):
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        problems = [words for told in by_field.values() for words in told]
    else:
        problems = error
    wanted = {name: value for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "view")}
    return {
        "pk": appointment.pk,
        "words": f"Not moved. {appointment.patient.name} stays at {appointment.when_words}."
        if appointment.is_active
        else f"Not moved: {appointment.patient.name}.",
        "problems": list(dict.fromkeys(problems)),
        "wanted": wanted,
        "url": reverse("scheduling:appointment-place", args=[appointment.pk]),
        "other_url": reverse("scheduling:appointment-move", args=[appointment.pk]) if appointment.is_active else "",
        "without_room": set(by_field) == {"room"},
        "with_reason": set(by_field) == {"override_reason"} and actions.may_override(request.user),  # type: ignore[arg-type]
    }


def _answer(
    request: HttpRequest,
    appointment: Appointment,
    *,
    said: dict[str, Any] | None = None,
    refused: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    form = DayForm(request.GET)
    day = (form.cleaned_data.get("day") if form.is_valid() else None) or appointment.on
    view = request.GET.get("view", "day")
    is_theirs = appointment.site_id in {site.pk for site in request.sites}  # type: ignore[attr-defined]
    if request.htmx and is_theirs:  # type: ignore[attr-defined]
        return day_response(
            request, site=appointment.site, day=day, view=view, said=said, refused=refused, status=status
        )
    if said is not None:
        messages.success(request, f"{said['words']} {said.get('words_told', '')}".strip())
    if refused is not None:
        messages.error(request, " ".join([refused["words"], *refused["problems"]]))
    is_on_the_day = is_theirs and view != "detail"
    url = day_url(day, view) if is_on_the_day else reverse("scheduling:appointment-detail", args=[appointment.pk])
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]
