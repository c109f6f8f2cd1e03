"""Sending through a real SMTP server: what is sent, refused, tried again, or left for a person."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client

from audit.models import AuditEvent
from messaging.actions.links import token_hash
from messaging.actions.rendering import render
from messaging.actions.sending import LOST, MOST_TRIES, OLDEST_CLAIM, expire, send_due, settle_lost
from messaging.carriers import carriers
from messaging.claims import CLAIMS, claimant, living
from messaging.models import ContactPolicy, Message, MessageTemplate, PatientLink, Purpose
from messaging.rules.wording import health_words
from patients.models import Patient, Task
from scheduling.rules.times import local_moment
from tests.cast import Cast
from tests.messaging.made import NOON, MailServer, agreed, at_once, queued, reachable
from tests.scheduling.made import booked

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")


def send(now: datetime = NOON) -> Counter[str]:
    with claimant() as worker:
        return send_due(carriers=carriers(), worker=worker, clock=lambda: now)


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_a_mail_as_it_arrives(cast: Cast, smtp: MailServer, settings: Any):
    settings.DEFAULT_FROM_EMAIL = "Cadence <desk@clinic.example>"
    cast.harbour.phone = "+1 617 555 0100"
    cast.harbour.save()
    message = queued(cast, reachable(cast, email="ana@example.org"))
    assert send() == {"sent": 1}
    [mail] = smtp.mails
    assert (mail["To"], mail["From"]) == ("ana@example.org", "Harbour Clinic <desk@clinic.example>")
    assert mail["Subject"] == "Your appointment on Thursday 3 December is cancelled"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert "Your appointment at Harbour Clinic on Thursday 3 December at 12:00 pm is cancelled." in mail.get_content()
    assert "Call us at +1 617 555 0100." in mail.get_content()
    message = fresh(message)
    assert (message.status, message.sent_at, message.sent_to) == ("sent", NOON, "ana@example.org")
    assert message.provider_id == mail["Message-ID"]
    assert message.provider_id.endswith("@clinic.example>")
    assert message.body.splitlines() == mail.get_content().strip().splitlines()
    assert message.template_version == 1
    assert AuditEvent.objects.filter(action="message", patient_id=message.patient_id).count() == 1
    assert not Task.objects.exists()


def test_the_text_is_the_one_that_holds_when_it_is_sent(cast: Cast, smtp: MailServer):
    message = queued(cast)
    text = MessageTemplate.objects.get(purpose="cancelled", channel="email", language="en")
    text.body, text.version = "{clinic}: off on {day}.", 2
    text.save()
    send()
    assert fresh(message).body == "Harbour Clinic: off on Thursday 3 December."
    assert fresh(message).template_version == 2


def test_the_earliest_goes_first_and_each_once(cast: Cast, smtp: MailServer):
    later = queued(cast, send_after=NOON)
    earlier = queued(cast, now=NOON - timedelta(hours=1))
    assert send() == {"sent": 2}
    assert smtp.ids() == [fresh(earlier).provider_id, fresh(later).provider_id]
    assert send() == {}
    assert len(smtp.mails) == 2


def test_what_is_not_due_waits(cast: Cast, smtp: MailServer):
    message = queued(cast, send_after=NOON + timedelta(minutes=1))
    assert send() == {}
    assert fresh(message).status == "queued"


def test_quiet_hours_hold_also_for_what_is_late(cast: Cast, smtp: MailServer):
    message = queued(cast)
    assert send(NOON + timedelta(hours=10)) == {"put off": 1}
    assert not smtp.mails
    assert cast.harbour.localtime(fresh(message).send_after).time() == time(8)
    assert send(NOON + timedelta(hours=20)) == {"sent": 1}


@pytest.mark.parametrize("what", ["consent", "address", "death", "leaving"])
def test_what_changed_since_it_was_queued_counts(cast: Cast, smtp: MailServer, what: str):
    patient = reachable(cast)
    message = queued(cast, patient)
    if what == "consent":
        agreed(patient, "email", said=False)
    else:
        changed = {
            "address": {"email": ""},
            "death": {"died_on": date(2026, 11, 29)},
            "leaving": {"left_on": date(2026, 11, 30)},
        }[what]
        Patient.objects.filter(pk=patient.pk).update(**changed)
    assert send() == {"put off": 1}
    assert not smtp.mails
    assert fresh(message).status == "cancelled"
    assert fresh(message).problem


def test_a_changed_address_is_the_one_written_to(cast: Cast, smtp: MailServer):
    patient = reachable(cast)
    queued(cast, patient)
    Patient.objects.filter(pk=patient.pk).update(email="new@example.org")
    send()
    assert smtp.mails[0]["To"] == "new@example.org"


def test_a_letter_is_not_sent_by_itself(cast: Cast, smtp: MailServer):
    patient = reachable(cast, address="12 Mill Road", city="Boston", preferred_channel="letter")
    message = queued(cast, patient)
    assert send() == {}
    assert fresh(message).status == "queued"


# --- what goes wrong


def test_a_refused_address_fails_with_a_task_and_the_others_go_on(cast: Cast, smtp: MailServer):
    smtp.at_rcpt["gone@example.org"] = "550 No such user"
    refused = queued(cast, reachable(cast, 1, email="gone@example.org"))
    other = queued(cast)
    assert send() == {"failed": 1, "sent": 1}
    assert fresh(refused).status == "failed"
    assert fresh(refused).problem == "The mail server refused the address. (550)"
    assert fresh(other).status == "sent"
    task = Task.objects.get()
    assert (task.kind, task.patient, task.site) == ("message_failed", refused.patient, cast.harbour)
    assert task.words == ("Appointment cancelled by e-mail did not arrive. The mail server refused the address. (550)")
    assert task.due_on == date(2026, 11, 30)
    # Never again by itself.
    assert send(NOON + timedelta(hours=1)) == {}


def test_a_refused_message_fails(cast: Cast, smtp: MailServer):
    smtp.at_data["ana@example.org"] = "554 Looks like spam"
    message = queued(cast, reachable(cast, email="ana@example.org"))
    assert send() == {"failed": 1}
    assert fresh(message).problem == "The mail server refused the message. (554)"


def test_try_again_later_is_tried_again_with_growing_delays_and_then_given_up(cast: Cast, smtp: MailServer):
    smtp.at_rcpt["busy@example.org"] = "451 Greylisted"
    message = queued(cast, reachable(cast, email="busy@example.org"))
    now, waits = NOON, []
    for _ in range(MOST_TRIES):
        assert fresh(message).status == "queued"
        assert send(now) in ({"queued": 1}, {"failed": 1})
        if fresh(message).status == "queued":
            waits.append(fresh(message).send_after - now)
            assert send(now) == {}
        now = max(fresh(message).send_after, now)
    assert fresh(message).status == "failed"
    assert fresh(message).tries == MOST_TRIES
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 5, 20, 60]
    assert Task.objects.get().kind == "message_failed"
    assert not smtp.mails


def test_what_was_put_back_is_sent_once_when_it_goes_again(cast: Cast, smtp: MailServer):
    smtp.at_data["busy@example.org"] = "451 Busy"
    message = queued(cast, reachable(cast, email="busy@example.org"))
    assert send() == {"queued": 1}
    assert (fresh(message).body, fresh(message).claimed_by, fresh(message).provider_id) == ("", "", "")
    smtp.at_data.clear()
    assert send(NOON + timedelta(minutes=1)) == {"sent": 1}
    assert smtp.ids() == [fresh(message).provider_id]


def test_a_connection_lost_while_it_is_taken_leaves_it_to_a_person(cast: Cast, smtp: MailServer):
    smtp.hangs_up.add("ana@example.org")
    message = queued(cast, reachable(cast, email="ana@example.org"))
    other = queued(cast, send_after=NOON + timedelta(seconds=1))
    assert send(NOON + timedelta(seconds=1)) == {"unknown": 1, "sent": 1}
    assert fresh(message).status == "unknown"
    assert fresh(other).status == "sent"
    task = Task.objects.get()
    assert task.kind == "message_unknown"
    assert "was perhaps sent" in task.words
    # It had arrived, and its Message-ID says so; it is not sent again.
    assert fresh(message).provider_id in smtp.ids()
    assert send(NOON + timedelta(hours=1)) == {}
    assert len(smtp.mails) == 2


def test_a_mail_server_that_is_down_costs_no_message_a_try(cast: Cast, smtp: MailServer, settings: Any):
    message = queued(cast)
    settings.EMAIL_PORT, port = 1, settings.EMAIL_PORT
    assert send() == {}
    assert (fresh(message).status, fresh(message).tries) == ("queued", 0)
    settings.EMAIL_PORT = port
    assert send() == {"sent": 1}


def test_a_server_that_hung_up_on_a_silent_connection_is_called_again(cast: Cast, smtp: MailServer):
    [carrier] = carriers().values()
    carrier.open()
    carrier.backend.connection.sock.close()  # type: ignore[attr-defined]
    queued(cast)
    with claimant() as worker:
        assert send_due(carriers={"email": carrier}, worker=worker, clock=lambda: NOON) == {"sent": 1}


def test_a_message_without_a_text_fails_and_those_behind_it_go_on(cast: Cast, smtp: MailServer):
    MessageTemplate.objects.filter(purpose="cancelled", channel="email").delete()
    bad = queued(cast)
    good = queued(cast, reachable(cast, 77, language="Spanish"))
    MessageTemplate.objects.create(
        purpose="cancelled", channel="email", language="es", subject="Cita", body="{clinic} {day}"
    )
    assert send() == {"put off": 1, "sent": 1}
    assert (fresh(bad).status, fresh(bad).problem) == ("failed", "There is no text for this message.")
    assert fresh(good).status == "sent"
    assert Task.objects.get().kind == "message_failed"


def test_a_text_with_a_health_word_is_never_sent(cast: Cast, smtp: MailServer):
    MessageTemplate.objects.filter(purpose="cancelled", channel="email", language="en").update(
        subject="Your Botox visit is cancelled"
    )
    message = queued(cast)
    assert send() == {"put off": 1}
    assert not smtp.mails
    assert fresh(message).problem == "The text says something about health: Botox."


def test_a_site_whose_name_says_too_much_is_not_named(cast: Cast, smtp: MailServer):
    cast.harbour.name = "Boston Migraine Centre"
    cast.harbour.save()
    queued(cast)
    send()
    assert "Migraine" not in smtp.mails[0].as_string()
    assert "your clinic" in smtp.mails[0].get_content()
    ContactPolicy.objects.create(site=cast.harbour, sender_name="Harbour House")
    queued(cast)
    send()
    assert smtp.mails[1]["From"].startswith("Harbour House")


# --- too late


def test_what_is_of_no_use_any_more_is_not_sent_and_a_person_is_told(cast: Cast, smtp: MailServer):
    message = queued(cast, send_before=NOON + timedelta(hours=1))
    late = NOON + timedelta(hours=1)
    assert send(late) == {}
    assert expire(now=late) == 1
    assert fresh(message).status == "cancelled"
    assert fresh(message).problem == "It could not be sent in time."
    assert Task.objects.get().kind == "message_failed"
    assert expire(now=late) == 0


def test_a_letter_nobody_printed_makes_no_task(cast: Cast):
    queued(cast, reachable(cast, address="12 Mill Road", city="Boston", preferred_channel="letter"))
    assert expire(now=NOON + timedelta(days=9)) == 1
    assert not Task.objects.exists()


# --- workers that are gone


def being_sent(cast: Cast, worker: str, *, at: datetime = NOON) -> Message:
    message = queued(cast)
    Message.objects.filter(pk=message.pk).update(status="sending", claimed_by=worker, claimed_at=at)
    return message


def test_what_a_dead_worker_left_is_perhaps_sent_and_never_sent_again(cast: Cast, smtp: MailServer):
    with claimant() as worker:
        message = being_sent(cast, worker)
        assert settle_lost(now=NOON) == 0
    assert settle_lost(now=NOON) == 1
    assert (fresh(message).status, fresh(message).problem) == ("unknown", LOST)
    assert Task.objects.get().kind == "message_unknown"
    assert settle_lost(now=NOON) == 0
    assert send(NOON + timedelta(hours=1)) == {}
    assert not smtp.mails


def test_a_claim_that_is_too_old_is_lost_although_its_worker_lives(cast: Cast):
    with claimant() as worker:
        message = being_sent(cast, worker)
        assert settle_lost(now=NOON + OLDEST_CLAIM) == 0
        assert settle_lost(now=NOON + OLDEST_CLAIM + timedelta(seconds=1)) == 1
    assert fresh(message).status == "unknown"


def test_who_lives_is_known_by_the_lock(cast: Cast):
    with claimant() as first, claimant() as second:
        assert {first.split()[-1], second.split()[-1]} <= living()
    assert not {first.split()[-1], second.split()[-1]} & living()
    with connection.cursor() as cursor:
        # A lock of somebody else, with the same second number.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 7), pg_advisory_xact_lock(7)", [CLAIMS + 9])
    assert "7" not in living()


# --- several at once


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_send_each_message_once(cast: Cast, smtp: MailServer):
    messages = [queued(cast) for _ in range(30)]
    results = at_once(*[send] * 4)
    assert sum(result["sent"] for result in results) == 30, results
    assert sorted(smtp.ids()) == sorted(fresh(message).provider_id for message in messages)
    assert {fresh(message).status for message in messages} == {"sent"}


@pytest.mark.django_db(transaction=True)
def test_who_cancels_while_it_is_being_sent_waits_or_comes_too_late(cast: Cast, smtp: MailServer):
    """The race of a moved appointment with the worker: the message goes out or is cancelled, and its row says which."""
    from messaging.actions.queue import cancel_messages

    messages = [queued(cast) for _ in range(20)]

    def cancel_all() -> int:
        return sum(
            cancel_messages(about="appointment", about_id=message.about_id, reason="Moved.")
            for message in reversed(messages)
        )

    sent, cancelled = at_once(send, cancel_all)
    statuses = Counter(fresh(message).status for message in messages)
    assert statuses == Counter(sent=sent["sent"], cancelled=cancelled)
    assert sent["sent"] + cancelled == 20
    assert len(smtp.mails) == sent["sent"]


# --- nothing of a patient in the log


@contextmanager
def logged(level: int = logging.DEBUG) -> Iterator[list[str]]:
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, loggers = Keep(), [logging.getLogger(), logging.getLogger("messaging")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(level)
    try:
        yield lines
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(was)


def test_the_log_names_no_patient(cast: Cast, smtp: MailServer):
    smtp.at_rcpt["gone@example.org"] = "550 No such user gone@example.org"
    smtp.hangs_up.add("ana@example.org")
    with logged() as lines:
        for address in ("gone@example.org", "ana@example.org", "fine@example.org"):
            queued(cast, reachable(cast, email=address, family_name="Weatherby", given_name="Ana"))
        with claimant() as worker:
            being_sent(cast, "nobody 1 1")
            settle_lost(now=NOON)
            send_due(carriers=carriers(), worker=worker, clock=lambda: datetime(2026, 11, 30, 17, 1, tzinfo=UTC))
    ours = [line for line in lines if "message" in line]
    assert any("sent" in line for line in ours)
    assert not [line for line in ours if "@" in line or "Weatherby" in line or "Ana" in line]


# --- the patient's link


def test_a_reminder_carries_a_link_whose_secret_is_kept_nowhere(cast: Cast, smtp: MailServer, settings: Any):
    settings.CADENCE_URL = "https://clinic.example"
    appointment = booked(cast, starts_at=local_moment(cast.harbour.today() + timedelta(days=3), time(9), zone=NEW_YORK))
    now = local_moment(cast.harbour.today(), time(12), zone=NEW_YORK)
    message = queued(
        cast, purpose="reminder", about_id=appointment.pk, now=now,
        values={"starts_at": appointment.starts_at, "link_until": appointment.starts_at},
    )  # fmt: skip
    assert send(now) == {"sent": 1}
    words = smtp.mails[0].get_content()
    found = re.search(r"https://clinic\.example(/l/([\w-]+)/)", words)
    assert found is not None
    path, token = found.groups()
    link = PatientLink.objects.get()
    assert (link.purpose, link.about_id, link.message) == ("appointment", appointment.pk, message)
    assert link.expires_at == appointment.starts_at
    assert link.token_hash == token_hash(token)
    # It opens the door, and no table holds it.
    assert Client().get(path).status_code == 200
    assert "/l/…/" in fresh(message).body
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'messaging_%'")
        for [table] in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} row WHERE row::text LIKE %s", [f"%{token}%"])
            assert cursor.fetchone() == (0,), table


def test_a_try_that_came_to_nothing_leaves_no_open_link(cast: Cast, smtp: MailServer):
    smtp.at_data["busy@example.org"] = "451 Busy"
    queued(cast, reachable(cast, email="busy@example.org"), purpose="reminder", about_id=booked(cast).pk)
    send()
    smtp.at_data.clear()
    send(NOON + timedelta(minutes=1))
    first, second = PatientLink.objects.order_by("pk")
    assert first.revoked_at is not None
    assert second.revoked_at is None


@pytest.mark.parametrize("channel", ["email", "text"])
@pytest.mark.parametrize("language", ["English", "Spanish"])
@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose.values if purpose != "lot_recall"])
def test_no_message_of_any_kind_says_anything_about_health(
    cast: Cast, smtp: MailServer, purpose: str, language: str, channel: str
):
    """As they are rendered: filled, subject and text."""
    patient = reachable(cast, language=language, preferred_channel=channel)
    for attempt in (1, 2, 3) if purpose == "recall" else (0,):
        message = queued(cast, patient, purpose=purpose, attempt=attempt)
        Message.objects.filter(pk=message.pk).update(channel=channel)
        words = render(fresh(message))
        assert words.template.language == language[:2].lower().replace("sp", "es")
        assert health_words(f"{words.subject} {words.body} {words.sender_name}") == []
        assert "{" not in words.body
