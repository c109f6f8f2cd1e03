from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from accounts.models import Site
from audit.actions import record
from messaging.actions.queue import consents_said
from patients.models import Patient
from scheduling import actions
from scheduling.actions.together import PlannedStep, steps_for
from scheduling.forms import BookingForm, BookingOptionsForm
from scheduling.free_times import FreeTime, fitting_times
from scheduling.models import Appointment
from scheduling.ready import ready_lights, ready_papers
from scheduling.rules.recalls import state_words
from scheduling.rules.slots import Search, searches_for
from scheduling.telling import telling_of, told_words
from scheduling.views.recalls import JUST_BOOKED, back_to_list, list_response, list_url
from scheduling.views.wanted import keep_wanted, wanted_time, with_wanted
from treatments.authorizations import authorized_spans
from treatments.models import FollowUp, TreatmentCourse
from treatments.rules.windows import State, next_booked

Kind = Appointment.Kind
MOST_DAYS_AHEAD = 3 * 365  # that a search for free times may begin


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.book", raise_exception=True)
def appointment_create(request: HttpRequest) -> HttpResponse:
    """Book a visit for `?patient=` or `?course=`: first free times to press, or any other time by form.

    Opened from the recall list (`back`) it stands beside the list, and booking there gives the list again.
    """
    params: QueryDict = request.POST if request.method == "POST" else request.GET
    if not params.get("course") and not params.get("patient"):
        return render(request, "scheduling/appointment_find.html", {"wanted": keep_wanted(request)})
    wanted = wanted_time(request)
    if wanted is not None:
        params = with_wanted(params, wanted)
    now = timezone.now()
    patient, courses = _whom(request, params, now)
    asked = courses[0] if params.get("course") else None
    said = courses[0].consents_said if courses else None
    courses = [course for course in courses if course.state_now != State.CLOSED]
    kind = params.get("kind") or (Kind.SESSION if courses else Kind.CONSULTATION)
    if kind not in Kind.values:
        raise Http404("Unknown kind of visit")
    # A follow-up names its course; a session or consultation chooses among them, the one asked for first.
    offered = courses if kind != Kind.FOLLOW_UP else []
    treated = courses[0] if courses and kind == Kind.SESSION else None
    back = back_to_list(request)
    sites: list[Site] = request.sites  # type: ignore[attr-defined]
    options = BookingOptionsForm(
        params,
        sites=sites,
        usual_site=_usual_site(sites, treated, patient),
        usual_provider_id=courses[0].provider_id if courses else None,
        kind=kind,
        treated=treated,
    )
    site = options.chosen_site
    if request.method == "POST" and params.get("site") != str(site.pk):
        raise Http404("Not a site of this person")
    today = site.today(now=now)
    may_override = actions.may_override(request.user)  # type: ignore[arg-type]
    planned = steps_for(offered, on=today) if kind == Kind.SESSION else []
    form = BookingForm(
        request.POST if request.method == "POST" else None,
        kind=kind,
        courses=offered,
        follow_ups=_follow_ups(patient) if kind == Kind.FOLLOW_UP else [],
        site=site,
        place=options.place,
        may_override=may_override,
        steps=[(one.key, one.words) for one in planned],
        asked_follow_up=params.get("follow_up"),
    )
    if wanted is not None:
        form.initial = {**form.initial, "day": wanted["day"], "time": wanted["time"]}
    if request.method == "POST" and form.is_valid():
        booked = _book(request, form, patient, site, now)
        if booked is not None:
            told = told_words(booked, now=now) if form.cleaned_data["notify"] else ""
            return _booked(request, booked, back, steps=_chosen(planned, form), told=told, now=now)
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    context = {
        "patient": patient,
        "age": patient.age(on=today),
        "course": asked,
        "courses": offered,
        "lights": ready_lights([treated], on=today)[treated.pk] if treated else [],
        "chosen_courses": {_number(str(pk)) for pk in form["courses"].value() or []} if offered else set(),
        "kind": kind,
        "kinds": [(key, words) for key, words in Kind.choices if key != Kind.SESSION or courses],
        "options": options,
        "form": form,
        "site": site,
        "today": today,
        "back": back.urlencode() if back is not None else None,
        "list_url": list_url(back.urlencode()) if back is not None else "",
        "may_override": may_override,
        "telling": telling_of(patient, on=today, said=said),
        "wanted": wanted,
        "chosen_steps": form["steps"].value() or [] if planned else [],
        "steps": planned,
        "next_appointments": _ahead(patient, now),
        **_free(options, patient, treated, now),
    }
    is_part = bool(request.htmx) and back is not None
    response = render(
        request,
        "scheduling/appointment_create.html" + ("#panel" if is_part else ""),
        context | {"is_part": is_part},
        status=422 if form.is_bound else 200,
    )
    if is_part and form.is_bound:
        response["HX-Retarget"], response["HX-Reswap"] = "#side", "innerHTML"
    patch_vary_headers(response, ["HX-Request"])
    return response


def _number(text: str | None) -> int:
    """The id in a text; 0, which nobody has, when it is none."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0


def _whom(request: HttpRequest, params: QueryDict, now: datetime) -> tuple[Patient, list[Any]]:
    """The patient that is asked for and their courses, the course asked for first; 404 for what is not theirs to see.

    Each course gets its state and booking of today at its site, by the rules: there are few, and they are loaded.
    """
    user: Any = request.user
    courses = TreatmentCourse.objects.for_list().order_by("window_opens_on", "id")
    courses = courses.annotate(ready_papers=ready_papers(), consents_said=consents_said("patient"))
    course_id = _number(params.get("course"))
    if params.get("course"):
        rows = list(courses.visible_to(user).filter(patient__courses=course_id))
        if not rows:
            raise Http404("No such course")
        patient = rows[0].patient
    else:
        patient = get_object_or_404(Patient.objects.visible_to(user), pk=_number(params.get("patient")))
        rows = list(courses.filter(patient=patient))
    for row in rows:
        _describe(row, row.site.today(now=now))
    return patient, sorted(rows, key=lambda row: row.pk != course_id)


def _describe(course: Any, today: date) -> None:
    course.state_now = course.state(on=today)
    course.next_booked_on = next_booked(course, booked_dates=course.booked_dates, on=today)
    course.words = state_words(
        state=course.state_now,
        today=today,
        window_opens_on=course.window_opens_on,
        window_closes_on=course.window_closes_on,
        started_on=course.started_on,
    )


def _follow_ups(patient: Patient) -> list[FollowUp]:
    planned = FollowUp.objects.filter(course__patient=patient).planned().select_related("course__condition")
    return list(planned.order_by("due_on", "id")[:20])


def _usual_site(sites: list[Site], treated: TreatmentCourse | None, patient: Patient) -> Site:
    """The course's site when this person works there, else the patient's, else the first of theirs."""
    for wanted in (treated.site_id if treated else None, patient.site_id):
        for site in sites:
            if site.pk == wanted:
                return site
    if not sites:
        raise Http404("No site")
    return sites[0]


def _free(
    options: BookingOptionsForm, patient: Patient, treated: TreatmentCourse | None, now: datetime
) -> dict[str, Any]:
    """The free times to press and with whom.

    `treated` is the course whose window the times lie in, or None for a visit that no window binds.
    """
    site, provider, minutes = options.chosen_site, options.chosen_provider, options.chosen_minutes
    today = site.today(now=now)
    closes_on = treated.window_closes_on if treated else None
    is_over = closes_on is not None and closes_on < today
    times: list[FreeTime] = []
    spans = authorized_spans([treated], on=today)[treated.pk] if treated is not None else None
    if provider is not None and minutes is not None:
        times = fitting_times(
            provider=provider,
            patient=patient,
            site=site,
            minutes=minutes,
            searches=_searches(treated, today, options.chosen_day),
            # Once a window is over, every day is after it: said once, not at each.
            closes_on=None if is_over else closes_on,
            authorized=spans,
            room_ids=[pk for pk, _ in options.place.rooms],
            now=now,
        )
    return {
        "is_unauthorized": bool(times) and times[0].is_unauthorized,
        "authorized_until": max((last for _, last in spans), default=None) if spans else None,
        "provider": provider,
        "minutes": minutes,
        "times": times,
        "window_closed_on": closes_on if is_over else None,
        "not_before": treated.eligible_on if treated and treated.eligible_on and treated.eligible_on > today else None,
    }


def _searches(treated: TreatmentCourse | None, today: date, looking_from: date | None) -> list[Search]:
    eligible_on = treated.eligible_on if treated else None
    closes_on = treated.window_closes_on if treated else None
    target_on = treated.target_on if treated else None
    if looking_from is not None:
        if looking_from > today + timedelta(days=MOST_DAYS_AHEAD):
            return []
        today = target_on = max(looking_from, today, eligible_on or today)
    return searches_for(today=today, eligible_on=eligible_on, window_closes_on=closes_on, target_on=target_on)


def _ahead(patient: Patient, now: datetime) -> list[Appointment]:
    return list(
        Appointment.objects.active()
        .filter(patient=patient, ends_at__gte=now)
        .select_related("site")
        .order_by("starts_at")[:3]
    )


def _book(request: HttpRequest, form: BookingForm, patient: Patient, site: Site, now: datetime) -> Appointment | None:
    cleaned = form.cleaned_data
    try:
        return actions.book_appointment(
            patient=patient,
            provider=cleaned["provider"],
            site=site,
            room=cleaned.get("room"),
            kind=cleaned["kind"],
            courses=cleaned.get("courses") or [],
            follow_up=cleaned.get("follow_up"),
            starts_at=cleaned["starts_at"],
            minutes=cleaned["minutes"],
            override_reason=cleaned.get("override_reason", ""),
            note=cleaned.get("note", ""),
            notify=cleaned["notify"],
            by=request.user,  # type: ignore[arg-type]
            now=now,
        )
    except ValidationError as error:
        form.show_refusal(error)
        return None


def _chosen(planned: list[PlannedStep], form: BookingForm) -> list[PlannedStep]:
    """The ticked steps of the courses that the session treats."""
    treated = {course.pk for course in form.cleaned_data.get("courses") or []}
    ticked = form.cleaned_data.get("steps") or []
    return [one for one in planned if one.key in ticked and one.course.pk in treated]


def _booked(
    request: HttpRequest,
    booked: Appointment,
    back: QueryDict | None,
    *,
    steps: list[PlannedStep],
    told: str,
    now: datetime,
) -> HttpResponse:
    outcomes = actions.book_follow_ups(visit=booked, steps=steps, by=request.user, now=now)  # type: ignore[arg-type]
    if back is not None and request.htmx:
        booked = Appointment.objects.for_list().get(pk=booked.pk)
        also = [f"{'Also booked' if one.appointment else 'Not booked'}: {one.words}" for one in outcomes]
        return list_response(request, back, booked=booked, told=told, said=" ".join(also))
    if back is None:
        start = booked.local_start
        words = f"Booked {start:%a} {start.day} {start:%b}, {booked.time_words}, {booked.provider}. {told}"
        messages.success(request, words.strip())
    elif told:
        messages.success(request, told)
    for outcome in outcomes:
        if outcome.appointment:
            messages.success(request, f"Also booked: {outcome.words}")
        else:
            messages.warning(request, f"Not booked: {outcome.words}")
    if back is None:
        return redirect("scheduling:appointment-detail", booked.pk)
    request.session[JUST_BOOKED] = booked.pk
    return redirect(list_url(back.urlencode()))
