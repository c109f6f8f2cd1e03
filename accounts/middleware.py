from collections.abc import Callable
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from pghistory.middleware import HistoryMiddleware

from accounts.models import Site, User
from audit.actions import record
from audit.models import Action
from audit.origin import current, origin

SITE_KEY = "site_id"


class OriginMiddleware:
    """Gives each request a number, which the audit, the log and the answer's header X-Request-ID name it by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with origin(address=get_client_ip(request) or "") as here:
            response = self.get_response(request)
            response["X-Request-ID"] = here.id
            return response


class ChangesMiddleware(HistoryMiddleware):
    """Who changed rows, from where; never the address of the page, which for a patient's link is its secret."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, "address": current().address, "request": current().id}


class CurrentSiteMiddleware:
    """Puts the person's sites and the one they work at now on the request, in one query, and goes by its clock.

    `request.site` is None for nobody signed in and for a person without a site.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.sites = []  # type: ignore[attr-defined]
        request.site = None  # type: ignore[assignment]
        if request.user.is_authenticated:
            sites = list(self.sites_of(request.user))
            chosen = request.session.get(SITE_KEY)
            request.sites = sites  # type: ignore[attr-defined]
            request.site = next(  # type: ignore[assignment]
                (site for site in sites if site.pk == chosen), sites[0] if sites else None
            )
        if request.site is None:  # type: ignore[attr-defined]
            return self.get_response(request)
        # Django shows moments, and reads those typed in, by this clock.
        with timezone.override(request.site.zone()):  # type: ignore[attr-defined]
            return self.get_response(request)

    def sites_of(self, user: User) -> QuerySet[Site]:
        """The person's sites; apps above add to the query what every page shows of a site."""
        return user.sites.all()


class SetUpMiddleware:
    """Leads every page to the set-up page while the database holds no user.

    That is one small query a request; once there is a user this process remembers it and asks no more.
    """

    done = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = reverse("accounts:set-up")
        if not SetUpMiddleware.done and request.path not in {page, reverse("health")}:
            if not User.objects.exists():
                return HttpResponseRedirect(page)
            SetUpMiddleware.done = True
        return self.get_response(request)


class RefusalMiddleware:
    """Puts on record that a person who is signed in asked for a page their role does not include."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 403 and request.user.is_authenticated:
            # The page's name, never its address: that one can carry what was typed into it.
            page = request.resolver_match.view_name if request.resolver_match else ""
            record(action=Action.REFUSED, by=request.user, detail=page)
        return response
