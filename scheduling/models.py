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
from scheduling.querysets import AppointmentQuerySet, RecallAttemptQuerySet
from scheduling.rules import INACTIVE, is_too_early, span_words
from scheduling.triggers import BOOKINGS_FOLLOW_APPOINTMENTS, BOOKINGS_FOLLOW_COURSES
from treatments.models import FollowUp, InjectionSession, RetreatmentWindow, TreatmentCourse


class Room(models.Model):
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["site", "name"]
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="room_once")]

    def __str__(self) -> str:
        return self.name


class Availability(models.Model):
    """When a provider works at a site each week, in the site's own time."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    provider = models.ForeignKey(User, on_delete=models.CASCADE, related_name="availabilities")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="availabilities")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        verbose_name_plural = "availabilities"
        ordering = ["provider", "weekday", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="availability_ends_after_start",
                violation_error_message="It ends before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}-{self.ends_at:%H:%M}"


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
        condition=~Q(status__in=["cancelled", "missed"]) & Q(**{f"{field}__isnull": False}),
        violation_error_message=message,
    )


@pghistory.track()
class Appointment(Versioned):
    """A patient, a provider and a time. The database refuses two of them in one place at once.

    The clinical record never points here: an appointment points at the session it became.
    """

    class Kind(models.TextChoices):
        SESSION = "session", "Injection session"
        FOLLOW_UP = "follow_up", "Follow-up"
        CONSULTATION = "consultation", "Consultation"

    class Status(models.TextChoices):
        BOOKED = "booked", "booked"
        CONFIRMED = "confirmed", "confirmed"
        ARRIVED = "arrived", "arrived"
        IN_ROOM = "in_room", "in room"
        DONE = "done", "done"
        MISSED = "missed", "missed"
        CANCELLED = "cancelled", "cancelled"

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
    cancelled_reason = models.CharField(max_length=200, blank=True)
    early_reason = models.CharField(
        "reason to book early", max_length=200, blank=True, help_text="Why it lies before the first allowed day."
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
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
                condition=Q(ends_at__gt=F("starts_at")),
                name="appointment_ends_after_start",
                violation_error_message="It ends before it starts.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["booked", "confirmed", "arrived", "in_room", "done", "missed", "cancelled"]),
                name="appointment_status_is_known",
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


class AppointmentCourse(models.Model):
    """A course that an appointment is for; a visit may treat several."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="planned")
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="planned")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appointment", "course"], name="appointment_course_once")]
        triggers = [BOOKINGS_FOLLOW_COURSES]

    def __str__(self) -> str:
        return f"{self.appointment} for {self.course}"


@pghistory.track()
class RecallAttempt(models.Model):
    """One try to reach a patient about one window; only ever added."""

    class Outcome(models.TextChoices):
        VOICEMAIL = "voicemail", "Left a voicemail"
        NO_ANSWER = "no_answer", "No answer"
        WILL_CALL_BACK = "will_call_back", "Will call back"
        AGREED = "agreed", "Agreed to book"
        DECLINED = "declined", "Does not want to come now"
        WRONG_NUMBER = "wrong_number", "Wrong number"

    window = models.ForeignKey(RetreatmentWindow, on_delete=models.PROTECT, null=True, related_name="attempts")
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="attempts")
    channel = models.CharField(max_length=10, choices=Patient.Channel, default=Patient.Channel.PHONE)
    outcome = models.CharField(max_length=16, choices=Outcome)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = RecallAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["course", "-at"], name="attempt_of_course")]

    def __str__(self) -> str:
        return f"Attempt {self.pk}"


@pghistory.track()
class Snooze(models.Model):
    """A course kept off the recall list until a day, by someone, for a reason; the latest one counts."""

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="snoozes")
    until = models.DateField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["course", "-id"], name="snooze_of_course")]

    def __str__(self) -> str:
        return f"Snooze {self.pk}"
