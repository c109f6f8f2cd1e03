"""What was said of the stock before: who set a reorder level, when, and what it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps

from accounts.models import Site, User

SHOWN = 20  # changes; the audit has them all


@dataclass(frozen=True)
class LevelChange:
    """One change of a reorder level at a site; `by` is None where no person at a page made it."""

    size: Any
    vials: int
    is_removed: bool
    at: datetime
    by: User | None


def changes_of_levels(site: Site) -> list[LevelChange]:
    """The newest changes first, from the history that triggers write."""
    history: Any = apps.get_model("inventory", "ReorderLevelEvent")
    events = list(
        history.objects.filter(site=site).select_related("size__product", "pgh_context").order_by("-pgh_id")[:SHOWN]
    )
    people = User.objects.in_bulk({user for event in events if (user := _user(event))})
    return [
        LevelChange(
            size=event.size,
            vials=event.vials,
            is_removed=event.pgh_label == "delete",
            at=site.localtime(event.pgh_created_at),
            by=people.get(_user(event)),
        )
        for event in events
    ]


def _user(event: Any) -> int | None:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None
