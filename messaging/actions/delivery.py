"""What became of a message: not delivered, perhaps sent, and what carriers report later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from audit.actions import record
from messaging.models import ContactConsent, Message
from messaging.rules.channels import CHANNEL_WORDS
from patients.actions.tasks import open_task
from patients.models import Task

Status = Message.Status

# The states in which a carrier's later word still changes something.
_OPEN_TO_REPORTS = (Status.SENDING, Status.SENT, Status.UNKNOWN)


def not_delivered(message: Message, *, why: str, now: datetime) -> Task:
    """Keep why a message did not arrive, and put it on the list of tasks. Its status is the caller's."""
    _keep(message, why)
    return _task(message, Task.Kind.MESSAGE_FAILED, "did not arrive", why, now=now)


def perhaps_sent(message: Message, *, why: str, now: datetime) -> Task:
    """Keep that nobody knows whether a message went out, and put it on the list of tasks."""
    _keep(message, why)
    return _task(message, Task.Kind.MESSAGE_UNKNOWN, "was perhaps sent", why, now=now)


def stop_channel(message: Message) -> ContactConsent:
    """The patient told the carrier to stop: keep it as a withdrawn consent for this channel."""
    return ContactConsent.objects.create(
        patient_id=message.patient_id,
        channel=message.channel,
        agreed=False,
        how=f"Told the carrier to stop (message {message.pk}).",
    )


@transaction.atomic
def report_delivery(
    *,
    now: datetime,
    arrived: bool,
    message_id: int | None = None,
    carrier_id: str = "",
    bounced: bool = False,
    why: str = "",
    unsubscribed: bool = False,
) -> Message | None:
    """What a carrier reports of a message, named by our number of it or by the carrier's.

    Arrived: a message that was perhaps sent is sent, and its task done. Not arrived: it came back or failed, with a
    task. Reports may come twice and in any order; the last word on a failure stays. None: no such message.
    """
    named = Q(pk=message_id) if message_id is not None else Q(provider_id=carrier_id) & ~Q(provider_id="")
    message = Message.objects.select_for_update(of=("self",)).select_related("patient", "site").filter(named).first()
    if message is None:
        return None
    if unsubscribed:
        stop_channel(message)
    if message.status not in _OPEN_TO_REPORTS:
        return message
    if carrier_id:
        message.provider_id = carrier_id[:200]
    if arrived:
        if message.status != Status.SENT:
            message.status, message.sent_at, message.problem = Status.SENT, message.claimed_at or now, ""
            message.save()
            record(action="message", patient_id=message.patient_id, subject=message)
            close_tasks(message, "The carrier reports that it was sent.", now=now)
        return message
    close_tasks(message, "The carrier reports that it did not arrive.", now=now)
    message.status = Status.BOUNCED if bounced else Status.FAILED
    message.save()
    not_delivered(message, why=why or "The carrier could not deliver it.", now=now)
    return message


@transaction.atomic
def settle_unknown(*, message: Message, went_out: bool, by: User, now: datetime) -> Message:
    """A person found out whether a message that was perhaps sent went out. Saying it again changes nothing."""
    current = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if current.status != Status.UNKNOWN:
        return current
    if went_out:
        current.status, current.sent_at = Status.SENT, current.claimed_at or now
    else:
        current.status = Status.FAILED
    current.save()
    close_tasks(current, "It went out." if went_out else "It did not go out.", now=now, by=by)
    return current


def _keep(message: Message, why: str) -> None:
    message.problem = why[:300]
    message.save(update_fields=["problem"])


def _task(message: Message, kind: str, what: str, why: str, *, now: datetime) -> Task:
    channel = CHANNEL_WORDS.get(message.channel, message.channel)
    return open_task(
        patient=message.patient,
        site=message.site,
        kind=kind,
        words=f"{message.get_purpose_display()} by {channel} {what}. {why}"[:200],
        due_on=message.site.today(now=now),
        once=f"{kind} {message.pk}",
        about="message",
        about_id=message.pk,
    )


def close_tasks(message: Message, note: str, *, now: datetime, by: User | None = None) -> None:
    """What a person had to find out is known now."""
    Task.objects.filter(about="message", about_id=message.pk, kind=Task.Kind.MESSAGE_UNKNOWN, done_at=None).update(
        done_at=now, done_by=by, done_note=note, version=F("version") + 1
    )
