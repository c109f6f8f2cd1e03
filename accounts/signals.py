"""Puts on record what allauth and Django report about signing in. No rows but the audit's are written here."""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_changed, password_reset, password_set, user_logged_in
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.middleware import HAS_FACTOR, SEEN_AT
from audit.actions import record
from audit.models import Action


@receiver(auth.user_logged_in)
def begin_to_count(request: HttpRequest, **kwargs: Any) -> None:
    request.session[SEEN_AT] = time.time()


@receiver(user_logged_in)
def record_sign_in(user: Any, **kwargs: Any) -> None:
    record(action=Action.SIGN_IN, by=user)


@receiver(auth.user_logged_out)
def record_sign_out(user: Any, **kwargs: Any) -> None:
    if user is not None:
        record(action=Action.SIGN_OUT, by=user)


@receiver([password_changed, password_set])
def record_password_changed(user: Any, **kwargs: Any) -> None:
    record(action=Action.PASSWORD_CHANGED, by=user, subject=user)


@receiver(password_reset)
def record_password_reset(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record(action=Action.PASSWORD_CHANGED, by=user, subject=user, detail="by a link sent to their e-mail")
    get_adapter(request).unlock(request, email=user.email)


@receiver(mfa.authenticator_added)
def record_factor_added(user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    record(action=Action.SECOND_FACTOR, by=user, subject=user, detail=f"added: {_kind(authenticator)}")


@receiver(mfa.authenticator_removed)
def record_factor_removed(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    request.session.pop(HAS_FACTOR, None)
    record(action=Action.SECOND_FACTOR, by=user, subject=user, detail=f"removed: {_kind(authenticator)}")


@receiver(mfa.authenticator_reset)
def record_codes_made(user: Any, **kwargs: Any) -> None:
    record(action=Action.SECOND_FACTOR, by=user, subject=user, detail="made new recovery codes")


@receiver(mfa.authentication_failed)
def record_wrong_code(user: Any, **kwargs: Any) -> None:
    record(action=Action.SIGN_IN_FAILED, by=user, detail="wrong second factor")


def _kind(authenticator: Authenticator) -> str:
    kinds = {"totp": "authenticator app", "webauthn": "passkey", "recovery_codes": "recovery codes"}
    return kinds[authenticator.type]
