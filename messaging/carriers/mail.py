"""E-mail through Django's backends: a mail server (EMAIL_URL), or a provider that django-anymail knows."""

from __future__ import annotations

import smtplib
from email.utils import formataddr, parseaddr
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import BadHeaderError, EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from messaging.carriers.carrier import Accepted, Later, NotReachableError, Outgoing, Perhaps, Receipt, Refused

SMTP = "django.core.mail.backends.smtp.EmailBackend"
WRONG_ADDRESS = "The mail server refused the address."
BROKE_OFF = "The connection broke while it was being handed over."


class _Noting:
    """Notes when the text of a message begins to go out: what breaks before that has handed nothing over."""

    text_begun = False

    def data(self, msg: Any) -> Any:
        self.text_begun = True
        return super().data(msg)  # type: ignore[misc]


class _Smtp(_Noting, smtplib.SMTP):
    pass


class _SmtpOverTls(_Noting, smtplib.SMTP_SSL):
    pass


class SmtpBackend(EmailBackend):
    """Django's, with a connection that notes how far it came."""

    @property
    def connection_class(self) -> Any:
        return _SmtpOverTls if self.use_ssl else _Smtp


class MailCarrier:
    def __init__(self) -> None:
        is_smtp = settings.EMAIL_BACKEND == SMTP
        self.backend: Any = SmtpBackend() if is_smtp else get_connection()

    def open(self) -> None:
        try:
            if self._smtp() is not None and not self._still_there():
                self.close()
            self.backend.open()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise NotReachableError(f"The mail server does not answer ({type(error).__name__}).") from error

    def hand_over(self, outgoing: Outgoing) -> Receipt:
        address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        mail = EmailMessage(
            subject=outgoing.subject,
            body=outgoing.body,
            from_email=formataddr((outgoing.sender_name, address)),
            to=[outgoing.to],
            headers={"Message-ID": outgoing.mark, "Auto-Submitted": "auto-generated"},
            connection=self.backend,
        )
        # Anymail gives it back with its reports; nobody else reads it.
        mail.metadata = {"message": str(outgoing.reference)}  # type: ignore[attr-defined]
        smtp = self._smtp()
        if smtp is not None:
            smtp.text_begun = False
        try:
            self.backend.send_messages([mail])
        except (smtplib.SMTPException, OSError, AnymailError, ValueError) as error:
            receipt = self._receipt(error)
            if not isinstance(receipt, Refused):
                self.close()
            return receipt
        status = getattr(mail, "anymail_status", None)
        return Accepted(str(getattr(status, "message_id", None) or outgoing.mark))

    def close(self) -> None:
        try:
            self.backend.close()
        except (OSError, smtplib.SMTPException):
            self.backend.connection = None

    def _receipt(self, error: Exception) -> Receipt:
        if isinstance(error, AnymailError):
            return _provider_receipt(error)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            codes = [code for code, _ in error.recipients.values()]
            return _answered(min(codes, default=550), WRONG_ADDRESS)
        if isinstance(error, smtplib.SMTPSenderRefused):
            return _answered(error.smtp_code, "The mail server refused us as the sender.")
        if isinstance(error, smtplib.SMTPResponseException):
            return _answered(error.smtp_code, "The mail server refused the message.")
        if isinstance(error, smtplib.SMTPNotSupportedError | BadHeaderError | ValueError) and not isinstance(
            error, OSError
        ):
            return Refused("The address cannot be written to by e-mail.")
        smtp = self._smtp()
        if smtp is not None and not smtp.text_begun:
            return Later(f"The mail server went away ({type(error).__name__}).", carrier_is_down=True)
        return Perhaps(BROKE_OFF)

    def _smtp(self) -> Any:
        return self.backend.connection if isinstance(self.backend, SmtpBackend) else None

    def _still_there(self) -> bool:
        """Servers hang up on who is silent for some minutes."""
        try:
            return bool(self.backend.connection.noop()[0] == 250)
        except (OSError, smtplib.SMTPException):
            return False


def _answered(code: int, words: str) -> Receipt:
    """What a reply of the server means: 4xx is for another time, 5xx for ever. Either way it took nothing."""
    if 400 <= code < 500:
        return Later(f"{words} It says: try again later ({code}).", carrier_is_down=code == 421)
    return Refused(f"{words} ({code})")


def _provider_receipt(error: AnymailError) -> Receipt:
    if isinstance(error, AnymailRecipientsRefused | AnymailInvalidAddress):
        return Refused("The mail provider refused the address.")
    if not isinstance(error, AnymailAPIError):
        return Refused(f"The mail provider cannot take this ({type(error).__name__}).")
    return http_receipt(error.status_code, error, who="The mail provider")


def http_receipt(status: int | None, error: Exception | None, *, who: str) -> Receipt:
    """What became of a message that a provider answered with that status, or not at all."""
    if status is None:
        if isinstance(error, requests.ConnectTimeout) or never_connected(error):
            return Later(f"{who} does not answer.", carrier_is_down=True)
        return Perhaps(BROKE_OFF)
    if status in (429, 503):
        return Later(f"{who} says: try again later ({status}).", carrier_is_down=True)
    if status in (401, 403):
        return Later(f"{who} does not know us ({status}): check its settings.", carrier_is_down=True)
    if 400 <= status < 500:
        return Refused(f"{who} refused the message ({status}).")
    return Perhaps(f"{who} failed while it took the message ({status}).")


def never_connected(error: BaseException | None) -> bool:
    """Whether no connection came about at all, so that nothing can have gone out."""
    from urllib3.exceptions import NewConnectionError

    while error is not None:
        if isinstance(error, NewConnectionError):
            return True
        reason = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
        error = reason or getattr(error, "reason", None) or error.__cause__
    return False
