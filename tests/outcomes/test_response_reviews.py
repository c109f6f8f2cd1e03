"""The review of a course that no longer responds: what it asks, once for each failure, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from outcomes.actions.response_reviews import record_response_review
from outcomes.models import ResponseReview
from outcomes.response_reviews import read_response
from tests.cast import Cast
from tests.outcomes.cycles import Visit, score, sign
from treatments.models import TreatmentCourse
from treatments.rules.fading import QUESTIONS

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

ANSWERS = {question.key: {"answer": "no", "note": ""} for question in QUESTIONS}
POSTED = {question.key: "no" for question in QUESTIONS} | {"decision": "product", "note": "Letter to her doctor."}


def course_of(cast: Cast, days: list[int]) -> TreatmentCourse:
    """A migraine course of baseline 20, with a session for each number of headache days measured after it."""
    course, today = cast.course(), cast.harbour.today()
    start = today - timedelta(days=100 * len(days))
    score(course, "headache_days", 20, start, cast.ito)
    sign([Visit(course, start + timedelta(days=100 * at), cast.ito) for at in range(len(days))], cast)
    for at, count in enumerate(days):
        score(course, "headache_days", count, start + timedelta(days=100 * at + 84), cast.ito)
    return course


def fading_course(cast: Cast) -> TreatmentCourse:
    return course_of(cast, [6, 18, 19])


def page(course: TreatmentCourse) -> str:
    return reverse("outcomes:response-review", args=[course.pk])


def test_a_provider_reviews_a_fading_response_and_the_sessions_page_says_so(cast: Cast, sign_in: SignIn) -> None:
    course, ito = fading_course(cast), sign_in(cast.ito)
    beside = reverse("outcomes:side-by-side", args=[course.pk])
    assert page(course) in ito.get(beside).content.decode()
    shown = ito.get(page(course)).content.decode()
    assert all(question.words in shown for question in QUESTIONS)
    answer = ito.post(page(course), POSTED | {"dose_note": "155 U as before"})
    assert (answer.status_code, answer["Location"]) == (302, beside)
    after = ito.get(beside).content.decode()
    assert "another product" in after
    assert "No: 155 U as before" in after
    assert page(course) not in after
    assert "Reviewed on" in ito.get(page(course)).content.decode()


def test_an_answer_that_is_missing_is_asked_for_and_nothing_typed_is_lost(cast: Cast, sign_in: SignIn) -> None:
    course, ito = fading_course(cast), sign_in(cast.ito)
    sent = {name: value for name, value in POSTED.items() if name not in ("dose", "decision")}
    answer = ito.post(page(course), sent | {"target_note": "pattern has changed"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count("This field is required.") == 2
    assert "pattern has changed" in html
    assert not ResponseReview.objects.exists()


def test_who_comes_second_is_told_by_whom_it_was_reviewed_and_keeps_what_was_typed(cast: Cast, sign_in: SignIn) -> None:
    course = fading_course(cast)
    sign_in(cast.okafor).post(page(course), POSTED)
    answer = sign_in(cast.ito).post(page(course), POSTED | {"dose_note": "155 U as before", "decision": "stop"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(rf"Reviewed meanwhile, on .* by {cast.okafor.name}: another product", html)
    assert "reviewed already" not in html, "said once"
    assert "155 U as before" in html
    assert ">Record the review<" not in html
    assert ResponseReview.objects.get().decision == "product"


def test_one_failure_is_reviewed_once(cast: Cast) -> None:
    course = fading_course(cast)
    given = {"answers": ANSWERS, "decision": "dose", "note": "", "on": cast.harbour.today(), "by": cast.ito}
    record_response_review(course=course, **given)
    with pytest.raises(ValidationError, match="reviewed already"):
        record_response_review(course=course, **given)
    assert read_response(course.pk).is_reviewed


def test_a_later_failure_asks_for_another_review(cast: Cast) -> None:
    course, today = course_of(cast, [6, 18, 19, 18]), cast.harbour.today()
    third = course.sessions.order_by("performed_on")[2]
    ResponseReview.objects.create(
        course=course, up_to=third, found="x", answers=ANSWERS, decision="dose", reviewed_on=today, by=cast.ito
    )
    assert not read_response(course.pk).is_reviewed


def test_a_course_that_responds_has_nothing_to_review(cast: Cast, sign_in: SignIn) -> None:
    course = course_of(cast, [6, 7])
    with pytest.raises(ValidationError, match="no review"):
        record_response_review(
            course=course, answers=ANSWERS, decision="dose", note="", on=cast.harbour.today(), by=cast.ito
        )
    assert "call for no review" in sign_in(cast.ito).get(page(course)).content.decode()
