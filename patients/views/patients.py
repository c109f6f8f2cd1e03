"""Finding, listing, making and editing patients."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.actions import record
from audit.models import StaleVersionError
from patients import actions
from patients.forms import PatientCreateForm, PatientEditForm, SearchForm, show_refusal
from patients.models import Patient, PossibleDuplicate
from patients.rules import read_search

PAGE = 50
MOST_OPTIONS = 12
MOST_FOUND = 50
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@require_GET
@permission_required("patients.view_patient", raise_exception=True)
def patient_list(request: HttpRequest) -> HttpResponse:
    """Everybody in the order of names, a page at a time.

    A page is named by the key of the patient before or after it, or by a letter: a name would not belong in an address.
    """
    everyone = Patient.objects.visible_to(request.user).by_name()
    shown, backwards = everyone, False
    letter = request.GET.get("letter", "")
    if letter in LETTERS and len(letter) == 1:
        shown = everyone.filter(name_sort__gte=letter.lower())
    elif (key := _key(request, "after")) is not None:
        edge = get_object_or_404(everyone, pk=key)
        shown = everyone.after(edge.name_sort, edge.pk)
    elif (key := _key(request, "before")) is not None:
        edge = get_object_or_404(everyone, pk=key)
        shown, backwards = everyone.before(edge.name_sort, edge.pk).reverse(), True
    patients = list(shown.for_list()[: PAGE + 1])
    more, patients = len(patients) > PAGE, patients[:PAGE]
    if backwards:
        patients.reverse()
    first = patients[0] if patients else None
    return render(
        request,
        "patients/patient_list.html",
        {
            "patients": patients,
            "today": request.site.today() if request.site else None,
            "letters": LETTERS,
            "letter": letter,
            "several_sites": len(request.sites) > 1,
            "next": patients[-1].pk if patients and (more or backwards) else None,
            "previous": first.pk
            if first and (more if backwards else everyone.before(first.name_sort, first.pk).exists())
            else None,
            "duplicates": PossibleDuplicate.objects.visible_to(request.user).waiting().count()
            if request.user.has_perm("patients.change_patient")
            else 0,
        },
    )


def _key(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@require_POST
@permission_required("patients.view_patient", raise_exception=True)
def patient_search(request: HttpRequest) -> HttpResponse:
    """Patients whom the text may mean: as JSON for the box on top of every page, as a page without a script.

    The text comes in the body, so that no address and no log holds it; the audit keeps only how many were found.
    """
    as_options = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    form = SearchForm(request.POST)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    today = _today(request)
    terms = read_search(text, on=today)
    most = MOST_OPTIONS if as_options else MOST_FOUND
    found = list(Patient.objects.visible_to(request.user).search(terms, limit=most + 1))
    more, found = len(found) > most, found[:most]
    if terms:
        record(action="search", by=request.user, detail=f"{len(found)}{'+' if more else ''} found")
    if as_options:
        return JsonResponse({"results": [_option(patient, today) for patient in found]})
    return render(
        request,
        "patients/patient_search.html",
        {"text": text, "terms": terms, "patients": found, "more": more, "today": today},
    )


def _option(patient: Patient, today: Any) -> dict[str, str]:
    sex = "" if patient.sex == Patient.Sex.UNKNOWN else f"{patient.sex} "
    age = f"died {patient.died_on:%Y}" if patient.died_on else f"{sex}{patient.age(on=today)}"
    former = f"formerly {patient.former_name} · " if patient.former_name else ""
    return {
        "name": patient.name,
        "detail": f"{former}{age} · {patient.birth_date:%-d %b %Y} · {patient.record_number}",
        "url": reverse("clinic:chart", args=[patient.pk]),
    }


def _today(request: HttpRequest) -> Any:
    if request.site is None:
        # Nobody is visible to a person without a site, and no calendar is theirs.
        raise PermissionDenied
    return request.site.today()


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_patient", raise_exception=True)
def patient_create(request: HttpRequest) -> HttpResponse:
    """A new patient; who may be the same person is shown first."""
    today = _today(request)
    form = PatientCreateForm(request.POST or None, initial={"site": request.site.pk}, sites=request.sites, today=today)
    resembling: list[Patient] = []
    if request.method == "POST" and form.is_valid():
        try:
            patient = actions.create_patient(
                by=request.user, apart_from=form.cleaned_data["someone_else"], **form.values()
            )
        except actions.ResemblesError as error:
            resembling = error.patients
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"Patient {patient.record_number} was added.")
            return redirect("clinic:chart", patient.pk)
    return render(
        request,
        "patients/patient_create.html",
        {
            "form": form,
            "today": today,
            "resembling": resembling,
            "resembling_keys": ",".join(
                str(key)
                for key in [
                    *(form.cleaned_data.get("someone_else") or [] if resembling else []),
                    *(patient.pk for patient in resembling),
                ]
            ),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_patient", raise_exception=True)
def patient_edit(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site").with_facts(), pk=patient_id
    )
    today = patient.site.today()
    form = PatientEditForm(request.POST or None, instance=patient, sites=request.sites, today=today)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_patient(
                patient=patient, version=form.cleaned_data["version"] or 0, by=request.user, **form.values()
            )
        except StaleVersionError as error:
            form.show_conflict(error)
            status = 409
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("clinic:chart", patient.pk)
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    else:
        # The form has written what was typed into its row; the head of the page shows what is saved.
        patient.refresh_from_db()
    return render(
        request, "patients/patient_edit.html", {"form": form, "patient": patient, "today": today}, status=status
    )
