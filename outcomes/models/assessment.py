from __future__ import annotations

from decimal import Decimal

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from inventory.models import Confidence
from outcomes.models.instrument import Instrument, InstrumentVersion
from outcomes.querysets import AssessmentQuerySet
from outcomes.rules import Measure, Rule, plain
from outcomes.rules.instruments import band_of
from treatments.models import Condition, FollowUp, TreatmentCourse


class AnsweredBy(models.TextChoices):
    """Who put the answers in."""

    STAFF = "staff", "staff"
    TABLET = "tablet", "the patient, on the clinic's tablet"
    LINK = "link", "the patient, by link"


@pghistory.track()
class ResponderRule(models.Model):
    """When a cycle counts as a response for a condition: a change from baseline, measured at a time after the session.

    `change` is a percentage of the baseline when `is_percent`, else points of the instrument.
    """

    condition = models.OneToOneField(Condition, on_delete=models.CASCADE, related_name="responder_rule")
    version = models.PositiveSmallIntegerField(default=1)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    is_percent = models.BooleanField()
    change = models.DecimalField(max_digits=6, decimal_places=2)
    from_day = models.PositiveSmallIntegerField(help_text="First day after the session an assessment counts.")
    to_day = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200)
    source = models.CharField(max_length=300)
    confidence = models.CharField(max_length=2, choices=Confidence)

    def __str__(self) -> str:
        return self.words

    def as_rule(self) -> Rule:
        """The same as plain values, for outcomes.rules; needs the instrument loaded."""
        return Rule(
            is_percent=self.is_percent,
            change=self.change,
            from_day=self.from_day,
            to_day=self.to_day,
            lower_is_better=self.instrument.better == Instrument.Direction.LOWER,
        )

    def measure(self) -> Measure:
        """How the instrument is called; needs it loaded."""
        return Measure(self.instrument.short_name, self.instrument.unit)


class Answered(models.Model):
    """What was answered on one day for one course, by whom and under which version of the instrument."""

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="%(class)ss")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="%(class)ss")
    version = models.ForeignKey(InstrumentVersion, on_delete=models.PROTECT, related_name="%(class)ss")
    assessed_on = models.DateField()
    # By item key, as text so that quarters stay exact; empty where only a total was given.
    answers = models.JSONField(default=dict, blank=True)
    # What is said beside numbers, by item key: the words of a patient's goals.
    words = models.JSONField(default=dict, blank=True)
    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss")
    note = models.CharField(max_length=200, blank=True)
    answered_by = models.CharField(max_length=10, choices=AnsweredBy, default=AnsweredBy.STAFF)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def answers_as_numbers(self) -> dict[str, Decimal]:
        return {key: Decimal(value) for key, value in self.answers.items()}

    @property
    def by_words(self) -> str:
        """Who answered: a person's name, or the patient."""
        return self.recorded_by.name if self.recorded_by else self.get_answered_by_display()  # type: ignore[attr-defined]


def _version_trigger() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="scored_by_a_version_of_its_instrument",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="""
            IF NOT EXISTS (SELECT 1 FROM outcomes_instrumentversion
                            WHERE id = NEW.version_id AND instrument_id = NEW.instrument_id) THEN
                RAISE EXCEPTION 'The version is of another instrument.'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        """,
    )


@pghistory.track()
class Assessment(Answered):
    """One instrument scored on one day for one course; a second one is a second row and overwrites nothing."""

    value = models.DecimalField(max_digits=7, decimal_places=2)
    label = models.CharField(max_length=40, blank=True, help_text="The grade as given, for example 1+.")

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["assessed_on", "id"]
        indexes = [models.Index(fields=["course", "instrument", "assessed_on"], name="assessment_of_course")]
        constraints = [
            models.UniqueConstraint(
                F("follow_up"),
                F("instrument"),
                name="assessment_once_per_follow_up",
                condition=Q(follow_up__isnull=False),
                violation_error_message="This follow-up already has a score for this instrument.",
            ),
            models.CheckConstraint(
                condition=~Q(answered_by="staff") | Q(recorded_by__isnull=False), name="assessment_recorded_by_someone"
            ),
        ]
        triggers = [
            _version_trigger(),
            pgtrigger.Trigger(
                name="leaves_only_withdrawn",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM outcomes_withdrawnassessment WHERE assessment_id = OLD.id) THEN
                        RAISE EXCEPTION 'A score is withdrawn with a reason, not deleted.'
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN OLD;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"Assessment {self.pk}"

    @property
    def parts(self) -> str:
        """Its answers in a line, for a score that was given item by item; needs the version loaded."""
        labels = {item.key: item.label for item in self.version.definition().items} if self.answers else {}
        return "; ".join(f"{labels.get(key, key)} {value}" for key, value in self.answers.items())

    @property
    def band(self) -> str:
        """What a score of this size is called; needs the version loaded."""
        return band_of(self.version.definition(), self.value)

    @property
    def shown(self) -> str:
        """The score as people write it: the grade, or the number without needless zeros."""
        return self.label or plain(self.value)


@pghistory.track()
class WithdrawnAssessment(Answered):
    """A score that was recorded in error, as it was, with who withdrew it and why. It counts nowhere."""

    assessment_id = models.BigIntegerField(unique=True, help_text="Its number while it counted.")
    value = models.DecimalField(max_digits=7, decimal_places=2)
    label = models.CharField(max_length=40, blank=True)
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="withdrawn_assessment_says_why"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Withdrawn assessment {self.pk}"


@pghistory.track()
class UnscoredAnswer(Answered):
    """Answers that give no score, kept with the reason: an answer is missing. They count nowhere, and never as zero."""

    why_not = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "unscored answers"
        ordering = ["assessed_on", "id"]
        indexes = [models.Index(fields=["course", "assessed_on"], name="unscored_of_course")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(answered_by="staff") | Q(recorded_by__isnull=False), name="unscored_recorded_by_someone"
            ),
        ]
        triggers = [_version_trigger()]

    def __str__(self) -> str:
        return f"Unscored answers {self.pk}"
