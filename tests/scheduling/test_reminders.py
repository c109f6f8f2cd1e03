"""Reminders: which, when, once, and what becomes of them when the appointment changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Site
from messaging.models import ContactPolicy, Message
from messaging.rules.quiet import is_quiet
from patients.models import Patient
from scheduling import actions
from scheduling.models import Appointment
from scheduling.planning import plan_messages
from scheduling.reminders import plan_reminders, reminders_of
from scheduling.rules.times import local_moment
from tests.cast import Cast
from tests.messaging.made import agreed, at_once, reachable
from tests.scheduling.made import booked, dated, moment

pytestmark = pytest.mark.django_db


def at(site: Site, days: int, clock: time = time(10)) -> datetime:
    return moment(site, days=days, at=clock)


def visit(cast: Cast, patient: Patient, *, days: int, clock: time = time(14, 30), **fields: Any) -> Appointment:
    """A visit booked long ago, so many days from today."""
    appointment = booked(cast, patient=patient, starts_at=at(patient.site, days, clock), **fields)
    Appointment.objects.filter(pk=appointment.pk).update(created_at=timezone.now() - timedelta(days=100))
    appointment.refresh_from_db()
    return appointment


def queue() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("purpose", "status"))


# --- when, without a database


def moments(starts: str, *, days: list[int], zone: str = "America/New_York", **fields: Any) -> list[str]:
    site = Site(name="S", time_zone=zone)
    starts_at = datetime.fromisoformat(starts).replace(tzinfo=ZoneInfo(zone))
    long_ago = starts_at - timedelta(days=200)
    found = reminders_of(starts_at, days=days, site=site, **{"booked_at": long_ago, **fields})
    return [f"{site.localtime(reminder.send_after):%Y-%m-%d %H:%M}" for reminder in found]


@pytest.mark.parametrize(
    ("starts", "days", "expected"),
    [
        ("2026-12-10 14:30", [7, 1], ["2026-12-03 10:00", "2026-12-09 10:00"]),
        ("2026-12-10 14:30", [1, 7, 1], ["2026-12-03 10:00", "2026-12-09 10:00"]),
        ("2026-12-10 14:30", [], []),
        # On the day itself only where there is time left to read it.
        ("2026-12-10 14:30", [0], ["2026-12-10 10:00"]),
        ("2026-12-10 11:00", [0], []),
        # Ten in the morning is ten in the morning on both sides of a change of the clocks.
        ("2026-03-09 09:00", [7, 1], ["2026-03-02 10:00", "2026-03-08 10:00"]),
        ("2026-11-02 09:00", [7, 1], ["2026-10-26 10:00", "2026-11-01 10:00"]),
        # Late in the evening is still that day there, whatever UTC says.
        ("2026-12-10 23:30", [1], ["2026-12-09 10:00"]),
    ],
)
def test_the_hours_of_reminders(starts: str, days: list[int], expected: list[str]):
    assert moments(starts, days=days) == expected


def test_one_letter_in_time_for_the_post():
    assert moments("2026-12-20 09:00", days=[7, 1], by_letter=True) == ["2026-12-08 10:00"]


@pytest.mark.parametrize(
    ("days", "until"),
    [
        # Printed up to the day from which the post would be slower than the visit is near.
        ([7, 1], "2026-12-05 14:30"),
        # With little time between, two days as for the others.
        ([1], "2026-12-06 10:00"),
        ([30], "2026-11-19 10:00"),
    ],
)
def test_a_letter_waits_longer_for_somebody_to_print_it(days: list[int], until: str):
    site = Site(name="S", time_zone="America/New_York")
    starts_at = datetime(2026, 12, 10, 14, 30, tzinfo=site.zone())
    [reminder] = reminders_of(
        starts_at, days=days, site=site, by_letter=True, booked_at=starts_at - timedelta(days=200)
    )
    assert f"{site.localtime(reminder.send_before):%Y-%m-%d %H:%M}" == until


def test_no_reminder_of_what_was_booked_after_its_time():
    booked_at = datetime(2026, 12, 5, 12, tzinfo=UTC)
    assert moments("2026-12-10 14:30", days=[7, 1], booked_at=booked_at) == ["2026-12-09 10:00"]
    assert moments("2026-12-10 14:30", days=[7, 1], booked_at=datetime(2026, 12, 9, 20, tzinfo=UTC)) == []


@given(
    starts_at=st.datetimes(datetime(2026, 1, 8), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    days=st.lists(st.integers(0, 30), max_size=4),
    zone=st.sampled_from(["America/New_York", "America/Phoenix", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
)
def test_reminders_come_in_order_before_the_visit_at_the_decent_hour(starts_at: datetime, days: list[int], zone: str):
    site = Site(name="S", time_zone=zone)
    found = list(reminders_of(starts_at, days=days, site=site, booked_at=starts_at - timedelta(days=60)))
    for reminder in found:
        assert reminder.send_after < reminder.send_before < starts_at
        local = site.localtime(reminder.send_after)
        assert local.time() == time(10)
        assert (site.localtime(starts_at).date() - local.date()).days == reminder.days
    for one, following in pairwise(found):
        assert one.send_before <= following.send_after


# --- planned


def test_a_reminder_is_planned_once_however_often_the_planner_runs(cast: Cast):
    patient = reachable(cast, language="Spanish")
    appointment = visit(cast, patient, days=7)
    now = at(cast.harbour, 0, time(9))
    assert plan_reminders(now=now) == 1
    for minutes in range(3):
        assert plan_reminders(now=now + timedelta(minutes=minutes)) == 0
    message = Message.objects.get()
    assert (message.purpose, message.about, message.about_id) == ("reminder", "appointment", appointment.pk)
    assert message.send_after == at(cast.harbour, 0)
    assert message.language == "es"
    assert message.values["time"] == "2:30 p. m."
    assert message.values["link_until"] == appointment.starts_at.isoformat()


def test_seven_days_and_one_day_before(cast: Cast):
    appointment = visit(cast, reachable(cast), days=8)
    sent = []
    for day in range(9):
        plan_reminders(now=at(cast.harbour, day, time(10)))
        due = Message.objects.filter(status="queued", send_after__lte=at(cast.harbour, day, time(10)))
        sent += [day] * due.update(status="sent", sent_at=timezone.now())
    assert sent == [1, 7]
    assert Message.objects.filter(about_id=appointment.pk).count() == 2


def test_each_site_has_its_own_days_and_hours(cast: Cast):
    ContactPolicy.objects.create(site=cast.mesa, reminder_days=[3], quiet_from=time(19), quiet_until=time(11))
    east, west = reachable(cast, 1), reachable(cast, 2, site=cast.mesa)
    for patient in (east, west):
        for days in (3, 7):
            visit(cast, patient, days=days, clock=time(15), provider=cast.ito if patient == east else cast.okafor)
    plan_reminders(now=at(cast.harbour, 0, time(9, 30)))
    [seven] = Message.objects.filter(site=cast.harbour)
    [three] = Message.objects.filter(site=cast.mesa)
    assert cast.harbour.localtime(seven.send_after).time() == time(10)
    assert cast.mesa.localtime(three.send_after).time() == time(11)


def test_none_without_consent_or_where_the_site_wants_none(cast: Cast):
    silent = reachable(cast, 1)
    agreed(silent, "email", said=False)
    visit(cast, silent, days=7)
    assert plan_reminders(now=at(cast.harbour, 0)) == 0
    # Consent given in time is enough.
    agreed(silent, "email")
    ContactPolicy.objects.create(site=cast.harbour, reminders_on=False)
    assert plan_reminders(now=at(cast.harbour, 0)) == 0
    ContactPolicy.objects.update(reminders_on=True)
    assert plan_reminders(now=at(cast.harbour, 0)) == 1


def test_none_for_visits_that_do_not_stand(cast: Cast):
    for number, status in enumerate(["cancelled", "missed", "moved", "arrived", "done"]):
        appointment = visit(cast, reachable(cast, number), days=7, clock=time(9 + number))
        Appointment.objects.filter(pk=appointment.pk).update(status=status)
    gone = reachable(cast, 9)
    visit(cast, gone, days=7, clock=time(17))
    Patient.objects.filter(pk=gone.pk).update(died_on=date(2026, 1, 1))
    assert plan_reminders(now=at(cast.harbour, 0)) == 0


def test_confirmed_ones_are_reminded_too(cast: Cast):
    appointment = visit(cast, reachable(cast), days=1)
    Appointment.objects.filter(pk=appointment.pk).update(status="confirmed")
    assert plan_reminders(now=at(cast.harbour, 0)) == 1


def test_a_planner_that_slept_does_not_send_what_is_of_no_use(cast: Cast):
    visit(cast, reachable(cast), days=4)
    assert plan_reminders(now=at(cast.harbour, 0)) == 0  # the one of seven days is three days late


def test_planning_takes_the_same_few_queries_for_many(cast: Cast):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            plan_reminders(now=at(cast.harbour, 0, time(9)))
        return len(captured)

    visit(cast, reachable(cast, 0), days=7, clock=time(8))
    few = queries()
    for number in range(1, 9):
        visit(cast, reachable(cast, number), days=7, clock=time(8 + number))
    many = queries()
    assert Message.objects.count() == 9
    assert many == few <= 8


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_make_one_of_each(cast: Cast):
    for number in range(6):
        visit(cast, reachable(cast, number), days=7, clock=time(9 + number))
    now = at(cast.harbour, 0, time(9))
    # Once as the courier does, where one of them finds the other at work, and once without that lock.
    at_once(*[lambda: plan_messages(now=now)] * 4)
    results = at_once(*[lambda: plan_reminders(now=now)] * 4)
    assert not [result for result in results if isinstance(result, Exception)], results
    assert Message.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_without_the_lock(cast: Cast):
    for number in range(6):
        visit(cast, reachable(cast, number), days=7, clock=time(9 + number))
    results = at_once(*[lambda: plan_reminders(now=at(cast.harbour, 0, time(9)))] * 4)
    assert not [result for result in results if isinstance(result, Exception)], results
    assert Message.objects.count() == 6


# --- what an appointment's changes do to them


def test_moving_cancels_the_unsent_and_the_new_time_has_its_own(cast: Cast):
    patient = reachable(cast)
    appointment = visit(cast, patient, days=7)
    now = at(cast.harbour, 0, time(9))
    plan_reminders(now=now)
    moved = actions.move_appointment(
        appointment=appointment, starts_at=at(cast.harbour, 8, time(9)), minutes=30, provider=cast.ito, room=None,
        version=None, by=cast.robin, now=now,
    )  # fmt: skip
    [old] = Message.objects.all()
    assert (old.status, old.problem) == ("cancelled", "The appointment was moved.")
    assert plan_reminders(now=now) == 0
    Appointment.objects.filter(pk=moved.pk).update(created_at=now - timedelta(days=1))
    assert plan_reminders(now=now + timedelta(days=1)) == 1
    assert Message.objects.get(status="queued").about_id == moved.pk


def test_what_was_sent_stays_sent_when_it_moves(cast: Cast):
    appointment = visit(cast, reachable(cast), days=7)
    now = at(cast.harbour, 0, time(9))
    plan_reminders(now=now)
    Message.objects.update(status="sent", sent_at=now)
    actions.cancel_appointment(appointment=appointment, reason="Ill", by=cast.robin, now=now)
    assert queue() == [("reminder", "sent")]


def test_cancelling_cancels_and_standing_again_brings_back(cast: Cast):
    appointment = visit(cast, reachable(cast), days=7)
    now = at(cast.harbour, 0, time(9))
    plan_reminders(now=now)
    actions.cancel_appointment(appointment=appointment, reason="Ill", by=cast.robin, now=now, notify=True)
    assert queue() == [("reminder", "cancelled"), ("cancelled", "queued")]
    actions.take_back_cancel(appointment=appointment, by=cast.robin, now=now)
    assert queue() == [("reminder", "queued"), ("cancelled", "cancelled")]


def test_notices_are_written_only_when_wished(cast: Cast):
    patient = reachable(cast)
    now = at(cast.harbour, 0, time(9))
    booked(cast, patient=patient, starts_at=at(cast.harbour, 20, time(9)), now=now)
    assert queue() == []
    appointment = booked(cast, patient=patient, starts_at=at(cast.harbour, 20, time(12)), now=now, notify=True)
    assert queue() == [("booked", "queued")]
    moved = actions.move_appointment(
        appointment=appointment, starts_at=at(cast.harbour, 21, time(9)), minutes=30, provider=cast.ito, room=None,
        version=None, by=cast.robin, now=now, notify=True,
    )  # fmt: skip
    # Nobody is told of a time that does not hold any more.
    assert queue() == [("booked", "cancelled"), ("moved", "queued")]
    actions.cancel_appointment(appointment=moved, reason="Ill", by=cast.robin, now=now, notify=True)
    assert queue() == [("booked", "cancelled"), ("moved", "cancelled"), ("cancelled", "queued")]
    message = Message.objects.get(status="queued")
    assert message.created_by == cast.robin
    assert not is_quiet(cast.harbour.localtime(message.send_after).time(), quiet_from=time(20), quiet_until=time(8))


def test_a_booking_that_is_refused_leaves_no_message(cast: Cast):
    patient = reachable(cast)
    now = at(cast.harbour, 0, time(9))
    taken = booked(cast, patient=cast.joye, starts_at=at(cast.harbour, 20, time(9)), now=now)
    with pytest.raises(Exception, match="another patient"):
        booked(cast, patient=patient, starts_at=taken.starts_at, now=now, notify=True)
    assert queue() == []


def test_booking_a_session_takes_back_the_invitation(cast: Cast):
    from messaging.actions.queue import queue_message

    patient = reachable(cast)
    course = dated(cast.course(patient), session_on=cast.harbour.today() - timedelta(days=100))
    now = local_moment(cast.harbour.today(), time(9), zone=cast.harbour.zone())
    queue_message(
        patient=patient, site=cast.harbour, purpose="recall", attempt=1, about="course", about_id=course.pk,
        once="invitation", send_after=now, send_before=now + timedelta(days=2), now=now,
    )  # fmt: skip
    booked(cast, course, patient=patient, starts_at=at(cast.harbour, 5, time(9)), now=now)
    [message] = Message.objects.all()
    assert (message.status, message.problem) == ("cancelled", "An appointment is booked.")
