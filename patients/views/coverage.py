"""Who pays for a patient's treatment."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from audit.models import StaleVersionError
from patients import actions
from patients.forms import CoverageForm, show_refusal
from patients.models import Coverage, Patient
from patients.views.back import back_to


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_coverage", raise_exception=True)
def coverage_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site").with_facts(), pk=patient_id
    )
    form = CoverageForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_coverage(patient=patient, by=request.user, **form.values())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect(back_to(request, patient.pk))
    return _page(request, form, patient)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_coverage", raise_exception=True)
def coverage_edit(request: HttpRequest, coverage_id: int) -> HttpResponse:
    coverage = get_object_or_404(Coverage.objects.visible_to(request.user), pk=coverage_id)
    patient = Patient.objects.select_related("site").with_facts().get(pk=coverage.patient_id)
    form = CoverageForm(request.POST if request.method == "POST" else None, instance=coverage)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_coverage(
                coverage=coverage, version=form.cleaned_data["version"] or 0, by=request.user, **form.values()
            )
        except StaleVersionError as error:
            form.show_conflict(error)
            stale = True
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect(back_to(request, patient.pk))
    return _page(request, form, patient, stale=stale)


def _page(request: HttpRequest, form: CoverageForm, patient: Patient, *, stale: bool = False) -> HttpResponse:
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "patients/coverage_form.html",
        {
            "form": form,
            "patient": patient,
            "today": patient.site.today(),
            "heading": "Change coverage" if form.instance.pk else "New coverage",
            "back": back_to(request, patient.pk),
        },
        status=409 if stale else 422 if form.is_bound and form.errors else 200,
    )
