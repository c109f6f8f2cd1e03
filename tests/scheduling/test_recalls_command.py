from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Cast
from tests.scheduling.made import booked, dated

KEYS = [
    "record_number",
    "condition",
    "last_session_on",
    "eligible_on",
    "window_opens_on",
    "window_closes_on",
    "target_on",
    "state",
    "booking",
]


def recalls(*options: str) -> str:
    out = io.StringIO()
    call_command("recalls", *options, stdout=out)
    return out.getvalue()


def test_json_is_a_list_of_rows(cast: Cast):
    dated(cast.course(), session_on=date(2026, 1, 30))
    [row] = json.loads(recalls("--format", "json", "--on", "2026-05-01"))
    assert row == {
        "record_number": cast.joye.record_number,
        "condition": "Chronic migraine",
        "last_session_on": "2026-01-30",
        "eligible_on": "2026-04-24",
        "window_opens_on": "2026-04-30",
        "window_closes_on": "2026-07-30",
        "target_on": "2026-04-30",
        "state": "due",
        "booking": "none",
    }
    assert list(row) == KEYS


def test_a_course_without_a_session_is_new_and_has_no_dates(cast: Cast):
    cast.course()
    [row] = json.loads(recalls("--format", "json"))
    assert row["state"] == "new"
    assert row["booking"] == "none"
    assert all(row[key] is None for key in KEYS[2:7])


@pytest.mark.parametrize(
    ("on", "state"),
    [
        ("2026-02-01", "in effect"),
        ("2026-04-09", "opening"),
        ("2026-04-30", "due"),
        ("2026-07-30", "due"),
        ("2026-07-31", "overdue"),
        ("2027-01-31", "lapsed"),
    ],
)
def test_on_a_day(cast: Cast, on: str, state: str):
    dated(cast.course(), session_on=date(2026, 1, 30))
    [row] = json.loads(recalls("--format", "json", "--on", on))
    assert row["state"] == state
    assert json.loads(recalls("--format", "json", "--on", on, "--state", state)) == [row]


def test_all_open_courses_unless_a_state_is_named(cast: Cast):
    dated(cast.course(), session_on=date(2026, 1, 30))
    dated(cast.course(patient=cast.omar), session_on=date(2025, 1, 30))
    dated(
        cast.course(condition="cervical_dystonia", closed_on=date(2026, 2, 1), closed_reason="stopped"),
        session_on=date(2025, 6, 30),
    )
    rows = json.loads(recalls("--format", "json", "--on", "2026-05-01"))
    assert [row["state"] for row in rows] == ["lapsed", "due"]
    assert len(json.loads(recalls("--format", "json", "--on", "2026-05-01", "--state", "closed"))) == 1
    assert json.loads(recalls("--format", "json", "--on", "2026-05-01", "--state", "opening")) == []


@pytest.mark.parametrize("words", ["in effect", "In-Effect", "in_effect"])
def test_a_state_may_be_typed_without_quotes(cast: Cast, words: str):
    dated(cast.course(), session_on=date(2026, 1, 30))
    assert len(json.loads(recalls("--format", "json", "--on", "2026-02-01", "--state", words))) == 1


def test_without_a_day_each_site_has_its_own_today(cast: Cast):
    today = cast.harbour.today()
    course = dated(cast.course(), session_on=today - timedelta(days=100))
    booked(cast, course)
    [row] = json.loads(recalls("--format", "json"))
    assert (row["state"], row["booking"]) == ("due", "booked in the window")


def test_csv_has_the_same(cast: Cast):
    dated(cast.course(), session_on=date(2026, 1, 30))
    cast.course(patient=cast.omar)
    on = ("--on", "2026-05-01")
    rows = list(csv.DictReader(io.StringIO(recalls("--format", "csv", *on))))
    assert list(rows[0]) == KEYS
    asked = json.loads(recalls("--format", "json", *on))
    assert rows == [{key: value or "" for key, value in row.items()} for row in asked]


def test_the_table_is_for_people(cast: Cast):
    dated(cast.course(), session_on=date(2026, 1, 30))
    lines = recalls("--on", "2026-05-01").splitlines()
    assert lines[0].split() == KEYS
    assert "Chronic migraine" in lines[1]
    assert lines[1].index("Chronic") == lines[0].index("condition")
    assert lines[-1] == "1 course"


def test_nothing_there_is_an_empty_answer(db: None):
    assert json.loads(recalls("--format", "json")) == []
    assert recalls("--format", "csv").strip() == ",".join(KEYS)
    assert recalls().splitlines()[-1] == "0 courses"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--on", "2026-02-30"], "'2026-02-30' is not a date"),
        (["--on", "tomorrow"], "is not a date"),
        (["--state", "late"], "The states are: new, in effect, opening, due, overdue, lapsed, closed"),
        (["--format", "xml"], "invalid choice"),
    ],
)
def test_a_bad_option_is_refused_in_words(db: None, options: list[str], words: str):
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        recalls(*options)


def test_many_rows_take_the_same_few_queries(cast: Cast, django_assert_num_queries):
    from patients.models import Patient

    for number in range(30):
        patient = Patient.objects.create(
            given_name="Ana", family_name=f"N{number}", birth_date=date(1980, 1, 1), site=cast.harbour
        )
        dated(cast.course(patient=patient), session_on=date(2026, 1, 30))
    with django_assert_num_queries(1):
        recalls("--format", "json", "--on", "2026-05-01")
