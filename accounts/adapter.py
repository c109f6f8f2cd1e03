from __future__ import annotations

import hmac
import logging
import time
from base64 import urlsafe_b64encode
from functools import cache
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.models import User
from audit.actions import record
from audit.models import Action

logger = logging.getLogger("accounts")

KNOWN = "cadence_known"  # the cookie of a browser in which somebody signed in
JUST_NOW = 5 * 60  # seconds
KNOWN_FOR = 180 * 24 * 60 * 60  # seconds


class StaffAdapter(DefaultAccountAdapter):
    """Signing in as staff: nobody signs up by themselves, and every failure is on record."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "E-mail or password is wrong.",
        "too_many_login_attempts": (
            "Too many failed attempts: signing in is locked for up to 15 minutes. Try again then, or ask an "
            "administrator to reset your password."
        ),
        "rate_limited": "Too many attempts. Wait some minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return f"Cadence: {subject}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Without the host name of the original: an account stays locked whatever name the server is asked by. A
        # browser in which its owner signed in before is counted by itself, so that no stranger locks it out.
        email = str(credentials.get("email", "")).strip().lower()
        return f"{email} {known}" if (known := known_browser(request, email=email)) else email

    def send_notification_mail(self, template_prefix: str, user: Any, *arguments: Any, **options: Any) -> None:
        """Tell a person that their account was changed; a mail server that is away stops nobody."""
        try:
            super().send_notification_mail(template_prefix, user, *arguments, **options | {"email": user.email})
        except (OSError, SMTPException) as error:
            logger.warning("a mail about a changed account could not be sent (%s)", type(error).__name__)

    def unlock(self, request: HttpRequest, *, email: str) -> None:
        """Forget the failures counted against an e-mail address."""
        self._delete_login_attempts_cached_email(request, email=email)

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        """Whoever signed in within the last minutes has just said who they are."""
        said = get_authentication_records(self.request, self.request.user)
        recent = any(time.time() - record["at"] < JUST_NOW for record in said)
        return not recent and bool(super().is_reauthentication_required(app=app))

    def post_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse:
        response = super().post_login(request, user, **options)
        remember_browser(request, response, email=user.email)
        return response

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record(action=Action.LOCK_OUT, by=_person(credentials))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        record(action=Action.SIGN_IN_FAILED, by=_person(credentials))

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        record(action=Action.SIGN_IN_FAILED, by=user, detail="the account is closed")
        return super().respond_user_inactive(request, user)

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        # The original looks in allauth's table of e-mail addresses, which stays empty here.
        found = self.authenticate(self.request, email=user.get_username(), password=password)
        return found is not None and found.pk == user.pk


def known_browser(request: HttpRequest, *, email: str) -> str:
    """The number of this browser if that person signed in with it before; else empty."""
    try:
        number, owner = signing.loads(request.COOKIES.get(KNOWN, ""), salt=KNOWN, max_age=KNOWN_FOR)
    except (signing.BadSignature, ValueError):
        return ""
    return str(number) if hmac.compare_digest(str(owner), email) else ""


def remember_browser(request: HttpRequest, response: HttpResponse, *, email: str) -> None:
    """Give the browser a number, signed together with the person; it opens nothing."""
    if not known_browser(request, email=email.lower()):
        value = signing.dumps([get_random_string(16), email.lower()], salt=KNOWN)
        response.set_cookie(
            KNOWN, value, max_age=KNOWN_FOR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps the secrets of second factors encrypted: who reads the database alone makes no code with them."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is wrong, or was used already. Wait for the next one.",
    }

    def encrypt(self, text: str) -> str:
        return _ciphers(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        ciphers = _ciphers(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return ciphers.decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        return "Passkey"  # until its owner names it: "work laptop"

    def _get_site_name(self) -> str:
        return "Cadence"


@cache
def _ciphers(*secrets: str) -> MultiFernet:
    keys = [hmac.digest(secret.encode(), b"cadence second factor", "sha256") for secret in secrets]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])


def _person(credentials: dict[str, Any]) -> User | None:
    """Whose account was tried, when there is one; what was typed is kept nowhere."""
    return User.objects.filter(email__iexact=str(credentials.get("email", "")).strip()).first()
