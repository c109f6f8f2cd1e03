"""What a clinic says of its own stock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts.models import Site, User
from inventory.models import ReorderLevel, VialCost, VialSize


class LevelsChangedError(Exception):
    """Somebody else set a level after this page was opened; `there` are the levels as they stand now."""

    def __init__(self, there: Mapping[VialSize, int | None]) -> None:
        super().__init__("Somebody else set a reorder level meanwhile.")
        self.there = there


@transaction.atomic
def set_reorder_levels(
    *,
    site: Site,
    levels: Mapping[VialSize, int | None],
    seen: Mapping[VialSize, int | None] | None = None,
) -> None:
    """Set at how many vials left a site orders each of these sizes; None says nothing of a size any more.

    Raises LevelsChangedError, and sets none, where one is not what the person had `seen` and not what is to be set.
    """
    Site.objects.select_for_update().get(pk=site.pk)  # one after the other
    if seen is not None:
        kept = dict(ReorderLevel.objects.filter(site=site).values_list("size_id", "vials"))
        there = {size: kept.get(size.pk) for size in levels if kept.get(size.pk) not in (seen[size], levels[size])}
        if there:
            raise LevelsChangedError(there)
    for size, vials in levels.items():
        if vials is None:
            ReorderLevel.objects.filter(site=site, size=size).delete()
        else:
            ReorderLevel.objects.update_or_create(site=site, size=size, defaults={"vials": vials})


@transaction.atomic
def enter_cost(*, size: VialSize, holds_from: date, amount: Decimal, by: User) -> tuple[VialCost, Decimal | None]:
    """Say what a vial of this size costs that is received from a day on, and what was said of that day before.

    Of the same day again, it is corrected.
    """
    VialSize.objects.select_for_update().get(pk=size.pk)  # one after the other
    before = VialCost.objects.filter(size=size, holds_from=holds_from).values_list("amount", flat=True).first()
    cost, _ = VialCost.objects.update_or_create(size=size, holds_from=holds_from, defaults={"amount": amount, "by": by})
    return cost, before


@transaction.atomic
def take_back_cost(*, cost: VialCost) -> None:
    """Remove a cost that was entered by mistake; the one before it holds again."""
    cost.delete()
