"""Second factors: who needs one, codes of an app, recovery codes, and what is on record. Passkeys have a journey."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import InvalidToken
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import SecondFactor, Site, User
from audit.models import AuditEvent
from tests.cast import PASSWORD, Cast

SIGN_IN = "/account/login/"
INDEX = "/account/second-factor/"


@pytest.fixture(autouse=True)
def no_failures_counted_yet(db: None) -> None:
    cache.clear()


def policy(value: str) -> None:
    Site.objects.update(second_factor=value)


def code(secret: str) -> str:
    """What an authenticator app shows now, by RFC 6238 with its defaults."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 0x0F)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


def app_of(user: User) -> str:
    """The secret of an app that this person has set up."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    return secret


def signed_in_with_password(user: User) -> Client:
    client = Client()
    client.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    return client


@pytest.mark.parametrize(
    ("value", "needed"),
    [("nobody", ""), ("administrators", "ada"), ("everybody", "ada ito robin")],
)
def test_who_needs_one_and_has_none_is_led_to_set_one_up(
    cast: Cast, sign_in: Callable[[User], Client], value: str, needed: str
):
    policy(value)
    led = []
    for name in ("ada", "ito", "robin"):
        answer = sign_in(getattr(cast, name)).get("/patients/")
        if answer.status_code == 302 and answer.url == INDEX:
            led.append(name)

    assert " ".join(led) == needed


def test_without_one_no_page_opens_but_those_of_the_account(cast: Cast, sign_in: Callable[[User], Client]):
    policy("everybody")
    ito = sign_in(cast.ito)

    for page in (f"/patients/{cast.joye.pk}/", "/account/me/", "/admin/", "/no/such/page/"):
        assert ito.get(page).url == INDEX, page
    assert ito.post("/patients/new/", {"given_name": "X"}).url == INDEX
    assert ito.get("/patients/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == INDEX
    assert ito.get(INDEX).status_code == 200
    assert ito.get("/account/logout/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_setting_up_an_app_opens_the_pages_and_gives_recovery_codes(cast: Cast):
    policy("everybody")
    ito = signed_in_with_password(cast.ito)
    page = ito.get("/account/second-factor/totp/activate/")
    assert page.status_code == 200, page.headers
    secret = page.context["form"].secret

    wrong = ito.post("/account/second-factor/totp/activate/", {"code": "000000"})
    assert wrong.context["form"].errors["code"] == ["This code is wrong, or was used already. Wait for the next one."]
    assert wrong.context["form"].secret == secret, "the app that was set up is still good"
    assert ito.post("/account/second-factor/totp/activate/", {"code": code(secret)}).status_code == 302

    codes = ito.get("/account/second-factor/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    assert ito.get("/patients/").status_code == 200
    details = set(AuditEvent.objects.filter(action="second-factor").values_list("detail", flat=True))
    assert "added: authenticator app" in details


def test_the_secret_is_not_in_the_database_as_it_is(cast: Cast):
    secret = app_of(cast.ito)

    kept = Authenticator.objects.get(user=cast.ito, type="totp")
    assert secret not in str(kept.data)
    with override_settings(SECRET_KEY="a new one", SECRET_KEY_FALLBACKS=[]), pytest.raises(InvalidToken):
        kept.wrap().validate_code(code(secret))


def test_signing_in_asks_for_a_code_and_takes_each_once(cast: Cast):
    secret = app_of(cast.ito)
    client = Client()

    asked = client.post(SIGN_IN, {"login": cast.ito.email, "password": PASSWORD})
    assert asked.url == "/account/second-factor/authenticate/"
    assert client.get("/patients/").status_code == 302, "the password alone opens nothing"
    wrong = client.post(asked.url, {"code": "123456"})
    assert "This code is wrong" in wrong.content.decode()
    right = code(secret)
    assert client.post(asked.url, {"code": right}).url == "/"
    assert client.get("/patients/").status_code == 200

    other = signed_in_with_password(cast.ito)
    assert "This code is wrong" in other.post(asked.url, {"code": right}).content.decode()
    failures = AuditEvent.objects.filter(action="sign-in-failed", actor_id=cast.ito.pk, detail="wrong second factor")
    assert failures.count() == 2


def test_guessing_codes_is_stopped(cast: Cast):
    secret = app_of(cast.ito)
    client = signed_in_with_password(cast.ito)
    for _ in range(10):
        client.post("/account/second-factor/authenticate/", {"code": "123456"})

    answer = client.post("/account/second-factor/authenticate/", {"code": code(secret)})

    assert answer.status_code == 200
    assert "Too many" in answer.content.decode()


def test_an_administrator_helps_when_a_telephone_is_lost(cast: Cast, sign_in: Callable[[User], Client]):
    policy("everybody")
    app_of(cast.robin)
    app_of(cast.ada)
    robin = sign_in(cast.robin)
    assert robin.get("/patients/").status_code == 200

    sign_in(cast.ada).post(f"/staff/{cast.robin.pk}/sign-out/", {"factors": "1"})

    assert not Authenticator.objects.filter(user=cast.robin).exists()
    again = signed_in_with_password(cast.robin)
    assert again.get("/patients/").url == INDEX
    event = AuditEvent.objects.get(action="second-factor", actor_id=cast.ada.pk)
    assert event.subject_id == cast.robin.pk


def test_who_removes_their_last_one_is_led_back(cast: Cast):
    policy("everybody")
    secret = app_of(cast.ito)
    client = signed_in_with_password(cast.ito)
    client.post("/account/second-factor/authenticate/", {"code": code(secret)})
    assert client.get("/patients/").status_code == 200

    client.post("/account/second-factor/totp/deactivate/")

    assert client.get("/patients/").url == INDEX


def test_nobody_is_offered_in_no_form(cast: Cast, sign_in: Callable[[User], Client]):
    policy("administrators")
    app_of(cast.ada)
    page = reverse("accounts:site-edit", args=[cast.harbour.pk])
    ada = sign_in(cast.ada)
    sent = {"name": "Harbour", "time_zone": "America/New_York", "version": 1, "idle_minutes": 15}

    assert "nobody" not in dict(ada.get(page).context["form"].fields["second_factor"].choices)
    assert ada.post(page, {**sent, "second_factor": "nobody"}).status_code == 422
    assert ada.post(page, {**sent, "second_factor": SecondFactor.EVERYBODY}).status_code == 302


@pytest.mark.parametrize("minutes", ["4", "61", "-1", "x", ""])
def test_idle_minutes_are_from_5_to_60(cast: Cast, sign_in: Callable[[User], Client], minutes: str):
    page = reverse("accounts:site-edit", args=[cast.harbour.pk])
    sent = {"name": "H", "time_zone": "America/New_York", "version": 1, "second_factor": "nobody"}

    answer = sign_in(cast.ada).post(page, {**sent, "idle_minutes": minutes})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["idle_minutes"]


def test_on_the_machine_itself_the_last_administrator_is_helped(cast: Cast, capsys: pytest.CaptureFixture[str]):
    app_of(cast.ada)

    call_command("remove_second_factors", "ADA@example.org")

    assert "1 removed" in capsys.readouterr().out
    assert not Authenticator.objects.exists()
    assert AuditEvent.objects.get(action="second-factor").subject_id == cast.ada.pk
    with pytest.raises(CommandError, match="Nobody has this"):
        call_command("remove_second_factors", "nobody@example.org")


@pytest.mark.django_db(transaction=True)
def test_a_changed_account_is_told_to_its_owner_and_a_mail_server_that_is_away_stops_nobody(cast: Cast, settings: Any):
    ito = signed_in_with_password(cast.ito)
    new = {"oldpassword": PASSWORD, "password1": "an umbrella in the desert", "password2": "an umbrella in the desert"}
    ito.post("/account/password/change/", new, REMOTE_ADDR="203.0.113.5")
    secret = ito.get("/account/second-factor/totp/activate/").context["form"].secret
    ito.post("/account/second-factor/totp/activate/", {"code": code(secret)})

    assert [message.to for message in mail.outbox] == [[cast.ito.email]] * 2
    assert "Your password has been changed." in mail.outbox[0].body
    assert "network address 203.0.113.5" in mail.outbox[0].body
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody answers there
    again = {"oldpassword": new["password1"], "password1": PASSWORD, "password2": PASSWORD}
    assert ito.post("/account/password/change/", again).status_code == 302


def test_a_passkey_is_renamed_within_bounds(cast: Cast):
    robin = Client()
    robin.post("/account/login/", {"login": cast.robin.email, "password": PASSWORD})
    key = Authenticator.objects.create(user=cast.robin, type="webauthn", data={"name": "Passkey"})
    page = f"/account/second-factor/webauthn/keys/{key.pk}/edit/"

    for bad in ("", "x" * 61, "a\x00b"):
        robin.post(page, {"name": bad})
        key.refresh_from_db()
        assert key.wrap().name == "Passkey"
    robin.post(page, {"name": "Work laptop"})

    key.refresh_from_db()
    assert key.wrap().name == "Work laptop"


def test_too_many_attempts_are_said_in_our_words(cast: Cast):
    cache.clear()
    robin = Client()
    robin.post("/account/login/", {"login": cast.robin.email, "password": PASSWORD})
    for _ in range(6):
        answer = robin.post("/account/second-factor/totp/activate/", {"code": "000000"})
    assert "Too many attempts. Wait some minutes, then try again." in answer.content.decode()
