"""The door of a patient's link: it asks for the date of birth and says nothing before."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from messaging.actions.links import Opening, link_of, open_link
from messaging.forms import BirthDateForm
from messaging.link_access import PAGES, is_remembered, remember, sender_name, shut
from messaging.models import PatientLink
from messaging.rules.links import is_shut


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def link_open(request: HttpRequest, token: str) -> HttpResponse:
    """Ask who it is, in both languages, as the patient's own would say something about them."""
    link = link_of(token)
    now = timezone.now()
    if link is None or is_shut(expires_at=link.expires_at, used_at=link.used_at, revoked_at=link.revoked_at, now=now):
        return shut(request, link)
    page = PAGES.get(PatientLink.Purpose(link.purpose))
    if page is None:
        return shut(request, link)
    if is_remembered(request, token):
        return redirect(page, token)
    form = BirthDateForm(request.POST or None)
    outcome, status = None, 200
    if request.method == "POST":
        status = 422
        # Many links from one address: somebody is guessing. The clinic's own patients share a few addresses.
        if not ratelimit.consume(request, action="patient_link"):
            outcome, status = Opening.LOCKED, 429
        elif form.is_valid():
            outcome = open_link(link=link, birth_date=form.cleaned_data["birth_date"], now=now)
            if outcome == Opening.SHUT:
                return shut(request, link)
            if outcome == Opening.OPENED:
                response = redirect(page, token)
                remember(response, token=token, secure=request.is_secure())
                return response
            status = 429 if outcome == Opening.LOCKED else 422
    return render(
        request,
        "messaging/link_open.html",
        {"form": form, "clinic": sender_name(link), "site": link.site, "outcome": outcome},
        status=status,
    )
