"""What a clinic says of its own stock: when to order."""

from __future__ import annotations

import pghistory
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Site
from inventory.models.reference import VialSize
from inventory.querysets import ReorderLevelQuerySet


@pghistory.track()
class ReorderLevel(models.Model):
    """So many usable vials of a size, or fewer, at a site: time to order. Without a row nothing is said."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="reorder_levels")
    size = models.ForeignKey(VialSize, on_delete=models.PROTECT, related_name="reorder_levels")
    vials = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])

    objects = ReorderLevelQuerySet.as_manager()

    class Meta:
        ordering = ["site", "size"]
        constraints = [
            models.UniqueConstraint(fields=["site", "size"], name="reorder_level_once"),
            models.CheckConstraint(condition=Q(vials__gt=0), name="reorder_level_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.size} at {self.site}: {self.vials}"
