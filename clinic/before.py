"""What stands before a patient's next needle, as lights for the chart: screening, consent, weight, authorisation.

The lights look at today and at the open courses. A session judges the same facts again, on its own day, for its own
product: see treatments.checks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse

from accounts.models import User
from patients.known import KnownAuthorization, KnownConsent, KnownFacts
from patients.models import Patient
from patients.rules import Severity, consent_problem, is_under_age, screening_alerts, valid_consent

# Rule R5 of the clinical reference: the weight of a child is measured at most 30 days before.
WEIGHT_HOLDS = timedelta(days=30)
ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Press:
    word: str
    url: str
    says: str  # the whole of it, for those who do not see what it stands beside


@dataclass(frozen=True)
class Light:
    """`light` is ok, warn, stop or none; `detail` stands below the words."""

    name: str
    light: str
    words: str
    detail: str = ""
    presses: tuple[Press, ...] = ()


def lights_before(
    *,
    patient: Patient,
    known: KnownFacts,
    conditions: Collection[str],
    off_label: Mapping[str, str],
    today: date,
    by: User,
) -> list[Light]:
    """The lights that this person may see; `conditions` are those of the open courses, and `off_label` those among
    them that no product is labelled for, each with its name.
    """
    lights = [_screening(patient, known, today, by), _consent(patient, known, conditions, off_label, today, by)]
    if is_under_age(patient.birth_date, on=today) and by.has_perm("patients.view_clinical"):
        lights.append(_weight(patient, known, today, by))
    if light := _authorization(patient, known, conditions, today, by):
        lights.append(light)
    return lights


def _screening(patient: Patient, known: KnownFacts, today: date, by: User) -> Light:
    presses = []
    if by.has_perm("patients.record_screening"):
        presses.append(Press("Ask", reverse("patients:screening-create", args=[patient.pk]), "Ask the screening"))
    if by.has_perm("patients.hand_over_screening"):
        says = "Tablet: hand it to the patient"
        presses.append(Press("Tablet", reverse("patients:screening-tablet", args=[patient.pk]), says))
    last = known.screening
    if last is None or last.answered_on != today:
        detail = f"last {last.answered_on:%-d %b %Y}" if last else "never asked"
        return Light("Screening", "none", "not asked today", detail, tuple(presses))
    if not by.has_perm("patients.view_screening"):
        return Light("Screening", "ok", "answered today")
    read = Press("Read", reverse("patients:screening-detail", args=[last.id]), "Read the screening of today")
    found = screening_alerts(last.answers)
    if not found:
        return Light("Screening", "ok", "asked today, nothing to look at", presses=(read,))
    light = "stop" if found[0].severity == Severity.STOP else "warn"
    return Light("Screening", light, "asked today", ", ".join(alert.label for alert in found), (read,))


def _consent(
    patient: Patient,
    known: KnownFacts,
    conditions: Collection[str],
    off_label: Mapping[str, str],
    today: date,
    by: User,
) -> Light:
    sign = (Press("Sign", reverse("clinic:consent-create", args=[patient.pk]), "Sign a consent"),)
    may_sign = by.has_perm("patients.record_consent")
    held: KnownConsent | None = valid_consent(
        known.consents, on=today, conditions=conditions, off_label=off_label, born=patient.birth_date
    )
    if held is None:
        words = consent_problem(
            known.consents, on=today, conditions=conditions, off_label=off_label, born=patient.birth_date
        )
        light = "warn" if known.consents else "none"
        missing = [
            name
            for key, name in off_label.items()
            if valid_consent(known.consents, on=today, conditions=[key], off_label=[key], born=patient.birth_date)
            is None
        ]
        detail = f"needed for off-label use: {', '.join(missing)}" if missing else ""
        return Light("Consent", light, words.rstrip("."), detail, sign if may_sign else ())
    read = Press("Read", reverse("clinic:consent-detail", args=[held.id]), "Read the consent")
    soon = held.expires_on - today < ENDS_SOON
    return Light(
        "Consent",
        "warn" if soon else "ok",
        f"signed, to {held.expires_on:%-d %b %Y}",
        "outside the label covered" if held.covers_off_label else "",
        (read, *(sign if soon and may_sign else ())),
    )


def _weight(patient: Patient, known: KnownFacts, today: date, by: User) -> Light:
    add = Press("Add", reverse("patients:weight-create", args=[patient.pk]), "Add a weight")
    presses = (add,) if by.has_perm("patients.change_clinical") else ()
    last = max(known.weights, key=lambda weight: (weight.measured_on, weight.id), default=None)
    if last is None:
        return Light("Weight", "warn", "not recorded; under 18 the dose goes by it", "", presses)
    ago = today - last.measured_on
    if ago > WEIGHT_HOLDS:
        return Light("Weight", "warn", f"{last.kg} kg, {ago.days} days ago", "measure again: 30 days at most", presses)
    return Light("Weight", "ok", f"{last.kg} kg, {last.measured_on:%-d %b %Y}", "", presses)


def _authorization(
    patient: Patient, known: KnownFacts, conditions: Collection[str], today: date, by: User
) -> Light | None:
    payers = [
        row
        for row in known.coverages
        if (row.starts_on is None or row.starts_on <= today) and (row.ends_on is None or today <= row.ends_on)
    ]
    may_change = by.has_perm("patients.change_coverage")
    if not payers:
        add = Press("Add", reverse("patients:coverage-create", args=[patient.pk]), "Add who pays")
        return Light("Coverage", "none", "not recorded", "", (add,) if may_change else ())
    if not any(row.authorization_required for row in payers):
        return Light("Authorisation", "ok", "not needed", ", ".join(row.payer for row in payers))
    add = Press("Add", reverse("clinic:authorization-create", args=[patient.pk]), "Add a prior authorisation")
    held = [row for row in known.authorizations if row.starts_on <= today <= row.ends_on and row.status == "approved"]
    missing = [key for key in conditions if all(row.condition != key for row in held)]
    if missing or not held:
        asked = any(row.status in ("submitted", "appeal") and row.ends_on >= today for row in known.authorizations)
        words = "asked for, no answer yet" if asked else "needed, none in date"
        if held and not asked:
            words = "missing for one condition" if len(missing) == 1 else f"missing for {len(missing)} conditions"
        return Light("Authorisation", "warn", words, "", (add,) if may_change else ())
    first = min(held, key=lambda row: row.ends_on)
    soon = first.ends_on - today < ENDS_SOON
    return Light(
        "Authorisation",
        "warn" if soon else "ok",
        f"to {first.ends_on:%-d %b %Y}",
        _approved(first),
        (add,) if soon and may_change else (),
    )


def _approved(row: KnownAuthorization) -> str:
    parts = [f"no. {row.number}"]
    if row.units_approved:
        parts.append(f"{row.units_approved} U")
    if row.visits_approved:
        parts.append(f"{row.visits_approved} visit{'' if row.visits_approved == 1 else 's'}")
    return ", ".join(parts)
