from __future__ import annotations

from decimal import Decimal

import pghistory
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from inventory.models import Confidence
from outcomes.querysets import AssessmentQuerySet
from outcomes.rules import Measure, Rule, plain
from treatments.models import Condition, FollowUp, TreatmentCourse


class Instrument(models.Model):
    """A measure: what a score may be, which way is better, what change matters; never the text of a licensed form."""

    class Direction(models.TextChoices):
        LOWER = "lower", "lower is better"
        HIGHER = "higher", "higher is better"

    key = models.SlugField(unique=True)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    short_name = models.CharField(max_length=30)
    unit = models.CharField(max_length=40, blank=True)
    minimum = models.DecimalField(max_digits=7, decimal_places=2)
    maximum = models.DecimalField(max_digits=7, decimal_places=2)
    step = models.DecimalField(max_digits=5, decimal_places=2, default=1)
    better = models.CharField(max_length=6, choices=Direction, default=Direction.LOWER)
    # Grades that are words and not numbers (1+): a list of {value, label}; the coding is named in `coding`.
    grades = models.JSONField(default=list, blank=True)
    coding = models.CharField(max_length=80, blank=True)
    meaningful_change = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    meaningful_change_words = models.CharField(max_length=200, blank=True)
    conditions = models.ManyToManyField(Condition, related_name="instruments", blank=True)
    licence = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300, blank=True)
    confidence = models.CharField(max_length=2, choices=Confidence)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.short_name

    def grade_labels(self) -> dict[Decimal, str]:
        """The words of the grades by their value in this coding; empty for an instrument of numbers."""
        return {Decimal(str(grade["value"])): str(grade["label"]) for grade in self.grades}


class ResponderRule(models.Model):
    """When a cycle counts as a response for a condition: a change from baseline, measured at a time after the session.

    `change` is a percentage of the baseline when `is_percent`, else points of the instrument.
    """

    condition = models.OneToOneField(Condition, on_delete=models.CASCADE, related_name="responder_rule")
    version = models.PositiveSmallIntegerField(default=1)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    is_percent = models.BooleanField()
    change = models.DecimalField(max_digits=6, decimal_places=2)
    from_day = models.PositiveSmallIntegerField(help_text="First day after the session an assessment counts.")
    to_day = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200)
    source = models.CharField(max_length=300)
    confidence = models.CharField(max_length=2, choices=Confidence)

    def __str__(self) -> str:
        return self.words

    def as_rule(self) -> Rule:
        """The same as plain values, for outcomes.rules; needs the instrument loaded."""
        return Rule(
            is_percent=self.is_percent,
            change=self.change,
            from_day=self.from_day,
            to_day=self.to_day,
            lower_is_better=self.instrument.better == Instrument.Direction.LOWER,
        )

    def measure(self) -> Measure:
        """How the instrument is called; needs it loaded."""
        return Measure(self.instrument.short_name, self.instrument.unit)


@pghistory.track()
class Assessment(models.Model):
    """One instrument scored on one day for one course; a second one is a second row and overwrites nothing."""

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="assessments")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="assessments")
    assessed_on = models.DateField()
    value = models.DecimalField(max_digits=7, decimal_places=2)
    label = models.CharField(max_length=20, blank=True, help_text="The grade as given, for example 1+.")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, null=True, blank=True, related_name="assessments")
    note = models.CharField(max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["assessed_on", "id"]
        indexes = [models.Index(fields=["course", "instrument", "assessed_on"], name="assessment_of_course")]
        constraints = [
            models.UniqueConstraint(
                F("follow_up"),
                F("instrument"),
                name="assessment_once_per_follow_up",
                condition=Q(follow_up__isnull=False),
                violation_error_message="This follow-up already has a score for this instrument.",
            ),
        ]

    def __str__(self) -> str:
        return f"Assessment {self.pk}"

    @property
    def shown(self) -> str:
        """The score as people write it: the grade, or the number without needless zeros."""
        return self.label or plain(self.value)


class Export(models.Model):
    """A file that somebody asked for and the worker writes: the rows behind a figure, or the registry.

    The file lies in the database, protected as the rest of the record is, until it is removed or a week has passed.
    """

    class Kind(models.TextChoices):
        LIST = "list", "Rows behind a figure"
        REGISTRY = "registry", "Registry, without names"

    class Status(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "being written"
        READY = "ready", "ready"
        FAILED = "failed", "failed"
        REMOVED = "removed", "removed"

    kind = models.CharField(max_length=10, choices=Kind)
    query = models.CharField(max_length=500, blank=True, help_text="The address of a list behind its question mark.")
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
        return f"registry-{self.pk}.zip" if self.kind == self.Kind.REGISTRY else f"outcome-list-{self.pk}.csv"
