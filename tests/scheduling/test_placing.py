"""Moving visits in the calendar, the rooms of the board, and how both refresh themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from scheduling import actions
from scheduling.forms.placing import as_sent
from scheduling.models import Appointment, Room
from tests.cast import Cast
from tests.scheduling.diary import at, at_midday, away, both_work, holiday, next_monday, person, today_in_progress
from tests.scheduling.made import booked, dated

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def monday(cast: Cast) -> date:
    both_work(cast)
    return next_monday(cast.harbour)


@pytest.fixture
def visit(cast: Cast, monday: date) -> Appointment:
    return booked(cast, starts_at=at(cast.harbour, monday, 9))


def hours_in(day: date, zone: ZoneInfo) -> float:
    begin, end = (datetime.combine(one, time(), tzinfo=zone) for one in (day, day + timedelta(days=1)))
    return (end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(hours=1)


def place(client: Client, visit: Appointment, to: datetime, query: str = "", **fields: Any) -> Any:
    url = reverse("scheduling:appointment-place", args=[visit.pk])
    posted = {
        "starts_at": as_sent(to),
        "minutes": visit.minutes,
        "provider": visit.provider_id,
        "version": visit.version,
        **fields,
    }
    return client.post(f"{url}?{query or f'day={visit.on}'}", posted, headers=HTMX)


def test_dropped_on_free_time_it_is_booked_there(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    answer = place(sign_in(cast.robin), visit, at(cast.harbour, monday, 14, 5), provider=cast.okafor.pk, minutes=45)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "moved to" in page
    assert "14:05-14:50, Dr Ngozi Okafor" in page
    visit.refresh_from_db()
    new = visit.moved_to
    assert (visit.status, new.status) == ("moved", "booked")
    assert (new.provider, new.minutes) == (cast.okafor, 45)
    assert new.starts_at == at(cast.harbour, monday, 14, 5)
    assert f'id="visit-{new.pk}"' in page


def test_dropped_on_taken_time_every_conflict_is_named_and_it_stays(
    cast: Cast, monday: date, visit: Appointment, sign_in: SignIn
):
    room = Room.objects.create(site=cast.harbour, name="Room 1")
    Appointment.objects.filter(pk=visit.pk).update(room=room)
    other = person(cast, "Lund")
    booked(cast, patient=other, provider=cast.okafor, room=room, starts_at=at(cast.harbour, monday, 10))
    booked(cast, patient=cast.joye, provider=cast.ito, starts_at=at(cast.harbour, monday, 10, 15))
    before = Appointment.objects.count()
    answer = place(sign_in(cast.robin), visit, at(cast.harbour, monday, 10), provider=cast.okafor.pk)
    page = answer.content.decode()
    assert answer.status_code == 422
    notice = page[page.index("data-refused") : page.index("day-bar")]
    assert "Koch, Joye stays at" in notice
    assert "Dr Ngozi Okafor has 10:00-10:30 with another patient." in notice
    assert "Room 1 is taken 10:00-10:30." in notice
    assert "The patient has 10:15-10:45 with Dr Kenji Ito." in notice
    assert 'role="alert"' in page
    visit.refresh_from_db()
    assert visit.status == "booked"
    assert Appointment.objects.count() == before


def test_undo_puts_it_back(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    client = sign_in(cast.robin)
    page = place(client, visit, at(cast.harbour, monday, 14)).content.decode()
    form = re.search(r'<form method="post" action="(/appointments/\d+/place/[^"]*)".*?</form>', page, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group(0)))
    answer = client.post(form.group(1).replace("&amp;", "&"), fields, headers=HTMX)
    assert answer.status_code == 200
    assert "Undo" not in answer.content.decode()
    now = Appointment.objects.active().get(patient=visit.patient)
    assert (now.starts_at, now.minutes, now.provider, now.room) == (visit.starts_at, 30, cast.ito, None)
    assert now.moved_from is not None
    assert now.moved_from.moved_from == visit


def test_a_stale_card_is_told_where_the_visit_is_now(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    client = sign_in(cast.robin)
    place(client, visit, at(cast.harbour, monday, 14), provider=cast.okafor.pk)
    answer = place(client, visit, at(cast.harbour, monday, 15))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Someone else changed this appointment meanwhile: it was moved to" in page
    assert "14:00-14:30, Dr Ngozi Okafor" in page
    assert Appointment.objects.active().filter(patient=visit.patient).count() == 1


def test_a_confirmation_meanwhile_is_a_stale_card_too(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    actions.set_status(appointment=visit, status="confirmed", by=cast.robin, now=timezone.now())
    answer = place(sign_in(cast.robin), visit, at(cast.harbour, monday, 15))
    assert answer.status_code == 409
    assert "confirmed" in answer.content.decode()


def test_follow_ups_booked_with_it_are_named(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    later = monday + timedelta(days=14)
    booked(cast, kind="follow_up", minutes=15, starts_at=at(cast.harbour, later, 9), planned_with=visit)
    page = place(sign_in(cast.robin), visit, at(cast.harbour, monday, 14)).content.decode()
    assert "Follow-ups were booked with it and still stand" in page


def test_when_only_the_room_is_taken_it_may_move_without(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    room = Room.objects.create(site=cast.harbour, name="Room 1")
    Appointment.objects.filter(pk=visit.pk).update(room=room)
    booked(
        cast,
        patient=person(cast, "Lund"),
        provider=cast.okafor,
        room=room,
        starts_at=at(cast.harbour, monday, 14),
    )
    client = sign_in(cast.robin)
    answer = place(client, visit, at(cast.harbour, monday, 14))
    assert answer.status_code == 422
    assert "Move it without the room" in answer.content.decode()
    assert place(client, visit, at(cast.harbour, monday, 14), room="").status_code == 200
    assert Appointment.objects.active().get(patient=visit.patient).room is None


def test_outside_hours_only_those_who_may_give_a_reason(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    answer = place(sign_in(cast.robin), visit, at(cast.harbour, monday, 7))
    assert answer.status_code == 422
    assert "Outside the hours of Dr Kenji Ito" in answer.content.decode()
    assert "Move all the same" not in answer.content.decode()
    client = sign_in(cast.ito)
    assert "Move all the same" in place(client, visit, at(cast.harbour, monday, 7)).content.decode()
    moved = place(client, visit, at(cast.harbour, monday, 7), override_reason="flies out at nine")
    assert moved.status_code == 200
    assert Appointment.objects.active().get(patient=visit.patient).override_reason == "flies out at nine"


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": "soon"},
        {"minutes": "0"},
        {"minutes": "100000"},
        {"provider": "999999"},
        {"version": ""},
        {"room": "999999"},
    ],
)
def test_nonsense_moves_nothing(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn, fields: dict[str, str]):
    answer = place(sign_in(cast.robin), visit, at(cast.harbour, monday, 14), **fields)
    assert answer.status_code == 422
    assert "Not moved." in answer.content.decode()
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_provider_of_another_site_cannot_be_dropped_on(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    assert place(sign_in(cast.robin), visit, at(cast.harbour, monday, 14), provider=cast.max.pk).status_code == 422


def test_a_stranger_and_an_administrator_move_nothing(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    assert place(sign_in(cast.max), visit, at(cast.harbour, monday, 14)).status_code == 404
    assert place(sign_in(cast.ada), visit, at(cast.harbour, monday, 14)).status_code == 403


def test_a_patient_seen_at_a_site_one_does_not_work_at_shows_none_of_its_day(cast: Cast, monday: date, sign_in: SignIn):
    visit = booked(cast, patient=cast.joye, starts_at=at(cast.harbour, monday, 9))
    booked(cast, patient=person(cast, "Hidden"), provider=cast.okafor, starts_at=at(cast.harbour, monday, 9))
    cast.robin.sites.set([cast.mesa])
    type(cast.joye).objects.filter(pk=cast.joye.pk).update(site=cast.mesa)
    answer = place(sign_in(cast.robin), visit, at(cast.harbour, monday, 14))
    assert "Hidden" not in answer.content.decode()
    assert answer["HX-Redirect"].startswith("/appointments/")


def test_the_second_of_two_hours_of_one_name_can_be_chosen(cast: Cast, sign_in: SignIn):
    """A wall time cannot say which; the card is dropped at a moment."""
    today = cast.harbour.today()
    days = (today + timedelta(days=count) for count in range(366))
    back = next(day for day in days if hours_in(day, cast.harbour.zone()) == 25)
    visit = booked(cast, starts_at=at(cast.harbour, back, 9))
    again = at(cast.harbour, back, 1, 30).replace(fold=1)
    assert place(sign_in(cast.robin), visit, again).status_code == 200
    page = sign_in(cast.robin).get("/calendar/", {"day": back.isoformat()}).content.decode()
    assert "01:00 again" in page
    # From 01:00 on: the second 01:30 is an hour and a half down.
    assert "card-visit placed at-h-1 at-m-6" in page


def test_a_visit_is_drawn_in_the_time_of_its_site(cast: Cast, sign_in: SignIn):
    """Whoever reads it and whatever their clock: the day and the hour are the site's."""
    both_work(cast, cast.mesa)
    monday = next_monday(cast.mesa)
    booked(cast, patient=cast.omar, starts_at=at(cast.mesa, monday, 9))
    client = sign_in(cast.robin)
    session = client.session
    session["site"] = cast.mesa.pk
    session.save()
    client.post(reverse("accounts:site-switch"), {"site": cast.mesa.pk, "next": "/calendar/"})
    page = client.get("/calendar/", {"day": monday.isoformat()}).content.decode()
    assert "Mesa Clinic" in page
    assert "card-visit placed at-h-1 at-m-0 for-h-0 for-m-6" in page
    assert 'data-zone="America/Phoenix"' in page
    assert f'data-origin="{int(at(cast.mesa, monday, 8).timestamp() // 60)}"' in page


# The week, and what is shaded


def test_the_week_of_a_provider(cast: Cast, monday: date, visit: Appointment, sign_in: SignIn):
    booked(cast, patient=person(cast, "Lund"), provider=cast.okafor, starts_at=at(cast.harbour, monday, 9))
    client = sign_in(cast.ito)
    page = client.get("/calendar/", {"day": monday.isoformat(), "view": "week"}).content.decode()
    assert page.count('class="day-column') == 7
    assert "Koch, Joye" in page
    assert "Lund" not in page
    both: dict[str, Any] = {"day": monday.isoformat(), "view": "week", "provider": [cast.ito.pk, cast.okafor.pk]}
    page = client.get("/calendar/", both).content.decode()
    assert "Lund" in page
    assert page.count('class="day-column') == 12


def test_away_and_closed_days_are_shaded_and_said(cast: Cast, monday: date, sign_in: SignIn):
    away(cast, monday, starts_at=time(10), ends_at=time(11))
    holiday(cast, monday + timedelta(days=1))
    client = sign_in(cast.robin)
    page = client.get("/calendar/", {"day": monday.isoformat()}).content.decode()
    assert "away 10:00-11:00" in page
    assert "day-away placed at-h-2 at-m-0 for-h-1 for-m-0" in page
    # Before and after she is away.
    assert "day-open placed at-h-0 at-m-0 for-h-2 for-m-0" in page
    page = client.get("/calendar/", {"day": (monday + timedelta(days=1)).isoformat()}).content.decode()
    assert "closed: Founders&#x27; Day" in page
    assert "day-open" not in page


def test_a_session_outside_its_authorisation_is_marked(cast: Cast, monday: date, sign_in: SignIn):
    from patients.models import Coverage
    from tests.scheduling.diary import payer

    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))
    booked(cast, course, starts_at=at(cast.harbour, monday, 9))
    client = sign_in(cast.robin)
    assert "not authorised" not in client.get("/calendar/", {"day": monday.isoformat()}).content.decode()
    Coverage.objects.create(patient=cast.joye, payer=payer(), authorization_required=True)
    for view in ("day", "week", "arrivals"):
        page = client.get("/calendar/", {"day": monday.isoformat(), "view": view}).content.decode()
        assert "not authorised" in page


def test_paper_says_what_is_treated_only_to_those_who_may_read_it(cast: Cast, monday: date, sign_in: SignIn):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))
    booked(cast, course, starts_at=at(cast.harbour, monday, 9))

    def paper(user: User) -> str:
        page = sign_in(user).get("/calendar/", {"day": monday.isoformat()}).content.decode()
        return page[page.index("paper-day") :]

    assert "Koch, Joye" in paper(cast.robin)
    assert "Migraine" not in paper(cast.robin)
    assert "Migraine" in paper(cast.ito)


# The board


def test_the_board_says_who_waits_who_is_late_and_what_is_not_signed(cast: Cast, sign_in: SignIn):
    at_midday(cast.harbour)
    today_in_progress(cast)
    page = sign_in(cast.robin).get("/calendar/", {"view": "arrivals"}).content.decode()
    assert re.findall(r'id="group-(\w+)"', page) == ["arrived", "in_room", "expected", "done", "missed"]
    assert re.search(r"waits <span[^>]*>28 min</span>", page)
    assert re.search(r"late <span[^>]*>\d+ min</span>", page)
    assert "2 late" in page
    assert "not signed" in page
    # Who has waited longest stands first.
    assert page.index("Diallo, Ana</a>") < page.index("Costa, Ana</a>")


def test_into_a_room_in_one_press(cast: Cast, sign_in: SignIn):
    at_midday(cast.harbour)
    visits = today_in_progress(cast)
    arrived = visits[2]
    room = Room.objects.get(name="Room 3")
    client = sign_in(cast.robin)
    url = reverse("scheduling:appointment-status", args=[arrived.pk])
    answer = client.post(url, {"status": "in_room", "room": room.pk, "view": "arrivals"}, headers=HTMX)
    assert answer.status_code == 200
    arrived.refresh_from_db()
    assert (arrived.status, arrived.room) == ("in_room", room)
    assert timezone.now() - arrived.status_since < timedelta(minutes=1)  # type: ignore[operator]
    other = Room.objects.get(name="Room 1")
    client.post(url, {"status": "in_room", "room": other.pk, "view": "arrivals"}, headers=HTMX)
    arrived.refresh_from_db()
    assert (arrived.status, arrived.room) == ("in_room", other)


def test_a_room_that_is_booked_is_refused_in_words(cast: Cast, sign_in: SignIn):
    at_midday(cast.harbour)
    visits = today_in_progress(cast)
    arrived, other = visits[2], visits[3]  # at the same time
    room = Room.objects.get(name="Room 3")
    Appointment.objects.filter(pk=other.pk).update(room=room)
    url = reverse("scheduling:appointment-status", args=[arrived.pk])
    answer = sign_in(cast.robin).post(url, {"status": "in_room", "room": room.pk, "view": "arrivals"}, headers=HTMX)
    assert answer.status_code == 409
    assert "Room 3 is taken" in answer.content.decode()
    arrived.refresh_from_db()
    assert (arrived.status, arrived.room) == ("arrived", None)


def test_a_room_of_another_site_is_not_found(cast: Cast, sign_in: SignIn):
    at_midday(cast.harbour)
    arrived = today_in_progress(cast)[2]
    room = Room.objects.create(site=cast.mesa, name="Far")
    url = reverse("scheduling:appointment-status", args=[arrived.pk])
    answer = sign_in(cast.robin).post(url, {"status": "in_room", "room": room.pk, "view": "arrivals"}, headers=HTMX)
    assert answer.status_code == 404


def refresh_url(page: str) -> str:
    found = re.search(r'id="day-refresh" hx-get="([^"]+)"', page)
    assert found is not None
    return found.group(1).replace("&amp;", "&")


@pytest.mark.parametrize("view", ["day", "week", "arrivals"])
def test_the_page_asks_for_itself_and_gets_nothing_until_something_changes(
    cast: Cast, monday: date, visit: Appointment, sign_in: SignIn, view: str, django_assert_max_num_queries: Any
):
    client = sign_in(cast.robin)
    page = client.get("/calendar/", {"day": monday.isoformat(), "view": view}).content.decode()
    url = refresh_url(page)
    with django_assert_max_num_queries(4):  # session, user, sites, tag
        assert client.get(url, headers=HTMX).status_code == 204
    actions.set_status(appointment=visit, status="confirmed", by=cast.robin, now=timezone.now())
    answer = client.get(url, headers=HTMX)
    assert answer.status_code == 200
    assert client.get(refresh_url(answer.content.decode()), headers=HTMX).status_code == 204


# Free time, pressed before anybody knows for whom


def test_free_time_stays_chosen_while_the_patient_is_looked_up(cast: Cast, monday: date, sign_in: SignIn):
    client = sign_in(cast.robin)
    wanted: dict[str, Any] = {
        "site": cast.harbour.pk,
        "provider": cast.okafor.pk,
        "looking_from": monday.isoformat(),
        "day": monday.isoformat(),
        "time": "14:15",
    }
    url = reverse("scheduling:appointment-create")
    page = client.get(url, wanted).content.decode()
    assert "14:15, Dr Ngozi Okafor: whom is it for?" in page
    page = client.get(url, {"patient": cast.joye.pk}).content.decode()
    assert 'value="14:15"' in page
    assert f'value="{monday}"' in page
    assert re.search(rf'<option value="{cast.okafor.pk}" selected', page)
    # For one patient only.
    assert 'value="14:15"' not in client.get(url, {"patient": cast.joye.pk}).content.decode()


@pytest.mark.parametrize("wrong", [{"provider": "0"}, {"time": "25:00"}, {"day": "soon"}, {"site": "0"}])
def test_a_nonsense_time_is_not_kept(cast: Cast, monday: date, sign_in: SignIn, wrong: dict[str, str]):
    wanted: dict[str, Any] = {
        "site": cast.harbour.pk,
        "provider": cast.okafor.pk,
        "day": monday.isoformat(),
        "time": "14:15",
    } | wrong
    page = sign_in(cast.robin).get(reverse("scheduling:appointment-create"), wanted).content.decode()
    assert "Whom is it for?" in page
