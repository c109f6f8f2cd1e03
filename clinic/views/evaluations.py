"""Evaluations of a course, beside what is known: tried treatments, scores and facts come from three apps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from audit.models import StaleVersionError
from clinic.paper.scores import scores_of
from patients.models import Patient, TriedTreatment
from treatments.actions.evaluations import change_evaluation, write_evaluation
from treatments.forms.evaluations import EvaluationForm, all_said
from treatments.models import Evaluation, TreatmentCourse


@require_http_methods(["GET", "POST"])
@permission_required("treatments.write_evaluation", raise_exception=True)
def evaluation_create(request: HttpRequest, course_id: int) -> HttpResponse:
    """Write an evaluation of a course."""
    course = get_object_or_404(_courses(request), pk=course_id)
    today = course.site.today()
    if request.method == "POST" and "all_said" not in request.POST:
        form = EvaluationForm(request.POST, today=today)
        if form.is_valid():
            try:
                evaluation = write_evaluation(
                    course=course,
                    evaluated_on=form.cleaned_data["evaluated_on"],
                    content=form.content(),
                    today=today,
                    by=request.user,
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "The evaluation is saved.")
                return redirect("clinic:evaluation", evaluation_id=evaluation.pk)
    else:
        told = all_said(request.POST) if request.method == "POST" else {"evaluated_on": today}
        form = EvaluationForm(initial=told, today=today)
    return _form_page(request, form, course)


@require_http_methods(["GET"])
@permission_required("treatments.view_course", raise_exception=True)
def evaluation(request: HttpRequest, evaluation_id: int) -> HttpResponse:
    """An evaluation to read, beside what is known."""
    evaluation = _evaluation(request, evaluation_id)
    course = evaluation.course
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=evaluation)
    return render(request, "treatments/evaluation_detail.html", _known(course) | {"evaluation": evaluation})


@require_http_methods(["GET", "POST"])
@permission_required("treatments.write_evaluation", raise_exception=True)
def evaluation_edit(request: HttpRequest, evaluation_id: int) -> HttpResponse:
    """Change an evaluation; one saved elsewhere meanwhile is shown beside what was typed."""
    evaluation = _evaluation(request, evaluation_id)
    course = evaluation.course
    today = course.site.today()
    if request.method == "POST" and "all_said" not in request.POST:
        form = EvaluationForm(request.POST, instance=evaluation, today=today)
        if form.is_valid():
            try:
                change_evaluation(
                    evaluation=evaluation,
                    evaluated_on=form.cleaned_data["evaluated_on"],
                    content=form.content(),
                    today=today,
                    by=request.user,
                    # None would overwrite whatever stands there: a form without its version counts as an old one.
                    version=form.cleaned_data["version"] or 0,
                )
            except StaleVersionError as error:
                form.show_conflict(error)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "Saved.")
                return redirect("clinic:evaluation", evaluation_id=evaluation.pk)
    else:
        told = all_said(request.POST) if request.method == "POST" else {}
        form = EvaluationForm(instance=evaluation, initial=told, today=today)
    return _form_page(request, form, course, evaluation=evaluation)


def _form_page(
    request: HttpRequest, form: EvaluationForm, course: TreatmentCourse, evaluation: Evaluation | None = None
) -> HttpResponse:
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    return render(
        request,
        "treatments/evaluation_form.html",
        _known(course) | {"form": form, "evaluation": evaluation},
        status=422 if form.is_bound else 200,
    )


def _courses(request: HttpRequest) -> Any:
    return TreatmentCourse.objects.visible_to(request.user).for_list().select_related("diagnosis")


def _evaluation(request: HttpRequest, evaluation_id: int) -> Evaluation:
    evaluation = get_object_or_404(Evaluation.objects.select_related("evaluated_by", "changed_by"), pk=evaluation_id)
    # A stranger's answer is that of an evaluation that does not exist.
    evaluation.course = get_object_or_404(_courses(request), pk=evaluation.course_id)
    return evaluation


def _known(course: TreatmentCourse) -> dict[str, Any]:
    """What stands beside an evaluation: read-only, and as it is now."""
    return {
        "course": course,
        "patient": Patient.objects.with_facts().select_related("site").get(pk=course.patient_id),
        "today": course.site.today(),
        "tried": TriedTreatment.objects.filter(patient=course.patient_id).order_by("started_on", "id"),
        "scores": scores_of([course.pk]).get(course.pk, []),
    }
