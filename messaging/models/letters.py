from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import Site, User


@pghistory.track(exclude=["pdf", "done", "wanted"])
class LetterBatch(models.Model):
    """Letters that were printed together: who printed them, when, and the PDF itself.

    The PDF lies in the database, where it is kept and protected as the rest of the record is.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "being written"
        READY = "ready", "ready"
        FAILED = "failed", "failed"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    wanted = models.JSONField(default=list, help_text='The tasks and messages by number: ["task 3", "message 12"].')
    done = models.PositiveIntegerField(default=0, help_text="How many of these were looked at.")
    left_out = models.JSONField(default=list, blank=True, help_text="Which were not printed, and why, in words.")
    problem = models.CharField(max_length=300, blank=True)
    pdf = models.BinaryField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["site", "-id"], name="letter_batch_of_site")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "ready", "failed"]), name="letter_batch_status_is_known"
            ),
            models.CheckConstraint(condition=~Q(status="ready") | Q(problem=""), name="letter_batch_ready_is_whole"),
        ]

    def __str__(self) -> str:
        return f"Letters {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)
