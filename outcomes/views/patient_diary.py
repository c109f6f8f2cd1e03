"""The headache diary in the patient's hands: a month to look at, a day to fill in."""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actions import record
from messaging.models import PatientLink
from outcomes.actions import DayChange, save_diary_days
from outcomes.diary import weeks
from outcomes.forms.patient_diary import DiaryDayForm
from outcomes.models import DiaryDay
from outcomes.questions import has_diary
from outcomes.rules.diary import DAYS
from outcomes.views.asking import Way, by_link, on_tablet
from patients import tablet
from treatments.models import TreatmentCourse


@require_http_methods(["GET"])
def diary(request: HttpRequest, way: Way) -> HttpResponse:
    """A month of it, with the days that may still be filled in: the last 28."""
    course, today = _course_and_today(way)
    if way.token:
        record(action="questions-opened", patient_id=course.patient_id, subject=course, detail="diary")
    try:
        month = date.fromisoformat(f"{request.GET.get('month') or f'{today:%Y-%m}'}-01")
    except ValueError as problem:
        raise Http404("no such month") from problem
    first = today - timedelta(days=DAYS - 1)
    if not first.replace(day=1) <= month <= today:
        raise Http404("no such month")
    last = month + relativedelta(months=1)
    rows = {row.day: row for row in course.diary_days.filter(day__gte=min(first, month), day__lte=max(today, last))}
    missing = [day for number in range(DAYS) if (day := today - timedelta(days=number)) not in rows]
    return way.page(
        request,
        "outcomes/link_diary.html",
        {
            "month": month,
            "earlier": month - relativedelta(months=1) if month > first.replace(day=1) else None,
            "later": last if last <= today else None,
            "weeks": [
                [
                    (day, row, way.url("diary-day", day.isoformat()) if first <= day <= today else "")
                    for day, row in week
                ]
                for week in weeks(month, rows)
            ],
            "today": today,
            "recorded": DAYS - len(missing),
            "days": DAYS,
            "next_day": missing[0] if missing else None,
            "next_url": _address(way, missing[0]) if missing else "",
            "saved": "saved" in request.GET,
            "is_finished": way.sheet is not None and way.questionnaire.finished_at is not None,
        },
    )


@require_http_methods(["GET", "POST"])
def diary_day(request: HttpRequest, way: Way, day: str) -> HttpResponse:
    """One day of it; the latest that was sent counts."""
    course, today = _course_and_today(way)
    try:
        on = date.fromisoformat(day)
    except ValueError as problem:
        raise Http404("no such day") from problem
    if not today - timedelta(days=DAYS) < on <= today:
        raise Http404("no such day")
    row = DiaryDay.objects.filter(course=course, day=on).first()
    was = row.as_entry() if row else None
    form = DiaryDayForm(request.POST if request.method == "POST" else None, day=on, was=was)
    if form.is_bound and form.is_valid():
        try:
            save_diary_days(
                course=course, changes={on: DayChange(was=was, entry=form.entry())}, on=today, by=None,
                answered_by=way.source,
            )  # fmt: skip
        except ValidationError:
            form.add_error(None, _("This day was changed at the same moment. Please press once more."))
        else:
            if not way.token and way.sheet is None:
                tablet.keep_done(request)
            return redirect(f"{way.url('diary')}?month={on:%Y-%m}&saved=1")
    return way.page(
        request,
        "outcomes/link_diary_day.html",
        {"day": on, "today": today, "form": form, "back": way.url("diary")},
        status=422 if form.is_bound else 200,
    )


def _address(way: Way, day: date) -> str:
    return way.url("diary-day", day.isoformat())


def _course_and_today(way: Way) -> tuple[TreatmentCourse, date]:
    if way.sheet is not None and not has_diary(way.questionnaire):
        raise Http404("no diary is asked for")
    return way.course, way.course.site.today()


LEAD_HERE = (PatientLink.Purpose.QUESTIONNAIRE, PatientLink.Purpose.DIARY)

link_diary, tablet_diary = by_link(diary, *LEAD_HERE), on_tablet(diary, diary=True)
link_diary_day, tablet_diary_day = by_link(diary_day, *LEAD_HERE), on_tablet(diary_day, diary=True)
