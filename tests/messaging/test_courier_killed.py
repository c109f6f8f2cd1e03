"""The courier as a process of its own, killed while it sends and started again: each mail once, or left to a person."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import time as wall_time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from messaging.models import ContactPolicy, Message
from patients.models import Task
from tests.cast import Cast
from tests.messaging.made import MailServer, mail_server, queued

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 25


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def messages(cast: Cast) -> list[Message]:
    for site in (cast.harbour, cast.mesa):
        # The tests run at any hour.
        ContactPolicy.objects.create(site=site, quiet_from=wall_time(0), quiet_until=wall_time(0))
    now = timezone.now()
    return [
        queued(cast, now=now, send_before=now + timedelta(days=1), values={"starts_at": now + timedelta(days=3)})
        for _ in range(COUNT)
    ]


def courier(server: MailServer, *arguments: str) -> subprocess.Popen[str]:
    """A courier of its own session, as a real one, on this test's database."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.messaging.courier_settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "TEST_MAIL_PORT": str(server.port),
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "django", "courier", "--poll", "0.1", *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(what: Callable[[], bool], *, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def statuses() -> Counter[str]:
    return Counter(Message.objects.values_list("status", flat=True))


def each_once_or_with_a_person(server: MailServer) -> None:
    arrived = Counter(server.ids())
    assert max(arrived.values()) == 1, "a mail went out twice"
    for message in Message.objects.all():
        if message.status == "sent":
            assert arrived[message.provider_id] == 1
        else:
            assert message.status == "unknown", message.status
            task = Task.objects.get(about="message", about_id=message.pk)
            assert (task.kind, task.done_at) == ("message_unknown", None)
    known = set(Message.objects.values_list("provider_id", flat=True))
    assert set(arrived) <= known, "a mail went out that no message knows"


def test_killed_at_the_worst_moment_and_started_again(messages: list[Message], server: MailServer):
    """The server has taken the mail and has not said so when the courier dies."""
    taken, killed = threading.Event(), threading.Event()

    def hold_the_tenth() -> None:
        if len(server.mails) == 10:
            taken.set()
            killed.wait(30)

    server.before_answer = hold_the_tenth
    first = courier(server)
    assert taken.wait(60)
    first.send_signal(signal.SIGKILL)
    first.wait()
    killed.set()
    # Whatever is running on the other side of the connection has seen it go.
    second = courier(server)
    until(lambda: statuses() == {"sent": COUNT - 1, "unknown": 1})
    second.terminate()
    assert second.wait(30) == 0
    each_once_or_with_a_person(server)
    assert len(server.mails) == COUNT
    [lost] = Message.objects.filter(status="unknown")
    assert lost.provider_id in server.ids()


def test_killed_at_any_moment(messages: list[Message], server: MailServer):
    kills = 0
    while kills < 4:
        process, before = courier(server), len(server.mails)
        until(lambda before=before: len(server.mails) > before + 2)  # type: ignore[misc]
        process.kill()
        process.wait()
        kills += 1
    last = courier(server)
    until(lambda: not set(statuses()) & {"queued", "sending"})
    last.terminate()
    assert last.wait(30) == 0
    each_once_or_with_a_person(server)
    assert statuses()["unknown"] <= kills


def test_two_couriers_at_once_and_one_is_killed(messages: list[Message], server: MailServer):
    couriers = [courier(server), courier(server)]
    until(lambda: len(server.mails) >= 5)
    couriers[0].kill()
    couriers[0].wait()
    until(lambda: not set(statuses()) & {"queued", "sending"})
    couriers[1].terminate()
    assert couriers[1].wait(30) == 0
    each_once_or_with_a_person(server)
    assert statuses()["unknown"] <= 1


def test_asked_to_stop_it_finishes_the_message_in_hand_and_begins_no_other(messages: list[Message], server: MailServer):
    begun = threading.Event()

    def slowly() -> None:
        begun.set()
        time.sleep(0.5)

    server.before_answer = slowly
    process = courier(server)
    assert begun.wait(60)
    process.terminate()
    words, _ = process.communicate(timeout=30)
    assert process.returncode == 0, words
    assert not set(statuses()) & {"unknown", "sending"}
    assert statuses()["sent"] == len(server.mails) < COUNT


def test_once_plans_sends_and_ends(messages: list[Message], server: MailServer):
    process = courier(server, "--once")
    words, _ = process.communicate(timeout=60)
    assert process.returncode == 0, words
    assert statuses() == {"sent": COUNT}
    assert "@" not in words
