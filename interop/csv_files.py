"""Reading CSV files that other systems made: streamed, checked as a whole first, then row by row.

A file that is not what it should be raises WrongFileError before anything is imported. A row that is not right is a
Problem with its line number, and the rest goes on.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# A field of ours is a line of text; a larger one means that a quote is open somewhere.
csv.field_size_limit(20_000)

SAMPLE = 1_000
DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class WrongFileError(Exception):
    """The file as a whole cannot be read; the message says why and what to do. Nothing was imported."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row: its line in the file, the column if one is to blame, and the reason in words."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: " + (f"{self.column}: " if self.column else "") + self.reason


class RowError(Exception):
    """One row cannot be imported."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


@dataclass
class Report:
    """How an import went. `problems` keeps the first of them; `rejected` counts them all."""

    created: int = 0
    unchanged: int = 0
    updated: int = 0
    to_decide: int = 0
    rejected: int = 0
    kept: int = 0
    rows: int = 0
    first_created: int | None = None  # ids of patients
    last_created: int | None = None
    problems: list[Problem] = field(default_factory=list)

    MOST_PROBLEMS = 1_000

    def reject(self, line: int, error: RowError) -> Problem:
        problem = Problem(line, error.column, error.reason)
        self.rejected += 1
        if len(self.problems) < self.MOST_PROBLEMS:
            self.problems.append(problem)
        return problem

    def summary(self) -> str:
        """The counts in one line; the first three always, the rest when they are not zero."""
        words = [f"{self.created} created", f"{self.unchanged} unchanged", f"{self.rejected} rejected"]
        if self.updated:
            words.append(f"{self.updated} updated")
        if self.kept:
            words.append(f"{self.kept} with values kept as people changed them here")
        if self.to_decide:
            words.append(f"{self.to_decide} to decide")
        return ", ".join(words)


@dataclass(frozen=True)
class Sheet:
    """A readable CSV file: its header and how many rows follow."""

    path: Path
    header: tuple[str, ...]
    rows: int

    def lines(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row with the line it ends on, by column name; a row of another length is given as `None` cells."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(self.header):
                    yield reader.line_num, {"": str(len(cells))}
                else:
                    yield reader.line_num, dict(zip(self.header, (cell.strip() for cell in cells), strict=True))


def open_sheet(path: Path) -> Sheet:
    """Check that the whole file is CSV text, in one pass without keeping it.

    Raises WrongFileError for a missing or empty file, one that is not UTF-8 text, uses another delimiter, has no or
    twice the same column name, or a quote that never closes.
    """
    try:
        with path.open("rb") as raw:
            start = raw.read(8_192)
    except OSError as error:
        raise WrongFileError(f"The file cannot be opened: {error.strerror}.") from None
    if not start.strip():
        raise WrongFileError("The file is empty.")
    if b"\0" in start or start.startswith((b"PK\x03\x04", b"%PDF", b"\x1f\x8b")):
        raise WrongFileError("This is not a text file. Save the table as CSV (UTF-8) and try again.")
    rows = 0
    reader = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = tuple(name.strip() for name in next(reader, []))
            for cells in reader:
                if any("\0" in cell for cell in cells):
                    raise WrongFileError(f"Line {reader.line_num} holds binary data. Save the table as CSV (UTF-8).")
                rows += any(cell.strip() for cell in cells)
    except UnicodeDecodeError:
        line = (reader.line_num if reader else 0) + 1
        raise WrongFileError(
            f"The file is not UTF-8 text (seen near line {line}); it may be Latin-1 or Windows text. "
            "Save it as CSV UTF-8 and try again."
        ) from None
    except csv.Error as error:
        line = reader.line_num if reader else 1
        raise WrongFileError(f"The file cannot be read as CSV at line {line}: {error}.") from None
    if not header:
        raise WrongFileError("The first line is empty: it must name every column.")
    _check_header(header)
    if not rows:
        raise WrongFileError("The file has a header and no rows.")
    return Sheet(path, header, rows)


def _check_header(header: Sequence[str]) -> None:
    if len(header) == 1:
        for delimiter, name in DELIMITERS.items():
            if delimiter in header[0]:
                raise WrongFileError(f"The columns are separated by {name}. Save the file with commas and try again.")
    if not all(header):
        raise WrongFileError("A column has no name: the first line must name every column.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise WrongFileError(f"Two columns have the same name: {', '.join(twice)}.")


def refuse_rubbish(sheet: Sheet, read: Callable[[dict[str, str]], object]) -> None:
    """Raise WrongFileError when none of the first rows can be read: then it is the wrong file, not a few bad rows."""
    first: list[Problem] = []
    for seen, (line, row) in enumerate(sheet.lines(), start=1):
        try:
            read_row(sheet, row, read)
        except RowError as error:
            if len(first) < 3:
                first.append(Problem(line, error.column, error.reason))
        else:
            return
        if seen >= SAMPLE:
            break
    if sheet.rows > 1:
        reasons = "; ".join(str(problem) for problem in first)
        raise WrongFileError(f"None of the first {min(sheet.rows, SAMPLE):,} rows can be read ({reasons}).")


def read_row(sheet: Sheet, row: dict[str, str], read: Callable[[dict[str, str]], object]) -> object:
    if "" in row:
        raise RowError("", f"{row['']} cells where the header names {len(sheet.header)} columns")
    return read(row)
