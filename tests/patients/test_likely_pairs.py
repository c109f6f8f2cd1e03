"""Records that may be one person's: why two are shown, why others are not, and what the search costs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection

from patients.actions.apart import tell_apart
from patients.likely_pairs import MOST_STRETCHES, STRETCH, likely_pairs
from patients.models import Patient, ToldApart
from patients.rules.likeness import Who, birth_slip, likeness
from tests.cast import Cast

BORN = date(1982, 8, 3)


def who(given: str = "Joye", family: str = "Koch", born: date = BORN, former: str = "", phone: str = "") -> Who:
    return Who(given, family, former, born, phone)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (who(), "the same name and date of birth"),
        (who("JOYE", "Köch"), "the same name and date of birth"),
        (who("Joy"), "the same date of birth and a similar name"),
        (who("Joey"), "the same date of birth and family name; perhaps twins"),
        (who("J"), "the same date of birth and a similar name"),
        (who("Koch", "Joye"), "the same date of birth, given and family name swapped"),
        (who(family="Kosch"), "the same date of birth and a similar name"),
        (who(family="Vale", former="Koch"), "the same date of birth and a similar name"),
        (who(family="Koch-Vale"), "the same date of birth and a similar name"),
        (who("Anna"), "the same date of birth and family name; perhaps twins"),
        (who(born=date(1982, 3, 8)), "the same name, and dates of birth with day and month swapped"),
        (who(born=date(1982, 8, 30)), "the same name, and dates of birth with another day"),
        (who(born=date(1928, 8, 3)), "the same name, and dates of birth with another year"),
        (who(born=date(1982, 9, 3)), "the same name, and dates of birth with another month"),
        (who("Anna", "Vale"), None),
        (who("Joye", "Vale"), None),
        (who(born=date(1990, 1, 30)), None),
    ],
)
def test_why_two_records_are_likely_one_person(other: Who, why: str | None) -> None:
    assert likeness(who(), other) == why
    assert likeness(other, who()) == why


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (who(phone="16175550134"), who("Joye", "Vale", date(1990, 1, 1), phone="6175550134"),
         "the same phone number and given name"),
        (who(phone="16175550134"), who("Anna", "Vale", date(1990, 1, 1), phone="6175550134"), "the same phone number"),
        (who(phone="16175550134"), who("Anna", "Vale", phone="6175550134"), "the same date of birth and phone number"),
        (who(phone="555"), who("Anna", "Vale", date(1990, 1, 1), phone="555"), None),
        (who(phone=""), who("Anna", "Vale", date(1990, 1, 1), phone=""), None),
    ],
)  # fmt: skip
def test_a_phone_number_counts_from_its_end(first: Who, second: Who, why: str | None) -> None:
    assert likeness(first, second) == why


def test_a_slip_is_one_field_or_two_swapped() -> None:
    assert birth_slip(BORN, BORN) == ""
    assert birth_slip(BORN, date(1982, 9, 4)) == ""
    assert birth_slip(date(1982, 5, 5), date(1982, 5, 5)) == ""


# --- in the database


def person(cast: Cast, given: str = "Joye", family: str = "Koch", **fields: Any) -> Patient:
    return Patient.objects.create(
        **{"given_name": given, "family_name": family, "birth_date": date(1982, 8, 25), "site": cast.harbour, **fields}
    )


def pairs(cast: Cast, **how: Any) -> list[tuple[int, int]]:
    found = likely_pairs(by=cast.robin, **how)
    return [(pair.newer.pk, pair.older.pk) for pair in found.pairs]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"given": "joye", "family": "KÓCH"},
        {"given": "Joy"},
        {"given": "Koch", "family": "Joye"},
        {"family": "Kocher"},
        {"family": "Vale", "former_name": "Koch"},
        {"given": "Joye", "birth_date": date(1982, 8, 24)},
        {"given": "Joye", "family": "Vale", "birth_date": date(1990, 1, 1), "phone": "617-555-0134"},
        {"given": "Anna", "family": "Vale", "phone": "(617) 555 0134"},
    ],
)
def test_the_database_finds_each_kind_of_likeness(cast: Cast, fields: dict[str, Any]) -> None:
    newer = person(cast, **fields)
    assert pairs(cast) == [(newer.pk, cast.joye.pk)]


@pytest.mark.django_db
def test_day_and_month_swapped(cast: Cast) -> None:
    older = person(cast, "Ana", "Ruiz", birth_date=date(1982, 8, 3))
    newer = person(cast, "Ana", "Ruiz", birth_date=date(1982, 3, 8))
    assert pairs(cast) == [(newer.pk, older.pk)]


@pytest.mark.django_db
def test_a_phone_number_alone_is_shown_only_when_asked_for(cast: Cast) -> None:
    child = person(cast, "Mia", "Koch", birth_date=date(2012, 1, 1), phone="+1 617 555 0134")
    assert pairs(cast) == []
    assert pairs(cast, phone_alone=True) == [(child.pk, cast.joye.pk)]


@pytest.mark.django_db
def test_two_people_are_not_shown_again(cast: Cast) -> None:
    newer = person(cast)
    tell_apart(one=newer, other=cast.joye, by=cast.robin)
    tell_apart(one=cast.joye, other=newer, by=cast.robin)
    assert pairs(cast) == []
    assert ToldApart.objects.count() == 1


@pytest.mark.django_db
def test_neither_other_sites_nor_merged_records_are_shown(cast: Cast) -> None:
    person(cast, site=cast.elsewhere)
    merged = person(cast)
    Patient.objects.filter(pk=merged.pk).update(merged_into=cast.omar)
    assert pairs(cast) == []
    assert likely_pairs(by=cast.max).pairs == []


@pytest.mark.django_db
def test_page_by_page_every_pair_comes_once(cast: Cast) -> None:
    for number in range(9):
        born = date(1950 + number, 1, 1)
        person(cast, "Ana", "Ruiz", birth_date=born)
        person(cast, "Ana", "Ruiz-Gil", birth_date=born)
    # Ana Ruiz of 1950 to 1958: each also differs from every other in the year alone.
    everything = pairs(cast, most=1000)
    seen: list[tuple[int, int]] = []
    before = None
    while True:
        found = likely_pairs(by=cast.robin, before=before, most=2)
        seen += [(pair.newer.pk, pair.older.pk) for pair in found.pairs]
        before = found.next
        if before is None:
            break
    assert seen == everything
    assert len(set(seen)) == len(seen) >= 9


@pytest.mark.django_db
def test_a_stretch_finds_its_likenesses_by_index(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO patients_patient (version, given_name, family_name, former_name, birth_date, sex, phone, email,
                address, city, state, postal_code, language, preferred_channel, site_id, created_at)
            SELECT 1, 'Given' || n %% 97, 'Family' || n, '', date '1940-01-01' + n %% 20000, 'U',
                   (2000000000 + n)::text,
                   '', '', '', '', '', '', 'phone', %s, now() FROM generate_series(1, 20000) AS n
            """,
            [cast.harbour.pk],
        )
        cursor.execute("ANALYZE patients_patient")
    found = likely_pairs(by=cast.robin)
    assert found.looked_at == MOST_STRETCHES * STRETCH
    assert found.next is not None
    from patients.likely_pairs import _NEIGHBOURS

    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN " + _NEIGHBOURS, {"sites": [cast.harbour.pk], "before": 2**63 - 1, "stretch": STRETCH, "since": 0}
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    for index in ("patient_birth_date", "patient_name_order", "patient_phone_end"):
        assert index in plan, plan
