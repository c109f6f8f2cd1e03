from __future__ import annotations

from datetime import UTC, date, datetime

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from accounts.models import Site, User
from audit.models import Versioned
from patients.models import Patient
from treatments.models.reference import Condition, ConditionPolicy, DiagnosisCode
from treatments.querysets.courses import BookedBefore, TreatmentCourseQuerySet
from treatments.rules.windows import Booking, State, booked_ahead, booking_of, next_booked, state_on


class WindowDates(models.Model):
    """The stored dates of a window; rules.windows says what each means."""

    last_session_on = models.DateField(null=True, blank=True)
    eligible_on = models.DateField(null=True, blank=True)
    opening_on = models.DateField(null=True, blank=True)
    window_opens_on = models.DateField(null=True, blank=True)
    window_closes_on = models.DateField(null=True, blank=True)
    lapses_on = models.DateField(null=True, blank=True)
    target_on = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


DATE_FIELDS = tuple(field.name for field in WindowDates._meta.local_fields)


# In orders by the last contact, the place of those whom nobody has tried.
NEVER_TRIED = datetime(1970, 1, 1, tzinfo=UTC)

# Kept by triggers of the diary (see scheduling.triggers); nothing else writes them, and they follow from other rows.
KEPT_FIELDS = ("booked_dates", "booked_until", "tried_at", "times_tried", "ask_by", "asks_from")


@pghistory.track(exclude=list(KEPT_FIELDS))
class TreatmentCourse(WindowDates, Versioned):
    """One patient and one condition, over years. Carries what fast lists need: the dates of its open window, the days
    booked, how often the patient was tried for that window and when last for any, and when to ask the payer.

    `ask_by`: the last day to ask a payer for the next session, None where no coverage wants that. `asks_from`: on no
    day before it can an authorisation be missing; the list of those to ask for looks closer from then on.
    """

    class ClosedReason(models.TextChoices):
        COMPLETED = "completed", "completed"
        PAUSED = "paused", "paused"
        STOPPED = "stopped", "stopped"
        # Two records of one person were made one, and the other course goes on.
        MERGED = "merged", "continued in another course"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="courses")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="courses")
    provider = models.ForeignKey(User, on_delete=models.PROTECT, related_name="courses")
    diagnosis = models.ForeignKey(DiagnosisCode, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    started_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    closed_reason = models.CharField(max_length=10, choices=ClosedReason, blank=True)
    closed_note = models.CharField(max_length=200, blank=True)
    booked_dates = ArrayField(models.DateField(), default=list, editable=False)
    booked_until = models.DateField(null=True, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    times_tried = models.PositiveIntegerField(default=0, editable=False)
    ask_by = models.DateField(null=True, editable=False)
    asks_from = models.DateField(null=True, editable=False)

    objects = TreatmentCourseQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            # The recall list: walked in its order, with the dates beside it that say the state, so that of the rows
            # of another state none is fetched. The second is for one condition, the third for several sites.
            models.Index(
                fields=["site", "window_closes_on", "id", "window_opens_on", "opening_on", "lapses_on"],
                name="course_open_by_window",
                condition=Q(closed_on=None),
            ),
            models.Index(
                fields=["site", "condition", "window_closes_on", "id", "window_opens_on", "opening_on", "lapses_on"],
                name="course_open_of_condition",
                condition=Q(closed_on=None),
            ),
            models.Index(
                fields=["window_closes_on", "id", "site", "window_opens_on", "opening_on", "lapses_on"],
                name="course_open_anywhere",
                condition=Q(closed_on=None),
            ),
            # All of them, those without a window last.
            models.Index(
                F("site"),
                Coalesce("window_closes_on", Value(date.max)),
                F("id"),
                name="course_open_all",
                condition=Q(closed_on=None),
            ),
            models.Index(
                F("site"),
                Coalesce("target_on", Value(date.max)),
                F("id"),
                name="course_open_by_target",
                condition=Q(closed_on=None),
            ),
            models.Index(
                F("site"),
                Coalesce("tried_at", Value(NEVER_TRIED)),
                F("id"),
                F("window_closes_on"),
                F("opening_on"),
                F("lapses_on"),
                name="course_open_by_contact",
                condition=Q(closed_on=None),
            ),
            models.Index(
                fields=["site", "times_tried", "id", "window_closes_on", "opening_on", "lapses_on"],
                name="course_open_by_tries",
                condition=Q(closed_on=None),
            ),
            models.Index(
                fields=["ask_by", "id", "site", "asks_from"],
                name="course_to_ask",
                condition=Q(closed_on=None, ask_by__isnull=False),
            ),
            models.Index(
                fields=["site", "started_on", "id"],
                name="course_new",
                condition=Q(closed_on=None, window_opens_on=None),
            ),
            models.Index(
                fields=["site", "window_closes_on", "id"],
                name="course_booked_early",
                condition=Q(BookedBefore("eligible_on", "booked_dates"), closed_on=None),
            ),
            models.Index(fields=["patient", "condition"], name="course_of_patient"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "condition"],
                condition=Q(closed_on=None),
                name="course_open_once",
                violation_error_message="This patient already has an open course for this condition.",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None, closed_reason="") | (Q(closed_on__isnull=False) & ~Q(closed_reason="")),
                name="course_closed_with_reason",
                violation_error_message="A closed course needs its reason.",
            ),
            models.CheckConstraint(
                condition=Q(
                    last_session_on=None,
                    eligible_on=None,
                    opening_on=None,
                    window_opens_on=None,
                    window_closes_on=None,
                    lapses_on=None,
                    target_on=None,
                )
                | Q(
                    last_session_on__isnull=False,
                    eligible_on__isnull=False,
                    opening_on__isnull=False,
                    window_opens_on__isnull=False,
                    window_closes_on__isnull=False,
                    lapses_on__isnull=False,
                    target_on__isnull=False,
                ),
                name="course_dates_all_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"Course {self.pk}"

    def state(self, *, on: date) -> State:
        """The state on that site-local date; needs the patient loaded."""
        return state_on(
            self,
            closed_from=[self.closed_on, self.patient.died_on, self.patient.left_on],
            on=on,
        )

    def booked_ahead(self, *, on: date) -> list[date]:
        return booked_ahead(self, booked_dates=self.booked_dates, on=on)

    def next_booked(self, *, on: date) -> date | None:
        """The next booked session day, or None."""
        return next_booked(self, booked_dates=self.booked_dates, on=on)

    def booking(self, *, on: date) -> Booking:
        return booking_of(self, booked_dates=self.booked_dates, on=on)


@pghistory.track()
class RetreatmentWindow(WindowDates):
    """The window that one session opened for one course; closed by the course's next session.

    Its dates never move when a policy changes. `reasons` says in words what set each date: a list of
    {date, words, rule, version, source, confidence}. A target that a person chose is kept beside the calculated one.
    """

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="windows")
    session = models.ForeignKey("treatments.InjectionSession", on_delete=models.PROTECT, related_name="windows")
    policy = models.ForeignKey(ConditionPolicy, on_delete=models.PROTECT, related_name="+")
    reasons = models.JSONField(default=list)
    target_chosen_on = models.DateField(null=True, blank=True)
    target_chosen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    target_chosen_reason = models.CharField(max_length=200, blank=True)
    closed_by = models.ForeignKey(
        "treatments.InjectionSession", on_delete=models.PROTECT, null=True, blank=True, related_name="closed_windows"
    )
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ["course", "-last_session_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["course", "session"], name="window_once_per_session"),
            models.UniqueConstraint(
                fields=["course"], condition=Q(closed_by=None, voided=False), name="window_one_open_per_course"
            ),
        ]

    def __str__(self) -> str:
        return f"Window {self.pk}"
