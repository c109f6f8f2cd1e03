"""Messages sent by the worker, out of a queue of their own, so that no page and no import holds them up."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from messaging.actions.queue import offered_channels
from messaging.actions.sending import expire, send_due, settle_lost
from messaging.carriers import carriers
from messaging.claims import claimant
from messaging.models import Message
from messaging.rules.channels import LETTER

logger = logging.getLogger("messaging")

QUEUE = "messages"

# Set when the process is asked to end: the message in hand is finished, no other is begun.
stopping = threading.Event()


class SendingFailedError(Exception):
    """What went wrong, by its kind alone."""


@task(queue_name=QUEUE)
def send_due_messages() -> dict[str, int]:
    """Send what is due and settle what was left behind; safe to run at any time, twice, and at once."""
    try:
        now = timezone.now()
        counts = {"lost": settle_lost(now=now), "expired": expire(now=now)}
        with claimant() as worker:
            counts |= send_due(carriers=carriers(), worker=worker, stop=stopping.is_set)
    except Exception as error:
        # The queue keeps what a task raises, and the text of a database error may quote a row.
        logger.error("messages could not be sent: %s", type(error).__name__)
        raise SendingFailedError(type(error).__name__) from None
    counts = {what: count for what, count in counts.items() if count}
    if counts:
        logger.info("messages: %s", ", ".join(f"{count} {what}" for what, count in counts.items()))
    return counts


def messages_wait(*, now: datetime) -> bool:
    """Whether there is anything for `send_due_messages` to do."""
    queued = Q(status=Message.Status.QUEUED)
    carried = [channel for channel in offered_channels() if channel != LETTER]
    due = queued & (Q(send_after__lte=now, channel__in=carried) | Q(send_before__lte=now))
    return Message.objects.filter(due | Q(status=Message.Status.SENDING)).order_by().exists()
