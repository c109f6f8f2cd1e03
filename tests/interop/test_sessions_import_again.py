"""Sessions imported a second time, and by whom."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from interop.csv_files import WrongFileError, open_sheet
from interop.sessions_import import for_sessions, import_sessions
from patients.models import Patient
from tests.cast import Cast
from tests.interop.test_sessions_import import run
from treatments.models import InjectionSession, TreatmentCourse


def test_a_course_closed_and_begun_anew_does_not_double_its_sessions(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "sessions.csv"
    text = (
        "record_number,condition,date,product,total_units\n"
        f"{cast.joye.record_number},Chronic migraine,2025-09-04,BOTOX,155\n"
    )
    assert run(file, text)[-1] == "1 created, 0 unchanged, 0 rejected"
    TreatmentCourse.objects.update(closed_on=date(2026, 1, 5), closed_reason="stopped")
    anew = cast.course()
    assert run(file, text)[-1] == "0 created, 1 unchanged, 0 rejected"
    assert InjectionSession.objects.count() == 1
    anew.refresh_from_db()
    assert anew.last_session_on is None


def test_an_upload_reaches_only_patients_its_sender_may_see(cast: Cast, tmp_path: Path) -> None:
    stranger = Patient.objects.create(
        given_name="Uwe", family_name="Fern", birth_date=date(1970, 1, 1), sex="M", site=cast.elsewhere
    )
    stranger.refresh_from_db()
    file = tmp_path / "sessions.csv"
    file.write_text(
        "record_number,condition,date,product,total_units\n"
        f"{cast.joye.record_number},Chronic migraine,2025-09-04,BOTOX,155\n"
        f"{stranger.record_number},Chronic migraine,2025-09-04,BOTOX,155\n"
    )
    sheet = open_sheet(file)
    report = import_sessions(
        sheet, mapping=for_sessions(sheet.header), site=cast.harbour, provider=cast.ito, on=date(2026, 1, 1),
        by=cast.ada, patients=Patient.objects.visible_to(cast.ada),
    )  # fmt: skip
    assert (report.created, report.rejected) == (1, 1)
    assert str(report.problems[0]) == "line 3: record_number: no patient has this record number"


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\n\n\n", b"\r\n,\r\n"])
def test_a_file_without_a_word_is_a_wrong_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "empty.csv"
    file.write_bytes(content)
    with pytest.raises(WrongFileError):
        open_sheet(file)
