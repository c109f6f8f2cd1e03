from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from accounts.models import Site
from scheduling.calendar_page import VIEWS, Shown, grid_of, known_providers, shown_providers, tag_of, visits_of
from scheduling.forms import DayForm
from scheduling.models import Appointment, Room
from scheduling.rules.times import clock
from scheduling.views.appointments import presses_of

Status = Appointment.Status

# The groups of the arrivals board, in the order of who needs somebody first.
GROUPS = (
    ("arrived", "Waiting", (Status.ARRIVED,)),
    ("in_room", "In a room", (Status.IN_ROOM,)),
    ("expected", "Expected", (Status.BOOKED, Status.CONFIRMED)),
    ("done", "Done", (Status.DONE,)),
    ("missed", "Missed", (Status.MISSED,)),
)


@require_http_methods(["GET"])
@permission_required("scheduling.view_appointments", raise_exception=True)
def day_list(request: HttpRequest) -> HttpResponse:
    """The current site's diary: a day by provider, a week, or the arrivals.

    A page that refreshes itself sends the tag of what it shows (`seen`), and gets nothing while that is the same.
    """
    site: Site | None = request.site  # type: ignore[assignment, attr-defined]
    if site is None:
        raise Http404("No site")
    form = DayForm(request.GET)
    problem = "" if form.is_valid() else "That is not a day of the calendar. This is today."
    chosen = form.cleaned_data.get("day") if form.is_valid() else None
    if chosen is not None and not 1900 < chosen.year < 2200:
        chosen, problem = None, "There is no diary that far away. This is today."
    view = request.GET.get("view", "")
    if view and view not in VIEWS:
        problem = f"{problem} There is no such view of the calendar. This is the day.".strip()
    day = chosen or site.today()
    seen = request.GET.get("seen")
    if seen is not None:
        shown = Shown(view if view in VIEWS else "day", day, shown_providers(request.GET))
        if seen == tag_of(site, shown, now=timezone.now()):
            return HttpResponse(status=204)
    return day_response(request, site=site, day=day, view=view, problem=problem)


def day_url(day: date, view: str = "day") -> str:
    return Shown(view, day).url


def day_response(
    request: HttpRequest,
    *,
    site: Site,
    day: date,
    view: str,
    problem: str = "",
    status: int = 200,
    said: dict[str, Any] | None = None,
    refused: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page, or for htmx its changing part; the providers whose columns are shown are read from the address.

    `said` is what was done just now and how to undo it, `refused` what was not, with every reason.
    """
    now = timezone.now()
    today = site.today(now=now)
    known, unknown = known_providers(request.GET, site=site)
    if unknown:
        problem = f"{problem} Not every provider of this address sees patients at {site}; who does not is left out."
    shown = Shown(view if view in VIEWS else "day", day, known)
    is_part = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "site": site,
        "day": day,
        "today": today,
        "now_words": clock(site.localtime(now)),
        "shown": shown,
        "view": shown.view,
        "tag": tag_of(site, shown, now=now),  # before the visits are read: what changes in between is asked for again
        "problem": problem.strip(),
        "said": said,
        "refused": refused,
        "first": shown.days[0],
        "last": shown.days[-1],
        "previous_url": shown.ahead(-1).url,
        "next_url": shown.ahead(1).url,
        "today_url": Shown(shown.view, today, shown.providers).url,
        "tabs": [
            {"words": words, "key": key, "url": Shown(key, day, shown.providers if key != "arrivals" else ()).url}
            for key, words in (("day", "Day"), ("week", "Week"), ("arrivals", "Arrivals"))
        ],
        "week": [
            {"day": one, "url": Shown("day" if shown.view == "week" else shown.view, one, shown.providers).url}
            for one in Shown("week", day).days
        ],
        "is_part": is_part,
    }
    if shown.view == "arrivals":
        visits = visits_of(site, shown, now=now)
        context |= _board(site, visits, now=now)
        # Who was missed stands on the board, where a late arrival brings them back.
        context["gone_elsewhere"] = [row for row in visits if row.status in (Status.CANCELLED, Status.MOVED)]
    else:
        grid = grid_of(site, shown, reader=request.user, now=now)  # type: ignore[arg-type]
        visits = grid.visits
        context |= {"grid": grid, "choices": _choices(shown, grid.offered, grid.chosen)}
        for column in grid.columns:
            column.day_url = Shown("day", column.day).url  # type: ignore[attr-defined]
    context |= {
        "visits": visits,
        "gone": [row for row in visits if not row.is_active],
        "summary": _summary(visits),
        "unsigned": sum(row.is_unsigned for row in visits),
    }
    response = render(request, "scheduling/day_list.html" + ("#day" if is_part else ""), context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _choices(shown: Shown, offered: list[Any], chosen: tuple[int, ...]) -> list[dict[str, Any]]:
    """The providers as links that add them to what is shown or take them away; the last one cannot go."""
    found = []
    for provider in offered:
        is_on = provider.pk in chosen
        rest = tuple(pk for pk in chosen if pk != provider.pk) if is_on else (*chosen, provider.pk)
        found.append({"provider": provider, "is_on": is_on, "url": Shown(shown.view, shown.day, rest).url})
    return found


def _board(site: Site, visits: list[Any], *, now: datetime) -> dict[str, Any]:
    """The visits by what they wait for, and the rooms with who is in them."""
    rooms = list(Room.objects.filter(site=site, is_active=True).order_by("name"))
    inside = {row.room_id: row for row in visits if row.shown_status == Status.IN_ROOM and row.room_id}
    groups = []
    for key, words, statuses in GROUPS:
        rows = [row for row in visits if row.shown_status in statuses]
        if key in ("arrived", "in_room"):
            rows.sort(key=lambda row: row.since or row.starts_at)
        if rows:
            late = sum(row.late_minutes > 0 for row in rows)
            groups.append({"key": key, "words": words, "rows": rows, "late": late})
            if key in ("arrived", "in_room"):
                _offer_rooms(rows, rooms, inside)
    for row in visits:
        row.presses = presses_of(row, now=now)
    return {"groups": groups, "rooms": [{"room": room, "visit": inside.get(room.pk)} for room in rooms]}


def _offer_rooms(rows: list[Any], rooms: list[Room], inside: dict[int, Any]) -> None:
    """The rooms each of these may go into; the one proposed is their own, or a free one that no other is offered."""
    free = [room.pk for room in rooms if room.pk not in inside]
    for row in rows:
        own = row.room_id if row.room_id in free or inside.get(row.room_id) is row else None
        wanted = own or next(iter(free), None)
        if wanted in free:
            free.remove(wanted)
        row.rooms = [
            {"room": room, "is_taken": room.pk in inside and inside[room.pk] is not row, "is_wanted": room.pk == wanted}
            for room in rooms
        ]


def _summary(visits: list[Any]) -> list[tuple[str, str, int]]:
    """How many are at each step: (key, words, count), without the empty ones."""
    counts = {status: sum(row.shown_status == status for row in visits) for status in Status}
    return [(status.value, status.label, count) for status, count in counts.items() if count]
