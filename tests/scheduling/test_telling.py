"""The desk's tick "tell the patient": where it stands, what it says, and that one message at most goes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from messaging.models import Message
from patients.models import Patient
from scheduling.models import Appointment
from tests.cast import Cast
from tests.messaging.made import reachable
from tests.scheduling.made import booked, course_in, moment, working
from tests.scheduling.test_appointment_views import move, url
from tests.scheduling.test_booking_views import HTMX, NEW, booking, slots_of
from tests.scheduling.test_placing import place

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture
def patient(cast: Cast) -> Patient:
    working(cast)
    return reachable(cast)


def queue() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("purpose", "status"))


def visit(cast: Cast, patient: Patient, **fields: Any) -> Appointment:
    return booked(cast, patient=patient, starts_at=moment(cast.harbour, days=20, at=time(10)), **fields)


def went_out() -> None:
    Message.objects.filter(status="queued").update(status="sent", sent_at=timezone.now())


TICKED = 'name="notify" id="notify-{}" checked'


@pytest.mark.parametrize("where", ["book", "move", "cancel"])
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Tell the patient by e-mail"),
        (
            {"preferred_channel": "letter", "address": "1 Quay", "city": "Boston"},
            "by letter, which waits to be printed",
        ),
        ({"email": ""}, "There is no e-mail address."),
    ],
)
def test_the_tick_says_the_channel_or_why_there_is_none(
    cast: Cast, sign_in: SignIn, where: str, fields: dict[str, str], words: str
):
    patient = reachable(cast, **fields)
    if where == "book":
        page = sign_in(cast.robin).get(NEW, {"patient": patient.pk}).content.decode()
    else:
        name = "detail" if where == "cancel" else where
        page = sign_in(cast.robin).get(url(name, visit(cast, patient))).content.decode()
    assert words in page
    assert (TICKED.format(where) in page) == (fields.get("email") is None)


@pytest.mark.parametrize("ticked", [True, False])
def test_two_presses_from_the_row_book_and_tell(cast: Cast, patient: Patient, sign_in: SignIn, ticked: bool):
    course, client = course_in(cast, "due", patient=patient), sign_in(cast.robin)
    panel = client.get(NEW, {"course": course.pk, "back": ""}, headers=HTMX).content.decode()
    assert TICKED.format("book") in panel
    sent = booking(cast, course, slot=slots_of(panel)[-1], day=None, time=None, back="") | (
        {"notify": "on"} if ticked else {}
    )
    page = client.post(NEW, sent, headers=HTMX).content.decode()
    assert ("The patient is told by e-mail" in page) == ticked
    # The same press once more finds the time taken, and tells nobody twice.
    assert client.post(NEW, sent, headers=HTMX).status_code == 422
    assert queue() == ([("booked", "queued")] if ticked else [])


def test_a_refused_booking_keeps_the_tick_as_it_was_left(cast: Cast, patient: Patient, sign_in: SignIn):
    course = course_in(cast, "due", patient=patient)
    page = sign_in(cast.robin).post(NEW, booking(cast, course, time="")).content.decode()
    assert TICKED.format("book") not in page
    assert 'id="notify-book"' in page


def test_taken_back_before_it_went_out_nobody_hears_of_it(cast: Cast, patient: Patient, sign_in: SignIn):
    client, undo = sign_in(cast.robin), {"reason": "Booked by mistake", "back": ""}
    appointment = visit(cast, patient, notify=True)
    client.post(url("cancel", appointment), undo, headers=HTMX)
    assert queue() == [("booked", "cancelled")]
    # Once it has gone out, whoever was told has to hear that it is off, and that it stands again, each once.
    appointment = visit(cast, patient, notify=True)
    went_out()
    for _ in range(2):
        assert "is told by" in client.post(url("cancel", appointment), undo, headers=HTMX).content.decode()
    assert queue()[1:] == [("booked", "sent"), ("cancelled", "queued")]
    went_out()
    client.post(reverse("scheduling:appointment-take-back", args=[appointment.pk]))
    assert queue()[1:] == [("booked", "sent"), ("cancelled", "sent"), ("booked", "queued")]
    client.post(url("cancel", appointment), {"reason": "Ill", "cancelled_by": "patient", "notify": "on"})
    assert queue()[3:] == [("booked", "cancelled"), ("cancelled", "queued")]


def test_moved_by_form(cast: Cast, patient: Patient, sign_in: SignIn):
    client, appointment = sign_in(cast.robin), visit(cast, patient)
    page = client.post(url("move", appointment), move(cast, appointment, notify="on"), follow=True).content.decode()
    assert "The patient is told by e-mail" in page
    # Another note moves nothing, and there is nothing to tell.
    moved = Appointment.objects.get(moved_from=appointment)
    client.post(url("move", moved), move(cast, moved, note="Lift", notify="on"))
    assert queue() == [("moved", "queued")]
    client.post(url("move", moved), move(cast, moved, version=moved.version + 1, time="11:00"))
    assert queue() == [("moved", "cancelled")]


def test_dragged_and_put_back(cast: Cast, patient: Patient, sign_in: SignIn):
    client, appointment = sign_in(cast.robin), visit(cast, patient)
    to, home = moment(cast.harbour, days=20, at=time(14)), appointment.starts_at
    page = place(client, appointment, to, notify="on").content.decode()
    assert "The patient is told by e-mail" in page
    moved = Appointment.objects.get(moved_from=appointment)
    page = place(client, moved, home, undo=1).content.decode()
    assert "is told" not in page
    assert queue() == [("moved", "cancelled")]
    again = Appointment.objects.get(moved_from=moved)
    place(client, again, to, notify="on")
    went_out()
    moved = Appointment.objects.get(moved_from=again)
    assert "is told" in place(client, moved, home, undo=1).content.decode()
    assert queue() == [("moved", "cancelled"), ("moved", "sent"), ("moved", "queued")]


def test_the_tick_beside_the_move_takes_it_back_and_wishes_it_again(cast: Cast, patient: Patient, sign_in: SignIn):
    client, appointment = sign_in(cast.robin), visit(cast, patient)
    page = place(client, appointment, moment(cast.harbour, days=20, at=time(14)), notify="on").content.decode()
    assert 'id="day-notify" checked' in page
    tell = reverse("scheduling:appointment-tell", args=[Appointment.objects.get(moved_from=appointment).pk])
    page = client.post(tell, {}, headers=HTMX).content.decode()
    assert "Tell the patient by e-mail" in page
    assert "checked" not in page
    assert queue() == [("moved", "cancelled")]
    for _ in range(2):
        page = client.post(tell, {"notify": "on"}, headers=HTMX).content.decode()
        assert "The patient is told by e-mail" in page
    assert queue() == [("moved", "cancelled"), ("moved", "queued")]
    went_out()
    assert "The patient was told." in client.post(tell, {}, headers=HTMX).content.decode()
    assert queue() == [("moved", "cancelled"), ("moved", "sent")]


def test_who_cannot_be_told_is_moved_all_the_same_and_the_desk_hears_why(cast: Cast, sign_in: SignIn):
    appointment = visit(cast, reachable(cast, email=""))
    page = place(sign_in(cast.robin), appointment, moment(cast.harbour, days=20, at=time(14)), notify="on")
    assert "There is no e-mail address." in page.content.decode()
    assert queue() == []
