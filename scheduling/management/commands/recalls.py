from __future__ import annotations

import csv
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.db.models import F

from treatments.models import Condition, TreatmentCourse
from treatments.querysets.courses import site_days
from treatments.rules.windows import State

COLUMNS = (
    "record_number",
    "condition",
    "last_session_on",
    "eligible_on",
    "window_opens_on",
    "window_closes_on",
    "target_on",
    "state",
    "booking",
)
CHUNK = 2000  # rows read from the database at a time

Row = dict[str, Any]


class Command(BaseCommand):
    help = "List every open course with its window, state and booking; the earliest closing first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", metavar="DATE", help="as on that day, 2026-02-28; without it each site's own today")
        parser.add_argument("--state", help="only courses in that state: " + ", ".join(State))
        parser.add_argument("--format", choices=["table", "json", "csv"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        on = _day(options["on"])
        state = _state(options["state"])
        courses = TreatmentCourse.objects.with_state(on=on or site_days())
        courses = courses.filter(state_now=state) if state else courses.exclude(state_now=State.CLOSED)
        rows = (
            _row(course)
            for course in courses.select_related("patient", "condition")
            .order_by(F("window_closes_on").asc(nulls_last=True), "id")
            .iterator(chunk_size=CHUNK)
        )
        write: Callable[[Iterable[Row], TextIO], None] = {"table": _table, "json": _json, "csv": _csv}[
            options["format"]
        ]
        try:
            # The wrapper around stdout, so that call_command(stdout=...) works; it adds no line ends of its own here.
            write(rows, self.stdout._out)  # type: ignore[attr-defined]
            self.stdout.flush()
        except BrokenPipeError:
            # "recalls | head" has seen enough; what is still buffered must not complain when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--on {text!r} is not a date. Write it like 2026-02-28.") from None


def _state(text: str | None) -> State | None:
    if text is None:
        return None
    try:
        return State(" ".join(text.lower().replace("-", " ").replace("_", " ").split()))
    except ValueError:
        raise CommandError(f"--state {text!r} is not a state. The states are: {', '.join(State)}.") from None


def _row(course: TreatmentCourse) -> Row:
    row: Any = course
    return {
        "record_number": course.patient.record_number,
        "condition": course.condition.name,
        "last_session_on": course.last_session_on,
        "eligible_on": course.eligible_on,
        "window_opens_on": course.window_opens_on,
        "window_closes_on": course.window_closes_on,
        "target_on": course.target_on,
        "state": str(row.state_now),
        "booking": str(row.booking_now),
    }


def _iso(row: Row) -> Row:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}


def _json(rows: Iterable[Row], out: TextIO) -> None:
    """A list of rows, one line each, written as they come."""
    separator = "[\n"
    for row in rows:
        out.write(separator + json.dumps(_iso(row), ensure_ascii=False))
        separator = ",\n"
    out.write("\n]\n" if separator == ",\n" else "[]\n")


def _csv(rows: Iterable[Row], out: TextIO) -> None:
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: "" if value is None else value for key, value in _iso(row).items()})


def _table(rows: Iterable[Row], out: TextIO) -> None:
    """Fixed widths, so that the first line can be written before the last is known."""
    longest = max((len(name) for name in Condition.objects.values_list("name", flat=True)), default=0)
    widths = [13, max(longest, 9), 15, 11, 15, 16, 10, 9, 20]

    def line(values: Iterable[object]) -> str:
        return "  ".join(str(value).ljust(width) for value, width in zip(values, widths, strict=True)).rstrip() + "\n"

    out.write(line(COLUMNS))
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the last count is the answer
        out.write(line("-" if value is None else value for value in _iso(row).values()))
    out.write(f"{count} course{'' if count == 1 else 's'}\n")
