from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.actions import record
from messaging.rules.channels import CHANNEL_WORDS
from outcomes.actions import record_diary_score, save_diary_days, send_diary_link
from outcomes.actions.diary import CLOSED
from outcomes.diary import KEY, offers, weeks
from outcomes.forms.diary import DiaryMonthForm
from outcomes.models import DiaryDay
from outcomes.rules.diary import diary_figures
from patients.tablet import hand_over_diary
from treatments.models import TreatmentCourse


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.view_follow_ups", raise_exception=True)
def diary(request: HttpRequest, course_id: int) -> HttpResponse:
    """A month of a course's headache diary: to read, and for those who record scores to write."""
    course = _course(request, course_id)
    today = course.site.today()
    month = _month(request, today)
    may_record = request.user.has_perm("outcomes.record_assessment")
    if request.method == "POST" and not may_record:
        raise PermissionDenied
    rows = {row.day: row for row in DiaryDay.objects.filter(course=course)}
    form = None
    if may_record:
        form = DiaryMonthForm(
            request.POST if request.method == "POST" else None,
            month=month,
            saved={day: row.as_entry() for day, row in rows.items()},
            today=today,
        )
    if form is not None and form.is_bound and form.is_valid():
        try:
            changed = save_diary_days(course=course, changes=form.changes(), on=today, by=request.user)
        except ValidationError as problem:
            form.add_day_errors(problem)
        else:
            messages.success(request, f"{changed} day{'' if changed == 1 else 's'} saved." if changed else "No change.")
            return redirect(f"{reverse('outcomes:diary', args=[course.pk])}?month={month:%Y-%m}")
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    end = min(month + relativedelta(months=1, days=-1), today)
    later = month + relativedelta(months=1)
    return render(
        request,
        "outcomes/diary.html",
        {
            "course": course,
            "patient": course.patient,
            "today": today,
            "month": month,
            "earlier": month - relativedelta(months=1),
            "later": later if later <= today else None,
            "form": form,
            "weeks": weeks(month, rows),
            "figures": diary_figures([row.as_entry() for row in rows.values()], last=end),
            "offers": offers(course, list(rows.values()), on=today),
        },
        status=422 if form is not None and form.is_bound else 200,
    )


@require_http_methods(["POST"])
@permission_required("outcomes.record_assessment", raise_exception=True)
def diary_score(request: HttpRequest, course_id: int) -> HttpResponse:
    """Record the 28 days that end on `last` as the headache days of that day."""
    course = _course(request, course_id)
    try:
        last = date.fromisoformat(request.POST.get("last", ""))
    except ValueError as problem:
        raise Http404("no such day") from problem
    try:
        score = record_diary_score(course=course, last=last, on=course.site.today(), by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        messages.success(request, f"Recorded: headache days {score.shown} on {last.day} {last:%b %Y}.")
    return redirect(f"{reverse('outcomes:diary', args=[course.pk])}?month={last:%Y-%m}")


@require_http_methods(["POST"])
@permission_required(["outcomes.view_follow_ups", "outcomes.ask_patient"], raise_exception=True)
def diary_send(request: HttpRequest, course_id: int) -> HttpResponse:
    """Send the patient a link to the diary; one that was sent before opens no more."""
    course = _course(request, course_id)
    try:
        message = send_diary_link(course=course, by=request.user, now=timezone.now())
    except ValidationError as problem:
        messages.error(request, f"Not sent. {problem.messages[0]}")
    else:
        when = course.site.localtime(message.send_after)
        messages.success(request, f"The link goes out by {CHANNEL_WORDS[message.channel]} at {when:%H:%M}.")
    return redirect("outcomes:diary", course.pk)


@require_http_methods(["POST"])
@permission_required("outcomes.ask_patient", raise_exception=True)
def diary_tablet(request: HttpRequest, course_id: int) -> HttpResponse:
    """Hand the tablet over: from then on this session opens nothing but the diary of that course."""
    course = _course(request, course_id)
    may_read = request.user.has_perm("outcomes.view_follow_ups")
    after = (
        reverse("outcomes:diary", args=[course.pk]) if may_read else reverse("clinic:chart", args=[course.patient_id])
    )
    if course.closed_on is not None:
        messages.error(request, CLOSED)
        return redirect(after)
    record(
        action="questions-opened", by=request.user, patient_id=course.patient_id, subject=course, detail="diary, tablet"
    )
    home = reverse("outcomes:tablet-diary")
    hand_over_diary(request, patient_id=course.patient_id, course_id=course.pk, home=home, after=after)
    return redirect(home)


def _course(request: HttpRequest, course_id: int) -> TreatmentCourse:
    """A course whose condition is measured by the diary."""
    courses = (
        TreatmentCourse.objects.visible_to(request.user)
        .filter(condition__instruments__key=KEY)
        .for_list()
        .select_related("condition__responder_rule__instrument")
        .prefetch_related("patient__allergies", "patient__medications", "patient__history_items")
    )
    return get_object_or_404(courses, pk=course_id)


def _month(request: HttpRequest, today: date) -> date:
    month = request.GET.get("month") or f"{today:%Y-%m}"
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as problem:
        raise Http404("no such month") from problem
    if first > today or first.year < 1950:
        raise Http404("no such month")
    return first
