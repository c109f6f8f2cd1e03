"""What nobody should send: texts, numbers, dates, addresses and files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache

HOSTILE = [
    "", " ", "\x00", "a\x00b", "\x1b[31m", "\r\nSet-Cookie: a=b", "\ufeff", "\u202eevil\u202c", "a\u200bb",
    "\u200d" * 50,
    "\ud800", "a\udfffb", "\U0010ffff", "Z̷̛̤a̸l̴g̶o̵" * 20, "é" * 300, "İı", "١٢٣", "１２", "²", "½", "Ⅷ", "𝟙𝟚",
    "0", "-0", "-1", "1", "1.5", "1,5", "007", "1_000", "0x10", "1e5", "1e400", "-1e400", "1e-400", "NaN", "sNaN",
    "-nan", "inf", "-Infinity", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808",
    "-9223372036854775809", "9" * 40, "9" * 5000, "0." + "0" * 400 + "1", "." , "1e999999999", "1E+1000000",
    "true", "null", "undefined", "None", "[]", "{}", "[[[]]]", '{"a": "\\ud800"}', '{"id": null}', "[" * 3000,
    "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "-2026-01-01", "1582-10-10",
    "2026-11-21", "2026-W05", "2026-13", "0001-01", "9999-12", "12/31/9999", "24:00", "25:61", "00:00", "23:59:60",
    "0001-01-01T00:00",
    "9999-12-31T23:59", "2026-03-08T02:30", "2026-11-01T01:30", "2026-11-21T10:00+99:99", "9999-12-31T23:59Z",
    "' OR 1=1 --", "'; DROP TABLE patients_patient; --", "%", "%%", "_", "\\", "%s", "%(a)s", "a' || pg_sleep(0) || '",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "<!--", "]]>", "&#0;", "&amp",
    "{{ 7*7 }}", "{% debug %}", "{", "}", "{0.__class__}", "{patient.password}", "${7*7}", "{{", "{%",
    "../../../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "//evil.example/", "https://evil.example/", "file:///",
    "\\\\evil\\share", "%2e%2e%2f", "a/b", "con.txt", "|id", "`id`", "$(id)", "=1+1", "@SUM(A1)", "-1-1",
    "+1 617 555 0134", "a@b", "x" * 256, "x" * 300 + "@example.org", "\n" * 500, "a " * 400,
]  # fmt: skip
BIG = "x" * 100_000
PLAUSIBLE = [
    "1",
    "2",
    "5",
    "0.5",
    "2026-11-21",
    "2026-12-01",
    "2027-01-04",
    "10:30",
    "2026-12-01T10:30",
    "on",
    "en",
    "Words",
]
DATES = ["0001-01-01", "9999-12-31", "1582-10-10", "2026-11-21", "2126-01-01", "0001-01-01T00:00", "9999-12-31T23:59"]
SWEPT = ["Words", "\x00", "-1", "9" * 40, "NaN", "9999-12-31", "0001-01-01T00:00"]
PATHS = [
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 60,
    "00000001",
    "-1",
    "a%00b",
    "%ff",
    "..%2f..",
    "x" * 5000,
]


@cache
def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 20_000_000)
    return file.getvalue()


UPLOADS: dict[str, Callable[[], tuple[str, str, bytes]]] = {
    "empty": lambda: ("a.csv", "text/csv", b""),
    "one line": lambda: ("a.csv", "text/csv", b"Id,FIRST,LAST,BIRTHDATE\n"),
    "sound": lambda: ("a.csv", "text/csv", b"Id,FIRST,LAST,BIRTHDATE\n1,Ana,Ruiz,1980-01-01\n"),
    "not its name": lambda: ("a.csv", "text/csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
    "a PDF that is none": lambda: ("a.pdf", "application/pdf", b"<html><script>alert(1)</script>"),
    "half a PDF": lambda: ("a.pdf", "application/pdf", b"%PDF-1.7\n1 0 obj <<"),
    "polyglot": lambda: ("a.pdf", "application/pdf", b"%PDF-1.4\n<script>alert(1)</script>\nPK\x03\x04" + b"\0" * 99),
    "half a picture": lambda: ("a.png", "image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff"),
    "zip bomb": lambda: ("a.xlsx", "application/vnd.ms-excel", _zip_bomb()),
    "zip bomb as text": lambda: ("a.csv", "text/csv", _zip_bomb()),
    "name with path": lambda: ("../../../../tmp/evil.csv", "text/csv", b"Id,FIRST,LAST,BIRTHDATE\n1,Ana,Ruiz,x\n"),
    "name with NUL": lambda: ("a\x00.csv", "text/csv", b"Id,FIRST\n1,A\n"),
    "long name": lambda: ("x" * 4000 + ".csv", "text/csv", b"Id,FIRST\n1,A\n"),
    "name of dots": lambda: ("..", "text/csv", b"Id,FIRST\n1,A\n"),
    "NUL in it": lambda: ("a.csv", "text/csv", b"Id,FIRST,LAST,BIRTHDATE\n\0,\0,\0,\0\n"),
    "UTF-16": lambda: ("a.csv", "text/csv", "Id,FIRST,LAST,BIRTHDATE\n1,Ana,Ruiz,1980-01-01\n".encode("utf-16")),
    "not UTF-8": lambda: ("a.csv", "text/csv", b"Id,FIRST,LAST,BIRTHDATE\n1,\xff\xfe,\xc3\x28,1980-01-01\n"),
    "open quote": lambda: ("a.csv", "text/csv", b'Id,FIRST,LAST,BIRTHDATE\n"1,Ana,Ruiz\n' + b"a,b\n" * 5000),
    "wide": lambda: ("a.csv", "text/csv", b"a," * 20_000 + b"\n" + b"1," * 20_000),
    "one long field": lambda: ("a.csv", "text/csv", b"Id,FIRST,LAST,BIRTHDATE\n1," + b"x" * 200_000 + b",b,c\n"),
    "columns twice": lambda: ("a.csv", "text/csv", b"Id,Id,FIRST,FIRST,LAST,BIRTHDATE\n1,2,3,4,5,6\n"),
    "only commas": lambda: ("a.csv", "text/csv", b",,,,\n,,,,\n"),
}
LARGE: tuple[str, str, bytes] = (
    "large.csv",
    "text/csv",
    b"Id,FIRST,LAST,BIRTHDATE\n" + b"1,A,B,1980-01-01\n" * 2_900_000,
)
