"""What changes patients: the promises of patients/actions.py, and two people at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from audit.models import StaleVersionError
from patients import actions
from patients.models import Allergy, HistoryItem, Identifier, Medication, Patient, PossibleDuplicate
from tests.cast import Cast

NEWCOMER: dict[str, Any] = {"given_name": "Ines", "family_name": "Vega", "birth_date": date(1991, 5, 17)}


def create(cast: Cast, **fields: Any) -> Patient:
    return actions.create_patient(by=cast.robin, **{"site": cast.harbour, **NEWCOMER, **fields})


def test_a_new_patient_gets_the_next_record_number(cast: Cast):
    first, second = create(cast), create(cast, family_name="Vogt")
    assert int(second.record_number) == int(first.record_number) + 1
    assert first.name_sort == "vega ines"


def test_spaces_in_a_name_are_put_right(cast: Cast):
    assert create(cast, given_name="  Ines \t Maria ").given_name == "Ines Maria"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"given_name": " "}, "given_name"),
        ({"family_name": "--"}, "family_name"),
        ({"given_name": "x" * 81}, "given_name"),
        ({"birth_date": date(1899, 12, 31)}, "birth_date"),
        ({"birth_date": date(2999, 1, 1)}, "birth_date"),
        ({"phone": "12345"}, "phone"),
        ({"email": "not an address"}, "email"),
        ({"sex": "X"}, "sex"),
        ({"died_on": date(1990, 1, 1)}, "died_on"),
    ],
)
def test_a_bad_value_is_refused_by_field_and_nothing_is_made(cast: Cast, fields: dict[str, Any], wrong: str):
    before = Patient.objects.count()
    with pytest.raises(ValidationError) as refused:
        create(cast, **fields)
    assert {wrong} <= set(refused.value.message_dict) <= {wrong, "__all__"}
    assert Patient.objects.count() == before


def test_someone_who_may_be_here_already_is_not_made_until_told_apart(cast: Cast):
    likeness = {"family_name": "KOCH", "birth_date": cast.joye.birth_date}
    with pytest.raises(actions.ResemblesError) as refused:
        create(cast, **likeness)
    assert refused.value.patients == [cast.joye]
    assert create(cast, apart_from=[cast.joye.pk], **likeness).pk
    # Now there are two, and only one of them was told apart.
    with pytest.raises(actions.ResemblesError):
        create(cast, apart_from=[cast.joye.pk], **likeness)


def test_the_same_phone_number_is_a_likeness_too(cast: Cast):
    with pytest.raises(actions.ResemblesError) as refused:
        create(cast, phone="617-555-0134")
    assert refused.value.patients == [cast.joye]


def test_nobody_learns_of_a_patient_of_another_site(cast: Cast):
    Patient.objects.filter(pk=cast.joye.pk).update(site=cast.elsewhere)
    assert create(cast, family_name="Koch", birth_date=cast.joye.birth_date).pk


def test_an_update_raises_the_version_and_a_stale_one_is_refused(cast: Cast):
    actions.update_patient(patient=cast.joye, version=1, by=cast.robin, phone="617 555 0100")
    with pytest.raises(StaleVersionError) as refused:
        actions.update_patient(patient=cast.joye, version=1, by=cast.ito, phone="617 555 0200")
    assert refused.value.current.phone == "617 555 0100"
    cast.joye.refresh_from_db()
    assert (cast.joye.version, cast.joye.phone) == (2, "617 555 0100")


def test_an_update_checks_as_strictly(cast: Cast):
    with pytest.raises(ValidationError):
        actions.update_patient(patient=cast.joye, version=1, by=cast.robin, died_on=date(2999, 1, 1))
    cast.joye.refresh_from_db()
    assert (cast.joye.version, cast.joye.died_on) == (1, None)


FACTS: list[tuple[Any, dict[str, str]]] = [
    (Allergy, {"substance": "albumin", "reaction": "hives"}),
    (Medication, {"drug_class": "anticoagulant", "name": "apixaban"}),
    (HistoryItem, {"kind": "cardiac", "note": "arrhythmia"}),
]


@pytest.mark.parametrize(("kind", "values"), FACTS)
def test_a_fact_is_added_once_changed_and_ended(cast: Cast, kind: Any, values: dict[str, str]):
    today = cast.harbour.today()
    fact = actions.add_fact(model=kind, patient=cast.joye, by=cast.ito, **values)
    assert fact.noted_by == cast.ito
    with pytest.raises(ValidationError, match="listed already"):
        actions.add_fact(model=kind, patient=cast.joye, by=cast.ito, **values)
    assert actions.add_fact(model=kind, patient=cast.omar, by=cast.ito, **values)

    changed = actions.update_fact(fact=fact, version=1, by=cast.ito, ended_on=today + timedelta(days=3))
    assert changed.version == 2
    with pytest.raises(StaleVersionError):
        actions.update_fact(fact=fact, version=1, by=cast.ito, ended_on=None)

    assert actions.end_fact(fact=fact, on=today, by=cast.ito).ended_on == today
    assert actions.end_fact(fact=fact, on=today + timedelta(days=1), by=cast.ito).ended_on == today
    # What has ended may come back.
    assert actions.add_fact(model=kind, patient=cast.joye, by=cast.ito, **values).pk != fact.pk


def test_a_change_that_makes_two_facts_the_same_is_refused(cast: Cast):
    actions.add_fact(model=Medication, patient=cast.joye, by=cast.ito, drug_class="anticoagulant", name="Apixaban")
    other = actions.add_fact(
        model=Medication, patient=cast.joye, by=cast.ito, drug_class="anticoagulant", name="warfarin"
    )
    with pytest.raises(ValidationError, match="listed already"):
        actions.update_fact(fact=other, version=1, by=cast.ito, name=" apixaban")


INCOMING = {
    "given_name": "Joye",
    "family_name": "Koch",
    "birth_date": "1982-08-25",
    "sex": "F",
    "phone": "999 555 0000",
    "email": "joye@example.org",
    "city": "Boston",
    "died_on": "",
    "passport": "X846691",
}


def possible_duplicate(cast: Cast, **fields: Any) -> PossibleDuplicate:
    return PossibleDuplicate.objects.create(
        **{
            "patient": cast.joye,
            "system": "synthea",
            "value": "90be8d67",
            "incoming": INCOMING,
            "site": cast.harbour,
            "reason": "same date of birth and family name",
            **fields,
        }
    )


def test_the_same_person_gets_the_identifier_and_only_what_is_empty(cast: Cast):
    duplicate = possible_duplicate(cast)
    patient = actions.decide_duplicate(duplicate=duplicate, same=True, by=cast.robin)
    assert patient == cast.joye
    patient.refresh_from_db()
    assert (patient.phone, patient.email, patient.city) == ("+1 617 555 0134", "joye@example.org", "Boston")
    assert patient.version == 2
    identifier = Identifier.objects.get(system="synthea", value="90be8d67")
    assert (identifier.patient, identifier.imported) == (cast.joye, INCOMING)
    duplicate.refresh_from_db()
    assert (duplicate.decision, duplicate.decided_by) == ("same", cast.robin)
    assert duplicate.decided_at is not None


def test_two_people_become_two_patients(cast: Cast):
    duplicate = possible_duplicate(cast, site=cast.mesa)
    patient = actions.decide_duplicate(duplicate=duplicate, same=False, by=cast.robin)
    assert patient != cast.joye
    assert (patient.name, patient.birth_date, patient.site) == ("Koch, Joye", date(1982, 8, 25), cast.mesa)
    assert Identifier.objects.get(value="90be8d67").patient == patient
    cast.joye.refresh_from_db()
    assert (cast.joye.version, cast.joye.email) == (1, "")


def test_a_decision_is_made_once(cast: Cast):
    duplicate = possible_duplicate(cast)
    actions.decide_duplicate(duplicate=duplicate, same=True, by=cast.robin)
    with pytest.raises(actions.AlreadyDecidedError) as refused:
        actions.decide_duplicate(duplicate=duplicate, same=False, by=cast.ito)
    assert refused.value.duplicate.decided_by == cast.robin
    assert Identifier.objects.count() == 1


def test_an_identifier_that_went_to_another_patient_since_is_not_given_twice(cast: Cast):
    duplicate = possible_duplicate(cast)
    Identifier.objects.create(patient=cast.omar, system="synthea", value="90be8d67")
    with pytest.raises(ValidationError, match="belongs to another patient"):
        actions.decide_duplicate(duplicate=duplicate, same=True, by=cast.robin)
    cast.joye.refresh_from_db()
    duplicate.refresh_from_db()
    assert (cast.joye.version, duplicate.decision) == (1, "waiting")


def test_values_that_do_not_stand_are_refused_and_nothing_is_decided(cast: Cast):
    duplicate = possible_duplicate(cast, incoming={**INCOMING, "birth_date": "25.08.1982"})
    count = Patient.objects.count()
    with pytest.raises(ValidationError):
        actions.decide_duplicate(duplicate=duplicate, same=False, by=cast.robin)
    assert Patient.objects.count() == count


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gave or raised, all started at the same moment in threads of their own."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_make_the_same_newcomer_and_one_is_asked(self, cast: Cast):
        results = at_once(lambda: create(cast), lambda: create(cast))
        assert kinds(results) == ["Patient", "ResemblesError"]

    def test_save_one_row_and_one_is_stale(self, cast: Cast):
        def save(phone: str) -> Patient:
            return actions.update_patient(patient=cast.joye, version=1, by=cast.robin, phone=phone)

        results = at_once(lambda: save("617 555 0001"), lambda: save("617 555 0002"))
        assert kinds(results) == ["Patient", "StaleVersionError"]

    def test_add_one_allergy_and_it_stands_once(self, cast: Cast):
        def add() -> Allergy:
            return actions.add_fact(model=Allergy, patient=cast.joye, by=cast.ito, substance="albumin")

        assert kinds(at_once(add, add)) == ["Allergy", "ValidationError"]
        assert cast.joye.allergies.count() == 1

    def test_decide_one_duplicate_and_one_decision_holds(self, cast: Cast):
        duplicate = possible_duplicate(cast)
        results = at_once(
            lambda: actions.decide_duplicate(duplicate=duplicate, same=False, by=cast.robin),
            lambda: actions.decide_duplicate(duplicate=duplicate, same=False, by=cast.ito),
        )
        assert kinds(results) == ["AlreadyDecidedError", "Patient"]
        assert Patient.objects.filter(family_name="Koch").count() == 2


def test_an_imported_fact_names_nobody_and_can_be_changed_and_ended(cast: Cast) -> None:
    fact = Allergy.objects.create(patient=cast.joye, substance="latex", noted_by=None)
    fact = actions.update_fact(fact=fact, version=fact.version, by=cast.ito, reaction="a rash")
    assert (fact.reaction, fact.noted_by) == ("a rash", None)
    assert actions.end_fact(fact=fact, on=cast.harbour.today(), by=cast.ito).ended_on == cast.harbour.today()
