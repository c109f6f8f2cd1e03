"""Everything that changes what is known of a patient."""

from patients.actions.consents import (
    AlreadyWithdrawnError,
    ConsentFields,
    add_consent_form,
    record_screening,
    revise_consent_form,
    sign_consent,
    withdraw_consent,
)
from patients.actions.coverage import add_authorization, add_coverage, update_authorization, update_coverage
from patients.actions.patients import (
    IMPORTED_FIELDS,
    AlreadyDecidedError,
    PatientFields,
    ResemblesError,
    add_fact,
    create_patient,
    decide_duplicate,
    end_fact,
    incoming_values,
    update_fact,
    update_patient,
)

__all__ = [
    "IMPORTED_FIELDS",
    "AlreadyDecidedError",
    "AlreadyWithdrawnError",
    "ConsentFields",
    "PatientFields",
    "ResemblesError",
    "add_authorization",
    "add_consent_form",
    "add_coverage",
    "add_fact",
    "create_patient",
    "decide_duplicate",
    "end_fact",
    "incoming_values",
    "record_screening",
    "revise_consent_form",
    "sign_consent",
    "update_authorization",
    "update_coverage",
    "update_fact",
    "update_patient",
    "withdraw_consent",
]
