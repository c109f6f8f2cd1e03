"""Search in the database: who is found, in which order, and by which index."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.models import Patient
from patients.querysets import CANDIDATES
from patients.rules import fold, read_search
from tests.cast import Cast

TODAY = date(2026, 11, 20)


def in_database(texts: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT patients_fold(text) FROM unnest(%s::text[]) WITH ORDINALITY AS given(text, n) ORDER BY n", [texts]
        )
        return [row[0] for row in cursor.fetchall()]


# Letters this Python knows; the database may know newer ones. Neither takes a surrogate, nor the database a NUL.
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\0"), max_size=40)
LATIN = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=40)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(ANY_TEXT | LATIN, max_size=10))
def test_python_and_the_database_fold_alike(texts: list[str]):
    assert in_database(texts) == [fold(text) for text in texts]


@pytest.mark.django_db
def test_every_letter_folds_alike():
    import unicodedata

    letters = [
        chr(code)
        for code in range(1, 0x30000)
        if not 0xD800 <= code <= 0xDFFF and unicodedata.category(chr(code)) not in {"Cn", "Co"}
    ]
    different = [
        (letter, here, there)
        for letter, here, there in zip(letters, map(fold, letters), in_database(letters), strict=True)
        if here != there
    ]
    assert different == []


@pytest.fixture
def people(cast: Cast) -> dict[str, Patient]:
    def person(given: str, family: str, birth: date, **fields: Any) -> Patient:
        return Patient.objects.create(
            **{"given_name": given, "family_name": family, "birth_date": birth, "site": cast.harbour, **fields}
        )

    return {
        "joye": cast.joye,  # Joye Koch, 25 Aug 1982, +1 617 555 0134
        "omar": cast.omar,  # Omar Díaz, 28 Feb 1970
        "ana": person("Ana María", "Núñez-O'Neil", date(1980, 2, 3), phone="(617) 555-0199"),
        "anna": person("Anna", "Kochanowska", date(1980, 3, 2), former_name="Nowak", phone="0049 30 1234567"),
        "koch": person("Koch", "Ahmed", date(1999, 12, 31)),
        "far": person("Joye", "Koch", date(1982, 8, 25), site=cast.elsewhere),
    }


def found(cast: Cast, people: dict[str, Patient], text: str, limit: int = 12) -> list[str]:
    names = {patient.pk: name for name, patient in people.items()}
    terms = read_search(text, on=TODAY)
    return [names[patient.pk] for patient in Patient.objects.visible_to(cast.robin).search(terms, limit=limit)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("koch", ["joye", "koch", "anna"]),  # the whole name first, the family name before the given name's beginning
        ("KOCH", ["joye", "koch", "anna"]),
        ("kocha", ["anna"]),
        ("Koch, Joye", ["joye"]),
        ("joye koch", ["joye"]),
        ("jo ko", ["joye"]),
        ("koch ahmed", ["koch"]),
        ("koch zzz", []),
        ("diaz", ["omar"]),
        ("Díaz", ["omar"]),
        ("nunez", ["ana"]),
        ("oneil", ["ana"]),
        ("o'ne", ["ana"]),
        ("neil", []),
        ("maria ana", ["ana"]),
        ("nowak", ["anna"]),
        ("25/08/1982", ["joye"]),
        ("8/25/82", ["joye"]),
        ("25 aug 1982", ["joye"]),
        ("08251982", ["joye"]),
        ("3/2/1980", ["anna", "ana"]),  # 2 March first, then 3 February
        ("3.2.1980", ["ana", "anna"]),
        ("kochan 3/2/1980", ["anna"]),
        ("2 Mar 1980", ["anna"]),
        ("617 555 0134", ["joye"]),
        ("6175550134", ["joye"]),
        ("+1 (617) 555-0199", ["ana"]),
        ("0199", ["ana"]),
        ("555 01", []),  # a phone number is known by its end
        ("+49 30 1234567", ["anna"]),
        ("030 123 4567", ["anna"]),
        ("joye 0134", ["joye"]),
        ("omar 0134", []),
        ("25 aug 1982 0134", ["joye"]),
        ("25 aug 1982 0199", []),
        ("", []),
        ("'", []),
        ("koch' & !joye | (", ["joye"]),
        ("\\ koch:*", ["joye", "koch", "anna"]),
        ("€", []),
    ],
)
def test_who_is_found_and_in_which_order(cast: Cast, people: dict[str, Patient], text: str, expected: list[str]):
    assert found(cast, people, text) == expected


def test_a_record_number_is_found_by_its_beginning_the_whole_one_first(cast: Cast, people: dict[str, Patient]):
    number = people["ana"].record_number
    Patient.objects.filter(pk=people["koch"].pk).update(record_number=f"{number}7")
    assert found(cast, people, number) == ["ana", "koch"]
    assert found(cast, people, f"MRN {number}") == ["ana", "koch"]
    assert found(cast, people, f"koch {number}") == ["koch"]


def test_no_more_than_the_limit_is_found(cast: Cast, people: dict[str, Patient]):
    assert found(cast, people, "koch", limit=2) == ["joye", "koch"]


def test_the_whole_record_number_is_found_among_many_that_begin_with_it(cast: Cast):
    wanted = crowd(cast, 3 * CANDIDATES)
    Patient.objects.filter(pk=wanted.pk).update(record_number="1")
    first = Patient.objects.visible_to(cast.robin).search(read_search("1", on=TODAY)).first()
    assert first == wanted


def crowd(cast: Cast, count: int) -> Patient:
    """So many patients with names, birth dates and phones that seldom repeat; gives the last of them."""
    syllables = ["ka", "lo", "mi", "ren", "tas", "vo", "be", "dun", "fi", "gor", "hal", "ji", "nu", "per", "qua", "sol"]

    def name(n: int, parts: int) -> str:
        return "".join(syllables[n // 16**part % 16] for part in range(parts)).capitalize()

    Patient.objects.bulk_create(
        [
            Patient(
                given_name=name(n * 7, 3),
                family_name=name(n, 4),
                birth_date=date(1930, 1, 1) + timedelta(days=n * 13 % 30_000),
                phone=f"617 {n * 7919 % 1000:03} {n * 104729 % 10_000:04}",
                site=cast.harbour,
            )
            for n in range(count)
        ],
        batch_size=1_000,
    )
    with connection.cursor() as cursor:
        # What autovacuum does in a clinic: without it the planner sees a name index that is one long list.
        cursor.execute("SELECT gin_clean_pending_list('patient_name_search')")
        cursor.execute("ANALYZE patients_patient, accounts_site, accounts_user_sites")
    return Patient.objects.latest("pk")


def indexes_used(queryset: Any) -> set[str]:
    plan = json.loads(queryset.explain(format="json"))
    names: set[str] = set()

    def walk(node: dict[str, Any]) -> None:
        if name := node.get("Index Name"):
            names.add(name)
        if node["Node Type"] == "Seq Scan" and node.get("Relation Name") == "patients_patient":
            names.add("all rows")
        for child in node.get("Plans", []):
            walk(child)

    walk(plan[0]["Plan"])
    return names


def test_each_way_of_searching_and_the_list_use_their_index(cast: Cast):
    person = crowd(cast, 5_000)

    def used(text: str) -> set[str]:
        return indexes_used(Patient.objects.visible_to(cast.robin).search(read_search(text, on=TODAY)))

    name = fold(person.family_name)
    assert "patient_name_search" in used(name)
    assert "patient_name_search" in used(f"{name[:5]} {fold(person.given_name)[:4]}")
    assert "patient_birth_date" in used(f"{person.birth_date:%-m/%-d/%Y}")
    assert "patient_phone_end" in used(person.phone)
    assert any("record_number" in index for index in used(f"mrn {person.record_number}"))
    for text in (name, f"{person.birth_date:%-m/%-d/%Y}", person.phone, f"mrn {person.record_number}", "10032"):
        assert "all rows" not in used(text), text

    # The list by name reads its index from the place it is at.
    for page in (
        Patient.objects.by_name()[:51],
        Patient.objects.by_name().after(person.name_sort, person.pk)[:51],
        Patient.objects.by_name().before(person.name_sort, person.pk).reverse()[:51],
    ):
        assert indexes_used(page) == {"patient_name_order"}


def test_pages_hold_everybody_once_and_in_order(cast: Cast):
    crowd(cast, 60)
    # Two who share a name are told apart by their key.
    for _ in range(3):
        Patient.objects.create(given_name="Same", family_name="Name", birth_date=date(1980, 1, 1), site=cast.harbour)
    everyone = list(Patient.objects.by_name())
    for size in (1, 7):
        forwards = everyone[:1]
        while page := list(Patient.objects.by_name().after(forwards[-1].name_sort, forwards[-1].pk)[:size]):
            forwards += page
        assert forwards == everyone
        backwards = everyone[-1:]
        while page := list(
            Patient.objects.by_name().before(backwards[-1].name_sort, backwards[-1].pk).reverse()[:size]
        ):
            backwards += page
        assert backwards == everyone[::-1]


def test_whom_a_newcomer_resembles(cast: Cast, people: dict[str, Patient]):
    def resembling(birth: date, family: str, phone: str = "") -> set[str]:
        names = {patient.pk: name for name, patient in people.items()}
        seen = Patient.objects.visible_to(cast.robin).resembling(birth_date=birth, family_name=family, phone=phone)
        return {names[patient.pk] for patient in seen}

    assert resembling(date(1982, 8, 25), "KOCH") == {"joye"}  # not the one at a site this person does not work at
    assert resembling(date(1982, 8, 26), "Koch") == set()
    assert resembling(date(1970, 2, 28), "Diaz") == {"omar"}
    assert resembling(date(1980, 3, 2), "Nowak") == {"anna"}  # by the former name
    assert resembling(date(1980, 3, 2), "Kochan") == set()
    assert resembling(date(2001, 1, 1), "Else", "1-617-555-0134") == {"joye"}
    assert resembling(date(2001, 1, 1), "Else", "0134") == set()
    assert resembling(date(1982, 8, 25), "Koch", "617 555 0199") == {"joye", "ana"}
