"""Who is told of a recalled lot, and why. Plain functions on plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

# A letter that nobody printed in so long is of no use.
GIVE_UP_LETTERS_AFTER = timedelta(days=30)

# The surest first.
ORDER = ("given", "outside", "voided", "draft")


@dataclass(frozen=True)
class SessionWithLot:
    """A session that opened or picked a vial of the lot, or names it: its status, and whether it is from outside."""

    status: str
    is_outside: bool


def surest(sessions: Iterable[SessionWithLot]) -> str:
    """Why a patient is told, by the surest of the sessions: "given", "outside", "voided" or "draft".

    A voided session counts: its record was wrong, its vial was opened all the same. So does a draft: what was given is
    not signed yet, perhaps.
    """
    return min((_because(session) for session in sessions), key=ORDER.index)


def _because(session: SessionWithLot) -> str:
    if session.status in ("voided", "draft"):
        return session.status
    return "outside" if session.is_outside else "given"
