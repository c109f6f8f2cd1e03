from patients.models.consents import Consent, ConsentForm, Screening
from patients.models.coverage import Coverage, PriorAuthorization
from patients.models.facts import Allergy, Fact, HistoryItem, Medication, TriedTreatment, Weight
from patients.models.patient import (
    Digits,
    Fold,
    Identifier,
    NextRecordNumber,
    Patient,
    PossibleDuplicate,
    Words,
)

__all__ = [
    "Allergy",
    "Consent",
    "ConsentForm",
    "Coverage",
    "Digits",
    "Fact",
    "Fold",
    "HistoryItem",
    "Identifier",
    "Medication",
    "NextRecordNumber",
    "Patient",
    "PossibleDuplicate",
    "PriorAuthorization",
    "Screening",
    "TriedTreatment",
    "Weight",
    "Words",
]
