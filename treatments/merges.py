"""What merges of patients mean for sessions that are signed: whose they were, and that nobody made a merge up."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from patients.models import PatientMerge
from treatments.rules.moved import Move, Signed, merge_message, signed_for
from treatments.rules.seals import Problem, digest

SESSION = "treatments.InjectionSession"


def seal_of(merge: PatientMerge, *, key: bytes) -> str:
    """The keyed digest over a merge as it stands now."""
    said = merge_message(
        kept_id=merge.kept_id,
        merged_id=merge.merged_id,
        reason=merge.reason,
        at=merge.at,
        by_id=merge.by_id,
        moved=merge.moved,
        filled=merge.filled,
        changed=merge.changed,
        newest=merge.newest,
        undone_at=merge.undone_at,
        undone_by_id=merge.undone_by_id,
        undone_reason=merge.undone_reason,
    )
    return digest(said, key=key)


def touching_merges(patient: Any) -> QuerySet[PatientMerge]:
    """The merges that stand and have this patient, a number or an expression, on either side."""
    found: QuerySet[PatientMerge] = PatientMerge.objects.standing().filter(Q(kept=patient) | Q(merged=patient))
    return found


def signed_patients(present: Mapping[int, int]) -> dict[int, Signed]:
    """For each session with its present patient, the one it was signed for; one query for each step."""
    moves: dict[int, Move] = {}
    seen: set[int] = set()
    ask = set(present.values())
    while ask:
        seen |= ask
        found = (
            PatientMerge.objects.standing()
            .filter(Q(kept__in=ask) | Q(merged__in=ask))
            .values_list("pk", "kept_id", "merged_id", "moved")
        )
        moves |= {
            pk: Move(pk, kept_id, merged_id, frozenset(moved.get(SESSION, ())))
            for pk, kept_id, merged_id, moved in found
        }
        ask = {pk for move in moves.values() for pk in (move.kept_id, move.merged_id)} - seen
    return {
        session_id: signed_for(session_id=session_id, patient_id=patient_id, moves=moves.values())
        for session_id, patient_id in present.items()
    }


def forged_merges(keys: list[bytes]) -> list[Problem]:
    """The sessions of merges that do not fit their seal: written, or changed, past the application."""
    found = []
    for merge in PatientMerge.objects.order_by("pk").iterator(500):
        if not any(hmac.compare_digest(seal_of(merge, key=key), merge.seal) for key in keys):
            found += [
                Problem(session_id, "the merge of patients that moved it does not fit its seal")
                for session_id in merge.moved.get(SESSION, ())
            ]
    return found
