"""What is added to a signed session: addenda, and the seals that show a later change."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import User
from treatments.models.session import InjectionSession


class Addendum(models.Model):
    """Words added to a signed session, by whom and when; only ever added."""

    session = models.ForeignKey(InjectionSession, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    signature = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "addenda"
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="addendum_says_something"),
        ]
        triggers = [pgtrigger.Protect(name="only_ever_added", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Addendum {self.pk}"


class RecordSeal(models.Model):
    """A digest over a session as it was signed, amended or voided; each carries the one before, so that none can go.

    `digest` is keyed by the clinic's secret: who can write to the database alone cannot make a new one.
    """

    class Event(models.TextChoices):
        SIGNED = "signed", "signed"
        RECORDED = "recorded", "recorded from outside"
        ADDENDUM = "addendum", "addendum"
        VOIDED = "voided", "voided"

    session = models.ForeignKey(InjectionSession, on_delete=models.PROTECT, related_name="seals")
    event = models.CharField(max_length=10, choices=Event)
    sealed_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(event__in=["signed", "recorded", "addendum", "voided"]), name="seal_event_is_known"
            ),
            # One chain: two seals never follow the same one.
            models.UniqueConstraint(fields=["previous"], name="record_seal_one_chain"),
        ]
        triggers = [pgtrigger.Protect(name="only_ever_added", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Seal {self.pk}"
