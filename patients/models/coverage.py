from __future__ import annotations

from typing import Any

import pghistory
from django.db import models
from django.db.models import F, Q

from audit.models import Versioned
from patients.models.patient import Patient
from patients.models.payer import Payer
from patients.querysets import FactQuerySet


class CoverageManager(models.Manager.from_queryset(FactQuerySet)):  # type: ignore[misc]
    """A coverage is never shown without its payer."""

    def get_queryset(self) -> FactQuerySet[Any]:
        found: FactQuerySet[Any] = super().get_queryset().select_related("payer")
        return found


@pghistory.track()
class Coverage(Versioned):
    """Who pays for a patient's treatment."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="coverages")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="coverages")
    member_id = models.CharField("member number", max_length=40, blank=True)
    authorization_required = models.BooleanField("the payer wants a prior authorisation", default=False)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    objects = CoverageManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="coverage_ends_after_start",
                violation_error_message="It ended before it started.",
            ),
        ]

    def __str__(self) -> str:
        return f"coverage {self.pk}"


@pghistory.track()
class PriorAuthorization(Versioned):
    """A payer's permission for a product: so many units and visits between two days.

    `product` and `condition` are keys of the reference data. What was used is counted from signed sessions.
    """

    class Status(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"
        APPEAL = "appeal", "In appeal"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="authorizations")
    coverage = models.ForeignKey(Coverage, on_delete=models.PROTECT, related_name="authorizations")
    number = models.CharField("authorisation number", max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.SUBMITTED)
    product = models.CharField(max_length=60)
    condition = models.CharField(max_length=60)
    units_approved = models.PositiveIntegerField(null=True, blank=True)
    visits_approved = models.PositiveSmallIntegerField(null=True, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    submitted_on = models.DateField(null=True, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    appealed_on = models.DateField(null=True, blank=True)
    denial_reason = models.CharField("reason of the denial", max_length=300, blank=True)
    # Outside the web root, served with rights; checked by content when it comes in.
    document = models.FileField(upload_to="authorizations/", blank=True)
    document_name = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["-ends_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["submitted", "approved", "denied", "appeal"]),
                name="authorization_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="authorization_ends_after_start",
                violation_error_message="It ends before it starts.",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | ~Q(number=""),
                name="authorization_approved_has_number",
                violation_error_message="An approved authorisation has a number.",
            ),
            models.CheckConstraint(
                condition=(Q(units_approved=None) | Q(units_approved__gt=0))
                & (Q(visits_approved=None) | Q(visits_approved__gt=0)),
                name="authorization_approves_some",
                violation_error_message="At least one unit and one visit.",
            ),
        ]

    def __str__(self) -> str:
        return f"authorisation {self.pk}"
