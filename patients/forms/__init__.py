"""What people type in about patients."""

from patients.forms.consents import ScreeningForm, SignForm, WithdrawForm, WordingForm
from patients.forms.coverage import AuthorizationForm, CoverageForm
from patients.forms.facts import (
    AllergyForm,
    FactForm,
    HistoryItemForm,
    MedicationForm,
    TriedTreatmentForm,
    WeightForm,
)
from patients.forms.patients import DecisionForm, PatientCreateForm, PatientEditForm, SearchForm, show_refusal
from patients.forms.payers import PayerForm

__all__ = [
    "AllergyForm",
    "AuthorizationForm",
    "CoverageForm",
    "DecisionForm",
    "FactForm",
    "HistoryItemForm",
    "MedicationForm",
    "PatientCreateForm",
    "PatientEditForm",
    "PayerForm",
    "ScreeningForm",
    "SearchForm",
    "SignForm",
    "TriedTreatmentForm",
    "WeightForm",
    "WithdrawForm",
    "WordingForm",
    "show_refusal",
]
