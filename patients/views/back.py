"""Where a page came from, so that a press leads back there."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def back_to(request: HttpRequest, patient_id: int) -> str:
    """The page named by ?next= or the field of that name when it is one of ours, else the patient's chart."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return own_page(request, target) or reverse("clinic:chart", args=[patient_id])


def own_page(request: HttpRequest, target: str) -> str:
    """That address when it is a page of ours, else nothing."""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # Anything else is the name of a page to redirect(), which there is none of.
    return target if own and target.startswith("/") else ""
