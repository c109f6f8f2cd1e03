"""A questionnaire from the follow-up's day to its end: who is sent one, how often, and what an answer does at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from messaging.actions.sending import send_due
from messaging.carriers import carriers
from messaging.claims import claimant
from messaging.models import ContactConsent, ContactPolicy, Message, PatientLink
from outcomes.actions.questionnaires import (
    ClosedError,
    ask_patient,
    finish_questionnaire,
    keep_answer,
    send_questions,
    withdraw_questions,
)
from outcomes.models import Assessment, InstrumentText, Questionnaire, UnscoredAnswer
from outcomes.planning import plan_questionnaires
from outcomes.questions import Sheet
from outcomes.rules import patient_questions
from patients.models import Task
from tests.cast import Cast
from tests.messaging.made import MailServer
from tests.outcomes.asked import asked, due, noon
from tests.outcomes.cycles import version_of
from treatments.actions.adverse_events import see_adverse_event
from treatments.models import AdverseEvent, FollowUp

pytestmark = pytest.mark.django_db

SPREAD_KEYS = [f"spread.{key}" for key in ("breathing", "dysphagia", "rash_allergy", "weakness")]


def answer(questionnaire: Questionnaire, key: str, given: str, cast: Cast, *, source: str = "link") -> Questionnaire:
    sheet = Sheet.of(questionnaire, language="en")
    question = sheet.questions[sheet.number(key) - 1]
    return keep_answer(questionnaire=questionnaire, question=question, given=given, source=source, now=noon(cast))


def keys(questionnaire: Questionnaire, language: str = "en") -> list[str]:
    return [question.key for _, question in Sheet.of(questionnaire, language=language).asked]


# --- planning


def test_a_follow_up_is_sent_once_on_its_day(cast: Cast, smtp: MailServer):
    follow_up = due(cast)
    assert plan_questionnaires(now=noon(cast) - timedelta(days=1)) == 0
    assert [plan_questionnaires(now=noon(cast)) for _ in range(3)] == [1, 0, 0]
    message = Message.objects.get()
    assert (message.purpose, message.about, message.about_id) == ("questionnaire", "follow-up", follow_up.pk)
    with claimant() as worker:
        assert send_due(carriers=carriers(), worker=worker, clock=lambda: noon(cast)) == {"sent": 1}
    [mail] = smtp.mails
    assert "/l/" in str(mail)
    link = PatientLink.objects.get()
    assert (link.purpose, link.about_id, link.patient_id) == ("questionnaire", follow_up.pk, cast.joye.pk)
    assert plan_questionnaires(now=noon(cast)) == 0


def stop(follow_up: FollowUp, status: str, cast: Cast) -> None:
    on = cast.harbour.today()
    done = {"done_on": on, "done_by": cast.ito} if status == "done" else {}
    FollowUp.objects.filter(pk=follow_up.pk).update(status=status, **done)


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_one_done_or_cancelled_meanwhile_is_not_sent(cast: Cast, smtp: MailServer, status: str):
    follow_up = due(cast)
    assert plan_questionnaires(now=noon(cast)) == 1
    stop(follow_up, status, cast)
    with claimant() as worker:
        send_due(carriers=carriers(), worker=worker, clock=lambda: noon(cast))
    assert not smtp.mails
    assert Message.objects.get().problem == f"The follow-up was {status}."


@pytest.mark.parametrize("why", ["no consent", "switched off", "letters", "late", "died", "done"])
def test_who_is_not_asked(cast: Cast, why: str):
    follow_up = due(cast)
    now = noon(cast)
    match why:
        case "no consent":
            ContactConsent.objects.create(patient=cast.joye, channel="email", agreed=False)
        case "switched off":
            ContactPolicy.objects.create(site=cast.harbour, questionnaires_on=False)
        case "letters":
            cast.joye.preferred_channel, cast.joye.address, cast.joye.city = "letter", "1 Quay", "Boston"
            cast.joye.save()
        case "late":
            now += timedelta(days=3)
        case "died":
            cast.joye.died_on = cast.harbour.today()
            cast.joye.save()
        case "done":
            stop(follow_up, "done", cast)
    assert plan_questionnaires(now=now) == 0
    assert not Questionnaire.objects.exists()


def test_send_now_closes_the_link_before_and_two_presses_are_one_message(cast: Cast):
    follow_up = due(cast)
    first = send_questions(follow_up=follow_up, by=cast.robin, now=noon(cast))
    assert send_questions(follow_up=follow_up, by=cast.robin, now=noon(cast)) == first
    Message.objects.update(status="sent", sent_at=noon(cast))
    assert send_questions(follow_up=follow_up, by=cast.robin, now=noon(cast)) != first
    ContactConsent.objects.create(patient=cast.joye, channel="email", agreed=False)
    Message.objects.update(status="sent", sent_at=noon(cast))
    with pytest.raises(ValidationError, match="does not want e-mails"):
        send_questions(follow_up=follow_up, by=cast.robin, now=noon(cast))


def test_withdrawn_it_takes_nothing_and_is_sent_again_only_by_a_person(cast: Cast):
    questionnaire = asked(due(cast))
    send_questions(follow_up=questionnaire.follow_up, by=cast.robin, now=noon(cast))
    withdraw_questions(questionnaire=questionnaire, by=cast.ito, now=noon(cast))
    assert Message.objects.get().status == "cancelled"
    with pytest.raises(ClosedError):
        answer(questionnaire, "spread.breathing", "no", cast)
    assert plan_questionnaires(now=noon(cast)) == 0
    ask_patient(follow_up=questionnaire.follow_up, by=cast.ito, now=noon(cast))
    assert answer(questionnaire, "spread.breathing", "no", cast).answers == {"spread.breathing": "no"}


# --- what is asked


def test_signs_of_spread_are_asked_at_two_and_at_four_to_six_weeks(cast: Cast):
    early = keys(asked(due(cast)))
    assert early[:4] == SPREAD_KEYS
    assert "event_onset_on" not in early
    assert early[-2:] == ["onset_on", "note"]


def test_late_in_the_cycle_the_wear_off_and_the_impression(cast: Cast):
    late = keys(asked(due(cast, condition="low_back_pain", days_ago=84, step="evaluation")))
    assert late == ["onset_on", "peak_on", "wear_off_on", "impression", "satisfaction", "nrs.total", "note"]


def test_an_instrument_without_words_is_not_asked(cast: Cast):
    follow_up = due(cast, condition="chronic_migraine", days_ago=77, step="evaluation")
    before = asked(follow_up)
    assert not [key for key in keys(before) if key.startswith("hit6")]
    before.versions.clear()
    before.delete()
    InstrumentText.objects.create(
        version=version_of("hit6"), language="en", licence="L1", loaded_by=cast.ada,
        questions=[f"Question {number}" for number in range(6)], answers=["Never", "Rarely", "Some", "Very", "Always"],
    )  # fmt: skip
    after = asked(follow_up)
    assert [key for key in keys(after) if key.startswith("hit6")] == [f"hit6.q{number}" for number in range(1, 7)]
    # Loaded in English only, it is not asked in Spanish.
    assert not [key for key in keys(after, "es") if key.startswith("hit6")]


def test_every_question_of_ours_has_both_languages():
    questions = [
        *patient_questions.spread_questions(), *patient_questions.effect_questions(days_after=84),
        patient_questions.last_question(),
    ]  # fmt: skip
    for question in questions:
        for words in (question.words, question.pass_words, *(said for _, said in question.choices)):
            assert set(words) == {"en", "es"}
            assert all(words.values())
    for words_of in patient_questions.FREE.values():
        assert all(set(words) == {"en", "es"} for item in words_of.values() for words in item)


# --- answers


def test_the_latest_answer_counts_also_from_another_device(cast: Cast):
    questionnaire = asked(due(cast))
    other = Questionnaire.objects.for_asking().get(pk=questionnaire.pk)
    answer(questionnaire, "spread.ptosis", "yes", cast)
    answer(other, "spread.fall", "no", cast, source="tablet")
    kept = answer(questionnaire, "spread.ptosis", "no", cast)
    assert kept.answers == {"spread.ptosis": "no", "spread.fall": "no"}


@pytest.mark.parametrize(
    ("key", "given", "code"),
    [
        ("spread.ptosis", "maybe", "choose"),
        ("onset_on", "soon", "day"),
        ("onset_on", "2020-01-01", "early"),
        ("onset_on", "2999-01-01", "late"),
        ("note", "x" * 301, "long"),
    ],
)
def test_what_is_no_answer_is_not_kept(cast: Cast, key: str, given: str, code: str):
    questionnaire = asked(due(cast))
    with pytest.raises(ValidationError) as refused:
        answer(questionnaire, key, given, cast)
    assert refused.value.code == code
    assert Questionnaire.objects.get().answers == {}


def test_a_danger_answer_tells_the_provider_today_although_nothing_is_finished(cast: Cast):
    follow_up = due(cast)
    answer(asked(follow_up), "spread.dysphagia", "yes", cast)
    event = AdverseEvent.objects.get()
    assert (event.triage, event.source, event.provider, event.seen_at) == ("danger", "link", cast.ito, None)
    assert (event.words, event.onset_on, event.reported_by) == ("Trouble swallowing", cast.harbour.today(), None)
    task = Task.objects.get()
    assert (task.kind, task.due_on, task.assigned_to) == ("red_answer", cast.harbour.today(), cast.ito)
    assert "swallow" not in task.words


def test_more_of_it_is_told_again_and_taking_it_back_is_not(cast: Cast):
    questionnaire = asked(due(cast))
    answer(questionnaire, "spread.weakness", "yes", cast)
    see_adverse_event(event=AdverseEvent.objects.get(), by=cast.ito)
    answer(questionnaire, "spread.weakness", "yes", cast)
    assert AdverseEvent.objects.get().seen_at is not None
    began = cast.harbour.today() - timedelta(days=3)
    answer(questionnaire, "event_onset_on", began.isoformat(), cast)
    event = AdverseEvent.objects.get()
    assert (event.onset_on, event.note, event.seen_by) == (began, "", cast.ito)
    answer(questionnaire, "spread.weakness", "no", cast)
    assert AdverseEvent.objects.get().answers["weakness"] == "yes"
    answer(questionnaire, "spread.breathing", "yes", cast)
    event = AdverseEvent.objects.get()
    assert (event.triage, event.seen_at, event.onset_on) == ("danger", None, began)
    assert event.answers["weakness"] == "yes"
    assert Task.objects.count() == 1


def test_no_red_answer_opens_nothing(cast: Cast):
    questionnaire = asked(due(cast))
    answer(questionnaire, "spread.ptosis", "yes", cast)
    answer(questionnaire, "spread.breathing", "no", cast)
    assert not AdverseEvent.objects.exists()
    assert not Task.objects.exists()


def test_finished_it_is_scored_once_and_closed(cast: Cast):
    questionnaire = asked(due(cast, condition="low_back_pain", days_ago=84, step="evaluation"))
    answer(questionnaire, "nrs.total", "4", cast)
    for _ in range(2):
        finish_questionnaire(questionnaire=questionnaire, source="tablet", now=noon(cast))
    score = Assessment.objects.get()
    assert (score.value, score.answered_by, score.recorded_by) == (4, "tablet", None)
    assert score.follow_up == questionnaire.follow_up
    with pytest.raises(ClosedError):
        answer(questionnaire, "nrs.total", "9", cast)


def test_a_missing_item_is_missing_and_never_zero(cast: Cast):
    follow_up = due(cast, condition="low_back_pain", days_ago=84, step="evaluation")
    questionnaire = asked(follow_up)
    questionnaire.versions.add(version_of("peg"))
    questionnaire = Questionnaire.objects.for_asking().get()
    answer(questionnaire, "peg.pain", "6", cast)
    answer(questionnaire, "peg.enjoyment", "", cast)
    finish_questionnaire(questionnaire=questionnaire, source="link", now=noon(cast))
    assert not Assessment.objects.exists()
    unscored = UnscoredAnswer.objects.get()
    assert unscored.answers == {"pain": "6"}
    assert "missing" in unscored.why_not


@pytest.mark.parametrize(
    "wrong",
    [
        {"answered_by": "staff"},
        {"answers": {"note": "x"}},
        {"withdrawn_by": 1},
    ],
)
def test_the_database_refuses(cast: Cast, wrong: dict[str, Any]):
    questionnaire = asked(due(cast))
    if "withdrawn_by" in wrong:
        wrong = {"withdrawn_by": cast.ito}
    with pytest.raises(IntegrityError), transaction.atomic():
        Questionnaire.objects.filter(pk=questionnaire.pk).update(**wrong)
