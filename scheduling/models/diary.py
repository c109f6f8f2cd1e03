from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.models import Site, User
from audit.models import Versioned
from patients.models import Patient
from scheduling.models.hours import Room, VisitKind
from scheduling.querysets import AppointmentQuerySet
from scheduling.rules.times import span_words
from scheduling.rules.visits import INACTIVE, is_too_early
from scheduling.triggers.bookings import BOOKINGS_FOLLOW_APPOINTMENTS, BOOKINGS_FOLLOW_COURSES
from treatments.models import FollowUp, InjectionSession, TreatmentCourse


class IdRange(Func):
    """int8range(id, id, '[]'): equality that a GiST index knows without the btree_gist extension."""

    function = "int8range"

    def __init__(self, field: str) -> None:
        super().__init__(F(field), F(field), Value("[]"))


def _no_overlap(field: str, name: str, message: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[
            (IdRange(field), RangeOperators.OVERLAPS),
            (
                Func(
                    F("starts_at"),
                    F("ends_at"),
                    RangeBoundary(),
                    function="tstzrange",
                    output_field=DateTimeRangeField(),
                ),
                RangeOperators.OVERLAPS,
            ),
        ],
        condition=~Q(status__in=["cancelled", "missed", "moved"]) & Q(**{f"{field}__isnull": False}),
        violation_error_message=message,
    )


@pghistory.track()
class Appointment(Versioned):
    """A patient, a provider and a time. The database refuses two of them in one place at once.

    The clinical record never points here: an appointment points at the session it became.
    """

    Kind = VisitKind

    class Status(models.TextChoices):
        BOOKED = "booked", "booked"
        CONFIRMED = "confirmed", "confirmed"
        ARRIVED = "arrived", "arrived"
        IN_ROOM = "in_room", "in room"
        DONE = "done", "done"
        MISSED = "missed", "missed"
        CANCELLED = "cancelled", "cancelled"
        # Another appointment took its place: `moved_to`.
        MOVED = "moved", "moved"

    class CancelledBy(models.TextChoices):
        PATIENT = "patient", "The patient"
        CLINIC = "clinic", "The clinic"

    class Source(models.TextChoices):
        STAFF = "staff", "by staff"
        LINK = "link", "by the patient's link"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    provider = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="appointments")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments")
    kind = models.CharField(max_length=12, choices=Kind)
    courses: models.ManyToManyField[TreatmentCourse, Any] = models.ManyToManyField(
        TreatmentCourse, through="AppointmentCourse", related_name="appointments"
    )
    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    session = models.ForeignKey(
        InjectionSession, on_delete=models.SET_NULL, null=True, blank=True, related_name="appointments"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.BOOKED)
    note = models.CharField(max_length=200, blank=True)
    status_since = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=8, choices=CancelledBy, blank=True)
    cancelled_reason = models.CharField(max_length=200, blank=True)
    # Why it stands although a rule that may be set aside speaks against it: too early, outside hours, a holiday,
    # outside the authorisation. Never for a double booking.
    override_reason = models.CharField("reason to book all the same", max_length=200, blank=True)
    moved_from = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="moved_to")
    # A follow-up visit booked together with the session it comes after, and which step of the plan it is for.
    planned_with = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="planned_follow_ups"
    )
    plan_step = models.SlugField(max_length=30, blank=True)
    source = models.CharField(max_length=6, choices=Source, default=Source.STAFF)
    # Nobody where the patient did it, by a link.
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["site", "starts_at"], name="appointment_of_day"),
            models.Index(fields=["patient", "-starts_at"], name="appointment_of_patient"),
            models.Index(fields=["provider", "starts_at"], name="appointment_of_provider"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["session", "follow_up", "consultation"]), name="appointment_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by__in=["", "patient", "clinic"]), name="appointment_cancelled_by_is_known"
            ),
            models.CheckConstraint(condition=Q(source__in=["staff", "link"]), name="appointment_source_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="appointment_ends_after_start",
                violation_error_message="It ends before it starts.",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["booked", "confirmed", "arrived", "in_room", "done", "missed", "cancelled", "moved"]
                ),
                name="appointment_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(source="link") | Q(created_by__isnull=False), name="appointment_booked_by_someone"
            ),
            _no_overlap("provider_id", "appointment_provider_free", "The provider is already booked at this time."),
            _no_overlap("room_id", "appointment_room_free", "The room is already booked at this time."),
            _no_overlap(
                "patient_id", "appointment_patient_free", "The patient already has an appointment at this time."
            ),
        ]
        triggers = [BOOKINGS_FOLLOW_APPOINTMENTS]

    def __str__(self) -> str:
        return f"Appointment {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.status not in INACTIVE

    @property
    def local_start(self) -> datetime:
        """The wall time at its site, without a zone: templates move a moment that has one to the reader's clock."""
        return self.site.localtime(self.starts_at).replace(tzinfo=None)

    @property
    def local_end(self) -> datetime:
        return self.site.localtime(self.ends_at).replace(tzinfo=None)

    @property
    def on(self) -> date:
        """The calendar day of the visit at its site."""
        return self.local_start.date()

    @property
    def minutes(self) -> int:
        return round((self.ends_at - self.starts_at).total_seconds() / 60)

    @property
    def time_words(self) -> str:
        """ "09:00-09:30", in the site's time."""
        return span_words(self.local_start, self.local_end)

    @property
    def when_words(self) -> str:
        """ "Tue 3 Feb, 09:00-09:30, Dr Kenji Ito", in the site's time."""
        start = self.local_start
        return f"{start:%a} {start.day} {start:%b}, {self.time_words}, {self.provider}"

    @property
    def shown_status(self) -> str:
        """The status that counts: a visit whose session is signed is done, whoever forgot to press it."""
        session = self.session
        if self.is_active and session is not None and session.status == InjectionSession.Status.SIGNED:
            return str(self.Status.DONE)
        return self.status

    @property
    def shown_status_words(self) -> str:
        return str(self.Status(self.shown_status).label)

    @property
    def early_until(self) -> date | None:
        """The first allowed day, when this session visit lies before it; needs the courses loaded."""
        if self.kind != self.Kind.SESSION or not self.is_active:
            return None
        return max(
            (
                course.eligible_on
                for course in self.courses.all()
                if course.eligible_on
                and is_too_early(on=self.on, eligible_on=course.eligible_on, last_session_on=course.last_session_on)
            ),
            default=None,
        )


@pghistory.track()
class AppointmentCourse(models.Model):
    """A course that an appointment is for; a visit may treat several."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="planned")
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="planned")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appointment", "course"], name="appointment_course_once")]
        triggers = [BOOKINGS_FOLLOW_COURSES]

    def __str__(self) -> str:
        return f"{self.appointment} for {self.course}"
