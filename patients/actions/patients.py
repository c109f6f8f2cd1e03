"""Who a patient is, the facts known of them, and whether an imported person is one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypedDict, TypeVar, Unpack

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import Site, User
from audit.actions import lock_version
from patients.models import (
    Allergy,
    Fact,
    HistoryItem,
    Identifier,
    Medication,
    Patient,
    PossibleDuplicate,
    TriedTreatment,
    Weight,
)
from patients.rules import fold, problems_of

AnyFact = TypeVar("AnyFact", bound=Fact)

# Any number that no other lock of the clinic uses.
CREATING_A_PATIENT = 4_201_982


class PatientFields(TypedDict, total=False):
    given_name: str
    family_name: str
    former_name: str
    birth_date: date
    sex: str
    phone: str
    email: str
    address: str
    city: str
    state: str
    postal_code: str
    language: str
    preferred_channel: str
    site: Site
    died_on: date | None
    left_on: date | None


# What another system may tell about a person; the keys of PossibleDuplicate.incoming, dates as ISO text.
IMPORTED_FIELDS = (
    "given_name",
    "family_name",
    "former_name",
    "birth_date",
    "sex",
    "phone",
    "email",
    "address",
    "city",
    "state",
    "postal_code",
    "language",
    "died_on",
)


class ResemblesError(Exception):
    """Patients who may be this person are here already; `patients` are those nobody has told apart yet."""

    def __init__(self, patients: list[Patient]) -> None:
        super().__init__("This may be a patient who is here already.")
        self.patients = patients


class AlreadyDecidedError(Exception):
    """Someone else decided this possible duplicate first; `duplicate` holds what they decided."""

    def __init__(self, duplicate: PossibleDuplicate) -> None:
        super().__init__("This was decided by someone else in the meantime.")
        self.duplicate = duplicate


@transaction.atomic
def create_patient(*, by: User, apart_from: Iterable[int] = (), **fields: Unpack[PatientFields]) -> Patient:
    """Make a patient of a site; `apart_from` are the keys of the patients a person said this is not.

    Raises ResemblesError when someone `by` may see has the same date of birth and family name or the same phone and
    is not among them, and ValidationError by field.
    """
    patient = Patient(**fields)
    _check(patient)
    # One at a time: two people entering the same newcomer at the same moment would not see each other's row.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CREATING_A_PATIENT])
    resembling = Patient.objects.visible_to(by).resembling(
        birth_date=patient.birth_date, family_name=patient.family_name, phone=patient.phone
    )
    if unknown := [other for other in resembling[:20] if other.pk not in set(apart_from)]:
        raise ResemblesError(unknown)
    patient.save()
    patient.refresh_from_db(fields=["record_number"])
    return patient


@transaction.atomic
def update_patient(*, patient: Patient, version: int | None, by: User, **fields: Unpack[PatientFields]) -> Patient:
    """Save changed values of a patient's row.

    Raises audit.models.StaleVersionError when the row is no longer at `version`, and ValidationError by field.
    """
    current = lock_version(patient, version=version)
    _assign(current, fields)
    _check(current)
    current.save()
    return current


@transaction.atomic
def add_fact(*, model: type[AnyFact], patient: Patient, by: User, **values: Any) -> AnyFact:
    """Add a fact: an allergy, a medication, a history item, a tried treatment or a weight.

    Raises ValidationError by field, also for one listed already.
    """
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    fact = model(patient=patient, noted_by=by, **values)
    fact.full_clean()
    _refuse_second(fact)
    fact.save()
    return fact


@transaction.atomic
def update_fact(*, fact: AnyFact, version: int | None, by: User, **values: Any) -> AnyFact:
    """Save changed values of a fact. Raises StaleVersionError as update_patient does, and ValidationError by field.

    A weight that a signed session rests on belongs to that record, and stays as it is.
    """
    # Before the fact, as signing locks them: a session signed at this moment is waited for.
    Patient.objects.select_for_update(no_key=True).get(pk=fact.patient_id)  # type: ignore[attr-defined]
    current = lock_version(fact, version=version)
    if isinstance(current, Weight) and current.is_of_a_record:
        raise ValidationError({"kg": "A signed session rests on this weight: add a new one."})
    _assign(current, values)
    # A fact that was imported names nobody who noted it.
    current.full_clean(exclude=["noted_by"])
    _refuse_second(current)
    current.save()
    return current


@transaction.atomic
def end_fact(*, fact: AnyFact, on: date, by: User) -> AnyFact:
    """Note that the fact no longer holds from that day on; one that has ended by then stays as it is."""
    current = lock_version(fact, version=None)
    if current.ended_on is None or current.ended_on > on:  # type: ignore[attr-defined]
        current.ended_on = on  # type: ignore[attr-defined]
        current.full_clean(exclude=["noted_by"])
        current.save()
    return current


@transaction.atomic
def decide_duplicate(*, duplicate: PossibleDuplicate, same: bool, by: User) -> Patient:
    """Settle a possible duplicate; gives the patient the imported person now is.

    The same person: the identifier goes to the patient who is here, and only what is empty there is filled. Two people:
    a patient is made from the file's values. Raises AlreadyDecidedError, or ValidationError when the values do not
    stand or the identifier has gone to another patient since.
    """
    current = PossibleDuplicate.objects.select_for_update().get(pk=duplicate.pk)
    if current.decision != PossibleDuplicate.Decision.WAITING:
        raise AlreadyDecidedError(current)
    values = incoming_values(current.incoming)
    if same:
        patient = lock_version(current.patient, version=None)
        missing = {name: value for name, value in values.items() if value and _is_empty(patient, name)}
        if missing:
            _assign(patient, missing)
            _check(patient)
            patient.save()
    else:
        patient = Patient(site=current.site, **values)
        _check(patient)
        patient.save()
        patient.refresh_from_db(fields=["record_number"])
    identifier = Identifier(patient=patient, system=current.system, value=current.value, imported=current.incoming)
    identifier.full_clean()
    identifier.save()
    current.decision = PossibleDuplicate.Decision.SAME if same else PossibleDuplicate.Decision.DIFFERENT
    current.decided_by = by
    current.decided_at = timezone.now()
    current.save()
    return patient


def incoming_values(incoming: dict[str, Any]) -> dict[str, Any]:
    """The values of Patient that a file's row brought, as Python values; keys that are not Patient's are left out."""
    values = {}
    for name in IMPORTED_FIELDS:
        if name in incoming:
            field: Any = Patient._meta.get_field(name)
            value = incoming[name]
            values[name] = None if field.null and value in ("", None) else field.to_python(value)
    return values


def _is_empty(patient: Patient, name: str) -> bool:
    return getattr(patient, name) in ("", None) or (name == "sex" and patient.sex == Patient.Sex.UNKNOWN)


def _assign(row: models.Model, values: Any) -> None:
    for name, value in values.items():
        if not hasattr(row, name):
            raise FieldDoesNotExist(name)
        setattr(row, name, value)


def _check(patient: Patient) -> None:
    for name in ("given_name", "family_name", "former_name"):
        setattr(patient, name, " ".join(getattr(patient, name).split()))
    problems = problems_of(
        given_name=patient.given_name,
        family_name=patient.family_name,
        birth_date=patient.birth_date,
        died_on=patient.died_on,
        left_on=patient.left_on,
        phone=patient.phone,
        on=patient.site.today(),
    )
    if problems:
        raise ValidationError(problems)
    # The record number is the database's own affair: checking it would draw the next one from the sequence.
    patient.full_clean(exclude=["record_number"])


# What makes two facts of one patient the same, the choice first; the error stands at the choice.
_SAME: dict[type[Fact], Sequence[str]] = {
    Allergy: ("substance", "name"),
    Medication: ("drug_class", "name"),
    HistoryItem: ("kind", "note"),
}


def _refuse_second(fact: Any) -> None:
    others = type(fact).objects.filter(patient=fact.patient).exclude(pk=fact.pk)
    # A weight is of its day, and the same treatment may have been tried twice.
    if isinstance(fact, Weight):
        # One that a record rests on cannot be changed, so a second one puts it right.
        if any(not other.is_of_a_record for other in others.filter(measured_on=fact.measured_on)):
            raise ValidationError({"measured_on": "There is a weight of this day already: change that one."})
        return
    if isinstance(fact, TriedTreatment):
        alike = others.filter(kind=fact.kind, started_on=fact.started_on, ended_on=fact.ended_on)
        if any(fold(other.name) == fold(fact.name) for other in alike):
            raise ValidationError({"kind": "This is listed already."})
        return
    if fact.ended_on is not None:
        return
    choice, words = _SAME[type(fact)]
    mine = fold(getattr(fact, words))
    if any(
        fold(getattr(other, words)) == mine
        for other in others.filter(**{"ended_on": None, choice: getattr(fact, choice)})
    ):
        raise ValidationError({choice: "This is listed already."})
