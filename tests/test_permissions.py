"""Everybody asks for every URL, and gets the answer of the access table (tests/access_table.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from accounts.permissions import Role
from tests.access_table import SIGN_IN, TABLE, Line
from tests.access_things import THINGS
from tests.cast import PASSWORD, Cast, make_cast

# URLs that are not ours, by the beginning of their names. Each group has its own tests below.
GROUPS = {
    "account_": "django-allauth: signing in and out, one's own password; see tests/accounts/test_signing_in.py",
    "admin:": "Django's administration pages, which let administrators read",
}

# What no page's title says of the cast's patients: names, day of birth, what they are treated for and how often.
TELLING = re.compile(r"Joye|Koch|Omar|D.az|1982|1970|25 Aug|migraine|session \d|message \d", re.IGNORECASE)

# What anybody may open without signing in, and why.
PUBLIC = {
    "health": "asked by load balancers; says only that the database answers",
    "health-ready": "the same, and in words what else is well; no version and no number",
    "interop:feed-ics": "a calendar program signs in nowhere; 404 without the secret of the address",
    "accounts:set-up": "there is nobody yet who could sign in; 404 as soon as there is",
    "messaging:link-open": "a patient's link: asks for the date of birth, says only the clinic's name",
    "scheduling:link-visit": "behind such a link",
    "scheduling:link-times": "behind such a link",
    "scheduling:link-offer": "behind such a link",
    "interop:link-ics": "behind such a link",
    "outcomes:link-questions": "behind such a link",
    "outcomes:link-question": "behind such a link",
    "outcomes:link-urgent": "behind such a link",
    "outcomes:link-check": "behind such a link",
    "outcomes:link-diary": "behind such a link",
    "outcomes:link-diary-day": "behind such a link",
    "messaging:mail-report": "a mail provider reports what bounced; 404 without one, 400 without the webhook's secret",
    "messaging:text-report": "the text message carrier reports; 403 without its signature",
    "accounts:session-state": "says whether this browser is signed in, as a number and a token for forms",
    "mfa_authenticate": "the second factor, between the password and being signed in",
    "mfa_login_webauthn": "signing in with a passkey",
    "account_login": "signing in",
    "account_logout": "asks whether to sign out; sends nobody's data",
    "account_inactive": "says that an account is closed",
    "account_reset_password": "a forgotten password",
    "account_reset_password_done": "says that a mail is on its way",
    "account_reset_password_from_key": "the link in that mail",
    "account_reset_password_from_key_done": "says that the password is set",
    "admin:login": "leads to the clinic's own sign-in page",
}


@dataclass(frozen=True)
class SignedIn:
    """The cast, and the session of each person who signed in."""

    cast: Cast
    sessions: dict[str, str]

    def client(self, person: str) -> Client:
        client = Client()
        if person in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[person]
        return client


@pytest.fixture(scope="module")
def everybody(kept_for_module: None) -> SignedIn:
    """Signed in once for all tests here."""
    cast = make_cast()
    User.objects.filter(pk=cast.max.pk).update(roles=list(Role))
    trainee = User.objects.create_user("tess@example.org", PASSWORD, name="Dr Tess Lang", roles=[Role.TRAINEE])
    trainee.sites.set(cast.ito.sites.all())
    people = {
        "provider": cast.ito,
        "trainee": trainee,
        "front_desk": cast.robin,
        "administrator": cast.ada,
        "stranger": cast.max,
        "deactivated": cast.okafor,
    }
    sessions = {}
    for person, user in people.items():
        client = Client()
        client.force_login(user, backend="accounts.backends.StaffBackend")
        sessions[person] = client.cookies[settings.SESSION_COOKIE_NAME].value
    User.objects.filter(pk=cast.okafor.pk).update(is_active=False, roles=list(Role))
    return SignedIn(cast, sessions)


@pytest.fixture
def signed_in(everybody: SignedIn, db: None) -> SignedIn:
    """For one test, which may change people and patients as it likes."""
    return deepcopy(everybody)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_person_gets_the_answer_of_the_table(row: Line, signed_in: SignedIn):
    cast = signed_in.cast
    url = reverse(row.name, kwargs={name: THINGS[thing](cast).pk for name, thing in row.args.items()})
    sent = row.post and {name: THINGS[text](cast).pk if text in THINGS else text for name, text in row.post.items()}

    assert {person: ask(signed_in.client(person), url, sent, row.query) for person in row.answers} == row.answers


def ask(client: Client, url: str, sent: dict[str, Any] | None, query: dict[str, str]) -> int | str:
    """The status of one request, whose changes are undone so that the next person finds everything as it was."""
    with transaction.atomic():
        response = client.get(url, query) if sent is None else client.post(url, sent, query_params=query)
        transaction.set_rollback(True)
    for title in titles(response):
        assert not TELLING.search(title), title
    if response.status_code == 302 and response.headers["Location"].startswith("/account/login/"):
        return SIGN_IN
    return response.status_code


def titles(response: Any) -> list[str]:
    """What stays of a page in the browser's history; the titles within its body name the parts of drawings."""
    if response.streaming or not response.headers["Content-Type"].startswith("text/html"):
        return []
    return re.findall(r"<title>(.*?)</title>", response.content.decode().split("<body")[0])


def test_every_url_has_its_line():
    listed = {row.name for row in TABLE}
    missing = [
        f"    Line({name!r}, {arguments(pattern)}, ..., ..., ..., ...),"
        for name, pattern in urls()
        if name not in listed and not name.startswith(tuple(GROUPS))
    ]
    assert not missing, "Add to TABLE in tests/access_table.py:\n" + "\n".join(missing).replace("'", '"')


def test_the_table_names_no_url_that_is_gone():
    assert {row.name for row in TABLE} <= {name for name, _ in urls()}


def test_nothing_else_is_open_to_people_who_have_not_signed_in():
    opened = {name for name, pattern in urls() if not getattr(pattern.callback, "login_required", True)}
    assert opened <= set(PUBLIC), "Open to anybody, and not among the exceptions"
    assert set(PUBLIC) <= opened, "Exceptions that are none"


def test_every_url_has_a_name():
    assert [pattern for name, pattern in urls() if name.endswith("?") and not name.startswith(tuple(GROUPS))] == []


@pytest.mark.parametrize("person", ["provider", "front_desk"])
def test_the_administration_pages_are_for_administrators(person: str, signed_in: SignedIn):
    client = signed_in.client(person)
    for name in ("admin:index", "admin:accounts_user_changelist", "admin:audit_auditevent_changelist"):
        response = client.get(reverse(name), follow=True)
        assert response.status_code == 403 or response.redirect_chain, name


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_administrators_change_nothing_on_the_administration_pages(action: str, signed_in: SignedIn):
    cast = signed_in.cast
    User.objects.filter(pk=cast.ada.pk).update(is_staff=True)
    url = reverse(f"admin:accounts_user_{action}", args=[] if action == "add" else [cast.robin.pk])

    assert signed_in.client("administrator").post(url, {"name": "Eve", "post": "yes"}).status_code == 403
    cast.robin.refresh_from_db()
    assert cast.robin.name == "Robin Vale"


def urls() -> Iterator[tuple[str, URLPattern]]:
    """Every URL of the site with its full name; one without a name is called by its path and a question mark."""

    def walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inner)
            else:
                yield namespace + (pattern.name or f"{pattern.pattern}?"), pattern

    return walk(get_resolver().url_patterns, "")


def arguments(pattern: URLPattern) -> str:
    return "{" + ", ".join(f'"{name}": "?"' for name in re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern))) + "}"
