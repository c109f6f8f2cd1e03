"""A patient who opened a link: remembered for half an hour in a signed cookie, which holds no name and no sign-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache

from messaging.actions.links import link_of, token_hash
from messaging.models import ContactPolicy, PatientLink
from messaging.rules.links import OPEN_FOR, is_shut
from messaging.rules.wording import clinic_name
from patients.rules.language import message_language

COOKIE = "cadence_link"
SALT = "messaging.patient-link"

# Where each purpose leads; the pages are of the apps above.
PAGES = {
    PatientLink.Purpose.APPOINTMENT: "scheduling:link-visit",
    PatientLink.Purpose.BOOKING: "scheduling:link-times",
    PatientLink.Purpose.WAITING_OFFER: "scheduling:link-offer",
    PatientLink.Purpose.QUESTIONNAIRE: "outcomes:link-questions",
    PatientLink.Purpose.DIARY: "outcomes:link-diary",
}


def remember(response: HttpResponse, *, token: str, secure: bool) -> None:
    """Let this browser stay for half an hour; the cookie goes to the link's own pages and nowhere else."""
    response.set_signed_cookie(
        COOKIE,
        token_hash(token),
        salt=SALT,
        max_age=int(OPEN_FOR.total_seconds()),
        path=f"/l/{token}/",
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def is_remembered(request: HttpRequest, token: str) -> bool:
    found = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=int(OPEN_FOR.total_seconds()))
    return found == token_hash(token)


def sender_name(link: PatientLink) -> str:
    """What the clinic calls itself towards patients: in messages, and before anybody has said who they are."""
    policy = ContactPolicy.objects.filter(site=link.site_id).first()
    return clinic_name(
        sender_name=policy.sender_name if policy else "", site_name=link.site.name, language=language_of(link)
    )


def shut(request: HttpRequest, link: PatientLink | None) -> HttpResponse:
    """The same words for a link that is unknown, over, used or revoked; the phone of the clinic where one is known."""
    context = {"site": link.site, "clinic": sender_name(link)} if link is not None else {}
    return render(request, "messaging/link_shut.html", context, status=404 if link is None else 410)


def for_patients(*purposes: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page behind a link of one of those purposes: asks for the date of birth first, speaks the patient's language.

    The view gets `request.link`. Nothing is kept by the browser, and no page is indexed.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_not_required
        @never_cache
        @wraps(view)
        def answer(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
            link = link_of(token)
            if link is None or is_shut(
                expires_at=link.expires_at, used_at=link.used_at, revoked_at=link.revoked_at, now=timezone.now()
            ):
                return shut(request, link)
            if not is_remembered(request, token):
                return redirect("messaging:link-open", token)
            if link.purpose not in purposes:
                return redirect(PAGES[PatientLink.Purpose(link.purpose)], token)
            request.link = link  # type: ignore[attr-defined]
            with translation.override(language_of(link)):
                response = view(request, token, **kwargs)
            return response

        return answer

    return decorate


def language_of(link: PatientLink) -> str:
    """The language the patient is written to in, "en" or "es"."""
    return message_language(link.patient.language)
