"""The web server and the worker as processes of their own, asked to stop, or killed, in the middle of their work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from clinic.lost_tasks import end_lost
from outcomes.actions.exports import start_export
from outcomes.models import Export
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def start(*arguments: str) -> subprocess.Popen[str]:
    """A process on this test's database."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.messaging.courier_settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "TEST_MAIL_PORT": "1",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    return subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def held(table: str) -> Iterator[Callable[[], bool]]:
    """Whoever reads the table waits until the block ends; yields whether somebody does."""
    names = ("host", "port", "user", "password", "dbname")
    given = {name: value for name, value in connection.get_connection_params().items() if name in names}
    other = psycopg2.connect(**given)
    with other.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")

        def is_awaited() -> bool:
            with connection.cursor() as ours:
                ours.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table])
                return bool(ours.fetchone()[0])

        try:
            yield is_awaited
        finally:
            other.close()


def until(what: Callable[[], bool], *, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def asked_for(cast: Cast) -> Export:
    now = timezone.now()
    return start_export(kind=Export.Kind.REGISTRY, query="", on=now.date(), by=cast.ada, now=now)


def test_a_request_in_hand_is_answered_before_the_web_server_ends(cast: Cast) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    web = start("gunicorn", "clinic.wsgi:application", "--bind", f"127.0.0.1:{port}")
    answers: list[Any] = []

    def ask(path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                answers.append((answer.status, b"password" in answer.read()))
        except OSError as error:
            answers.append(error)
        return answers[-1] == (200, False)

    until(lambda: ask("/health/"))
    answers.clear()
    slow = threading.Thread(target=ask, args=["/account/login/"])
    with held("accounts_user") as is_awaited:
        slow.start()
        until(is_awaited)
        web.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert web.poll() is None
    slow.join(60)
    assert answers == [(200, True)]
    assert web.wait(30) == 0


def test_the_worker_finishes_its_task(cast: Cast) -> None:
    export = asked_for(cast)
    worker = start("django", "db_worker", "--no-startup-delay")
    with held("patients_patient") as is_awaited:
        until(is_awaited)
        worker.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert worker.poll() is None
    assert worker.wait(60) == 0
    export.refresh_from_db()
    assert export.status == "ready"


def test_a_task_whose_worker_was_killed_is_said_to_have_failed(cast: Cast) -> None:
    export = asked_for(cast)
    worker = start("django", "db_worker", "--no-startup-delay")
    with held("patients_patient") as is_awaited:
        until(is_awaited)
        assert end_lost(seen_before=look(), now=timezone.now()) == set()
        assert Export.objects.get().status == "running"  # its worker lives
        worker.kill()
        worker.wait()
    until(lambda: bool(look()))
    assert Export.objects.get().status == "running"  # seen once
    end_lost(seen_before=look(), now=timezone.now())
    export.refresh_from_db()
    assert (export.status, export.finished_at is None) == ("failed", False)
    assert export.problem == "The server stopped in the middle of it. Begin it again."
    asked_for(cast)  # nothing stands in the way


def test_a_task_that_waits_for_a_worker_is_not_lost(cast: Cast) -> None:
    asked_for(cast)
    assert look() == set()


def look() -> set[tuple[str, int]]:
    return end_lost(seen_before=set(), now=timezone.now())
