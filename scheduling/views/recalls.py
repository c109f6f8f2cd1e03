from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from audit.actions import record
from scheduling import actions
from scheduling.forms import AttemptForm, RecallFilterForm, SnoozeForm, list_query
from scheduling.models import Appointment, RecallAttempt
from scheduling.querysets import TABS, recall_counts, recall_courses, recall_page
from scheduling.rules import back_on, state_words
from treatments.models import TreatmentCourse

PAGE_SIZE = 50
JUST_BOOKED = "just_booked_appointment"


@require_http_methods(["GET"])
@permission_required("scheduling.view_recalls", raise_exception=True)
def recall_list(request: HttpRequest) -> HttpResponse:
    booked = None
    if booked_id := request.session.pop(JUST_BOOKED, None):
        booked = Appointment.objects.visible_to(request.user).active().for_list().filter(pk=booked_id).first()
    return list_response(request, request.GET, booked=booked)


def list_response(
    request: HttpRequest,
    params: QueryDict,
    *,
    booked: Appointment | None = None,
    said: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The recall list: the whole page, or for htmx its changing part, with what was just done said above it."""
    context = _list_context(request, params) | {"booked": booked, "said": said, "problem": problem}
    is_part = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "scheduling/recall_list.html" + ("#list" if is_part else "")
    response = render(request, template, context | {"is_part": is_part}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _list_context(request: HttpRequest, params: QueryDict) -> dict[str, Any]:
    now = timezone.now()
    filters = RecallFilterForm(params, request=request)
    everyone = recall_courses(user=request.user, sites=filters.sites, now=now)  # type: ignore[arg-type]
    if filters.chosen_condition is not None:
        everyone = everyone.filter(condition=filters.chosen_condition)
    if filters.chosen_provider is not None:
        everyone = everyone.filter(provider=filters.chosen_provider)
    counts = recall_counts(everyone)
    page = recall_page(
        everyone, filters.active_tab, size=PAGE_SIZE, after=filters.page_after, before=filters.page_before
    )
    zones = {site.pk: site for site in filters.sites}
    for course in page.rows:
        _describe(course, zones[course.site_id])
    tabs = [{"tab": tab, "count": counts[key], "query": filters.query(tab=key)} for key, tab in TABS.items()]
    return {
        "filters": filters,
        "tabs": tabs,
        "tab": filters.active_tab,
        "page": page,
        "count": counts[filters.active_tab.key],
        "several_sites": len(filters.sites) > 1,
        "back": filters.query(after=filters.page_after, before=filters.page_before),
        "next_query": filters.query(after=page.after) if page.after else "",
        "previous_query": filters.query(before=page.before) if page.before else "",
        "first_query": filters.query(),
        "all_query": filters.query(condition=None, provider=None),
    }


def _describe(course: TreatmentCourse, site: Any) -> None:
    """Put on a row what its cells say; everything is loaded already."""
    row: Any = course
    row.age = course.patient.age(on=row.today)
    row.words = state_words(
        state=row.state_now,
        today=row.today,
        window_opens_on=course.window_opens_on,
        window_closes_on=course.window_closes_on,
        started_on=course.started_on,
    )
    row.last_outcome_words = row.last_called = row.back_on = None
    if row.last_outcome:
        row.last_outcome_words = RecallAttempt.Outcome(row.last_outcome).label
        row.last_called = site.localtime(row.last_attempt_at).date()
    if row.is_hidden:
        days = [row.snoozed_until] if row.snoozed_until and row.snoozed_until > row.today else []
        days += [back_on(row.last_outcome, called_on=row.last_called)] if row.last_outcome else []
        row.back_on = max(days, default=None)


def list_url(query: str) -> str:
    url = reverse("scheduling:recall-list")
    return f"{url}?{query}" if query else url


def back_to_list(request: HttpRequest) -> QueryDict | None:
    """Where on the recall list this page was opened from, or None; only what the list itself understands is kept."""
    source = request.POST if request.method == "POST" else request.GET
    if "back" not in source:
        return None
    return QueryDict(list_query(source["back"]))


def _course_of(request: HttpRequest, course_id: int) -> TreatmentCourse:
    courses = TreatmentCourse.objects.visible_to(request.user).for_list()  # type: ignore[arg-type]
    return get_object_or_404(courses, pk=course_id)


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.work_recalls", raise_exception=True)
def recall_log(request: HttpRequest, course_id: int) -> HttpResponse:
    """Log one try to reach a patient: a row under the patient's, or without scripts a page."""
    course = _course_of(request, course_id)
    back = back_to_list(request) or QueryDict()
    form = AttemptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        attempt = actions.log_attempt(course=course, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        said = f"Logged for {course.patient.name}: {attempt.get_outcome_display().lower()}."
        until = back_on(attempt.outcome, called_on=course.site.today())
        if until > course.site.today():
            said += f" Back on the list {until:%a} {until.day} {until:%b}."
        return _done(request, back, said)
    return _row_form(request, "scheduling/recall_log.html", course, form, back)


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.work_recalls", raise_exception=True)
def recall_snooze(request: HttpRequest, course_id: int) -> HttpResponse:
    """Put a row away until a day, with a reason."""
    course = _course_of(request, course_id)
    back = back_to_list(request) or QueryDict()
    form = SnoozeForm(request.POST or None, today=course.site.today())
    if request.method == "POST" and form.is_valid():
        try:
            row = actions.snooze(course=course, by=request.user, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error(None, error)
        else:
            said = f"{course.patient.name} is back on the list {row.until:%a} {row.until.day} {row.until:%b %Y}."
            return _done(request, back, said)
    return _row_form(request, "scheduling/recall_snooze.html", course, form, back)


@require_http_methods(["POST"])
@permission_required("scheduling.work_recalls", raise_exception=True)
def recall_bring_back(request: HttpRequest, course_id: int) -> HttpResponse:
    """End what keeps a row off the list."""
    course = _course_of(request, course_id)
    actions.bring_back(course=course, reason="Brought back", by=request.user, now=timezone.now())  # type: ignore[arg-type]
    return _done(request, back_to_list(request) or QueryDict(), f"{course.patient.name} is on the list to call.")


def _row_form(request: HttpRequest, template: str, course: TreatmentCourse, form: Any, back: QueryDict) -> HttpResponse:
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    attempts = RecallAttempt.objects.filter(course=course).select_related("by")[:5]
    for attempt in attempts:
        attempt.on = course.site.localtime(attempt.at).date()  # type: ignore[attr-defined]
    context = {
        "course": course,
        "patient": course.patient,
        "form": form,
        "back": back.urlencode(),
        "list_url": list_url(back.urlencode()),
        "today": course.site.today(),
        "attempts": attempts,
        "outcomes": RecallAttempt.Outcome.choices,
    }
    response = render(
        request, template + ("#row" if request.htmx else ""), context, status=422 if form.is_bound else 200
    )
    if request.htmx and form.is_bound:
        # The list stays as it is; the form comes back in its own row with its errors.
        response["HX-Retarget"] = f"#row-form-{course.pk}"
        response["HX-Reswap"] = "outerHTML"
    patch_vary_headers(response, ["HX-Request"])
    return response


def _done(request: HttpRequest, back: QueryDict, said: str) -> HttpResponse:
    if request.htmx:
        return list_response(request, back, said=said)
    messages.success(request, said)
    return redirect(list_url(back.urlencode()))
