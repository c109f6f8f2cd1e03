"""Seals of the audit: made with a key of the installation that the database does not hold.

Who can write to the database, whatever its rights, cannot make an event that looks as if Cadence had written it.
"""

from __future__ import annotations

import hmac
import json
from datetime import UTC
from functools import cache
from typing import Any

from django.conf import settings

from audit.models import AuditEvent

_SAID = (
    "action", "actor_id", "actor_roles", "patient_id", "subject_type", "subject_id", "detail", "address", "request_id",
)  # fmt: skip


def seal_secrets() -> list[str]:
    """The secret that seals now, then those that sealed before: of RECORD_SEAL_KEY, else of SECRET_KEY."""
    own = [settings.RECORD_SEAL_KEY, *settings.RECORD_SEAL_KEY_FALLBACKS]
    return [secret for secret in (*own, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS) if secret]


def seal_keys() -> list[bytes]:
    """Keys for the audit's seals alone, the one that seals now first."""
    return [_key_of(secret) for secret in seal_secrets()]


@cache
def _key_of(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"cadence audit seal", "sha256")


def seal_of(event: AuditEvent, *, key: bytes) -> str:
    """The seal of an event, 64 hexadecimal digits."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return sealed([at, *(getattr(event, name) for name in _SAID)], key=key)


def sealed(said: Any, *, key: bytes) -> str:
    """The seal of plain values, the same on every machine."""
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), "sha256").hexdigest()
