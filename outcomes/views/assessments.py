from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from outcomes.actions import record_scores, withdraw_assessment
from outcomes.forms import AssessmentForm
from outcomes.models import Assessment, InstrumentVersion, UnscoredAnswer
from outcomes.summaries import summaries_for
from treatments.forms.courses import ReasonForm
from treatments.models import TreatmentCourse


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.record_assessment", raise_exception=True)
def assessment_create(request: HttpRequest, course_id: int) -> HttpResponse:
    """Record the scores of one day against a course; a second press of the button makes no second row."""
    course = get_object_or_404(
        TreatmentCourse.objects.visible_to(request.user)
        .for_list()
        .prefetch_related("patient__allergies", "patient__medications", "patient__history_items"),
        pk=course_id,
    )
    today = course.site.today()
    versions = list(InstrumentVersion.objects.asked_of(course.condition))
    form = AssessmentForm(
        request.POST if request.method == "POST" else None, course=course, versions=versions, today=today
    )
    if form.is_bound and form.is_valid():
        try:
            recorded = record_scores(
                course=course,
                scores=form.scores(),
                assessed_on=form.cleaned_data["assessed_on"],
                on=today,
                by=request.user,
                note=form.cleaned_data["note"],
            )
        except ValidationError as problem:
            form.add_errors(problem)
        else:
            scored = [row for row in recorded if isinstance(row, Assessment)]
            if scored:
                messages.success(request, _recorded_words(course, scored))
            for row in recorded:
                if isinstance(row, UnscoredAnswer):
                    messages.warning(request, f"{row.instrument.short_name} not scored: {row.why_not}. Kept as such.")
            return redirect("clinic:course", course.pk)
    if not form.is_bound:
        record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    return render(
        request,
        "outcomes/assessment_create.html",
        {"form": form, "course": course, "patient": course.patient, "today": today},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.record_assessment", raise_exception=True)
def assessment_withdraw(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Withdraw a score that was recorded in error, with the reason."""
    scores = Assessment.objects.visible_to(request.user).for_list().select_related("course__patient")
    assessment = get_object_or_404(scores, pk=assessment_id)
    course = assessment.course
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_assessment(assessment=assessment, reason=form.cleaned_data["reason"], by=request.user)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(
                request,
                f"{assessment.instrument.short_name} {assessment.shown} is withdrawn; it stays readable below.",
            )
            return redirect("clinic:course", course.pk)
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    return render(
        request,
        "outcomes/assessment_withdraw.html",
        {"form": form, "assessment": assessment, "course": course, "patient": course.patient},
        status=422 if form.errors else 200,
    )


def _recorded_words(course: TreatmentCourse, recorded: list[Assessment]) -> str:
    """What was recorded, with the change from baseline where one of them is the course's own measure."""
    summary = summaries_for([course]).get(course.pk)
    words = [
        str(summary)
        if summary is not None and summary.last is not None and summary.last.order == score.pk
        else _with_band(score)
        for score in recorded
    ]
    return f"Recorded: {'; '.join(words)}."


def _with_band(score: Assessment) -> str:
    band = "" if score.label else score.band
    return f"{score.instrument.short_name} {score.shown}{f' ({band})' if band else ''}"
