from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from patients.actions import decide_duplicate, update_patient
from patients.models import Identifier, Patient, PossibleDuplicate
from tests.cast import Cast

HEAD = "external_id,given_name,family_name,birth_date,phone\n"
SYNTHEA = (
    "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,"
    "BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE,INCOME\n"
    "aa-1,2001-06-05,,999,S9,X5,Mr.,Fredric73,Veum823,,,,white,hispanic,M,Westfield,201 Mews,Chelmsford,"
    "Massachusetts,Middlesex,,00000,42.6,-71.3,1.0,0.0,265045\n"
    "bb-2,1911-08-25,1981-01-02,999,S9,X9,Ms.,María57,Narváez169,,Díaz12,S,white,nonhispanic,F,Danvers,672 Grove,"
    "Boston,Massachusetts,Suffolk,25025,02136,42.2,-71.1,2.0,5.0,69302\n"
)


def run(path: Path, text: str | None = None, **options: object) -> list[str]:
    if text is not None:
        path.write_text(text, encoding="utf-8")
    out = StringIO()
    call_command("import_patients", path, stdout=out, stderr=StringIO(), **options)
    return out.getvalue().splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def test_synthea_is_read_as_it_is_and_a_second_time_changes_nothing(cast: Cast, file: Path) -> None:
    assert run(file, SYNTHEA)[-1] == "2 created, 0 unchanged, 0 rejected"
    maria = Patient.objects.get(identifiers__value="bb-2")
    assert (maria.given_name, maria.family_name, maria.former_name) == ("María", "Narváez", "Díaz")
    assert maria.died_on is not None
    assert (maria.sex, maria.postal_code, maria.site) == ("F", "02136", cast.harbour)
    history = Patient.objects.get(pk=maria.pk).version
    assert run(file)[-1] == "0 created, 2 unchanged, 0 rejected"
    assert Patient.objects.get(pk=maria.pk).version == history


def test_bad_rows_are_listed_with_line_and_reason_and_the_rest_goes_in(cast: Cast, file: Path) -> None:
    lines = run(
        file,
        HEAD + "1,Ann,Lee,1980-02-03,\n2,Bo,Li,1980-02-30,\n3,,Li,1980-02-03,\n,Cy,Li,1980-02-03,\n"
        "4,Di,Li,2190-01-01,\n1,Ed,Lo,1980-02-03,\n5,Fo\n6,Gu,Li,1980-02-03,12\n7," + "x" * 81 + ",Li,1980-02-03,\n",
    )
    assert lines[-1] == "1 created, 0 unchanged, 8 rejected"
    assert [line.split(":")[0] for line in lines[:-1]] == [f"line {line}" for line in range(3, 11)]
    assert lines[0] == "line 3: birth_date: not a date like 1980-02-03"
    assert "future" in lines[3]
    assert "line 2" in lines[4]
    assert "2 cells where the header names 5" in lines[5]
    assert "phone" in lines[6]


def test_a_likely_duplicate_waits_for_a_person(cast: Cast, file: Path) -> None:
    lines = run(file, HEAD + "1,JOYE,Köch,1982-08-25,\n2,Ann,Lee,1980-02-03,\n3,Ann,LEE,1980-02-03,\n")
    assert lines[-1] == "1 created, 0 unchanged, 0 rejected, 2 to decide"
    assert run(file)[-1] == "0 created, 1 unchanged, 0 rejected, 2 to decide"
    same, other = PossibleDuplicate.objects.order_by("value")
    assert same.patient == cast.joye
    assert decide_duplicate(duplicate=same, same=True, by=cast.robin) == cast.joye
    decide_duplicate(duplicate=other, same=False, by=cast.robin)
    assert Patient.objects.filter(family_name__iexact="lee").count() == 2
    assert run(file)[-1] == "0 created, 3 unchanged, 0 rejected"


def test_a_change_in_the_file_is_taken_over_but_never_over_a_persons_own_change(cast: Cast, file: Path) -> None:
    run(file, HEAD + "1,Ann,Lee,1980-02-03,617 555 0101\n")
    ann = Patient.objects.get(identifiers__value="1")
    assert (
        run(file, HEAD + "1,Anna,Lee,1980-02-03,617 555 0101\n")[-1] == "0 created, 0 unchanged, 0 rejected, 1 updated"
    )
    ann.refresh_from_db()
    assert (ann.given_name, ann.version) == ("Anna", 2)
    update_patient(patient=ann, version=2, by=cast.robin, phone="617 555 0199")
    last = run(file, HEAD + "1,Anna,Lee,1980-02-03,617 555 0102\n")[-1]
    assert "1 with values kept" in last
    ann.refresh_from_db()
    assert ann.phone == "617 555 0199"


def test_any_file_through_a_mapping(cast: Cast, file: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "old.json"
    mapping.write_text(
        json.dumps(
            {
                "system": "old-emr",
                "date_format": "%d/%m/%Y",
                "columns": {"external_id": "No", "given_name": "Vor", "family_name": "Nach", "birth_date": "Geb"},
            }
        )
    )
    assert run(file, "No,Vor,Nach,Geb,Rest\n7,Ann,Lee,28/02/1980,x\n", mapping=str(mapping))[-1].startswith("1 created")
    assert Identifier.objects.get(value="7").system == "old-emr"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "No column is known for external_id, given_name, family_name, birth_date"),
        (HEAD + "".join(f"{n},x,y,rubbish,\n" for n in range(1500)), "None of the first 1,000 rows"),
        ("external_id;given_name\n1;2\n", "semicolons"),
    ],
)
def test_a_wrong_file_imports_nothing(cast: Cast, file: Path, text: str, words: str) -> None:
    before = Patient.objects.count()
    with pytest.raises(CommandError, match=words):
        run(file, text)
    assert Patient.objects.count() == before


@pytest.mark.parametrize(
    "content", ["{", '{"columns": 3}', '{"columns": {"shoe_size": "Id"}}', '{"columns": {"city": "Town"}}']
)
def test_a_wrong_mapping_says_so(cast: Cast, file: Path, tmp_path: Path, content: str) -> None:
    mapping = tmp_path / "m.json"
    mapping.write_text(content)
    with pytest.raises(CommandError, match=r"mapping|column"):
        run(file, HEAD + "1,Ann,Lee,1980-02-03,\n", mapping=str(mapping))


def test_a_dry_run_reports_and_changes_nothing(cast: Cast, file: Path) -> None:
    before = Patient.objects.count()
    lines = run(file, HEAD + "1,Ann,Lee,1980-02-03,\n2,Bo,Li,never,\n", dry_run=True)
    assert lines[-1] == "1 created, 0 unchanged, 1 rejected"
    assert Patient.objects.count() == before
    assert not Identifier.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_rows(
    cast: Cast, file: Path, django_assert_max_num_queries: object
) -> None:
    rows = "".join(
        f"{n},Ann{'abcdefghij'[n % 10]},Lee{'klmnopqrst'[n // 10 % 10]},19{n % 90 + 10}-02-03,\n" for n in range(400)
    )
    file.write_text(HEAD + rows)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        run(file)
