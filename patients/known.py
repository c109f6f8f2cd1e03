"""What is known of one patient beside the sessions: everything that warns before a needle, read in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, Value, When
from django.db.models.functions import JSONObject

from audit.compiled import CompiledQuery, Param


@dataclass(frozen=True)
class KnownAllergy:
    substance: str
    name: str
    reaction: str
    ended_on: date | None
    id: int = 0


@dataclass(frozen=True)
class KnownMedication:
    drug_class: str
    name: str
    started_on: date | None
    ended_on: date | None
    dose: str = ""
    id: int = 0


@dataclass(frozen=True)
class KnownHistory:
    kind: str
    note: str
    ended_on: date | None
    since: date | None = None
    id: int = 0


@dataclass(frozen=True)
class KnownTried:
    id: int
    kind: str
    name: str
    dose: str
    started_on: date | None
    ended_on: date | None
    stopped: str
    note: str


@dataclass(frozen=True)
class KnownScreening:
    id: int
    answered_on: date
    questionnaire: str
    answers: dict[str, Any]
    by_patient: bool


@dataclass(frozen=True)
class KnownConsent:
    """What `patients.rules.valid_consent` takes, with the words of its form's title and version."""

    id: int
    title: str
    form_version: int
    covers_off_label: bool
    conditions: tuple[str, ...]
    signed_on: date
    expires_on: date
    withdrawn_on: date | None
    signer: str
    signer_name: str
    method: str


@dataclass(frozen=True)
class KnownWeight:
    id: int
    kg: Decimal
    measured_on: date


@dataclass(frozen=True)
class KnownCoverage:
    id: int
    payer: str
    member_id: str
    authorization_required: bool
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True)
class KnownAuthorization:
    """`product` and `condition` are keys of the reference data."""

    id: int
    coverage_id: int
    payer: str
    number: str
    status: str
    product: str
    condition: str
    units_approved: int | None
    visits_approved: int | None
    starts_on: date
    ends_on: date
    note: str


@dataclass(frozen=True)
class KnownFacts:
    """What is known of a patient as plain rows, oldest first.

    The first three are what `patients.rules.alerts` takes. `screening` is the latest by day and number, or None;
    see `known_facts()` for that of a day.
    """

    allergies: tuple[KnownAllergy, ...]
    medications: tuple[KnownMedication, ...]
    history_items: tuple[KnownHistory, ...]
    tried_treatments: tuple[KnownTried, ...] = ()
    screening: KnownScreening | None = None
    consents: tuple[KnownConsent, ...] = ()
    weights: tuple[KnownWeight, ...] = ()
    coverages: tuple[KnownCoverage, ...] = ()
    authorizations: tuple[KnownAuthorization, ...] = ()


def known_facts(*, patient_id: int, on: date | None = None) -> KnownFacts:
    """The facts of one patient as they stand in the database now, in one query.

    With `on` the screening is that day's where there is one, however many were filled in later.
    """
    from patients import models as tables

    found: dict[str, list[Any]] = {}
    for row in _KNOWN_ROWS.rows(patient=patient_id, on=on or date.max):
        found.setdefault(row["table"], []).append(_read_back(_KNOWN[row["table"]], row))

    def all_of(model: type[models.Model]) -> tuple[Any, ...]:
        return tuple(found.get(model.__name__, ()))

    return KnownFacts(
        allergies=all_of(tables.Allergy),
        medications=all_of(tables.Medication),
        history_items=all_of(tables.HistoryItem),
        tried_treatments=all_of(tables.TriedTreatment),
        screening=next(iter(all_of(tables.Screening)), None),
        consents=all_of(tables.Consent),
        weights=all_of(tables.Weight),
        coverages=all_of(tables.Coverage),
        authorizations=all_of(tables.PriorAuthorization),
    )


def _known_rows() -> models.QuerySet[Any, Any]:
    """Rows of nine tables in one UNION, as JSON; what JSON has no type for is read back by _read_back()."""
    from patients import models as tables

    def rows(model: type[models.Model], **more: str) -> models.QuerySet[Any, Any]:
        names = {name: more.get(name, name) for name in _KNOWN[model.__name__].__dataclass_fields__}
        return (
            model._default_manager.filter(patient=Param("patient", models.BigIntegerField()))
            .order_by()
            .annotate(row=JSONObject(table=Value(model.__name__), **names))
            .values_list("id", "row")
        )

    of_the_day = Case(When(answered_on=Param("on", models.DateField()), then=0), default=1)
    return (
        rows(tables.Allergy)
        .union(
            rows(tables.Medication),
            rows(tables.HistoryItem),
            rows(tables.TriedTreatment),
            rows(tables.Screening).order_by(of_the_day, "-answered_on", "-id")[:1],
            rows(
                tables.Consent,
                title="form__title",
                form_version="form__version",
                covers_off_label="form__covers_off_label",
            ),
            rows(tables.Weight),
            rows(tables.Coverage, payer="payer__name"),
            rows(tables.PriorAuthorization, payer="coverage__payer__name"),
            all=True,
        )
        .order_by("id")
    )


_KNOWN_ROWS = CompiledQuery(_known_rows)
_KNOWN: dict[str, Any] = {
    "Allergy": KnownAllergy,
    "Medication": KnownMedication,
    "HistoryItem": KnownHistory,
    "TriedTreatment": KnownTried,
    "Screening": KnownScreening,
    "Consent": KnownConsent,
    "Weight": KnownWeight,
    "Coverage": KnownCoverage,
    "PriorAuthorization": KnownAuthorization,
}


def _read_back(made: Any, row: dict[str, Any]) -> Any:
    values = {}
    for name, field in made.__dataclass_fields__.items():
        value = row[name]
        if value is not None and field.type in ("date", "date | None"):
            value = date.fromisoformat(value)
        elif field.type == "Decimal":
            value = Decimal(str(value))
        elif field.type == "tuple[str, ...]":
            value = tuple(value)
        values[name] = value
    return made(**values)
