"""A message that waits is asked again, before it goes, whether what it says still holds."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.actions.sending import send_due
from messaging.carriers import carriers
from messaging.claims import claimant
from messaging.models import Message
from patients.models import Patient
from scheduling.actions import add_waiting_entry, cancel_appointment, log_attempt, put_away
from scheduling.models import Appointment, RecallClaim, SlotOffer
from tests.cast import Cast
from tests.messaging.made import NOON, MailServer, queued, reachable
from tests.scheduling.made import booked, course_in, moment
from treatments.models import TreatmentCourse

pytestmark = pytest.mark.django_db

AFTER = NOON + timedelta(minutes=2)


def send(now: datetime = NOON) -> Counter[str]:
    with claimant() as worker:
        return send_due(carriers=carriers(), worker=worker, clock=lambda: now)


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_a_reminder_put_back_is_not_sent_about_a_visit_cancelled_meanwhile(cast: Cast, smtp: MailServer):
    """While it was being sent nobody could take it out of the queue."""
    appointment = booked(cast)
    patient = reachable(cast, email="busy@example.org")
    message = queued(cast, patient, purpose="reminder", about_id=appointment.pk)
    Appointment.objects.filter(pk=appointment.pk).update(status="cancelled")
    assert send() == {"put off": 1}
    assert not smtp.mails
    assert (fresh(message).status, fresh(message).problem) == ("cancelled", "The appointment was cancelled.")


def test_a_cancellation_put_back_is_not_sent_about_a_visit_that_stands_again(cast: Cast, smtp: MailServer):
    message = queued(cast, purpose="cancelled", about_id=booked(cast).pk)
    assert send() == {"put off": 1}
    assert (fresh(message).status, fresh(message).problem) == ("cancelled", "It stands again after all.")


def put_back(cast: Cast, smtp: MailServer, patient: Patient, **about: Any) -> Message:
    """A message that was being sent when the mail server said "later"."""
    smtp.at_data[patient.email] = "451 Busy"
    message = queued(cast, patient, **about)
    assert send() == {"queued": 1}, (fresh(message).status, fresh(message).problem)
    smtp.at_data.clear()
    return message


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("booked", "An appointment is booked."),
        ("stopped", "Put away meanwhile."),
        ("called", "Called meanwhile."),
        ("closed", "The course is closed, or the patient is gone."),
        ("nothing", ""),
    ],
)
def test_an_invitation_put_back_is_asked_again_whether_it_still_holds(
    cast: Cast, smtp: MailServer, what: str, why: str
):
    course = course_in(cast, "due", patient=reachable(cast))
    message = put_back(cast, smtp, course.patient, purpose="recall", attempt=1, about="course", about_id=course.pk)
    # While it was being sent nobody could take it out of the queue.
    with_it = Message.objects.filter(pk=message.pk)
    with_it.update(status="sending")
    now = timezone.now()
    if what == "booked":
        booked(cast, course, starts_at=moment(cast.harbour, days=5))
    elif what == "stopped":
        put_away(course=course, kind="stop", until=None, reason="Abroad", by=cast.robin, now=now)
    elif what == "called":
        log_attempt(course=course, channel="phone", outcome="no_answer", by=cast.robin, now=now)
    elif what == "closed":
        TreatmentCourse.objects.filter(pk=course.pk).update(closed_on=NOON.date(), closed_reason="completed")
    with_it.update(status="queued")
    assert send(AFTER) == ({"put off": 1} if why else {"sent": 1})
    assert (fresh(message).status, fresh(message).problem) == ("cancelled" if why else "sent", why)


def test_an_invitation_waits_while_somebody_calls_the_patient(cast: Cast, smtp: MailServer):
    course = course_in(cast, "due", patient=reachable(cast))
    message = queued(cast, course.patient, purpose="recall", attempt=1, about="course", about_id=course.pk)
    until = NOON + timedelta(minutes=10)
    # About another course of the same patient: it is the patient who is called.
    other = course_in(cast, "due", patient=course.patient, condition="cervical_dystonia")
    RecallClaim.objects.create(course=other, by=cast.robin, at=NOON, until=until)
    assert send() == {"put off": 1}
    assert (fresh(message).status, fresh(message).send_after) == ("queued", until)
    assert not smtp.mails
    assert send(until) == {"sent": 1}


@pytest.mark.parametrize("taken", [False, True])
def test_an_offer_put_back_is_not_sent_about_a_time_that_is_taken(cast: Cast, smtp: MailServer, taken: bool):
    course = course_in(cast, "due", patient=reachable(cast))
    today = cast.harbour.today()
    entry = add_waiting_entry(
        patient=course.patient, site=cast.harbour, kind="session", minutes=30, course=course, earliest_on=today,
        latest_on=today + timedelta(days=30), by=cast.robin, now=timezone.now(),
    )  # fmt: skip
    visit = booked(cast, starts_at=moment(cast.harbour, days=3))
    cancel_appointment(appointment=visit, reason="Ill", by=cast.robin, now=timezone.now())
    offer = SlotOffer.objects.create(
        entry=entry, freed_by=visit, provider=cast.ito, starts_at=visit.starts_at, ends_at=visit.ends_at,
        offered_by=cast.robin,
    )  # fmt: skip
    message = put_back(cast, smtp, course.patient, purpose="waiting_offer", about="offer", about_id=offer.pk)
    if taken:
        SlotOffer.objects.filter(pk=offer.pk).update(status="taken")
    assert send(AFTER) == ({"put off": 1} if taken else {"sent": 1})
    assert fresh(message).status == ("cancelled" if taken else "sent")
