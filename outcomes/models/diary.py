from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import User
from outcomes.models.assessment import AnsweredBy
from outcomes.rules.diary import DiaryEntry
from treatments.models import TreatmentCourse


@pghistory.track()
class DiaryDay(models.Model):
    """One day of a course's headache diary. A day without a row was not recorded, and is never taken as without one."""

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="diary_days")
    day = models.DateField()
    headache = models.BooleanField()
    migraine = models.BooleanField(default=False)
    severity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 mild, 2 moderate, 3 severe.")
    hours = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    acute_drug = models.BooleanField(default=False)
    answered_by = models.CharField(max_length=10, choices=AnsweredBy, default=AnsweredBy.STAFF)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["course", "day"]
        constraints = [
            models.UniqueConstraint(fields=["course", "day"], name="diary_day_once"),
            models.CheckConstraint(
                condition=Q(headache=True) | Q(migraine=False, severity=None, hours=None),
                name="diary_day_without_headache_is_empty",
                violation_error_message="A day without headache has no migraine, severity or hours.",
            ),
            models.CheckConstraint(
                condition=Q(severity=None) | Q(severity__range=(1, 3)),
                name="diary_day_severity_1_to_3",
                violation_error_message="Severity is 1 to 3.",
            ),
            models.CheckConstraint(
                condition=Q(hours=None) | Q(hours__range=(0, 24)),
                name="diary_day_hours_of_a_day",
                violation_error_message="A day has 0 to 24 hours.",
            ),
            models.CheckConstraint(
                condition=~Q(answered_by="staff") | Q(recorded_by__isnull=False),
                name="diary_day_recorded_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"Diary day {self.pk}"

    def as_entry(self) -> DiaryEntry:
        """The same as plain values, for outcomes.rules."""
        return DiaryEntry(
            on=self.day,
            headache=self.headache,
            migraine=self.migraine,
            severity=self.severity,
            hours=self.hours,
            acute_drug=self.acute_drug,
        )
