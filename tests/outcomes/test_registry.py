"""The registry names nobody, moves each patient's days alike, and is made for administrators by the worker."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from benchmarks.generated_outcomes import TODAY, TreatedClinic
from outcomes.models import Assessment, Export, InstrumentVersion, UnscoredAnswer
from outcomes.registry import FURTHEST, TABLES, Secret, age_words, build
from patients.models import Patient
from tests.cast import Cast
from treatments.models import FollowUp, InjectionSession, TreatmentCourse

SignIn = Callable[[User], Client]
Tables = dict[str, list[dict[str, str]]]


@pytest.mark.parametrize(
    ("birth", "on", "words"),
    [
        (date(1936, 11, 21), date(2026, 11, 20), "89"),
        (date(1936, 11, 20), date(2026, 11, 20), "90+"),
        (date(1920, 1, 1), date(2026, 11, 20), "90+"),
        (date(2020, 2, 29), date(2026, 2, 28), "5"),
    ],
)
def test_ages_end_at_ninety(birth: date, on: date, words: str) -> None:
    assert age_words(birth, on) == words


def test_codes_and_shifts_hang_on_the_secret_alone() -> None:
    one, other = Secret("one"), Secret("other")
    shifts = {one.shift(pk) for pk in range(400)}
    assert min(shifts) >= timedelta(days=1)
    assert max(shifts) <= timedelta(days=FURTHEST)
    assert len(shifts) > 200
    assert [one.shift(pk) for pk in range(50)] != [other.shift(pk) for pk in range(50)]
    assert one.code("patient", 7) == Secret("one").code("patient", 7) != other.code("patient", 7)
    assert len({one.code(kind, 7) for kind in ("patient", "provider", "course", "session", "site")}) == 5
    assert one.code("provider", None) == ""


def unpacked(data: bytes) -> Tables:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
            if name.endswith(".csv")
        }


@pytest.fixture
def clinic(cast: Cast) -> Any:
    found = TreatedClinic(15, seed=9).build()
    Patient.objects.filter(site__in=found.sites).update(birth_date=date(1931, 5, 5), phone="555-0100", address="Elm 1")
    cast.ada.sites.set(found.sites)
    return found


@pytest.mark.django_db
def test_registry_says_everything_but_who(clinic: Any) -> None:
    heard: list[tuple[int, int]] = []
    data = build([site.pk for site in clinic.sites], lambda done, of: heard.append((done, of)))
    tables = unpacked(data)
    whole = "".join(zipfile.ZipFile(io.BytesIO(data)).read(f"{table.name}.csv").decode() for table in TABLES)
    for patient in Patient.objects.filter(site__in=clinic.sites):
        for said in (patient.family_name, patient.record_number, "555-0100", "Elm 1", "1931", "generated", "TREATED"):
            assert not re.search(rf"\b{said}\b", whole), said  # a code may hold the digits by chance
    given = InjectionSession.objects.filter(status__in=["signed", "recorded"], site__in=clinic.sites)
    assert len(tables["sessions"]) == given.count()
    assert len(tables["patients"]) == given.values("patient").distinct().count() == heard[-1][0] == heard[-1][1]
    assert len(tables["scores"]) == Assessment.objects.filter(course__patient__in=given.values("patient")).count()
    assert len(tables["follow_ups"]) == FollowUp.objects.filter(status="done").count()
    assert {row["age"] for row in tables["sessions"]} == {"90+"} | {
        str(age) for age in range(85, 90) if str(age) in {row["age"] for row in tables["sessions"]}
    }
    # The codebook has a line for each column, and each column is there.
    assert [(row["table"], row["column"]) for row in tables["codebook"]] == [
        (table.name, column.name) for table in TABLES for column in table.columns
    ]
    for table in TABLES:
        for row in tables[table.name]:
            assert list(row) == [column.name for column in table.columns]


@pytest.mark.django_db
def test_items_are_there_where_the_licence_allows(clinic: Any, cast: Cast) -> None:
    """Against a count in SQL of its own, which takes the answers apart by their keys."""
    course = TreatmentCourse.objects.filter(site__in=clinic.sites, sessions__status="signed").first()
    assert course is not None
    given = {
        "peg": {"pain": "7", "enjoyment": "6.5"},  # one was left open
        "hit6": {f"q{number}": "10" for number in range(1, 7)},  # needs a licence
        "twstrs": {"severity": "18", "disability": "12", "pain": "7.75"},
    }
    for key, answers in given.items():
        version = InstrumentVersion.objects.get(instrument__key=key, is_current=True)
        Assessment.objects.create(
            course=course, instrument=version.instrument, version=version, assessed_on=TODAY, value=60, answers=answers,
            words={"pain": "a word of the patient"}, recorded_by=cast.ada,
        )  # fmt: skip
    data = build([site.pk for site in clinic.sites], lambda done, of: None)
    tables = unpacked(data)
    found = sorted((row["instrument"], row["item"], row["value"]) for row in tables["items"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.key, k, trim_scale((a.answers ->> k)::numeric)::text FROM outcomes_assessment a"
            " JOIN outcomes_instrument i ON i.id = a.instrument_id, jsonb_object_keys(a.answers) k"
            " WHERE i.key NOT IN ('hit6', 'msq_rfr', 'msq_rfp', 'msq_ef')"
        )
        assert found == sorted(cursor.fetchall())
    assert ("peg", "enjoyment", "6.5") in found
    assert ("twstrs", "pain", "7.75") in found
    assert not [row for row in found if row[0] == "hit6"]
    # Each belongs to a score; that of the licensed one is there by itself.
    scores = {row["score"]: row["instrument"] for row in tables["scores"]}
    assert len(scores) == len(tables["scores"])
    assert all(scores[row["score"]] == row["instrument"] for row in tables["items"])
    assert "hit6" in scores.values()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if b"a word of" in archive.read(name)]


@pytest.mark.django_db
def test_answers_that_give_no_score_are_there_as_such(clinic: Any, cast: Cast) -> None:
    """Whoever analyses the registry sees who was asked and answered too little; it is no score, and no zero."""
    course = TreatmentCourse.objects.filter(site__in=clinic.sites, sessions__status="signed").first()
    assert course is not None
    scored = Assessment.objects.filter(course__site__in=clinic.sites).count()
    for key, answers in {"jfls8": {"i1": "0", "i3": "7"}, "hit6": {"q1": "10"}}.items():  # HIT-6 needs a licence
        version = InstrumentVersion.objects.get(instrument__key=key, is_current=True)
        UnscoredAnswer.objects.create(
            course=course, instrument=version.instrument, version=version, assessed_on=TODAY, answers=answers,
            why_not="6 answers are missing", words={"i1": "a word of the patient"}, recorded_by=cast.ada,
        )  # fmt: skip

    data = build([site.pk for site in clinic.sites], lambda done, of: None)

    tables, secret = unpacked(data), Secret(settings.SECRET_KEY)
    day = (TODAY - secret.shift(course.patient_id)).isoformat()
    found = sorted((row["instrument"], row["answered"], row["assessed_on"]) for row in tables["not_scored"])
    assert found == [("hit6", "1", day), ("jfls8", "2", day)]
    assert {row["course"] for row in tables["not_scored"]} == {secret.code("course", course.pk)}
    jaw = next(row["not_scored"] for row in tables["not_scored"] if row["instrument"] == "jfls8")
    items = [(row["not_scored"], row["item"], row["value"]) for row in tables["not_scored_items"]]
    assert items == [(jaw, "i1", "0"), (jaw, "i3", "7")]
    assert len(tables["scores"]) == scored
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if b"a word of" in archive.read(name)]


@pytest.mark.django_db
def test_days_of_a_patient_move_together(clinic: Any) -> None:
    tables = unpacked(build([site.pk for site in clinic.sites], lambda done, of: None))
    moved: dict[str, list[date]] = {}
    for row in tables["sessions"]:
        moved.setdefault(row["patient"], []).append(date.fromisoformat(row["performed_on"]))
    gaps = sorted([(day - min(days)).days for day in sorted(days)] for days in moved.values())
    true: dict[int, list[date]] = {}
    for session in InjectionSession.objects.filter(status__in=["signed", "recorded"], site__in=clinic.sites):
        true.setdefault(session.patient_id, []).append(session.performed_on)
    assert gaps == sorted([(day - min(days)).days for day in sorted(days)] for days in true.values())
    # And they did move, each patient by a number of days of its own.
    assert len({(min(days) - TODAY).days for days in moved.values()}) > 5
    assert sorted(min(days) for days in moved.values()) != sorted(min(days) for days in true.values())
    scores = {(row["course"], row["assessed_on"]) for row in tables["scores"]}
    assert len(scores) > 5


@pytest.mark.django_db
def test_registry_is_for_administrators_and_every_step_is_recorded(
    clinic: Any, cast: Cast, sign_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    start, client = reverse("outcomes:export-start"), sign_in(cast.ada)
    assert sign_in(cast.ito).post(start, {"kind": "registry"}).status_code == 403
    assert not Export.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(start, {"kind": "registry"})
    export = Export.objects.get()
    assert answer.headers["Location"] == reverse("outcomes:export-detail", args=[export.pk])
    from outcomes.tasks import run_export

    if export.is_running:  # handed to a worker that no test starts
        run_export.call(export.pk)
        export.refresh_from_db()
    assert (export.status, export.rows_done) == ("ready", export.rows_total)
    response = client.get(reverse("outcomes:export-download", args=[export.pk]))
    assert unpacked(response.content)["sessions"]
    # Another administrator's export is not theirs to take.
    assert sign_in(cast.ito).get(reverse("outcomes:export-download", args=[export.pk])).status_code == 404
    client.post(reverse("outcomes:export-remove", args=[export.pk]))
    assert client.get(reverse("outcomes:export-download", args=[export.pk])).status_code == 404
    assert "was removed" in client.get(reverse("outcomes:export-detail", args=[export.pk])).content.decode()
    said = set(AuditEvent.objects.filter(action="export", actor_id=cast.ada.pk).values_list("detail", flat=True))
    assert said == {"asked for: Registry, without names", "downloaded: Registry, without names", "file removed"}


@pytest.mark.django_db
def test_a_long_list_is_written_by_the_worker(
    clinic: Any, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr("outcomes.exports.DIRECT", 3)
    client = sign_in(cast.ada)
    page = client.get(reverse("outcomes:review-list"), {"figure": "doses", "period": "all", "format": "csv"})
    query = page.context["query"]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("outcomes:export-start"), {"kind": "list", "query": query})
    export = Export.objects.get()
    from outcomes.tasks import run_export

    if export.is_running:
        run_export.call(export.pk)
        export.refresh_from_db()
    lines = bytes(export.data or b"").decode().splitlines()
    assert len(lines) - 1 == export.rows_done > 3
    # A second one is refused while the first is written; filters that fit no longer end in words.
    Export.objects.filter(pk=export.pk).update(status="running", data=None)
    assert (
        "already"
        in client.post(reverse("outcomes:export-start"), {"kind": "list", "query": query}, follow=True).content.decode()
    )
    Export.objects.filter(pk=export.pk).update(query="period=9y&figure=doses")
    run_export.call(export.pk)
    export.refresh_from_db()
    assert (export.status, export.problem[:13]) == ("failed", "These filters")
