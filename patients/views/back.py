"""Where a page came from, so that a press leads back there."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def back_to(request: HttpRequest, patient_id: int) -> str:
    """The page named by ?next= or the field of that name when it is one of ours, else the patient's chart."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if target.startswith("/") and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse("clinic:chart", args=[patient_id])
