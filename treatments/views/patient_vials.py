"""Vials that belong to one patient, and the sessions a lot went into."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from audit.actions import record
from inventory.models import Lot, Vial
from patients.models import Patient
from treatments.actions.vials import name_vial, release_vial
from treatments.forms.patient_vials import NameVialForm, VialOwnerForm
from treatments.models import InjectionSession, PatientVial

PAGE = 100  # rows


@require_http_methods(["GET", "POST"])
@permission_required("treatments.name_vial", raise_exception=True)
def patient_vials(request: HttpRequest, patient_id: int) -> HttpResponse:
    """The vials that came for a patient, and naming one more."""
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=patient_id)
    today = patient.site.today()
    vials = (
        Vial.objects.visible_to(request.user)
        .in_stock()
        .filter(source=Vial.Source.PHARMACY, patient_vial=None, lot__expires_on__gte=today)
        .exclude(lot__recalled_on__lte=today)
        .for_list()
    )
    form = NameVialForm(request.POST or None, vials=vials)
    if request.method == "POST" and form.is_valid():
        vial = form.cleaned_data["vial"]
        try:
            name_vial(vial=vial, patient=patient, note=form.cleaned_data["note"], by=request.user)
        except ValidationError as problem:
            form.add_error("vial", problem)
        else:
            messages.success(
                request, f"{vial.size}, lot {vial.lot.number}, is this patient's: nobody else is given of it."
            )
            return redirect("treatments:patient-vials", patient_id=patient.pk)
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    named = (
        PatientVial.objects.filter(patient=patient)
        .select_related("vial__lot", "vial__size__product", "vial__site", "named_by")
        .order_by("-pk")[:PAGE]
    )
    context = {
        "patient": patient,
        "form": form,
        "named": [(row, row.vial.lot.problem(on=today)) for row in named],
        "today": today,
    }
    return render(request, "treatments/patient_vials.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("treatments.name_vial", raise_exception=True)
def vial_name(request: HttpRequest, vial_id: int) -> HttpResponse:
    """Say whose vial of the stock this is."""
    vial = _vial(request, vial_id)
    named = PatientVial.objects.filter(vial=vial).select_related("patient", "named_by").first()
    form = VialOwnerForm(
        request.POST or None,
        patients=Patient.objects.visible_to(request.user),
        initial={"note": named.note} if named else None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            name_vial(vial=vial, patient=form.patient, note=form.cleaned_data["note"], by=request.user)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, f"Vial {vial.pk} is {form.patient.name}'s: nobody else is given of it.")
            return redirect("inventory:lot-detail", vial.lot_id)
    # A colleague of another site may have named it for a patient who is none of one's own.
    mine = named is not None and Patient.objects.visible_to(request.user).filter(pk=named.patient_id).exists()
    if mine and request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=named.patient_id, subject=vial)
    context = {"vial": vial, "form": form, "named": named, "mine": mine}
    return render(request, "treatments/vial_name.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("treatments.name_vial", raise_exception=True)
def vial_release(request: HttpRequest, vial_id: int) -> HttpResponse:
    """Take off a name that was given by mistake."""
    vial = _vial(request, vial_id)
    try:
        release_vial(vial=vial, by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, f"Vial {vial.pk} is nobody's now; it waits to be named.")
    return redirect("inventory:lot-detail", vial.lot_id)


@require_http_methods(["GET"])
@permission_required("treatments.view_session", raise_exception=True)
def lot_sessions(request: HttpRequest, lot_id: int) -> HttpResponse:
    """The sessions in which vials of a lot were opened, newest first: whom to call when it is recalled."""
    lot = get_object_or_404(Lot.objects.visible_to(request.user).select_related("product"), pk=lot_id)
    sessions = InjectionSession.objects.at_sites_of(request.user).opened_from(lot)
    shown = sessions
    if (after := _number(request.GET.get("after"))) is not None:
        shown = shown.filter(pk__lt=after)
    rows = list(shown.for_list().order_by("-pk")[: PAGE + 1])
    record(action="search", by=request.user, subject=lot, detail="sessions of a lot")
    context: dict[str, Any] = {
        "lot": lot,
        "sessions": rows[:PAGE],
        "my_sites": set(request.user.sites.values_list("pk", flat=True)),
        "count": sessions.count(),
        "last": rows[PAGE - 1] if len(rows) > PAGE else None,
    }
    return render(request, "treatments/lot_sessions.html", context)


def _vial(request: HttpRequest, vial_id: int) -> Vial:
    """A vial of one's sites that came for one patient; any other has no name to give."""
    vials = Vial.objects.visible_to(request.user).filter(source=Vial.Source.PHARMACY).for_list()
    return get_object_or_404(vials, pk=vial_id)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
