from __future__ import annotations

from datetime import date
from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from audit.models import Versioned
from inventory.models.reference import Product, VialSize
from inventory.querysets import LotQuerySet, VialQuerySet


@pghistory.track()
class Lot(Versioned):
    """A manufacturer's lot as it came to the clinic."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField("lot number", max_length=40)
    expires_on = models.DateField()
    recalled_on = models.DateField(null=True, blank=True)
    recall_reason = models.CharField(max_length=200, blank=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        ordering = ["expires_on", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "number"],
                name="lot_once",
                violation_error_message="This lot of this product is already there: add vials to it.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product.brand} lot {self.number}"

    def problem(self, *, on: date) -> str | None:
        """Why no vial of this lot may be used on that date, or None."""
        if self.recalled_on is not None and self.recalled_on <= on:
            return f"Lot {self.number} was recalled on {self.recalled_on:%-d %b %Y}."
        if self.expires_on < on:
            return f"Lot {self.number} expired on {self.expires_on:%-d %b %Y}."
        return None


# Single-dose: what was opened for a patient is never put back, whoever says it was found.
USED_VIAL_STAYS_USED = pgtrigger.Trigger(
    name="used_vial_stays_used",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("status"),
    condition=pgtrigger.Q(old__status="used") & ~pgtrigger.Q(new__status="used"),
    func="RAISE EXCEPTION 'A used vial stays used.' USING ERRCODE = 'integrity_constraint_violation';",
)


@pghistory.track()
class Vial(Versioned):
    """One vial. Single-dose: one patient, one session, the rest discarded."""

    class Status(models.TextChoices):
        IN_STOCK = "in stock", "in stock"
        USED = "used", "used"
        REMOVED = "removed", "removed"
        MISSING = "missing", "missing"

    class Source(models.TextChoices):
        """Who bought it decides whether it is billed: samples and the patient's own drug are not."""

        CLINIC = "clinic", "bought by the clinic"
        PHARMACY = "pharmacy", "specialty pharmacy, for one patient"
        SAMPLE = "sample", "sample"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="vials")
    size = models.ForeignKey(VialSize, on_delete=models.PROTECT, related_name="vials")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="vials")
    status = models.CharField(max_length=10, choices=Status, default=Status.IN_STOCK)
    source = models.CharField(max_length=10, choices=Source, default=Source.CLINIC)
    received_on = models.DateField()

    objects = VialQuerySet.as_manager()

    class Meta:
        ordering = ["lot__expires_on", "id"]
        indexes = [
            models.Index(fields=["site", "size", "lot"], name="vial_in_stock", condition=models.Q(status="in stock")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=["clinic", "pharmacy", "sample"]), name="vial_source_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["in stock", "used", "removed", "missing"]), name="vial_status_is_known"
            ),
        ]
        triggers = [USED_VIAL_STAYS_USED]

    def __str__(self) -> str:
        return f"{self.size} lot {self.lot.number} (vial {self.pk})"


class Receipt(models.Model):
    """One press of Receive. Its token is made with the form, so that a second press receives nothing."""

    token = models.UUIDField(unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="receipts")
    vials = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Receipt {self.pk}"


class StockMovement(models.Model):
    """A vial came, was used, or left; one of each at the most, which is what stops a vial being used twice.

    Missing and found are what stock counts say; a vial may go missing and be found again and again.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", "received"
        USED = "used", "used"
        REMOVED = "removed", "removed"
        MISSING = "missing", "missing"
        FOUND = "found", "found"

    class Reason(models.TextChoices):
        """Why a vial left the stock without having been used."""

        BROKEN = "broken", "broken"
        EXPIRED = "expired", "expired"
        RETURNED = "returned", "returned"
        RECALLED = "recalled", "recalled"
        OTHER = "other", "other"

    vial: models.ForeignKey[Vial, Any] = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["received", "used", "removed", "missing", "found"]), name="movement_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["", "broken", "expired", "returned", "recalled", "other"]),
                name="movement_reason_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="removed") & ~Q(reason="") | ~Q(kind="removed") & Q(reason=""),
                name="movement_reason_of_a_removal",
            ),
            models.CheckConstraint(
                condition=~Q(reason="other") | ~Q(note=""),
                name="movement_other_reason_is_said",
                violation_error_message="Say why.",
            ),
            models.UniqueConstraint(
                fields=["vial", "kind"],
                condition=Q(kind__in=["received", "used", "removed"]),
                name="stock_movement_once",
                violation_error_message="This vial has already been taken from stock.",
            ),
        ]
        indexes = [models.Index(fields=["vial", "at"], name="movements_of_a_vial")]

    def __str__(self) -> str:
        return f"{self.vial} {self.kind}"

    @property
    def why(self) -> str:
        """The reason and the note in words: "broken: fell down", "broken", or the note alone for any other reason."""
        if self.reason in ("", self.Reason.OTHER):
            return self.note
        return f"{self.get_reason_display()}: {self.note}" if self.note else self.get_reason_display()
