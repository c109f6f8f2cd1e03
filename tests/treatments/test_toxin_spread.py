"""Rule R13: the questions about spread, and the event that a red answer opens."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit.models import StaleVersionError
from tests.cast import Cast
from tests.outcomes.cycles import Visit, sign
from treatments.actions.adverse_events import judge_adverse_event, report_adverse_event, see_adverse_event
from treatments.models import AdverseEvent, FollowUp, InjectionSession
from treatments.rules import toxin_spread
from treatments.rules.facts import OpenEvent, SessionFacts, Severity
from treatments.rules.findings.patient import open_events
from treatments.rules.toxin_spread import Triage

KEYS = [question.key for question in toxin_spread.QUESTIONS]
ANSWERS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["yes", "no"]))


@pytest.mark.parametrize(
    ("answers", "triage", "opens"),
    [
        ({}, Triage.NONE, False),
        ({key: "no" for key in KEYS}, Triage.NONE, False),
        ({"site": "yes", "headache": "yes"}, Triage.NONE, False),
        ({"ptosis": "yes"}, Triage.WATCH, False),
        ({"incontinence": "yes", "fall": "yes"}, Triage.WATCH, False),
        ({"weakness": "yes"}, Triage.SAME_DAY, True),
        ({"dysphagia": "yes"}, Triage.DANGER, True),
        ({"breathing": "yes"}, Triage.DANGER, True),
        ({"rash_allergy": "yes"}, Triage.DANGER, True),
        ({"weakness": "yes", "breathing": "no"}, Triage.SAME_DAY, True),
    ],
)
def test_how_urgent_answers_are(answers: dict[str, str], triage: Triage, opens: bool) -> None:
    assert toxin_spread.triage_of(answers) is triage
    assert toxin_spread.opens_event(answers) is opens
    assert toxin_spread.is_danger(answers) is (triage is Triage.DANGER)


@given(ANSWERS, st.sampled_from(KEYS))
def test_one_more_yes_is_never_less_urgent(answers: dict[str, str], key: str) -> None:
    order = list(Triage)
    before = order.index(toxin_spread.triage_of(answers | {key: "no"}))
    assert order.index(toxin_spread.triage_of(answers | {key: "yes"})) <= before


def test_each_question_is_asked_in_both_languages() -> None:
    assert all(question.asks.strip() and question.asks_es.strip() for question in toxin_spread.QUESTIONS)
    assert len({question.asks_es for question in toxin_spread.QUESTIONS}) == len(KEYS)


@pytest.mark.parametrize("answers", [{"x": "yes"}, {"ptosis": "perhaps"}, {"ptosis": True}])
def test_what_is_no_answer_is_said(answers: dict[str, Any]) -> None:
    assert toxin_spread.answers_problem(answers)
    assert not toxin_spread.answers_problem({"ptosis": "yes"})


@pytest.mark.parametrize(
    ("answers", "words", "term", "unasked"),
    [
        ({}, "", "other", 12),
        ({key: "no" for key in KEYS}, "", "other", 0),
        ({"ptosis": "yes"}, "Drooping eyelid", "ptosis", 11),
        (
            {"headache": "yes", "ptosis": "yes", "breathing": "yes", "fall": "no"},
            "Trouble breathing, drooping eyelid, headache",
            "breathing",
            8,
        ),
    ],
)
def test_answers_in_words_the_most_urgent_first(answers: dict[str, str], words: str, term: str, unasked: int) -> None:
    assert (toxin_spread.in_words(answers), toxin_spread.term_of(answers)) == (words, term)
    assert toxin_spread.unasked([*answers, "other"]) == unasked
    left_open: dict[str, str | None] = {**dict.fromkeys(reversed(KEYS)), **answers, "diplopia": ""}
    kept = {key: answer for key, answer in answers.items() if key != "diplopia"}
    assert toxin_spread.clean(left_open) == kept
    assert list(toxin_spread.clean(left_open)) == [key for key in KEYS if key in kept]


def test_an_open_event_warns_at_the_next_session() -> None:
    today = date(2026, 11, 20)
    facts = SessionFacts(performed_on=today, today=today, age=40)
    assert list(open_events(facts)) == []
    event = OpenEvent(7, "Trouble swallowing.", date(2026, 9, 3), "Ongoing")
    [found] = open_events(SessionFacts(performed_on=today, today=today, age=40, open_events=(event,)))
    assert (found.key, found.severity, found.rule) == ("event-7", Severity.WARN, "R13")
    assert "Trouble swallowing" in found.words
    assert "ongoing" in found.words


# --- the actions and the database


@pytest.fixture
def session(cast: Cast) -> InjectionSession:
    visit = Visit(cast.course(), cast.harbour.today() - timedelta(days=20), cast.ito)
    sign([visit], cast)
    assert visit.session is not None
    return visit.session


def told(session: InjectionSession, cast: Cast, **more: Any) -> AdverseEvent:
    return report_adverse_event(
        **{
            "session": session,
            "words": "Cannot swallow bread",
            "onset_on": session.performed_on + timedelta(days=3),
            "on": session.site.today(),
            "answers": {"dysphagia": "yes", "breathing": "no"},
            "by": cast.robin,
        }
        | more
    )


def test_told_twice_is_one_event_for_the_provider(cast: Cast, session: InjectionSession) -> None:
    event = told(session, cast)
    assert told(session, cast).pk == event.pk
    assert (event.term, event.triage, event.source) == ("dysphagia", "danger", "staff")
    assert event.course is not None
    assert event.seen_at is None
    noon = event.reported_at
    waiting = AdverseEvent.objects.waiting_for(cast.ito, day_began=noon - timedelta(hours=12))
    assert (event in waiting) is (event.provider in (None, cast.ito))
    late = AdverseEvent.objects.waiting_for(cast.okafor, day_began=noon + timedelta(hours=1))
    assert event in late, "not seen by the next day, it is everybody's"
    assert event not in AdverseEvent.objects.waiting_for(cast.max, day_began=noon + timedelta(hours=1))


@pytest.mark.parametrize("days", [None, -1, 21])
def test_the_first_day_lies_between_session_and_today(cast: Cast, session: InjectionSession, days: int | None) -> None:
    onset = None if days is None else session.performed_on + timedelta(days=days)
    with pytest.raises(ValidationError):
        told(session, cast, onset_on=onset)
    assert told(session, cast, onset_on=session.performed_on).pk
    assert told(session, cast, onset_on=session.site.today()).pk


def test_who_saw_it_first_stays_and_judging_is_versioned(cast: Cast, session: InjectionSession) -> None:
    event = told(session, cast)
    see_adverse_event(event=event, by=cast.ito)
    assert see_adverse_event(event=event, by=cast.okafor).seen_by == cast.ito
    event.refresh_from_db()
    judged = {"term": "dysphagia", "onset_on": event.onset_on, "severity": "severe", "serious": True, "criteria": [],
              "muscle": None, "relatedness": "possible", "outcome": "recovering", "note": ""}  # fmt: skip
    with pytest.raises(ValidationError):
        judge_adverse_event(event=event, judged=judged, on=session.site.today(), version=event.version, by=cast.ito)
    judged["criteria"] = ["hospital"]
    judge_adverse_event(event=event, judged=judged, on=session.site.today(), version=event.version, by=cast.ito)
    with pytest.raises(StaleVersionError):
        judge_adverse_event(event=event, judged=judged, on=session.site.today(), version=event.version, by=cast.ito)


@pytest.mark.parametrize(
    "change",
    [
        {"onset_on": date(2020, 1, 1)},
        {"words": ""},
        {"serious": True},
        {"serious": None, "criteria": ["death"]},
        {"outcome": "fatal"},
        {"outcome": "error"},
        {"reported_by": None},
    ],
)
def test_the_database_refuses(cast: Cast, session: InjectionSession, change: dict[str, Any]) -> None:
    event = told(session, cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        AdverseEvent.objects.filter(pk=event.pk).update(**change)
    with pytest.raises(Exception, match="delete"), transaction.atomic():
        event.delete()


# --- the pages


def spread(**answers: str) -> dict[str, str]:
    return {f"spread_{key}": value for key, value in answers.items()}


def test_front_desk_passes_a_call_on_and_reads_nothing(cast: Cast, session: InjectionSession, sign_in: Any) -> None:
    page = reverse("treatments:event-report", args=[session.patient_id])
    client = sign_in(cast.robin)
    assert client.get(page).status_code == 200
    sent = {"session": session.pk, "onset_on": session.performed_on.isoformat(), "words": ""} | spread(breathing="yes")
    refused = client.post(page, sent | {"onset_on": ""})
    assert refused.status_code == 422
    assert toxin_spread.EMERGENCY in refused.content.decode()
    after = client.post(page, sent, follow=True)
    assert toxin_spread.EMERGENCY in after.content.decode()
    event = AdverseEvent.objects.get()
    assert client.get(reverse("treatments:event-detail", args=[event.pk])).status_code == 403
    assert "Trouble breathing," not in client.get(reverse("clinic:chart", args=[session.patient_id])).content.decode()
    assert sign_in(cast.max).get(page).status_code == 404
    assert client.post(page, {"session": session.pk, "onset_on": "x"}).status_code == 422


def test_a_red_answer_of_a_follow_up_opens_an_event_seen_from_my_day(
    cast: Cast, session: InjectionSession, sign_in: Any
) -> None:
    course = session.courses.get()
    follow_up = FollowUp.objects.create(
        course=course, session=session, step="safety", name="Day 14", due_on=course.site.today()
    )
    page = reverse("outcomes:follow-up-record", args=[follow_up.pk])
    client = sign_in(cast.ito)
    sent = {"version": 1, "done_on": course.site.today().isoformat()} | spread(dysphagia="yes", ptosis="no")
    missing = client.post(page, sent)
    assert missing.status_code == 422
    assert "Say on which day it began." in missing.content.decode()
    assert toxin_spread.EMERGENCY in missing.content.decode()
    assert client.post(page, sent | {"adverse_event": "no"}).status_code == 422
    began = session.performed_on + timedelta(days=5)
    done = client.post(page, sent | {"event_onset_on": began.isoformat()}, follow=True)
    assert done.status_code == 200
    assert toxin_spread.EMERGENCY in done.content.decode()
    event = AdverseEvent.objects.get(follow_up=follow_up)
    assert (event.onset_on, event.words, event.course) == (began, "Trouble swallowing", course)
    follow_up.refresh_from_db()
    assert follow_up.adverse_event
    assert follow_up.spread_answers == {"dysphagia": "yes", "ptosis": "no"}
    AdverseEvent.objects.filter(pk=event.pk).update(provider=cast.ito)
    assert "Trouble swallowing" in client.get(reverse("clinic:my-day")).content.decode()
    client.post(reverse("treatments:event-seen", args=[event.pk]))
    assert "Trouble swallowing" not in client.get(reverse("clinic:my-day")).content.decode()
    for name, pk in (("clinic:chart", session.patient_id), ("treatments:session-detail", session.pk)):
        assert "Trouble swallowing" in client.get(reverse(name, args=[pk])).content.decode()
    corrected = client.post(
        page, {"version": 2, "done_on": sent["done_on"], "adverse_event": "no"} | spread(dysphagia="no")
    )
    assert corrected.status_code == 302
    event.refresh_from_db()
    assert event.outcome == "error"
    assert not AdverseEvent.objects.still_open().exists()


def test_an_event_is_judged_on_its_page(cast: Cast, session: InjectionSession, sign_in: Any) -> None:
    event = told(session, cast)
    page = reverse("treatments:event-detail", args=[event.pk])
    sent = {"version": 1, "outcome": "recovered", "severity": "mild", "serious": "no", "relatedness": "related",
            "term": "dysphagia", "onset_on": event.onset_on.isoformat(), "muscle": "", "note": ""}  # fmt: skip
    assert sign_in(cast.ada).post(page, sent).status_code == 403
    client = sign_in(cast.ito)
    assert client.post(page, sent | {"serious": "yes"}).status_code == 422
    assert client.post(page, sent).status_code == 302
    assert client.post(page, sent | {"severity": "severe"}).status_code == 409
    event.refresh_from_db()
    assert (event.outcome, event.seen_by, event.serious) == ("recovered", cast.ito, False)


def test_answers_stand_in_the_order_of_the_questions(cast: Cast, session: InjectionSession, sign_in: Any) -> None:
    given = {key: "no" for key in reversed(KEYS)} | {"headache": "yes"}
    event = told(session, cast)
    AdverseEvent.objects.filter(pk=event.pk).update(answers=given)
    page = sign_in(cast.ito).get(reverse("treatments:event-detail", args=[event.pk])).context
    assert [asks for asks, _ in page["answers"]] == [question.asks for question in toxin_spread.QUESTIONS]
    assert page["answers"][-1][1] == "yes"


def test_the_pages_cost_the_same_for_many_events(cast: Cast, session: InjectionSession, sign_in: Any) -> None:
    event = told(session, cast)
    client = sign_in(cast.ito)
    pages = [
        reverse("treatments:event-detail", args=[event.pk]),
        reverse("treatments:event-report", args=[session.patient_id]),
        reverse("clinic:my-day"),
    ]

    def costs() -> list[int]:
        found = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(page).status_code == 200
            found.append(len(seen))
        return found

    few = costs()
    assert max(few) <= 12, few
    for day in range(1, 9):
        report_adverse_event(
            session=session,
            words=f"Something else {day}",
            onset_on=session.performed_on,
            on=session.performed_on + timedelta(days=day),
            by=cast.robin,
            answers={"breathing": "yes"},
        )
    assert costs() == few
