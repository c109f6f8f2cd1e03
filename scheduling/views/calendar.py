from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from accounts.models import Site, User
from scheduling.forms import DayForm
from scheduling.models import Appointment, Availability
from scheduling.rules import LIKELY_NEXT, NEXT_STATUSES, clock
from scheduling.views.appointments import presses_of

ROW_MINUTES = 5  # a row of the grid; static/scheduling/calendar.css has a class for each
OPENS, CLOSES = 8, 17  # hours that are always shown


@require_http_methods(["GET"])
@permission_required("scheduling.view_appointments", raise_exception=True)
def day_list(request: HttpRequest) -> HttpResponse:
    """One day of the current site: providers side by side, or the arrivals in the order of time."""
    site: Site | None = request.site  # type: ignore[assignment, attr-defined]
    if site is None:
        raise Http404("No site")
    form = DayForm(request.GET)
    problem = "" if form.is_valid() else "That is not a day of the calendar. This is today."
    chosen = form.cleaned_data.get("day") if form.is_valid() else None
    if chosen is not None and not 1900 < chosen.year < 2200:
        chosen, problem = None, "There is no diary that far away. This is today."
    view = "arrivals" if request.GET.get("view") == "arrivals" else "day"
    return day_response(request, site=site, day=chosen or site.today(), view=view, problem=problem)


def day_url(day: date, view: str = "day") -> str:
    query = {"day": day.isoformat()} | ({"view": view} if view != "day" else {})
    return f"{reverse('scheduling:day-list')}?{urlencode(query)}"


def day_response(
    request: HttpRequest, *, site: Site, day: date, view: str, problem: str = "", status: int = 200
) -> HttpResponse:
    now = timezone.now()
    today = site.today(now=now)
    appointments = list(Appointment.objects.on_day(site=site, day=day).for_list().order_by("starts_at", "id"))
    for appointment in appointments:
        _describe(appointment, today)
    active = [appointment for appointment in appointments if appointment.is_active]
    is_part = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "site": site,
        "day": day,
        "today": today,
        "view": view,
        "problem": problem,
        "appointments": appointments,
        "gone": [appointment for appointment in appointments if not appointment.is_active],
        "previous_url": day_url(day - timedelta(days=1), view),
        "next_url": day_url(day + timedelta(days=1), view),
        "today_url": day_url(today, view),
        "week": [
            {"day": one, "url": day_url(one, view)}
            for one in (day - timedelta(days=day.weekday()) + timedelta(days=count) for count in range(7))
        ],
        "day_view_url": day_url(day),
        "arrivals_view_url": day_url(day, "arrivals"),
        "here": day_url(day, view),
        "summary": _summary(appointments),
        "is_part": is_part,
    }
    if view == "day":
        context |= _grid(site, day, active, now=now)
    response = render(request, "scheduling/day_list.html" + ("#day" if is_part else ""), context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _describe(appointment: Appointment, today: date) -> None:
    row: Any = appointment
    current = appointment.shown_status
    row.presses = presses_of(appointment)
    likely = LIKELY_NEXT.get(current) if appointment.on <= today else "confirmed" if current == "booked" else None
    row.next_press = None
    if likely and current == appointment.status and likely in NEXT_STATUSES[current]:
        row.next_press = {"key": likely, "words": Appointment.Status(likely).label}
    row.planned_courses = list(appointment.courses.all())


def _summary(appointments: list[Appointment]) -> list[tuple[str, str, int]]:
    """How many are at each step: (key, words, count), without the empty ones."""
    counts = {status: sum(row.shown_status == status for row in appointments) for status in Appointment.Status}
    return [(status.value, status.label, count) for status, count in counts.items() if count]


@dataclass
class Column:
    """One provider's day. Rows count from 0 at the first hour shown; spans are at least one row."""

    provider: User
    cards: list[tuple[int, int, Appointment]] = field(default_factory=list)
    hours: list[tuple[int, int]] = field(default_factory=list)


def _grid(site: Site, day: date, appointments: list[Appointment], *, now: datetime) -> dict[str, Any]:
    worked = list(
        Availability.objects.filter(site=site, weekday=day.weekday(), provider__is_active=True)
        .select_related("provider")
        .order_by("provider__name", "starts_at")
    )
    starts = [row.starts_at.hour for row in worked] + [row.local_start.hour for row in appointments]
    ends = [_ceil_hour(row.ends_at) for row in worked] + [
        _ceil_hour(row.local_end.time()) if row.local_end.date() == day else 24 for row in appointments
    ]
    first, last = min([OPENS, *starts]), max([CLOSES, *ends])
    columns: dict[int, Column] = {}

    def column(provider: User) -> Column:
        return columns.setdefault(provider.pk, Column(provider))

    def row_of(at: time) -> int:
        return (at.hour * 60 + at.minute - first * 60) // ROW_MINUTES

    for span in worked:
        column(span.provider).hours.append((row_of(span.starts_at), row_of(span.ends_at) - row_of(span.starts_at)))
    for appointment in appointments:
        start = row_of(appointment.local_start.time())
        column(appointment.provider).cards.append((start, max(appointment.minutes // ROW_MINUTES, 1), appointment))
    local_now = site.localtime(now)
    shows_now = local_now.date() == day and first <= local_now.hour < last
    return {
        "columns": sorted(columns.values(), key=lambda one: one.provider.name),
        "hours": [((hour - first) * 60 // ROW_MINUTES, _hour_words(hour)) for hour in range(first, last)],
        "now_row": row_of(local_now.time()) if shows_now else None,
    }


def _ceil_hour(at: time) -> int:
    return at.hour + (1 if at.minute or at.second else 0)


def _hour_words(hour: int) -> str:
    return clock(time(hour))
