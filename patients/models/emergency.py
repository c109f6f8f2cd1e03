from __future__ import annotations

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from audit.models import Versioned
from patients.models.patient import Patient
from patients.querysets import EmergencyAccessQuerySet

AS_IT_WAS = ["patient", "user", "reason", "opened_at", "ends_at"]


@pghistory.track()
class EmergencyAccess(Versioned):
    """A clinician of another site read what matters of a record, for a reason, for some hours; looked at afterwards."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="emergency_accesses")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    review_note = models.CharField(max_length=300, blank=True)

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "patient", "ends_at"], name="emergency_standing")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_has_a_reason"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("opened_at")), name="emergency_ends"),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(reviewed_by=F("user")),
                name="emergency_reviewed_by_another",
                violation_error_message="Somebody else looks at it.",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="emergency_as_it_was", fields=AS_IT_WAS),
            pgtrigger.Protect(name="emergency_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"emergency access {self.pk}"
