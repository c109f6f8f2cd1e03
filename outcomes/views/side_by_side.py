from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from audit.actions import record
from outcomes.response_reviews import latest_review, response_of
from outcomes.side_by_side import SHOWN
from outcomes.side_by_side import side_by_side as latest_sessions
from outcomes.summaries import summaries_for
from treatments.models import TreatmentCourse
from treatments.rules.fading import SOURCE
from treatments.rules.own_interval import is_shortening, suggest


@require_http_methods(["GET"])
@permission_required("treatments.view_course", raise_exception=True)
def side_by_side(request: HttpRequest, course_id: int) -> HttpResponse:
    """A course's latest sessions by muscle and how each went, the patient's own interval, whether the effect fades."""
    courses = TreatmentCourse.objects.visible_to(request.user).for_list().annotate(latest_review=latest_review())
    course = get_object_or_404(courses, pk=course_id)
    record(action="chart-read", by=request.user, patient_id=course.patient_id, subject=course)
    summary = summaries_for([course]).get(course.pk)
    sessions = latest_sessions(course, summary)
    suggestion = None
    if course.last_session_on and course.eligible_on and course.window_closes_on:
        suggestion = suggest(
            sessions.cycles,
            last_session_on=course.last_session_on,
            eligible_on=course.eligible_on,
            window_closes_on=course.window_closes_on,
        )
    today = course.site.today()
    return render(
        request,
        "outcomes/side_by_side.html",
        {
            "course": course,
            "patient": course.patient,
            "today": today,
            "summary": summary,
            "sessions": sessions,
            "hidden": max(0, sessions.all_sessions - SHOWN),
            "suggestion": suggestion,
            # A day that is past cannot be aimed at, and of a closed course there is nothing to aim.
            "may_aim": suggestion is not None
            and suggestion.target_on >= today
            and suggestion.target_on != course.target_on
            and course.closed_on is None
            and request.user.has_perm("treatments.change_course"),
            "shortening": is_shortening(sessions.cycles),
            "response": response_of(course, summary),
            "fading_source": SOURCE,
        },
    )
