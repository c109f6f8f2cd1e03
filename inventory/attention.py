"""What of a stock needs somebody: recalled, expired, low, expiring soon, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.querysets import ReorderLevelQuerySet, VialQuerySet
from inventory.rules import EXPIRES_SOON, shelf_life

MOST = 6  # rows shown of one kind; the list below has them all, marked

WORDS = {
    "recalled": "recalled: blocked, still to be removed",
    "expired": "expired: blocked, still to be removed",
    "expiring": f"expiring within {EXPIRES_SOON} days",
}


@dataclass(frozen=True)
class Concern:
    """One kind of thing to see to: how many in words, its first rows, and how many rows are not shown."""

    kind: str
    words: str
    rows: list[Any]
    more: int


def what_needs_attention(vials: VialQuerySet, levels: ReorderLevelQuerySet, *, on: date) -> list[Concern]:
    """The concerns of these vials and reorder levels on a day, in two queries; empty when there is none."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in vials.needing_attention(on=on):
        kind = shelf_life(row["lot__expires_on"], recalled_on=row["lot__recalled_on"], on=on)
        by_kind.setdefault(kind, []).append(row)
    low = list(levels.reached(on=on))
    found = [_of_lots(kind, by_kind.get(kind, [])) for kind in ("recalled", "expired")]
    found.append(_concern("low", f"{_many(len(low), 'vial size')} at or below the reorder level", low))
    found.append(_of_lots("expiring", by_kind.get("expiring", [])))
    return [concern for concern in found if concern.rows]


def _of_lots(kind: str, rows: list[dict[str, Any]]) -> Concern:
    vials = _many(sum(row["vials"] for row in rows), "vial")
    return _concern(kind, f"{vials} {WORDS[kind]}", rows)


def _concern(kind: str, words: str, rows: Iterable[Any]) -> Concern:
    rows = list(rows)
    return Concern(kind, words, rows[:MOST], max(0, len(rows) - MOST))


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
