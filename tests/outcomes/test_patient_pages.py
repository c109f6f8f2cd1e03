"""The questions as a patient meets them behind a link: nothing before the date of birth, kept at once, resumed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from messaging.actions.links import make_link
from messaging.rules.health_words import health_words
from outcomes.actions.questionnaires import ask_patient
from outcomes.models import Assessment, DiaryDay, Questionnaire
from patients.models import Task
from tests.cast import Cast
from tests.outcomes.asked import asked, due, link_to, opened
from treatments.models import AdverseEvent, FollowUp, TreatmentCourse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def page(name: str, token: str, *args: object) -> str:
    return reverse(f"outcomes:link-{name}", args=[token, *args])


def text(client: Client, url: str) -> str:
    return client.get(url, follow=True).content.decode()


def test_nothing_is_said_before_the_date_of_birth(cast: Cast):
    follow_up = due(cast, condition="chronic_migraine")
    asked(follow_up)
    token = link_to(cast, follow_up)
    stranger = Client()
    for name, args in (("questions", []), ("question", [1]), ("urgent", []), ("check", []), ("diary", [])):
        answer = stranger.get(page(name, token, *args))
        assert answer["Location"] == reverse("messaging:link-open", args=[token])
    shown = text(stranger, page("questions", token))
    assert not health_words(shown)
    for word in ("Joye", "Koch", "patient", "question", "visit", "appointment"):
        assert word not in shown.partition("<body")[2]
    assert stranger.post(page("question", token, 1), {"given": "yes"}).status_code == 302
    assert Questionnaire.objects.get().answers == {}


def test_a_patient_answers_stops_and_goes_on(cast: Cast):
    follow_up = due(cast)
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    assert "Start" in text(client, page("questions", token))
    assert client.post(page("question", token, 1), {"given": "no"})["Location"] == page("question", token, 2)
    client.post(page("question", token, 2), {"pass": "1"})
    # On another day, with another browser.
    later = opened(token)
    start = text(later, page("questions", token))
    assert "2 of 14 questions are done" in start
    assert page("question", token, 3) in start
    assert [event.detail for event in AuditEvent.objects.filter(action="questions-opened")] == ["link", "link"]


def answer_all(client: Client, token: str) -> str:
    """Answer every question that comes, spread with no, and open the last page."""
    url = client.get(page("check", token))["Location"]
    while url != page("check", token):
        shown = client.get(url).content.decode()
        url = client.post(url, {"given": "no"} if 'value="no"' in shown else {"pass": "1"})["Location"]
    return url


def test_finished_it_is_closed_and_says_thank_you(cast: Cast):
    follow_up = due(cast)
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    assert client.post(page("check", token))["Location"] == page("question", token, 1)
    assert "Are these your answers?" in text(client, answer_all(client, token))
    assert "Your answers have arrived" in client.post(page("check", token), follow=True).content.decode()
    for name, args in (("question", [1]), ("check", []), ("urgent", [])):
        assert client.get(page(name, token, *args))["Location"] == page("questions", token)
    client.post(page("question", token, 1), {"given": "yes"})
    assert Questionnaire.objects.get().answers["spread.breathing"] == "no"
    assert not AdverseEvent.objects.exists()


@pytest.mark.parametrize(("language", "words"), [("", "call 911 or go"), ("Spanish", "llame al 911")])
def test_a_danger_answer_shows_the_emergency_words_before_anything_else(cast: Cast, language: str, words: str):
    follow_up = due(cast, language=language)
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    answer = client.post(page("question", token, 1), {"given": "yes"})
    assert answer["Location"] == page("urgent", token)
    assert words in text(client, page("urgent", token))
    assert (AdverseEvent.objects.get().triage, Task.objects.get().kind) == ("danger", "red_answer")
    # Closed and opened again, they still stand first; then the day it began is asked.
    assert words in text(opened(token), page("questions", token))
    assert client.get(page("question", token, 13)).status_code == 200


def test_what_is_no_answer_is_said_beside_the_question(cast: Cast):
    follow_up = due(cast)
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    for number, given, words in (
        (1, {}, "Choose one of the answers."),
        (1, {"given": "perhaps"}, "Choose one of the answers."),
        (14, {"given": ""}, "Enter a day."),
        (14, {"given": "2999-01-01"}, "This day lies in the future."),
    ):
        refused = client.post(page("question", token, number), given)
        assert refused.status_code == 422
        assert words in refused.content.decode()
    assert client.get(page("question", token, 99)).status_code == 404


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_a_follow_up_that_is_over_asks_nothing(cast: Cast, status: str):
    follow_up = due(cast)
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    done = {"done_on": cast.harbour.today(), "done_by": cast.ito} if status == "done" else {}
    FollowUp.objects.filter(pk=follow_up.pk).update(status=status, **done)
    assert (
        "not needed any more" in client.post(page("question", token, 1), {"given": "no"}, follow=True).content.decode()
    )
    assert Questionnaire.objects.get().answers == {}


def test_a_link_of_another_patient_opens_nothing_of_this_one(cast: Cast):
    follow_up = due(cast)
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    other = cast.course(cast.omar)
    type(follow_up.course).objects.filter(pk=follow_up.course_id).update(patient=other.patient)
    assert client.get(page("questions", token)).status_code == 404


def test_a_page_costs_a_few_queries(cast: Cast):
    follow_up = due(cast, condition="chronic_migraine", days_ago=77, step="evaluation")
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    for url in (page("questions", token), page("question", token, 1), page("diary", token)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= 12, [query["sql"] for query in queries]


# --- the diary


def test_the_diary_is_filled_in_day_by_day(cast: Cast):
    follow_up = due(cast, condition="chronic_migraine")
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    today = cast.harbour.today()
    assert "Fill in today" in text(client, page("diary", token))
    day = page("diary-day", token, today.isoformat())
    saved = client.post(day, {"worst": "2", "migraine": "on", "hours": "3,5", "acute_drug": "on"}, follow=True)
    assert "1 of the last 28 days" in saved.content.decode()
    row = DiaryDay.objects.get()
    assert (row.severity, row.migraine, row.hours, row.acute_drug, row.answered_by) == (2, True, 3.5, True, "link")
    # Changed by the patient later that day: what goes with a headache goes with it.
    client.post(day, {"worst": "0", "migraine": "on", "hours": "3.5"})
    row = DiaryDay.objects.get()
    assert (row.headache, row.migraine, row.hours) == (False, False, None)
    # Every sign that a day may carry stands in the key.
    for sign in ("–", "▁", "▄", "█", "?", "+"):
        assert f"<span>{sign} " in client.get(page("diary", token)).content.decode(), sign


def test_a_day_that_is_none_is_refused_and_nothing_typed_is_lost(cast: Cast):
    follow_up = due(cast, condition="chronic_migraine")
    asked(follow_up)
    token = link_to(cast, follow_up)
    client = opened(token)
    today = cast.harbour.today()
    refused = client.post(page("diary-day", token, today.isoformat()), {"worst": "1", "hours": "30"})
    assert refused.status_code == 422
    assert 'value="30"' in refused.content.decode()
    for day in (today + timedelta(days=1), today - timedelta(days=28)):
        assert client.get(page("diary-day", token, day.isoformat())).status_code == 404
    shown = today - timedelta(days=27)
    assert client.get(page("diary", token), {"month": f"{shown:%Y-%m}"}).status_code == 200
    earlier, later = shown.replace(day=1) - timedelta(days=1), (today.replace(day=1) + timedelta(days=32))
    for month in ("never", "0001-01", "9999-12", f"{earlier:%Y-%m}", f"{later:%Y-%m}"):
        assert client.get(page("diary", token), {"month": month}).status_code == 404, month


def test_no_diary_where_no_headache_is_treated(cast: Cast):
    follow_up = due(cast)
    asked(follow_up)
    token = link_to(cast, follow_up)
    assert opened(token).get(page("diary", token)).status_code == 404


def test_the_diary_is_scored_with_the_questions_when_enough_is_written_down(cast: Cast):
    follow_up = due(cast, condition="chronic_migraine", days_ago=77, step="evaluation")
    today = cast.harbour.today()
    DiaryDay.objects.bulk_create(
        DiaryDay(course=follow_up.course, day=today - timedelta(days=number), headache=number < 6, answered_by="link")
        for number in range(20)
    )
    ask_patient(follow_up=follow_up, by=None, now=timezone.now())
    token = link_to(cast, follow_up)
    client = opened(token)
    client.post(answer_all(client, token))
    score = Assessment.objects.get()
    assert (score.instrument.key, score.answered_by, str(score.value)) == ("headache_days", "link", "8.40")


def diary_link(cast: Cast, course: TreatmentCourse) -> str:
    _, token = make_link(
        patient=cast.joye, site=cast.harbour, purpose="diary", about_id=course.pk,
        expires_at=timezone.now() + timedelta(days=20),
    )  # fmt: skip
    return token


def test_before_the_first_session_the_diary_has_a_link_of_its_own(cast: Cast):
    cast.joye.birth_date = date(1982, 3, 2)
    cast.joye.save()
    course = cast.course()
    token = diary_link(cast, course)
    assert Client().get(page("diary", token))["Location"] == reverse("messaging:link-open", args=[token])
    client = opened(token)
    # Straight after the date of birth, and from the pages of questions, it leads to the diary.
    assert client.get(reverse("messaging:link-open", args=[token]))["Location"] == page("diary", token)
    assert client.get(page("questions", token))["Location"] == page("diary", token)
    client.post(page("diary-day", token, cast.harbour.today().isoformat()), {"worst": "3"})
    row = DiaryDay.objects.get()
    assert (row.course, row.severity, row.answered_by) == (course, 3, "link")
    assert AuditEvent.objects.filter(action="questions-opened").count() == 0
    client.get(page("diary", token))
    assert AuditEvent.objects.get(action="questions-opened").detail == "diary"
    type(course).objects.filter(pk=course.pk).update(patient=cast.omar)
    assert client.get(page("diary", token)).status_code == 404
