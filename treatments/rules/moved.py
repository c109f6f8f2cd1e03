"""Whose a session was when it was signed, although its patient's record was merged into another since.

A seal keeps saying the patient it was made for. Plain functions on plain values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from treatments.rules.seals import plain


@dataclass(frozen=True)
class Move:
    """A merge that stands, as far as sessions go: these went from the merged record to the kept one."""

    merge_id: int
    kept_id: int
    merged_id: int
    sessions: frozenset[int]


@dataclass(frozen=True)
class Signed:
    """The patient a session was signed for, and whether the way from there to its present one is that of the merges."""

    patient_id: int
    is_honest: bool


def signed_for(*, session_id: int, patient_id: int, moves: Iterable[Move]) -> Signed:
    """Follow the standing merges that moved this session back from its present patient, the newest first.

    A session that lies with another patient than the merges say was moved by somebody else: not honest.
    """
    is_honest = True
    for move in sorted(moves, key=lambda move: move.merge_id, reverse=True):
        if session_id not in move.sessions:
            continue
        if move.kept_id == patient_id:
            patient_id = move.merged_id
        else:
            is_honest = False
    return Signed(patient_id, is_honest)


def merge_message(
    *, kept_id: int, merged_id: int, reason: str, at: datetime, by_id: int, moved: Mapping[str, Any],
    filled: Mapping[str, Any], changed: Mapping[str, Any], newest: Mapping[str, Any], undone_at: datetime | None,
    undone_by_id: int | None, undone_reason: str,
) -> bytes:  # fmt: skip
    """The canonical text that a merge's seal is a digest of."""
    said = {
        "kept": kept_id,
        "merged": merged_id,
        "reason": reason,
        "at": at,
        "by": by_id,
        "moved": moved,
        "filled": filled,
        "changed": changed,
        "newest": newest,
        "undone_at": undone_at,
        "undone_by": undone_by_id,
        "undone_reason": undone_reason,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), default=plain).encode()
