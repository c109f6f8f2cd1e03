"""A message's words: its template filled for one patient, when it is sent, so that a changed text counts at once."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from messaging.actions.links import make_link
from messaging.actions.queue import addresses_of, contact_policy
from messaging.models import ContactPolicy, Message, MessageTemplate, PatientLink, Purpose
from messaging.rules.channels import LETTER, TEXT
from messaging.rules.wording import MissingValueError, clinic_name, fill, for_text_message, health_words, placeholders

LEFT_OUT = "…"

LINK_PURPOSES = {
    Purpose.REMINDER: PatientLink.Purpose.APPOINTMENT,
    Purpose.BOOKED: PatientLink.Purpose.APPOINTMENT,
    Purpose.MOVED: PatientLink.Purpose.APPOINTMENT,
    Purpose.RECALL: PatientLink.Purpose.BOOKING,
    Purpose.WAITING_OFFER: PatientLink.Purpose.WAITING_OFFER,
    Purpose.QUESTIONNAIRE: PatientLink.Purpose.QUESTIONNAIRE,
}
# A page to fill in day by day is sent with the words of questions.
DIARY_ABOUT = "diary"


class NoWordsError(Exception):
    """There is no text that may be sent; the message says why and names no patient."""


@dataclass(frozen=True)
class Words:
    """What is sent, and what is kept of it: `kept` lacks the link's secret."""

    template: MessageTemplate
    sender_name: str
    subject: str
    body: str
    kept: str


def template_for(message: Message) -> MessageTemplate | None:
    """The text for a message: of its language, else the English one; of its attempt, else of the latest before it."""
    attempt = max(message.attempt, 1) if message.purpose == Purpose.RECALL else 0
    texts = MessageTemplate.objects.filter(purpose=message.purpose, channel=message.channel, attempt__lte=attempt)
    by_language = {
        text.language: text
        for text in texts.filter(language__in=[message.language, "en"]).order_by("attempt")  # the latest stays
    }
    return by_language.get(message.language) or by_language.get("en")


def render(message: Message, *, policy: ContactPolicy | None = None) -> Words:
    """The words of a message, with a fresh link where its text has one; needs its patient and site.

    Raises NoWordsError where there is no text, one with a health word, or nothing to fill it with.
    """
    template = template_for(message)
    if template is None:
        raise NoWordsError("There is no text for this message.")
    if found := health_words(f"{template.subject} {template.body}"):
        raise NoWordsError(f"The text says something about health: {', '.join(found)}.")
    policy = policy or contact_policy(message.site)
    sender_name = clinic_name(sender_name=policy.sender_name, site_name=message.site.name, language=template.language)
    values = {
        **{name: message.values.get(name, "") for name in ("day", "time")},
        "clinic": sender_name,
        "phone": message.site.phone,
    }
    if message.channel == LETTER:
        patient = message.patient
        values["name"] = f"{patient.given_name} {patient.family_name}"
        values["address"] = "\n".join([values["name"], addresses_of(patient).get(LETTER, "").replace(", ", "\n", 1)])
    link = kept_link = ""
    if "link" in placeholders(template.body):
        link, kept_link = _link(message)
    try:
        subject = " ".join(fill(template.subject, values).split())
        body, kept = (fill(template.body, {**values, "link": url}) for url in (link, kept_link))
    except MissingValueError as error:
        raise NoWordsError(str(error)) from error
    if message.channel == TEXT:
        body, kept = for_text_message(body), for_text_message(kept)
    return Words(template=template, sender_name=sender_name, subject=subject[:200], body=body, kept=kept)


def link_url(token: str) -> str:
    """The address a patient opens."""
    return settings.CADENCE_URL + reverse("messaging:link-open", args=[token])


def _link(message: Message) -> tuple[str, str]:
    purpose = LINK_PURPOSES.get(Purpose(message.purpose))
    if purpose is None:
        raise NoWordsError("This kind of message has no link.")
    if message.about == DIARY_ABOUT:
        purpose = PatientLink.Purpose.DIARY
    _, token = make_link(
        patient=message.patient,
        site=message.site,
        purpose=purpose,
        about_id=message.about_id,
        expires_at=parse_datetime(message.values.get("link_until", "")) or message.send_before,
        message=message,
    )
    url = link_url(token)
    return url, url.replace(token, LEFT_OUT)
