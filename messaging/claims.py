"""Who is sending a message at this moment, and whether that process still lives.

A worker holds an advisory lock of the database as long as it sends; PostgreSQL lets go of it the moment the worker's
connection is gone, also after a kill or a power cut, on this machine or another. So a message marked as being sent by a
worker without its lock was left behind.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

# Both keys of our locks are four-byte numbers; the first tells them from the locks of others.
CLAIMS = 0x6D736731
PLANNING = 0x6D736732


@contextmanager
def claimant() -> Iterator[str]:
    """Be somebody who sends, for the length of the block; yields the name to claim messages with."""
    number = secrets.randbelow(2**31 - 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [CLAIMS, number])
    try:
        yield f"{socket.gethostname()[:40]} {os.getpid()} {number}"
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [CLAIMS, number])
        except DatabaseError:
            # The connection is gone, and the lock with it.
            connection.close()


def living() -> set[str]:
    """The numbers, the last word of their names, of those who are sending now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
            " AND classid::bigint = %s AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [CLAIMS],
        )
        return {str(number) for (number,) in cursor.fetchall()}


def is_alone(key: int) -> bool:
    """Take a lock until the end of the transaction; False when somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [key])
        [taken] = cursor.fetchone()
        return bool(taken)
