from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import Site, User
from audit.models import Versioned
from interop.querysets import ImportJobQuerySet


class ImportJob(models.Model):
    """A file somebody uploaded, its column mapping, how far the worker has come, and what it found."""

    class Kind(models.TextChoices):
        PATIENTS = "patients", "Patients"
        SESSIONS = "sessions", "Outside sessions"

    class Status(models.TextChoices):
        PREVIEW = "preview", "to confirm"
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    kind = models.CharField(max_length=10, choices=Kind)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="imports/")
    file_name = models.CharField(max_length=200)
    mapping = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status, default=Status.PREVIEW)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list, help_text="Up to a thousand of {line, column, reason}; no patient data.")
    error = models.CharField(max_length=300, blank=True)
    provider = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who leads the courses that an import of sessions has to start.",
    )
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["patients", "sessions"]), name="import_job_kind_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=["preview", "queued", "running", "done", "failed"]),
                name="import_job_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Import {self.pk}"


@pghistory.track()
class ProcedureCode(Versioned):
    """A procedure code number that the clinic entered for one use; Cadence ships none and knows no descriptor."""

    slot = models.SlugField(max_length=40, unique=True, help_text="The use, see interop.rules.claims.")
    code = models.CharField(max_length=10)
    note = models.CharField(max_length=120, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["slot"]

    def __str__(self) -> str:
        return f"{self.slot}: {self.code}"


@pghistory.track(exclude=["token_hash"])
class CalendarFeed(Versioned):
    """A provider's diary for a calendar program: an address with a secret, of which only a hash is kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Calendar feed {self.pk}"

    @property
    def mark(self) -> str:
        """What a page carries to tell whether this is still the feed and the address that it showed."""
        return f"{self.pk}.{self.version}"
