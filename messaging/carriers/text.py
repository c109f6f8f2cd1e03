"""Text messages: the one carrier, Twilio, by its REST API.

https://www.twilio.com/docs/messaging/api/message-resource and .../usage/security#validating-requests
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

import requests
from django.conf import settings
from django.urls import reverse

from messaging.carriers.carrier import Accepted, Carrier, Outgoing, Receipt, Refused
from messaging.carriers.mail import http_receipt

TIMEOUT = (10, 30)  # seconds to connect, and to answer

# https://www.twilio.com/docs/api/errors: what is the number's fault, in words.
REFUSALS: Mapping[int, str] = {
    21211: "This is no telephone number.",
    21408: "Text messages to this country are not allowed.",
    21610: "The patient replied STOP.",
    21612: "This number cannot be reached from ours.",
    21614: "This is no mobile number.",
    30003: "The phone was off or out of reach.",
    30004: "The phone blocks our messages.",
    30005: "Nobody has this number.",
    30006: "This number takes no text messages.",
    30007: "A phone company filtered the message out.",
}
STOPPED = 21610


class TextCarrier:
    """Twilio. Each message asks for reports at our own address, with our number of it."""

    def __init__(self) -> None:
        self.session: requests.Session | None = None

    def open(self) -> None:
        if self.session is None:
            self.session = requests.Session()
            self.session.auth = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)

    def hand_over(self, outgoing: Outgoing) -> Receipt:
        self.open()
        assert self.session is not None  # noqa: S101 - open() made it
        form = {"To": outgoing.to, "Body": outgoing.body, "StatusCallback": report_url(outgoing.reference)}
        if settings.TWILIO_MESSAGING_SERVICE:
            form["MessagingServiceSid"] = settings.TWILIO_MESSAGING_SERVICE
        else:
            form["From"] = settings.TWILIO_FROM
        url = f"{settings.TWILIO_API_URL}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json"
        try:
            answer = self.session.post(url, data=form, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            self.close()
            return http_receipt(None, error, who="The text message carrier")
        content = _content(answer)
        if answer.status_code in (200, 201):
            return Accepted(str(content.get("sid", "")))
        code = content.get("code")
        if answer.status_code == 400 and isinstance(code, int):
            why = REFUSALS.get(code, "The text message carrier refused the message.")
            return Refused(f"{why} ({code})", unsubscribed=code == STOPPED)
        return http_receipt(answer.status_code, None, who="The text message carrier")

    def close(self) -> None:
        if self.session is not None:
            self.session.close()
            self.session = None


def text_carrier() -> Carrier:
    return TextCarrier()


def report_url(reference: int) -> str:
    """Where the carrier reports what became of our message of that number."""
    return settings.CADENCE_URL + reverse("messaging:text-report", args=[reference])


def signature(url: str, form: Mapping[str, str], *, token: str) -> str:
    """How Twilio signs a report: the address and every field, by name, under the account's token."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_signed(url: str, form: Mapping[str, str], given: str) -> bool:
    expected = signature(url, form, token=settings.TWILIO_AUTH_TOKEN)
    return bool(settings.TWILIO_AUTH_TOKEN) and hmac.compare_digest(expected.encode(), given.encode())


def _content(answer: requests.Response) -> dict[str, object]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
