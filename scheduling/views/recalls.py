from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import BooleanField, Case, Q, Value, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from accounts.models import Site
from patients.models import Patient
from scheduling.forms import RecallFilterForm, list_query
from scheduling.models import Appointment
from scheduling.ready import ready_lights
from scheduling.recall_filters import languages_in_use, menus_for, narrowed
from scheduling.recall_list import COUNTED_TO, TABS, left_out, recall_counts, recall_courses
from scheduling.recall_page import CLOSES, Page, recall_page, with_claims
from scheduling.rules.ready import LightState
from scheduling.rules.recalls import away_words, back_words, claim_words, contact_ways, order_words, state_words
from treatments.models import TreatmentCourse
from treatments.rules.windows import Booking

PAGE_SIZE = 50
# How many rows are looked through for those ready to book: each is decided by its lights, not by the database.
READY_SPAN = 300
# What the desk speaks itself: a patient's language stands in a row where it is another.
DESK_LANGUAGE = "English"
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
    cancelled: Appointment | None = None,
    told: str = "",
    said: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The recall list: the whole page, or for htmx its changing part, with what was just done said above it.

    `told`: what the patient is told of it.
    """
    context = _list_context(request, params) | {
        "booked": booked,
        "cancelled": cancelled,
        "told": told,
        "said": said,
        "problem": problem,
    }
    is_part = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "scheduling/recall_list.html" + ("#list" if is_part else "")
    response = render(request, template, context | {"is_part": is_part}, status=status)
    if is_part and request.method == "GET":
        # What was asked for, without the filters that ask nothing.
        response["HX-Push-Url"] = list_url(context["back"])
    patch_vary_headers(response, ["HX-Request"])
    return response


def _list_context(request: HttpRequest, params: QueryDict) -> dict[str, Any]:
    now = timezone.now()
    menus = menus_for(user=request.user, sites=request.sites)  # type: ignore[arg-type, attr-defined]
    languages = languages_in_use()
    filters = RecallFilterForm(params, request=request, menus=menus, languages=languages)
    tab, chosen = filters.active_tab, filters.chosen
    everyone = recall_courses(user=request.user, sites=filters.sites, now=now)  # type: ignore[arg-type]
    asked = narrowed(everyone, chosen)
    counts = recall_counts(asked, beside=everyone.filter(tab.condition) if chosen else None, most=COUNTED_TO)
    page = recall_page(
        with_claims(asked, now=now),
        tab,
        size=READY_SPAN if filters.only_ready else PAGE_SIZE,
        sort=filters.chosen_sort,
        after=filters.page_after,
        before=filters.page_before,
    )
    rows = _described(page, filters.sites, only_ready=filters.only_ready, user_id=request.user.pk)
    views = _views(menus.views, filters)
    return {
        "filters": filters,
        "tabs": [{"tab": row, "count": counts[key], "query": filters.query(tab=key)} for key, row in TABS.items()],
        "tab": tab,
        "rows": rows,
        "count": counts[tab.key],
        "looked_through": len(page.rows) if filters.only_ready else 0,
        "left_out": left_out(of=counts["beside"], shown=counts[tab.key]) if chosen else None,
        "several_sites": len(filters.sites) > 1,
        "today": filters.sites[0].today(now=now) if filters.sites else None,
        "order_words": _order_words(filters),
        "narrowing": list(filters.narrowing()),
        "views": views,
        "is_saved": any(view["is_shown"] for view in views),
        "is_beyond": not page.rows and bool(filters.page_after or filters.page_before),
        "row_ids": ".".join(str(course.pk) for course in rows),
        "back": filters.query(edge=("after", filters.page_after))
        if filters.page_after
        else filters.query(edge=("before", filters.page_before)),
        "next_query": filters.query(edge=("after", page.after)) if page.after else "",
        "previous_query": filters.query(edge=("before", page.before)) if page.before else "",
        "first_query": filters.query(),
        "all_query": filters.without_filters(),
    }


def _order_words(filters: RecallFilterForm) -> str:
    tab = filters.active_tab
    order = tab.order if filters.chosen_sort == CLOSES and tab.order == "started" else filters.chosen_sort
    return order_words(order, leaves_out=tab.is_called)


def _views(saved: list[tuple[str, str, str]], filters: RecallFilterForm) -> list[dict[str, Any]]:
    """The person's saved views as chips; the one that is shown now is marked."""
    shown = list_query(filters.query())
    return [{"pk": pk, "name": name, "query": query, "is_shown": query == shown} for pk, name, query in saved]


def _described(page: Page, sites: list[Site], *, only_ready: bool, user_id: int) -> list[TreatmentCourse]:
    """The rows with what their cells say, for one query more than those of the lights; ready ones alone if asked."""
    places = {site.pk: site for site in sites}
    by_day: dict[date, list[TreatmentCourse]] = {}
    for course in page.rows:
        by_day.setdefault(course.today, []).append(course)  # type: ignore[attr-defined]
    lights: dict[int, Any] = {}
    for day, rows in by_day.items():
        lights |= ready_lights(rows, on=day)
    shown = []
    for course in page.rows:
        row: Any = course
        row.lights = lights[course.pk]
        row.lit = sum(light.state in (LightState.OK, LightState.NOT_NEEDED) for light in row.lights)
        row.is_ready = row.lit == len(row.lights)
        if only_ready and not row.is_ready:
            continue
        _describe(row, places[course.site_id], user_id=user_id)
        shown.append(course)
    return shown[:PAGE_SIZE] if not only_ready else shown


def _describe(row: Any, site: Site, *, user_id: int) -> None:
    """Put on a row what its cells say; everything is loaded already."""
    patient = row.patient
    row.age = patient.age(on=row.today)
    row.words = state_words(
        state=row.state_now,
        today=row.today,
        window_opens_on=row.window_opens_on,
        window_closes_on=row.window_closes_on,
        started_on=row.started_on,
    )
    row.contact, row.other_contact = contacts_of(patient)
    row.language = "" if patient.language == DESK_LANGUAGE else patient.language
    row.last_called = site.localtime(row.tried_at).date() if row.last_outcome else None
    row.claim = ""
    if row.claim_by is not None and row.claim_by_id != user_id:
        row.claim = claim_words(name=row.claim_by, since=site.localtime(row.claim_at))
    row.away = row.away_until = ""
    row.back_on = None
    if row.is_hidden:
        row.away = away_words(
            kind=row.hold_kind or "",
            until=row.held_until,
            outcome=row.last_outcome or "",
            hidden_until=row.hidden_until,
            today=row.today,
        )
        is_held = row.away in ("Snoozed", "Paused", "Stopped")
        ends = row.held_until if is_held else row.hidden_until
        row.away_reason = row.hold_reason if is_held else ""
        row.away_by = row.hold_by if is_held else row.last_attempt_by
        row.back_on = ends if ends and ends < date.max else None
        row.away_until = back_words(ends)


def contacts_of(patient: Patient) -> tuple[dict[str, str], dict[str, str]]:
    """The preferred way to reach a patient and another one, each as {way, words, to, url}; the other may be empty."""
    address = ", ".join(part for part in (patient.address, patient.city) if part)
    ways = contact_ways(channel=patient.preferred_channel, phone=patient.phone, email=patient.email, address=address)
    urls = {"phone": "tel:", "text": "sms:", "email": "mailto:"}
    first, other = (
        {
            "way": way,
            "words": str(Patient.Channel(way).label) if way else "",
            "to": to,
            "url": urls[way] + to.replace(" ", "") if to and way in urls else "",
        }
        for way, to in ways
    )
    return first, other


@require_http_methods(["GET"])
@permission_required("scheduling.view_recalls", raise_exception=True)
def recall_changes(request: HttpRequest) -> HttpResponse:
    """What changed meanwhile on the rows somebody has before them: who is being called, and who has left the list.

    Asked again and again by the open page; one query. `rows` are the ids of courses, with dots between.
    """
    now = timezone.now()
    tab = TABS.get(request.GET.get("tab", ""), TABS["to-call"])
    asked = request.GET.get("rows", "").split(".")[:READY_SPAN]
    wanted = [int(text) for text in asked if text.isdecimal() and len(text) < 19]
    sites = {site.pk: site for site in request.sites}  # type: ignore[attr-defined]
    courses = recall_courses(user=request.user, sites=sites.values(), now=now)  # type: ignore[arg-type]
    found = (
        with_claims(courses.filter(pk__in=wanted), now=now)
        .annotate(
            is_listed=Case(
                When(tab.condition & Q(pk__isnull=False), then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            )
        )
        .values("pk", "site_id", "claim_by", "claim_by_id", "claim_at", "is_listed", "is_hidden", "booking_now")
    )
    by_id = {row["pk"]: row for row in found}
    notes = [{"pk": pk, "words": _change(by_id.get(pk), sites, request.user.pk)} for pk in wanted]
    return render(request, "scheduling/recall_changes.html", {"notes": notes})


def _change(row: dict[str, Any] | None, sites: dict[int, Site], user_id: int | None) -> str:
    if row is None:
        return "No longer on the lists"
    if row["claim_by"] is not None and row["claim_by_id"] != user_id:
        since: datetime = sites[row["site_id"]].localtime(row["claim_at"])
        return claim_words(name=row["claim_by"], since=since)
    if row["is_listed"]:
        return ""
    if row["booking_now"] != Booking.NONE:
        return "Booked meanwhile"
    return "Called or put away meanwhile" if row["is_hidden"] else "No longer on this list"


def list_url(query: str) -> str:
    url = reverse("scheduling:recall-list")
    return f"{url}?{query}" if query else url


def back_to_list(request: HttpRequest) -> QueryDict | None:
    """Where on the recall list this page was opened from, or None; only what the list itself understands is kept."""
    source = request.POST if request.method == "POST" else request.GET
    if "back" not in source:
        return None
    return QueryDict(list_query(source["back"]))
