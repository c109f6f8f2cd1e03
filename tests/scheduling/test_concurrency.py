"""Two people press at the same moment: real threads, a connection each, no rolled-back transaction around them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.models import Patient
from scheduling import actions
from scheduling.models import Appointment, AppointmentCourse, Room
from tests.cast import Cast
from tests.scheduling.made import booked, dated, moment
from treatments.models import TreatmentCourse

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned or raised, all let go at the same moment."""
    gate = threading.Barrier(len(calls), timeout=20)

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait()
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, call) for call in calls]]


def one_won(results: list[Any]) -> str:
    """Checks that exactly one booking won and the other was refused; returns its words."""
    won = [result for result in results if isinstance(result, Appointment)]
    refused = [result for result in results if isinstance(result, ValidationError)]
    assert len(won) == 1, results
    assert len(refused) == 1, results
    assert Appointment.objects.active().count() == 1
    return " ".join(refused[0].messages)


@pytest.mark.parametrize("days_since", [100, 250, None])
def test_two_book_the_same_patient_on_two_days(cast: Cast, days_since: int | None):
    """In the window, after it, and for a first session."""
    course = cast.course()
    if days_since is not None:
        dated(course, session_on=cast.harbour.today() - timedelta(days=days_since))
    results = at_once(
        *(partial(booked, cast, course, starts_at=moment(cast.harbour, days=days), by=cast.robin) for days in (2, 3))
    )
    words = one_won(results)
    standing = Appointment.objects.get().on
    assert f"is booked for {standing:%-d %B %Y} already: move that visit." in words
    if days_since is not None:  # the one after it is another session
        booked(cast, course, starts_at=moment(cast.harbour, days=150), by=cast.robin)


@pytest.mark.parametrize("round_number", range(3))
def test_two_book_the_same_provider_at_the_same_minute(cast: Cast, round_number: int):
    first, second = cast.course(), cast.course(patient=cast.omar)
    words = one_won(
        at_once(
            lambda: booked(cast, first, site=cast.harbour),
            lambda: booked(cast, second, site=cast.harbour),
        )
    )
    assert words == "Dr Kenji Ito has 09:00-09:30 with another patient."


def test_two_book_the_same_patient_with_two_providers(cast: Cast):
    course = cast.course()
    words = one_won(
        at_once(
            lambda: booked(cast, course),
            lambda: booked(cast, course, provider=cast.okafor, starts_at=moment(cast.harbour, at=time(9, 10))),
        )
    )
    assert "The patient has 09:" in words


def test_two_book_the_same_room(cast: Cast):
    room = Room.objects.create(site=cast.harbour, name="Room A")
    first, second = cast.course(), cast.course(patient=cast.omar)
    words = one_won(
        at_once(
            lambda: booked(cast, first, site=cast.harbour, room=room),
            lambda: booked(cast, second, site=cast.harbour, room=room, provider=cast.okafor),
        )
    )
    assert words == "Room A is taken 09:00-09:30."


def test_a_crowd_never_ends_in_a_deadlock(cast: Cast):
    """Six desks book six patients into the same minute, over and over: each is told yes or no, none waits in a ring."""
    courses = [
        cast.course(
            patient=Patient.objects.create(
                given_name="Ana", family_name=f"N{number}", birth_date=date(1980, 1, 1), site=cast.harbour
            )
        )
        for number in range(6)
    ]
    for day in range(1, 9):
        starts_at = moment(cast.harbour, days=day)
        # Whoever won on another day comes once more, with a reason.
        again = partial(booked, starts_at=starts_at, override_reason="once more", by=cast.ito)
        results = at_once(*[partial(again, cast, course) for course in courses])
        kinds = sorted(type(result).__name__ for result in results)
        assert kinds == ["Appointment", *["ValidationError"] * 5], results


def test_of_six_one_wins(cast: Cast):
    course = cast.course()
    results = at_once(*[lambda: booked(cast, course)] * 6)
    assert sum(isinstance(result, Appointment) for result in results) == 1
    assert sum(isinstance(result, ValidationError) for result in results) == 5


def test_the_database_refuses_what_no_lock_held_back(cast: Cast):
    """A row written beside the actions (an import, the admin) is not seen before it is committed."""
    course, other = cast.course(), cast.course(patient=cast.omar)
    written, waiting = threading.Event(), threading.Event()

    def write_beside() -> None:
        with transaction.atomic():
            row = Appointment.objects.create(
                patient=cast.omar,
                provider=cast.ito,
                site=cast.harbour,
                kind="session",
                starts_at=moment(cast.harbour),
                ends_at=moment(cast.harbour) + timedelta(minutes=30),
                created_by=cast.robin,
            )
            AppointmentCourse.objects.create(appointment=row, course=other)
            written.set()
            waiting.wait(timeout=20)

    def book() -> Appointment:
        written.wait(timeout=20)
        threading.Timer(0.5, waiting.set).start()  # while this insert waits for the other row
        return booked(cast, course)

    _, refused = at_once(write_beside, book)
    assert isinstance(refused, ValidationError)
    assert refused.message_dict == {"provider": ["Dr Kenji Ito has 09:00-09:30 with another patient."]}


def test_two_bookings_of_one_course_are_both_in_its_dates(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))
    days = [1, 8, 15, 22]
    again = partial(booked, cast, course, override_reason="once more", by=cast.ito)
    results = at_once(*[partial(again, starts_at=moment(cast.harbour, days=day)) for day in days])
    assert all(isinstance(result, Appointment) for result in results), results
    course.refresh_from_db()
    assert course.booked_dates == [cast.harbour.today() + timedelta(days=day) for day in days]
    assert course.booked_until == course.booked_dates[-1]


def test_cancelling_while_another_books_leaves_the_right_dates(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))
    first = booked(cast, course)
    again = partial(booked, cast, course, override_reason="once more", by=cast.ito)
    results = at_once(
        lambda: actions.cancel_appointment(appointment=first, reason="ill", by=cast.robin, now=timezone.now()),
        lambda: again(starts_at=moment(cast.harbour, days=9)),
    )
    assert all(isinstance(result, Appointment) for result in results), results
    course = TreatmentCourse.objects.get(pk=course.pk)
    assert course.booked_dates == [cast.harbour.today() + timedelta(days=9)]


def test_two_move_the_same_appointment(cast: Cast):
    appointment = booked(cast, cast.course())

    def move(days: int) -> Appointment:
        return actions.move_appointment(
            appointment=appointment,
            starts_at=moment(cast.harbour, days=days),
            minutes=30,
            provider=cast.ito,
            room=None,
            version=appointment.version,
            by=cast.robin,
            now=timezone.now(),
        )

    results = at_once(lambda: move(2), lambda: move(3))
    assert sorted(type(result).__name__ for result in results) == ["Appointment", "StaleVersionError"]


def test_two_requests_for_the_same_provider_and_minute(cast: Cast):
    """The same through the pages: one is booked, the other person reads why not and keeps what was typed."""
    courses = [cast.course(), cast.course(patient=cast.omar, condition="cervical_dystonia", site=cast.harbour)]
    day = cast.harbour.today() + timedelta(days=1)

    def post(course: TreatmentCourse) -> Any:
        client = Client()
        client.force_login(cast.robin, backend="accounts.backends.StaffBackend")
        return client.post(
            reverse("scheduling:appointment-create"),
            {
                "course": course.pk,
                "kind": "session",
                "site": cast.harbour.pk,
                "provider": cast.ito.pk,
                "minutes": 30,
                "courses": [course.pk],
                "slot": f"{day}T09:00",
                "note": "prefers mornings",
            },
        )

    answers = at_once(*[lambda course=course: post(course) for course in courses])
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    refused = next(answer for answer in answers if answer.status_code == 422).content.decode()
    assert "Dr Kenji Ito has 09:00-09:30 with another patient." in refused
    assert "prefers mornings" in refused
    assert Appointment.objects.count() == 1
