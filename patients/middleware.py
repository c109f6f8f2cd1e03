from __future__ import annotations

from collections.abc import Callable

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve

from accounts.middleware import CurrentSiteMiddleware
from accounts.models import Site, User
from patients.models import Patient, Task
from patients.tablet import Tablet

# What a patient with the tablet may open. Signing out takes everything away, so it may stay.
OPEN_PAGES = {
    "patients:tablet-question",
    "patients:tablet-language",
    "patients:tablet-note",
    "patients:tablet-check",
    "patients:tablet-return",
    "outcomes:tablet-questions",
    "outcomes:tablet-question",
    "outcomes:tablet-urgent",
    "outcomes:tablet-check",
    "outcomes:tablet-diary",
    "outcomes:tablet-diary-day",
    "account_logout",
    "health",
    "health-ready",
}


class TabletMiddleware:
    """Shuts the clinic's pages while a patient holds the tablet: every other address answers "hand it back"."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        held = Tablet.of(request) if request.user.is_authenticated else None
        if held is not None and _name_of(request) not in OPEN_PAGES:
            return render(request, "patients/tablet_return.html", {"strayed": True, "home": held.home}, status=423)
        return self.get_response(request)


class NothingKeptMiddleware:
    """Tells browsers to keep no copy of what staff are shown.

    Otherwise the Back key shows a chart to whoever holds the tablet, or sits at the computer after signing out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


class MergedRecordMiddleware:
    """Leads from a page of a record that was merged to the same page of the one that is kept.

    Asked only where a page was not found, so that no other page pays for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if not isinstance(exception, Http404) or request.method != "GET" or match is None:
            return None
        patient_id = match.kwargs.get("patient_id")
        if patient_id is None or not request.user.is_authenticated:
            return None
        kept = Patient.objects.visible_to(request.user).kept_for(patient_id)
        if kept is None:
            return None
        return redirect(match.view_name, **(match.kwargs | {"patient_id": kept.pk}))


def _name_of(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


class SiteWithTasksMiddleware(CurrentSiteMiddleware):
    """The person's sites come with how many tasks stand open there, and how many of them are this person's.

    Every page shows it in its rail; as a part of the query for the sites it costs none of its own.
    """

    def sites_of(self, user: User) -> QuerySet[Site]:
        tasks = Task.objects.open().filter(site=OuterRef("pk")).order_by().values("site")
        count = Count("pk")
        return (
            super()
            .sites_of(user)
            .annotate(
                open_tasks=Coalesce(Subquery(tasks.annotate(count=count).values("count")), 0),
                my_tasks=Coalesce(Subquery(tasks.filter(assigned_to=user).annotate(count=count).values("count")), 0),
            )
        )
