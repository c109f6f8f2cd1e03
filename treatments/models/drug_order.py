from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from audit.models import Versioned
from inventory.models import VialSize
from patients.models import Patient, PriorAuthorization
from treatments.models.course import TreatmentCourse
from treatments.querysets.drug_orders import DrugOrderQuerySet


@pghistory.track()
class DrugOrder(Versioned):
    """Vials that a specialty pharmacy sends for one patient: ordered, shipped, arrived as patient-named vials."""

    class Status(models.TextChoices):
        ORDERED = "ordered", "ordered"
        SHIPPED = "shipped", "shipped"
        ARRIVED = "arrived", "arrived"
        CANCELLED = "cancelled", "cancelled"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="drug_orders")
    course = models.ForeignKey(
        TreatmentCourse, on_delete=models.PROTECT, null=True, blank=True, related_name="drug_orders"
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    authorization = models.ForeignKey(
        PriorAuthorization, on_delete=models.PROTECT, null=True, blank=True, related_name="drug_orders"
    )
    size = models.ForeignKey(VialSize, on_delete=models.PROTECT, related_name="+")
    vials = models.PositiveSmallIntegerField()
    pharmacy = models.CharField(max_length=100)
    order_number = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ORDERED)
    ordered_on = models.DateField()
    expected_on = models.DateField(null=True, blank=True)
    shipped_on = models.DateField(null=True, blank=True)
    arrived_on = models.DateField(null=True, blank=True)
    cancelled_reason = models.CharField("why it was cancelled", max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)
    ordered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DrugOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-ordered_on", "-id"]
        indexes = [
            models.Index(
                fields=["site", "expected_on", "id"],
                name="drug_order_under_way",
                condition=Q(status__in=["ordered", "shipped"]),
            ),
            models.Index(fields=["patient", "-id"], name="drug_order_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["ordered", "shipped", "arrived", "cancelled"]),
                name="drug_order_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(vials__gte=1) & Q(vials__lte=20),
                name="drug_order_has_vials",
                violation_error_message="From 1 to 20 vials.",
            ),
            models.CheckConstraint(
                condition=~Q(status="arrived") | Q(arrived_on__isnull=False), name="drug_order_arrived_on_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancelled_reason=""),
                name="drug_order_cancelled_with_reason",
                violation_error_message="Say why it is cancelled.",
            ),
            models.CheckConstraint(
                condition=~Q(status="shipped") | Q(shipped_on__isnull=False), name="drug_order_shipped_on_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"Drug order {self.pk}"
