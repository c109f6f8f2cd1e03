"""What a clinic says of its own stock."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.models import Site
from inventory.models import ReorderLevel, VialSize


@transaction.atomic
def set_reorder_levels(*, site: Site, levels: Mapping[VialSize, int | None]) -> None:
    """Set at how many vials left a site orders each of these sizes; None says nothing of a size any more."""
    for size, vials in levels.items():
        if vials is None:
            ReorderLevel.objects.filter(site=site, size=size).delete()
        else:
            ReorderLevel.objects.update_or_create(site=site, size=size, defaults={"vials": vials})
