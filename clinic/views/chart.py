"""The patient chart: the one page where the apps meet."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from clinic.before import lights_before
from clinic.completeness import completeness_of_latest
from clinic.timeline import timeline
from inventory.models import Product
from outcomes.summaries import summaries_for
from patients.known import known_facts
from patients.models import Patient
from scheduling.ready import ready_lights, ready_papers
from treatments.authorizations import authorizations_of_patient, held, orders_of_patient
from treatments.models import InjectionSession, TreatmentCourse

PAGE = 40
MOST = 2000


@require_http_methods(["GET"])
@permission_required("patients.view_patient", raise_exception=True)
def chart(request: HttpRequest, patient_id: int) -> HttpResponse:
    """A patient's courses with their windows, the timeline, and what is known; front desk sees less of it."""
    patients = Patient.objects.visible_to(request.user).select_related("site")
    patient = get_object_or_404(
        patients.annotate(authorizations_json=authorizations_of_patient(), orders_json=orders_of_patient()),
        pk=patient_id,
    )
    known = known_facts(patient_id=patient.pk)
    today = patient.site.today()
    clinical = request.user.has_perm("patients.view_clinical")
    courses = list(
        TreatmentCourse.objects.filter(patient=patient)
        .for_list()
        .with_state(on=today)
        .with_session_count()
        .annotate(
            ready_papers=ready_papers(),
            labelled=Exists(Product.objects.filter(labelled_conditions=OuterRef("condition"))),
            # The draft that treatments.actions.start_session takes up again.
            is_drafted=Exists(
                InjectionSession.objects.drafts().filter(
                    patient=OuterRef("patient"), performed_on=today, provider=request.user, replaces=None
                )
            ),
        )
        .order_by("closed_on", "condition__position", "id")
    )
    open_courses = [course for course in courses if course.state_now != "closed"]
    summaries = summaries_for(courses) if clinical else {}
    papers = completeness_of_latest([course.pk for course in courses]) if clinical and not request.htmx else {}
    ready = {} if request.htmx else ready_lights(open_courses, on=today)
    shown = min(MOST, PAGE * _page(request))
    entries = timeline(patient, clinical=clinical, limit=shown + 1)
    record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "clinic/chart.html#timeline" if request.htmx else "clinic/chart.html",
        {
            "patient": patient,
            "known": known,
            "today": today,
            "clinical": clinical,
            "courses": [(course, summaries.get(course.pk), papers.get(course.pk)) for course in courses],
            "open_courses": open_courses,
            "drafting": any(course.is_drafted for course in courses),
            "lights": lights_before(
                patient=patient,
                known=known,
                conditions={course.condition.key for course in open_courses},
                off_label={
                    course.condition.key: course.condition.name for course in open_courses if not course.labelled
                },
                today=today,
                by=request.user,
            ),
            "weights": sorted(known.weights, key=lambda row: row.measured_on, reverse=True)[:3],
            "names": _names(courses),
            "authorizations": held(patient.authorizations_json, courses=open_courses, on=today),
            "orders": [row | {"expected_on": _day(row["expected_on"])} for row in patient.orders_json],
            "ready": [(course, ready[course.pk]) for course in open_courses if course.pk in ready],
            "entries": entries[:shown],
            "next_page": _page(request) + 1 if len(entries) > shown and shown < MOST else None,
        },
    )


def _names(courses: list[Any]) -> dict[str, str]:
    """The names of conditions by their keys, as far as this chart shows them."""
    return {course.condition.key: course.condition.name for course in courses}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 4 else 1
