"""What a seal is made of: a keyed digest over everything a signed session says, and the seal before it.

The wording of `message` is FORMAT 1. Changing it, or what a record holds, breaks every seal made so far: add a format,
and keep this one for the seals that name it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

FORMAT = "1"
OPENING = ("signed", "recorded")


@dataclass(frozen=True)
class Seal:
    """One seal as it is stored."""

    id: int
    event: str
    sealed_at: datetime
    digest: str
    previous: str


@dataclass(frozen=True)
class Problem:
    """What is wrong with the record of one session, in words."""

    session_id: int
    words: str


def key_of(secret: str) -> bytes:
    """The key for seals made from a secret of the installation, so that the two never meet elsewhere."""
    return hmac.digest(secret.encode(), b"cadence record seal", "sha256")


def message(
    *, session_id: int, event: str, sealed_at: datetime, previous: str, record: Mapping[str, Any],
    addenda: Sequence[Mapping[str, Any]], void: Mapping[str, Any] | None,
) -> bytes:  # fmt: skip
    """The canonical text that a seal is a digest of: the same for the same rows, on every machine."""
    said = {
        "format": FORMAT,
        "session": session_id,
        "event": event,
        "sealed_at": sealed_at,
        "previous": previous,
        "record": record,
        "addenda": list(addenda),
        "void": void,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), default=plain).encode()


def digest(said: bytes, *, key: bytes) -> str:
    """At most 64 characters, the format in front."""
    return f"{FORMAT}:{urlsafe_b64encode(hmac.digest(key, said, hashlib.sha256)).decode().rstrip('=')}"


def problems_of(
    *, session_id: int, status: str, record: Mapping[str, Any], addenda: Sequence[Mapping[str, Any]],
    void: Mapping[str, Any], seals: Sequence[Seal], keys: Sequence[bytes],
) -> list[Problem]:  # fmt: skip
    """What of this session differs from its seals, oldest seal first; empty when it stands as it was sealed.

    `keys` are tried in order: the present one, then those it replaced. A session that is no draft has one opening seal,
    one for each addendum in its order, and one when it was voided.
    """

    def problem(words: str) -> list[Problem]:
        return [Problem(session_id, words)]

    if not seals:
        return problem("it has no seal")
    events = [seal.event for seal in seals]
    if status == "draft":
        return problem("it is sealed and yet a draft")
    if events[0] not in OPENING or sum(event in OPENING for event in events) != 1:
        return problem("the seal of its signing is missing")
    if events.count("addendum") != len(addenda):
        return problem(f"{len(addenda)} addenda, and {events.count('addendum')} seals of addenda")
    if events.count("voided") != (status == "voided"):
        return problem("it is voided without a seal" if status == "voided" else "it was voided, and is not now")
    written = 0
    for seal in seals:
        written += seal.event == "addendum"
        said = message(
            session_id=session_id,
            event=seal.event,
            sealed_at=seal.sealed_at,
            previous=seal.previous,
            record=record,
            addenda=addenda[:written],
            void=void if seal.event == "voided" else None,
        )
        if not any(hmac.compare_digest(digest(said, key=key), seal.digest) for key in keys):
            when = {"addendum": "an addendum was added", "voided": "it was voided"}.get(seal.event, "it was signed")
            return problem(f"it differs from what was sealed when {when}")
    return []


def plain(value: object) -> str:
    """What JSON has no type for, as the text that seals are made of."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"a record holds no {type(value).__name__}")
