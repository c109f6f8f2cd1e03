"""What a mail provider reports, read by anymail: Postmark's format stands for the others."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from messaging.carriers import MailCarrier
from messaging.models import ContactConsent, Message
from patients.models import Task
from tests.cast import Cast
from tests.messaging.made import NOON, queued

pytestmark = pytest.mark.django_db

SECRET = "postmark:a long secret"


@pytest.fixture(autouse=True)
def provider(settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "t", "WEBHOOK_SECRET": SECRET}


@pytest.fixture
def sent(cast: Cast) -> Message:
    message = queued(cast)
    Message.objects.filter(pk=message.pk).update(status="sent", sent_at=NOON, provider_id="pm-1", claimed_at=NOON)
    return message


def report(client: Client, *, secret: str = SECRET, **event: Any) -> int:
    authorization = "Basic " + base64.b64encode(secret.encode()).decode()
    status: int = client.post(
        reverse("messaging:mail-report"),
        json.dumps({"MessageID": "pm-1", **event}),
        content_type="application/json",
        headers={"Authorization": authorization},
    ).status_code
    return status


BOUNCE = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "Email": "ana@example.org", "BouncedAt": "2026-11-30"}


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_a_bounce_comes_back_as_a_task_once(sent: Message, client: Client):
    assert [report(client, **BOUNCE) for _ in range(2)] == [200, 200]
    assert fresh(sent).status == "bounced"
    task = Task.objects.get()
    assert (task.kind, task.about_id) == ("message_failed", sent.pk)


def test_our_own_number_finds_a_message_whose_id_never_reached_us(sent: Message, client: Client):
    Message.objects.filter(pk=sent.pk).update(status="unknown", provider_id="<our own mark>", sent_at=None)
    event = {"RecordType": "Delivery", "Recipient": "ana@example.org", "DeliveredAt": "2026-11-30T17:00:00Z"}
    assert report(client, **event, Metadata={"message": str(sent.pk)}) == 200
    assert (fresh(sent).status, fresh(sent).sent_at, fresh(sent).provider_id) == ("sent", NOON, "pm-1")


def test_a_complaint_is_a_withdrawn_consent(sent: Message, client: Client):
    event = {"RecordType": "SpamComplaint", "ID": 42, "Email": "ana@example.org", "BouncedAt": "2026-11-30"}
    assert report(client, **event) == 200
    latest = ContactConsent.objects.filter(patient=sent.patient, channel="email").first()
    assert latest is not None
    assert latest.agreed is False
    assert fresh(sent).status == "sent"


def test_without_the_secret_it_is_refused(sent: Message, client: Client):
    assert report(client, secret="postmark:wrong", **BOUNCE) == 400
    assert client.post(reverse("messaging:mail-report"), BOUNCE, content_type="application/json").status_code == 400
    assert fresh(sent).status == "sent"


@pytest.mark.parametrize("what", ["no secret", "no provider"])
def test_where_nobody_may_report_there_is_nothing(sent: Message, client: Client, settings: Any, what: str):
    if what == "no secret":
        settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "t"}
    else:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert report(client, **BOUNCE) == 404


def test_a_provider_that_is_not_there_costs_nothing(cast: Cast, settings: Any):
    """A real request of anymail's, to a port where nobody listens."""
    from messaging.actions.sending import send_due
    from messaging.claims import claimant

    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "t", "POSTMARK_API_URL": "http://127.0.0.1:1/"}
    message = queued(cast)
    with claimant() as worker:
        assert send_due(carriers={"email": MailCarrier()}, worker=worker, clock=lambda: NOON) == {"queued": 1}
    assert (fresh(message).status, fresh(message).tries) == ("queued", 0)
