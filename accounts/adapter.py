from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User
from audit.actions import record
from audit.models import Action


class StaffAdapter(DefaultAccountAdapter):
    """Signing in as staff: nobody signs up by themselves, and every failure is on record."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "E-mail or password is wrong.",
        "too_many_login_attempts": (
            "Too many failed attempts: signing in is locked for up to 15 minutes. Try again then, or ask an "
            "administrator to reset your password."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return f"Cadence: {subject}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Without the host name of the original: an account stays locked whatever name the server is asked by.
        return str(credentials.get("email", "")).strip().lower()

    def unlock(self, request: HttpRequest, *, email: str) -> None:
        """Forget the failures counted against an e-mail address."""
        self._delete_login_attempts_cached_email(request, email=email)

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


def _person(credentials: dict[str, Any]) -> User | None:
    """Whose account was tried, when there is one; what was typed is kept nowhere."""
    return User.objects.filter(email__iexact=str(credentials.get("email", "")).strip()).first()
