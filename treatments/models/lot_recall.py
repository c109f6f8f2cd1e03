from __future__ import annotations

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import User
from audit.models import Versioned
from inventory.models import Lot
from patients.models import Patient
from treatments.querysets.lot_recalls import LotRecallPatientQuerySet, LotRecallQuerySet

CLOSED_WHEN_ALL_ARE_TOLD = pgtrigger.Trigger(
    name="lot_recall_closed_when_all_are_told",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF NEW.closed_at IS NOT NULL AND NEW.called_off_reason = '' AND EXISTS (
            SELECT 1 FROM treatments_lotrecallpatient WHERE recall_id = NEW.id AND acknowledged_at IS NULL) THEN
            RAISE EXCEPTION 'A patient of this lot recall has not been told.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """,
)

NOBODY_OPEN_IN_A_CLOSED_ONE = pgtrigger.Trigger(
    name="lot_recall_patient_of_an_open_one",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    declare=[("is_closed", "boolean")],
    func="""
        SELECT closed_at IS NOT NULL INTO is_closed FROM treatments_lotrecall WHERE id = NEW.recall_id FOR SHARE;
        IF is_closed AND NEW.acknowledged_at IS NULL
           AND (TG_OP = 'INSERT' OR OLD.acknowledged_at IS NOT NULL) THEN
            RAISE EXCEPTION 'This lot recall is closed.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """,
)


@pghistory.track()
class LotRecall(Versioned):
    """The work after a lot was recalled: every patient who may have had of it is told, one by one.

    One for all sites. It closes with the last acknowledgement, and is called off where the lot was not the right one.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    called_off_reason = models.CharField(max_length=200, blank=True)

    objects = LotRecallQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lot"],
                condition=Q(called_off_reason=""),
                name="lot_recall_once",
                violation_error_message="The patients of this lot are being told already.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="lot_recall_closed_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(called_off_reason="") | Q(closed_at__isnull=False), name="lot_recall_called_off_is_closed"
            ),
        ]
        triggers = [
            CLOSED_WHEN_ALL_ARE_TOLD,
            pgtrigger.Protect(name="lot_recall_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Lot recall {self.pk}"


@pghistory.track()
class LotRecallPatient(Versioned):
    """One patient of a lot recall: why on the list, who called, and how the patient was told.

    Nothing here says what was given, as the front desk reads it.
    """

    class Because(models.TextChoices):
        """The surest of the patient's sessions with the lot."""

        GIVEN = "given", "a signed session opened a vial of it"
        OUTSIDE = "outside", "a session recorded from outside names the lot"
        VOIDED = "voided", "a session that was voided opened a vial of it"
        DRAFT = "draft", "a draft picked a vial of it: ask whether it was given"

    class Answer(models.TextChoices):
        REACHED = "reached", "Reached"
        LETTER = "letter", "Letter sent"
        UNREACHED = "unreached", "Could not be reached"

    recall = models.ForeignKey(LotRecall, on_delete=models.PROTECT, related_name="patients")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=10, choices=Because)
    calls = models.PositiveSmallIntegerField(default=0, help_text="That nobody answered.")
    called_at = models.DateTimeField(null=True, blank=True)
    called_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.CharField("how the patient was told", max_length=10, choices=Answer, blank=True)
    note = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = LotRecallPatientQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["recall", "id"], name="lot_recall_open", condition=Q(acknowledged_at=None))]
        constraints = [
            models.UniqueConstraint(fields=["recall", "patient"], name="lot_recall_patient_once"),
            models.CheckConstraint(
                condition=Q(answer="", acknowledged_at=None, acknowledged_by=None)
                | (
                    Q(answer__in=["reached", "letter", "unreached"])
                    & Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False)
                ),
                name="lot_recall_told_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(answer="unreached") | ~Q(note=""),
                name="lot_recall_unreached_says_what_was_tried",
                violation_error_message="Say what was tried.",
            ),
            models.CheckConstraint(
                condition=Q(calls=0, called_at=None, called_by=None)
                | Q(calls__gt=0, called_at__isnull=False, called_by__isnull=False),
                name="lot_recall_called_by_someone",
            ),
        ]
        triggers = [
            NOBODY_OPEN_IN_A_CLOSED_ONE,
            pgtrigger.Protect(name="lot_recall_patient_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Patient {self.pk} of a lot recall"

    @property
    def is_told(self) -> bool:
        return self.acknowledged_at is not None
