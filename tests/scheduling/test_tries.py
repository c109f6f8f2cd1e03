"""How often a patient was tried, kept on the course whoever writes the rows: the trigger, not the action."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from scheduling.models import RecallAttempt
from tests.cast import Cast
from tests.treatments.charted import signed
from treatments.actions.sessions import void_session
from treatments.models import InjectionSession, RetreatmentWindow, TreatmentCourse


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    course = cast.course()
    signed(cast, course, on=cast.harbour.today() - timedelta(days=100))
    return course


def tried(cast: Cast, course: TreatmentCourse, *, weeks_ago: int = 0, **fields: Any) -> RecallAttempt:
    window = RetreatmentWindow.objects.filter(course=course, closed_by=None, voided=False).first()
    return RecallAttempt.objects.create(
        **{
            "course": course,
            "window": window,
            "outcome_id": "voicemail",
            "by": cast.robin,
            "at": timezone.now() - timedelta(weeks=weeks_ago),
            **fields,
        }
    )


def kept(course: TreatmentCourse) -> tuple[int, Any]:
    course.refresh_from_db()
    return course.times_tried, course.tried_at


def test_nobody_was_tried_at_first(course: TreatmentCourse):
    assert kept(course) == (0, None)


def test_the_latest_counts_in_whatever_order_they_come(cast: Cast, course: TreatmentCourse):
    latest = tried(cast, course, weeks_ago=1)
    tried(cast, course, weeks_ago=3)
    assert kept(course) == (2, latest.at)


def test_one_that_is_moved_or_removed(cast: Cast, course: TreatmentCourse):
    first, second = tried(cast, course, weeks_ago=2), tried(cast, course)
    other = cast.course(condition="cervical_dystonia")
    RecallAttempt.objects.filter(pk=second.pk).update(course=other, window=None)
    assert kept(course) == (1, first.at)
    assert kept(other) == (1, second.at)
    first.delete()
    assert kept(course) == (0, None)


def test_a_new_window_begins_at_none_and_the_one_before_comes_back(cast: Cast, course: TreatmentCourse):
    attempt = tried(cast, course)
    later = signed(cast, course, on=cast.harbour.today() - timedelta(days=10))
    assert kept(course) == (0, attempt.at)
    void_session(session=later, reason="entered twice", by=cast.ito, now=timezone.now())
    assert kept(course) == (1, attempt.at)


def test_a_window_that_changes_alone(cast: Cast, course: TreatmentCourse):
    attempt = tried(cast, course)
    RetreatmentWindow.objects.filter(course=course).update(voided=True)
    assert kept(course) == (0, attempt.at)


def test_before_a_first_session_those_about_no_window_count(cast: Cast):
    course = cast.course()
    attempt = tried(cast, course)
    assert kept(course) == (1, attempt.at)
    session = signed(cast, course, on=cast.harbour.today())
    assert InjectionSession.objects.get(pk=session.pk).status == "signed"
    assert kept(course) == (0, attempt.at)
