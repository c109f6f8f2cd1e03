"""What staff see and do about the questions to a patient: the list, the follow-up's page, the tablet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from messaging.actions.sending import send_due
from messaging.carriers import carriers
from messaging.claims import claimant
from messaging.models import Message, PatientLink
from outcomes.actions.questionnaires import finish_questionnaire, keep_answer
from outcomes.models import DiaryDay, Questionnaire
from outcomes.questions import Sheet
from patients.models import Task
from tests.cast import PASSWORD, Cast
from tests.messaging.made import MailServer, agreed
from tests.outcomes.asked import asked, due, noon
from treatments.models import AdverseEvent, FollowUp, TreatmentCourse

pytestmark = pytest.mark.django_db

LIST = reverse("outcomes:follow-up-list")
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def press(follow_up: FollowUp, what: str) -> str:
    return reverse(f"outcomes:questions-{what}", args=[follow_up.pk])


def record_page(follow_up: FollowUp) -> str:
    return reverse("outcomes:follow-up-record", args=[follow_up.pk])


def answer(questionnaire: Questionnaire, cast: Cast, **given: str) -> None:
    sheet = Sheet.of(questionnaire, language="en")
    for key, said in given.items():
        key = key.replace("__", ".")
        question = sheet.questions[sheet.number(key) - 1]
        keep_answer(questionnaire=questionnaire, question=question, given=said, source="link", now=noon(cast))


def test_the_front_desk_sends_the_link_and_sees_no_finding(cast: Cast, sign_in: SignIn):
    follow_up = due(cast)
    desk = sign_in(cast.robin)
    assert "not sent" in desk.get(LIST).content.decode()
    desk.post(press(follow_up, "send"))
    message = Message.objects.get()
    assert (message.purpose, message.created_by) == ("questionnaire", cast.robin)
    assert "goes out by e-mail" in desk.get(LIST).content.decode()
    answer(asked(follow_up), cast, spread__dysphagia="yes")
    shown = desk.get(LIST).content.decode()
    assert "call today" in shown
    assert "wallow" not in shown
    assert "red answer: Trouble swallowing" in sign_in(cast.ito).get(LIST).content.decode()
    assert desk.get(LIST, {"tab": "recorded"}).status_code == 404
    assert desk.get(record_page(follow_up)).status_code == 403


def test_why_no_link_can_be_sent_is_said(cast: Cast, sign_in: SignIn):
    follow_up = due(cast)
    agreed(cast.joye, said=False)
    client = sign_in(cast.ito)
    assert "The patient does not want e-mails." in client.get(record_page(follow_up)).content.decode()
    refused = client.post(press(follow_up, "send"), follow=True).content.decode()
    assert "Not sent. The patient does not want e-mails." in refused
    assert not Message.objects.exists()
    assert not Questionnaire.objects.exists()


def test_a_licensed_instrument_without_its_text_is_named(cast: Cast, sign_in: SignIn):
    from treatments.models import FollowUpStep

    follow_up = due(cast, condition="chronic_migraine", days_ago=77, step="evaluation")
    assert FollowUpStep.objects.filter(key="evaluation", instruments__contains=["hit6"]).exists()
    shown = sign_in(cast.ito).get(record_page(follow_up)).content.decode()
    assert "as there is no text for it in English" in shown
    assert "HIT-6" in shown


def test_the_answers_stand_in_the_form_and_recording_ends_the_task(cast: Cast, sign_in: SignIn):
    follow_up = due(cast)
    questionnaire = asked(follow_up)
    began = cast.harbour.today() - timedelta(days=2)
    answer(
        questionnaire, cast, spread__breathing="no", spread__weakness="yes", event_onset_on=began.isoformat(),
        onset_on=began.isoformat(), note="Slept well.",
    )  # fmt: skip
    client = sign_in(cast.ito)
    page = client.get(record_page(follow_up))
    form = page.context["form"]
    value = {name: form[name].value() for name in form.fields}
    assert (value["spread_breathing"], value["spread_weakness"], value["spread_ptosis"]) == ("no", "yes", "")
    assert (value["onset_on"], value["event_onset_on"], value["note"]) == (began, began, "Slept well.")
    assert (value["adverse_event"], value["adverse_event_text"]) == ("yes", "Weakness away from the sites")
    assert "red answer: Weakness away from the sites" in page.content.decode()
    sent = {name: given for name, given in value.items() if given is not None}
    assert client.post(record_page(follow_up), sent).status_code == 302
    task, event = Task.objects.get(), AdverseEvent.objects.get()
    assert (task.done_by, task.done_note) == (cast.ito, "The follow-up was recorded.")
    assert (event.source, event.onset_on, event.follow_up_id) == ("link", began, follow_up.pk)
    assert FollowUp.objects.get().status == "done"


def test_a_first_day_the_patient_did_not_say_is_asked_for(cast: Cast, sign_in: SignIn):
    follow_up = due(cast)
    answer(asked(follow_up), cast, spread__dysphagia="yes")
    client = sign_in(cast.ito)
    form = client.get(record_page(follow_up)).context["form"]
    sent = {name: given for name in form.fields if (given := form[name].value()) is not None}
    assert "event_onset_on" not in sent
    assert "Say on which day it began." in client.post(record_page(follow_up), sent).content.decode()
    began = cast.harbour.today() - timedelta(days=1)
    assert client.post(record_page(follow_up), sent | {"event_onset_on": began}).status_code == 302
    event = AdverseEvent.objects.get()
    assert (event.onset_on, event.note) == (began, "")


def test_a_score_the_patient_gave_stands_with_who_gave_it(cast: Cast, sign_in: SignIn):
    questionnaire = asked(due(cast, condition="low_back_pain", days_ago=84, step="evaluation"))
    answer(questionnaire, cast, nrs__total="4", impression="2")
    finish_questionnaire(questionnaire=questionnaire, source="link", now=noon(cast))
    page = sign_in(cast.ito).get(record_page(questionnaire.follow_up))
    assert "the patient, by link" in page.content.decode()
    assert page.context["form"]["impression"].value() == "2"
    assert "score_nrs" not in page.context["form"].fields


@pytest.mark.parametrize("back", ["Words", "23:59:60", "//elsewhere.example/"])
@pytest.mark.parametrize("what", ["send", "withdraw"])
def test_a_place_to_go_back_to_that_is_no_page_leads_to_the_list(cast: Cast, sign_in: SignIn, what: str, back: str):
    follow_up = due(cast)
    asked(follow_up)
    response = sign_in(cast.robin).post(press(follow_up, what), {"back": back})
    assert response["Location"] == reverse("outcomes:follow-up-list")


def test_withdrawn_and_sent_again(cast: Cast, sign_in: SignIn):
    follow_up = due(cast)
    client = sign_in(cast.ito)
    client.post(press(follow_up, "send"))
    client.post(press(follow_up, "withdraw"))
    assert "withdrawn" in client.get(record_page(follow_up)).content.decode()
    client.post(press(follow_up, "send"))
    assert [row.status for row in Message.objects.order_by("pk")] == ["cancelled", "queued"]
    finish_questionnaire(questionnaire=asked(follow_up), source="link", now=noon(cast))
    refused = client.post(press(follow_up, "withdraw"), follow=True).content.decode()
    assert "The patient has answered." in refused


def test_the_tablet_opens_the_questions_and_nothing_else_until_the_password(cast: Cast, sign_in: SignIn):
    follow_up = due(cast, condition="chronic_migraine", language="Spanish")
    client = sign_in(cast.robin)
    start = client.post(press(follow_up, "tablet"), {"back": LIST}, follow=True)
    assert start.redirect_chain[-1][0] == reverse("outcomes:tablet-questions")
    assert "Hola, Joye" in start.content.decode()
    strayed = client.get(LIST)
    assert strayed.status_code == 423
    assert reverse("outcomes:tablet-questions") in strayed.content.decode()
    for screening in ("patients:tablet-check", "patients:tablet-question"):
        args = [1] if screening.endswith("question") else []
        assert client.get(reverse(screening, args=args)).status_code == 404
    assert client.post(reverse("outcomes:tablet-question", args=[1]), {"given": "yes"})["Location"] == reverse(
        "outcomes:tablet-urgent"
    )
    urgent = client.get(reverse("outcomes:tablet-urgent")).content.decode()
    assert "Avise ahora a la persona que le dio la tableta." in urgent
    assert "tel:911" not in urgent
    assert AdverseEvent.objects.get().source == "tablet"
    assert client.get(reverse("outcomes:tablet-diary")).status_code == 200
    event = AuditEvent.objects.get(action="questions-opened")
    assert (event.actor_id, event.patient_id, event.detail) == (cast.robin.pk, cast.joye.pk, "tablet")
    for number in range(2, 16):
        client.post(reverse("outcomes:tablet-question", args=[number]), {"pass": "1"})
    client.post(reverse("outcomes:tablet-check"))
    assert Questionnaire.objects.get().answered_by == "tablet"
    assert "Please hand the tablet back" in client.get(reverse("patients:tablet-return")).content.decode()
    back = client.post(reverse("patients:tablet-return"), {"password": PASSWORD})
    assert back["Location"] == LIST
    assert client.get(LIST).status_code == 200


def test_the_tablet_opens_one_diary_and_nothing_else_until_the_password(cast: Cast, sign_in: SignIn):
    course, other = cast.course(), cast.course(cast.omar)
    cast.joye.language = "Spanish"
    cast.joye.save()
    client = sign_in(cast.robin)
    chart = reverse("clinic:chart", args=[cast.joye.pk])
    hand_over = reverse("outcomes:diary-tablet", args=[course.pk])
    assert hand_over in client.get(chart).content.decode()
    start = client.post(hand_over, follow=True)
    assert start.redirect_chain[-1][0] == reverse("outcomes:tablet-diary")
    assert "Mi diario de dolor de cabeza" in start.content.decode()
    event = AuditEvent.objects.get(action="questions-opened")
    assert (event.actor_id, event.patient_id, event.detail) == (cast.robin.pk, cast.joye.pk, "diary, tablet")
    # No other page: not the clinic's, not the questions, not a screening, not somebody else's diary.
    assert client.get(chart).status_code == 423
    assert client.post(reverse("outcomes:diary-tablet", args=[other.pk])).status_code == 423
    for name, args in (
        ("outcomes:tablet-questions", []), ("outcomes:tablet-question", [1]), ("outcomes:tablet-check", []),
        ("patients:tablet-check", []), ("patients:tablet-question", [1]),
    ):  # fmt: skip
        assert client.get(reverse(name, args=args)).status_code == 404, name
    today = cast.harbour.today()
    day = reverse("outcomes:tablet-diary-day", args=[today.isoformat()])
    refused = client.post(day, {"worst": "2", "hours": "30"})
    assert refused.status_code == 422
    assert 'value="30"' in refused.content.decode()
    client.post(day, {"worst": "2", "acute_drug": "on"})
    row = DiaryDay.objects.get()
    assert (row.course, row.day, row.severity, row.acute_drug) == (course, today, 2, True)
    assert (row.answered_by, row.recorded_by) == ("tablet", None)
    back = client.post(reverse("patients:tablet-return"), {"password": PASSWORD})
    assert back["Location"] == chart
    assert client.get(chart).status_code == 200
    assert client.get(day).status_code == 404


def test_no_tablet_for_the_diary_of_a_closed_course(cast: Cast, sign_in: SignIn):
    course = cast.course()
    TreatmentCourse.objects.update(closed_on=cast.harbour.today(), closed_reason="completed")
    client = sign_in(cast.robin)
    shown = client.post(reverse("outcomes:diary-tablet", args=[course.pk]), follow=True).content.decode()
    assert "The course is closed." in shown
    assert "Diary on the tablet" not in shown


def test_an_end_meanwhile_hands_over_nothing(cast: Cast, sign_in: SignIn):
    follow_up = due(cast)
    FollowUp.objects.update(status="cancelled")
    client = sign_in(cast.ito)
    client.post(press(follow_up, "tablet"))
    assert client.get(LIST).status_code == 200
    assert not Questionnaire.objects.exists()


# --- the diary


def test_a_link_to_the_diary_is_sent_and_opens_the_diary_alone(cast: Cast, sign_in: SignIn, smtp: MailServer):
    cast.joye.email = "joye@example.org"
    cast.joye.save()
    course = cast.course()
    send = reverse("outcomes:diary-send", args=[course.pk])
    client = sign_in(cast.ito)
    assert "Not sent. The patient has not agreed to e-mails." in client.post(send, follow=True).content.decode()
    agreed(cast.joye)
    for _ in range(2):
        assert "The link goes out by e-mail" in client.post(send, follow=True).content.decode()
    message = Message.objects.get()
    assert (message.purpose, message.about, message.about_id) == ("questionnaire", "diary", course.pk)
    with claimant() as worker:
        send_due(carriers=carriers(), worker=worker, clock=lambda: message.send_after)
    link = PatientLink.objects.get()
    assert (link.purpose, link.about_id) == ("diary", course.pk)
    # Sent once more, the one before opens nothing; a closed course asks for no diary.
    client.post(send)
    link.refresh_from_db()
    assert link.revoked_at is not None
    TreatmentCourse.objects.update(closed_on=cast.harbour.today(), closed_reason="completed")
    assert "The course is closed." in client.post(send, follow=True).content.decode()
    with claimant() as worker:
        send_due(carriers=carriers(), worker=worker, clock=lambda: message.send_after)
    assert len(smtp.mails) == 1
