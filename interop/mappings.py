"""Which column of a file holds what: mappings that ship, and those a clinic writes as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from interop.csv_files import WrongFileError


@dataclass(frozen=True)
class ColumnMapping:
    """`columns` names, for each of our fields, the file's column. `system` names the system whose ids these are.

    `date_format` is a strptime format. `without_digits` lists fields from which digits are taken (the Synthea
    generator marks its invented names with them).
    """

    name: str
    system: str
    columns: Mapping[str, str]
    date_format: str = "%Y-%m-%d"
    without_digits: Sequence[str] = field(default_factory=tuple)


SYNTHEA = ColumnMapping(
    name="synthea",
    system="synthea",
    columns={
        "external_id": "Id",
        "given_name": "FIRST",
        "family_name": "LAST",
        "former_name": "MAIDEN",
        "birth_date": "BIRTHDATE",
        "died_on": "DEATHDATE",
        "sex": "GENDER",
        "address": "ADDRESS",
        "city": "CITY",
        "state": "STATE",
        "postal_code": "ZIP",
    },
    without_digits=("given_name", "family_name", "former_name"),
)

PATIENT_FIELDS = (
    "external_id",
    "given_name",
    "family_name",
    "former_name",
    "birth_date",
    "died_on",
    "sex",
    "phone",
    "email",
    "address",
    "city",
    "state",
    "postal_code",
    "language",
)
PATIENT_REQUIRED = ("external_id", "given_name", "family_name", "birth_date")


def guess(header: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """Our fields by the columns that carry the same name, however they are spelled (First Name, first_name)."""
    by_plain = {_plain(name): name for name in header}
    return {name: by_plain[_plain(name)] for name in fields if _plain(name) in by_plain}


def for_patients(header: Sequence[str], chosen: str | None = None) -> ColumnMapping:
    """The mapping named (`synthea`), read from a JSON file, or guessed from the header.

    Raises WrongFileError when it cannot be read or lacks a needed column.
    """
    if chosen is None and set(SYNTHEA.columns.values()) <= set(header):
        mapping = SYNTHEA
    elif chosen is None:
        mapping = ColumnMapping("header", "import", guess(header, PATIENT_FIELDS))
    elif chosen == SYNTHEA.name:
        mapping = SYNTHEA
    else:
        mapping = read_mapping(Path(chosen))
    check(mapping, header, PATIENT_FIELDS, PATIENT_REQUIRED)
    return mapping


def check(mapping: ColumnMapping, header: Sequence[str], known: Sequence[str], required: Sequence[str]) -> None:
    unknown = sorted(set(mapping.columns) - set(known))
    if unknown:
        raise WrongFileError(f"The mapping names unknown fields: {', '.join(unknown)}. Known: {', '.join(known)}.")
    absent = sorted({column for column in mapping.columns.values() if column not in header})
    if absent:
        raise WrongFileError(f"The file has no column {', '.join(absent)}. It has: {', '.join(header[:30])}.")
    missing = [name for name in required if name not in mapping.columns]
    if missing:
        raise WrongFileError(
            f"No column is known for {', '.join(missing)}. Name them in a mapping. "
            f"The file has: {', '.join(header[:30])}."
        )


def read_mapping(path: Path) -> ColumnMapping:
    """A mapping from a JSON file: {"system": ..., "columns": {field: column}, "date_format": ...}."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongFileError(f"The mapping cannot be opened: {error.strerror}.") from None
    except ValueError as error:
        raise WrongFileError(f"The mapping is not JSON: {error}.") from None
    columns = data.get("columns") if isinstance(data, dict) else None
    if not isinstance(columns, dict) or not all(isinstance(column, str) for column in columns.values()):
        raise WrongFileError('The mapping needs "columns": an object of our field names and the file\'s columns.')
    return ColumnMapping(
        name=path.stem,
        system=str(data.get("system") or "import"),
        columns=columns,
        date_format=str(data.get("date_format") or "%Y-%m-%d"),
        without_digits=tuple(data.get("without_digits") or ()),
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
