"""What a clinic says of its own stock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts.models import Site, User
from inventory.models import ReorderLevel, VialCost, VialSize


@transaction.atomic
def set_reorder_levels(*, site: Site, levels: Mapping[VialSize, int | None]) -> None:
    """Set at how many vials left a site orders each of these sizes; None says nothing of a size any more."""
    for size, vials in levels.items():
        if vials is None:
            ReorderLevel.objects.filter(site=site, size=size).delete()
        else:
            ReorderLevel.objects.update_or_create(site=site, size=size, defaults={"vials": vials})


@transaction.atomic
def enter_cost(*, size: VialSize, holds_from: date, amount: Decimal, by: User) -> VialCost:
    """Say what a vial of this size costs that is received from a day on; of the same day again, it is corrected."""
    cost, _ = VialCost.objects.update_or_create(size=size, holds_from=holds_from, defaults={"amount": amount, "by": by})
    return cost


@transaction.atomic
def take_back_cost(*, cost: VialCost) -> None:
    """Remove a cost that was entered by mistake; the one before it holds again."""
    cost.delete()
