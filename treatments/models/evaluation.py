from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import User
from audit.models import Versioned
from inventory.models import Vial
from patients.models import Patient
from treatments.models.course import TreatmentCourse


@pghistory.track()
class Evaluation(Versioned):
    """A consultation of a course: what was found, what was agreed, what the patient was told. The first begins it."""

    class Suitability(models.TextChoices):
        SUITABLE = "suitable", "Suitable"
        WITH_CARE = "with_care", "Suitable with care"
        NOT_SUITABLE = "not_suitable", "Not suitable"

    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="evaluations")
    evaluated_on = models.DateField()
    evaluated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_on = models.DateField("last corrected on", null=True, blank=True, editable=False)
    changed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    symptoms = models.TextField()
    symptoms_since = models.CharField("since", max_length=60, blank=True)
    history = models.TextField(blank=True)
    examination = models.TextField(blank=True)
    suitability = models.CharField(max_length=12, choices=Suitability)
    suitability_reasons = models.TextField("reasons")
    goals = models.TextField(help_text="One goal a line.")
    told_onset = models.BooleanField("onset in days to two weeks", default=False)
    told_duration = models.BooleanField("the effect lasts three to six months", default=False)
    told_partial = models.BooleanField("relief may be partial", default=False)
    told_risks = models.BooleanField("risks, and when to seek help", default=False)
    told_note = models.TextField("what else was said", blank=True)
    medication_guide_on = models.DateField("medication guide given on", null=True, blank=True)
    physical_therapy = models.TextField(blank=True)
    medication_plan = models.TextField("medication", blank=True)
    lifestyle = models.TextField(blank=True)

    class Meta:
        ordering = ["-evaluated_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(symptoms="") & ~Q(suitability_reasons="") & ~Q(goals=""),
                name="evaluation_says_what_and_why",
            ),
            models.CheckConstraint(
                condition=Q(changed_on=None, changed_by=None) | Q(changed_on__isnull=False, changed_by__isnull=False),
                name="evaluation_corrected_on_a_day_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["course", "evaluated_on"],
                name="evaluation_once_a_day",
                violation_error_message="There is an evaluation of this day already: edit that one.",
            ),
        ]

    def __str__(self) -> str:
        return f"Evaluation {self.pk}"

    @property
    def told(self) -> list[str]:
        """What the patient was told, in words for a list."""
        said = {
            "the effect comes in days to two weeks": self.told_onset,
            "it lasts three to six months": self.told_duration,
            "relief may be partial": self.told_partial,
            "the risks, and when to seek help": self.told_risks,
        }
        return [words for words, was_said in said.items() if was_said]


@pghistory.track()
class PatientVial(models.Model):
    """A vial that belongs to one patient, as a specialty pharmacy sent it: nobody else is given of it."""

    vial = models.OneToOneField(Vial, on_delete=models.PROTECT, related_name="patient_vial")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="vials")
    note = models.CharField("pharmacy or order number", max_length=120, blank=True)
    named_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Vial {self.vial_id} of a patient"
