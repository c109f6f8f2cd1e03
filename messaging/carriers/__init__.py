"""Who carries a message out of the house: one carrier for each channel that is sent by itself."""

from __future__ import annotations

from messaging.carriers.carrier import (
    Accepted,
    Carrier,
    Later,
    NotReachableError,
    Outgoing,
    Perhaps,
    Receipt,
    Refused,
)
from messaging.carriers.mail import MailCarrier
from messaging.carriers.text import TextCarrier, text_carrier

__all__ = [
    "Accepted",
    "Carrier",
    "Later",
    "MailCarrier",
    "NotReachableError",
    "Outgoing",
    "Perhaps",
    "Receipt",
    "Refused",
    "TextCarrier",
    "carriers",
    "text_carrier",
]


def carriers() -> dict[str, Carrier]:
    """The carriers that the settings name, by channel; a channel without one sends nothing."""
    from django.conf import settings

    found: dict[str, Carrier] = {}
    if settings.MAIL_CARRIER:
        found["email"] = MailCarrier()
    if settings.TEXT_CARRIER:
        found["text"] = text_carrier()
    return found
