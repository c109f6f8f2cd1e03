from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from messaging.models.message import Message
from patients.models import Patient


@pghistory.track(exclude=["token_hash", "failures", "locked_until", "opened_at"])
class PatientLink(models.Model):
    """A patient's way in without an account: a secret in the address and the date of birth.

    Only a hash of the secret is kept. Before the date of birth is given, a page shows the clinic's name and no more.
    """

    class Purpose(models.TextChoices):
        APPOINTMENT = "appointment", "Confirm, cancel or move an appointment"
        BOOKING = "booking", "Choose among allowed times"
        WAITING_OFFER = "waiting_offer", "Take a freed time"
        QUESTIONNAIRE = "questionnaire", "Answer questions"
        DIARY = "diary", "Fill in day by day"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="links")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose)
    about_id = models.BigIntegerField(help_text="The appointment, course, offer or follow-up that it opens.")
    token_hash = models.CharField(max_length=64, unique=True)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, blank=True, related_name="links")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True, help_text="First opened with the right date of birth.")
    used_at = models.DateTimeField(null=True, blank=True, help_text="What it was for is done; it opens no more.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Wrong dates of birth since the last right one.")
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["purpose", "about_id"], name="link_about", condition=Q(used_at=None, revoked_at=None))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=["appointment", "booking", "waiting_offer", "questionnaire", "diary"]),
                name="link_purpose_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Link {self.pk}"
