"""What a wrong file says, before anything is imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interop.csv_files import WrongFileError, open_sheet


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"PK\x03\x04rest of a workbook", "not a text file"),
        (b"%PDF-1.7", "not a text file"),
        (b"a,b\x00c\n1,2\n", "not a text file"),
        (b"a,b\n" + b"1,2\n" * 5000 + b"1,\x00\n", "binary"),
        ("id,name\n1,José\n".encode("latin-1"), "UTF-8"),
        (b"id;name\n1;Ann\n", "semicolons"),
        (b"id\tname\n1\tAnn\n", "tabs"),
        (b"id,name,\n1,Ann,\n", "no name"),
        (b"id,name,id\n1,Ann,2\n", "same name: id"),
        (b"id,name\n", "no rows"),
        (b'id,name\n1,"Ann\n2,Bo\n', "line 3"),
        (b'id,name\n1,"Ann"x\n', "line 2"),
        (b"id,name\n1," + b"x" * 30_000 + b"\n", "line 2"),
    ],
)
def test_a_wrong_file_is_named_for_what_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(WrongFileError, match=words):
        open_sheet(write(tmp_path, content))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WrongFileError, match="cannot be opened"):
        open_sheet(tmp_path / "nowhere.csv")


def test_a_byte_order_mark_quotes_and_empty_lines_are_fine(tmp_path: Path) -> None:
    sheet = open_sheet(write(tmp_path, b'\xef\xbb\xbfid,name\r\n1,"Lee, Ann"\r\n\r\n2,"two\nlines"\r\n3\r\n'))
    assert sheet.header == ("id", "name")
    assert list(sheet.lines()) == [
        (2, {"id": "1", "name": "Lee, Ann"}),
        (5, {"id": "2", "name": "two\nlines"}),
        (6, {"": "1"}),
    ]
    assert sheet.rows == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_a_sheet_or_a_clear_error(tmp_path: Path, content: bytes) -> None:
    try:
        sheet = open_sheet(write(tmp_path, content))
    except WrongFileError:
        return
    assert len(list(sheet.lines())) == sheet.rows > 0
