"""Signing in, out, being locked out and changing a password, through the real forms."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from tests.cast import PASSWORD, Cast

SIGN_IN = "/account/login/"
NEW = "an umbrella in the desert"


@pytest.fixture(autouse=True)
def no_failures_counted_yet(db: None) -> None:
    cache.clear()


def attempt(email: str, password: str, client: Client | None = None):
    return (client or Client()).post(SIGN_IN, {"login": email, "password": password})


def trail() -> list[tuple[str, int | None]]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", "actor_id"))


def test_a_person_signs_in_with_the_e_mail_in_any_case_and_it_is_on_record(cast: Cast):
    client = Client()

    answer = attempt("Robin@Example.ORG", PASSWORD, client)

    assert (answer.status_code, answer.url) == (302, "/")
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert trail() == [("sign-in", cast.robin.pk)]


def test_a_wrong_password_is_refused_and_on_record_without_what_was_typed(cast: Cast):
    answer = attempt(cast.robin.email, "wrong")

    assert answer.status_code == 200
    assert "E-mail or password is wrong." in answer.content.decode()
    assert cast.robin.email in answer.content.decode()  # kept in the field
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.detail) == ("sign-in-failed", cast.robin.pk, "")


def test_an_unknown_e_mail_gets_the_same_words_and_is_kept_nowhere(cast: Cast):
    answer = attempt("nobody@example.org", "wrong")

    assert "E-mail or password is wrong." in answer.content.decode()
    assert AuditEvent.objects.values("action", "actor_id", "subject_id", "detail").get() == {
        "action": "sign-in-failed",
        "actor_id": None,
        "subject_id": None,
        "detail": "",
    }


def test_five_failures_lock_the_account_out_even_with_the_right_password(cast: Cast):
    for _ in range(5):
        assert "E-mail or password is wrong." in attempt(cast.robin.email, "wrong").content.decode()

    answer = attempt(cast.robin.email, PASSWORD)

    assert answer.status_code == 200
    assert "Too many failed attempts: signing in is locked for up to 15 minutes." in answer.content.decode()
    assert trail() == [*[("sign-in-failed", cast.robin.pk)] * 5, ("lock-out", cast.robin.pk)]


def test_the_lock_is_the_accounts_own_and_holds_in_any_case_and_under_any_host_name(cast: Cast):
    for _ in range(5):
        attempt(cast.robin.email, "wrong")

    assert attempt(cast.ada.email, PASSWORD).status_code == 302
    assert "Too many" in attempt("ROBIN@example.org", PASSWORD).content.decode()
    other_name = Client().post(
        SIGN_IN, {"login": cast.robin.email, "password": PASSWORD}, headers={"host": "localhost"}
    )
    assert "Too many" in other_name.content.decode()


def test_the_lock_ends_after_fifteen_minutes(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    for _ in range(5):
        attempt(cast.robin.email, "wrong")
    later = time.time() + 15 * 60 + 1

    monkeypatch.setattr(time, "time", lambda: later)

    assert attempt(cast.robin.email, PASSWORD).status_code == 302


def test_signing_in_between_failures_does_not_forget_them(cast: Cast):
    for _ in range(4):
        attempt(cast.robin.email, "wrong")
    assert attempt(cast.robin.email, PASSWORD).status_code == 302
    attempt(cast.robin.email, "wrong")

    assert "Too many" in attempt(cast.robin.email, PASSWORD).content.decode()


def test_a_closed_account_does_not_sign_in_and_loses_the_sessions_it_had(cast: Cast, sign_in: Callable[[User], Client]):
    client = sign_in(cast.robin)
    User.objects.filter(pk=cast.robin.pk).update(is_active=False)

    assert client.get(reverse("accounts:profile")).status_code == 302
    answer = attempt(cast.robin.email, PASSWORD)
    assert (answer.status_code, answer.url) == (302, "/account/inactive/")
    assert trail() == [("sign-in-failed", cast.robin.pk)]


def test_signing_out_is_a_post(cast: Cast, sign_in: Callable[[User], Client]):
    client = sign_in(cast.robin)

    assert client.get("/account/logout/").status_code == 200  # asks
    assert client.get(reverse("accounts:profile")).status_code == 200
    answer = client.post("/account/logout/")

    assert (answer.status_code, answer.url) == (302, SIGN_IN)
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert trail() == [("sign-out", cast.robin.pk)]


def test_a_person_changes_the_password_and_stays_signed_in_here_only(cast: Cast, sign_in: Callable[[User], Client]):
    here, elsewhere = sign_in(cast.robin), sign_in(cast.robin)

    answer = here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert (answer.status_code, answer.url) == (302, reverse("accounts:profile"))
    assert here.get(reverse("accounts:profile")).status_code == 200
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert trail() == [("password-changed", cast.robin.pk)]
    assert attempt(cast.robin.email, PASSWORD).status_code == 200
    assert attempt(cast.robin.email, NEW).status_code == 302


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"oldpassword": "wrong", "password1": NEW, "password2": NEW}, "oldpassword"),
        ({"oldpassword": PASSWORD, "password1": NEW, "password2": "something else here"}, "password2"),
        ({"oldpassword": PASSWORD, "password1": "short", "password2": "short"}, "password1"),
        ({"oldpassword": PASSWORD, "password1": "123456789012", "password2": "123456789012"}, "password1"),
        ({"oldpassword": PASSWORD, "password1": "robin@example.org", "password2": "robin@example.org"}, "password1"),
    ],
)
def test_a_password_that_will_not_do_is_refused_beside_its_field(
    cast: Cast, sign_in: Callable[[User], Client], typed: dict[str, str], field: str
):
    answer = sign_in(cast.robin).post("/account/password/change/", typed)

    assert list(answer.context["form"].errors) == [field]
    assert not AuditEvent.objects.exists()


def test_a_forgotten_password_is_replaced_by_a_link_which_ends_a_lock_out_and_works_once(cast: Cast):
    for _ in range(5):
        attempt(cast.robin.email, "wrong")
    client = Client()

    client.post("/account/password/reset/", {"email": cast.robin.email})
    (message,) = mail.outbox
    assert message.subject == "Cadence: Choose your password"
    link = re.search(r"http://testserver(/account/password/reset/key/\S+)", message.body).group(1)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    answer = client.post(form, {"password1": NEW, "password2": NEW})

    assert answer.url == "/account/password/reset/key/done/"
    assert attempt(cast.robin.email, NEW).status_code == 302
    assert trail()[-2:] == [("password-changed", cast.robin.pk), ("sign-in", cast.robin.pk)]
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_a_link_for_an_unknown_e_mail_gets_the_same_answer_and_sends_nothing(cast: Cast):
    known = Client().post("/account/password/reset/", {"email": cast.robin.email})
    assert len(mail.outbox) == 1
    unknown = Client().post("/account/password/reset/", {"email": "nobody@example.org"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("page", ["signup/", "email/", "login/code/confirm/"])
def test_nobody_signs_up_or_changes_the_e_mail_they_sign_in_with(
    cast: Cast, sign_in: Callable[[User], Client], page: str
):
    assert sign_in(cast.robin).post(f"/account/{page}", {"email": "eve@example.org"}).status_code == 404
    assert Client().get(f"/account/{page}").status_code == 404


def test_the_administration_pages_have_no_sign_in_of_their_own(cast: Cast):
    answer = Client().post("/admin/login/", {"username": cast.ada.email, "password": PASSWORD})

    assert answer.status_code == 302
    assert answer.url.startswith(SIGN_IN)


def test_confirming_it_is_you_takes_ones_own_password_only(cast: Cast, sign_in: Callable[[User], Client]):
    client = sign_in(cast.robin)

    assert client.post("/account/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
