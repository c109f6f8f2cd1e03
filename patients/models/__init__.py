from patients.models.consents import Consent, ConsentForm, Screening
from patients.models.coverage import Coverage, PriorAuthorization
from patients.models.emergency import EmergencyAccess
from patients.models.facts import Allergy, Fact, HistoryItem, Medication, TriedTreatment, Weight
from patients.models.merge import PatientMerge, ToldApart
from patients.models.patient import (
    Digits,
    Fold,
    Identifier,
    NextRecordNumber,
    Patient,
    PossibleDuplicate,
    Words,
)
from patients.models.payer import Payer
from patients.models.task import Task

__all__ = [
    "Allergy",
    "Consent",
    "ConsentForm",
    "Coverage",
    "Digits",
    "EmergencyAccess",
    "Fact",
    "Fold",
    "HistoryItem",
    "Identifier",
    "Medication",
    "NextRecordNumber",
    "Patient",
    "PatientMerge",
    "Payer",
    "PossibleDuplicate",
    "PriorAuthorization",
    "Screening",
    "Task",
    "ToldApart",
    "TriedTreatment",
    "Weight",
    "Words",
]
