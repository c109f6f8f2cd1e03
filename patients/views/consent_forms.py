"""The wordings patients sign: a change is a new version, what was signed keeps its own."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from patients import actions
from patients.forms import WordingForm, show_refusal
from patients.models import ConsentForm

MOST = 200


@require_GET
@permission_required("patients.manage_consent_forms", raise_exception=True)
def consent_form_list(request: HttpRequest) -> HttpResponse:
    """Every version of every form, the current ones first, with how many have signed it."""
    forms = ConsentForm.objects.annotate(signed=Count("consents")).order_by("-is_current", "title", "-version")[:MOST]
    return render(request, "patients/consent_form_list.html", {"forms": list(forms)})


@require_http_methods(["GET", "POST"])
@permission_required("patients.manage_consent_forms", raise_exception=True)
def consent_form_create(request: HttpRequest) -> HttpResponse:
    form = WordingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_consent_form(by=request.user, **form.values())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{made.title} can be signed from now on.")
            return redirect("patients:consent-form-list")
    return _page(request, form, None)


@require_http_methods(["GET", "POST"])
@permission_required("patients.manage_consent_forms", raise_exception=True)
def consent_form_revise(request: HttpRequest, form_id: int) -> HttpResponse:
    """A new version of the form; an earlier version leads to its current one."""
    wording = get_object_or_404(ConsentForm, pk=form_id)
    if request.method == "GET" and not wording.is_current:
        newest = ConsentForm.objects.filter(key=wording.key, language=wording.language).order_by("-version")[0]
        return redirect("patients:consent-form-revise", newest.pk)
    form = WordingForm(request.POST if request.method == "POST" else None, instance=wording)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.revise_consent_form(form=wording, by=request.user, **form.values())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"Version {made.version} is the one to sign from now on.")
            return redirect("patients:consent-form-list")
    return _page(request, form, get_object_or_404(ConsentForm, pk=form_id))


def _page(request: HttpRequest, form: WordingForm, wording: ConsentForm | None) -> HttpResponse:
    return render(
        request,
        "patients/consent_form_edit.html",
        {"form": form, "wording": wording},
        status=422 if form.is_bound and form.errors else 200,
    )
