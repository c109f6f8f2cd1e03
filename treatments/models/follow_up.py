from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from audit.models import Versioned
from treatments.models.course import TreatmentCourse
from treatments.models.session import InjectionSession
from treatments.querysets.follow_ups import FollowUpQuerySet


@pghistory.track()
class FollowUp(Versioned):
    """A planned contact after a session, for one course of it, and what it found."""

    class Status(models.TextChoices):
        PLANNED = "planned", "planned"
        DONE = "done", "done"
        CANCELLED = "cancelled", "cancelled"

    class Impression(models.IntegerChoices):
        """The patient's global impression of change, seven points; 1 and 2 count as a response."""

        VERY_MUCH_IMPROVED = 1, "Very much improved"
        MUCH_IMPROVED = 2, "Much improved"
        MINIMALLY_IMPROVED = 3, "Minimally improved"
        NO_CHANGE = 4, "No change"
        MINIMALLY_WORSE = 5, "Minimally worse"
        MUCH_WORSE = 6, "Much worse"
        VERY_MUCH_WORSE = 7, "Very much worse"

    class Satisfaction(models.IntegerChoices):
        """How satisfied the patient is with the session; the words are ours."""

        VERY_SATISFIED = 1, "Very satisfied"
        SATISFIED = 2, "Satisfied"
        NEITHER = 3, "Neither"
        DISSATISFIED = 4, "Dissatisfied"
        VERY_DISSATISFIED = 5, "Very dissatisfied"

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="follow_ups")
    session = models.ForeignKey(InjectionSession, on_delete=models.PROTECT, related_name="follow_ups")
    step = models.SlugField(max_length=30)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200, blank=True)
    due_on = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who took it on; empty is the course's provider.",
    )

    done_on = models.DateField(null=True, blank=True)
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    onset_on = models.DateField("first effect", null=True, blank=True)
    peak_on = models.DateField("strongest effect", null=True, blank=True)
    wear_off_on = models.DateField("wearing off since", null=True, blank=True)
    impression = models.PositiveSmallIntegerField(choices=Impression, null=True, blank=True)
    satisfaction = models.PositiveSmallIntegerField(choices=Satisfaction, null=True, blank=True)
    adverse_event = models.BooleanField(null=True, blank=True)
    adverse_event_text = models.CharField(max_length=500, blank=True)
    spread_answers = models.JSONField(
        default=dict, blank=True, help_text="The questions about spread, by key: yes or no; not asked is not here."
    )
    note = models.CharField(max_length=500, blank=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(fields=["due_on", "id"], name="follow_up_planned", condition=Q(status="planned")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["planned", "done", "cancelled"]), name="follow_up_status_is_known"
            ),
            models.UniqueConstraint(fields=["session", "course", "step"], name="follow_up_once_per_step"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(done_on__isnull=False, done_by__isnull=False),
                name="follow_up_done_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(adverse_event=True) | ~Q(adverse_event_text=""),
                name="follow_up_adverse_event_in_words",
                violation_error_message="Say what happened.",
            ),
            models.CheckConstraint(
                condition=Q(onset_on=None) | Q(wear_off_on=None) | Q(wear_off_on__gte=F("onset_on")),
                name="follow_up_wears_off_after_onset",
                violation_error_message="The effect cannot wear off before it began.",
            ),
        ]

    @property
    def who(self) -> User:
        """Whose it is to do: who took it on, else the course's provider."""
        return self.owner or self.course.provider

    def __str__(self) -> str:
        return f"Follow-up {self.pk}"
