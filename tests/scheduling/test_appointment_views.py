from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from scheduling import actions
from scheduling.actions import together
from scheduling.models import Appointment, Room
from tests.cast import Cast
from tests.scheduling.diary import person
from tests.scheduling.made import booked, dated, moment, working
from treatments.models import FollowUp, InjectionSession, TreatmentCourse

SignIn = Callable[[User], Client]


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))


def url(name: str, appointment: Appointment) -> str:
    return reverse(f"scheduling:appointment-{name}", args=[appointment.pk])


def move(cast: Cast, appointment: Appointment, **changes: Any) -> dict[str, Any]:
    return {
        "day": (cast.harbour.today() + timedelta(days=2)).isoformat(),
        "time": "10:00",
        "minutes": 30,
        "provider": cast.ito.pk,
        "version": appointment.version,
        "room": "",
        "override_reason": "",
        "note": "",
    } | changes


def test_the_appointment_shows_its_facts(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course, note="needs a lift")
    page = sign_in(cast.robin).get(url("detail", appointment)).content.decode()
    for words in ("Koch, Joye", "09:00-09:30", "Dr Kenji Ito", "needs a lift", "Chronic migraine", "Robin Vale"):
        assert words in page


def test_an_early_one_is_marked(cast: Cast, sign_in: SignIn):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=60))
    appointment = booked(cast, course, override_reason="flies out", by=cast.ito)
    page = sign_in(cast.robin).get(url("detail", appointment)).content.decode()
    assert f"before {course.eligible_on.day} {course.eligible_on:%B %Y}" in page
    assert "flies out" in page


def test_move_by_form(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    client = sign_in(cast.robin)
    assert 'value="09:00"' in client.get(url("move", appointment)).content.decode()
    client.post(url("move", appointment), move(cast, appointment))
    appointment.refresh_from_db()
    assert appointment.status == "moved"
    assert appointment.moved_to.starts_at == moment(cast.harbour, days=2, at=time(10))
    assert appointment.moved_to.status == "booked"
    assert list(appointment.moved_to.courses.all()) == [course]


def test_a_move_by_form_is_put_back_by_one_press(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    room = Room.objects.create(site=cast.harbour, name="Room 1")
    appointment = booked(cast, course, note="needs a lift", room=room)
    client = sign_in(cast.robin)
    answer = client.post(url("move", appointment), move(cast, appointment, note="walks again", minutes=45))
    page = client.get(answer.url).content.decode()
    assert f"Moved to {appointment.moved_to.when_words}." in page
    undo = re.search(r'<form method="post" action="([^"]*/place/[^"]*)">(.*?)</form>', page, re.DOTALL)
    assert undo is not None
    assert "Undo" not in client.get(answer.url).content.decode(), "said once"
    back = client.post(undo[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo[2])), follow=True)
    now = Appointment.objects.active().get(patient=appointment.patient)
    assert back.redirect_chain == [(url("detail", now), 302)]
    assert "Undo" not in back.content.decode()
    for name in ("starts_at", "ends_at", "provider", "room", "note"):
        assert getattr(now, name) == getattr(appointment, name)


def test_what_stands_in_the_way_of_putting_back_is_named(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    client = sign_in(cast.robin)
    page = client.post(url("move", appointment), move(cast, appointment), follow=True).content.decode()
    undo = re.search(r'<form method="post" action="([^"]*/place/[^"]*)">(.*?)</form>', page, re.DOTALL)
    assert undo is not None
    booked(cast, patient=person(cast, "Lund"), starts_at=appointment.starts_at)
    back = client.post(undo[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo[2])), follow=True)
    assert back.redirect_chain == [(url("detail", appointment.moved_to), 302)]
    assert "Dr Kenji Ito has 09:00-09:30 with another patient." in back.content.decode()


def test_a_new_note_alone_moves_nothing(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    same = move(cast, appointment, day=appointment.on.isoformat(), time="09:00", note="needs a lift")
    page = sign_in(cast.robin).post(url("move", appointment), same, follow=True).content.decode()
    assert f"Saved. The visit stays at {appointment.when_words}." in page
    assert "Undo" not in page


def test_a_stale_move_shows_what_it_is_now_and_keeps_what_was_typed(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn
):
    appointment = booked(cast, course)
    stale = move(cast, appointment, note="typed")
    actions.set_status(appointment=appointment, status="confirmed", by=cast.robin, now=timezone.now())
    client = sign_in(cast.robin)
    answer = client.post(url("move", appointment), stale)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Someone else changed this appointment" in page
    assert "confirmed" in page
    assert 'value="typed"' in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert client.post(url("move", appointment), stale | {"version": version[1]}).status_code == 302


def test_a_move_of_a_visit_that_was_moved_says_where_it_is_now(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment, client = booked(cast, course), sign_in(cast.robin)
    mine = move(cast, appointment, note="typed")
    later = client.post(url("move", appointment), move(cast, appointment, time="11:00"))
    assert later.status_code == 302
    page = client.post(url("move", appointment), mine).content.decode()
    taking = Appointment.objects.get(moved_from=appointment)
    assert f"Someone else moved this appointment meanwhile, to {taking.when_words}. Move that one." in page
    assert "Save again" not in page
    actions.cancel_appointment(
        appointment=taking, reason="ill", cancelled_by="patient", by=cast.robin, now=timezone.now()
    )
    page = client.post(url("move", taking), mine | {"version": "1"}).content.decode()
    assert "This appointment is cancelled meanwhile and cannot be moved." in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": ""}, "Choose a day."),
        ({"minutes": "999"}, "From 5 minutes to 8 hours."),
        ({"provider": ""}, "This field is required."),
        ({"day": "2020-02-02"}, "This day is past."),
    ],
)
def test_a_bad_move_is_said_and_kept(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn, changes: dict[str, Any], words: str
):
    appointment = booked(cast, course)
    answer = sign_in(cast.robin).post(url("move", appointment), move(cast, appointment, note="keep me", **changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="keep me"' in answer.content.decode()


def test_cancel_with_a_reason(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    client = sign_in(cast.robin)
    refused = client.post(url("cancel", appointment), {"reason": ""})
    assert refused.status_code == 422
    assert "Say why it is cancelled." in refused.content.decode()
    assert "Say who cancels" in refused.content.decode()
    sent = {"reason": "ill", "cancelled_by": "patient"}
    page = client.post(url("cancel", appointment), sent, follow=True).content.decode()
    assert "Cancelled: ill" in page
    assert "(the patient)" in page
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancelled_by) == ("cancelled", "patient")
    page = client.post(url("take-back", appointment), follow=True).content.decode()
    assert "Stands again" in page
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_who_cancels_what_is_cancelled_is_told_whose_reason_stands(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn
):
    appointment = booked(cast, course)
    first, second = sign_in(cast.robin), sign_in(cast.ito)
    ill = {"reason": "ill", "cancelled_by": "patient"}
    page = first.post(url("cancel", appointment), ill, follow=True).content.decode()
    appointment.refresh_from_db()
    assert appointment.status_since is not None
    since = cast.harbour.localtime(appointment.status_since)
    assert f"{cast.robin}, {since:%a} {since.day} {since:%b}, {since:%H:%M}" in page
    other = {"reason": "away <b>", "cancelled_by": "clinic"}
    page = second.post(url("cancel", appointment), other, follow=True).content.decode()
    assert f"It was cancelled already: {cast.robin}, " in page
    assert "“ill” (the patient) stands; your “away &lt;b&gt;” was not kept." in page
    assert "It was cancelled already" in second.post(url("cancel", appointment), ill, follow=True).content.decode()
    assert "It was cancelled already" not in first.post(url("cancel", appointment), ill, follow=True).content.decode()
    again = second.post(url("cancel", appointment), other | {"back": "1"}, headers={"HX-Request": "true"})
    assert again.status_code == 409
    assert "was not kept" in again.content.decode()
    appointment.refresh_from_db()
    assert (appointment.cancelled_reason, appointment.cancelled_by) == ("ill", "patient")


def test_the_two_ends_of_a_move_lead_to_each_other(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    client = sign_in(cast.robin)
    page = client.post(url("move", appointment), move(cast, appointment), follow=True).content.decode()
    assert "Moved from" in page
    assert url("detail", appointment) in page
    moved = Appointment.objects.get(moved_from=appointment)
    assert url("detail", moved) in client.get(url("detail", appointment)).content.decode()


def test_follow_ups_booked_with_a_session_are_moved_and_cancelled_with_it(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn
):
    working(cast)
    visit = booked(cast, course)
    steps = together.steps_for([course], on=cast.harbour.today())
    together.book_follow_ups(visit=visit, steps=steps, by=cast.robin, now=timezone.now())
    client = sign_in(cast.robin)
    page = client.post(
        url("move", visit), move(cast, visit, day=(visit.on + timedelta(days=20)).isoformat()), follow=True
    ).content.decode()
    assert "Move them too" in page
    moved = Appointment.objects.get(moved_from=visit)
    client.post(url("follow-ups", moved), {"do": "move"})
    standing = moved.planned_follow_ups.active().order_by("starts_at")
    for row, planned in zip(standing, steps, strict=True):
        assert 0 <= (row.on - moved.on).days - planned.step.day <= 10
    page = client.post(url("cancel", moved), {"reason": "ill", "cancelled_by": "patient"}, follow=True).content.decode()
    assert "Cancel them too" in page
    client.post(url("follow-ups", moved), {"do": "cancel"})
    assert not moved.planned_follow_ups.active().exists()


def test_a_visit_planned_for_a_step_gets_its_follow_up_once_the_session_is_signed(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn
):
    working(cast)
    visit = booked(cast, course)
    [step, *_] = together.steps_for([course], on=cast.harbour.today())
    [outcome] = together.book_follow_ups(visit=visit, steps=[step], by=cast.robin, now=timezone.now())
    session = InjectionSession.objects.create(patient=cast.joye, site=cast.harbour, performed_on=cast.harbour.today())
    actions.link_session(appointment=visit, session=session, by=cast.ito)
    follow_up = FollowUp.objects.create(
        course=course, session=session, step=step.step.key, name="Call", due_on=cast.harbour.today()
    )
    page = sign_in(cast.robin).get(url("detail", outcome.appointment)).content.decode()
    outcome.appointment.refresh_from_db()
    assert outcome.appointment.follow_up == follow_up
    assert "Call, planned for" in page


@pytest.mark.parametrize("name", ["move", "status", "cancel", "take-back", "follow-ups"])
def test_who_may_not_change_an_appointment(cast: Cast, course: TreatmentCourse, sign_in: SignIn, name: str):
    appointment = booked(cast, course)
    fields = {"status": "confirmed", "reason": "ill", "cancelled_by": "clinic"}
    assert sign_in(cast.ada).post(url(name, appointment), fields).status_code == 403
    assert sign_in(cast.max).post(url(name, appointment), fields).status_code == 404
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_who_may_see_it(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    assert sign_in(cast.ada).get(url("detail", appointment)).status_code == 200
    assert sign_in(cast.max).get(url("detail", appointment)).status_code == 404
    assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk).count() == 1


def test_the_charts_list_of_appointments(cast: Cast, course: TreatmentCourse, django_assert_num_queries):
    booked(cast, course)
    booked(cast, starts_at=moment(cast.harbour, days=3, at=time(14)))
    with django_assert_num_queries(3):
        words = render_to_string(
            "scheduling/_appointments.html",
            {
                "appointments": Appointment.objects.of_patient(cast.joye).for_list(),
                "today": cast.harbour.today(),
            },
        )
    assert words.index("14:00") < words.index("09:00"), "newest first"
    assert "Migraine" in words
    assert "No appointments." in render_to_string("scheduling/_appointments.html", {"appointments": []})
