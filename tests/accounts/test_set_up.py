"""The first site and the first administrator of an installation without a demo clinic."""

from __future__ import annotations

import threading

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse

from accounts.actions import AlreadySetUpError, end_sessions, set_up_clinic
from accounts.middleware import SetUpMiddleware
from accounts.models import Site, User
from audit.models import AuditEvent

PAGE = "/set-up/"
FILLED_IN = {
    "site_name": "Harbour Clinic",
    "time_zone": "America/New_York",
    "name": "Ada Brandt",
    "email": "Ada@Example.org",
    "password1": "an umbrella in the desert",
    "password2": "an umbrella in the desert",
}


@pytest.fixture
def nobody_yet(db: None, clinic_is_set_up: None) -> None:
    SetUpMiddleware.done = False


@pytest.mark.parametrize("path", ["/", "/account/login/", "/staff/", "/patients/", "/admin/", "/nothing-here/"])
def test_every_page_leads_there_while_there_is_no_user(nobody_yet: None, client: Client, path: str):
    answer = client.get(path)

    assert (answer.status_code, answer.url) == (302, PAGE)


def test_the_health_check_answers_all_the_same(nobody_yet: None, client: Client):
    assert client.get("/health/").status_code == 200


def test_it_makes_a_site_and_an_administrator_who_is_signed_in(nobody_yet: None, client: Client):
    assert client.get(PAGE).status_code == 200

    answer = client.post(PAGE, FILLED_IN)

    assert (answer.status_code, answer.url) == (302, reverse("accounts:staff-list"))
    site, ada = Site.objects.get(), User.objects.get()
    assert (site.name, site.time_zone) == ("Harbour Clinic", "America/New_York")
    assert (ada.email, ada.name, ada.roles, ada.is_superuser) == (
        "ada@example.org",
        "Ada Brandt",
        ["administrator"],
        False,
    )
    assert list(ada.sites.all()) == [site]
    page = client.get(answer.url, follow=True)
    assert page.redirect_chain == [("/account/second-factor/", 302)], "an administrator needs a second factor"
    assert "Cadence is set up" in page.content.decode()
    assert AuditEvent.objects.filter(actor_id=ada.pk, detail="set up this installation").exists()
    assert end_sessions(user=ada, by=ada) == 1
    assert client.get("/account/me/").url.startswith("/account/login/"), "signed out everywhere means here too"


def test_the_new_administrator_signs_in_with_what_was_typed(nobody_yet: None, client: Client):
    client.post(PAGE, FILLED_IN)

    answer = Client().post("/account/login/", {"login": "ada@example.org", "password": FILLED_IN["password1"]})

    assert (answer.status_code, answer.url) == (302, "/")


def test_afterwards_the_page_is_gone(nobody_yet: None, client: Client):
    client.post(PAGE, FILLED_IN)

    assert Client().get(PAGE).status_code == 404
    assert Client().post(PAGE, FILLED_IN | {"email": "eve@example.org"}).status_code == 404
    assert Client().get("/staff/").url == "/account/login/?next=/staff/"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"site_name": ""}, "site_name", "This field is required."),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Select a valid choice"),
        ({"time_zone": ""}, "time_zone", "This field is required."),
        ({"name": ""}, "name", "This field is required."),
        ({"email": "ada"}, "email", "Enter a valid email address."),
        ({"password2": "something else"}, "password2", "The two passwords differ."),
        ({"password1": "short", "password2": "short"}, "password1", "too short"),
        ({"password1": "123456789012", "password2": "123456789012"}, "password1", "entirely numeric"),
        ({"password1": "ada@example.org", "password2": "ada@example.org"}, "password1", "too similar"),
    ],
)
def test_bad_input_is_told_beside_the_field_and_nothing_is_made(
    nobody_yet: None, client: Client, wrong: dict[str, str], field: str, words: str
):
    answer = client.post(PAGE, FILLED_IN | wrong)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.context["form"].errors[field][0]
    if "site_name" not in wrong:
        assert 'value="Harbour Clinic"' in answer.content.decode()
    assert not Site.objects.exists()
    assert not User.objects.exists()


def test_a_process_that_has_seen_a_user_asks_no_more(nobody_yet: None, client: Client, django_assert_num_queries):
    User.objects.create_user("ada@example.org", None, name="Ada Brandt")
    with django_assert_num_queries(1):
        client.get("/staff/")
    with django_assert_num_queries(0):
        client.get("/staff/")


@pytest.mark.django_db(transaction=True)
def test_two_who_set_up_at_once_become_one_who_did_and_one_who_is_told():
    start = threading.Barrier(2)
    outcome: list[object] = []

    def set_up(number: int) -> None:
        start.wait()
        try:
            outcome.append(
                set_up_clinic(
                    site_name=f"Clinic {number}",
                    time_zone="America/New_York",
                    name=f"Administrator {number}",
                    email=f"a{number}@example.org",
                    password="an umbrella in the desert",
                )
            )
        except AlreadySetUpError as error:
            outcome.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=set_up, args=[number]) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    close_old_connections()

    assert sorted(type(result).__name__ for result in outcome) == ["AlreadySetUpError", "User"]
    assert (User.objects.count(), Site.objects.count()) == (1, 1)
