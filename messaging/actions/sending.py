"""Sending what is due: each message is sent once, or marked "perhaps sent" for a person.

A message is claimed and that is committed; only then it is handed over, and what came of it is written down. Whoever
dies in between leaves it claimed, and nobody sends it again: `settle_lost` finds it and opens a task.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from audit.actions import record
from messaging.actions.delivery import close_tasks, not_delivered, perhaps_sent, stop_channel
from messaging.actions.queue import Reach, addresses_of
from messaging.actions.rendering import NoWordsError, render
from messaging.carriers import Accepted, Carrier, Later, NotReachableError, Outgoing, Perhaps, Receipt, Refused
from messaging.claims import living
from messaging.models import Message, PatientLink, Purpose
from messaging.rules.channels import EMAIL, LETTER
from messaging.rules.quiet import first_allowed
from messaging.subjects import is_known, not_before, why_not_any_more

logger = logging.getLogger("messaging")

Status = Message.Status

MOST_TRIES = 5
# Before the second, third, fourth and fifth try.
DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
DOWN_DELAY = timedelta(minutes=1)
# Longer than any carrier may take to answer; a claim as old as this is lost even if its worker seems to live.
OLDEST_CLAIM = timedelta(minutes=15)
WRITE_DOWN_TRIES = 5

NOT_IN_TIME = "It could not be sent in time."
STANDS_AGAIN = "It stands again after all."
LOST = "The program stopped while it was being sent."


@dataclass(frozen=True)
class Claimed:
    """A message that is this worker's to send, and what to hand over; None: it turned out not to be sent now."""

    message_id: int
    channel: str
    outgoing: Outgoing | None = None


def send_due(
    *,
    carriers: Mapping[str, Carrier],
    worker: str,
    clock: Callable[[], datetime] = timezone.now,
    stop: Callable[[], bool] = lambda: False,
) -> Counter[str]:
    """Send what is due, one after the other, until nothing is left or `stop()`; returns how many came to what.

    `worker` is a name from messaging.claims.claimant, held for as long as this runs.
    """
    counts: Counter[str] = Counter()
    open_channels = dict(carriers)
    try:
        while open_channels and not stop():
            _keep_those_that_answer(open_channels)
            claimed = _claim(channels=list(open_channels), worker=worker, now=clock())
            if claimed is None:
                break
            if claimed.outgoing is None:
                counts["put off"] += 1
                continue
            receipt = _hand_over(open_channels[claimed.channel], claimed.outgoing)
            counts[_write_down(claimed.message_id, receipt, worker=worker, now=clock())] += 1
            if isinstance(receipt, Later) and receipt.carrier_is_down:
                del open_channels[claimed.channel]
    finally:
        for carrier in carriers.values():
            carrier.close()
    return counts


def _keep_those_that_answer(open_channels: dict[str, Carrier]) -> None:
    """Open each carrier before anything is claimed for it; one that does not answer costs no message a try."""
    for channel, carrier in list(open_channels.items()):
        try:
            carrier.open()
        except NotReachableError as error:
            logger.warning("messages by %s wait: %s", channel, error)
            del open_channels[channel]


def _hand_over(carrier: Carrier, outgoing: Outgoing) -> Receipt:
    try:
        return carrier.hand_over(outgoing)
    except Exception as error:
        # Nobody foresaw this, so nobody knows how far it came. The kind alone: its text may quote an address.
        logger.error("message %s: %s while it was handed over", outgoing.reference, type(error).__name__)
        return Perhaps(f"Something went wrong in the program ({type(error).__name__}).")


@transaction.atomic
def _claim(*, channels: list[str], worker: str, now: datetime) -> Claimed | None:
    """Make the earliest due message this worker's; None when there is none. Others skip what is locked here."""
    message = (
        Message.objects.due(now=now)
        .filter(channel__in=channels, send_before__gt=now)
        .select_related("patient", "site")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if message is None:
        return None
    patient, site = message.patient, message.site
    # What was true when it was queued need not be true now.
    reach = Reach.of([patient])
    choice = reach.choice(patient, on=site.today(now=now), channel=message.channel)
    if choice.channel is None:
        message.status, message.problem = Status.CANCELLED, choice.why[:300]
        message.save()
        return Claimed(message.pk, message.channel)
    if why := _why_not(message, now=now):
        message.status, message.problem = Status.CANCELLED, why[:300]
        message.save()
        return Claimed(message.pk, message.channel)
    if (later := not_before(about=message.about, about_id=message.about_id, now=now)) is not None:
        message.send_after = later
        message.save()
        return Claimed(message.pk, message.channel)
    policy = reach.policy(site)
    allowed = first_allowed(now, quiet_from=policy.quiet_from, quiet_until=policy.quiet_until, zone=site.zone())
    if allowed > now:
        message.send_after = allowed
        message.save()
        return Claimed(message.pk, message.channel)
    try:
        with transaction.atomic():
            words = render(message, policy=policy)
    except Exception as error:
        # Whatever it is, it must not stand in the way of the messages behind it.
        message.status = Status.FAILED
        message.save()
        known = isinstance(error, NoWordsError)
        why = str(error) if known else f"Its text could not be made ({type(error).__name__})."
        not_delivered(message, why=why, now=now)
        return Claimed(message.pk, message.channel)
    mark = _mark(message) if message.channel == EMAIL else ""
    message.status = Status.SENDING
    message.claimed_at, message.claimed_by = now, worker
    message.tries += 1
    message.sent_to = addresses_of(patient)[message.channel]
    message.template, message.template_version = words.template, words.template.version
    message.subject, message.body, message.provider_id, message.problem = words.subject, words.kept, mark, ""
    message.save()
    return Claimed(
        message.pk,
        message.channel,
        Outgoing(
            reference=message.pk,
            to=message.sent_to,
            sender_name=words.sender_name,
            subject=words.subject,
            body=words.body,
            mark=mark,
        ),
    )


def _why_not(message: Message, *, now: datetime) -> str:
    """Why it is not true any more, in words, or "".

    Put back after a try that came to nothing, it may be about what fell away while it was being sent: what takes unsent
    messages back does not see one that is on its way.
    """
    why = why_not_any_more(about=message.about, about_id=message.about_id, since=message.created_at, now=now)
    if message.purpose == Purpose.CANCELLED:
        # That it does not hold is what it says.
        return STANDS_AGAIN if not why and is_known(message.about) else ""
    return why


def _write_down(message_id: int, receipt: Receipt, *, worker: str, now: datetime) -> str:
    """Keep what came of it; tried again while the database is away, as the message itself cannot be taken back."""
    for left in reversed(range(WRITE_DOWN_TRIES)):
        try:
            return _settle(message_id, receipt, worker=worker, now=now)
        except (OperationalError, InterfaceError):
            if not left or connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(1)
    raise AssertionError("unreachable")


@transaction.atomic
def _settle(message_id: int, receipt: Receipt, *, worker: str, now: datetime) -> str:
    message = Message.objects.select_for_update(of=("self",)).select_related("patient", "site").get(pk=message_id)
    # A report of the carrier may have been faster than this, and a slow answer may come after it was given up.
    if message.claimed_by != worker or message.status not in (Status.SENDING, Status.UNKNOWN):
        return message.status
    match receipt:
        case Accepted(carrier_id):
            if message.status == Status.UNKNOWN:
                close_tasks(message, "It went out after all.", now=now)
            message.status, message.sent_at, message.provider_id = Status.SENT, now, carrier_id[:200]
            message.problem = ""
            message.save()
            record(action="message", patient_id=message.patient_id, subject=message)
        case Refused(why, unsubscribed):
            message.status = Status.FAILED
            message.save()
            not_delivered(message, why=why, now=now)
            if unsubscribed:
                stop_channel(message)
        case Later(why, carrier_is_down):
            if carrier_is_down:
                message.tries -= 1
            _revoke_links(message, now=now)
            close_tasks(message, "It did not go out.", now=now)
            if message.tries >= MOST_TRIES:
                message.status = Status.FAILED
                message.save()
                not_delivered(message, why=why, now=now)
            else:
                message.status, message.problem = Status.QUEUED, why[:300]
                message.send_after = now + (DOWN_DELAY if carrier_is_down else DELAYS[message.tries - 1])
                message.claimed_at, message.claimed_by = None, ""
                message.sent_to = message.subject = message.body = message.provider_id = ""
                message.save()
        case Perhaps(why):
            message.status = Status.UNKNOWN
            message.save()
            perhaps_sent(message, why=why, now=now)
    logger.debug("message %s: %s", message.pk, message.status)
    return message.status


def settle_lost(*, now: datetime) -> int:
    """Mark what a worker left behind as "perhaps sent", each with a task for a person; returns how many.

    Nobody sends these again by themselves: nobody knows whether they went out.
    """
    claimed = list(
        Message.objects.filter(status=Status.SENDING).values_list("pk", "claimed_by", "claimed_at").order_by("pk")
    )
    if not claimed:
        return 0
    # Read after the rows: who has finished since has written down what came of it before letting go of the lock.
    alive = living()
    lost = [
        (pk, worker)
        for pk, worker, at in claimed
        if worker.rpartition(" ")[2] not in alive or at is None or at < now - OLDEST_CLAIM
    ]
    settled = 0
    for pk, worker in lost:
        with transaction.atomic():
            message = (
                Message.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("patient", "site")
                .filter(pk=pk, claimed_by=worker, status=Status.SENDING)
                .first()
            )
            if message is None:
                continue
            message.status = Status.UNKNOWN
            message.save()
            perhaps_sent(message, why=LOST, now=now)
            settled += 1
            logger.warning("message %s: perhaps sent", pk)
    return settled


def expire(*, now: datetime) -> int:
    """Take out of the queue what is of no use any more, and tell a person.

    Nobody is told of letters, which a person prints, nor of invitations: whoever was to get one is still to be called.
    """
    late = Message.objects.filter(status=Status.QUEUED, send_before__lte=now)
    expired = 0
    for pk in list(late.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            message = (
                late.filter(pk=pk)
                .select_for_update(of=("self",), skip_locked=True)
                .select_related("patient", "site")
                .first()
            )
            if message is None:
                continue
            why = f"{NOT_IN_TIME} {message.problem}".strip()
            message.status, message.problem = Status.CANCELLED, why[:300]
            message.save()
            if message.channel != LETTER and message.purpose != Purpose.RECALL:
                not_delivered(message, why=why, now=now)
            expired += 1
    return expired


def _revoke_links(message: Message, *, now: datetime) -> None:
    PatientLink.objects.filter(message=message, used_at=None, revoked_at=None).update(revoked_at=now)


def _mark(message: Message) -> str:
    """A Message-ID of our own: known before the mail goes out, so that it can be found in a mail server's log."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{uuid4().hex}.{message.pk}@{domain}>"
