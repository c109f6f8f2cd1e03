"""What a clinic says of its own stock: when to order, and what a vial costs."""

from __future__ import annotations

from decimal import Decimal

import pghistory
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from inventory.models.reference import VialSize
from inventory.querysets import ReorderLevelQuerySet, VialCostQuerySet


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


@pghistory.track()
class VialCost(models.Model):
    """What the clinic pays for a vial of a size that is received from a day on, until the next one holds.

    No price is ever shipped. What costs nothing (a sample, a vial of one patient) has no cost rather than one of 0.
    """

    size = models.ForeignKey(VialSize, on_delete=models.PROTECT, related_name="costs")
    holds_from = models.DateField()
    amount = models.DecimalField(max_digits=9, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))])
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = VialCostQuerySet.as_manager()

    class Meta:
        ordering = ["size", "-holds_from"]
        constraints = [
            models.UniqueConstraint(fields=["size", "holds_from"], name="vial_cost_once_from_a_day"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="vial_cost_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.size} from {self.holds_from}"
