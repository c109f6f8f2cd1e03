"""Being signed out for doing nothing, the list of one's sessions, and locks that do not shut a colleague out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Site, User
from audit.models import AuditEvent
from tests.cast import PASSWORD, Cast

SIGN_IN = "/account/login/"
STATE = "/account/session/"


@pytest.fixture(autouse=True)
def no_failures_counted_yet(db: None) -> None:
    cache.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock on by so many minutes."""
    began, passed = time.time(), [0.0]
    monkeypatch.setattr(time, "time", lambda: began + passed[0])

    def move(minutes: float) -> None:
        passed[0] += minutes * 60

    return move


def signed_in(user: User) -> Client:
    client = Client()
    client.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    return client


def test_who_does_nothing_is_signed_out_and_led_back(cast: Cast, clock: Callable[[float], None]):
    ito = signed_in(cast.ito)
    assert ito.get("/patients/").status_code == 200
    clock(14.9)
    assert ito.get("/patients/").status_code == 200
    clock(16.6)

    answer = ito.get("/patients/?letter=K")

    assert (answer.status_code, answer.url) == (302, "/account/login/?next=/patients/%3Fletter%3DK")
    assert ito.get("/patients/").status_code == 302
    event = AuditEvent.objects.get(action="signed-out")
    assert (event.actor_id, event.detail) == (cast.ito.pk, "after 15 minutes of doing nothing")


def test_what_runs_by_itself_in_a_page_is_not_doing(cast: Cast, clock: Callable[[float], None]):
    ito = signed_in(cast.ito)
    ito.get("/patients/")
    for _ in range(3):
        clock(4)
        assert ito.get("/patients/", headers={"X-Background": "1"}).status_code == 200
    clock(5)

    assert ito.get("/patients/", headers={"X-Background": "1"}).status_code == 401


def test_a_site_says_for_how_long(cast: Cast, clock: Callable[[float], None]):
    Site.objects.filter(pk=cast.mesa.pk).update(idle_minutes=5)
    ito = signed_in(cast.ito)
    ito.get("/patients/")
    clock(6.6)

    assert ito.get("/patients/").status_code == 302, "the shortest of one's sites counts"


def test_what_is_sent_too_late_is_answered_with_how_to_go_on(cast: Cast, clock: Callable[[float], None]):
    ito = signed_in(cast.ito)
    ito.get("/patients/")
    clock(17)

    answer = ito.post("/patients/new/", {"given_name": "Nia"})

    assert answer.status_code == 401
    assert "go back here and send it again" in answer.content.decode()


def test_a_page_that_outlived_its_session_learns_who_is_signed_in(cast: Cast):
    assert Client().get(STATE).json()["user"] is None
    said = signed_in(cast.ito).get(STATE)
    assert said.json()["user"] == cast.ito.pk
    assert said.json()["token"]
    assert "no-store" in said.headers["Cache-Control"]


def test_a_person_sees_where_they_are_signed_in_and_ends_it_there(cast: Cast, django_assert_num_queries):
    here, there = signed_in(cast.ito), signed_in(cast.ito)
    signed_in(cast.robin)
    sessions = here.get("/account/sessions/").context["sessions"]
    assert len(sessions) == 2
    assert sum(session.is_here for session in sessions) == 1
    other = next(session for session in sessions if not session.is_here)

    here.post("/account/sessions/", {"session": other.pk})

    assert there.get("/patients/").status_code == 302
    assert here.get("/patients/").status_code == 200


def test_what_ended_already_is_said_and_counted_nowhere(cast: Cast):
    here, there, ada = signed_in(cast.ito), signed_in(cast.ito), signed_in(cast.ada)
    other = next(row for row in here.get("/account/sessions/").context["sessions"] if not row.is_here)
    there.post("/account/logout/")
    staff = f"/staff/{cast.ito.pk}/"

    assert ada.get(staff).context["sessions"] == 1
    said = here.post("/account/sessions/", {"session": other.pk}, follow=True).content.decode()
    assert "You were signed out there already." in said
    assert "signed out of 1 browser." in ada.post(f"{staff}sign-out/", follow=True).content.decode()


def test_whoever_ends_their_own_session_signs_in_again(cast: Cast, clock: Callable[[float], None]):
    """The page writes down when they last pressed something, into a session that is gone."""
    for headers, said in (({}, 302), ({"HX-Request": "true"}, 401)):
        ada = signed_in(cast.ada)
        clock(1)
        answer = ada.post(f"/staff/{cast.ada.pk}/sign-out/", headers=headers)
        assert answer.status_code == said
        assert answer.headers.get("Location") == ("/account/login/?next=/" if said == 302 else None)
        assert ada.get("/account/me/").status_code == 302


def test_what_cannot_be_read_has_a_page_of_its_own(cast: Cast):
    answer = signed_in(cast.ada).post("/account/sessions/", {f"f{number}": "" for number in range(5_001)})
    assert answer.status_code == 400
    assert "That could not be read" in answer.content.decode()


def test_nobody_ends_a_colleagues_session_by_its_number(cast: Cast):
    robin, ito = signed_in(cast.robin), signed_in(cast.ito)
    number = robin.get("/account/sessions/").context["sessions"][0].pk

    for which in (str(number), "-1", "x", "9" * 30, "\x00"):
        ito.post("/account/sessions/", {"session": which})
    ito.post("/account/sessions/", {"session": "others"})

    assert robin.get("/patients/").status_code == 200
    assert ito.get("/patients/").status_code == 200


# --- locks


def fail(user: User, client: Client, *, times: int) -> None:
    for _ in range(times):
        client.post(SIGN_IN, {"login": user.email, "password": "wrong"})


def test_a_stranger_cannot_lock_out_the_browser_one_works_with(cast: Cast):
    mine = signed_in(cast.robin)
    mine.post("/account/logout/")
    fail(cast.robin, Client(), times=8)

    assert Client().post(SIGN_IN, {"login": cast.robin.email, "password": PASSWORD}).status_code == 200
    assert mine.post(SIGN_IN, {"login": cast.robin.email, "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("is_secure", [True, False])
def test_what_it_is_known_by_goes_over_tls_alone_in_production(cast: Cast, settings: Any, is_secure: bool):
    settings.SESSION_COOKIE_SECURE = is_secure
    known = signed_in(cast.robin).cookies["cadence_known"]
    assert (bool(known["secure"]), known["httponly"], known["samesite"]) == (is_secure, True, "Lax")


def test_that_browser_has_a_lock_of_its_own(cast: Cast):
    mine = signed_in(cast.robin)
    mine.post("/account/logout/")
    fail(cast.robin, mine, times=5)

    assert mine.post(SIGN_IN, {"login": cast.robin.email, "password": PASSWORD}).status_code == 200


def test_a_known_browser_is_known_for_one_person_only_and_cannot_be_made_up(cast: Cast):
    mine = signed_in(cast.robin)
    mine.post("/account/logout/")
    fail(cast.ito, Client(), times=5)
    assert mine.post(SIGN_IN, {"login": cast.ito.email, "password": PASSWORD}).status_code == 200

    fail(cast.robin, Client(), times=5)
    forged = Client()
    forged.cookies["cadence_known"] = mine.cookies["cadence_known"].value[:-2] + "xx"
    assert forged.post(SIGN_IN, {"login": cast.robin.email, "password": PASSWORD}).status_code == 200
