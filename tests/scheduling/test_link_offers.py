"""What a patient does by link about a time that is not theirs yet: a freed one, and an earlier one than they have."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.models import PatientLink
from patients.models import Task
from scheduling import actions
from scheduling.models import Appointment, Room, SlotOffer, WaitingEntry
from tests.cast import Cast
from tests.messaging.made import at_once
from tests.scheduling.made import booked, course_in, moment
from tests.scheduling.test_links import opened, visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def offered(cast: Cast, **freed: Any) -> tuple[SlotOffer, Client, str, PatientLink]:
    """Joye waits, and was offered the time of Omar's visit in three days at nine."""
    cast.joye.birth_date = datetime(1982, 3, 2).date()  # noqa: DTZ001
    cast.joye.save()
    now, today = timezone.now(), cast.harbour.today()
    course = course_in(cast, "due", patient=cast.joye)
    entry = actions.add_waiting_entry(
        patient=cast.joye, site=cast.harbour, kind="session", minutes=30, course=course, earliest_on=today,
        latest_on=today + timedelta(days=30), by=cast.robin, now=now,
    )  # fmt: skip
    starts_at = moment(cast.harbour, days=3)
    gone = booked(cast, patient=cast.omar, site=cast.harbour, starts_at=starts_at, **freed)
    gone = actions.cancel_appointment(appointment=gone, reason="Ill", by=cast.robin, now=now)
    offer, _ = actions.offer_time(entry=entry, freed=gone, by=cast.robin, now=now)
    return offer, *opened(cast, "waiting_offer", offer.pk)


def take(client: Client, token: str) -> Any:
    return client.post(reverse("scheduling:link-offer", args=[token]), {"press": "take"})


def test_a_freed_time_is_taken_and_the_link_leads_to_the_appointment(cast: Cast):
    offer, client, token, _ = offered(cast)
    page = client.get(reverse("scheduling:link-offer", args=[token])).content.decode()
    assert "It is not kept for you" in page
    for _ in range(2):
        # Pressed twice: the second press shows what the first has booked.
        answer = take(client, token)
        assert answer.status_code == 302
        assert answer["Location"].startswith(visit(token))
    appointment = Appointment.objects.active().get()
    assert (appointment.starts_at, appointment.source) == (offer.starts_at, "link")
    offer.refresh_from_db()
    assert (offer.status, offer.appointment) == ("booked", appointment)


def test_a_time_taken_by_another_is_said_and_stays_said(cast: Cast):
    offer, client, token, link = offered(cast)
    Appointment.objects.create(
        patient=cast.omar, provider=cast.ito, site=cast.harbour, kind="consultation", created_by=cast.robin,
        starts_at=offer.starts_at, ends_at=offer.ends_at,
    )  # fmt: skip
    answer = take(client, token)
    assert answer.status_code == 409
    assert "taken by somebody else" in answer.content.decode()
    assert "Choose another one" not in answer.content.decode(), "there is nothing to choose from"
    offer.refresh_from_db()
    link.refresh_from_db()
    assert offer.status == "taken"
    assert link.revoked_at is not None
    assert not Task.objects.open().filter(kind="offer_slot").exists()
    assert WaitingEntry.objects.get().status == "waiting"


@pytest.mark.parametrize(("others", "status", "room"), [(1, 302, "Room 2"), (2, 409, None), (0, 302, "Room 1")])
def test_another_free_room_where_the_freed_one_is_taken_meanwhile(cast: Cast, others: int, status: int, room: str):
    one, two = (Room.objects.create(site=cast.harbour, name=f"Room {number}") for number in (1, 2))
    offer, client, token, _ = offered(cast, room=one)
    for number, taken in enumerate((one, two)[:others]):
        starts_at = offer.starts_at + timedelta(minutes=15 * number)
        Appointment.objects.create(
            patient=cast.omar, provider=cast.okafor, site=cast.harbour, kind="consultation", created_by=cast.robin,
            room=taken, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=15),
        )  # fmt: skip
    assert take(client, token).status_code == status
    mine = Appointment.objects.active().filter(patient=cast.joye).first()
    assert (mine.room.name if mine else None) == room
    offer.refresh_from_db()
    assert offer.status == ("booked" if room else "offered"), "the provider is free: the desk may find a room"


@pytest.mark.django_db(transaction=True)
def test_a_press_twice_at_once_books_once_and_leaves_no_error(cast: Cast):
    offer, client, token, _ = offered(cast)
    cookies = client.cookies
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.cookies = cookies
    answers = at_once(*(lambda browser=browser: take(browser, token) for browser in browsers))
    assert [answer.status_code for answer in answers] == [302, 302]
    offer.refresh_from_db()
    assert offer.status == "booked"
    assert Appointment.objects.active().count() == 1
