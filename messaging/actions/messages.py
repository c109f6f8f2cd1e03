"""What people do about one message: keep it from being sent, send it again, say whether it went out."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from messaging.actions.delivery import settle_unknown
from messaging.actions.queue import queue_message, reach_of
from messaging.models import Message, Purpose
from messaging.subjects import why_not_any_more
from patients.actions.tasks import complete_task
from patients.models import Task

Status = Message.Status

AGAIN = (Status.FAILED, Status.BOUNCED)


@transaction.atomic
def cancel_message(*, message: Message, by: User) -> Message:
    """Take one message out of the queue. Raises ValidationError when it is not waiting any more."""
    current = _locked(message)
    if current.status == Status.CANCELLED:
        return current
    if current.status != Status.QUEUED:
        raise ValidationError(f"Too late: it is {current.get_status_display()}.")
    current.status, current.problem = Status.CANCELLED, f"Cancelled by {by.name}."[:300]
    current.save()
    return current


@transaction.atomic
def send_again(*, message: Message, by: User, now: datetime) -> Message:
    """Queue a new message in the place of one that did not arrive; its tasks are done. Twice makes one message.

    It goes to the address and on the channel that count now. Raises ValidationError, in words, when it was not one that
    failed, would come too late, is about what no longer holds, or nobody can be written to.
    """
    current = _locked(message)
    if current.status not in AGAIN:
        raise ValidationError(f"Only what did not arrive is sent again; this is {current.get_status_display()}.")
    once = f"message {current.pk} again"
    if standing := Message.objects.filter(once=once).first():
        return standing
    if current.send_before <= now:
        raise ValidationError("It would come too late to be of use.")
    # That it does not hold any more is what a cancellation says.
    why = why_not_any_more(about=current.about, about_id=current.about_id, now=now)
    if why and current.purpose != Purpose.CANCELLED:
        raise ValidationError(why)
    new = queue_message(
        patient=current.patient,
        site=current.site,
        purpose=current.purpose,
        about=current.about,
        about_id=current.about_id,
        once=once,
        send_after=now,
        send_before=current.send_before,
        values=current.values,
        attempt=current.attempt,
        now=now,
        by=by,
    )
    if new is None:
        why = reach_of(current.patient, on=current.site.today(now=now)).why
        raise ValidationError(why or "It could not be sent before it is too late: the quiet hours last longer.")
    for task in Task.objects.open().filter(about="message", about_id=current.pk):
        complete_task(task=task, note="Sent again.", by=by, now=now)
    return new


@transaction.atomic
def decide_unknown(*, message: Message, arrived: bool, by: User, now: datetime) -> Message:
    """Decide about a message that was perhaps sent: it arrived, or goes again; returns the message that counts.

    Raises ValidationError when somebody else has decided otherwise meanwhile.
    """
    settled = settle_unknown(message=message, went_out=arrived, by=by, now=now)
    if arrived == (settled.status in AGAIN):
        raise ValidationError(f"Somebody else has decided meanwhile: {settled.get_status_display()}.")
    if arrived:
        return settled
    return send_again(message=settled, by=by, now=now)


def _locked(message: Message) -> Message:
    return Message.objects.select_for_update(of=("self",)).select_related("patient", "site").get(pk=message.pk)
