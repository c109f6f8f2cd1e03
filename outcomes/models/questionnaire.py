from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from outcomes.models.assessment import AnsweredBy
from outcomes.models.instrument import InstrumentVersion
from outcomes.querysets import QuestionnaireQuerySet
from outcomes.rules import patient_questions
from treatments.models import FollowUp

# What a link is about, and a message that brings it.
ABOUT = "follow-up"


@pghistory.track()
class Questionnaire(models.Model):
    """The questions of one follow-up put to the patient, by link or on the clinic's tablet, and the answers so far.

    One for each follow-up, so that nobody is asked twice. Once finished it is closed. The instruments are asked under
    the versions that were in force when it was made.
    """

    follow_up = models.OneToOneField(FollowUp, on_delete=models.PROTECT, related_name="questionnaire")
    versions = models.ManyToManyField(InstrumentVersion, related_name="+", blank=True)
    # By the key of the question, as text; empty text is a question that was passed over.
    answers = models.JSONField(default=dict, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty: the program."
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="The latest answer.")
    answered_by = models.CharField(max_length=10, choices=AnsweredBy, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by__in=["", "tablet", "link"]), name="questionnaire_answered_by_the_patient"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by="", answers={}, finished_at=None)
                | (Q(answered_at__isnull=False) & ~Q(answered_by="") & Q(opened_at__isnull=False)),
                name="questionnaire_answers_have_their_moment",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(withdrawn_at=None), name="questionnaire_finished_or_withdrawn"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="questionnaire_withdrawn_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"Questionnaire {self.pk}"

    @property
    def spread(self) -> dict[str, str]:
        """The answers to the questions about spread."""
        return patient_questions.spread_of(self.answers)

    @property
    def answered(self) -> int:
        """How many questions have an answer; those passed over have none."""
        return sum(1 for given in self.answers.values() if given)
