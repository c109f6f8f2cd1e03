"""The database goes away while pages are open, and comes back: a calm page, nothing lost, and no restart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import psycopg2
import pytest
from django.contrib import admin
from django.db import DatabaseError, close_old_connections, connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.admin import Page
from patients.models import Patient
from tests.cast import Cast

SAID = "Cadence cannot reach its data"


class Served(Client):
    """As behind a server, which looks before each request at the connection of the one before; Client does not."""

    def request(self, **request: Any) -> Any:
        close_old_connections()
        return super().request(**request)


@pytest.fixture
def asker(transactional_db: None, cast: Cast, sign_in: Callable[[User], Client]) -> Client:
    client = Served(raise_request_exception=False)
    client.cookies = sign_in(cast.robin).cookies
    return client


@pytest.fixture
def away(transactional_db: None) -> Iterator[Callable[[], None]]:
    """A switch: the database refuses every connection and ends those there are, until the end of the test or `back`."""
    here = connection.settings_dict["NAME"]
    names = ("host", "port", "user", "password")
    others = {name: value for name, value in connection.get_connection_params().items() if name in names}

    def run(*statements: str) -> None:
        other = psycopg2.connect(dbname="postgres", **others)
        try:
            other.autocommit = True
            with other.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            other.close()

    def go() -> None:
        run(
            f'ALTER DATABASE "{here}" ALLOW_CONNECTIONS false',
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{here}'",
        )

    def back() -> None:
        run(f'ALTER DATABASE "{here}" ALLOW_CONNECTIONS true')

    go.back = back  # type: ignore[attr-defined]
    yield go
    back()
    connection.close()


def test_a_page_says_that_the_data_are_away_and_works_again_by_itself(asker: Client, away: Any) -> None:
    page = reverse("patients:patient-list")
    assert asker.get(page).status_code == 200
    away()
    for _ in range(2):  # the connection that broke, and one that cannot be made
        answer = asker.get(page)
        text = answer.content.decode()
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert SAID in text
        assert f'href="{page}"' in text
        assert "Traceback" not in text
        assert answer["X-Request-ID"]
    assert asker.get("/health/").status_code == 503
    away.back()
    assert asker.get(page).status_code == 200


def test_what_was_typed_is_sent_again_from_the_page_itself(asker: Client, away: Any, cast: Cast) -> None:
    page = reverse("patients:patient-create")
    typed = {
        "given_name": 'Ann "B"',
        "family_name": "Lee",
        "birth_date": "1990-05-04",
        "sex": "F",
        "site": str(cast.harbour.pk),
        "preferred_channel": "phone",
        "language": "en",
    }
    away()
    text = asker.post(page, typed).content.decode()
    fields = {
        unescape(name): unescape(value) for name, value in re.findall(r'hidden" name="(.*?)" value="(.*?)"', text)
    }
    assert fields == typed
    away.back()
    assert asker.post(page, fields).status_code == 302
    assert Patient.objects.filter(given_name='Ann "B"').count() == 1


@pytest.mark.parametrize(
    ("theirs", "language", "words"),
    [
        ("es-MX,es;q=0.9", "es", "Un momento, por favor"),
        ("en", "en", "One moment, please"),
        ("fr,es;q=0.5", "en", "One moment, please"),
        ("", "en", "One moment, please"),
    ],
)
def test_a_patient_is_told_in_the_language_of_the_telephone(
    away: Any, client: Client, theirs: str, language: str, words: str
) -> None:
    client.raise_request_exception = False
    away()
    answer = client.post("/l/some-token/appointment/", {"answer": "yes"}, HTTP_ACCEPT_LANGUAGE=theirs)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert f'<html lang="{language}">' in page
    assert words in page
    assert "administrator" not in page
    assert 'name="answer" value="yes"' in page


def test_a_password_is_not_written_into_the_page(away: Any, client: Client) -> None:
    client.raise_request_exception = False
    away()
    answer = client.post("/account/login/", {"login": "a@example.org", "password": "correct horse"})
    assert answer.status_code == 503
    assert "correct horse" not in answer.content.decode()


@pytest.mark.parametrize("header", ["HTTP_HX_REQUEST", "HTTP_X_BACKGROUND"])
def test_a_script_gets_a_sentence(header: str, asker: Client, away: Any) -> None:
    away()
    answer = asker.get(reverse("patients:patient-list"), **{header: "true"})
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/plain")
    assert SAID in answer.content.decode()


def test_a_server_that_goes_away_in_the_middle_of_its_answer(asker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As psycopg said it when the disk under PostgreSQL was full: no kind of error, and no code."""

    def cut_off(*arguments: Any, **options: Any) -> None:
        raise DatabaseError("server closed the connection unexpectedly") from psycopg2.DatabaseError("server closed")

    monkeypatch.setattr("patients.views.patients.render", cut_off)
    answer = asker.get(reverse("patients:patient-list"))
    assert (answer.status_code, SAID in answer.content.decode()) == (503, True)


def test_another_fault_is_said_to_be_ours(asker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patients.views.patients.render", None)
    answer = asker.get(reverse("patients:patient-list"))
    assert (answer.status_code, SAID in answer.content.decode()) == (500, False)
    assert "Something went wrong" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["idna", "utf-16", "punycode", "nonsense", "cp037"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_a_body_in_another_encoding_is_refused(client: Client, charset: str, kind: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n\xff\x80.\r\n--x--\r\n'
    client.raise_request_exception = False
    answer = client.generic("POST", "/account/login/", body, content_type=f"{kind}; charset={charset}")
    assert answer.status_code == 415
    assert client.post("/account/login/", {"login": "é"}).status_code == 200


@pytest.mark.django_db
def test_a_number_of_thousands_of_digits_is_refused_in_words(client: Client) -> None:
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": "9" * 5000})
    assert (answer.status_code, "That could not be read" in answer.content.decode()) == (400, True)


def test_nul_in_an_address_is_refused_in_words(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    answer = sign_in(cast.ito).get(reverse("outcomes:review-list"), {"figure": "cycles", "part": "a\0b"})
    assert (answer.status_code, "That could not be read" in answer.content.decode()) == (400, True)


def test_the_administration_pages_take_a_field_without_a_name_for_none(cast: Cast, sign_in: Callable[[User], Client]):
    User.objects.filter(pk=cast.ada.pk).update(is_staff=True)
    page = reverse("admin:accounts_site_change", args=[cast.harbour.pk])
    assert sign_in(cast.ada).get(page, {"_to_field": ""}).status_code == 200
    ours = {"accounts", "audit", "inventory", "outcomes", "scheduling"}
    pages = {model: pages for model, pages in admin.site._registry.items() if model.__module__.split(".")[0] in ours}
    assert {model._meta.app_label for model in pages} == ours
    assert [model for model, page in pages.items() if not isinstance(page, Page)] == []
