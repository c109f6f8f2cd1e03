"""The patient chart: the one page where the apps meet."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from clinic.timeline import timeline
from outcomes.summaries import summaries_for
from patients.models import Patient
from treatments.models import TreatmentCourse

PAGE = 40
MOST = 2000


@require_http_methods(["GET"])
@permission_required("patients.view_patient", raise_exception=True)
def chart(request: HttpRequest, patient_id: int) -> HttpResponse:
    """A patient's courses with their windows, the timeline, and what is known; front desk sees less of it."""
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site").with_facts(), pk=patient_id
    )
    today = patient.site.today()
    clinical = request.user.has_perm("patients.view_clinical")
    courses = list(
        TreatmentCourse.objects.filter(patient=patient)
        .for_list()
        .with_state(on=today)
        .with_session_count()
        .order_by("closed_on", "condition__position", "id")
    )
    summaries = summaries_for(courses) if clinical else {}
    shown = min(MOST, PAGE * _page(request))
    entries = timeline(patient, clinical=clinical, limit=shown + 1)
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "clinic/chart.html#timeline" if request.htmx else "clinic/chart.html",
        {
            "patient": patient,
            "today": today,
            "clinical": clinical,
            "courses": [(course, summaries.get(course.pk)) for course in courses],
            "open_courses": [course for course in courses if course.state_now != "closed"],
            "entries": entries[:shown],
            "next_page": _page(request) + 1 if len(entries) > shown and shown < MOST else None,
        },
    )


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 4 else 1
