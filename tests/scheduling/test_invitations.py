"""Invitations to book: to whom, how often, and what stops them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.actions.sending import expire
from messaging.models import ContactPolicy, Message
from patients.models import Patient, Task
from scheduling import actions
from scheduling.invitations import log_invitations, plan_invitations, withdraw_invitations
from scheduling.models import AttemptOutcome, RecallAttempt, RecallClaim, RecallHold
from tests.cast import Cast
from tests.messaging.made import agreed, reachable
from tests.scheduling.made import booked, course_in, moment
from treatments.models import TreatmentCourse

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy(cast: Cast) -> ContactPolicy:
    return ContactPolicy.objects.create(site=cast.harbour, recalls_on=True)


@pytest.fixture
def now(cast: Cast) -> datetime:
    return moment(cast.harbour, days=0, at=time(12))


def of(cast: Cast, state: str, number: int = 1, **fields: Any) -> TreatmentCourse:
    return course_in(cast, state, patient=reachable(cast, number, **fields))


def go_out(now: datetime) -> None:
    """As when the courier has sent what is queued."""
    Message.objects.filter(status="queued").update(status="sent", sent_at=now)
    log_invitations(now=now)


@pytest.mark.parametrize(
    ("state", "invited"),
    [("new", 0), ("in effect", 0), ("opening", 1), ("due", 1), ("overdue", 1), ("lapsed", 0)],
)
def test_who_is_invited(cast: Cast, policy: ContactPolicy, now: datetime, state: str, invited: int):
    course = of(cast, state)
    assert plan_invitations(now=now) == invited
    assert plan_invitations(now=now) == 0
    for message in Message.objects.all():
        assert (message.purpose, message.attempt, message.about_id) == ("recall", 1, course.pk)
        assert message.values["link_until"]


def test_nobody_is_where_the_site_does_not_invite(cast: Cast, now: datetime):
    of(cast, "due")
    assert plan_invitations(now=now) == 0
    ContactPolicy.objects.create(site=cast.harbour, recalls_on=False)
    assert plan_invitations(now=now) == 0


@pytest.mark.parametrize("kind", ["snooze", "pause", "stop"])
def test_hidden_paused_and_stopped_are_left_alone(cast: Cast, policy: ContactPolicy, now: datetime, kind: str):
    course = of(cast, "due")
    RecallHold.objects.create(
        course=course,
        window=course.windows.get(),
        kind=kind,
        until=None if kind == "stop" else cast.harbour.today() + timedelta(days=3),
        reason="Abroad",
        by=cast.robin,
    )
    assert plan_invitations(now=now) == 0


def test_whoever_is_being_called_now_is_left_alone(cast: Cast, policy: ContactPolicy, now: datetime):
    course = of(cast, "due")
    RecallClaim.objects.create(course=course, by=cast.robin, at=now, until=now + timedelta(minutes=10))
    assert plan_invitations(now=now) == 0
    assert plan_invitations(now=now + timedelta(minutes=10)) == 1


def test_booked_called_closed_and_gone_are_left_alone(cast: Cast, policy: ContactPolicy, now: datetime):
    course = of(cast, "due", 1)
    booked(cast, course, starts_at=moment(cast.harbour, days=5), now=now)
    called = of(cast, "due", 2)
    actions.log_attempt(course=called, channel="phone", outcome="voicemail", by=cast.robin, now=now)
    of(cast, "due", 3, left_on=cast.harbour.today())
    silent = of(cast, "due", 4)
    agreed(silent.patient, "email", said=False)
    assert plan_invitations(now=now) == 0


def test_each_attempt_has_its_number_its_spacing_and_an_end(cast: Cast, policy: ContactPolicy, now: datetime):
    course = of(cast, "due")
    sent: list[tuple[int, int]] = []
    for day in range(30):
        today = now + timedelta(days=day)
        plan_invitations(now=today)
        sent += [(day, message.attempt) for message in Message.objects.filter(status="queued")]
        go_out(today)
    # message_sent keeps the course off the list for four days; three attempts are allowed.
    assert sent == [(0, 1), (4, 2), (8, 3)]
    attempts = RecallAttempt.objects.filter(course=course).order_by("at")
    assert [attempt.outcome_id for attempt in attempts] == ["message_sent"] * 3
    assert {(attempt.source, attempt.by_id, attempt.channel) for attempt in attempts} == {("message", None, "email")}
    assert {attempt.window_id for attempt in attempts} == {course.windows.get().pk}
    # Then it is a person's turn.
    task = Task.objects.get()
    assert (task.kind, task.patient) == ("letter", course.patient)


def test_calls_count_as_attempts_too(cast: Cast, policy: ContactPolicy, now: datetime):
    course = of(cast, "due")
    actions.log_attempt(course=course, channel="phone", outcome="no_answer", by=cast.robin, now=now)
    plan_invitations(now=now + timedelta(days=5))
    assert Message.objects.get().attempt == 2


def test_an_attempt_is_logged_when_it_went_out_and_once(cast: Cast, policy: ContactPolicy, now: datetime):
    of(cast, "due")
    plan_invitations(now=now)
    assert log_invitations(now=now) == 0
    Message.objects.update(status="unknown")
    assert log_invitations(now=now) == 0
    Message.objects.update(status="sent", sent_at=now)
    assert [log_invitations(now=now + timedelta(hours=3)) for _ in range(3)] == [1, 0, 0]
    # The moment it went out counts, not the one at which the planner saw it: the spacing begins there.
    assert RecallAttempt.objects.get().at == now


@pytest.mark.parametrize("status", ["unknown", "failed", "bounced"])
def test_what_went_wrong_is_not_sent_again_by_itself(cast: Cast, policy: ContactPolicy, now: datetime, status: str):
    of(cast, "due")
    plan_invitations(now=now)
    Message.objects.update(status=status)
    for days in range(10):
        assert plan_invitations(now=now + timedelta(days=days)) == 0


def test_one_patient_with_two_courses_gets_one_message(cast: Cast, policy: ContactPolicy, now: datetime):
    patient = reachable(cast)
    course_in(cast, "overdue", patient=patient)
    course_in(cast, "due", patient=patient, condition="cervical_dystonia")
    assert plan_invitations(now=now) == 1
    assert plan_invitations(now=now) == 0
    go_out(now)
    assert plan_invitations(now=now + timedelta(days=1)) == 0
    # The next one, days later, may be about the other course; never two at once.
    assert plan_invitations(now=now + timedelta(days=5)) == 1


def test_a_call_takes_back_what_is_unsent(cast: Cast, policy: ContactPolicy, now: datetime):
    course = of(cast, "due")
    plan_invitations(now=now)
    actions.log_attempt(course=course, channel="phone", outcome="agreed", by=cast.robin, now=now)
    assert Message.objects.get().status == "cancelled"


def test_what_nobody_would_call_any_more_is_withdrawn(cast: Cast, policy: ContactPolicy, now: datetime):
    hidden, kept = of(cast, "due", 1), of(cast, "due", 2)
    plan_invitations(now=now)
    RecallHold.objects.create(
        course=hidden, window=hidden.windows.get(), kind="stop", reason="Moved away", by=cast.robin
    )
    assert withdraw_invitations(now=now) == 1
    assert withdraw_invitations(now=now) == 0
    assert Message.objects.get(status="queued").about_id == kept.pk
    ContactPolicy.objects.update(recalls_on=False)
    assert withdraw_invitations(now=now) == 1


def test_whoever_has_just_been_spoken_to_is_left_alone_for_some_days(cast: Cast, policy: ContactPolicy, now: datetime):
    course = of(cast, "due")
    actions.log_attempt(course=course, channel="phone", outcome="agreed", by=cast.robin, now=now)
    assert plan_invitations(now=now + timedelta(hours=1)) == 0
    assert plan_invitations(now=now + timedelta(days=5)) == 1


def test_who_fell_out_of_the_diary_is_invited_again_some_days_later(cast: Cast, policy: ContactPolicy, now: datetime):
    course = of(cast, "due")
    plan_invitations(now=now)
    visit = booked(cast, course, starts_at=moment(cast.harbour, days=20), now=now)
    assert Message.objects.get().status == "cancelled"
    actions.cancel_appointment(appointment=visit, reason="Ill", by=cast.robin, now=now)
    assert plan_invitations(now=now + timedelta(days=1)) == 0
    later = now + timedelta(days=5)
    assert [plan_invitations(now=later) for _ in range(2)] == [1, 0]
    first, second = Message.objects.order_by("pk")
    assert (first.attempt, second.attempt) == (1, 1)
    assert second.once == f"{first.once} again 1"


def test_one_that_a_person_cancelled_does_not_come_back(cast: Cast, policy: ContactPolicy, now: datetime):
    of(cast, "due")
    plan_invitations(now=now)
    Message.objects.update(status="cancelled", problem="Cancelled by Robin Vale.")
    for days in range(6):
        assert plan_invitations(now=now + timedelta(days=days)) == 0


def test_one_that_could_not_go_out_in_time_is_queued_anew_and_makes_no_task(
    cast: Cast, policy: ContactPolicy, now: datetime
):
    of(cast, "due")
    plan_invitations(now=now)
    later = now + timedelta(days=3)
    assert expire(now=later) == 1
    assert not Task.objects.exists()
    assert plan_invitations(now=later) == 1


def test_the_spacing_is_what_the_outcome_says(cast: Cast, policy: ContactPolicy, now: datetime):
    AttemptOutcome.objects.filter(key="message_sent").update(hide_days=2)
    of(cast, "due")
    plan_invitations(now=now)
    go_out(now)
    assert [plan_invitations(now=now + timedelta(days=days, minutes=1)) for days in (1, 2)] == [0, 1]


def test_a_letter_counts_as_a_letter(cast: Cast, policy: ContactPolicy, now: datetime):
    patient = Patient.objects.create(
        given_name="Ana", family_name="Post", birth_date=cast.joye.birth_date, site=cast.harbour,
        address="12 Mill Road", city="Boston", preferred_channel="letter",
    )  # fmt: skip
    course_in(cast, "due", patient=patient)
    plan_invitations(now=now)
    message = Message.objects.get()
    # Letters wait for somebody to print them.
    assert message.send_before - message.send_after == timedelta(days=14)
    go_out(now)
    attempt = RecallAttempt.objects.get()
    assert (attempt.outcome_id, attempt.channel) == ("letter_sent", "letter")
    assert attempt.hidden_until == cast.harbour.today() + timedelta(days=21)


def test_the_same_few_queries_for_many(cast: Cast, policy: ContactPolicy, now: datetime):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            plan_invitations(now=now)
        return len(captured)

    of(cast, "due", 0)
    few = queries()
    for number in range(1, 12):
        of(cast, "due", number)
    assert queries() == few <= 10
    assert Message.objects.count() == 12
