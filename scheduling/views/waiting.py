from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.actions import record
from patients.models import Patient
from scheduling import actions
from scheduling.forms import FreedTimeForm, WaitingFilterForm, WaitingForm
from scheduling.lengths import usual_minutes
from scheduling.models import Appointment, SlotOffer, WaitingEntry
from scheduling.rules.waiting import weekday_words
from scheduling.telling import telling_of, told_words
from scheduling.waiting import candidates_for, freed_problem, usual_last_day
from treatments.models import TreatmentCourse

PAGE = 50  # rows
JUST_WITHDRAWN = "just_withdrawn_entry"
USUAL_WAIT = timedelta(days=28)


@require_http_methods(["GET"])
@permission_required("scheduling.view_waiting", raise_exception=True)
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Who waits for an earlier or another time, urgent first, then the longest waiting."""
    filters = WaitingFilterForm(request.GET, sites=request.sites, here=request.site)  # type: ignore[attr-defined]
    now = timezone.now()
    withdrawn = None
    if withdrawn_id := request.session.pop(JUST_WITHDRAWN, None):
        taken_off = WaitingEntry.objects.visible_to(request.user).select_related("patient")  # type: ignore[arg-type]
        withdrawn = taken_off.filter(pk=withdrawn_id, status=WaitingEntry.Status.WITHDRAWN).first()
    today = request.site.today(now=now) if request.site else now.date()  # type: ignore[attr-defined]
    entries = WaitingEntry.objects.visible_to(request.user).filter(site__in=filters.sites)  # type: ignore[arg-type]
    if filters.chosen_provider is not None:
        entries = entries.filter(provider__in=[filters.chosen_provider]) | entries.filter(provider=None)
    if filters.shown == "ended":
        entries = entries.filter(status=WaitingEntry.Status.WAITING, latest_on__lt=today)
        order = ["-latest_on", "-id"]
    elif filters.shown:
        entries, order = entries.filter(status=filters.shown), ["-id"]
    else:
        entries, order = entries.open(on=today), ["-is_urgent", "created_at", "id"]
    after = _number(request.GET.get("after"))
    edge = entries.filter(pk=after).first() if after else None
    rows: list[Any] = list(
        (entries.filter(_behind(edge, order)) if edge else entries).order_by(*order).for_list()[: PAGE + 1]
    )
    for row in rows:
        row.waited_since = row.site.localtime(row.created_at).date()
        row.weekday_words = weekday_words(row.weekdays)
    return render(
        request,
        "scheduling/waiting_list.html",
        {
            "filters": filters,
            "entries": rows[:PAGE],
            "withdrawn": withdrawn,
            "after": after,
            "here": urlencode(
                {"show": filters.shown, **{name: filters[name].value() for name in ("site", "provider")}}
            ),
            "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
            "today": today,
            "several_sites": len(filters.sites) > 1,
        },
    )


def _behind(edge: WaitingEntry, order: list[str]) -> Q:
    """The rows that come after this one in that order."""
    found, same = Q(), Q()
    for name in order:
        field, value = name.removeprefix("-"), getattr(edge, name.removeprefix("-"))
        found |= same & Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        same &= Q(**{field: value})
    return found


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.work_waiting", raise_exception=True)
def waiting_create(request: HttpRequest) -> HttpResponse:
    """Put `?patient=`, `?course=` or whoever has the appointment `?instead_of=` on the waiting list."""
    params = request.POST if request.method == "POST" else request.GET
    if not any(params.get(name) for name in ("patient", "course", "instead_of")):
        return render(request, "scheduling/appointment_find.html")
    now = timezone.now()
    patient, asked, instead_of = _whom(request, params)
    today = patient.site.today(now=now)
    courses = list(
        TreatmentCourse.objects.filter(patient=patient, closed_on=None)
        .select_related("condition", "site")
        .order_by("id")
    )
    form = WaitingForm(
        request.POST if request.method == "POST" else None,
        sites=request.sites,  # type: ignore[attr-defined]
        courses=courses,
        instead_of=instead_of,
        initial=_initial(request, patient, asked or (courses[0] if courses else None), instead_of, today),
    )
    if request.method == "POST" and form.is_valid() and _added(request, form, patient, instead_of, now):
        until = form.cleaned_data["latest_on"]
        messages.success(request, f"{patient.name} is on the waiting list until {until:%-d %B %Y}.")
        if instead_of is not None:
            return redirect("scheduling:appointment-detail", instead_of.pk)
        return redirect("scheduling:waiting-list")
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    context = {
        "form": form,
        "patient": patient,
        "age": patient.age(on=today),
        "course": asked,
        "instead_of": instead_of,
        "today": today,
    }
    return render(request, "scheduling/waiting_create.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["POST"])
@permission_required("scheduling.work_waiting", raise_exception=True)
def waiting_withdraw(request: HttpRequest, entry_id: int) -> HttpResponse:
    entry = get_object_or_404(
        WaitingEntry.objects.visible_to(request.user).select_related("patient"),  # type: ignore[arg-type]
        pk=entry_id,
    )
    actions.withdraw_entry(entry=entry, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    request.session[JUST_WITHDRAWN] = entry.pk
    return redirect("scheduling:waiting-list")


@require_http_methods(["POST"])
@permission_required("scheduling.work_waiting", raise_exception=True)
def waiting_put_back(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Undo taking somebody off the list."""
    entry = get_object_or_404(
        WaitingEntry.objects.visible_to(request.user).select_related("patient", "site"),  # type: ignore[arg-type]
        pk=entry_id,
    )
    try:
        actions.put_entry_back(entry=entry, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{entry.patient.name} is on the waiting list again.")
    return redirect("scheduling:waiting-list")


@require_http_methods(["GET"])
@permission_required("scheduling.view_waiting", raise_exception=True)
def freed_detail(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """A time that is free again, and who waits for one like it: those whom it fits first, each with the reasons."""
    return _freed(request, _freed_of(request, appointment_id))


@require_http_methods(["POST"])
@permission_required("scheduling.work_waiting", raise_exception=True)
def freed_work(request: HttpRequest, appointment_id: int, entry_id: int) -> HttpResponse:
    """Offer the time to somebody who waits, keep their no, or book it for them."""
    freed = _freed_of(request, appointment_id)
    entry = get_object_or_404(
        WaitingEntry.objects.visible_to(request.user).filter(site=freed.site_id).for_list(),  # type: ignore[arg-type]
        pk=entry_id,
    )
    now, user, wanted = timezone.now(), request.user, request.POST.get("do", "")
    form = FreedTimeForm(request.POST)
    try:
        if wanted == "book":
            if not form.is_valid():
                raise ValidationError([words for told in form.errors.values() for words in told])
            notify = form.cleaned_data["notify"]
            booked = actions.book_freed_time(
                entry=entry,
                freed=freed,
                override_reason=form.cleaned_data["override_reason"],
                by=user,  # type: ignore[arg-type]
                now=now,
                notify=notify,
            )
            told = told_words(booked, now=now) if notify else ""
            words = f"Booked for {entry.patient.name}. Nobody else is offered this time any more. {told}"
            messages.success(request, words.strip())
            return redirect("scheduling:appointment-detail", booked.pk)
        if wanted == "offer":
            _, is_sent = actions.offer_time(entry=entry, freed=freed, by=user, now=now)  # type: ignore[arg-type]
            messages.success(
                request,
                f"Offered to {entry.patient.name}: a message goes out."
                if is_sent
                else f"Noted as offered. No message can go to {entry.patient.name}: call.",
            )
        elif wanted == "declined":
            offer = get_object_or_404(SlotOffer, entry=entry, freed_by=freed)
            actions.decline_offer(offer=offer, by=user, now=now)  # type: ignore[arg-type]
            messages.success(request, f"Noted: {entry.patient.name} does not want this time and goes on waiting.")
        else:
            raise Http404("Unknown press")
    except ValidationError as error:
        return _freed(request, freed, problem=" ".join(error.messages), refused=(entry, form, error), status=409)
    return redirect("scheduling:freed-detail", freed.pk)


def _freed_of(request: HttpRequest, appointment_id: int) -> Appointment:
    return get_object_or_404(
        Appointment.objects.filter(site__in=request.sites).select_related("site", "provider", "room"),  # type: ignore[attr-defined]
        pk=appointment_id,
    )


def _freed(
    request: HttpRequest,
    freed: Appointment,
    *,
    problem: str = "",
    refused: tuple[WaitingEntry, FreedTimeForm, ValidationError] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a freed time. What was `refused` for somebody keeps their tick as it was left, and asks whoever may
    set a rule aside for the reason where that alone stands against it.
    """
    now = timezone.now()
    today = freed.site.today(now=now)
    wrong = getattr(refused[2], "error_dict", {}) if refused else {}
    may_reason = set(wrong) == {"override_reason"} and actions.may_override(request.user)  # type: ignore[arg-type]
    closed = freed_problem(freed, now=now)
    candidates = candidates_for(freed, now=now) if closed is None else []
    offers = SlotOffer.objects.filter(freed_by=freed).select_related("entry__patient", "offered_by").order_by("id")
    return render(
        request,
        "scheduling/freed_detail.html",
        {
            "freed": freed,
            "today": today,
            "closed": closed,
            "fitting": [
                {
                    "candidate": one,
                    "telling": telling_of(one.entry.patient, on=today, said=one.entry.consents_said),  # type: ignore[attr-defined]
                    "form": refused[1] if refused and refused[0].pk == one.entry.pk else FreedTimeForm(),
                    "asks_reason": may_reason and refused is not None and refused[0].pk == one.entry.pk,
                }
                for one in candidates
                if one.fits
            ],
            "others": [one for one in candidates if not one.fits],
            "offers": offers if closed is not None else [],
            "problem": problem,
        },
        status=status,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0


def _whom(request: HttpRequest, params: QueryDict) -> tuple[Patient, TreatmentCourse | None, Appointment | None]:
    user: Any = request.user
    if params.get("instead_of"):
        visits = Appointment.objects.visible_to(user).active().for_list()
        visit = get_object_or_404(visits.filter(site__in=request.sites), pk=_number(params["instead_of"]))  # type: ignore[attr-defined]
        return visit.patient, visit.courses.first(), visit
    if params.get("course"):
        courses = TreatmentCourse.objects.visible_to(user).for_list().select_related("patient__site")
        course = get_object_or_404(courses, pk=_number(params["course"]))
        return course.patient, course, None
    patients = Patient.objects.visible_to(user).select_related("site")
    return get_object_or_404(patients, pk=_number(params.get("patient"))), None, None


def _initial(
    request: HttpRequest,
    patient: Patient,
    course: TreatmentCourse | None,
    instead_of: Appointment | None,
    today: date,
) -> dict[str, Any]:
    """What is usual: the visit's own kind and length, from the first allowed day to the end of the window."""
    kind = instead_of.kind if instead_of else request.GET.get("kind") or ("session" if course else "consultation")
    kind = kind if kind in Appointment.Kind.values else Appointment.Kind.CONSULTATION
    site = instead_of.site if instead_of else course.site if course else patient.site
    earliest = today
    if kind == Appointment.Kind.SESSION and course is not None and course.eligible_on is not None:
        earliest = max(today, course.eligible_on)
    latest = usual_last_day(course, instead_of, today=today)
    return {
        "kind": kind,
        "course": course,
        "site": site,
        "provider": instead_of.provider if instead_of else course.provider_id if course else None,
        "minutes": instead_of.minutes
        if instead_of
        else usual_minutes(site=site, kind=kind, courses=[course] if course else []),
        "earliest_on": earliest,
        "latest_on": latest if latest is not None and latest >= earliest else earliest + USUAL_WAIT,
    }


def _added(
    request: HttpRequest, form: WaitingForm, patient: Patient, instead_of: Appointment | None, now: datetime
) -> bool:
    values = dict(form.cleaned_data)
    if instead_of is not None:
        values |= {"kind": instead_of.kind, "site": instead_of.site, "course": instead_of.courses.first()}
    try:
        actions.add_waiting_entry(patient=patient, instead_of=instead_of, by=request.user, now=now, **values)  # type: ignore[arg-type]
    except ValidationError as error:
        for name, problems in error.error_dict.items() if hasattr(error, "error_dict") else [(None, error)]:
            form.add_error(name if name in form.fields else None, problems)
        return False
    return True
