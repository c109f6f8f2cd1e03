"""Patients from another system's CSV file: known again by its identifiers, never merged silently."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site
from interop.csv_files import Report, RowError, Sheet, read_row, refuse_rubbish
from interop.mappings import ColumnMapping
from interop.turns import turn
from patients.actions import incoming_values
from patients.models import Identifier, Patient, PossibleDuplicate
from patients.rules import fold, problems_of

BATCH = 500
SEXES = {"f": "F", "female": "F", "m": "M", "male": "M", "o": "O", "other": "O", "u": "U", "unknown": "U", "": "U"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Incoming:
    """One person of the file: the line, the other system's id, and the values as JSON holds them."""

    line: int
    external_id: str
    values: dict[str, str]


class _DryRunError(Exception):
    """Takes the whole import back."""


def import_patients(
    sheet: Sheet, *, mapping: ColumnMapping, site: Site, on: date, progress: Progress = lambda done, of: None,
    dry_run: bool = False,
) -> Report:  # fmt: skip
    """Create or bring up to date the site's patients from the file, in batches that stand or fall each as a whole.

    `progress(done, of)` hears of rows. A value that a person changed here since the last import is kept. A row that
    resembles a patient under another identifier waits as a PossibleDuplicate. Raises WrongFileError when no row can
    be read.
    """

    def read(row: dict[str, str]) -> Incoming:
        return read_patient(row, mapping=mapping, on=on)

    refuse_rubbish(sheet, read)
    report = Report()
    batch: list[Incoming] = []
    seen: dict[str, int] = {}

    def flush() -> None:
        with transaction.atomic():
            _import_batch(batch, mapping.system, site, report)
        batch.clear()
        progress(report.rows, sheet.rows)

    def run() -> None:
        for line, row in sheet.lines():
            report.rows += 1
            try:
                person = read_row(sheet, row, read)
                assert isinstance(person, Incoming)  # noqa: S101 - for the type checker
                first = seen.setdefault(person.external_id, line)
                if first != line:
                    raise RowError(mapping.columns["external_id"], f"the same identifier stands in line {first}")
            except RowError as error:
                report.reject(line, error)
                if report.rows % BATCH == 0:
                    progress(report.rows, sheet.rows)
                continue
            batch.append(Incoming(line, person.external_id, person.values))
            if len(batch) >= BATCH:
                flush()
        flush()

    with turn("patients", site=site):
        if not dry_run:
            run()
            return report
        try:
            with transaction.atomic():
                run()
                raise _DryRunError
        except _DryRunError:
            return report


def read_patient(row: dict[str, str], *, mapping: ColumnMapping, on: date) -> Incoming:
    """One row as values of Patient; raises RowError naming the file's column."""
    cells = {name: " ".join(row[column].split()) for name, column in mapping.columns.items()}
    for name in mapping.without_digits:
        if name in cells:
            cells[name] = "".join(letter for letter in cells[name] if not letter.isdigit()).strip()
    external_id = cells.pop("external_id")
    column_of = mapping.columns
    if not external_id:
        raise RowError(column_of["external_id"], "the identifier is empty")
    if len(external_id) > 120:
        raise RowError(column_of["external_id"], "the identifier is longer than 120 characters")
    for name in ("given_name", "family_name", "birth_date"):
        if not cells[name]:
            raise RowError(column_of[name], "empty")
    for name in ("birth_date", "died_on"):
        if cells.get(name):
            cells[name] = _day(cells[name], column_of[name], mapping.date_format).isoformat()
    if "sex" in cells:
        sex = SEXES.get(cells["sex"].lower())
        if sex is None:
            raise RowError(column_of["sex"], "neither F, M, O nor U")
        cells["sex"] = sex
    for name, text in cells.items():
        longest = getattr(Patient._meta.get_field(name), "max_length", None)
        if longest and len(text) > longest:
            raise RowError(column_of[name], f"longer than {longest} characters")
        if any(ord(letter) < 32 for letter in text):
            raise RowError(column_of[name], "holds control characters")
    _refuse_problems(cells, column_of, on)
    return Incoming(0, external_id, cells)


def _refuse_problems(cells: dict[str, str], column_of: Any, on: date) -> None:
    died_on = cells.get("died_on")
    problems = problems_of(
        given_name=cells["given_name"],
        family_name=cells["family_name"],
        birth_date=date.fromisoformat(cells["birth_date"]),
        died_on=date.fromisoformat(died_on) if died_on else None,
        left_on=None,
        phone=cells.get("phone", ""),
        on=on,
    )
    for name, reason in problems.items():
        raise RowError(column_of.get(name, name), str(reason).rstrip("."))
    if cells.get("email"):
        try:
            Patient._meta.get_field("email").run_validators(cells["email"])
        except ValidationError as error:
            raise RowError(column_of["email"], error.messages[0].rstrip(".")) from None


def _day(text: str, column: str, date_format: str) -> date:
    try:
        return datetime.strptime(text, date_format).date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        raise RowError(column, f"not a date like {date(1980, 2, 3):{date_format}}") from None


def _import_batch(batch: list[Incoming], system: str, site: Site, report: Report) -> None:
    ids = [person.external_id for person in batch]
    known = {
        row.value: row
        for row in Identifier.objects.select_for_update(of=("self", "patient"))
        .filter(system=system, value__in=ids)
        .select_related("patient")
    }
    waiting = set(
        PossibleDuplicate.objects.filter(
            system=system, value__in=ids, decision=PossibleDuplicate.Decision.WAITING
        ).values_list("value", flat=True)
    )
    alike = _people_born([person.values["birth_date"] for person in batch])
    fresh: list[tuple[Patient, Incoming]] = []
    doubtful: list[PossibleDuplicate] = []
    placed: dict[tuple[str, str, str], int] = {}
    for person in batch:
        if person.external_id in known:
            _bring_up_to_date(known[person.external_id], person, report)
        elif person.external_id in waiting:
            report.to_decide += 1
        elif (other := alike.get(_likeness(person.values))) is not None:
            doubtful.append(_doubt(person, other, system, site))
        elif (place := placed.get(_likeness(person.values))) is not None:
            # Two rows of one file: the first becomes a patient, the second waits for a person to decide.
            doubtful.append(_doubt(person, fresh[place][0], system, site))
        else:
            placed[_likeness(person.values)] = len(fresh)
            fresh.append((Patient(site=site, **incoming_values(person.values)), person))
    Patient.objects.bulk_create([patient for patient, _ in fresh])
    Identifier.objects.bulk_create(
        Identifier(patient=patient, system=system, value=person.external_id, imported=person.values)
        for patient, person in fresh
    )
    PossibleDuplicate.objects.bulk_create(doubtful)
    report.created += len(fresh)
    if fresh:
        report.first_created = report.first_created or fresh[0][0].pk
        report.last_created = fresh[-1][0].pk
    report.to_decide += len(doubtful)


def _likeness(values: dict[str, str]) -> tuple[str, str, str]:
    """What makes two rows likely the same person: birth date, folded family name, folded first given name."""
    return (values["birth_date"], fold(values["family_name"]), fold(values["given_name"]).split(" ")[0])


def _people_born(days: list[str]) -> dict[tuple[str, str, str], Patient]:
    rows = Patient.objects.filter(birth_date__in=set(days), merged_into=None).only(
        "id", "given_name", "family_name", "birth_date"
    )
    return {
        _likeness(
            {
                "birth_date": row.birth_date.isoformat(),
                "family_name": row.family_name,
                "given_name": row.given_name,
            }
        ): row
        for row in rows
    }


def _doubt(person: Incoming, other: Patient, system: str, site: Site) -> PossibleDuplicate:
    return PossibleDuplicate(
        patient=other,
        system=system,
        value=person.external_id,
        incoming=person.values,
        site=site,
        reason="the same date of birth and name",
    )


def _bring_up_to_date(identifier: Identifier, person: Incoming, report: Report) -> None:
    """Take over what changed in the file, field by field, except where a person changed it here meanwhile."""
    patient, before = identifier.patient, identifier.imported
    if before == person.values:
        report.unchanged += 1
        return
    theirs, were = incoming_values(person.values), incoming_values(before)
    changed = {name: value for name, value in theirs.items() if value != were.get(name)}
    ours = {name for name in changed if name in were and getattr(patient, name) not in (were[name], changed[name])}
    taken = {name: value for name, value in changed.items() if name not in ours and getattr(patient, name) != value}
    if taken:
        for name, value in taken.items():
            setattr(patient, name, value)
        patient.version += 1
        patient.save(update_fields=[*taken, "version"])
    identifier.imported = person.values
    identifier.save(update_fields=["imported"])
    report.updated += bool(taken)
    report.unchanged += not taken
    report.kept += bool(ours)


def preview(sheet: Sheet, *, mapping: ColumnMapping, on: date, rows: int = 20) -> Iterator[tuple[int, Any]]:
    """The first rows as they would be read: (line, Incoming) or (line, RowError)."""
    for place, (line, row) in enumerate(sheet.lines()):
        if place >= rows:
            return
        try:
            yield line, read_row(sheet, row, lambda cells: read_patient(cells, mapping=mapping, on=on))
        except RowError as error:
            yield line, error
