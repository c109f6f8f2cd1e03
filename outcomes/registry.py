"""What a registry asks for, without saying who anybody is: tables as CSV with their codebook, in one zip.

The shape follows what CD PROBE and ULIS collect: demographics, product and dose by muscle, guidance, scores with the
answers by item, answers that give no score as such, onset and wear-off, adverse events. Not in it: names, record
numbers, contact data, dates of birth, free text, lot numbers, the words of any instrument; of one that needs a licence
there is the score alone, or that it was not scored.

- Each patient's days are moved back by the same secret number of days, one to 364: what lies between two days of a
  patient stays true, the days themselves are not.
- Ages are whole years, and "90+" from ninety on, as 45 CFR 164.514(b)(2)(i)(C) asks.
- Who and where are codes made with the clinic's secret; the same person has the same code in every export.

Whether this is enough for what is planned with it is for whoever answers for data protection to say.
"""

from __future__ import annotations

import hmac
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection

from audit.csv_lines import csv_text

OLDEST = 90
BLOCK = 500  # patients at once
FURTHEST = 364  # days that a patient's days are moved back at most


@dataclass(frozen=True)
class Column:
    """A column of a table, and its line of the codebook. `of` is how it is taken from a row."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True)
class RegistryTable:
    name: str
    sql: str
    columns: tuple[Column, ...]


CODE, DAY, TEXT, NUMBER, YEARS = "code", "day, shifted", "category", "number", "years, 90+ from ninety"

TABLES = (
    RegistryTable(
        "patients",
        "SELECT patient.id, patient.id, patient.site_id, patient.sex, patient.died_on, patient.left_on"
        " FROM patients_patient patient WHERE patient.id = ANY(%(patients)s) ORDER BY patient.id",
        (
            Column("patient", CODE, "the patient"),
            Column("site", CODE, "where the patient is treated"),
            Column("sex", TEXT, "as recorded"),
            Column("died_on", DAY, "day of death"),
            Column("left_on", DAY, "day the patient left the clinic"),
        ),
    ),
    RegistryTable(
        "courses",
        "SELECT course.patient_id, course.id, course.patient_id, condition.key, course.started_on, course.closed_on,"
        " course.closed_reason FROM treatments_treatmentcourse course"
        " JOIN treatments_condition condition ON condition.id = course.condition_id"
        " WHERE course.patient_id = ANY(%(patients)s) ORDER BY course.id",
        (
            Column("course", CODE, "one patient and one condition"),
            Column("patient", CODE, "whose"),
            Column("condition", TEXT, "what is treated"),
            Column("started_on", DAY, "when it began"),
            Column("closed_on", DAY, "when it was closed"),
            Column("closed_reason", TEXT, "completed, paused, stopped or continued in another course"),
        ),
    ),
    RegistryTable(
        "sessions",
        "SELECT session.patient_id, session.id, session.patient_id, session.provider_id, session.performed_on,"
        " session.performed_on, product.key, session.status, session.is_touch_up, session.guidance,"
        " session.discomfort, session.complication,"
        " COALESCE(session.outside_units, (SELECT sum(units) FROM treatments_injection WHERE session_id = session.id)),"
        " (SELECT sum(units_discarded) FROM treatments_vialuse WHERE session_id = session.id)"
        " FROM treatments_injectionsession session JOIN inventory_product product ON product.id = session.product_id"
        " WHERE session.patient_id = ANY(%(patients)s) AND session.status IN ('signed', 'recorded')"
        " ORDER BY session.id",
        (
            Column("session", CODE, "one visit with one product"),
            Column("patient", CODE, "whose"),
            Column("provider", CODE, "who injected; empty where that is not known"),
            Column("performed_on", DAY, "when"),
            Column("age", YEARS, "age on that day"),
            Column("product", TEXT, "what was injected; units are this product’s and compare with no other’s"),
            Column("status", TEXT, "signed here, or recorded from outside"),
            Column("is_touch_up", TEXT, "a small correction between two sessions"),
            Column("guidance", TEXT, "how the muscles were found"),
            Column("discomfort", NUMBER, "0 to 10, as the patient said"),
            Column("complication", TEXT, "during the visit"),
            Column("units", NUMBER, "units given in all"),
            Column("units_discarded", NUMBER, "units of opened vials not given"),
        ),
    ),
    RegistryTable(
        "injections",
        "SELECT session.patient_id, session.id, injection.course_id, muscle.key, injection.side, count(*),"
        " sum(injection.units) FROM treatments_injection injection"
        " JOIN treatments_injectionsession session ON session.id = injection.session_id"
        " JOIN treatments_muscle muscle ON muscle.id = injection.muscle_id"
        " WHERE session.patient_id = ANY(%(patients)s) AND session.status = 'signed'"
        " GROUP BY session.patient_id, session.id, injection.course_id, muscle.key, injection.side"
        " ORDER BY session.id, injection.course_id, muscle.key, injection.side",
        (
            Column("session", CODE, "in which session"),
            Column("course", CODE, "for which course"),
            Column("muscle", TEXT, "into which muscle"),
            Column("side", TEXT, "the patient’s left or right"),
            Column("sites", NUMBER, "how many injections"),
            Column("units", NUMBER, "units of the session’s product in all"),
        ),
    ),
    RegistryTable(
        "scores",
        "SELECT course.patient_id, score.id, course.id, instrument.key, score.assessed_on, score.value"
        " FROM outcomes_assessment score JOIN treatments_treatmentcourse course ON course.id = score.course_id"
        " JOIN outcomes_instrument instrument ON instrument.id = score.instrument_id"
        " WHERE course.patient_id = ANY(%(patients)s) ORDER BY score.id",
        (
            Column("score", CODE, "one measure of one day"),
            Column("course", CODE, "of which course"),
            Column("instrument", TEXT, "the measure"),
            Column("assessed_on", DAY, "when"),
            Column("value", NUMBER, "the score; grades by their coding"),
        ),
    ),
    RegistryTable(
        "items",
        "SELECT course.patient_id, score.id, instrument.key, version.version, answer.key, answer.value::numeric"
        " FROM outcomes_assessment score JOIN treatments_treatmentcourse course ON course.id = score.course_id"
        " JOIN outcomes_instrument instrument ON instrument.id = score.instrument_id"
        " JOIN outcomes_instrumentversion version ON version.id = score.version_id"
        " CROSS JOIN LATERAL jsonb_each_text(score.answers) answer"
        " WHERE course.patient_id = ANY(%(patients)s) AND NOT version.needs_licence ORDER BY score.id, answer.key",
        (
            Column("score", CODE, "of which score"),
            Column("instrument", TEXT, "the measure"),
            Column("version", NUMBER, "which version of its items and coding was asked"),
            Column("item", TEXT, "which item; never its words"),
            Column("value", NUMBER, "the answer; an item left open has no row, and a score given as a total has none"),
        ),
    ),
    RegistryTable(
        "not_scored",
        "SELECT course.patient_id, answers.id, course.id, instrument.key, version.version, answers.assessed_on,"
        " (SELECT count(*) FROM jsonb_object_keys(answers.answers))"
        " FROM outcomes_unscoredanswer answers JOIN treatments_treatmentcourse course ON course.id = answers.course_id"
        " JOIN outcomes_instrument instrument ON instrument.id = answers.instrument_id"
        " JOIN outcomes_instrumentversion version ON version.id = answers.version_id"
        " WHERE course.patient_id = ANY(%(patients)s) ORDER BY answers.id",
        (
            Column("not_scored", CODE, "answers of one day that give no score: too few, or out of bounds; never zero"),
            Column("course", CODE, "of which course"),
            Column("instrument", TEXT, "the measure"),
            Column("version", NUMBER, "which version of its items and coding was asked"),
            Column("assessed_on", DAY, "when"),
            Column("answered", NUMBER, "how many items were answered"),
        ),
    ),
    RegistryTable(
        "not_scored_items",
        "SELECT course.patient_id, answers.id, answer.key, answer.value::numeric"
        " FROM outcomes_unscoredanswer answers JOIN treatments_treatmentcourse course ON course.id = answers.course_id"
        " JOIN outcomes_instrumentversion version ON version.id = answers.version_id"
        " CROSS JOIN LATERAL jsonb_each_text(answers.answers) answer"
        " WHERE course.patient_id = ANY(%(patients)s) AND NOT version.needs_licence ORDER BY answers.id, answer.key",
        (
            Column("not_scored", CODE, "of which row of not_scored"),
            Column("item", TEXT, "which item; never its words"),
            Column("value", NUMBER, "the answer; an item left open has no row"),
        ),
    ),
    RegistryTable(
        "follow_ups",
        "SELECT session.patient_id, follow_up.session_id, follow_up.course_id, follow_up.step, follow_up.done_on,"
        " follow_up.onset_on, follow_up.peak_on, follow_up.wear_off_on, follow_up.impression, follow_up.adverse_event"
        " FROM treatments_followup follow_up"
        " JOIN treatments_injectionsession session ON session.id = follow_up.session_id"
        " WHERE session.patient_id = ANY(%(patients)s) AND follow_up.status = 'done' ORDER BY follow_up.id",
        (
            Column("session", CODE, "after which session"),
            Column("course", CODE, "of which course"),
            Column("step", TEXT, "which contact of the plan"),
            Column("done_on", DAY, "when"),
            Column("onset_on", DAY, "first effect"),
            Column("peak_on", DAY, "strongest effect"),
            Column("wear_off_on", DAY, "wearing off since"),
            Column("impression", NUMBER, "global impression of change, 1 very much improved to 7 very much worse"),
            Column("adverse_event", TEXT, "whether one was told of; empty: not asked"),
        ),
    ),
    RegistryTable(
        "adverse_events",
        "SELECT session.patient_id, event.session_id, event.course_id, event.term, event.onset_on, event.severity,"
        " event.serious, array_to_string(event.criteria, ' '), muscle.key, event.relatedness, event.outcome"
        " FROM treatments_adverseevent event"
        " JOIN treatments_injectionsession session ON session.id = event.session_id"
        " LEFT JOIN treatments_muscle muscle ON muscle.id = event.muscle_id"
        " WHERE session.patient_id = ANY(%(patients)s) AND event.outcome <> 'error' ORDER BY event.id",
        (
            Column("session", CODE, "after which session"),
            Column("course", CODE, "of which course; empty where it cannot be told"),
            Column("term", TEXT, "what happened"),
            Column("onset_on", DAY, "when it began"),
            Column("severity", TEXT, "how strong; empty: not judged"),
            Column("serious", TEXT, "by what it led to (ICH E2A); empty: not judged"),
            Column("criteria", TEXT, "what made it serious"),
            Column("muscle", TEXT, "which muscle it came from"),
            Column("relatedness", TEXT, "whether the treatment caused it; empty: not judged"),
            Column("outcome", TEXT, "what became of it"),
        ),
    ),
)


class Secret:
    """Codes and shifts that only the clinic's secret can make again."""

    def __init__(self, key: str) -> None:
        self.key = sha256(f"cadence registry {key}".encode()).digest()

    def _digest(self, kind: str, pk: int) -> bytes:
        return hmac.new(self.key, f"{kind} {pk}".encode(), sha256).digest()

    def code(self, kind: str, pk: int | None) -> str:
        return "" if pk is None else f"{kind[:2]}{self._digest(kind, pk).hex()[:14]}"

    def shift(self, patient: int) -> timedelta:
        """How far this patient's days are moved back."""
        return timedelta(days=1 + int.from_bytes(self._digest("shift", patient)[:8]) % FURTHEST)


def age_words(birth: date, on: date) -> str:
    """Whole years on a day, "90+" from ninety on."""
    years = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
    return f"{OLDEST}+" if years >= OLDEST else str(years)


def patients_of(sites: list[int]) -> list[int]:
    """Everybody of these sites with a session on record, in no order that says anything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT patient.id FROM patients_patient patient WHERE patient.site_id = ANY(%s)"
            " AND EXISTS (SELECT 1 FROM treatments_injectionsession session WHERE session.patient_id = patient.id"
            " AND session.status IN ('signed', 'recorded'))",
            [sites],
        )
        found = [row[0] for row in cursor.fetchall()]
    secret = Secret(settings.SECRET_KEY)
    return sorted(found, key=lambda pk: secret.code("patient", pk))


def build(sites: list[int], progress: Callable[[int, int], None]) -> bytes:
    """The zip of everybody of these sites; `progress` hears how many of how many patients are written."""
    secret, patients = Secret(settings.SECRET_KEY), patients_of(sites)
    written = {table.name: io.StringIO() for table in TABLES}
    for table in TABLES:
        written[table.name].write(csv_text([[column.name for column in table.columns]]))
    for first in range(0, len(patients), BLOCK):
        block = patients[first : first + BLOCK]
        births = _births(block)
        for table in TABLES:
            written[table.name].write(csv_text(_rows(table, block, births, secret)))
        progress(min(first + BLOCK, len(patients)), len(patients))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in written.items():
            archive.writestr(f"{name}.csv", text.getvalue())
        archive.writestr("codebook.csv", codebook())
        archive.writestr("README.txt", __doc__ or "")
    return out.getvalue()


def codebook() -> str:
    """What each column of each table means."""
    lines = [["table", "column", "kind", "meaning"]]
    lines += [[table.name, column.name, column.kind, column.meaning] for table in TABLES for column in table.columns]
    return csv_text(lines)


def _births(patients: list[int]) -> dict[int, date]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, birth_date FROM patients_patient WHERE id = ANY(%s)", [patients])
        return dict(cursor.fetchall())


def _rows(table: RegistryTable, patients: list[int], births: dict[int, date], secret: Secret) -> Iterator[list[Any]]:
    """The rows of a table; the first thing each query gives is the patient whose secret shift moves its days."""
    with connection.cursor() as cursor:
        cursor.execute(table.sql, {"patients": patients})
        for patient, *cells in cursor.fetchall():
            yield [
                _cell(column, cell, patient, births, secret) for column, cell in zip(table.columns, cells, strict=True)
            ]


def _cell(column: Column, cell: Any, patient: int, births: dict[int, date], secret: Secret) -> Any:
    if cell is None:
        return ""
    if column.kind == CODE:
        return secret.code(column.name, cell)
    if column.kind == DAY:
        return cell - secret.shift(patient)
    if column.kind == YEARS:
        return age_words(births[patient], cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell.normalize():f}" if hasattr(cell, "normalize") else cell
