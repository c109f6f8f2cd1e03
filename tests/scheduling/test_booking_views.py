from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.models import AuditEvent
from scheduling.models import Appointment, Room
from scheduling.rules.times import clock
from tests.cast import Cast
from tests.patients.made import authorization, coverage
from tests.scheduling.made import booked, dated, moment, working
from treatments.models import FollowUp, InjectionSession, TreatmentCourse

SignIn = Callable[[User], Client]
NEW = "/appointments/new/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    working(cast)
    return dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))


def slots_of(page: str) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', page)


def booking(cast: Cast, course: TreatmentCourse, *, patient: int | None = None, **changes: Any) -> dict[str, Any]:
    fields = {
        **({"patient": patient} if patient else {"course": course.pk}),
        "kind": "session",
        "site": cast.harbour.pk,
        "provider": cast.ito.pk,
        "minutes": 30,
        "courses": [course.pk],
        "day": (cast.harbour.today() + timedelta(days=1)).isoformat(),
        "time": "09:00",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def test_two_presses_from_row_to_booked(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    client = sign_in(cast.robin)
    panel = client.get(NEW, {"course": course.pk, "back": "tab=due"}, headers=HTMX).content.decode()
    assert "<html" not in panel
    assert "Koch, Joye" in panel
    first = slots_of(panel)[0]
    answer = client.post(
        NEW, booking(cast, course, slot=first, day=None, time=None, back="tab=due"), headers=HTMX
    ).content.decode()
    appointment = Appointment.objects.get()
    assert f"{appointment.local_start:%Y-%m-%dT%H:%M}" == first
    assert appointment.provider == cast.ito
    assert "Cancel this booking" in answer
    assert 'class="recall-name"' not in answer, "the row has left the list"
    undone = client.post(
        reverse("scheduling:appointment-cancel", args=[appointment.pk]),
        {"reason": "Booked by mistake", "back": "tab=due"},
        headers=HTMX,
    ).content.decode()
    assert 'class="recall-name"' in undone, "and is back"


def test_the_same_without_scripts(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    client = sign_in(cast.robin)
    page = client.get(NEW, {"course": course.pk, "back": "tab=due"}).content.decode()
    assert "<html" in page
    answer = client.post(
        NEW, booking(cast, course, slot=slots_of(page)[0], day=None, time=None, back="tab=due"), follow=True
    )
    assert answer.redirect_chain == [("/recalls/?tab=due", 302)]
    assert "Cancel this booking" in answer.content.decode()
    again = client.get("/recalls/").content.decode()
    assert "Cancel this booking" not in again, "said once"
    undo = client.post(
        reverse("scheduling:appointment-cancel", args=[Appointment.objects.get().pk]),
        {"reason": "Booked by mistake", "back": "tab=due"},
        follow=True,
    )
    assert undo.redirect_chain == [("/recalls/?tab=due", 302)]
    assert "Koch, Joye" in undo.content.decode()


def test_free_times_lie_in_the_window_with_her_provider(cast: Cast, sign_in: SignIn):
    working(cast)
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=40))
    page = sign_in(cast.robin).get(NEW, {"course": course.pk}).content.decode()
    days = {date.fromisoformat(slot[:10]) for slot in slots_of(page)}
    assert days
    assert min(days) == course.target_on
    assert max(days) <= course.window_closes_on
    assert "First free times with Dr Kenji Ito" in page


def test_what_is_booked_is_not_offered(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    client = sign_in(cast.robin)
    first = slots_of(client.get(NEW, {"course": course.pk}).content.decode())[0]
    day, _, at = first.partition("T")
    booked(
        cast,
        cast.course(patient=cast.omar),
        site=cast.harbour,
        starts_at=moment(
            cast.harbour, days=(date.fromisoformat(day) - cast.harbour.today()).days, at=time.fromisoformat(at)
        ),
    )
    assert first not in slots_of(client.get(NEW, {"course": course.pk}).content.decode())


def test_another_provider_length_and_day(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    from scheduling.models import Availability

    Availability.objects.create(provider=cast.okafor, site=cast.harbour, weekday=2, starts_at=time(8), ends_at=time(10))
    looking_from = cast.harbour.today() + timedelta(days=30)
    page = (
        sign_in(cast.robin)
        .get(
            NEW,
            {
                "course": course.pk,
                "provider": cast.okafor.pk,
                "minutes": 60,
                "looking_from": looking_from.isoformat(),
            },
        )
        .content.decode()
    )
    found = slots_of(page)
    assert {slot[11:] for slot in found} == {"08:00", "09:00"}
    assert date.fromisoformat(found[0][:10]) >= looking_from
    assert date.fromisoformat(found[0][:10]).weekday() == 2


def test_a_provider_without_free_time_says_so(cast: Cast, sign_in: SignIn):
    course = cast.course()
    page = sign_in(cast.robin).get(NEW, {"course": course.pk}).content.decode()
    assert "Dr Kenji Ito has no free time on these days" in page
    assert slots_of(page) == []


def test_at_another_site_the_times_are_that_sites(cast: Cast, sign_in: SignIn):
    """Robin sits in New York and books for Phoenix: what stands on the button is what is booked there."""
    working(cast, cast.mesa)
    course = dated(cast.course(patient=cast.omar), session_on=cast.mesa.today() - timedelta(days=100))
    client = sign_in(cast.robin)
    page = client.get(NEW, {"course": course.pk}).content.decode()
    pressed = re.findall(r'name="slot" value="[^"]+T([0-9:]+)"[^>]*>([^<]+)<', page)
    assert pressed
    assert [words for _, words in pressed] == [clock(time.fromisoformat(at)) for at, _ in pressed]
    first = slots_of(page)[0]
    answer = client.post(
        NEW, booking(cast, course, site=cast.mesa.pk, slot=first, day=None, time=None), follow=True
    ).content.decode()
    appointment = Appointment.objects.get()
    assert f"{appointment.starts_at.astimezone(cast.mesa.zone()):%Y-%m-%dT%H:%M}" == first
    start = appointment.local_start
    assert f"<h1>{start:%a} {start.day} {start:%b %Y}, {appointment.time_words}</h1>" in answer


def test_any_other_time_by_form(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    room = Room.objects.create(site=cast.harbour, name="Room A")
    answer = sign_in(cast.robin).post(
        NEW, booking(cast, course, time="16:30", room=room.pk, note="needs a lift"), follow=True
    )
    appointment = Appointment.objects.get()
    assert answer.redirect_chain == [(reverse("scheduling:appointment-detail", args=[appointment.pk]), 302)]
    assert (appointment.room, appointment.note) == (room, "needs a lift")
    assert appointment.time_words == "16:30-17:00"
    assert "Booked " in answer.content.decode()


def test_two_courses_in_one_visit(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    other = cast.course(condition="cervical_dystonia")
    client = sign_in(cast.robin)
    page = client.get(NEW, {"course": course.pk}).content.decode()
    checked = re.findall(r'name="courses" value="(\d+)" id="[^"]*"( checked)?', page)
    assert checked == [(str(course.pk), " checked"), (str(other.pk), "")]
    client.post(NEW, booking(cast, course, courses=[course.pk, other.pk]))
    assert set(Appointment.objects.get().courses.all()) == {course, other}


def test_a_follow_up_and_a_consultation(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    session = InjectionSession.objects.create(patient=cast.joye, site=cast.harbour, performed_on=cast.harbour.today())
    follow_up = FollowUp.objects.create(
        course=course, session=session, step="call", name="Onset call", due_on=cast.harbour.today()
    )
    client = sign_in(cast.robin)
    page = client.get(NEW, {"patient": cast.joye.pk, "kind": "follow_up"}).content.decode()
    assert "Onset call, Migraine" in page
    client.post(
        NEW,
        booking(cast, course, patient=cast.joye.pk, kind="follow_up", courses=None, follow_up=follow_up.pk),
    )
    assert Appointment.objects.get().follow_up == follow_up
    client.post(
        NEW,
        booking(cast, course, patient=cast.joye.pk, kind="consultation", courses=None, time="11:00"),
    )
    assert Appointment.objects.filter(kind="consultation").count() == 1


def test_too_early_asks_a_provider_for_the_reason_beside_its_field(cast: Cast, sign_in: SignIn):
    working(cast)
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=60))
    client = sign_in(cast.ito)
    answer = client.post(NEW, booking(cast, course, note="in the morning"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Chronic migraine may not be repeated before" in page
    assert 'value="in the morning"' in page
    assert not Appointment.objects.exists()
    client.post(NEW, booking(cast, course, override_reason="flies out"))
    assert Appointment.objects.get().override_reason == "flies out"


def test_the_front_desk_is_told_whom_to_ask_and_sees_no_field_for_a_reason(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn
):
    client = sign_in(cast.robin)
    assert 'name="override_reason"' not in client.get(NEW, {"course": course.pk}).content.decode()
    answer = client.post(NEW, booking(cast, course, time="20:00", override_reason="flies out"))
    page = answer.content.decode()
    assert answer.status_code == 422
    # One below the other above the form, not run together beside the time.
    assert "<p>Outside the hours of Dr Kenji Ito: 09:00-17:00 that day.</p>" in page
    assert "<p>Choose another time, or ask a provider" in page
    assert not Appointment.objects.exists()


def test_the_room_that_was_free_is_booked_with_the_time(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    taken, free = (Room.objects.create(site=cast.harbour, name=name) for name in ("Room A", "Room B"))
    client = sign_in(cast.robin)
    page = client.get(NEW, {"course": course.pk}).content.decode()
    first = slots_of(page)[0]
    assert first.endswith(f"/{taken.pk}")
    days = (date.fromisoformat(first[:10]) - cast.harbour.today()).days
    at = time.fromisoformat(first[11:16])
    booked(cast, provider=cast.okafor, patient=cast.omar, site=cast.harbour, room=taken,
           starts_at=moment(cast.harbour, days=days, at=at))  # fmt: skip
    again = slots_of(client.get(NEW, {"course": course.pk}).content.decode())[0]
    assert again == f"{first[:16]}/{free.pk}"
    client.post(NEW, booking(cast, course, slot=again, day=None, time=None))
    assert Appointment.objects.get(patient=cast.joye).room == free


def test_the_length_is_that_of_the_kind_and_condition(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    from scheduling.actions.hours import set_lengths

    client = sign_in(cast.robin)
    set_lengths(site=cast.harbour, lengths={("session", None): 40, ("session", course.condition_id): 50}, by=cast.ada)
    assert '<option value="50" selected>' in client.get(NEW, {"course": course.pk}).content.decode()
    set_lengths(site=cast.harbour, lengths={("session", course.condition_id): None}, by=cast.ada)
    assert '<option value="40" selected>' in client.get(NEW, {"course": course.pk}).content.decode()


def test_times_lie_inside_the_authorisation_and_else_are_marked(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    client = sign_in(cast.robin)
    today = cast.harbour.today()
    coverage(cast, authorization_required=True)
    # The front desk would be refused at every one of these times: it is led to the authorisation instead.
    page = client.get(NEW, {"course": course.pk}).content.decode()
    assert slots_of(page) == []
    assert reverse("clinic:authorization-create", args=[course.patient_id]) in page
    page = sign_in(cast.ito).get(NEW, {"course": course.pk}).content.decode()
    assert "No authorisation covers these days" in page
    assert "not authorised" in page
    assert slots_of(page)
    client = sign_in(cast.robin)
    allowed = authorization(cast, starts_on=today + timedelta(days=10), ends_on=today + timedelta(days=12))
    page = client.get(NEW, {"course": course.pk}).content.decode()
    assert "Inside the authorisation" in page
    days = {date.fromisoformat(slot[:10]) for slot in slots_of(page)}
    assert days
    assert allowed.starts_on <= min(days) <= max(days) <= allowed.ends_on


def test_follow_ups_are_booked_with_the_session_if_wished(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    client = sign_in(cast.robin)
    page = client.get(NEW, {"course": course.pk}).content.decode()
    steps = re.findall(r'name="steps" value="([^"]+)"', page)
    assert steps
    gone = client.post(NEW, booking(cast, course, steps=["gone", *steps]))
    assert (gone.status_code, "One of the follow-ups is not planned any more" in gone.content.decode()) == (422, True)
    answer = client.post(NEW, booking(cast, course, steps=steps), follow=True).content.decode()
    visit = Appointment.objects.get(kind="session")
    planned = list(visit.planned_follow_ups.order_by("starts_at"))
    policy = course.condition.policy_in_force(on=cast.harbour.today())
    assert [row.plan_step for row in planned] == [step.key for step in policy.follow_up_steps.order_by("day")]
    for row, step in zip(planned, policy.follow_up_steps.order_by("day"), strict=True):
        assert 0 <= (row.on - visit.on).days - step.day <= 10
        assert (row.kind, row.minutes, row.provider) == ("follow_up", 15, cast.ito)
    assert "Also booked:" in answer
    assert "Booked with it:" in answer


def test_a_follow_up_without_a_free_time_is_named_and_stops_nothing(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn
):
    from scheduling.actions.hours import add_exception

    away = cast.harbour.today() + timedelta(days=3)
    add_exception(provider=cast.ito, site=None, starts_on=away, ends_on=away + timedelta(days=300), by=cast.ada)
    client = sign_in(cast.robin)
    steps = re.findall(r'name="steps" value="([^"]+)"', client.get(NEW, {"course": course.pk}).content.decode())
    answer = client.post(NEW, booking(cast, course, steps=steps), follow=True).content.decode()
    assert Appointment.objects.filter(kind="session").count() == 1
    assert "Not booked:" in answer
    assert "no free time with Dr Kenji Ito around" in answer


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": ""}, "Choose a day."),
        ({"time": ""}, "Choose a time."),
        ({"day": "31/12/2026"}, "Enter a valid date."),
        ({"time": "25:00"}, "Enter a valid time."),
        ({"day": "2020-01-01"}, "This day is past."),
        ({"day": "0001-01-01"}, "past"),
        ({"day": "9999-12-31", "time": "23:59"}, ""),
        ({"minutes": "0"}, "greater than or equal to 5"),
        ({"minutes": "x"}, "whole number"),
        ({"provider": "99999"}, "Select a valid choice"),
        ({"room": "99999"}, "Select a valid choice"),
        ({"courses": ["99999"]}, "not one of the available choices"),
        ({"courses": ["²"]}, "is not a valid value"),
        ({"courses": None}, "Choose what will be treated."),
        ({"slot": "nonsense"}, "Enter a valid date."),
        ({"note": "x" * 201}, "at most 200 characters"),
    ],
)
def test_bad_input_is_said_and_kept(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn, changes: dict[str, Any], words: str
):
    answer = sign_in(cast.robin).post(NEW, booking(cast, course, **({"note": "keep me"} | changes)))
    if words == "":
        assert answer.status_code in (302, 422)
        return
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "keep me" in page or "xxx" in page
    assert not Appointment.objects.exists()


def test_the_hour_that_does_not_exist_is_refused_in_words(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    spring = next(
        day
        for day in (cast.harbour.today() + timedelta(days=count) for count in range(1, 400))
        if day.month == 3 and day.weekday() == 6 and 8 <= day.day <= 14
    )
    answer = sign_in(cast.robin).post(NEW, booking(cast, course, day=spring.isoformat(), time="02:30"))
    assert answer.status_code == 422
    assert "There is no 02:30" in answer.content.decode()


def test_a_refusal_beside_the_list_stays_in_the_panel(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    booked(cast, cast.course(patient=cast.omar), site=cast.harbour)
    answer = sign_in(cast.robin).post(NEW, booking(cast, course, back=""), headers=HTMX)
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#side"
    assert "Dr Kenji Ito has 09:00-09:30 with another patient." in answer.content.decode()
    assert "that nobody sees came back changed" not in answer.content.decode(), "who is chosen stands above the times"


@pytest.mark.parametrize("field", ["died_on", "left_on"])
def test_who_died_or_left_is_not_booked(cast: Cast, course: TreatmentCourse, sign_in: SignIn, field: str):
    setattr(cast.joye, field, cast.harbour.today())
    cast.joye.save()
    client = sign_in(cast.robin)
    assert "This patient " in client.get(NEW, {"patient": cast.joye.pk}).content.decode()
    answer = client.post(NEW, booking(cast, course))
    assert answer.status_code == 422
    assert not Appointment.objects.exists()


def test_who_may_not_book(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    assert sign_in(cast.ada).get(NEW, {"course": course.pk}).status_code == 403
    assert sign_in(cast.max).get(NEW, {"course": course.pk}).status_code == 404
    assert sign_in(cast.max).get(NEW, {"patient": cast.joye.pk}).status_code == 404
    assert sign_in(cast.max).post(NEW, booking(cast, course)).status_code == 404
    assert sign_in(cast.robin).post(NEW, booking(cast, course, site=cast.elsewhere.pk)).status_code == 404
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("query", ["course=x", "patient=99999999999999999999", "patient=1&kind=nonsense", "course=-1"])
def test_a_nonsense_address_is_not_found(cast: Cast, sign_in: SignIn, query: str):
    assert sign_in(cast.robin).get(f"{NEW}?{query}").status_code == 404


def test_without_a_patient_the_page_says_how_to_find_one(cast: Cast, sign_in: SignIn):
    assert "Whom is it for?" in sign_in(cast.robin).get(NEW).content.decode()


@pytest.mark.parametrize(
    "query", ["provider=99999", "minutes=7", "looking_from=soon", "looking_from=9999-12-31", "site=x"]
)
def test_nonsense_options_are_no_error(cast: Cast, course: TreatmentCourse, sign_in: SignIn, query: str):
    assert sign_in(cast.robin).get(f"{NEW}?course={course.pk}&{query}").status_code == 200


@pytest.mark.parametrize("count", [1, 12])
def test_the_panel_asks_as_little_with_many_visits(
    cast: Cast,
    course: TreatmentCourse,
    sign_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    count: int,
):
    client = sign_in(cast.robin)
    for day in range(1, count + 1):
        at = moment(cast.harbour, days=day, at=time(14))
        booked(cast, course, starts_at=at, override_reason="one more", by=cast.ito)
    with django_assert_max_num_queries(12):
        client.get(NEW, {"course": course.pk, "back": ""}, headers=HTMX)


def test_opening_the_panel_is_recorded(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    sign_in(cast.robin).get(NEW, {"course": course.pk})
    assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk).count() == 1
