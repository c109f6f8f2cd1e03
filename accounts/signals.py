"""Puts on record what allauth and Django report about signing in. No rows but the audit's are written here."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_changed, password_reset, password_set, user_logged_in
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from audit.actions import record
from audit.models import Action


@receiver(user_logged_in)
def record_sign_in(user: Any, **kwargs: Any) -> None:
    record(action=Action.SIGN_IN, by=user)


@receiver(user_logged_out)
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
