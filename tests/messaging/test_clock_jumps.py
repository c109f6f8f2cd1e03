"""The server's clock jumps by hours, as when it is set right: nothing is done twice, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from inventory.models import StockMovement
from messaging.actions.sending import send_due, settle_lost
from messaging.carriers import carriers
from messaging.claims import claimant
from messaging.models import Message
from patients.models import Task
from tests.cast import Cast
from tests.messaging.made import NOON, MailServer, queued
from tests.treatments.charted import draft, moment, vials_in_stock
from treatments.actions.sessions import sign_session
from treatments.models import InjectionSession
from treatments.seals import verify_records

pytestmark = pytest.mark.django_db


class Always(dict[str, str]):
    """Answers every warning."""

    def get(self, key: object, default: object = None) -> str:  # type: ignore[override]
        return "seen and accepted"


JUMPS = [timedelta(hours=-6), timedelta(hours=6)]


def send(clock: Callable[[], datetime]) -> None:
    with claimant() as worker:
        send_due(carriers=carriers(), worker=worker, clock=clock)


@pytest.mark.parametrize("jump", JUMPS)
def test_messages_that_wait_go_once_each(cast: Cast, smtp: MailServer, jump: timedelta) -> None:
    for _ in range(4):
        queued(cast, send_before=NOON + timedelta(days=2))
    asked = 0

    def clock() -> datetime:
        nonlocal asked
        asked += 1
        return NOON if asked < 4 else NOON + jump  # in the middle of the second

    send(clock)
    send(lambda: NOON + timedelta(minutes=5))  # set right again
    send(lambda: NOON + timedelta(hours=7))
    assert Counter(smtp.ids()) == Counter(Message.objects.values_list("provider_id", flat=True))
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    assert len(set(smtp.ids())) == 4


def test_a_message_on_its_way_is_not_sent_again(cast: Cast, smtp: MailServer) -> None:
    """To another worker it seems to be six hours old: perhaps sent, until who sent it writes down that it was."""
    queued(cast, send_before=NOON + timedelta(days=2))
    seen: list[str] = []

    def clock() -> datetime:
        if smtp.ids() and not seen:
            assert settle_lost(now=NOON + timedelta(hours=6)) == 1
            seen.append(Message.objects.get().status)
            send(lambda: NOON + timedelta(hours=6))
        return NOON

    send(clock)
    assert (seen, len(smtp.ids()), Message.objects.get().status) == (["unknown"], 1, "sent")
    assert not Task.objects.open().exists()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_draft_and_a_signature_stand_once(cast: Cast, jump: timedelta) -> None:
    on = date(2026, 6, 2)
    vials = vials_in_stock(cast, 2)
    session = draft(cast, cast.course(), on=on, vials=vials[:1])
    other = draft(cast, cast.course(patient=cast.omar), on=on, vials=vials[1:])
    before = session.injections.count()
    now = moment(cast, on)

    def sign(row: InjectionSession, at: datetime) -> InjectionSession:
        return sign_session(session=row, by=cast.ito, version=row.version, reasons=Always(), now=at)

    signed = sign(session, now)
    sign(other, now + jump)
    assert sign(session, now + jump).signed_at == signed.signed_at == now
    for row in (session, other):
        row.refresh_from_db()
        assert (row.status, row.seals.count(), row.windows.filter(closed_by=None).count()) == ("signed", 1, 1)
    assert session.injections.count() == before
    assert StockMovement.objects.filter(kind="used").count() == 2
    assert verify_records().problems == []
