from __future__ import annotations

from datetime import time

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from audit.models import Versioned
from patients.models import Patient


def _usual_reminder_days() -> list[int]:
    return [7, 1]


@pghistory.track()
class ContactPolicy(Versioned):
    """How a site writes to its patients. Times are the site's wall times; between `quiet_from` and `quiet_until`
    nothing is sent.
    """

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="contact_policy")
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(), default=_usual_reminder_days, help_text="Days before the appointment."
    )
    reminders_on = models.BooleanField("send reminders", default=True)
    recalls_on = models.BooleanField("send invitations to book", default=False)
    questionnaires_on = models.BooleanField("send questions on the days of the follow-up plan", default=True)
    quiet_from = models.TimeField(default=time(20))
    quiet_until = models.TimeField(default=time(8))
    max_attempts = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="Attempts without reaching the patient after which a letter is due.",
    )
    sender_name = models.CharField(
        max_length=80, blank=True, help_text="What messages call the clinic; choose a name without a health word."
    )

    class Meta:
        verbose_name_plural = "contact policies"

    def __str__(self) -> str:
        return f"Contact policy of {self.site}"


@pghistory.track()
class ContactConsent(models.Model):
    """Whether a patient agreed to a channel, on a day; only ever added, the latest of a channel counts."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contact_consents")
    channel = models.CharField(max_length=10, choices=Patient.Channel)
    agreed = models.BooleanField()
    how = models.CharField(max_length=120, blank=True, help_text="For example: asked at the desk.")
    at = models.DateTimeField(auto_now_add=True)
    # Nobody where the patient did it, by a link.
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["patient", "channel", "-id"], name="contact_consent_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=["phone", "text", "email", "letter"]), name="contact_consent_channel_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Contact consent {self.pk}"
