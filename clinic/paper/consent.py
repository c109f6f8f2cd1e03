"""A consent on paper: as it was signed, or with lines to sign on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from patients.models import Consent, ConsentForm, Patient
from patients.rules import is_under_age


def consent_sheet(consent: Consent, *, conditions: Sequence[str]) -> dict[str, Any]:
    """What was signed, by whom and when, and whether it still holds; `conditions` are names."""
    patient = consent.patient
    today = patient.site.today()
    signed_at = patient.site.localtime(consent.signed_at)
    return _sheet(patient, consent.form, conditions) | {
        "consent": consent,
        "signed_at": signed_at if signed_at.date() == consent.signed_on else None,
        "ran_out": consent.withdrawn_on is None and consent.expires_on < today,
    }


def blank_consent(patient: Patient, *, form: ConsentForm, conditions: Sequence[str]) -> dict[str, Any]:
    """The wording of a form with lines for name, signature and date."""
    under_age = is_under_age(patient.birth_date, on=patient.site.today())
    return _sheet(patient, form, conditions) | {"consent": None, "under_age": under_age}


def _sheet(patient: Patient, form: ConsentForm, conditions: Sequence[str]) -> dict[str, Any]:
    return {
        "patient": patient,
        "site": patient.site,
        "form": form,
        "conditions": conditions,
        "printed_on": patient.site.today(),
    }
