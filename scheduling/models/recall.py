from __future__ import annotations

from datetime import date

import pghistory
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from audit.models import Versioned
from messaging.models import Message
from patients.models import Patient
from scheduling.querysets import RecallAttemptQuerySet
from scheduling.triggers.tries import TRIES_FOLLOW_ATTEMPTS
from treatments.models import RetreatmentWindow, TreatmentCourse

LONGEST_HIDE_DAYS = 366


@pghistory.track()
class AttemptOutcome(Versioned):
    """What may come of a try to reach a patient; a clinic adds its own. What it does is said by its columns alone."""

    key = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=60, unique=True)
    patient_reached = models.BooleanField(default=False)
    attempt_again = models.BooleanField(default=True, help_text="Somebody has to try again.")
    hide_days = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(LONGEST_HIDE_DAYS)],
        help_text="Days that the row is off the lists to call; 0 keeps it there.",
    )
    closes_cycle = models.BooleanField(
        default=False, help_text="Nobody is called any more for this window; the next session starts anew."
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    is_shipped = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_cycle=False) | Q(attempt_again=False),
                name="outcome_closes_or_again",
                violation_error_message="Either nobody is called any more, or somebody tries again.",
            ),
            models.CheckConstraint(condition=Q(hide_days__lte=LONGEST_HIDE_DAYS), name="outcome_hides_a_year_at_most"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def offered(cls) -> list[tuple[str, str]]:
        """Those that a person may choose now, for a form."""
        return list(cls.objects.filter(is_active=True).values_list("key", "name"))


@pghistory.track()
class RecallAttempt(models.Model):
    """One try to reach a patient about one window; only ever added."""

    class Source(models.TextChoices):
        PERSON = "person", "a person"
        MESSAGE = "message", "a message"
        LINK = "link", "the patient, by link"

    window = models.ForeignKey(RetreatmentWindow, on_delete=models.PROTECT, null=True, related_name="attempts")
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="attempts")
    channel = models.CharField(max_length=10, choices=Patient.Channel, default=Patient.Channel.PHONE)
    outcome = models.ForeignKey(
        AttemptOutcome, on_delete=models.PROTECT, to_field="key", db_column="outcome", related_name="attempts"
    )
    # Worked out from the outcome when it was logged, so that a later change of the outcome moves nobody.
    hidden_until = models.DateField(
        null=True, blank=True, help_text="Off the lists to call before this day; the last of all days: for this window."
    )
    note = models.CharField(max_length=200, blank=True)
    # When it was made; of a message that went out, when it did, which may be long before it is kept here.
    at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=8, choices=Source, default=Source.PERSON)
    message = models.OneToOneField(
        Message, on_delete=models.PROTECT, null=True, blank=True, related_name="recall_attempt"
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = RecallAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        triggers = [TRIES_FOLLOW_ATTEMPTS]
        indexes = [
            models.Index(fields=["course", "-at"], name="attempt_of_course"),
            models.Index(fields=["window"], name="attempt_of_window"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=["phone", "text", "email", "letter"]), name="attempt_channel_is_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["person", "message", "link"]), name="attempt_source_is_known"
            ),
            models.CheckConstraint(condition=~Q(source="person") | Q(by__isnull=False), name="attempt_by_someone"),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.pk}"


@pghistory.track()
class RecallHold(models.Model):
    """A course kept off the lists to call, by someone, for a reason; only ever added, the latest one counts.

    A snooze and a pause end by themselves on `until`; a stop has no such day. Every hold is about the window that was
    open when it was made, and the course's next session ends it.
    """

    class Kind(models.TextChoices):
        SNOOZE = "snooze", "Snoozed"
        PAUSE = "pause", "Paused"
        STOP = "stop", "Stopped"
        BACK = "back", "Brought back"

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="holds")
    window = models.ForeignKey(RetreatmentWindow, on_delete=models.PROTECT, null=True, related_name="holds")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.SNOOZE)
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["course", "-id"], name="hold_of_course")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["snooze", "pause", "stop", "back"]), name="hold_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="stop", until=None) | (~Q(kind="stop") & Q(until__isnull=False)),
                name="hold_ends_unless_stopped",
                violation_error_message="Give the day on which it is back.",
            ),
        ]

    def __str__(self) -> str:
        return f"Hold {self.pk}"

    def lasts(self, *, on: date) -> bool:
        """Whether it keeps the course off the lists on that day, as long as no later hold does otherwise."""
        return self.kind != self.Kind.BACK and (self.until is None or self.until > on)


class RecallClaim(models.Model):
    """Who is calling a patient right now, so that two people do not; over when released or at `until`."""

    course = models.OneToOneField(TreatmentCourse, on_delete=models.CASCADE, related_name="recall_claim")
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=models.F("at")), name="claim_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"Claim on {self.course_id}"
