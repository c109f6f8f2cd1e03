from __future__ import annotations

from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models import Q

from accounts.models import User


class Export(models.Model):
    """A file that somebody asked for and the worker writes: the rows behind a figure, or the registry.

    The file lies in the database, protected as the rest of the record is, until it is removed or a week has passed.
    """

    class Kind(models.TextChoices):
        LIST = "list", "Rows behind a figure"
        FIGURES = "figures", "Figures as PDF"
        REGISTRY = "registry", "Registry, without names"

    class Status(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "being written"
        READY = "ready", "ready"
        FAILED = "failed", "failed"
        REMOVED = "removed", "removed"

    kind = models.CharField(max_length=10, choices=Kind)
    query = models.CharField(
        max_length=500,
        blank=True,
        validators=[ProhibitNullCharactersValidator()],
        help_text="The address of a list behind its question mark.",
    )
    on = models.DateField(help_text="The day on which it was asked for, at the site.")
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0, help_text="0 where that is not known beforehand.")
    problem = models.CharField(max_length=200, blank=True)
    data = models.BinaryField(null=True, editable=False)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["asked_by", "-id"], name="export_of_person")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["list", "figures", "registry"]), name="export_kind_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "ready", "failed", "removed"]),
                name="export_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status="ready", data__isnull=False) | (~Q(status="ready") & Q(data=None)),
                name="export_ready_has_its_file",
            ),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def file_name(self) -> str:
        return {
            self.Kind.LIST: f"outcome-list-{self.pk}.csv",
            self.Kind.FIGURES: f"outcomes-{self.pk}.pdf",
            self.Kind.REGISTRY: f"registry-{self.pk}.zip",
        }[self.Kind(self.kind)]

    @property
    def content_type(self) -> str:
        return {
            self.Kind.LIST: "text/csv; charset=utf-8",
            self.Kind.FIGURES: "application/pdf",
            self.Kind.REGISTRY: "application/zip",
        }[self.Kind(self.kind)]
