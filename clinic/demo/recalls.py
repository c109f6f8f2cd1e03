"""One recalled lot in the demo clinic, half worked off: some patients told, one who did not answer, vials blocked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from accounts.models import User
from inventory.actions import recall_lot
from inventory.models import Lot, Vial
from treatments.actions.lot_recalls import acknowledge, log_call, start_lot_recall
from treatments.models import LotRecall

REASON = "Maker's letter: storage temperature not kept on the way"
# A list that one can work off in a trial: no shorter where the clinic has a longer one.
LIST_LENGTH = 6


def recall_a_lot(*, by: User, desk: User, now: datetime) -> LotRecall:
    """Recall a lot with patients and a vial left that no draft has picked, and tell a third of the patients of it."""
    used = Count("vials__uses__session__patient", filter=Q(vials__uses__session__status="signed"), distinct=True)
    lots = (
        Lot.objects.exclude(vials__uses__session__status="draft")
        .filter(recalled_on=None)
        .annotate(patients=used, left=Count("vials", filter=Q(vials__status=Vial.Status.IN_STOCK), distinct=True))
        .filter(patients__gt=0, left__gt=0)
    )
    # The fewest vials are blocked that way, and today's sessions find others.
    lot = (
        lots.filter(patients__gte=LIST_LENGTH).order_by("left", "patients", "pk").first()
        or lots.order_by(F("patients").desc(), "left", "pk")[0]
    )
    begun = now - timedelta(hours=3)
    marked = recall_lot(lot=lot, version=lot.version, on=begun.date(), reason=REASON, by=by)
    recall = start_lot_recall(lot=marked, owner=desk, by=by, now=begun)
    rows = list(recall.patients.by_name())
    told = rows[: max(1, len(rows) // 3)]
    for minutes, row in enumerate(told):
        answer, note = ("reached", "") if minutes else ("letter", "Posted as registered mail")
        at = begun + timedelta(minutes=20 + 10 * minutes)
        acknowledge(row=row, answer=answer, note=note, by=desk, now=at)
    for row in rows[len(told) :][:1]:
        log_call(row=row, by=desk, now=begun + timedelta(hours=1))
    return recall
