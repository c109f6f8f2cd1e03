"""Claims, the letter after too many attempts, holds, and the outcomes a clinic keeps."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from audit.models import StaleVersionError
from messaging.models import ContactPolicy
from patients.models import Task
from scheduling import actions
from scheduling.actions.claims import CLAIM_LASTS, ClaimedError, claim, release
from scheduling.actions.outcomes import add_outcome, change_outcome, move_outcome, offer_outcome
from scheduling.models import AttemptOutcome, RecallAttempt, RecallClaim, RecallHold
from tests.cast import Cast
from tests.scheduling.made import course_in, dated, ids
from treatments.models import InjectionSession, TreatmentCourse


def call(cast: Cast, course: TreatmentCourse, outcome: str = "no_answer", **more: object) -> RecallAttempt:
    return actions.log_attempt(
        **{"course": course, "channel": "phone", "outcome": outcome, "by": cast.robin, **more}  # type: ignore[arg-type]
    )


# --- claims


def test_one_calls_and_the_other_is_told(cast: Cast):
    course, now = course_in(cast, "due"), timezone.now()
    claim(course=course, by=cast.robin, now=now)
    with pytest.raises(ClaimedError) as told:
        claim(course=course, by=cast.ito, now=now + timedelta(minutes=9))
    assert (told.value.claim.by, told.value.claim.at) == (cast.robin, now)
    claim(course=course, by=cast.robin, now=now + timedelta(minutes=9))
    assert RecallClaim.objects.get().at == now, "one call, however often it is opened"


def test_a_claim_is_over_after_its_time_on_release_and_when_the_call_is_logged(cast: Cast):
    course, now = course_in(cast, "due"), timezone.now()
    claim(course=course, by=cast.robin, now=now)
    claim(course=course, by=cast.ito, now=now + CLAIM_LASTS)
    assert RecallClaim.objects.get().by == cast.ito
    release(course=course, by=cast.robin)
    assert RecallClaim.objects.exists(), "nobody ends the call of another"
    release(course=course, by=cast.ito)
    claim(course=course, by=cast.robin, now=now)
    call(cast, course)
    assert not RecallClaim.objects.exists()


def test_it_is_the_patient_who_is_called_not_the_course(cast: Cast):
    now = timezone.now()
    migraine = course_in(cast, "due", patient=cast.joye)
    neck = course_in(cast, "due", patient=cast.joye, condition="cervical_dystonia")
    claim(course=migraine, by=cast.robin, now=now)
    with pytest.raises(ClaimedError):
        claim(course=neck, by=cast.ito, now=now)
    claim(course=neck, by=cast.robin, now=now)


def test_logging_while_somebody_else_calls_needs_to_be_taken_over(cast: Cast):
    course = course_in(cast, "due")
    claim(course=course, by=cast.ito, now=timezone.now())
    with pytest.raises(ClaimedError):
        call(cast, course)
    assert not RecallAttempt.objects.exists()
    call(cast, course, take_over=True)
    assert RecallAttempt.objects.get().by == cast.robin
    assert not RecallClaim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_wins(cast: Cast):
    course, now = course_in(cast, "due"), timezone.now()
    told: list[str] = []
    both = threading.Barrier(2)

    def try_it(name: str) -> None:
        try:
            both.wait(timeout=10)
            claim(course=course, by=getattr(cast, name), now=now)
        except ClaimedError as error:
            told.append(f"{name}: {error.claim.by}")
        finally:
            connection.close()

    for _ in range(5):
        RecallClaim.objects.all().delete()
        told.clear()
        threads = [threading.Thread(target=try_it, args=[name]) for name in ("robin", "ito")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert RecallClaim.objects.count() == 1
        assert told in (["robin: Dr Kenji Ito"], ["ito: Robin Vale"])


# --- the letter


def test_after_the_sites_attempts_a_letter_is_due_once_for_the_window(cast: Cast):
    ContactPolicy.objects.create(site=cast.harbour, max_attempts=2)
    course = course_in(cast, "due")
    call(cast, course)
    assert not Task.objects.exists()
    call(cast, course, "voicemail")
    task = Task.objects.get()
    assert (task.kind, task.patient, task.due_on) == ("letter", course.patient, cast.harbour.today())
    assert task.words == "Write a letter: 2 attempts have not reached the patient."
    call(cast, course)
    assert Task.objects.count() == 1
    call(cast, course, "letter_sent", channel="letter")
    task.refresh_from_db()
    assert task.done_at is not None
    call(cast, course)
    assert Task.objects.count() == 1, "once per window"


def test_who_was_reached_gets_no_letter(cast: Cast):
    course = course_in(cast, "due")
    call(cast, course, "declined")
    for _ in range(4):
        call(cast, course)
    assert not Task.objects.exists()


def test_reaching_the_patient_ends_the_letter_task(cast: Cast):
    course = course_in(cast, "due")
    for _ in range(3):  # the usual number, without a policy of the site
        call(cast, course)
    call(cast, course, "agreed")
    assert Task.objects.get().done_by == cast.robin


def test_the_next_window_counts_anew(cast: Cast):
    course = course_in(cast, "due")
    for _ in range(3):
        call(cast, course)
    opened = course.windows.get()
    later = InjectionSession.objects.create(
        patient=course.patient, site=cast.harbour, performed_on=cast.harbour.today() - timedelta(days=1)
    )
    opened.closed_by = later
    opened.save()
    dated(course, session_on=cast.harbour.today() - timedelta(days=95))
    call(cast, course)
    assert Task.objects.count() == 1
    for _ in range(2):
        call(cast, course)
    assert Task.objects.count() == 2


# --- holds


@pytest.mark.parametrize("kind", ["snooze", "pause"])
def test_put_away_until_a_day(cast: Cast, kind: str):
    course, today = course_in(cast, "due"), cast.harbour.today()
    hold = actions.put_away(
        course=course, kind=kind, until=today + timedelta(days=9), reason="ill", by=cast.robin, now=timezone.now()
    )
    assert (hold.window, ids(cast), ids(cast, "hidden")) == (course.windows.get(), [], [course.pk])
    RecallHold.objects.filter(pk=hold.pk).update(until=today)
    assert ids(cast) == [course.pk], "back by itself"


def test_stopped_until_brought_back_or_the_next_session(cast: Cast):
    course = course_in(cast, "due")
    actions.put_away(course=course, kind="stop", until=None, reason="asked", by=cast.robin, now=timezone.now())
    assert ids(cast) == []
    actions.bring_back(course=course, reason="rang", by=cast.robin, now=timezone.now())
    assert ids(cast) == [course.pk]
    actions.put_away(course=course, kind="stop", until=None, reason="asked", by=cast.robin, now=timezone.now())
    opened = course.windows.get()
    opened.closed_by = InjectionSession.objects.create(
        patient=course.patient, site=cast.harbour, performed_on=cast.harbour.today() - timedelta(days=95)
    )
    opened.save()
    dated(course, session_on=cast.harbour.today() - timedelta(days=96))
    assert ids(cast) == [course.pk], "the next session starts anew"


def test_an_outcome_that_closes_the_cycle_ends_the_calls_for_this_window(cast: Cast):
    course = course_in(cast, "due")
    call(cast, course, "not_this_time")
    assert ids(cast) == []
    assert ids(cast, "hidden") == [course.pk]


# --- outcomes


def test_a_clinic_adds_an_outcome_and_calls_go_by_it(cast: Cast):
    added = add_outcome(
        name="Asked a relative", patient_reached=False, attempt_again=True, hide_days=5, closes_cycle=False, by=cast.ada
    )
    assert added.key == "asked_a_relative"
    assert AttemptOutcome.offered()[-1] == ("asked_a_relative", "Asked a relative")
    attempt = call(cast, course_in(cast, "due"), "asked_a_relative")
    assert attempt.hidden_until == cast.harbour.today() + timedelta(days=5)
    change_outcome(outcome=added, version=added.version, name="Asked a relative", hide_days=9, by=cast.ada)
    attempt.refresh_from_db()
    assert attempt.hidden_until == cast.harbour.today() + timedelta(days=5), "a change moves nobody"
    with pytest.raises(StaleVersionError):
        change_outcome(outcome=added, version=added.version, hide_days=2, by=cast.ada)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "Left a voicemail"}, "called that already"),
        ({"name": "X", "closes_cycle": True, "attempt_again": True}, "Either nobody is called any more"),
        ({"name": "X", "hide_days": 400}, "less than or equal to 366"),
        ({"name": ""}, "cannot be blank"),
    ],
)
def test_what_an_outcome_may_not_be(cast: Cast, values: dict[str, object], words: str):
    with pytest.raises(ValidationError, match=words):
        add_outcome(by=cast.ada, **values)


def test_order_and_retiring(cast: Cast):
    keys = [key for key, _ in AttemptOutcome.offered()]
    second = AttemptOutcome.objects.get(key=keys[1])
    move_outcome(outcome=second, up=True, by=cast.ada)
    move_outcome(outcome=second, up=True, by=cast.ada)
    assert [key for key, _ in AttemptOutcome.offered()] == [keys[1], keys[0], *keys[2:]]
    offer_outcome(outcome=second, is_active=False, by=cast.ada)
    assert keys[1] not in dict(AttemptOutcome.offered())
    with pytest.raises(ValidationError, match="Choose what came of it"):
        call(cast, course_in(cast, "due"), keys[1])
    offer_outcome(outcome=second, is_active=True, by=cast.ada)
    assert keys[1] in dict(AttemptOutcome.offered())
    AttemptOutcome.objects.exclude(pk=second.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="One outcome has to be offered"):
        offer_outcome(outcome=second, is_active=False, by=cast.ada)
