"""What the tests of messages are made of: patients who agreed, queued messages, a real mail server."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection

from messaging.actions.queue import queue_message
from messaging.models import ContactConsent, Message
from patients.models import Patient
from tests.cast import Cast

# A Monday noon in New York, far from quiet hours and from any change of the clocks.
NOON = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)

_numbers = count(1)
# No test has so many appointments.
NOBODYS = 900_000


def agreed(patient: Patient, channel: str = "email", *, said: bool = True) -> ContactConsent:
    return ContactConsent.objects.create(patient=patient, channel=channel, agreed=said, how="Asked at the desk.")


def reachable(cast: Cast, number: int = 1, **fields: Any) -> Patient:
    """A patient who agreed to e-mail."""
    patient = Patient.objects.create(
        **{
            "given_name": "Ana",
            "family_name": f"Number{number}",
            "birth_date": datetime(1980, 1, 1, tzinfo=UTC).date(),
            "site": cast.harbour,
            "email": f"ana.{number}@example.org",
            "phone": "+1 617 555 0111",
            **fields,
        }
    )
    agreed(patient, "email")
    return patient


def queued(cast: Cast, patient: Patient | None = None, *, now: datetime = NOON, **fields: Any) -> Message:
    """A notice that an appointment is cancelled: the one kind of message without a link."""
    number = next(_numbers)
    message = queue_message(
        **{
            "patient": patient or reachable(cast, number),
            "site": cast.harbour,
            "purpose": "cancelled",
            "about": "appointment",
            "about_id": NOBODYS + number,
            "once": f"test {number}",
            "send_after": now,
            "send_before": now + timedelta(days=2),
            "values": {"starts_at": NOON + timedelta(days=3)},
            "now": now,
            **fields,
        }
    )
    assert message is not None
    return message


Answer = Callable[[SMTP, Session, Envelope], str | None]


@dataclass
class MailServer:
    """A real SMTP server and what it accepted. `at_rcpt` and `at_data` may answer otherwise, by the address."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    # Accepts, keeps, and hangs up without saying so.
    hangs_up: set[str] = field(default_factory=set)
    before_answer: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        [address] = envelope.rcpt_tos
        if address in self.at_data:
            return self.at_data[address]
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        with self.lock:
            self.mails.append(mail)
        self.before_answer()
        if address in self.hangs_up:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"

    def ids(self) -> list[str]:
        """The Message-ID of every mail accepted."""
        with self.lock:
            return [mail["Message-ID"] for mail in self.mails]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = MailServer(port=port)
    controller = Controller(server, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned or raised, all let go at the same moment, each in a thread with its own connection."""
    gate = threading.Barrier(len(calls), timeout=20)

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait()
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, call) for call in calls]]
