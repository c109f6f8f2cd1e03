from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Site, User
from audit.models import Versioned
from patients.models import Patient
from scheduling.models.diary import Appointment
from scheduling.models.hours import Room, VisitKind
from scheduling.querysets import WaitingEntryQuerySet
from treatments.models import TreatmentCourse


@pghistory.track()
class WaitingEntry(Versioned):
    """A patient who would come earlier, or at other times, than can be had now. Offered a freed time, never booked."""

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting"
        BOOKED = "booked", "booked"
        WITHDRAWN = "withdrawn", "withdrawn"

    class PartOfDay(models.TextChoices):
        ANY = "any", "Any time"
        MORNING = "morning", "Mornings"
        AFTERNOON = "afternoon", "Afternoons"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="waiting_entries")
    course = models.ForeignKey(
        TreatmentCourse, on_delete=models.PROTECT, null=True, blank=True, related_name="waiting_entries"
    )
    kind = models.CharField(max_length=12, choices=VisitKind)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="waiting_entries")
    provider = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty: anyone."
    )
    # The appointment that would be given up for an earlier one.
    instead_of = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="waiting_entries"
    )
    minutes = models.PositiveSmallIntegerField()
    earliest_on = models.DateField()
    latest_on = models.DateField()
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, help_text="Empty: any day.")
    part_of_day = models.CharField(max_length=10, choices=PartOfDay, default=PartOfDay.ANY)
    is_urgent = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = WaitingEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "waiting entries"
        ordering = ["-is_urgent", "created_at", "id"]
        indexes = [
            models.Index(fields=["site", "latest_on"], name="waiting_open", condition=Q(status="waiting")),
            models.Index(fields=["patient", "-id"], name="waiting_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["session", "follow_up", "consultation"]), name="waiting_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(part_of_day__in=["any", "morning", "afternoon"]), name="waiting_part_of_day_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "booked", "withdrawn"]), name="waiting_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(latest_on__gte=F("earliest_on")),
                name="waiting_ends_after_start",
                violation_error_message="The last day lies before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"Waiting entry {self.pk}"


@pghistory.track()
class SlotOffer(models.Model):
    """A freed time offered to somebody who waits, and what came of it."""

    class Status(models.TextChoices):
        OFFERED = "offered", "offered"
        BOOKED = "booked", "booked"
        DECLINED = "declined", "declined"
        TAKEN = "taken", "taken by another"
        EXPIRED = "expired", "not answered"

    entry = models.ForeignKey(WaitingEntry, on_delete=models.PROTECT, related_name="offers")
    freed_by = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="offers")
    provider = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OFFERED)
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="offer"
    )
    offered_at = models.DateTimeField(auto_now_add=True)
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["freed_by"], name="offer_of_freed_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["offered", "booked", "declined", "taken", "expired"]),
                name="offer_status_is_known",
            ),
            models.UniqueConstraint(
                fields=["entry", "freed_by"],
                name="offer_once",
                violation_error_message="This time was offered to them already.",
            ),
        ]

    def __str__(self) -> str:
        return f"Offer {self.pk}"
