from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from outcomes.actions.response_reviews import record_response_review
from outcomes.forms.response_reviews import ResponseReviewForm
from outcomes.response_reviews import read_response
from treatments.models import TreatmentCourse
from treatments.rules.fading import SOURCE


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.review_response", raise_exception=True)
def response_review(request: HttpRequest, course_id: int) -> HttpResponse:
    """Go through the questions about a course that no longer responds, and decide how it goes on."""
    course = get_object_or_404(TreatmentCourse.objects.visible_to(request.user).for_list(), pk=course_id)
    today = course.site.today()
    form = ResponseReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            record_response_review(
                course=course,
                answers=form.answers(),
                decision=form.cleaned_data["decision"],
                note=form.cleaned_data["note"],
                on=today,
                by=request.user,
            )
        except ValidationError as problem:
            if not read_response(course.pk).is_reviewed:  # else the page says by whom, and what was decided
                form.add_error(None, problem)
        else:
            messages.success(request, "The review is recorded.")
            return redirect("outcomes:side-by-side", course_id=course.pk)
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    return render(
        request,
        "outcomes/response_review.html",
        {
            "course": course,
            "patient": course.patient,
            "today": today,
            "response": read_response(course.pk),
            "form": form,
            "source": SOURCE,
        },
        status=422 if form.is_bound else 200,
    )
