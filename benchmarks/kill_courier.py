"""Kills the courier while it sends, and counts what was sent twice, lost, or left to a person.

    .venv/bin/python -m benchmarks.kill_courier            # 50 kills, about three minutes
    .venv/bin/python -m benchmarks.kill_courier --rounds 5

Real couriers, a private PostgreSQL on a folder of its own and a real SMTP server. In each round a courier gets SIGKILL:
at a moment nobody chose; at the worst one, when the server has taken a mail and not yet said so; or while a second
courier sends beside it. At the end, for every message:

- sent: it is in the mailbox exactly once
- perhaps sent: it is there once or not at all, and a task for a person stands open
- no mail is there twice, and none that no message knows

Ends with 1 when anything is not so.
"""

from __future__ import annotations

import argparse
import email
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import date, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any

from benchmarks.server import ROOT, Installation

WAYS = ("at any moment", "after the server took it", "beside another")
A_ROUND = 30  # messages


class Mailbox:
    """What a mail server accepted, by Message-ID; it can hold back the answer to the mail it is given."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.hold_at = 0  # the number of the mail whose answer is held back
        self.held, self.let_go = threading.Event(), threading.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        import asyncio

        self.accepted.append(email.message_from_bytes(envelope.content)["Message-ID"])
        if len(self.accepted) == self.hold_at:
            self.held.set()
            while not self.let_go.is_set():
                await asyncio.sleep(0.01)
        return "250 OK"


class Trial:
    def __init__(self, installation: Installation, mailbox: Mailbox, port: int, *, seed: int) -> None:
        self.installation, self.mailbox, self.port = installation, mailbox, port
        self.rng = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def furnish(self, messages: int) -> None:
        from django.utils import timezone

        from accounts.models import Site
        from messaging.actions.queue import queue_message
        from messaging.models import ContactConsent, ContactPolicy
        from patients.models import Patient

        site = Site.objects.create(name="Harbour Clinic", time_zone="America/New_York", second_factor="nobody")
        ContactPolicy.objects.create(site=site, quiet_from=wall_time(0), quiet_until=wall_time(0))
        now = timezone.now()
        for number in range(messages):
            patient = Patient.objects.create(
                given_name=f"P{number}", family_name="Test", birth_date=date(1980, 1, 1), site=site,
                email=f"p{number}@example.org",
            )  # fmt: skip
            ContactConsent.objects.create(patient=patient, channel="email", agreed=True)
            queue_message(
                # About what no app answers for: one that is gone would be taken out of the queue.
                patient=patient, site=site, purpose="reminder", about="benchmark", about_id=number,
                once=f"bench {number}", send_after=now, send_before=now + timedelta(days=1), now=now,
                values={"starts_at": now + timedelta(days=3)},
            )  # fmt: skip

    def courier(self) -> subprocess.Popen[bytes]:
        environment = self.installation.environment | {"EMAIL_URL": f"smtp://127.0.0.1:{self.port}"}
        return subprocess.Popen(
            [sys.executable, "manage.py", "courier", "--poll", "0.1", "--every", "3600"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.DEVNULL,
        )

    def rounds(self, rounds: int) -> None:
        for number in range(rounds):
            way = WAYS[number % len(WAYS)]
            first = len(self.mailbox.accepted) + 1
            couriers = [self.courier()]
            if way == "beside another":
                couriers.append(self.courier())
            if way == "after the server took it":
                self.mailbox.hold_at = first + self.rng.randrange(A_ROUND // 2)
                wait(self.mailbox.held.is_set)
            else:
                wait(lambda first=first: len(self.mailbox.accepted) >= first)  # type: ignore[misc]
                time.sleep(self.rng.uniform(0, 0.3))
            couriers[0].kill()
            couriers[0].wait()
            self.mailbox.let_go.set()
            for other in couriers[1:]:
                other.terminate()
                other.wait()
            self.mailbox.held.clear()
            self.mailbox.let_go.clear()
            self.mailbox.hold_at = 0
            self.counts[f"killed {way}"] += 1
            self.top_up()
            sys.stderr.write(f"\r  killed {number + 1} of {rounds}, {len(self.mailbox.accepted)} mails ")
        sys.stderr.write("\n")

    def top_up(self) -> None:
        """More to send, so that the next courier finds work."""
        from messaging.models import Message

        waiting = Message.objects.filter(status="queued").count()
        if waiting < A_ROUND:
            raise SystemExit("The queue ran dry: more messages are needed for so many rounds.")

    def finish(self) -> None:
        from messaging.models import Message

        last = self.courier()
        wait(lambda: not Message.objects.filter(status__in=["queued", "sending"]).exists(), within=300)
        last.terminate()
        last.wait()

    def add_up(self) -> None:
        from messaging.models import Message
        from patients.models import Task

        arrived = Counter(self.mailbox.accepted)
        tasks = set(Task.objects.filter(kind="message_unknown", done_at=None).values_list("about_id", flat=True))
        for message in Message.objects.all():
            times = arrived.pop(message.provider_id, 0)
            self.counts[f"messages {message.status}"] += 1
            if message.status == "unknown":
                self.counts["of these, arrived" if times else "of these, not arrived"] += 1
            if times > 1:
                self.wrong.append(f"message {message.pk} arrived {times} times")
            if message.status == "sent" and times != 1:
                self.wrong.append(f"message {message.pk} is sent and arrived {times} times")
            if message.status == "unknown" and message.pk not in tasks:
                self.wrong.append(f"message {message.pk} is perhaps sent and has no task")
            if message.status not in ("sent", "unknown"):
                self.wrong.append(f"message {message.pk} is {message.status}")
        self.wrong += [f"mail {mark} belongs to no message" for mark in arrived]


def wait(done: Any, *, within: float = 180) -> None:
    deadline = time.monotonic() + within
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit("The courier did not come so far.")
        time.sleep(0.005)


def main() -> int:
    from aiosmtpd.controller import Controller

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])  # type: ignore[union-attr]
    parser.add_argument("--rounds", type=int, default=50, help="how often a courier is killed (default: 50)")
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    began = time.monotonic()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    os.environ.pop("EMAIL_URL", None)
    with tempfile.TemporaryDirectory(prefix="cadence-courier-") as name:
        Path(name).chmod(0o755)  # as root PostgreSQL runs as somebody else
        installation = Installation(Path(name))
        trial = Trial(installation, mailbox, port, seed=asked.seed)
        try:
            installation.prepare()
            from django.db import transaction

            with transaction.atomic():
                trial.furnish((asked.rounds + 2) * A_ROUND)
            trial.rounds(asked.rounds)
            trial.finish()
            trial.add_up()
        finally:
            installation.stop()
            controller.stop()
    for what, count in trial.counts.items():
        sys.stdout.write(f"  {count:6,}  {what}\n")
    for wrong in trial.wrong:
        sys.stdout.write(f"WRONG   {wrong}\n")
    sys.stdout.write(
        f"{len(mailbox.accepted):,} mails, {len(trial.wrong)} wrong after {asked.rounds} kills, "
        f"{time.monotonic() - began:.0f} s.\n"
    )
    return 1 if trial.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
