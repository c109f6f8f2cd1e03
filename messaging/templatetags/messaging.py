"""How messages and consents to be contacted look on pages of other apps too. Nothing here decides anything."""

from __future__ import annotations

from typing import Any

from django import template

from messaging.actions.queue import addresses_of
from messaging.models import ContactConsent, Message
from messaging.rules.channels import ADDRESS_WORDS, CHANNEL_WORDS, LETTER
from patients.models import Patient

register = template.Library()

# Each state's look: one of the shapes and colours of the site's states, so that none is told by colour alone.
LOOKS = {
    Message.Status.QUEUED: "opening",
    Message.Status.SENDING: "opening",
    Message.Status.SENT: "booked",
    Message.Status.UNKNOWN: "due",
    Message.Status.FAILED: "overdue",
    Message.Status.BOUNCED: "overdue",
    Message.Status.CANCELLED: "closed",
}


@register.filter
def look(status: str) -> str:
    """The site's state whose colour and shape a message's state borrows."""
    return LOOKS[Message.Status(status)]


@register.filter
def channel_words(channel: str) -> str:
    return CHANNEL_WORDS.get(channel, channel)


@register.simple_tag
def contact_consents(patient: Patient) -> dict[str, Any]:
    """Per channel what the patient said last, and everything said before; one query."""
    said = list(ContactConsent.objects.filter(patient=patient).select_related("by"))
    latest: dict[str, ContactConsent] = {}
    for consent in said:
        latest.setdefault(consent.channel, consent)
    addresses = addresses_of(patient) | ({"phone": patient.phone} if patient.phone else {})
    channels = [
        {
            "key": channel,
            "words": label,
            "needs": channel != LETTER,
            "latest": latest.get(channel),
            "address": addresses.get(channel, ""),
            "lacks": "" if channel in addresses else ADDRESS_WORDS.get(channel, "no telephone number"),
            "preferred": channel == patient.preferred_channel,
        }
        for channel, label in Patient.Channel.choices
    ]
    return {"channels": channels, "history": said, "warning": _warning(patient, latest, addresses)}


def _warning(patient: Patient, latest: dict[str, ContactConsent], addresses: dict[str, str]) -> str:
    """Why the patient cannot be reached as they wish, in words; "" where they can."""
    channel = patient.preferred_channel
    words = CHANNEL_WORDS.get(channel, "phone")
    if channel not in addresses:
        return f"Wants to be reached by {words}, and there is {ADDRESS_WORDS.get(channel, 'no telephone number')}."
    if channel in (LETTER, Patient.Channel.PHONE):
        if channel in latest and not latest[channel].agreed:
            return f"Wants to be reached by {words}, and did not agree to it."
        return ""
    if channel not in latest:
        return f"Wants to be reached by {words}, and was not asked whether they agree to it: nothing is sent."
    return (
        "" if latest[channel].agreed else f"Wants to be reached by {words}, and did not agree to it: nothing is sent."
    )
