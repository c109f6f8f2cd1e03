"""Breaking the glass: what matters of another site's patient, read in an emergency, for a reason, and looked at."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.actions import record
from audit.models import StaleVersionError
from outcomes.summaries import summaries_for
from patients.actions.emergency import open_in_emergency, review_emergency
from patients.forms.emergency import EmergencyForm, EmergencyReviewForm
from patients.known import known_facts
from patients.models import EmergencyAccess, Patient
from treatments.models import AdverseEvent, InjectionSession, TreatmentCourse
from treatments.querysets.sessions import sites_and_vials

PAGE = 50
SESSIONS = 6
NOBODY = "No other site has a patient with this record number and date of birth. Look at both again."


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required("patients.open_in_emergency", raise_exception=True)
def emergency_open(request: HttpRequest) -> HttpResponse:
    """Say who and why; a patient of one's own sites is led to the chart itself."""
    form = EmergencyForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if not ratelimit.consume(request, action="emergency", user=request.user):
            form.add_error(None, "Too many were tried. Wait an hour, or ask a colleague of the other site.")
        elif form.is_valid():
            asked = form.cleaned_data
            patient = Patient.objects.select_related("site").filter(
                record_number=asked["record_number"], birth_date=asked["birth_date"], merged_into=None
            ).first()  # fmt: skip
            if patient is None:
                form.add_error("record_number", NOBODY)
            elif patient.site in request.sites:  # type: ignore[attr-defined]
                return redirect("clinic:chart", patient.pk)
            else:
                open_in_emergency(patient=patient, reason=asked["reason"], by=request.user, now=timezone.now())
                return redirect("clinic:emergency-chart", patient.pk)
    return render(request, "clinic/emergency_open.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET"])
@permission_required("patients.open_in_emergency", raise_exception=True)
def emergency_chart(request: HttpRequest, patient_id: int) -> HttpResponse:
    """What matters in an emergency, to read only: alerts, allergies, medication, what was injected and when."""
    accesses = EmergencyAccess.objects.standing(user=request.user, now=timezone.now())
    access = get_object_or_404(accesses.select_related("patient__site"), patient=patient_id, patient__merged_into=None)
    patient, today = access.patient, access.patient.site.today()
    courses = list(
        TreatmentCourse.objects.filter(patient=patient).for_list().with_state(on=today)
        .order_by("closed_on", "condition__position", "id")
    )  # fmt: skip
    summaries, events = summaries_for(courses), AdverseEvent.objects.filter(session__patient=patient)
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=access, detail="in an emergency")
    return render(
        request,
        "clinic/emergency_chart.html",
        {
            "access": access,
            "patient": patient,
            "today": today,
            "known": known_facts(patient_id=patient.pk),
            "courses": [(course, summaries.get(course.pk)) for course in courses],
            "sessions": _sessions(patient),
            "events": events.exclude(outcome="error").order_by("-onset_on", "-pk")[:PAGE],
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("patients.review_emergency", raise_exception=True)
def emergency_list(request: HttpRequest) -> HttpResponse:
    """Every emergency access to patients of one's sites, and saying that it was looked at."""
    accesses = EmergencyAccess.objects.visible_to(request.user)
    refused: tuple[int, EmergencyReviewForm] | None = None
    if request.method == "POST":
        form = EmergencyReviewForm(request.POST)
        access = get_object_or_404(accesses, pk=_number(request.POST.get("access")))
        if form.is_valid():
            try:
                review_emergency(
                    access=access, note=form.cleaned_data["note"], version=form.cleaned_data["version"],
                    by=request.user, now=timezone.now(),
                )  # fmt: skip
            except StaleVersionError:
                form.add_error(None, "Somebody looked at it meanwhile.")
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "Looked at.")
                return redirect("clinic:emergency-list")
        form.auto_id = f"id_%s_{access.pk}"
        refused = access.pk, form
    rows = list(accesses.for_list().behind(_number(request.GET.get("after")))[: PAGE + 1])
    context = {
        "rows": [(row, _review_form(row, refused, request)) for row in rows[:PAGE]],
        "last": rows[PAGE - 1] if len(rows) > PAGE else None,
    }
    return render(request, "clinic/emergency_list.html", context, status=422 if refused else 200)


def _sessions(patient: Patient) -> list[tuple[InjectionSession, list[str], list[tuple[str, Decimal]]]]:
    """The latest sessions, each with its lots and the units of each muscle and side."""
    sessions = (
        InjectionSession.objects.given().filter(patient=patient).for_list().with_condition_names()
        .prefetch_related(*sites_and_vials()).order_by("-performed_on", "-pk")[:SESSIONS]
    )  # fmt: skip
    found = []
    for session in sessions:
        units: dict[str, Decimal] = defaultdict(Decimal)
        for injection in session.injections.all():
            units[f"{injection.muscle.name} {injection.get_side_display().lower()}".strip()] += injection.units or 0
        lots = sorted({use.vial.lot.number for use in session.vial_uses.all()} or {session.outside_lot} - {""})
        found.append((session, lots, sorted(units.items(), key=lambda row: -row[1])))
    return found


def _review_form(row: EmergencyAccess, refused: Any, request: HttpRequest) -> EmergencyReviewForm | None:
    """The form beside an access; of one that was looked at, what was typed and came too late."""
    if refused and refused[0] == row.pk:
        return refused[1]
    if row.reviewed_at is not None or row.user_id == request.user.pk:
        return None
    return EmergencyReviewForm(initial={"version": row.version}, auto_id=f"id_%s_{row.pk}")


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
