"""Outside sessions from a CSV file, so that windows are right on a clinic's first day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import Site, User
from interop.csv_files import Report, RowError, Sheet, read_row, refuse_rubbish
from interop.mappings import ColumnMapping, check, guess, read_mapping
from interop.turns import turn
from inventory.models import Product
from patients.models import Identifier, Patient
from patients.rules import fold
from treatments.actions.courses import start_course
from treatments.actions.sessions import record_outside_session
from treatments.models import Condition, InjectionSession, TreatmentCourse

FIELDS = ("record_number", "external_id", "condition", "date", "product", "total_units", "lot", "source")
REQUIRED = ("condition", "date", "product", "total_units")
# Other names people give these columns.
SPELLINGS = {"units": "total_units", "mrn": "record_number", "performed_on": "date", "lot_number": "lot"}
BATCH = 100

Progress = Callable[[int, int], None]
Known = TypeVar("Known", Condition, Product)


class _DryRunError(Exception):
    """Takes the whole import back."""


@dataclass(frozen=True)
class Incoming:
    record_number: str
    external_id: str
    condition: Condition
    performed_on: date
    product: Product
    units: Decimal
    lot: str
    source: str


def for_sessions(header: tuple[str, ...], chosen: str | None = None) -> ColumnMapping:
    """The mapping read from a JSON file or guessed from the header; raises WrongFileError when a column is missing."""
    if chosen is not None:
        mapping = read_mapping(Path(chosen))
    else:
        columns = guess(header, FIELDS)
        for spelling, column in guess(header, tuple(SPELLINGS)).items():
            columns.setdefault(SPELLINGS[spelling], column)
        mapping = ColumnMapping("header", "import", columns)
    who = "external_id" if "external_id" in mapping.columns else "record_number"
    check(mapping, header, FIELDS, (who, *REQUIRED))
    return mapping


class SessionReader:
    """Reads rows against the clinic's conditions and products, which are looked up once."""

    def __init__(self, mapping: ColumnMapping, *, on: date, source: str) -> None:
        self.columns, self.date_format, self.on, self.source = mapping.columns, mapping.date_format, on, source
        self.conditions = {
            fold(name): condition
            for condition in Condition.objects.all()
            for name in (condition.key, condition.name, condition.short_name)
        }
        self.products = {
            fold(name): product
            for product in Product.objects.prefetch_related("label_intervals")
            for name in (product.key, product.brand, product.generic_name)
        }

    def __call__(self, row: dict[str, str]) -> Incoming:
        cells = {name: row[column] for name, column in self.columns.items()}
        if not cells.get("record_number") and not cells.get("external_id"):
            raise RowError(self.columns.get("record_number", self.columns.get("external_id", "")), "empty")
        units = self._units(cells["total_units"])
        for name, longest in (("lot", 40), ("source", 200)):
            if len(cells.get(name, "")) > longest:
                raise RowError(self.columns[name], f"longer than {longest} characters")
        return Incoming(
            record_number=cells.get("record_number", ""),
            external_id=cells.get("external_id", ""),
            condition=self._known(self.conditions, "condition", cells["condition"]),
            performed_on=self._day(cells["date"]),
            product=self._known(self.products, "product", cells["product"]),
            units=units,
            lot=cells.get("lot", ""),
            source=cells.get("source") or self.source,
        )

    def _known(self, table: Mapping[str, Known], name: str, text: str) -> Known:
        found = table.get(fold(text)) or table.get(fold(text.replace("_", " ")))
        if found is None:
            # Never the cell itself: a column taken for another may hold a name.
            raise RowError(self.columns[name], f"not a {name} known here")
        return found

    def _units(self, text: str) -> Decimal:
        column = self.columns["total_units"]
        try:
            units = Decimal(text)
        except InvalidOperation:
            raise RowError(column, "not a number of units") from None
        if not units.is_finite() or not 0 < units < 100_000 or units != round(units, 2):
            raise RowError(column, "not a number of units above 0")
        return units

    def _day(self, text: str) -> date:
        column = self.columns["date"]
        try:
            day = datetime.strptime(text, self.date_format).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            raise RowError(column, f"not a date like {date(2026, 2, 3):{self.date_format}}") from None
        if day > self.on:
            raise RowError(column, "lies in the future")
        return day


def import_sessions(
    sheet: Sheet, *, mapping: ColumnMapping, site: Site, provider: User, on: date, by: User,
    patients: QuerySet[Patient] | None = None, progress: Progress = lambda done, of: None, dry_run: bool = False,
) -> Report:  # fmt: skip
    """Record each row as an outside session of the patient's open course, which is started where there is none.

    `provider` leads a course that has to be started. `patients` are those whom the sender may see, all without it. A
    session already there is left alone. Raises WrongFileError when no row can be read.
    """
    read = SessionReader(mapping, on=on, source=f"import of {sheet.path.name}"[:200])
    refuse_rubbish(sheet, read)
    report = Report()
    reachable = Patient.objects.all() if patients is None else patients

    def run() -> None:
        for line, row in sheet.lines():
            report.rows += 1
            try:
                incoming = read_row(sheet, row, read)
                assert isinstance(incoming, Incoming)  # noqa: S101 - for the type checker
                with transaction.atomic():
                    _import(
                        incoming, mapping, reachable,
                        site=site, provider=provider, on=on, by=by, report=report, seal=not dry_run,
                    )  # fmt: skip
            except RowError as error:
                report.reject(line, error)
            except ValidationError as error:
                report.reject(line, RowError("", " ".join(error.messages).rstrip(".")))
            if report.rows % BATCH == 0:
                progress(report.rows, sheet.rows)
        progress(report.rows, sheet.rows)

    with turn("sessions", site=site):
        if not dry_run:
            run()
            return report
        try:
            with transaction.atomic():
                run()
                raise _DryRunError
        except _DryRunError:
            return report


def _import(
    incoming: Incoming, mapping: ColumnMapping, reachable: QuerySet[Patient], *,
    site: Site, provider: User, on: date, by: User, report: Report, seal: bool,
) -> None:  # fmt: skip
    patient = _patient(incoming, mapping, reachable)
    # Two files at once must not start the same course twice.
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    # The open course, else the one closed last: an import never opens a second one beside history.
    course = (
        TreatmentCourse.objects.filter(patient=patient, condition=incoming.condition)
        .order_by(F("closed_on").desc(nulls_first=True), "-pk")
        .first()
    )
    if course is None:
        course = start_course(
            patient=patient, condition=incoming.condition, provider=provider, site=site, on=incoming.performed_on, by=by
        )
    # Also under a course closed since: the same file again must not count its units twice.
    same = (
        InjectionSession.objects.given()
        .filter(
            treated__course__patient=patient,
            treated__course__condition=incoming.condition,
            performed_on=incoming.performed_on,
            product=incoming.product,
        )
        .for_list()
        .first()
    )
    if same is not None:
        if same.units_total != incoming.units:
            raise RowError(
                mapping.columns["total_units"],
                f"a {incoming.product.brand} session of that day is already there with {same.units_total:f} U",
            )
        report.unchanged += 1
        return
    voided = InjectionSession.objects.filter(
        patient=patient,
        treated__course__condition=incoming.condition,
        performed_on=incoming.performed_on,
        product=incoming.product,
        is_outside=True,
        status=InjectionSession.Status.VOIDED,
    )
    if voided.exists():
        raise RowError(
            mapping.columns["date"], "this session was voided here; enter it by hand if it is right after all"
        )
    record_outside_session(
        course=course,
        performed_on=incoming.performed_on,
        product=incoming.product,
        units=incoming.units,
        source=incoming.source,
        lot=incoming.lot,
        on=on,
        by=by,
        seal=seal,
    )
    report.created += 1


def _patient(incoming: Incoming, mapping: ColumnMapping, reachable: QuerySet[Patient]) -> Patient:
    if incoming.record_number:
        patient = reachable.filter(record_number=incoming.record_number).first()
        if patient is None:
            # The number of a record that was merged still means the person.
            patient = reachable.filter(merged_records__record_number=incoming.record_number).first()
        if patient is None:
            raise RowError(mapping.columns["record_number"], "no patient has this record number")
        return patient
    found = list(
        Identifier.objects.filter(value=incoming.external_id, patient__in=reachable).select_related("patient")[:2]
    )
    if not found:
        raise RowError(mapping.columns["external_id"], "no patient has this identifier")
    if len(found) > 1:
        raise RowError(mapping.columns["external_id"], "two systems use this identifier; give the record number")
    return found[0].patient
