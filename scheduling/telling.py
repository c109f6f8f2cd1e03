"""Whether a patient is told of what the desk does to a visit, and how the desk is told that, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from messaging.actions.queue import Reach
from messaging.models import Message
from messaging.rules.channels import CHANNEL_WORDS, LETTER
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.reminders import WENT_OUT, notices_about


@dataclass(frozen=True)
class Telling:
    """What stands at the tick "tell the patient": on which channel, or why there is nothing to tick."""

    channel: str | None
    words: str


def telling_of(patient: Patient, *, on: date, said: Iterable[Mapping[str, Any]] | None = None) -> Telling:
    """Whether the patient may be told on that day; one query, none where `said` has their `consents_said`."""
    reach = Reach.of([patient]) if said is None else Reach.by_said(patient, said)
    choice = reach.choice(patient, on=on)
    if choice.channel is None:
        return Telling(None, f"No message goes to the patient. {choice.why}")
    if choice.channel == LETTER:
        return Telling(LETTER, "Tell the patient by letter, which waits to be printed")
    return Telling(choice.channel, f"Tell the patient by {CHANNEL_WORDS[choice.channel]}")


@dataclass(frozen=True)
class Told:
    """What stands beside a visit that was just moved: whether its patient is told, and whether that can be changed."""

    telling: Telling
    is_told: bool
    went_out: bool
    words: str


def told_of(appointment: Appointment, *, now: datetime) -> Told:
    """How it stands with telling the patient of that visit; at most five queries."""
    statuses = set(notices_about(appointment).values_list("status", flat=True))
    is_told, went_out = Message.Status.QUEUED in statuses, bool(statuses & set(WENT_OUT))
    telling = telling_of(appointment.patient, on=appointment.site.today(now=now))
    return Told(telling, is_told, went_out, told_words(appointment, now=now) if is_told else "")


def told_words(appointment: Appointment, *, now: datetime) -> str:
    """After it was wished: by what and when the patient is told of the visit as it stands now, or why not."""
    message = notices_about(appointment).filter(status=Message.Status.QUEUED).order_by("-pk").first()
    site = appointment.site
    if message is None:
        telling = telling_of(appointment.patient, on=site.today(now=now))
        return telling.words if telling.channel is None else "No message goes to the patient: it would come too late."
    if message.channel == LETTER:
        return "A letter to the patient waits to be printed."
    at = site.localtime(message.send_after)
    day = "" if at.date() == site.today(now=now) else f" on {at:%a} {at.day} {at:%b}"
    return f"The patient is told by {CHANNEL_WORDS[message.channel]}{day} at {at:%H:%M}."
