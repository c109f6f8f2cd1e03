"""What a patient does by link about a time that is not theirs yet: a freed one, and an earlier one than they have."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from messaging.models import PatientLink
from patients.models import Task
from scheduling import actions
from scheduling.actions.by_link import choose_by_link
from scheduling.models import Appointment, Room, SlotOffer, WaitingEntry
from scheduling.offered_times import Wish, offered_times
from tests.cast import Cast
from tests.messaging.made import at_once
from tests.scheduling.made import booked, course_in, dated, moment, working
from tests.scheduling.test_links import opened, slots, times, visit

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
    assert link.revoked_at is None
    assert not Task.objects.open().filter(kind="offer_slot").exists()
    assert WaitingEntry.objects.get().status == "waiting"


def test_a_time_that_the_desk_gave_to_another_is_said_to_who_comes_too_late(cast: Cast):
    offer, client, token, _ = offered(cast)
    booked(cast, patient=cast.omar, site=cast.harbour, starts_at=offer.starts_at)
    page = client.get(reverse("scheduling:link-offer", args=[token]))
    assert page.status_code == 200
    for answer in (page, take(client, token)):
        assert "taken by somebody else" in answer.content.decode()
    assert not Appointment.objects.active().filter(patient=cast.joye).exists()


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


@pytest.fixture
def late(cast: Cast) -> Appointment:
    """A session that the desk has booked after the window of its course."""
    cast.joye.birth_date = datetime(1982, 3, 2).date()  # noqa: DTZ001
    cast.joye.save()
    working(cast)
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))
    assert course.window_closes_on is not None
    days = (course.window_closes_on - cast.harbour.today()).days + 10
    return booked(cast, course, starts_at=moment(cast.harbour, days=days, at=time(15)))


def test_who_chooses_a_time_in_the_window_gives_up_the_one_after_it(cast: Cast, late: Appointment):
    course = late.courses.get()
    client, token, _ = opened(cast, "booking", course.pk)
    page = client.get(times(token)).content.decode()
    assert "stays as it is until you choose" in page
    assert "Back to your appointment" not in page
    chosen = slots(page)[0]
    assert client.post(times(token), {"slot": chosen.strftime("%Y-%m-%dT%H:%M")}).status_code == 302
    late.refresh_from_db()
    assert late.status == "moved"
    assert Appointment.objects.active().get().local_start == chosen


def test_a_visit_booked_after_the_page_was_opened_stops_a_second_one(cast: Cast, late: Appointment):
    """Also one after the window; and one in the window beside the one that would be moved."""
    course, now = late.courses.get(), timezone.now()
    _, _, link = opened(cast, "booking", course.pk)
    with_late = Wish.of_course(course, now=now)
    free = offered_times(with_late, now=now)[0].starts_at
    Appointment.objects.filter(pk=late.pk).update(status="cancelled")
    without = Wish.of_course(course, now=now)
    Appointment.objects.filter(pk=late.pk).update(status="booked")
    with pytest.raises(ValidationError, match="booked already"):
        choose_by_link(link=link, wish=without, starts_at=free, now=now)
    booked(cast, course, starts_at=moment(cast.harbour, days=9, at=time(16)))
    with pytest.raises(ValidationError, match="booked already"):
        choose_by_link(link=link, wish=with_late, starts_at=free, now=now)


def test_the_calendar_file_of_a_moved_visit_takes_the_place_of_the_old_one(cast: Cast, late: Appointment):
    """As the patient's calendar program reads them, one after the other: by name, the higher sequence counts."""
    client, token, _ = opened(cast, "appointment", late.pk)

    def event() -> Any:
        answer = client.get(reverse("interop:link-ics", args=[token]))
        [found] = Calendar.from_ical(answer.content).events
        return found

    read = [event()]
    for number in range(2):
        client.post(visit(token), {"press": "confirm"})
        read.append(event())
        chosen = slots(client.get(times(token)).content.decode())[number]
        client.post(times(token), {"slot": chosen.strftime("%Y-%m-%dT%H:%M")})
        read.append(event())
        assert read[-1].start == chosen.replace(tzinfo=cast.harbour.zone())
    assert len({one["UID"] for one in read}) == 1
    counted = [one["SEQUENCE"] for one in read]
    assert counted == sorted(set(counted))


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
