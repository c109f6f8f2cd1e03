from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from messaging.models import ContactConsent, Message
from patients.models import Patient, Task
from scheduling import actions
from scheduling.models import Appointment, SlotOffer, WaitingEntry
from scheduling.rules.waiting import FreedTime, Wish, reasons_against, weekday_words
from scheduling.waiting import candidates_for
from tests.cast import Cast
from tests.messaging.made import reachable
from tests.patients.made import coverage
from tests.scheduling.made import booked, course_in, moment, working
from treatments.models import TreatmentCourse

MONDAY = date(2026, 11, 23)


def wall(hour: int, minute: int = 0) -> datetime:
    return datetime.combine(MONDAY, time(hour, minute))


SignIn = Callable[[User], Client]


def somebody(cast: Cast, name: str = "Ana", **fields: Any) -> Patient:
    return Patient.objects.create(
        **{
            "given_name": name,
            "family_name": f"N{Patient.objects.count()}",
            "birth_date": date(1980, 1, 1),
            "site": cast.harbour,
            **fields,
        }
    )


def waits(cast: Cast, patient: Patient | None = None, **fields: Any) -> WaitingEntry:
    """Somebody who is due and would come any day of the next weeks."""
    course: TreatmentCourse | None = fields.pop("course", None)
    if course is None and fields.get("kind", "session") == "session":
        course = course_in(cast, "due", patient=patient or somebody(cast))
    return actions.add_waiting_entry(
        **{
            "patient": course.patient if course else patient,
            "site": cast.harbour,
            "kind": "session",
            "minutes": 30,
            "course": course,
            "earliest_on": cast.harbour.today(),
            "latest_on": cast.harbour.today() + timedelta(days=60),
            "by": cast.robin,
            "now": timezone.now(),
            **fields,
        }
    )


def freed(cast: Cast, **fields: Any) -> Appointment:
    """Joye's visit of Dr Ito in three days at nine, cancelled."""
    visit = booked(cast, starts_at=moment(cast.harbour, days=3), **fields)
    return actions.cancel_appointment(
        appointment=visit, reason="ill", cancelled_by="patient", by=cast.robin, now=timezone.now()
    )


def names(cast: Cast, visit: Appointment) -> list[tuple[int, bool]]:
    return [(one.entry.pk, one.fits) for one in candidates_for(visit, now=timezone.now())]


# --- whom a time fits


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, []),
        ({"earliest_on": date(2026, 11, 24)}, ["comes from 24 Nov 2026 on"]),
        ({"earliest_on": MONDAY, "latest_on": MONDAY}, []),
        ({"latest_on": date(2026, 11, 22)}, ["comes until 22 Nov 2026 only"]),
        ({"weekdays": (1, 3)}, ["wants Tuesdays and Thursdays"]),
        ({"weekdays": (0,)}, []),
        ({"part_of_day": "afternoon"}, ["wants afternoons"]),
        ({"part_of_day": "morning"}, []),
        ({"provider_id": 7}, ["wants another provider"]),
        ({"provider_id": 1}, []),
        ({"minutes": 45}, ["needs 45 minutes, 30 are free"]),
        ({"gives_up": wall(9)}, ["has 23 Nov 2026 already, which is not later"]),
        ({"gives_up": wall(9, 5)}, []),
        (
            {"eligible_on": date(2026, 11, 24), "last_session_on": date(2026, 9, 1)},
            ["may not be treated again before 24 Nov 2026"],
        ),
        ({"eligible_on": MONDAY, "last_session_on": date(2026, 9, 1)}, []),
        ({"authorized": ()}, ["no authorisation covers that day"]),
        ({"authorized": ((MONDAY, MONDAY),)}, []),
        ({"weekdays": (1,), "minutes": 60}, ["wants Tuesdays", "needs 60 minutes, 30 are free"]),
    ],
)
def test_why_a_time_does_not_fit(wish: dict[str, Any], words: list[str]):
    usual: dict[str, Any] = {"earliest_on": date(2026, 11, 1), "latest_on": date(2026, 12, 31), "minutes": 30}
    time_free = FreedTime(wall(9), 30, 1)
    assert reasons_against(Wish(**(usual | wish)), time_free) == words


def test_noon_is_the_afternoon_and_days_are_listed():
    wish = Wish(date(2026, 11, 1), date(2026, 12, 31), 30, part_of_day="morning")
    assert reasons_against(wish, FreedTime(wall(12), 30, 1)) == ["wants mornings"]
    assert weekday_words([4, 0, 2]) == "Mondays, Wednesdays and Fridays"
    assert weekday_words([]) == ""


def test_urgent_first_then_the_longest_waiting_then_whom_it_does_not_fit(cast: Cast):
    early = waits(cast, weekdays=[(moment(cast.harbour, days=4)).weekday()])
    first, second = waits(cast), waits(cast)
    urgent = waits(cast, is_urgent=True)
    assert names(cast, freed(cast)) == [
        (urgent.pk, True),
        (first.pk, True),
        (second.pk, True),
        (early.pk, False),
    ]


def test_the_course_the_authorisation_and_another_visit_count(cast: Cast):
    too_early = waits(cast, course=course_in(cast, "in effect"))
    unpaid = waits(cast)
    coverage(cast, patient=unpaid.patient, authorization_required=True)
    elsewhere = waits(cast)
    booked(
        cast, patient=elsewhere.patient, provider=cast.okafor, starts_at=moment(cast.harbour, days=3, at=time(9, 15))
    )
    visit = freed(cast)
    found = {one.entry.pk: one.words for one in candidates_for(visit, now=timezone.now())}
    assert "may not be treated again before" in found[too_early.pk]
    assert found[unpaid.pk] == "no authorisation covers that day"
    assert found[elsewhere.pk] == "is elsewhere in the clinic at that time"


def test_who_gave_the_time_up_or_has_left_is_not_asked(cast: Cast):
    waits(cast, patient=cast.joye)
    gone = waits(cast)
    gone.patient.left_on = cast.harbour.today()
    gone.patient.save()
    ended = waits(cast)
    WaitingEntry.objects.filter(pk=ended.pk).update(
        earliest_on=cast.harbour.today() - timedelta(days=9), latest_on=cast.harbour.today() - timedelta(days=1)
    )
    assert names(cast, freed(cast)) == []


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_of_a_freed_time_asks_as_little_for_many(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
):
    for _ in range(count):
        waits(cast)
    visit, client = freed(cast), sign_in(cast.robin)
    with django_assert_max_num_queries(12):
        page = client.get(reverse("scheduling:freed-detail", args=[visit.pk])).content.decode()
    assert page.count("Book for them") == count
    with django_assert_max_num_queries(12):
        assert client.get(reverse("scheduling:waiting-list")).content.decode().count("Withdraw ") == count


def test_the_thousandth_who_waits_is_listed_and_is_offered_a_time(cast: Cast, sign_in: SignIn):
    """Pages follow each other without a gap, and a time that suits the last of many only is not lost on the others."""
    visit = freed(cast)
    fields = {"site": cast.harbour, "kind": "consultation", "minutes": 30, "created_by": cast.robin}
    who, far = somebody(cast), visit.on + timedelta(days=90)
    rows = [
        WaitingEntry(patient=who, earliest_on=far, latest_on=far, is_urgent=number % 40 == 0, **fields)
        for number in range(210)
    ]
    rows.append(WaitingEntry(patient=who, earliest_on=visit.on, latest_on=far, **fields))
    made = WaitingEntry.objects.bulk_create(rows)
    assert [one.entry.pk for one in candidates_for(visit, now=timezone.now()) if one.fits] == [made[-1].pk]
    client, query, found = sign_in(cast.robin), "", []
    while True:
        page = client.get(reverse("scheduling:waiting-list") + query).content.decode()
        found += [int(pk) for pk in re.findall(r"waiting/(\d+)/withdraw", page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            break
        query = unescape(following[1])
    assert found == [row.pk for row in sorted(made, key=lambda row: (not row.is_urgent, row.created_at, row.pk))]


# --- a time is freed


def test_a_freed_time_makes_one_task_and_books_nobody(cast: Cast):
    entry = waits(cast)
    visit = freed(cast)
    [task] = Task.objects.filter(kind="offer_slot")
    assert (task.about, task.about_id, task.patient) == ("appointment", visit.pk, entry.patient)
    assert "is free again: offer it." in task.words
    assert Appointment.objects.active().count() == 0
    actions.take_back_cancel(appointment=visit, by=cast.robin, now=timezone.now())
    task.refresh_from_db()
    assert task.done_at is not None, "the appointment stands again: there is nothing to offer"


def test_where_nobody_fits_there_is_no_task(cast: Cast):
    waits(cast, minutes=60)
    freed(cast)
    assert not Task.objects.exists()


def test_a_move_frees_a_time_too(cast: Cast):
    waits(cast)
    visit = booked(cast, starts_at=moment(cast.harbour, days=3))
    actions.move_appointment(
        appointment=visit, starts_at=moment(cast.harbour, days=5), minutes=30, provider=cast.ito, room=None,
        version=None, by=cast.robin, now=timezone.now(),
    )  # fmt: skip
    assert Task.objects.get(kind="offer_slot").about_id == visit.pk


def test_an_offer_is_sent_to_who_agreed_and_holds_nothing(cast: Cast):
    told = waits(cast, patient=somebody(cast, email="ana@example.org", preferred_channel="email"))
    ContactConsent.objects.create(patient=told.patient, channel="email", agreed=True, by=cast.robin)
    silent, visit = waits(cast), freed(cast)
    now = timezone.now()
    offer, is_sent = actions.offer_time(entry=told, freed=visit, by=cast.robin, now=now)
    assert is_sent
    again, is_sent_still = actions.offer_time(entry=told, freed=visit, by=cast.ito, now=now)
    assert is_sent_still, "nobody is told to call who is written to"
    assert again == offer
    message = Message.objects.get(purpose="waiting_offer")
    assert (message.about, message.about_id, message.patient) == ("offer", offer.pk, told.patient)
    _, is_sent = actions.offer_time(entry=silent, freed=visit, by=cast.robin, now=now)
    assert not is_sent
    booking = actions.book_freed_time(entry=silent, freed=visit, by=cast.robin, now=now)
    offer.refresh_from_db()
    message.refresh_from_db()
    assert (offer.status, message.status) == ("taken", "cancelled")
    mine = SlotOffer.objects.get(entry=silent)
    assert (mine.status, mine.appointment) == ("booked", booking)
    silent.refresh_from_db()
    assert silent.status == "booked"
    assert not Task.objects.open().filter(kind="offer_slot").exists()
    with pytest.raises(ValidationError, match="taken again"):
        actions.book_freed_time(entry=told, freed=visit, by=cast.robin, now=now)


def test_a_time_that_anybody_books_is_not_on_offer_any_more(cast: Cast):
    entry, visit = waits(cast), freed(cast)
    offer, _ = actions.offer_time(entry=entry, freed=visit, by=cast.robin, now=timezone.now())
    booked(cast, patient=cast.omar, site=cast.harbour, starts_at=visit.starts_at + timedelta(minutes=15))
    offer.refresh_from_db()
    assert offer.status == "taken"


def test_the_later_appointment_is_moved_to_the_freed_time(cast: Cast):
    course = course_in(cast, "due", patient=somebody(cast))
    later = booked(cast, course, starts_at=moment(cast.harbour, days=20))
    entry = waits(cast, course=course, instead_of=later, latest_on=later.on)
    visit = freed(cast)
    booking = actions.book_freed_time(entry=entry, freed=visit, by=cast.robin, now=timezone.now())
    later.refresh_from_db()
    assert (later.status, booking.moved_from, booking.starts_at) == ("moved", later, visit.starts_at)


def test_an_entry_follows_the_appointment_that_it_would_give_up(cast: Cast):
    course = course_in(cast, "due", patient=somebody(cast))
    later = booked(cast, course, starts_at=moment(cast.harbour, days=20))
    entry = waits(cast, course=course, instead_of=later, latest_on=later.on)
    moved = actions.move_appointment(
        appointment=later, starts_at=moment(cast.harbour, days=15), minutes=30, provider=cast.ito, room=None,
        version=None, by=cast.robin, now=timezone.now(),
    )  # fmt: skip
    entry.refresh_from_db()
    assert entry.instead_of == moved


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"latest_on": date(2020, 1, 1)}, "latest_on"),
        ({"earliest_on": date(2090, 1, 1)}, "latest_on"),
        ({"minutes": 1}, "minutes"),
        ({"weekdays": [9]}, "weekdays"),
        ({"course": None, "patient": None}, "course"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_field(cast: Cast, changes: dict[str, Any], field: str):
    course = course_in(cast, "due")
    with pytest.raises(ValidationError) as refused:
        actions.add_waiting_entry(
            **{
                "patient": course.patient, "site": cast.harbour, "kind": "session", "minutes": 30, "course": course,
                "earliest_on": cast.harbour.today(), "latest_on": cast.harbour.today() + timedelta(days=9),
                "by": cast.robin, "now": timezone.now(), **(changes | {"patient": course.patient}),
            }
        )  # fmt: skip
    assert field in refused.value.message_dict


def test_nobody_waits_twice_for_the_same(cast: Cast):
    entry = waits(cast)
    with pytest.raises(ValidationError, match="already"):
        waits(cast, course=entry.course)
    actions.withdraw_entry(entry=entry, by=cast.robin, now=timezone.now())
    waits(cast, course=entry.course)


# --- the pages


def test_put_on_the_list_offered_and_booked_by_hand(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=somebody(cast, "Bea"))
    client = sign_in(cast.robin)
    page = client.get(reverse("scheduling:waiting-create"), {"course": course.pk}).content.decode()
    assert "Put on the waiting list" in page
    sent = {
        "course": course.pk, "kind": "session", "site": cast.harbour.pk, "minutes": 30, "part_of_day": "any",
        "earliest_on": cast.harbour.today().isoformat(), "latest_on": "", "weekdays": list("0123456"),
        "note": "keep me",
    }  # fmt: skip
    refused = client.post(reverse("scheduling:waiting-create"), sent)
    assert refused.status_code == 422
    assert "keep me" in refused.content.decode()
    sent["latest_on"] = (cast.harbour.today() + timedelta(days=30)).isoformat()
    assert client.post(reverse("scheduling:waiting-create"), sent).status_code == 302
    entry = WaitingEntry.objects.get()
    assert entry.course == course
    visit = freed(cast)
    work = reverse("scheduling:freed-work", args=[visit.pk, entry.pk])
    page = client.post(work, {"do": "offer"}, follow=True).content.decode()
    assert "No message can go to" in page
    assert "Does not want it" in page
    page = client.post(work, {"do": "declined"}, follow=True).content.decode()
    assert SlotOffer.objects.get().status == "declined"
    page = client.post(work, {"do": "book"}, follow=True).content.decode()
    assert "Booked for" in page
    late = client.post(work, {"do": "book"})
    assert late.status_code == 409
    assert client.post(work, {"do": "nonsense"}).status_code == 404


def test_wants_earlier_from_an_appointment_and_off_the_list_again(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=somebody(cast))
    later = booked(cast, course, starts_at=moment(cast.harbour, days=20))
    client = sign_in(cast.robin)
    assert "Wants earlier" in client.get(reverse("scheduling:appointment-detail", args=[later.pk])).content.decode()
    sent = {
        "instead_of": later.pk, "minutes": 30, "part_of_day": "morning", "provider": cast.ito.pk,
        "earliest_on": cast.harbour.today().isoformat(), "latest_on": later.on.isoformat(),
    }  # fmt: skip
    client.post(reverse("scheduling:waiting-create"), sent)
    entry = WaitingEntry.objects.get()
    assert (entry.instead_of, entry.course, entry.provider, entry.part_of_day) == (later, course, cast.ito, "morning")
    assert "is on the waiting list until" in client.get(reverse("scheduling:waiting-list")).content.decode()
    page = client.get(reverse("scheduling:waiting-list"), {"provider": cast.okafor.pk}).content.decode()
    assert course.patient.name not in page
    assert course.patient.name in client.get(reverse("scheduling:waiting-list")).content.decode()
    off = client.post(reverse("scheduling:waiting-withdraw", args=[entry.pk]), follow=True).content.decode()
    assert "is off the waiting list" in off
    back = reverse("scheduling:waiting-put-back", args=[entry.pk])
    assert back in off
    assert back not in client.get(reverse("scheduling:waiting-list")).content.decode(), "said once"
    assert "on the waiting list again" in client.post(back, follow=True).content.decode()
    entry.refresh_from_db()
    assert entry.status == "waiting"
    client.post(reverse("scheduling:waiting-withdraw", args=[entry.pk]))
    entry.refresh_from_db()
    assert entry.status == "withdrawn"
    assert course.patient.name in client.get(reverse("scheduling:waiting-list"), {"show": "withdrawn"}).content.decode()


@pytest.mark.parametrize("ticked", [True, False])
def test_who_waited_is_told_of_the_booking_if_wished(cast: Cast, sign_in: SignIn, ticked: bool):
    entry = waits(cast, course=course_in(cast, "due", patient=reachable(cast)))
    visit, client = freed(cast), sign_in(cast.robin)
    work = reverse("scheduling:freed-work", args=[visit.pk, entry.pk])
    page = client.get(reverse("scheduling:freed-detail", args=[visit.pk])).content.decode()
    assert f'name="notify" id="notify-{entry.pk}" checked' in page
    assert "Tell the patient by e-mail" in page
    page = client.post(work, {"do": "book", **({"notify": "on"} if ticked else {})}, follow=True).content.decode()
    assert ("The patient is told by e-mail" in page) == ticked
    told = list(Message.objects.values_list("purpose", "status"))
    assert told == ([("booked", "queued")] if ticked else [])


def test_a_freed_time_outside_the_hours_asks_a_provider_for_the_reason(cast: Cast, sign_in: SignIn):
    entry = waits(cast)
    visit = booked(cast, starts_at=moment(cast.harbour, days=3, at=time(19)))
    actions.cancel_appointment(
        appointment=visit, reason="ill", cancelled_by="patient", by=cast.robin, now=timezone.now()
    )
    working(cast)
    work = reverse("scheduling:freed-work", args=[visit.pk, entry.pk])
    assert 'name="override_reason"' not in sign_in(cast.robin).post(work, {"do": "book"}).content.decode()
    client = sign_in(cast.ito)
    assert 'name="override_reason"' in client.post(work, {"do": "book"}).content.decode()
    assert client.post(work, {"do": "book", "override_reason": "Flies out"}).status_code == 302
    assert Appointment.objects.active().get().override_reason == "Flies out"


def test_who_is_put_back_may_not_wait_twice_nor_after_the_last_day(cast: Cast):
    entry = waits(cast)

    def put_back(days: int = 0) -> None:
        actions.put_entry_back(entry=entry, by=cast.robin, now=timezone.now() + timedelta(days=days))

    actions.withdraw_entry(entry=entry, by=cast.robin, now=timezone.now())
    with pytest.raises(ValidationError, match="is past"):
        put_back(days=70)
    again = waits(cast, course=entry.course)
    with pytest.raises(ValidationError, match="already"):
        put_back()
    actions.withdraw_entry(entry=again, by=cast.robin, now=timezone.now())
    put_back()
    entry.refresh_from_db()
    assert entry.status == "waiting"
