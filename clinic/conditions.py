"""The conditions of the clinic, from the side of one patient."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from inventory.models import Product
from patients.models import Patient
from treatments.models import Condition, TreatmentCourse


@dataclass(frozen=True)
class ConditionChoice:
    """`is_treated`: the patient has an open course of it; `is_labelled`: the label of some product lists it."""

    key: str
    name: str
    is_treated: bool
    is_labelled: bool


def conditions_for(patient: Patient) -> list[ConditionChoice]:
    """Every condition in its order, in one query."""
    open_courses = TreatmentCourse.objects.filter(patient=patient, condition=OuterRef("pk"), closed_on=None)
    labelled = Product.objects.filter(labelled_conditions=OuterRef("pk"))
    rows = Condition.objects.annotate(treated=Exists(open_courses), labelled=Exists(labelled))
    return [ConditionChoice(*row) for row in rows.values_list("key", "name", "treated", "labelled")]
