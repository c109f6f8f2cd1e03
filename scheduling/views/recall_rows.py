"""What is done on one row of the recall list: log a call, put it away, bring it back, ask why its dates are so."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from audit.actions import record
from scheduling import actions
from scheduling.actions.claims import ClaimedError, claim, release
from scheduling.actions.recalls import LoggedError, newest_attempt, newest_hold
from scheduling.forms import AttemptForm, HoldForm
from scheduling.models import AttemptOutcome, RecallAttempt, RecallHold
from scheduling.querysets import THIS_WINDOW
from scheduling.ready import ready_lights
from scheduling.rules.recalls import claim_words
from scheduling.views.recalls import back_to_list, contacts_of, list_response, list_url
from treatments.models import RetreatmentWindow, TreatmentCourse

# The dates of a window as the front desk calls them, in their order.
DATES = {
    "eligible_on": "First allowed day",
    "opening_on": "On the list from",
    "target_on": "Target",
    "window_opens_on": "Opens",
    "window_closes_on": "Closes",
    "lapses_on": "Lapsed after",
}


def _course_of(request: HttpRequest, course_id: int) -> TreatmentCourse:
    courses = TreatmentCourse.objects.visible_to(request.user).for_list()  # type: ignore[arg-type]
    return get_object_or_404(courses, pk=course_id)


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.work_recalls", raise_exception=True)
def recall_log(request: HttpRequest, course_id: int) -> HttpResponse:
    """Log one try to reach a patient: a row under the patient's, or without scripts a page.

    Opening it says to everybody that the patient is being called. While somebody else calls, it shows who, and goes on
    only when that is taken over.
    """
    course = _course_of(request, course_id)
    back = back_to_list(request) or QueryDict()
    now = timezone.now()
    takes_over = request.POST.get("take_over") == "1"
    opens = request.method == "GET" or "outcome" not in request.POST
    form = AttemptForm(
        request.POST if request.method == "POST" and not (opens and takes_over) else None,
        initial={"channel": course.patient.preferred_channel, "seen": newest_attempt(course)},
    )
    claimed = ""
    try:
        if not form.is_bound:
            claim(course=course, by=request.user, now=now, take_over=takes_over)  # type: ignore[arg-type]
        elif form.is_valid():
            attempt = actions.log_attempt(
                course=course,
                by=request.user,  # type: ignore[arg-type]
                now=now,
                take_over=takes_over,
                **form.cleaned_data,
            )
            return _done(request, back, _logged_words(course, attempt))
    except ClaimedError as error:
        since = course.site.localtime(error.claim.at)
        claimed = claim_words(name=str(error.claim.by), since=since, patient=course.patient.name)
    except LoggedError as error:
        claimed = f"{error.attempt.by} has logged a call meanwhile: {error.attempt.outcome.name.lower()}"
    except ValidationError as error:
        form.add_error(None, error)
    return _row_form(
        request,
        "scheduling/recall_log.html",
        course,
        back,
        status=422 if form.is_bound and not claimed else 409 if form.is_bound else 200,
        form=form,
        claimed=claimed,
        outcomes=AttemptOutcome.offered(),
        contact=contacts_of(course.patient),
    )


def _logged_words(course: TreatmentCourse, attempt: RecallAttempt) -> str:
    said = f"Logged for {course.patient.name}: {attempt.outcome.name.lower()}."
    until = attempt.hidden_until
    if until == date.max:
        return f"{said} Nobody is asked to call again for this window."
    return f"{said} Back on the list {until:%a} {until.day} {until:%b}." if until else said


@require_http_methods(["POST"])
@permission_required("scheduling.work_recalls", raise_exception=True)
def recall_release(request: HttpRequest, course_id: int) -> HttpResponse:
    """Close the call without logging one: others may call the patient again."""
    course = _course_of(request, course_id)
    release(course=course, by=request.user)  # type: ignore[arg-type]
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return redirect(list_url((back_to_list(request) or QueryDict()).urlencode()))


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.work_recalls", raise_exception=True)
def recall_hold(request: HttpRequest, course_id: int) -> HttpResponse:
    """Put a row away with a reason: snoozed or paused until a day, or stopped."""
    course = _course_of(request, course_id)
    back = back_to_list(request) or QueryDict()
    form = HoldForm(request.POST or None, today=course.site.today(), initial={"seen": newest_hold(course)})
    if request.method == "POST" and form.is_valid():
        try:
            row = actions.put_away(course=course, by=request.user, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error(None, error)
            fresh = request.POST.copy()
            fresh["seen"] = str(newest_hold(course))
            form.data = fresh
        else:
            name = course.patient.name
            if row.until is None:
                return _done(request, back, f"{name} is off the lists to call until brought back or the next session.")
            until = f"{row.until:%a} {row.until.day} {row.until:%b %Y}"
            return _done(request, back, f"{name} is back on the list {until}.")
    return _row_form(
        request,
        "scheduling/recall_hold.html",
        course,
        back,
        status=422 if form.is_bound else 200,
        form=form,
        kinds=form.fields["kind"].choices,  # type: ignore[attr-defined]
    )


@require_http_methods(["POST"])
@permission_required("scheduling.work_recalls", raise_exception=True)
def recall_bring_back(request: HttpRequest, course_id: int) -> HttpResponse:
    """End what keeps a row off the list."""
    course = _course_of(request, course_id)
    actions.bring_back(course=course, reason="Brought back", by=request.user, now=timezone.now())  # type: ignore[arg-type]
    return _done(request, back_to_list(request) or QueryDict(), f"{course.patient.name} is on the list to call.")


@require_http_methods(["GET"])
@permission_required("scheduling.view_recalls", raise_exception=True)
def recall_why(request: HttpRequest, course_id: int) -> HttpResponse:
    """Why each date of the window is what it is, what is ready for booking, and what was done about the patient."""
    course = _course_of(request, course_id)
    today = course.site.today()
    window = RetreatmentWindow.objects.filter(course=course, closed_by=None, voided=False).first()
    reasons = {reason["date"]: reason for reason in window.reasons} if window else {}
    holds = RecallHold.objects.filter(THIS_WINDOW, course=course).select_related("by")[:5]
    return _row_form(
        request,
        "scheduling/recall_why.html",
        course,
        back_to_list(request) or QueryDict(),
        status=200,
        window=window,
        dates=[
            {**reasons.get(field, {}), "name": name, "day": getattr(window, field)}
            for field, name in DATES.items()
            if window is not None
        ],
        booked_on=course.next_booked(on=today),
        lights=ready_lights([course], on=today)[course.pk],
        holds=holds,
    )


def _row_form(
    request: HttpRequest, template: str, course: TreatmentCourse, back: QueryDict, *, status: int, **more: Any
) -> HttpResponse:
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    attempts = RecallAttempt.objects.filter(course=course).select_related("by", "outcome")[:5]
    for attempt in attempts:
        attempt.on = course.site.localtime(attempt.at).date()  # type: ignore[attr-defined]
    context = {
        "course": course,
        "patient": course.patient,
        "back": back.urlencode(),
        "list_url": list_url(back.urlencode()),
        "today": course.site.today(),
        "attempts": attempts,
        **more,
    }
    response = render(request, template + ("#row" if request.htmx else ""), context, status=status)  # type: ignore[attr-defined]
    if request.htmx and request.method == "POST":  # type: ignore[attr-defined]
        # The list stays as it is; the form comes back in its own row with its errors.
        response["HX-Retarget"] = f"#row-form-{course.pk}"
        response["HX-Reswap"] = "outerHTML"
    patch_vary_headers(response, ["HX-Request"])
    return response


def _done(request: HttpRequest, back: QueryDict, said: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return list_response(request, back, said=said)
    messages.success(request, said)
    return redirect(list_url(back.urlencode()))
