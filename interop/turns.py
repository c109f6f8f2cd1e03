"""Lets one import of a kind work on a site at a time: of two files sent at once the second waits for the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from accounts.models import Site

# Of the locks of imports; any number will do, as long as it stays. The second number of a lock is the site's.
_LOCKS = {"patients": 520_131_421, "sessions": 520_131_422}
PAUSE = 0.2  # seconds between two tries


@contextmanager
def turn(kind: str, *, site: Site, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the turn of this kind of file and this site; `waiting` is called once when another import has it.

    The turn spans the transactions of an import, and ends with the connection at the latest.
    """
    numbers = [_LOCKS[kind], site.pk]
    waited = False
    # Tried again and again, not waited for in the database: no statement may run longer than its limit there.
    while not _ask("pg_try_advisory_lock", numbers):
        if not waited:
            waited = True
            waiting()
        time.sleep(PAUSE)
    try:
        yield
    finally:
        _ask("pg_advisory_unlock", numbers)


def _ask(function: str, numbers: list[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", numbers)
        (answer,) = cursor.fetchone()
    return bool(answer)
