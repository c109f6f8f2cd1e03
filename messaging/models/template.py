from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import User
from audit.models import Versioned
from patients.models import Patient


class Purpose(models.TextChoices):
    """What a message is for. Never what is treated: no health word leaves the clinic."""

    REMINDER = "reminder", "Reminder of an appointment"
    BOOKED = "booked", "Appointment booked"
    MOVED = "moved", "Appointment moved"
    CANCELLED = "cancelled", "Appointment cancelled"
    RECALL = "recall", "Invitation to book"
    WAITING_OFFER = "waiting_offer", "Offer of a freed time"
    QUESTIONNAIRE = "questionnaire", "Link to questions"
    LOT_RECALL = "lot_recall", "Please call us: a recalled lot"


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    SPANISH = "es", "Spanish"


@pghistory.track()
class MessageTemplate(Versioned):
    """The words of one kind of message on one channel in one language; a recall has words for each attempt.

    Placeholders are those of messaging.rules.wording; nothing else is filled in.
    """

    purpose = models.CharField(max_length=16, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Patient.Channel)
    language = models.CharField(max_length=5, choices=Language)
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="For an invitation: of the first, second or third attempt on. 0 for other purposes."
    )
    subject = models.CharField(max_length=120, blank=True)
    body = models.TextField(max_length=4000)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["purpose", "attempt", "channel", "language"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    purpose__in=[
                        "reminder",
                        "booked",
                        "moved",
                        "cancelled",
                        "recall",
                        "waiting_offer",
                        "questionnaire",
                        "lot_recall",
                    ]
                ),
                name="template_purpose_is_known",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["phone", "text", "email", "letter"]), name="template_channel_is_known"
            ),
            models.CheckConstraint(condition=Q(language__in=["en", "es"]), name="template_language_is_known"),
            models.UniqueConstraint(
                fields=["purpose", "channel", "language", "attempt"],
                name="template_once",
                violation_error_message="There is a text for this already: change that one.",
            ),
            models.CheckConstraint(
                condition=~Q(channel="phone") & ~Q(body=""),
                name="template_is_written",
                violation_error_message="A text is needed.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.get_channel_display()}, {self.get_language_display()}"
