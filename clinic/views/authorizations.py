"""Prior authorisations: a payer's permission for a product and a condition."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from audit.models import StaleVersionError
from clinic.conditions import conditions_for
from inventory.models import Product
from patients import actions
from patients.forms import AuthorizationForm, show_refusal
from patients.letters_in import type_of
from patients.models import Patient, PriorAuthorization
from patients.rules.authorization import renewed
from patients.views.back import back_to


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_coverage", raise_exception=True)
def authorization_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    """A new authorisation; a patient without a coverage is given one first."""
    patient = get_object_or_404(_patients().visible_to(request.user), pk=patient_id)
    if request.method == "GET" and not patient.coverages.all():
        messages.info(request, "First say who pays; then enter the authorisation.")
        return redirect("patients:coverage-create", patient.pk)
    form = _form(request, patient)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_authorization(patient=patient, by=request.user, **form.values())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect(back_to(request, patient.pk))
    return _page(request, form, patient)


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_coverage", raise_exception=True)
def authorization_renew(request: HttpRequest, authorization_id: int) -> HttpResponse:
    """A new authorisation that begins as a copy of one that ends; the old one stays as it is."""
    before = get_object_or_404(PriorAuthorization.objects.visible_to(request.user), pk=authorization_id)
    patient = _patients().get(pk=before.patient_id)
    form = _form(request, patient, initial=renewed(before, on=patient.site.today()))
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_authorization(patient=patient, by=request.user, **form.values())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved as a new authorisation.")
            return redirect(back_to(request, patient.pk))
    return _page(
        request,
        form,
        patient,
        heading="Ask anew" if before.status == PriorAuthorization.Status.DENIED else "Renew the authorisation",
    )


@require_http_methods(["GET"])
@permission_required("patients.view_coverage", raise_exception=True)
def authorization_letter(request: HttpRequest, authorization_id: int) -> FileResponse:
    """The letter that came with an authorisation, to save; never shown in the browser, whatever is in it."""
    rows = PriorAuthorization.objects.visible_to(request.user).exclude(document="")
    authorization = get_object_or_404(rows, pk=authorization_id)
    try:
        file = authorization.document.open("rb")
    except FileNotFoundError as error:
        raise Http404("The file is not there") from error
    record(
        action="chart-read",
        by=request.user,
        patient_id=authorization.patient_id,
        subject=authorization,
        detail="letter",
    )
    response = FileResponse(
        file,
        as_attachment=True,
        filename=authorization.document_name,
        content_type=type_of(authorization.document.name),
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "POST"])
@permission_required("patients.change_coverage", raise_exception=True)
def authorization_edit(request: HttpRequest, authorization_id: int) -> HttpResponse:
    authorization = get_object_or_404(PriorAuthorization.objects.visible_to(request.user), pk=authorization_id)
    patient = _patients().get(pk=authorization.patient_id)
    initial = {}
    if appeals := "appeal" in request.GET and authorization.status == PriorAuthorization.Status.DENIED:
        initial = {"status": PriorAuthorization.Status.APPEAL, "appealed_on": patient.site.today()}
    form = _form(request, patient, instance=authorization, initial=initial)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_authorization(
                authorization=authorization,
                version=form.cleaned_data["version"] or 0,
                by=request.user,
                **form.values(),
            )
        except StaleVersionError as error:
            form.show_conflict(error)
            stale = True
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect(back_to(request, patient.pk))
    return _page(request, form, patient, stale=stale, heading="Appeal the denial" if appeals else "")


def _patients() -> Any:
    return Patient.objects.select_related("site").prefetch_related("coverages").with_facts()


def _form(request: HttpRequest, patient: Patient, **more: Any) -> AuthorizationForm:
    treated = conditions_for(patient)
    if request.method == "GET" and not more:
        mine = [row.key for row in treated if row.is_treated]
        more["initial"] = {"condition": mine[0]} if len(mine) == 1 else {}
    return AuthorizationForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        patient=patient,
        products=list(Product.objects.order_by("brand").values_list("key", "brand")),
        conditions=[(row.key, row.name) for row in treated],
        today=patient.site.today(),
        **more,
    )


def _page(
    request: HttpRequest, form: AuthorizationForm, patient: Patient, *, stale: bool = False, heading: str = ""
) -> HttpResponse:
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    else:
        form.ask_for_letter_again()
    return render(
        request,
        "patients/coverage_form.html",
        {
            "form": form,
            "patient": patient,
            "today": patient.site.today(),
            "heading": heading or ("Change authorisation" if form.instance.pk else "New prior authorisation"),
            "back": back_to(request, patient.pk),
        },
        status=409 if stale else 422 if form.is_bound and form.errors else 200,
    )
