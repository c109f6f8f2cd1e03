"""What is known about a patient, from when to when."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from audit.models import Versioned
from patients.models.patient import Patient
from patients.models.triggers import only_changes_hands
from patients.querysets import FactQuerySet


class Fact(Versioned):
    """Something known about a patient, from when to when."""

    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    noted_at = models.DateTimeField(auto_now_add=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True


@pghistory.track()
class Allergy(Fact):
    class Substance(models.TextChoices):
        BOTULINUM_TOXIN = "botulinum_toxin", "Botulinum toxin product"
        ALBUMIN = "albumin", "Human albumin"
        MILK_PROTEIN = "milk_protein", "Cow's milk protein"
        LOCAL_ANAESTHETIC = "local_anaesthetic", "Local anaesthetic"
        LATEX = "latex", "Latex"
        SKIN_ANTISEPTIC = "skin_antiseptic", "Skin antiseptic"
        OTHER = "other", "Other"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="allergies")
    substance = models.CharField(max_length=20, choices=Substance)
    name = models.CharField("which", max_length=80, blank=True, help_text="Needed for Other.")
    reaction = models.CharField(max_length=120, blank=True)
    ended_on = models.DateField("no longer since", null=True, blank=True)

    class Meta:
        verbose_name_plural = "allergies"
        constraints = [
            models.CheckConstraint(
                condition=~Q(substance="other") | ~Q(name=""),
                name="allergy_other_is_named",
                violation_error_message="Say which substance it is.",
            ),
        ]

    def __str__(self) -> str:
        return f"allergy {self.pk}"


@pghistory.track()
class Medication(Fact):
    class DrugClass(models.TextChoices):
        ANTICOAGULANT = "anticoagulant", "Anticoagulant"
        ANTIPLATELET = "antiplatelet", "Antiplatelet"
        AMINOGLYCOSIDE = "aminoglycoside", "Aminoglycoside antibiotic"
        NEUROMUSCULAR_BLOCKER = "neuromuscular_blocker", "Neuromuscular blocker"
        MUSCLE_RELAXANT = "muscle_relaxant", "Muscle relaxant"
        ANTICHOLINERGIC = "anticholinergic", "Anticholinergic"
        MIGRAINE_PREVENTIVE = "migraine_preventive", "Migraine preventive"
        MIGRAINE_ACUTE = "migraine_acute", "Acute migraine medicine"
        OTHER = "other", "Other"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="medications")
    drug_class = models.CharField(max_length=24, choices=DrugClass)
    name = models.CharField(max_length=80)
    dose = models.CharField(max_length=80, blank=True)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField("stopped on", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(started_on__isnull=True) | Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="medication_ends_after_start",
                violation_error_message="It stopped before it started.",
            ),
        ]

    def __str__(self) -> str:
        return f"medication {self.pk}"


@pghistory.track()
class HistoryItem(Fact):
    class Kind(models.TextChoices):
        NEUROMUSCULAR = "neuromuscular", "Neuromuscular disorder"
        SWALLOWING_BREATHING = "swallowing_breathing", "Swallowing or breathing problem"
        BLEEDING = "bleeding", "Bleeding disorder"
        CARDIAC = "cardiac", "Heart disease"
        PREGNANCY = "pregnancy", "Pregnant or breast-feeding"
        SURGERY = "surgery", "Surgery planned or changed anatomy"
        LOST_RESPONSE = "lost_response", "Lost response to toxin before"
        OTHER = "other", "Other"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="history_items")
    kind = models.CharField(max_length=24, choices=Kind)
    note = models.CharField(max_length=200, blank=True)
    since = models.DateField(null=True, blank=True)
    ended_on = models.DateField("no longer since", null=True, blank=True)

    def __str__(self) -> str:
        return f"history item {self.pk}"


@pghistory.track()
class TriedTreatment(Fact):
    """A treatment tried before, or beside, the toxin: what payers call conservative treatment."""

    class Kind(models.TextChoices):
        ANTIDEPRESSANT = "antidepressant", "Antidepressant"
        ANTICONVULSANT = "anticonvulsant", "Anticonvulsant"
        BETA_BLOCKER = "beta_blocker", "Beta blocker"
        CGRP = "cgrp", "CGRP-targeting medicine"
        ANTIHYPERTENSIVE = "antihypertensive", "Other blood-pressure medicine"
        ACUTE_MIGRAINE = "acute_migraine", "Acute migraine medicine"
        ORAL_ANTISPASTIC = "oral_antispastic", "Oral antispastic or muscle relaxant"
        ANTICHOLINERGIC = "anticholinergic", "Anticholinergic"
        ANALGESIC = "analgesic", "Analgesic or anti-inflammatory"
        PHYSICAL_THERAPY = "physical_therapy", "Physical or occupational therapy"
        ORTHOSIS = "orthosis", "Orthosis, cast or stretching"
        SPLINT = "splint", "Bite splint"
        PSYCHOLOGICAL = "psychological", "Psychological or behavioural treatment"
        NERVE_BLOCK = "nerve_block", "Nerve block or trigger-point injection"
        DEVICE = "device", "Device or stimulation"
        SURGERY = "surgery", "Surgery"
        OTHER = "other", "Other"

    class Stopped(models.TextChoices):
        ONGOING = "ongoing", "Still taken"
        NO_EFFECT = "no_effect", "No or too little effect"
        LOST_EFFECT = "lost_effect", "Effect lost"
        SIDE_EFFECTS = "side_effects", "Side effects"
        CONTRAINDICATED = "contraindicated", "Contraindicated, not tried"
        PATIENT_CHOICE = "patient_choice", "Patient's choice"
        COST = "cost", "Cost or coverage"
        COMPLETED = "completed", "Completed"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="tried_treatments")
    kind = models.CharField("class", max_length=24, choices=Kind)
    name = models.CharField(max_length=80)
    dose = models.CharField("highest dose", max_length=80, blank=True)
    started_on = models.DateField("from", null=True, blank=True)
    ended_on = models.DateField("to", null=True, blank=True)
    stopped = models.CharField("why stopped", max_length=20, choices=Stopped)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(started_on=None) | Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="tried_treatment_ends_after_start",
                violation_error_message="It stopped before it started.",
            ),
            models.CheckConstraint(
                condition=~Q(stopped="ongoing") | Q(ended_on=None),
                name="tried_treatment_ongoing_has_no_end",
                violation_error_message="Still taken: leave the end empty.",
            ),
        ]

    def __str__(self) -> str:
        return f"tried treatment {self.pk}"


# Sessions stand above patients: the database alone knows their table here, and is asked when a weight is changed.
WEIGHT_OF_A_RECORD_STAYS = pgtrigger.Trigger(
    name="weight_of_a_record_stays",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange("patient", "kg", "measured_on"),
    func=f"""
        IF EXISTS (SELECT 1 FROM treatments_injectionsession WHERE weight_id = OLD.id AND status <> 'draft')
           AND NOT ({only_changes_hands("patients.Weight")}) THEN
            RAISE EXCEPTION 'A signed session rests on this weight: add a new one.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """,  # noqa: S608 - labels of our own models
)


@pghistory.track()
class Weight(Fact):
    """A body weight; doses of a person under 18 go by it."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="weights")
    kg = models.DecimalField("weight in kg", max_digits=4, decimal_places=1)
    measured_on = models.DateField()

    class Meta:
        ordering = ["-measured_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kg__gte=1, kg__lte=400),
                name="weight_is_plausible",
                violation_error_message="From 1 to 400 kg.",
            ),
        ]
        triggers = [WEIGHT_OF_A_RECORD_STAYS]

    def __str__(self) -> str:
        return f"weight {self.pk}"

    @property
    def is_of_a_record(self) -> bool:
        """Whether a signed session rests on it, voided or not."""
        return self.sessions.exclude(status="draft").exists()  # type: ignore[attr-defined,no-any-return]
