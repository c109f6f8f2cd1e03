"""A provider's diary for a calendar program: the page to make, change and stop it, and the feed itself."""

from __future__ import annotations

import hashlib

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from interop.calendar import feed_ics, of_feed
from interop.feeds import FeedChangedError, feed_of, make_feed, note_read, stop_feed, too_many
from interop.models import CalendarFeed
from scheduling.models import Appointment

FRESH = 60  # seconds that a calendar program may keep what it read


@require_GET
@permission_required("interop.use_feed", raise_exception=True)
def feed(request: HttpRequest) -> HttpResponse:
    """One's own feed; its address is shown once, when it is made."""
    return _page(request, token="")


@require_POST
@never_cache
@permission_required("interop.use_feed", raise_exception=True)
def feed_make(request: HttpRequest) -> HttpResponse:
    """A new address, shown now and never again."""
    try:
        token = make_feed(by=request.user, now=timezone.now(), seen=request.POST.get("seen", ""))
    except FeedChangedError:
        return _page(request, token="", is_changed=True)
    return _page(request, token=token)


@require_POST
@permission_required("interop.use_feed", raise_exception=True)
def feed_stop(request: HttpRequest) -> HttpResponse:
    if stop_feed(by=request.user):
        messages.success(request, "The calendar feed is stopped: its address opens nothing any more.")
    return redirect("interop:feed")


@login_not_required
@require_safe
def feed_ics_file(request: HttpRequest, token: str) -> HttpResponse:
    """The feed, for whoever holds its address; every other address is 404."""
    now = timezone.now()
    if too_many(address=get_adapter().get_client_ip(request), now=now):
        refused = HttpResponse("Too many requests. Try again in a minute.", status=429, content_type="text/plain")
        refused["Retry-After"] = "60"
        # The address is the secret: it stays out of the log of refused requests.
        refused._has_been_logged = True  # type: ignore[attr-defined]
        return refused
    found = feed_of(token)
    if found is None:
        raise Http404
    note_read(feed=found, now=now)
    body = feed_ics(of_feed(Appointment.objects.filter(provider=found.user), now=now))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="cadence.ics"'
    response["Cache-Control"] = f"private, max-age={FRESH}"
    response["X-Robots-Tag"] = "noindex"
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _page(request: HttpRequest, *, token: str, is_changed: bool = False) -> HttpResponse:
    return render(
        request,
        "interop/feed.html",
        {
            "feed": CalendarFeed.objects.filter(user=request.user).first(),
            "address": request.build_absolute_uri(reverse("interop:feed-ics", args=[token])) if token else "",
            "is_changed": is_changed,
            "named_at": [site.name for site in request.sites if site.feed_names],
        },
        status=409 if is_changed else 200,
    )
