import time
from collections.abc import Callable
from typing import Any, cast

from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import is_valid_path, resolve, reverse
from django.utils import timezone
from pghistory.middleware import HistoryMiddleware

from accounts.models import SecondFactor, Site, User
from audit.actions import record
from audit.models import Action
from audit.origin import current, origin

SITE_KEY = "site_id"
SEEN_AT = "seen_at"
HAS_FACTOR = "has_second_factor"
WRITE_EVERY = 30  # seconds
GRACE = 90  # seconds: a page in which somebody types tells the server once a minute, and covers itself in time
FREE = {"health", "health-ready", "accounts:session-state", "accounts:site-switch"}  # open without a second factor


class OriginMiddleware:
    """Gives each request a number, which the audit, the log and the answer's header X-Request-ID name it by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with origin(address=get_client_ip(request) or "") as here:
            request.origin = here  # type: ignore[attr-defined]
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
        if not SetUpMiddleware.done and request.path not in {page, reverse("health"), reverse("health-ready")}:
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


class SecondFactorMiddleware:
    """Leads a person who needs a second factor and has none to the page where they set one up.

    Whether they have one is kept in the session; the pages that change it forget it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and self._lacks(request):
            request.needs_second_factor = True  # type: ignore[attr-defined]
            match = resolve(request.path_info) if is_valid_path(request.path_info) else None
            if match is None or not (match.view_name.startswith(("mfa_", "account_")) or match.view_name in FREE):
                if request.headers.get("HX-Request"):
                    return HttpResponse(status=200, headers={"HX-Redirect": reverse("mfa_index")})
                return HttpResponseRedirect(reverse("mfa_index"))
        return self.get_response(request)

    @staticmethod
    def _lacks(request: HttpRequest) -> bool:
        sites: list[Site] = request.sites  # type: ignore[attr-defined]
        if not any(SecondFactor(site.second_factor).asks(cast(User, request.user)) for site in sites):
            return False
        if not request.session.get(HAS_FACTOR):
            request.session[HAS_FACTOR] = Authenticator.objects.filter(user=request.user.pk).exists()
        return not request.session[HAS_FACTOR]


class IdleMiddleware:
    """Signs out whoever did nothing for as long as their site says. What runs by itself in a page is not doing.

    The time is written at most twice a minute.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now, seen = time.time(), request.session.get(SEEN_AT)
        limit = 60 * min((site.idle_minutes for site in request.sites), default=15)  # type: ignore[attr-defined]
        if seen is not None and now - seen > limit + GRACE:
            record(action=Action.SIGNED_OUT, by=request.user, detail=f"after {limit // 60} minutes of doing nothing")
            logout(request)
            return _signed_out(request)
        request.idle_seconds = limit  # type: ignore[attr-defined]
        if (seen is None or now - seen > WRITE_EVERY) and not request.headers.get("X-Background"):
            request.session[SEEN_AT] = now
        return self.get_response(request)


def _signed_out(request: HttpRequest) -> HttpResponse:
    """To sign in again, and back to the page; what a script asked for gets 401 and keeps what it holds."""
    by_script = request.headers.get("HX-Request") or request.headers.get("X-Background")
    if by_script or "text/html" not in request.headers.get("Accept", "text/html"):
        return HttpResponse("You were signed out.", status=401, content_type="text/plain")
    if request.method != "GET":
        return render(request, "401.html", status=401)
    return redirect_to_login(request.get_full_path())
