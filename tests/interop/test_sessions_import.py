from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from patients.models import Identifier
from tests.cast import Cast
from treatments.actions.sessions import void_session
from treatments.models import InjectionSession, TreatmentCourse


def run(path: Path, text: str, **options: object) -> list[str]:
    path.write_text(text, encoding="utf-8")
    out = StringIO()
    call_command("import_sessions", path, stdout=out, stderr=StringIO(), **options)
    return out.getvalue().splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.csv"


def test_sessions_open_windows_and_start_courses(cast: Cast, file: Path) -> None:
    joye = cast.joye.record_number
    Identifier.objects.create(patient=cast.omar, system="old", value="X9")
    lines = run(
        file,
        "record_number,external_id,condition,date,product,total_units,lot,source\n"
        f"{joye},,Chronic migraine,2026-09-04,BOTOX,155,C123,letter\n"
        f"{joye},,chronic_migraine,2026-06-01,onabotulinumtoxinA,155,,\n"
        ",X9,cervical dystonia,2026-07-01,Dysport,500,,\n",
    )
    assert lines[-1] == "3 created, 0 unchanged, 0 rejected"
    course = TreatmentCourse.objects.get(patient=cast.joye)
    assert (course.last_session_on, course.eligible_on) == (date(2026, 9, 4), date(2026, 11, 27))
    assert course.started_on == date(2026, 9, 4)
    assert course.windows.count() == 2
    latest = InjectionSession.objects.get(performed_on=date(2026, 9, 4))
    assert (latest.outside_lot, latest.outside_source, latest.status) == ("C123", "letter", "recorded")
    assert InjectionSession.objects.get(performed_on=date(2026, 6, 1)).outside_source == "import of sessions.csv"


def test_a_second_time_changes_nothing_and_a_contradiction_is_rejected(cast: Cast, file: Path) -> None:
    head = "record_number,condition,date,product,total_units\n"
    row = f"{cast.joye.record_number},Chronic migraine,2026-09-04,BOTOX,"
    assert run(file, head + row + "155\n")[-1] == "1 created, 0 unchanged, 0 rejected"
    assert run(file, head + row + "155.0\n")[-1] == "0 created, 1 unchanged, 0 rejected"
    lines = run(file, head + row + "155\n" + row + "195\n")
    assert lines == [
        "line 3: total_units: a BOTOX session of that day is already there with 155.00 U",
        "0 created, 1 unchanged, 1 rejected",
    ]


def test_a_session_voided_here_does_not_come_back(cast: Cast, file: Path) -> None:
    row = f"{cast.joye.record_number},Chronic migraine,2026-09-04,BOTOX,155\n"
    text = "record_number,condition,date,product,total_units\n" + row
    run(file, text)
    void_session(session=InjectionSession.objects.get(), reason="not hers", by=cast.ito, now=timezone.now())
    lines = run(file, text)
    assert "was voided here" in lines[0]
    assert lines[-1] == "0 created, 0 unchanged, 1 rejected"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("99999,Chronic migraine,2026-09-04,BOTOX,155", "no patient has this record number"),
        ("{joye},Gout,2026-09-04,BOTOX,155", "not a condition known here"),
        ("{joye},Chronic migraine,2026-09-04,Aspirin,155", "not a product known here"),
        ("{joye},Chronic migraine,2026-13-04,BOTOX,155", "not a date like 2026-02-03"),
        ("{joye},Chronic migraine,2190-01-04,BOTOX,155", "future"),
        ("{joye},Chronic migraine,1950-01-04,BOTOX,155", "before the patient's birth"),
        ("{joye},Chronic migraine,2026-09-04,BOTOX,-5", "above 0"),
        ("{joye},Chronic migraine,2026-09-04,BOTOX,NaN", "above 0"),
        ("{joye},Chronic migraine,2026-09-04,BOTOX,many", "not a number of units"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_in(cast: Cast, file: Path, cells: str, words: str) -> None:
    joye = cast.joye.record_number
    good = f"{joye},Chronic migraine,2025-09-04,BOTOX,155\n"
    lines = run(file, "record_number,condition,date,product,total_units\n" + good + cells.format(joye=joye) + "\n")
    assert lines[-1] == "1 created, 0 unchanged, 1 rejected"
    assert words in lines[0]
    assert lines[0].startswith("line 3:")


def test_a_missing_column_or_provider_is_a_clear_error(cast: Cast, file: Path) -> None:
    with pytest.raises(CommandError, match="No column is known for total_units"):
        run(file, "record_number,condition,date,product\n1,2,3,4\n")
    with pytest.raises(CommandError, match="No such provider"):
        run(file, "record_number,condition,date,product,total_units\n1,2,3,4,5\n", provider="nobody@example.org")
