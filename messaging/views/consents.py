"""What a patient says about being contacted, channel by channel."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.actions import record
from messaging.actions.consents import record_contact_consent
from messaging.desk_forms import ContactConsentForm
from messaging.models import Message
from patients.models import Patient

MOST = 50


@require_http_methods(["GET", "POST"])
@permission_required("messaging.record_consent", raise_exception=True)
def consent_record(request: HttpRequest, patient_id: int) -> HttpResponse:
    """What was said so far; one press keeps what is said now."""
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=patient_id)
    form = ContactConsentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        consent = record_contact_consent(
            patient=patient,
            channel=form.cleaned_data["channel"],
            agreed=form.cleaned_data["agreed"],
            how=form.cleaned_data["how"] or "Asked at the desk.",
            by=request.user,
        )
        said = "agreed" if consent.agreed else "did not agree"
        messages.success(request, f"{consent.get_channel_display()}: {said}.")
        back = "patients:patient-edit" if request.POST.get("back") == "edit" else "messaging:consent-record"
        return redirect(back, patient.pk)
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "messaging/consent_record.html",
        {"patient": patient, "form": form, "today": patient.site.today()},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET"])
@permission_required("messaging.view_messages", raise_exception=True)
def patient_messages(request: HttpRequest, patient_id: int) -> HttpResponse:
    """What was sent to one patient and what waits, the newest first."""
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=patient_id)
    text = request.GET.get("after", "")
    rows = Message.objects.visible_to(request.user).filter(patient=patient).for_list()
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    found = list((rows.behind(after) if after is not None else rows)[: MOST + 1])
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "messaging/patient_messages.html",
        {
            "patient": patient,
            "messages_shown": found[:MOST],
            "after": after,
            "next": found[MOST - 1].pk if len(found) > MOST else None,
            "today": patient.site.today(),
            "now": timezone.now(),
        },
    )
