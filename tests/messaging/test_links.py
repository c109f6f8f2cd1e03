"""A patient's link: who it opens for, what wrong dates of birth cost, and that it says nothing before."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from messaging.actions.links import Opening, link_of, make_link, open_link, revoke_links, token_hash, use_up
from messaging.link_access import COOKIE
from messaging.models import PatientLink
from messaging.rules.links import LAST_TRY, LOCK, TRIES, is_last, lock_after
from patients.models import Task
from scheduling.models import Appointment
from tests.cast import Cast
from tests.scheduling.made import booked

pytestmark = pytest.mark.django_db

RIGHT = {"day": "2", "month": "3", "year": "1982"}


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


@pytest.fixture
def appointment(cast: Cast) -> Appointment:
    cast.joye.birth_date = date(1982, 3, 2)
    cast.joye.save()
    return booked(cast)


def made(appointment: Appointment, **fields: object) -> tuple[PatientLink, str]:
    asked: dict = {
        "patient": appointment.patient,
        "site": appointment.site,
        "purpose": "appointment",
        "about_id": appointment.pk,
        "expires_at": timezone.now() + timedelta(days=3),
    }
    return make_link(**(asked | fields))


def door(token: str) -> str:
    return reverse("messaging:link-open", args=[token])


def opened(appointment: Appointment, **fields: object) -> tuple[Client, str]:
    _, token = made(appointment, **fields)
    client = Client()
    assert client.post(door(token), RIGHT).status_code == 302
    return client, token


def test_the_secret_is_kept_nowhere(appointment: Appointment):
    link, token = made(appointment)
    assert link.token_hash == token_hash(token) != token
    assert len(token) >= 32
    assert link_of(token) == link
    assert link_of(token + "x") is None


def test_the_right_date_opens_and_is_remembered_for_this_link_only(appointment: Appointment):
    client, token = opened(appointment)
    page = client.get(reverse("scheduling:link-visit", args=[token]))
    assert page.status_code == 200
    cookie = client.cookies[COOKIE]
    assert cookie["path"] == f"/l/{token}/"
    assert cookie["httponly"]
    assert AuditEvent.objects.filter(action="link-opened", patient_id=appointment.patient_id).count() == 1
    _, other = made(appointment)
    assert client.get(reverse("scheduling:link-visit", args=[other]))["Location"] == door(other)


def test_nothing_is_said_before_the_date_of_birth(appointment: Appointment):
    _, token = made(appointment)
    for address in (door(token), reverse("scheduling:link-visit", args=[token])):
        page = Client().get(address, follow=True).content.decode()
        for word in (
            appointment.patient.family_name,
            appointment.patient.given_name,
            appointment.time_words[:5],
            str(appointment.provider),
            "appointment",
            "patient",
        ):
            assert word.lower() not in page.lower().replace("cadence_link", ""), word


@pytest.mark.parametrize(
    "typed", [{"day": "3", "month": "3", "year": "1982"}, {"day": "2", "month": "3", "year": "1983"}]
)
def test_a_wrong_date_is_refused_and_counted(appointment: Appointment, typed: dict[str, str]):
    link, token = made(appointment)
    page = Client().post(door(token), typed)
    assert page.status_code == 422
    assert "does not match" in page.content.decode()
    assert "No coincide" in page.content.decode()
    assert f'value="{typed["day"]}"' in page.content.decode()
    link.refresh_from_db()
    assert link.failures == 1
    assert AuditEvent.objects.filter(action="link-refused").count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"day": "31", "month": "2", "year": "1982"},
        {"day": "", "month": "", "year": ""},
        {"day": "x", "month": "13", "year": "-1"},
        {"day": "9" * 400, "month": "3", "year": "1982"},
        {},
    ],
)
def test_a_date_that_is_none_is_not_a_try(appointment: Appointment, typed: dict[str, str]):
    link, token = made(appointment)
    assert Client().post(door(token), typed).status_code == 422
    link.refresh_from_db()
    assert link.failures == 0


def test_five_wrong_dates_lock_the_link_and_the_right_one_waits(appointment: Appointment):
    link, _ = made(appointment)
    now = timezone.now()
    found = [open_link(link=link, birth_date=date(1990, 1, day), now=now) for day in range(1, TRIES + 1)]
    assert found == [Opening.WRONG] * (TRIES - 1) + [Opening.LOCKED]
    assert open_link(link=link, birth_date=date(1982, 3, 2), now=now + LOCK - timedelta(seconds=1)) == Opening.LOCKED
    assert open_link(link=link, birth_date=date(1982, 3, 2), now=now + LOCK) == Opening.OPENED
    link.refresh_from_db()
    assert (link.failures, link.locked_until) == (0, None)


def test_at_last_the_link_is_shut_and_the_desk_is_told_once(appointment: Appointment):
    link, token = made(appointment)
    now = timezone.now()
    for number in range(LAST_TRY):
        outcome = open_link(link=link, birth_date=date(1990, 1, 1), now=now + LOCK * number)
    assert outcome == Opening.SHUT
    assert open_link(link=link, birth_date=date(1982, 3, 2), now=now + LOCK * 100) == Opening.SHUT
    task = Task.objects.get()
    assert (task.kind, task.patient) == ("link_locked", appointment.patient)
    assert Client().get(door(token)).status_code == 410


@pytest.mark.parametrize(("failures", "locks"), [(0, False), (4, False), (5, True), (6, False), (10, True)])
def test_what_wrong_dates_cost(failures: int, locks: bool):
    now = datetime.now(tz=timezone.get_default_timezone())
    assert lock_after(failures, now=now) == (now + LOCK if locks else None)


@pytest.mark.parametrize(("failures", "last"), [(14, False), (15, True), (16, True)])
def test_which_try_is_the_last(failures: int, last: bool):
    assert is_last(failures) is last


def test_guessing_at_many_links_from_one_address_is_stopped(appointment: Appointment):
    client = Client()
    statuses = [
        client.post(door(made(appointment)[1]), {"day": "1", "month": "1", "year": "1990"}).status_code
        for _ in range(31)
    ]
    assert statuses[:30] == [422] * 30
    assert statuses[30] == 429


@pytest.mark.parametrize("how", ["expired", "used", "revoked"])
def test_a_link_that_is_over_says_only_that(appointment: Appointment, how: str):
    link, token = made(appointment, **({"expires_at": timezone.now()} if how == "expired" else {}))
    client = Client()
    if how != "expired":
        client.post(door(token), RIGHT)
    if how == "used":
        use_up(link=link, now=timezone.now())
    if how == "revoked":
        assert revoke_links(purpose="appointment", about_id=appointment.pk) == 1
    for address in (door(token), reverse("scheduling:link-visit", args=[token])):
        page = client.get(address)
        assert page.status_code == 410
        assert appointment.patient.family_name not in page.content.decode()


def test_an_unknown_link_is_404(db: None):
    page = Client().get(door("x" * 32))
    assert page.status_code == 404
    assert "does not open" in page.content.decode()


def test_a_forged_cookie_opens_nothing(appointment: Appointment):
    _, token = made(appointment)
    client = Client()
    client.cookies[COOKIE] = f"{token_hash(token)}:forged:signature"
    assert client.get(reverse("scheduling:link-visit", args=[token]))["Location"] == door(token)


def test_pages_are_kept_by_no_browser_and_no_search_engine(appointment: Appointment):
    client, token = opened(appointment)
    page = client.get(reverse("scheduling:link-visit", args=[token]))
    assert "no-store" in page["Cache-Control"]
    assert "noindex" in page.content.decode()
