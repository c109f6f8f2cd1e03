"""The list of authorisations to ask for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from audit.actions import record
from patients.models import Coverage, Payer, PriorAuthorization
from scheduling.actions.renewals import ask_for_authorization, take_back_asking
from scheduling.ready import ready_lights
from scheduling.renewals import (
    NOT_ASKED,
    STANDINGS,
    TO_ASK,
    of_payer,
    read_place,
    renewal_counts,
    renewal_page,
    renewals,
    soon,
)
from treatments.models import TreatmentCourse

PAGE_SIZE = 50
DENIED = PriorAuthorization.Status.DENIED
JUST_ASKED = "just_asked_authorization"
TABS = {
    "ask": ("To ask for", TO_ASK),
    "asked": ("Asked for", tuple(key for key in STANDINGS if key not in TO_ASK)),
    "all": ("All", tuple(STANDINGS)),
}


@require_GET
@permission_required("patients.change_coverage", raise_exception=True)
def renewal_list(request: HttpRequest) -> HttpResponse:
    """Courses whose next session no authorisation covers, the earliest to ask for first."""
    now = timezone.now()
    chosen = _chosen(request)
    sites = [site for site in request.sites if not chosen["site"] or site.pk == chosen["site"]]  # type: ignore[attr-defined]
    courses = renewals(user=request.user, sites=sites, now=now)
    if chosen["payer"]:
        courses = of_payer(courses, chosen["payer"])
    if chosen["within"]:
        courses = soon(courses)
    asked = None
    if asked_id := request.session.pop(JUST_ASKED, None):
        mine = PriorAuthorization.objects.visible_to(request.user).select_related("patient")
        asked = mine.filter(pk=asked_id, status=PriorAuthorization.Status.SUBMITTED).first()
    counts = renewal_counts(courses)
    page = renewal_page(courses, standings=TABS[chosen["tab"]][1], size=PAGE_SIZE, after=chosen["after"])
    lights: dict[int, Any] = {}
    for day in {row.today for row in page.rows}:
        lights |= ready_lights([row for row in page.rows if row.today == day], on=day)
    for row in page.rows:
        light = next(one for one in lights[row.pk] if one.key == "authorization")
        row.why = light.words.partition("; ")[0]  # the day to ask by stands in its own column
        row.standing_words = STANDINGS[row.standing]
        row.may_ask, row.may_appeal = row.standing == NOT_ASKED, row.standing == DENIED
        row.days_left = (row.ask_by - row.today).days
    tabs = [
        {"key": key, "words": words, "count": counts[key], "query": _query(chosen, tab=key)}
        for key, (words, _) in TABS.items()
    ]
    return render(
        request,
        "scheduling/renewal_list.html",
        {
            "page": page,
            "overdue": counts["overdue"],
            "asked": asked,
            "tabs": tabs,
            "chosen": chosen,
            "payers": list(
                Payer.objects.filter(Exists(Coverage.objects.filter(payer=OuterRef("pk"), authorization_required=True)))
            ),
            "next_query": _query(chosen, after=page.after) if page.after else "",
            "first_query": _query(chosen),
            "all_query": _query(chosen, payer=0, site=0, within=0),
            "here": request.get_full_path(),
            "is_narrowed": bool(chosen["payer"] or chosen["site"] or chosen["within"]),
        },
    )


@require_POST
@permission_required("patients.change_coverage", raise_exception=True)
def renewal_ask(request: HttpRequest, course_id: int) -> HttpResponse:
    """Note that the payer was asked; a product nobody knows yet is asked for on the form."""
    now = timezone.now()
    sites = request.sites  # type: ignore[attr-defined]
    row: Any = renewals(user=request.user, sites=sites, now=now).for_list().filter(pk=course_id).first()
    if row is None:
        return _not_on_the_list(request, course_id)
    record(action="chart-read", by=request.user, patient_id=row.patient_id, subject=row)
    if row.standing == DENIED:
        messages.info(request, f"The payer has denied it for {row.patient.name} meanwhile: appeal, or ask anew.")
        return redirect(_list_url(request))
    try:
        made, is_new = ask_for_authorization(
            course=row,
            coverage=Coverage.objects.get(pk=row.coverage_pk),
            next_on=row.next_on,
            on=row.today,
            by=request.user,
        )
    except ValidationError as error:
        messages.info(request, " ".join(error.messages))
        return redirect("clinic:authorization-create", row.patient_id)
    if is_new:
        request.session[JUST_ASKED] = made.pk
    else:
        messages.info(request, f"It was asked for already for {row.patient.name}.")
    return redirect(_list_url(request))


@require_POST
@permission_required("patients.change_coverage", raise_exception=True)
def renewal_take_back(request: HttpRequest, authorization_id: int) -> HttpResponse:
    """Undo "asked for", while nothing more was entered."""
    made = get_object_or_404(
        PriorAuthorization.objects.visible_to(request.user).select_related("patient"), pk=authorization_id
    )
    record(action="chart-read", by=request.user, patient_id=made.patient_id, subject=made)
    try:
        take_back_asking(authorization=made, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"Taken back for {made.patient.name}: not asked for.")
    return redirect(_list_url(request))


def _not_on_the_list(request: HttpRequest, course_id: int) -> HttpResponse:
    """Somebody else may have entered the answer meanwhile; a course one may not see is none."""
    if not TreatmentCourse.objects.visible_to(request.user).filter(pk=course_id).exists():  # type: ignore[arg-type]
        raise Http404("No such course")
    messages.info(request, "This is no longer on the list: an authorisation covers the next session.")
    return redirect(_list_url(request))


def _list_url(request: HttpRequest) -> str:
    """Back to the list as it was; only what the list itself understands is kept."""
    query = _query(_chosen(request), after=_chosen(request)["after"])
    return reverse("scheduling:renewal-list") + (f"?{query}" if query else "")


def _chosen(request: HttpRequest) -> dict[str, Any]:
    asked = request.POST if request.method == "POST" else request.GET
    after = asked.get("after", "")
    return {
        "tab": asked["tab"] if asked.get("tab") in TABS else "ask",
        "payer": _number(asked.get("payer", "")),
        "site": _number(asked.get("site", "")),
        "within": 1 if asked.get("within") == "1" else 0,
        "after": after if read_place(after) else "",
    }


def _query(chosen: dict[str, Any], **changes: Any) -> str:
    values = chosen | {"after": ""} | changes
    return urlencode({key: value for key, value in values.items() if value and (key, value) != ("tab", "ask")})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
