"""Sealing: what was signed, added or voided gets a keyed digest that later changes do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from treatments.models import InjectionSession, RecordSeal
from treatments.rules.seals import digest, message
from treatments.seals import SealedRecord, seal_keys, sealed_records

# Of the lock that lets one transaction at a time add to the chain; any number will do, as long as it stays.
_CHAIN_LOCK = 5_201_314_001


def seal_session(*, session: InjectionSession, event: str, now: datetime) -> RecordSeal:
    """Seal the session as the database has it now. The last thing of the transaction that signed, added or voided.

    It holds up every other signer until the transaction ends: nothing slow may follow it.
    """
    (row,) = sealed_records(InjectionSession.objects.filter(pk=session.pk))
    (made,) = _seal([(row, event, now)])
    return made


def seal_sessions(*, sessions: Sequence[InjectionSession]) -> int:
    """Seal sessions that were written down as signed long ago, in their order, at the moment each was signed.

    Those that have a seal are left alone; returns how many were sealed.
    """
    wanted = InjectionSession.objects.given().filter(pk__in=[session.pk for session in sessions], seals=None)
    rows = sealed_records(wanted)
    return len(
        _seal(
            [
                (
                    row,
                    "recorded" if row.record["is_outside"] else "signed",
                    row.record["signed_at"] or row.record["created_at"],
                )
                for row in rows
            ]
        )
    )


def _seal(events: Sequence[tuple[SealedRecord, str, datetime]]) -> list[RecordSeal]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        key = seal_keys()[0]
        previous = RecordSeal.objects.order_by("-pk").values_list("digest", flat=True).first() or ""
        made = []
        for row, event, moment in events:
            said = message(
                session_id=row.id,
                event=event,
                sealed_at=moment,
                previous=previous,
                record=row.record,
                addenda=row.addenda,
                void=row.void if event == RecordSeal.Event.VOIDED else None,
            )
            seal = RecordSeal(
                session_id=row.id, event=event, sealed_at=moment, previous=previous, digest=digest(said, key=key)
            )
            previous = seal.digest
            made.append(seal)
        return RecordSeal.objects.bulk_create(made, batch_size=1_000)
