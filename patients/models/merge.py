from __future__ import annotations

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from patients.models.patient import Patient
from patients.querysets import PatientMergeQuerySet

_UNDO_COLUMNS = "'{undone_at,undone_by_id,undone_reason,seal}'::text[]"


@pghistory.track()
class PatientMerge(models.Model):
    """Two records of one person made one; `moved` says which rows changed hands, so that it can be taken apart again.

    `moved` is {model label: [primary keys]}, `filled` what the kept record took over: {field: [before, after]},
    `changed` what else was written: {model label: {primary key: {column: [before, after]}}}, and `newest` the highest
    key of each table at that moment: what is newer was added to the kept record since. `seal` is a keyed digest over
    all of it, so that who can write to the database alone cannot make a merge up.
    """

    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merged_by")
    reason = models.CharField(max_length=200)
    moved = models.JSONField(default=dict)
    filled = models.JSONField(default=dict)
    changed = models.JSONField(default=dict)
    newest = models.JSONField(default=dict)
    seal = models.CharField(max_length=64, blank=True, default="", editable=False)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undone_reason = models.CharField(max_length=200, blank=True)

    objects = PatientMergeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="merge_standing_once"),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_someone",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="merge_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="merge_is_only_undone",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL
                       AND to_jsonb(NEW) - {_UNDO_COLUMNS} = to_jsonb(OLD) - {_UNDO_COLUMNS} THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'A merge can only be taken apart, once.'
                        USING ERRCODE = 'integrity_constraint_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"Merge {self.pk}"

    @property
    def is_standing(self) -> bool:
        return self.undone_at is None


@pghistory.track()
class ToldApart(models.Model):
    """Two records that look alike and are two people: somebody looked, and the pair is not shown again."""

    first = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "told apart"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="told_apart_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="told_apart_in_order"),
        ]

    def __str__(self) -> str:
        return f"Records {self.first_id} and {self.second_id} told apart"
