"""Allergies, medications, history items, tried treatments and weights: one small form each, all handled alike."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from audit.actions import record
from audit.models import StaleVersionError
from patients import actions
from patients.forms import (
    AllergyForm,
    FactForm,
    HistoryItemForm,
    MedicationForm,
    TriedTreatmentForm,
    WeightForm,
    show_refusal,
)
from patients.models import Allergy, Fact, HistoryItem, Medication, Patient, TriedTreatment, Weight
from patients.views.back import back_to

# What each kind is called on its page, and how it is said that it is over; some have no end to press.
WORDS: dict[type[Fact], tuple[str, str]] = {
    Allergy: ("allergy", "Ended today"),
    Medication: ("medication", "Stopped today"),
    HistoryItem: ("history item", "Ended today"),
    TriedTreatment: ("tried treatment", ""),
    Weight: ("weight", ""),
}


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def allergy_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    return _create(request, patient_id, AllergyForm)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def allergy_edit(request: HttpRequest, allergy_id: int) -> HttpResponse:
    return _edit(request, allergy_id, AllergyForm)


@require_POST
@permission_required("patients.change_clinical", raise_exception=True)
def allergy_end(request: HttpRequest, allergy_id: int) -> HttpResponse:
    return _end(request, allergy_id, Allergy)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def medication_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    return _create(request, patient_id, MedicationForm)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def medication_edit(request: HttpRequest, medication_id: int) -> HttpResponse:
    return _edit(request, medication_id, MedicationForm)


@require_POST
@permission_required("patients.change_clinical", raise_exception=True)
def medication_end(request: HttpRequest, medication_id: int) -> HttpResponse:
    return _end(request, medication_id, Medication)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def history_item_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    return _create(request, patient_id, HistoryItemForm)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def history_item_edit(request: HttpRequest, history_item_id: int) -> HttpResponse:
    return _edit(request, history_item_id, HistoryItemForm)


@require_POST
@permission_required("patients.change_clinical", raise_exception=True)
def history_item_end(request: HttpRequest, history_item_id: int) -> HttpResponse:
    return _end(request, history_item_id, HistoryItem)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def tried_treatment_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    return _create(request, patient_id, TriedTreatmentForm)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def tried_treatment_edit(request: HttpRequest, tried_treatment_id: int) -> HttpResponse:
    return _edit(request, tried_treatment_id, TriedTreatmentForm)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def weight_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    return _create(request, patient_id, WeightForm)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_clinical", raise_exception=True)
def weight_edit(request: HttpRequest, weight_id: int) -> HttpResponse:
    return _edit(request, weight_id, WeightForm)


def _create(request: HttpRequest, patient_id: int, form_class: type[FactForm]) -> HttpResponse:
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site").with_facts(), pk=patient_id
    )
    kind: type[Fact] = form_class.Meta.model  # type: ignore[attr-defined]
    form = form_class(
        request.POST if request.method == "POST" else None, today=patient.site.today(), born=patient.birth_date
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_fact(model=kind, patient=patient, by=request.user, **form.values())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect(back_to(request, patient.pk))
    return _page(request, form, patient, kind)


def _edit(request: HttpRequest, fact_id: int, form_class: type[FactForm]) -> HttpResponse:
    kind: Any = form_class.Meta.model  # type: ignore[attr-defined]
    fact = get_object_or_404(kind.objects.visible_to(request.user), pk=fact_id)
    patient = Patient.objects.select_related("site").with_facts().get(pk=fact.patient_id)
    form = form_class(
        request.POST if request.method == "POST" else None,
        instance=fact,
        today=patient.site.today(),
        born=patient.birth_date,
    )
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_fact(fact=fact, version=form.cleaned_data["version"] or 0, by=request.user, **form.values())
        except StaleVersionError as error:
            form.show_conflict(error)
            stale = True
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect(back_to(request, patient.pk))
    return _page(request, form, patient, kind, stale=stale)


def _end(request: HttpRequest, fact_id: int, kind: Any) -> HttpResponse:
    fact = get_object_or_404(kind.objects.visible_to(request.user).select_related("patient__site"), pk=fact_id)
    try:
        actions.end_fact(fact=fact, on=fact.patient.site.today(), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "Saved.")
    return redirect("clinic:chart", fact.patient_id)


def _page(
    request: HttpRequest, form: FactForm, patient: Patient, kind: type[Fact], *, stale: bool = False
) -> HttpResponse:
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    word, end_words = WORDS[kind]
    fact = form.instance if form.instance.pk else None
    # The form writes what was typed into its row, so what is saved is told from the patient's own list.
    return render(
        request,
        "patients/fact_form.html",
        {
            "form": form,
            "patient": patient,
            "today": patient.site.today(),
            "fact": fact,
            "word": word,
            "end_words": end_words,
            "end_url_name": f"patients:{word.replace(' ', '-')}-end",
            "may_end": bool(end_words) and fact is not None and form.initial.get("ended_on") is None,
            "back": back_to(request, patient.pk),
        },
        status=409 if stale else 422 if form.is_bound and form.errors else 200,
    )
