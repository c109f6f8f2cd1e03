from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from messaging.models.letters import LetterBatch
from messaging.models.template import Language, MessageTemplate, Purpose
from messaging.querysets import MessageQuerySet
from patients.models import Patient


@pghistory.track()
class Message(models.Model):
    """One thing sent, or to be sent, to a patient.

    `once` is what makes it one: "appointment 12 at 2026-11-30T14:00Z, 7 days before". A second row with it is refused
    by the database, however often the planner runs. What it is about is named by kind and number, as this app knows
    neither diary nor courses.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "waiting"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        # The worker died between handing it over and writing that down: a person decides.
        UNKNOWN = "unknown", "perhaps sent"
        FAILED = "failed", "failed"
        BOUNCED = "bounced", "came back"
        CANCELLED = "cancelled", "not sent"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="messages")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Patient.Channel)
    language = models.CharField(max_length=5, choices=Language)
    attempt = models.PositiveSmallIntegerField(default=0)
    once = models.CharField(max_length=120, unique=True)
    about = models.CharField(max_length=20, help_text="appointment, course, waiting entry or follow-up")
    about_id = models.BigIntegerField()
    # What the words are filled with: days and times as text, never a name of what is treated.
    values = models.JSONField(default=dict, blank=True)

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    send_after = models.DateTimeField()
    send_before = models.DateTimeField(help_text="After this moment it is of no use and is not sent.")
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True, help_text="The worker that is sending it.")
    sent_at = models.DateTimeField(null=True, blank=True)
    template = models.ForeignKey(MessageTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    template_version = models.PositiveIntegerField(null=True, blank=True)
    sent_to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True, help_text="As it was sent; a link's secret is left out.")
    letter_batch = models.ForeignKey(
        LetterBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="letters",
        help_text="With which it was printed, and so by whom.",
    )  # fmt: skip
    provider_id = models.CharField(max_length=200, blank=True, help_text="What the carrier calls it.")
    problem = models.CharField(max_length=300, blank=True, help_text="Why it was not sent, in words.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["send_after", "id"], name="message_queue", condition=Q(status="queued")),
            models.Index(fields=["claimed_at"], name="message_being_sent", condition=Q(status="sending")),
            models.Index(fields=["patient", "-id"], name="message_of_patient"),
            models.Index(fields=["about", "about_id"], name="message_about"),
            models.Index(fields=["site", "-id"], name="message_of_site"),
            models.Index(fields=["provider_id"], name="message_by_carrier", condition=~Q(provider_id="")),
        ]
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
                name="message_purpose_is_known",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["phone", "text", "email", "letter"]), name="message_channel_is_known"
            ),
            models.CheckConstraint(condition=Q(language__in=["en", "es"]), name="message_language_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "unknown", "failed", "bounced", "cancelled"]),
                name="message_status_is_known",
            ),
            models.CheckConstraint(condition=~Q(channel="phone"), name="message_is_written"),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False), name="message_sent_has_its_moment"
            ),
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"
