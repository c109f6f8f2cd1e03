"""Having a consent signed, reading and withdrawing it: what it is for are the conditions of the patient's courses."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.actions import record
from clinic.conditions import conditions_for
from clinic.paper.consent import blank_consent, consent_sheet
from clinic.views.paper import pdf_response
from patients import actions
from patients.forms import SignForm, WithdrawForm, show_refusal
from patients.models import Consent, ConsentForm, Patient
from patients.rules import is_under_age
from patients.views.back import back_to
from treatments.models import Condition


@require_http_methods(["GET", "POST"])
@permission_required("patients.record_consent", raise_exception=True)
def consent_create(request: HttpRequest, patient_id: int) -> HttpResponse:
    """The wording, what it is for, and the signature on one page; `?form=` chooses among the current wordings.

    For a condition that no product is labelled for, the wording for use outside the label comes first.
    """
    patient = _patient(request, patient_id)
    today = patient.site.today()
    conditions = conditions_for(patient)
    treated = [condition for condition in conditions if condition.is_treated]
    wordings, wording = _wordings(request, treated)
    under_age = is_under_age(patient.birth_date, on=today)
    form = SignForm(
        request.POST if request.method == "POST" else None,
        conditions=[(condition.key, condition.name) for condition in conditions],
        initial={
            "conditions": [condition.key for condition in treated],
            "signer": Consent.Signer.PARENT if under_age else Consent.Signer.PATIENT,
            "signer_name": "" if under_age else f"{patient.given_name} {patient.family_name}",
            "method": Consent.Method.SCREEN,
        },
    )
    back = back_to(request, patient.pk)
    if request.method == "POST" and wording is not None and form.is_valid():
        try:
            consent = actions.sign_consent(
                patient=patient,
                form=wording,
                conditions=form.cleaned_data["conditions"],
                on=today,
                by=request.user,
                **{name: form.cleaned_data[name] for name in ("signer", "signer_name", "method", "signature")},
            )
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"Consent signed. It holds to {consent.expires_on:%-d %b %Y}.")
            return redirect(back)
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "clinic/consent_create.html",
        {
            "form": form,
            "patient": patient,
            "today": today,
            "wordings": wordings,
            "wording": wording,
            "unlabelled": [condition.name for condition in treated if not condition.is_labelled],
            "under_age": under_age,
            "back": back,
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@require_POST
@permission_required("patients.record_consent", raise_exception=True)
def consent_blank(request: HttpRequest, patient_id: int) -> HttpResponse:
    """The wording as a PDF with lines to sign on, for what is ticked on the page. Nothing is kept but the printing."""
    patient = _patient(request, patient_id)
    conditions = conditions_for(patient)
    _, wording = _wordings(request, [condition for condition in conditions if condition.is_treated])
    if wording is None:
        return redirect("clinic:consent-create", patient.pk)
    ticked = set(request.POST.getlist("conditions"))
    names = [condition.name for condition in conditions if condition.key in ticked]
    return pdf_response(
        request,
        "paper/consent.html",
        lambda row: blank_consent(row, form=wording, conditions=names),
        patient,
        patient.pk,
        "consent-to-sign",
    )


def _patient(request: HttpRequest, patient_id: int) -> Patient:
    patients = Patient.objects.visible_to(request.user).select_related("site").with_facts()
    return get_object_or_404(patients, pk=patient_id)


def _wordings(request: HttpRequest, treated: list[Any]) -> tuple[list[ConsentForm], ConsentForm | None]:
    """The current wordings, and the one asked for or else the one that fits what is treated."""
    wordings = list(ConsentForm.objects.filter(is_current=True).order_by("covers_off_label", "title", "pk"))
    off_label = any(not condition.is_labelled for condition in treated)
    return wordings, _chosen(request, wordings, off_label=off_label)


def _chosen(request: HttpRequest, wordings: list[ConsentForm], *, off_label: bool) -> ConsentForm | None:
    asked = request.POST.get("form") or request.GET.get("form") or ""
    for wording in wordings:
        if str(wording.pk) == asked:
            return wording
    if asked and request.method == "POST":
        # It was the current one when the page was opened: the action says what has happened.
        old = ConsentForm.objects.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
        if old is not None:
            return old
    fitting = [wording for wording in wordings if wording.covers_off_label == off_label]
    return next(iter([*fitting, *wordings]), None)


@require_GET
@permission_required("patients.view_consent", raise_exception=True)
def consent_detail(request: HttpRequest, consent_id: int) -> HttpResponse:
    """A signed consent as it was signed, to read and to print."""
    return _detail(request, _consent(request, consent_id), WithdrawForm())


@require_GET
@permission_required("patients.view_consent", raise_exception=True)
def consent_pdf(request: HttpRequest, consent_id: int) -> HttpResponse:
    """A signed consent on paper, with the patient and the page's number on each page."""
    consent = _consent(request, consent_id)
    return pdf_response(
        request,
        "paper/consent.html",
        lambda row: consent_sheet(row, conditions=_names(row)),
        consent,
        consent.patient_id,
        "consent",
    )


@require_POST
@permission_required("patients.record_consent", raise_exception=True)
def consent_withdraw(request: HttpRequest, consent_id: int) -> HttpResponse:
    consent = _consent(request, consent_id)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            actions.withdraw_consent(
                consent=consent, reason=form.cleaned_data["reason"], on=consent.patient.site.today(), by=request.user
            )
        except actions.AlreadyWithdrawnError:
            messages.info(request, "This consent was withdrawn already.")
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "The consent is withdrawn.")
        if form.is_valid():
            return redirect("clinic:consent-detail", consent.pk)
    return _detail(request, consent, form)


def _consent(request: HttpRequest, consent_id: int) -> Consent:
    return get_object_or_404(
        Consent.objects.visible_to(request.user).select_related("form", "witness", "withdrawn_by", "patient__site"),
        pk=consent_id,
    )


def _detail(request: HttpRequest, consent: Consent, form: WithdrawForm) -> HttpResponse:
    record(action="chart-read", by=request.user, patient_id=consent.patient_id, subject=consent)
    context: dict[str, Any] = {
        "consent": consent,
        "patient": consent.patient,
        "today": consent.patient.site.today(),
        "signed_at": consent.patient.site.localtime(consent.signed_at),
        "conditions": _names(consent),
        "form": form,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "clinic/consent_detail.html", context, status=status)


def _names(consent: Consent) -> list[str]:
    """What it is for, in words."""
    names = dict(Condition.objects.filter(key__in=consent.conditions).values_list("key", "name"))
    return [names.get(key, key) for key in consent.conditions]
