"""Text messages against a server that answers as Twilio does, and the reports that come back."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from messaging.actions.sending import send_due
from messaging.carriers import carriers
from messaging.carriers.text import report_url, signature
from messaging.claims import claimant
from messaging.models import ContactConsent, Message
from patients.models import Task
from tests.cast import Cast
from tests.messaging.made import NOON, agreed, queued, reachable

pytestmark = pytest.mark.django_db

TOKEN = "token of the account"


@dataclass
class Carrier:
    """What it was asked, and what it answers: (status, body), or None to hang up without a word."""

    asked: list[dict[str, str]] = field(default_factory=list)
    authorization: str = ""
    path: str = ""
    answer: tuple[int, dict[str, Any]] | None = (201, {"sid": "SM1", "status": "queued"})


@pytest.fixture
def carrier(settings: Any) -> Iterator[Carrier]:
    state = Carrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            state.authorization, state.path = self.headers["Authorization"], self.path
            if state.answer is None:
                self.connection.close()
                return
            status, content = state.answer
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TWILIO_API_URL = f"http://127.0.0.1:{server.server_port}"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", TOKEN
    settings.TWILIO_FROM, settings.TWILIO_MESSAGING_SERVICE = "+16175550100", ""
    settings.TEXT_CARRIER = True
    settings.CADENCE_URL = "https://clinic.example"
    yield state
    server.shutdown()
    server.server_close()


def text(cast: Cast, **fields: Any) -> Message:
    patient = reachable(cast, preferred_channel="text", phone="(617) 555-0134", **fields)
    agreed(patient, "text")
    return queued(cast, patient)


def send() -> dict[str, int]:
    with claimant() as worker:
        return dict(send_due(carriers=carriers(), worker=worker, clock=lambda: NOON))


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_a_text_message_as_the_carrier_gets_it(cast: Cast, carrier: Carrier):
    message = text(cast, language="Spanish")
    assert send() == {"sent": 1}
    [asked] = carrier.asked
    assert asked == {
        "To": "+16175550134",
        "From": "+16175550100",
        "Body": "Harbour Clinic: su cita del jueves 3 de diciembre, 12:00 p. m., esta cancelada.",
        "StatusCallback": f"https://clinic.example/carriers/text/{message.pk}/",
    }
    assert carrier.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert base64.b64decode(carrier.authorization.removeprefix("Basic ")).decode() == f"AC1:{TOKEN}"
    assert (fresh(message).provider_id, fresh(message).sent_to, fresh(message).subject) == ("SM1", "+16175550134", "")


def test_a_messaging_service_takes_the_place_of_the_number(cast: Cast, carrier: Carrier, settings: Any):
    settings.TWILIO_MESSAGING_SERVICE = "MG1"
    text(cast)
    send()
    assert carrier.asked[0]["MessagingServiceSid"] == "MG1"
    assert "From" not in carrier.asked[0]


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ((400, {"code": 21211}), "failed", "This is no telephone number. (21211)"),
        ((400, {"code": 99}), "failed", "The text message carrier refused the message. (99)"),
        ((404, {}), "failed", "The text message carrier refused the message (404)."),
        ((429, {}), "queued", "The text message carrier says: try again later (429)."),
        ((503, {}), "queued", "The text message carrier says: try again later (503)."),
        ((401, {"code": 20003}), "queued", "The text message carrier does not know us (401): check its settings."),
        # Nobody knows whether it was taken.
        ((500, {}), "unknown", "The text message carrier failed while it took the message (500)."),
        (None, "unknown", "The connection broke while it was being handed over."),
    ],
)
def test_what_the_carriers_answers_mean(
    cast: Cast, carrier: Carrier, answer: tuple[int, dict[str, Any]] | None, status: str, problem: str
):
    carrier.answer = answer
    message = text(cast)
    send()
    assert (fresh(message).status, fresh(message).problem) == (status, problem)
    kinds = {"failed": ["message_failed"], "unknown": ["message_unknown"]}.get(status, [])
    assert list(Task.objects.values_list("kind", flat=True)) == kinds


def test_a_carrier_that_is_not_there_costs_nothing(cast: Cast, carrier: Carrier, settings: Any):
    settings.TWILIO_API_URL = "http://127.0.0.1:1"
    message, other = text(cast), text(cast)
    assert send() == {"queued": 1}  # and the others are not even tried
    assert (fresh(message).status, fresh(message).tries, fresh(other).tries) == ("queued", 0, 0)


def test_who_told_the_carrier_to_stop_is_asked_no_more(cast: Cast, carrier: Carrier):
    carrier.answer = (400, {"code": 21610})
    message = text(cast)
    send()
    latest = ContactConsent.objects.filter(patient=message.patient, channel="text").first()
    assert latest is not None
    assert (latest.agreed, latest.by) == (False, None)


# --- reports


def report(client: Client, message: Message, *, sign: str | None = None, **form: str) -> int:
    form = {"MessageSid": "SM1", **form}
    signed = signature(report_url(message.pk), form, token=TOKEN) if sign is None else sign
    url = reverse("messaging:text-report", args=[message.pk])
    status: int = client.post(url, form, headers={"X-Twilio-Signature": signed}).status_code
    return status


@pytest.fixture
def sent(cast: Cast, carrier: Carrier) -> Message:
    message = text(cast)
    send()
    return fresh(message)


def test_the_signature_is_the_carriers_own():
    # The published test vector of its validators.
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    signed = signature("https://mycompany.com/myapp.php?foo=1&bar=2", form, token="12345")
    assert signed == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_delivered_changes_nothing(sent: Message, client: Client):
    assert report(client, sent, MessageStatus="delivered") == 204
    assert fresh(sent).status == "sent"
    assert not Task.objects.exists()


@pytest.mark.parametrize(("said", "status"), [("undelivered", "bounced"), ("failed", "failed")])
def test_what_did_not_arrive_comes_back_as_a_task_once(sent: Message, client: Client, said: str, status: str):
    for _ in range(2):
        assert report(client, sent, MessageStatus=said, ErrorCode="30005") == 204
    assert (fresh(sent).status, fresh(sent).problem) == (status, "Nobody has this number. (30005)")
    assert Task.objects.get().kind == "message_failed"
    # A late "sent" does not hide it.
    report(client, sent, MessageStatus="sent")
    assert fresh(sent).status == status


def test_the_carriers_word_settles_what_was_perhaps_sent(cast: Cast, carrier: Carrier, client: Client):
    carrier.answer = None
    message = text(cast)
    send()
    assert fresh(message).status == "unknown"
    report(client, message, MessageStatus="queued")
    assert fresh(message).status == "unknown"
    report(client, message, MessageStatus="delivered", MessageSid="SM7")
    assert (fresh(message).status, fresh(message).provider_id) == ("sent", "SM7")
    assert Task.objects.get().done_at is not None
    assert AuditEvent.objects.filter(action="message", patient_id=message.patient_id).count() == 1


@pytest.mark.parametrize("sign", ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "ä"])
def test_an_unsigned_report_is_refused(sent: Message, client: Client, sign: str):
    assert report(client, sent, sign=sign, MessageStatus="undelivered") == 403
    assert fresh(sent).status == "sent"


def test_a_signature_for_another_message_is_refused(cast: Cast, sent: Message, client: Client):
    other = queued(cast)
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered"}
    wrong = signature(report_url(other.pk), form, token=TOKEN)
    assert report(client, sent, sign=wrong, MessageStatus="undelivered") == 403


def test_without_a_token_nothing_is_believed(sent: Message, client: Client, settings: Any):
    settings.TWILIO_AUTH_TOKEN = ""
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered"}
    forged = signature(report_url(sent.pk), form, token="")
    assert report(client, sent, sign=forged, MessageStatus="undelivered") == 403


def test_a_report_of_an_unknown_message_is_taken_quietly(sent: Message, client: Client):
    gone = Message(pk=sent.pk + 1000)
    assert report(client, gone, MessageStatus="undelivered") == 204
