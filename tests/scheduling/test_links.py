"""What a patient does by link: confirm, cancel, choose a time; never before a repeat is allowed, never twice."""

from __future__ import annotations

import re
import threading
import time as time_module
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.actions.links import make_link
from messaging.models import PatientLink
from patients.models import Patient, Task
from scheduling.actions.appointments import move_appointment
from scheduling.actions.by_link import choose_by_link
from scheduling.models import Appointment, Availability, Room
from scheduling.offered_times import Wish, offered_times
from tests.cast import Cast
from tests.scheduling.made import booked, dated, moment, working
from tests.scheduling.test_concurrency import at_once
from treatments.models import TreatmentCourse

pytestmark = pytest.mark.django_db

BIRTH = {"day": "2", "month": "3", "year": "1982"}


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    cast.joye.birth_date = date(1982, 3, 2)
    cast.joye.save()
    working(cast)
    # The window opens in about a week; a repeat is allowed in some days.
    return dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))


def opened(
    cast: Cast, purpose: str, about_id: int, *, language: str = "", days: int = 200
) -> tuple[Client, str, PatientLink]:
    if language:
        cast.joye.language = language
        cast.joye.save()
    link, token = make_link(
        patient=cast.joye,
        site=cast.harbour,
        purpose=purpose,
        about_id=about_id,
        expires_at=timezone.now() + timedelta(days=days),
    )
    client = Client()
    assert client.post(reverse("messaging:link-open", args=[token]), BIRTH).status_code == 302
    return client, token, link


def visit(token: str) -> str:
    return reverse("scheduling:link-visit", args=[token])


def times(token: str) -> str:
    return reverse("scheduling:link-times", args=[token])


def slots(page: str) -> list[datetime]:
    return [datetime.fromisoformat(found) for found in re.findall(r'value="(\d{4}-[^"]+)"', page)]


def test_confirm_twice_is_confirmed_once(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk)
    for _ in range(2):
        page = client.post(visit(token), {"press": "confirm"}, follow=True)
        assert page.status_code == 200
        assert "We expect you" in page.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == "confirmed"


def test_cancel_frees_the_time_puts_the_course_back_and_tells_the_desk(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk)
    page = client.post(visit(token), {"press": "cancel", "note": "on holiday"}, follow=True).content.decode()
    assert "is cancelled" in page
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancelled_by) == ("cancelled", "patient")
    assert appointment.cancelled_reason == "on holiday"
    course.refresh_from_db()
    assert course.booked_dates == []
    assert Task.objects.get().kind == "cancelled_by_link"
    # "Back", to a page that once said so.
    for done in ("chosen", "confirm"):
        assert 'role="status"' not in client.get(visit(token), {"done": done}).content.decode()


@pytest.mark.parametrize("press", ["cancel", "call"])
def test_a_note_that_no_database_takes_is_no_error(cast: Cast, course: TreatmentCourse, press: str):
    client, token, _ = opened(cast, "appointment", booked(cast, course, starts_at=moment(cast.harbour, days=9)).pk)
    assert client.post(visit(token), {"press": press, "note": "on\0holi" + "day" * 200}).status_code == 302
    assert "onholiday" in Task.objects.get().words or "onholiday" in Appointment.objects.get().cancelled_reason


@pytest.mark.parametrize(("press", "kind"), [("move", "asked_to_move"), ("call", "asked_to_call")])
def test_asking_makes_one_task(cast: Cast, course: TreatmentCourse, press: str, kind: str):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk)
    for _ in range(2):
        assert "We will call you" in client.post(visit(token), {"press": press}, follow=True).content.decode()
    task = Task.objects.get()
    assert (task.kind, task.about, task.about_id) == (kind, "appointment", appointment.pk)
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_times_never_lie_before_a_repeat_is_allowed_nor_after_the_window(cast: Cast, course: TreatmentCourse):
    client, token, _ = opened(cast, "booking", course.pk)
    found = slots(client.get(times(token)).content.decode())
    assert found
    assert course.eligible_on is not None
    assert course.window_closes_on is not None
    assert min(found).date() >= course.eligible_on
    late = client.get(times(token), {"from": (course.window_closes_on + timedelta(days=1)).isoformat()})
    assert slots(late.content.decode()) == []
    assert "Please call us" in late.content.decode()


@pytest.mark.parametrize("days", [-1, 1])
def test_a_time_that_was_not_offered_is_refused(cast: Cast, course: TreatmentCourse, days: int):
    """Typed into the request by hand: a day before the first allowed one, a day after the window."""
    assert course.eligible_on is not None
    assert course.window_closes_on is not None
    edge = course.eligible_on if days < 0 else course.window_closes_on
    slot = datetime.combine(edge + timedelta(days=days), time(10)).strftime("%Y-%m-%dT%H:%M")
    client, token, _ = opened(cast, "booking", course.pk)
    page = client.post(times(token), {"slot": slot})
    assert page.status_code == 409
    assert "cannot be chosen" in page.content.decode()
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("slot", ["", "tomorrow", "2026-13-40T99:99", "9999-12-31T23:59", "0001-01-01T00:00"])
def test_a_damaged_time_is_answered_in_words(cast: Cast, course: TreatmentCourse, slot: str):
    client, token, _ = opened(cast, "booking", course.pk)
    assert client.post(times(token), {"slot": slot}).status_code == 409
    assert client.get(times(token), {"from": slot}).status_code == 200


def test_choosing_books_and_the_link_leads_to_the_appointment(cast: Cast, course: TreatmentCourse):
    Room.objects.create(site=cast.harbour, name="Room 1")
    client, token, link = opened(cast, "booking", course.pk)
    slot = slots(client.get(times(token)).content.decode())[0]
    page = client.post(times(token), {"slot": slot.strftime("%Y-%m-%dT%H:%M")}, follow=True)
    assert "is booked" in page.content.decode()
    appointment = Appointment.objects.get()
    assert appointment.local_start == slot
    assert (appointment.source, appointment.created_by, appointment.room.name) == ("link", None, "Room 1")
    assert list(appointment.courses.all()) == [course]
    link.refresh_from_db()
    assert (link.purpose, link.about_id) == ("appointment", appointment.pk)
    course.refresh_from_db()
    assert course.booked_dates == [slot.date()]
    # A second press of the same button, from the page as it stood, moves nothing.
    again = client.post(times(token), {"slot": slot.strftime("%Y-%m-%dT%H:%M")}, follow=True)
    assert again.status_code == 200
    assert Appointment.objects.active().count() == 1


def test_two_links_to_one_course_book_one_visit(cast: Cast, course: TreatmentCourse):
    first, token, _ = opened(cast, "booking", course.pk)
    second, other, _ = opened(cast, "booking", course.pk)
    one, _, two = [slot.strftime("%Y-%m-%dT%H:%M") for slot in slots(first.get(times(token)).content.decode())[:3]]
    assert first.post(times(token), {"slot": one}).status_code == 302
    assert second.post(times(other), {"slot": two}).status_code == 409
    assert Appointment.objects.count() == 1


def test_a_press_on_a_page_that_another_press_has_overtaken_books_nothing(cast: Cast, course: TreatmentCourse):
    """Two presses at once: both requests have read the link before either has booked."""
    _, _, link = opened(cast, "booking", course.pk)
    wish, now = Wish.of_course(course, now=timezone.now()), timezone.now()
    one, two = (free.starts_at for free in offered_times(wish, now=now)[:2])
    choose_by_link(link=link, wish=wish, starts_at=one, now=now)
    with pytest.raises(ValidationError, match="used meanwhile"):
        choose_by_link(link=link, wish=wish, starts_at=two, now=now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("second", "said"), [(0, {"chosen"}), (1, {"chosen", "earlier"})])
def test_of_two_presses_at_once_the_second_is_told_what_the_first_has_booked(
    cast: Cast, course: TreatmentCourse, second: int, said: set[str]
):
    client, token, link = opened(cast, "booking", course.pk)
    found = [slot.strftime("%Y-%m-%dT%H:%M") for slot in slots(client.get(times(token)).content.decode())]
    cookies = client.cookies.output(header="", sep=";")
    is_held = threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Patient.objects.select_for_update().get(pk=link.patient_id)
            is_held.set()
            time_module.sleep(1)  # both have read the link by now, and wait for the patient

    def press(slot: str) -> str:
        is_held.wait(10)
        return Client(headers={"cookie": cookies}).post(times(token), {"slot": slot})["Location"]

    _, *answers = at_once(hold, partial(press, found[0]), partial(press, found[second]))
    assert {answer.partition("?done=")[2] for answer in answers} == said
    assert Appointment.objects.count() == 1
    page = client.get(visit(token) + "?done=earlier").content.decode()
    assert "An earlier press has booked this time." in page


def test_no_time_outside_what_is_known_can_be_typed_in(cast: Cast, course: TreatmentCourse):
    """A provider without hours, and a site whose rooms are all taken."""
    wish, now = Wish.of_course(course, now=timezone.now()), timezone.now()
    _, _, link = opened(cast, "booking", course.pk)
    free = offered_times(wish, now=now)[0].starts_at
    room = Room.objects.create(site=cast.harbour, name="Room 1")
    starts_at = free.replace(tzinfo=cast.harbour.zone())
    other = booked(cast, patient=cast.omar, site=cast.harbour, room=room, starts_at=starts_at, minutes=30)
    Appointment.objects.filter(pk=other.pk).update(provider=cast.robin)
    with pytest.raises(ValidationError, match="No room"):
        choose_by_link(link=link, wish=wish, starts_at=free, now=now)
    Availability.objects.all().delete()
    with pytest.raises(ValidationError, match="cannot be chosen"):
        choose_by_link(link=link, wish=wish, starts_at=free, now=now)


@pytest.mark.parametrize(("press", "status"), [("confirm", 302), ("cancel", 409)])
def test_a_link_takes_nobody_out_of_the_waiting_room(cast: Cast, course: TreatmentCourse, press: str, status: int):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk)
    Appointment.objects.filter(pk=appointment.pk).update(status="arrived")
    assert client.post(visit(token), {"press": press}).status_code == status
    appointment.refresh_from_db()
    assert appointment.status == "arrived"


def test_a_name_with_a_health_word_stands_on_no_page_before_the_date_of_birth_nor_in_the_file(
    cast: Cast, course: TreatmentCourse
):
    cast.harbour.name = "Harbour Migraine Clinic"
    cast.harbour.save()
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk)
    assert "Migraine" not in Client().get(reverse("messaging:link-open", args=[token])).content.decode()
    assert "Migraine" not in client.get(reverse("interop:link-ics", args=[token])).content.decode()


def test_moving_keeps_the_old_time_until_the_new_one_is_sure(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, link = opened(cast, "appointment", appointment.pk)
    slot = slots(client.get(times(token)).content.decode())[3]
    booked(cast, patient=cast.omar, site=cast.harbour, starts_at=slot.replace(tzinfo=cast.harbour.zone()), minutes=30)
    page = client.post(times(token), {"slot": slot.strftime("%Y-%m-%dT%H:%M")})
    assert page.status_code == 409
    assert "cannot be had any more" in page.content.decode()
    assert cast.omar.family_name not in page.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == "booked"
    free = slots(page.content.decode())[0]
    client.post(times(token), {"slot": free.strftime("%Y-%m-%dT%H:%M")})
    appointment.refresh_from_db()
    assert appointment.status == "moved"
    assert appointment.moved_to.local_start == free
    link.refresh_from_db()
    assert link.about_id == appointment.moved_to.pk


def test_a_link_to_a_moved_appointment_shows_the_time_that_holds(cast: Cast, course: TreatmentCourse):
    from scheduling.actions import move_appointment

    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    moved = move_appointment(
        appointment=appointment, starts_at=moment(cast.harbour, days=12, at=time(14)), minutes=30, provider=cast.ito,
        room=None, version=None, by=cast.robin, now=timezone.now(),
    )  # fmt: skip
    client, token, _ = opened(cast, "appointment", appointment.pk)
    client.post(visit(token), {"press": "confirm"})
    moved.refresh_from_db()
    assert moved.status == "confirmed"


def test_spanish(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk, language="Spanish")
    page = client.get(visit(token)).content.decode()
    assert "Su cita" in page
    assert '<html lang="es">' in page
    assert "Your appointment" not in page


def test_the_words_are_compiled_and_whole():
    import polib
    from django.conf import settings

    path = settings.BASE_DIR / "locale/es/LC_MESSAGES/django.po"
    written = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))}
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == written, 'Run "make words".'
    assert all(written.values())
    folders = [settings.BASE_DIR / "templates/scheduling", settings.BASE_DIR / "templates/messaging"]
    used = {
        words
        for folder in folders
        for template in folder.glob("link_*.html")
        for words in re.findall(r'{% trans "([^"]+)" %}', template.read_text())
    } | set(re.findall(r'_\("([^"]+)"\)', (settings.BASE_DIR / "scheduling/views/links.py").read_text()))
    assert used <= set(written)


def test_a_visit_in_the_past_offers_nothing(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    now = timezone.now()
    Appointment.objects.filter(pk=appointment.pk).update(
        starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1)
    )
    client, token, _ = opened(cast, "appointment", appointment.pk)
    page = client.get(visit(token)).content.decode()
    assert 'value="confirm"' not in page
    assert 'value="cancel"' not in page
    assert client.post(visit(token), {"press": "cancel"}).status_code == 409


def test_the_calendar_file_says_nothing_about_health(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk)
    answer = client.get(reverse("interop:link-ics", args=[token]))
    assert answer["Content-Type"].startswith("text/calendar")
    text = answer.content.decode()
    assert appointment.starts_at.astimezone(UTC).strftime("DTSTART:%Y%m%dT%H%M%SZ") in text
    for word in (course.condition.name, cast.joye.family_name, "session", "injection"):
        assert word.lower() not in text.lower()


def test_the_calendar_file_of_a_moved_appointment_is_that_of_the_time_that_holds(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10))
    client, token, _ = opened(cast, "appointment", appointment.pk)
    moved = move_appointment(
        appointment=appointment, starts_at=moment(cast.harbour, days=12), minutes=30, provider=cast.ito, room=None,
        version=None, by=cast.robin, now=timezone.now(),
    )  # fmt: skip
    text = client.get(reverse("interop:link-ics", args=[token])).content.decode()
    assert moved.starts_at.astimezone(UTC).strftime("DTSTART:%Y%m%dT%H%M%SZ") in text


def test_another_patients_appointment_does_not_open(cast: Cast, course: TreatmentCourse):
    theirs = booked(cast, patient=cast.omar, site=cast.harbour)
    client, token, _ = opened(cast, "appointment", theirs.pk)
    assert client.get(visit(token)).status_code == 404


def test_two_courses_of_one_visit_take_the_later_first_day(cast: Cast, course: TreatmentCourse):
    other = dated(
        cast.course(condition="cervical_dystonia"),
        session_on=cast.harbour.today() - timedelta(days=60),
    )
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=40))
    appointment.courses.add(other)
    wish = Wish.of_appointment(appointment)
    assert other.eligible_on is not None
    found = offered_times(wish, now=timezone.now())
    assert found
    assert min(one.day for one in found) >= other.eligible_on
