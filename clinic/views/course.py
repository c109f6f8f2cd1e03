from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast, JSONObject
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from clinic.completeness import completeness_of_latest
from outcomes.charts.scores import score_series
from outcomes.diary import KEY as DIARY
from outcomes.models import Instrument, WithdrawnAssessment
from outcomes.rules import plain
from outcomes.summaries import summaries_for
from scheduling.ready import ready_lights, ready_papers
from treatments.models import Evaluation, FollowUp, InjectionSession, RetreatmentWindow, TreatmentCourse
from treatments.rules.fading import fading

MOST_ROWS = 100
DATES = {
    "eligible_on": "First allowed",
    "window_opens_on": "Opens",
    "target_on": "Target",
    "window_closes_on": "Closes",
}


@require_http_methods(["GET"])
@permission_required("treatments.view_course", raise_exception=True)
def course(request: HttpRequest, course_id: int) -> HttpResponse:
    """One course over the years: its window and why, scores with the sessions marked, sessions, follow-ups."""
    course = get_object_or_404(
        TreatmentCourse.objects.visible_to(request.user)
        .for_list()
        .select_related("diagnosis", "patient__site", "condition__responder_rule__instrument")
        .annotate(
            ready_papers=ready_papers(),
            has_diary=Exists(Instrument.objects.filter(key=DIARY, conditions=OuterRef("condition"))),
            evaluations_json=ArraySubquery(
                Evaluation.objects.filter(course=OuterRef("pk"))
                .order_by("-evaluated_on")
                .values(
                    json=JSONObject(
                        pk="pk", on="evaluated_on", suitability="suitability", goals="goals", by="evaluated_by__name"
                    )
                )[:MOST_ROWS]
            ),
            withdrawn_json=ArraySubquery(
                WithdrawnAssessment.objects.filter(course=OuterRef("pk")).values(
                    json=JSONObject(
                        measure="instrument__short_name",
                        label="label",
                        value=Cast("value", CharField()),
                        on="assessed_on",
                        by="withdrawn_by__name",
                        reason="reason",
                    )
                )[:MOST_ROWS]
            ),
        ),
        pk=course_id,
    )
    today = course.site.today()
    windows = list(
        RetreatmentWindow.objects.filter(course=course, voided=False)
        .select_related("target_chosen_by", "session__product")
        .order_by("-last_session_on", "-session_id")[:MOST_ROWS]
    )
    sessions = InjectionSession.objects.filter(treated__course=course).for_list().order_by("-performed_on", "-id")
    window = next((window for window in windows if window.closed_by_id is None), None)
    follow_ups = FollowUp.objects.filter(course=course).select_related("done_by").order_by("-due_on", "-id")
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    return render(
        request,
        "clinic/course.html",
        {
            "course": course,
            "patient": course.patient,
            "today": today,
            "state": course.state(on=today),
            "booking": course.booking(on=today),
            "booked_on": course.next_booked(on=today),
            "window": window,
            "reasons": _reasons(window),
            "ready": [] if course.closed_on else [(course, ready_lights([course], on=today)[course.pk])],
            "summary": (summary := summaries_for([course]).get(course.pk)),
            "fading": fading([judged.cycle.outcome for judged in summary.cycles] if summary else []),
            "scores": score_series(course, windows=windows),
            "withdrawn": [_withdrawn(row) for row in course.withdrawn_json],
            "evaluations": [_evaluation(row) for row in course.evaluations_json],
            "paper": completeness_of_latest([course.pk]).get(course.pk),
            "sessions": sessions[:MOST_ROWS],
            "follow_ups": follow_ups[:MOST_ROWS],
        },
    )


def _withdrawn(row: dict[str, Any]) -> dict[str, Any]:
    """A withdrawn score, out of JSON."""
    return row | {"on": date.fromisoformat(row["on"]), "shown": row["label"] or plain(Decimal(row["value"]))}


def _evaluation(row: dict[str, Any]) -> dict[str, Any]:
    """An evaluation of the list, out of JSON."""
    label = Evaluation.Suitability(row["suitability"]).label
    return row | {"on": date.fromisoformat(row["on"]), "suitability": label}


def _reasons(window: RetreatmentWindow | None) -> list[dict[str, Any]]:
    """The dates of the window in their order, each with why it is what it is."""
    if window is None:
        return []
    why = {reason["date"]: reason for reason in window.reasons}
    return [{**why.get(field, {}), "name": name, "day": getattr(window, field)} for field, name in DATES.items()]
