"""What the demo clinic wrote to its patients: who agreed, what was sent, and what did not arrive."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from messaging.actions.delivery import not_delivered, perhaps_sent
from messaging.actions.queue import Reach, addresses_of
from messaging.actions.rendering import render
from messaging.actions.sending import LOST
from messaging.models import ContactConsent, ContactPolicy, Message, Purpose
from messaging.rules.quiet import wall_moment
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.reminders import ABOUT, REMIND_AT, plan_reminders, reminder_once

if TYPE_CHECKING:
    from clinic.demo.history import History

Status = Message.Status

# So far back messages are told of, and so long before a visit it was booked.
WEEKS_BACK = timedelta(weeks=2)
BOOKED_BEFORE = timedelta(weeks=6)
MOST = 40


def write_messages(history: History) -> None:
    """Policies, consents, the reminders of the last weeks with three that went wrong, and those of the next day."""
    rng = Random(f"{history.seed} messages")
    for site in history.team.sites.values():
        ContactPolicy.objects.create(site=site, quiet_until=time(8, 30))
    _ask_for_consent(history, rng)
    # The actions can only say that a visit is booked now; reminders go to those who booked before.
    Appointment.objects.filter(starts_at__gt=history.now).update(created_at=history.now - BOOKED_BEFORE)
    sent = _reminders_of_the_past(history)
    _go_wrong(sent, now=history.now)
    planned = plan_reminders(now=history.now)
    history.report(f"{len(sent)} messages sent, {planned} waiting")


def _ask_for_consent(history: History, rng: Random) -> None:
    consents = []
    for patient in Patient.objects.order_by("pk"):
        for channel, address in (("email", patient.email), ("text", patient.phone)):
            wanted = patient.preferred_channel == channel
            if address and (wanted or rng.random() < 0.7):
                said = wanted or rng.random() < 0.85
                consents.append(
                    ContactConsent(
                        patient=patient, channel=channel, agreed=said, how="Asked at the desk.", by=history.team.desk
                    )
                )
    ContactConsent.objects.bulk_create(consents)
    ContactConsent.objects.update(at=history.now - BOOKED_BEFORE)


def _reminders_of_the_past(history: History) -> list[Message]:
    visits = list(
        # Those of today too, whatever the hour: they were reminded yesterday.
        Appointment.objects.filter(
            starts_at__gt=history.now - WEEKS_BACK, starts_at__lt=history.now + timedelta(days=1)
        )
        .exclude(status__in=["cancelled", "moved"])
        .select_related("patient", "site")
        .order_by("starts_at", "pk")[:MOST]
    )
    reach = Reach.of(visit.patient for visit in visits)
    sent: list[Message] = []
    for visit in visits:
        at = wall_moment(visit.on - timedelta(days=1), REMIND_AT, zone=visit.site.zone())
        if at >= history.now:
            continue
        message = reach.message(
            patient=visit.patient, site=visit.site, purpose=Purpose.REMINDER, about=ABOUT, about_id=visit.pk,
            once=reminder_once(visit, 1), send_after=at, send_before=visit.starts_at,
            values={"starts_at": visit.starts_at, "link_until": visit.starts_at}, now=at,
        )  # fmt: skip
        if message is None:
            continue
        message.save()
        go_out(message, at=at + timedelta(minutes=len(sent) % 7, seconds=4))
        sent.append(message)
    return sent


def go_out(message: Message, *, at: datetime) -> None:
    """As when the courier had sent it then."""
    words = render(message)
    message.status, message.sent_at, message.claimed_at, message.tries = Status.SENT, at, at, 1
    message.sent_to = addresses_of(message.patient).get(message.channel, "")
    message.template, message.template_version = words.template, words.template.version
    message.subject, message.body = words.subject, words.kept
    message.save()


def _go_wrong(sent: list[Message], *, now: datetime) -> None:
    """The three ways a message ends up with a person."""
    ways = (
        (Status.BOUNCED, "The mail provider reports that it came back."),
        (Status.FAILED, "The mail server refused the address. (550)"),
        (Status.UNKNOWN, LOST),
    )
    for message, (status, why) in zip(reversed(sent), ways, strict=False):
        message.status = status
        if status != Status.BOUNCED:
            message.sent_at = None
        message.save()
        tell = perhaps_sent if status == Status.UNKNOWN else not_delivered
        tell(message, why=why, now=now)
