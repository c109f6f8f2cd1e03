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
from patients.actions.payers import add_payer, payer_named, update_payer
from patients.actions.tasks import TakenError, complete_task, leave_task, open_task, reopen_task, take_task

__all__ = [
    "IMPORTED_FIELDS",
    "AlreadyDecidedError",
    "AlreadyWithdrawnError",
    "ConsentFields",
    "PatientFields",
    "ResemblesError",
    "TakenError",
    "add_authorization",
    "add_consent_form",
    "add_coverage",
    "add_fact",
    "add_payer",
    "complete_task",
    "create_patient",
    "decide_duplicate",
    "end_fact",
    "incoming_values",
    "leave_task",
    "open_task",
    "payer_named",
    "record_screening",
    "reopen_task",
    "revise_consent_form",
    "sign_consent",
    "take_task",
    "update_authorization",
    "update_coverage",
    "update_fact",
    "update_patient",
    "update_payer",
    "withdraw_consent",
]
