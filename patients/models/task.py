from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from audit.models import Versioned
from patients.models.patient import Patient
from patients.querysets import TaskQuerySet


@pghistory.track()
class Task(Versioned):
    """Something a person has to do about a patient, made by the program or by a person; open until somebody says done.

    `once` keeps two of the same from standing open. What it is about is named by kind and number, as this app does not
    know the diary.
    """

    class Kind(models.TextChoices):
        LETTER = "letter", "Write a letter"
        MESSAGE_FAILED = "message_failed", "A message did not arrive"
        MESSAGE_UNKNOWN = "message_unknown", "A message was perhaps sent"
        OFFER_SLOT = "offer_slot", "Offer a freed time"
        ASKED_TO_MOVE = "asked_to_move", "The patient asks to move an appointment"
        ASKED_TO_CALL = "asked_to_call", "The patient asks to be called"
        CANCELLED_BY_LINK = "cancelled_by_link", "The patient cancelled by link"
        LINK_LOCKED = "link_locked", "A patient's link is locked"
        CONTACT_DETAILS = "contact_details", "Put contact details right"
        AUTHORIZATION = "authorization", "Ask for an authorisation"
        DRUG_ORDER = "drug_order", "Chase an order"
        LOT_RECALL = "lot_recall", "Tell the patient of a recalled lot"
        RED_ANSWER = "red_answer", "Call today: a marked answer"
        EMERGENCY = "emergency", "Look at an emergency access"
        OTHER = "other", "Other"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="tasks")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    words = models.CharField(max_length=200, blank=True, help_text="What to do, in a sentence; no clinical fact.")
    about = models.CharField(max_length=20, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    once = models.CharField(max_length=120, blank=True)
    due_on = models.DateField()
    assigned_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_note = models.CharField(max_length=200, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(fields=["site", "due_on", "id"], name="task_open", condition=Q(done_at=None)),
            models.Index(fields=["patient", "-id"], name="task_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "letter",
                        "message_failed",
                        "message_unknown",
                        "offer_slot",
                        "asked_to_move",
                        "asked_to_call",
                        "cancelled_by_link",
                        "link_locked",
                        "contact_details",
                        "authorization",
                        "drug_order",
                        "lot_recall",
                        "red_answer",
                        "emergency",
                        "other",
                    ]
                ),
                name="task_kind_is_known",
            ),
            models.UniqueConstraint(fields=["once"], condition=Q(done_at=None) & ~Q(once=""), name="task_open_once"),
        ]

    def __str__(self) -> str:
        return f"Task {self.pk}"
