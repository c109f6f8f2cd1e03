from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from patients.models import Coverage, Patient
from scheduling import actions
from scheduling.models import Appointment
from scheduling.rules.day_grid import Place
from tests.cast import Cast
from tests.scheduling.diary import payer
from tests.scheduling.made import booked, dated, moment, working
from treatments.models import TreatmentCourse

SignIn = Callable[[User], Client]
DAY = "/calendar/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    working(cast)
    return dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))


def status_url(appointment: Appointment) -> str:
    return reverse("scheduling:appointment-status", args=[appointment.pk])


def on(appointment: Appointment, **query: str) -> dict[str, str]:
    return {"day": appointment.on.isoformat()} | query


def test_providers_side_by_side(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    booked(
        cast, patient=cast.omar, site=cast.harbour, provider=cast.okafor, starts_at=moment(cast.harbour, at=time(13))
    )
    page = sign_in(cast.robin).get(DAY, on(appointment)).content.decode()
    assert re.findall(r'id="column-\d+">([^<]+) <', page) == ["Dr Kenji Ito", "Dr Ngozi Okafor"]
    # From 8:00 on: 9:00 is one hour down, half an hour is six rows of five minutes; 13:00 is five hours down.
    assert "card-visit placed at-h-1 at-m-0 for-h-0 for-m-6" in page
    assert "card-visit placed at-h-5 at-m-0 for-h-0 for-m-6" in page
    assert "Koch, Joye" in page
    assert "Migraine" in page


def test_the_day_is_the_sites_own(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    late = booked(cast, course, starts_at=moment(cast.harbour, at=time(22, 30)), override_reason="late", by=cast.ito)
    client = sign_in(cast.robin)
    assert "Koch, Joye" in client.get(DAY, on(late)).content.decode()
    assert "Koch" not in client.get(DAY, {"day": str(late.on + timedelta(days=1))}).content.decode()


def test_an_early_visit_is_marked(cast: Cast, sign_in: SignIn):
    early = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=60))
    appointment = booked(cast, early, override_reason="flies out", by=cast.ito)
    client = sign_in(cast.robin)
    assert "A repeat is allowed from" in client.get(DAY, on(appointment)).content.decode()
    assert "card-early" in client.get(DAY, on(appointment, view="arrivals")).content.decode()


def test_each_status_is_one_press(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    midnight = moment(cast.harbour, days=0, at=time(0, 5))
    appointment = booked(cast, course, starts_at=midnight, override_reason="before hours", by=cast.ito)
    client = sign_in(cast.robin)
    for status in ("confirmed", "arrived", "in_room", "done"):
        page = client.get(DAY, on(appointment, view="arrivals")).content.decode()
        assert f'name="status" value="{status}"' in page
        answer = client.post(status_url(appointment), {"status": status, "view": "arrivals"}, headers=HTMX)
        assert answer.status_code == 200
        assert re.search(rf'value="{status}" aria-pressed="true"', answer.content.decode())
        appointment.refresh_from_db()
        assert appointment.status == status


def test_a_press_without_scripts_comes_back_to_the_day(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    answer = sign_in(cast.robin).post(status_url(appointment), {"status": "confirmed", "view": "day"})
    assert answer["Location"] == f"/calendar/?day={appointment.on}"
    appointment.refresh_from_db()
    assert appointment.status == "confirmed"


def test_a_press_that_cannot_be_says_why(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    client = sign_in(cast.robin)
    answer = client.post(status_url(appointment), {"status": "arrived", "view": "day"}, headers=HTMX)
    assert answer.status_code == 409
    assert "nobody can be arrived yet" in answer.content.decode()
    page = client.post(status_url(appointment), {"status": "missed"}, follow=True).content.decode()
    assert "It has not begun yet." in page
    for nonsense in ("", "cancelled", "teleported"):
        assert (
            client.post(status_url(appointment), {"status": nonsense, "view": "day"}, headers=HTMX).status_code == 409
        )
    appointment.refresh_from_db()
    assert appointment.status == "booked"


@pytest.mark.parametrize(
    ("days", "offered"),
    [(3, {"confirmed"}), (0, {"confirmed", "arrived", "in_room", "done", "missed"})],
)
def test_a_press_that_cannot_be_is_not_offered(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn, days: int, offered: set[str]
):
    starts_at = moment(cast.harbour, days=days, at=time(0, 5))
    appointment = booked(cast, course, starts_at=starts_at, override_reason="before hours", by=cast.ito)
    client = sign_in(cast.robin)
    detail = reverse("scheduling:appointment-detail", args=[appointment.pk])
    for page in (client.get(detail), client.get(DAY, on(appointment, view="arrivals"))):
        pressable = re.findall(r'name="status" value="(\w+)">', page.content.decode())
        assert set(pressable) == offered


def test_cancelled_and_missed_stand_below(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    actions.cancel_appointment(appointment=appointment, reason="ill", by=cast.robin, now=timezone.now())
    page = sign_in(cast.robin).get(DAY, on(appointment)).content.decode()
    assert "Moved, cancelled and missed" in page
    assert "ill" in page
    assert "card-visit" not in page


def test_an_administrator_sees_and_presses_nothing(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    page = sign_in(cast.ada).get(DAY, on(appointment, view="arrivals")).content.decode()
    assert "Koch, Joye" in page
    assert 'name="status"' not in page


def test_a_stranger_sees_their_own_site_only(cast: Cast, course: TreatmentCourse, sign_in: SignIn):
    appointment = booked(cast, course)
    page = sign_in(cast.max).get(DAY, on(appointment)).content.decode()
    assert "Koch" not in page
    assert "Elsewhere" in page


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "0001-01-01", "9999-12-31", "1"])
def test_a_nonsense_day_is_today(cast: Cast, sign_in: SignIn, day: str):
    answer = sign_in(cast.robin).get(DAY, {"day": day})
    assert answer.status_code == 200
    assert "This is today." in answer.content.decode()


def test_an_empty_day_says_so(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.robin)
    assert 'class="empty' in client.get(DAY).content.decode()
    assert 'class="empty' in client.get(DAY, {"view": "arrivals"}).content.decode()


def test_on_the_days_the_clocks_change_the_page_stands(cast: Cast, sign_in: SignIn):
    working(cast)
    client = sign_in(cast.robin)
    for day in (date(2026, 3, 8), date(2026, 11, 1)):
        assert client.get(DAY, {"day": day.isoformat()}).status_code == 200


@pytest.mark.parametrize("count", [1, 60])
@pytest.mark.parametrize(("view", "queries"), [("day", 10), ("week", 10), ("arrivals", 8)])
def test_the_calendar_asks_as_little_with_many_visits(
    cast: Cast,
    sign_in: SignIn,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
    view: str,
    queries: int,
):
    working(cast)
    for number in range(count):
        patient = Patient.objects.create(
            given_name="Ana", family_name=f"N{number}", birth_date=date(1980, 1, 1), site=cast.harbour
        )
        course = dated(cast.course(patient=patient), session_on=cast.harbour.today() - timedelta(days=100))
        booked(
            cast,
            course,
            minutes=5,
            starts_at=moment(cast.harbour, at=time(9 + number // 12, 5 * (number % 12))),
        )
        Coverage.objects.create(patient=patient, payer=payer(), authorization_required=True)
    client = sign_in(cast.robin)
    query = {"day": (cast.harbour.today() + timedelta(days=1)).isoformat(), "view": view}
    # session, user, sites, tag, visits, courses, authorisations; the board also rooms, the columns also providers and
    # their week, exceptions and holidays
    with django_assert_num_queries(queries):
        client.get(DAY, query)


def test_every_row_and_length_has_its_class():
    """The grid has no style attributes: what the page asks for must be in the style sheet."""
    from django.conf import settings

    css = (settings.BASE_DIR / "static/scheduling/calendar_rows.css").read_text()
    names = {name for row in range(25 * 12) for rows in (1, 25 * 12 - row) for name in Place(row, rows).css.split()}
    assert [name for name in names if f".{name} {{" not in css] == []


def test_a_press_never_answers_with_the_day_of_a_site_one_does_not_work_at(
    cast: Cast, course: TreatmentCourse, sign_in: SignIn
):
    midnight = moment(cast.harbour, days=0, at=time(0, 5))
    appointment = booked(cast, course, starts_at=midnight, override_reason="before hours", by=cast.ito)
    cast.robin.sites.set([cast.mesa])
    Patient.objects.filter(pk=cast.joye.pk).update(site=cast.mesa)
    other = Patient.objects.create(
        given_name="Nora", family_name="Hidden", birth_date=date(1970, 1, 1), site=cast.harbour
    )
    booked(cast, cast.course(other), provider=cast.okafor, starts_at=moment(cast.harbour, days=0, at=time(0, 5)))
    answer = sign_in(cast.robin).post(
        status_url(appointment), {"status": "arrived", "view": "day"}, headers=HTMX, follow=True
    )
    assert "Hidden" not in answer.content.decode()
