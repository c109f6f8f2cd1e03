from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import User
from treatments.models import InjectionSession, TreatmentCourse


@pghistory.track()
class ResponseReview(models.Model):
    """A provider went through the questions about a course that no longer responds, and decided how to go on.

    It answers the sessions up to `up_to`, the latest judged one; a later failure asks for another review. A review is
    not changed: a new one stands before it.
    """

    class Decision(models.TextChoices):
        CONTINUE = "continue", "go on as before"
        DOSE = "dose", "another dose"
        TARGETS = "targets", "other muscles or sites"
        PRODUCT = "product", "another product"
        INTERVAL = "interval", "a longer interval"
        INVESTIGATE = "investigate", "investigate or refer first"
        STOP = "stop", "stop the treatment"

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="response_reviews")
    up_to = models.ForeignKey(InjectionSession, on_delete=models.PROTECT, related_name="+")
    found = models.CharField(max_length=300, help_text="What was found on that day.")
    # By the key of the question in treatments.rules.fading: {"answer": "yes", "note": ""}.
    answers = models.JSONField()
    decision = models.CharField(max_length=12, choices=Decision)
    note = models.CharField(max_length=1000, blank=True)
    reviewed_on = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=["continue", "dose", "targets", "product", "interval", "investigate", "stop"]),
                name="response_review_decision_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Response review {self.pk}"
