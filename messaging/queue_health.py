"""Whether messages go out: how many wait, since when, and whether anybody works the queue off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from accounts.models import Site
from messaging.actions.queue import offered_channels
from messaging.claims import living
from messaging.models import Message
from messaging.rules.channels import LETTER

Status = Message.Status

# The courier looks every few seconds; whoever waits longer than this waits for somebody who is not there.
SLOW = timedelta(minutes=10)


@dataclass(frozen=True)
class QueueHealth:
    """`waiting` are not due yet or due, `due` should have gone out; both without letters, which a person prints."""

    waiting: int
    due: int
    oldest_due: datetime | None
    letters: int
    last_sent: datetime | None
    is_sending: bool
    is_stuck: bool
    cannot: list[str]


def queue_health(*, site: Site, now: datetime) -> QueueHealth:
    """Of one site, in three queries."""
    written = ~Q(channel=LETTER)
    due = written & Q(send_after__lte=now, send_before__gt=now)
    mine = Message.objects.filter(site=site).order_by()
    # The index of the queue holds what waits alone, and the last that went out stands at the end of the site's.
    found = mine.filter(status=Status.QUEUED).aggregate(
        waiting=Count("pk", filter=written),
        due=Count("pk", filter=due),
        oldest_due=Min("send_after", filter=due),
        letters=Count("pk", filter=Q(channel=LETTER)),
    )
    last = mine.filter(written, status=Status.SENT).order_by("-id").values_list("sent_at", flat=True).first()
    sending = bool(living())
    oldest = found["oldest_due"]
    return QueueHealth(
        **found,
        last_sent=last,
        is_sending=sending,
        is_stuck=not sending and oldest is not None and oldest < now - SLOW,
        cannot=[channel for channel in ("email", "text") if channel not in offered_channels()],
    )
