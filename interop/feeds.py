"""Calendar feeds: made, given a new address, stopped, and found by the secret of their address."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from audit.actions import record
from interop.models import CalendarFeed

TOKEN_BYTES = 32
LONGEST_TOKEN = 100  # characters; a longer one is nobody's
READ_AGAIN = timedelta(minutes=5)  # how exact "last read" is
MOST_REQUESTS = 120  # a minute, from one network address: a whole clinic stands behind one


def token_hash(token: str) -> str:
    """What is kept of the secret: SHA-256, in hex. The secret is random, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


class FeedChangedError(Exception):
    """It is not the feed any more that the person saw when they pressed: made, changed or stopped meanwhile."""


@transaction.atomic
def make_feed(*, by: User, now: datetime, seen: str) -> str:
    """Make this person's feed, or give it a new address: the old one ends at once. Returns the secret, kept nowhere.

    `seen` is the mark of the feed that the person saw, empty where there was none. Raises FeedChangedError when it is
    another by now: of two presses at once the first one's address lives, and is on a screen.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    feed = CalendarFeed.objects.filter(user=by).first()
    if seen != (feed.mark if feed is not None else ""):
        raise FeedChangedError
    if feed is None:
        feed = CalendarFeed.objects.create(user=by, token_hash=token_hash(token))
        word = "calendar feed made"
    else:
        feed.token_hash, feed.rotated_at, feed.last_read_at = token_hash(token), now, None
        feed.version += 1
        feed.save()
        word = "new address of the calendar feed"
    record(action="export", by=by, subject=feed, detail=word)
    return token


@transaction.atomic
def stop_feed(*, by: User) -> bool:
    """End this person's feed; whether there was one."""
    feed = CalendarFeed.objects.select_for_update(of=("self",)).filter(user=by).first()
    if feed is None:
        return False
    record(action="export", by=by, subject=feed, detail="calendar feed stopped")
    feed.delete()
    return True


def feed_of(token: str) -> CalendarFeed | None:
    """The feed behind an address, or None: no such secret, a closed account, a person who may have none any more."""
    if len(token) > LONGEST_TOKEN:
        return None
    feed = CalendarFeed.objects.select_related("user").filter(token_hash=token_hash(token)).first()
    return feed if feed is not None and feed.user.has_perm("interop.use_feed") else None


def note_read(*, feed: CalendarFeed, now: datetime) -> None:
    """Remember when a calendar program was last here, so that its owner sees whether it works."""
    if feed.last_read_at is None or now - feed.last_read_at > READ_AGAIN:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=now)


def too_many(*, address: str, now: datetime) -> bool:
    """Count a request from this network address; whether there were too many in this minute."""
    who = hashlib.sha256(address.encode()).hexdigest()[:32]
    key = f"calendar-feed:{who}:{int(now.timestamp()) // 60}"
    try:
        return cache.incr(key) > MOST_REQUESTS
    except ValueError:  # the first of this minute
        cache.add(key, 1, timeout=120)
        return False
