from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

from patients.tablet import Tablet

# What a patient with the tablet may open. Signing out takes everything away, so it may stay.
OPEN_PAGES = {
    "patients:tablet-question",
    "patients:tablet-note",
    "patients:tablet-check",
    "patients:tablet-return",
    "account_logout",
    "health",
}


class TabletMiddleware:
    """Shuts the clinic's pages while a patient holds the tablet: every other address answers "hand it back"."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and Tablet.of(request) is not None and _name_of(request) not in OPEN_PAGES:
            return render(request, "patients/tablet_return.html", {"strayed": True}, status=423)
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


def _name_of(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""
