"""Two imports of one kind on one site at the same moment: real threads, a connection each."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from interop.csv_files import Report, open_sheet
from interop.mappings import for_patients
from interop.patients_import import import_patients
from interop.turns import turn
from patients.models import Identifier
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 40


def test_the_same_file_twice_at_once_is_imported_once(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = [f"x-{n},Ann,Person{chr(65 + n % 26)}{n},19{40 + n}-03-04,\n" for n in range(ROWS)]
    file.write_text("external_id,given_name,family_name,birth_date,phone\n" + "".join(rows))
    gate = threading.Barrier(2, timeout=20)

    def run() -> Report:
        try:
            sheet = open_sheet(file)
            gate.wait()
            mapping = for_patients(sheet.header)
            return import_patients(sheet, mapping=mapping, site=cast.harbour, on=cast.harbour.today())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        reports = [future.result(timeout=60) for future in [pool.submit(run), pool.submit(run)]]
    assert sorted((report.created, report.unchanged) for report in reports) == [(0, ROWS), (ROWS, 0)]
    assert Identifier.objects.filter(value__startswith="x-").count() == ROWS


def test_the_second_waits_and_another_kind_does_not(cast: Cast) -> None:
    waits, done = threading.Event(), threading.Event()

    def second() -> None:
        try:
            with turn("patients", site=cast.harbour, waiting=waits.set):
                done.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with turn("patients", site=cast.harbour):
            future = pool.submit(second)
            assert waits.wait(timeout=20)
            assert not done.is_set()
            with turn("sessions", site=cast.harbour):
                pass
        future.result(timeout=20)
    assert done.is_set()
