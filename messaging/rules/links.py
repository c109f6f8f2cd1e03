"""When a patient's link opens: what wrong dates of birth cost, and why a link is shut.

Plain functions on plain values: no database, no clock. Moments are aware datetimes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# Ours, after what others do (five tries in a quarter of an hour): a date of birth is one of some 30,000.
TRIES = 5
LOCK = timedelta(minutes=15)
# After so many wrong dates in a row the link is shut for good and the clinic is told.
LAST_TRY = 15

# How long a patient may stay after the right date of birth.
OPEN_FOR = timedelta(minutes=30)


def lock_after(failures: int, *, now: datetime) -> datetime | None:
    """Until when nothing is asked any more after so many wrong dates in a row; None: ask again."""
    return now + LOCK if failures and failures % TRIES == 0 else None


def is_last(failures: int) -> bool:
    """Whether so many wrong dates in a row shut the link for good."""
    return failures >= LAST_TRY


def is_shut(*, expires_at: datetime, used_at: datetime | None, revoked_at: datetime | None, now: datetime) -> bool:
    """Whether a link opens no more, whoever asks."""
    return used_at is not None or revoked_at is not None or expires_at <= now
