"""Looks whether the audit stands as it was written: every row, every link, every seal.

The digests are computed here and by PostgreSQL's own functions; what the database's triggers say is not believed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from django.db import connection, transaction

from audit.chain import TAKEN_OVER, TRIGGER, Source, sources
from audit.models import AuditEvent, Head, Link
from audit.models import Source as Chained
from audit.seals import seal_keys, seal_of, sealed

BATCH = 5_000  # rows
MOST_NAMED = 100  # of one kind of problem

Progress = Callable[[str, int], None]


@dataclass
class Found:
    """What a check saw. `notes` are no faults: they say what could not be compared."""

    events: int = 0
    changes: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lanes: list[list[Any]] = field(default_factory=list)

    @property
    def head(self) -> str:
        """Where the chains stood when they were checked."""
        return _digest(self.lanes)

    @property
    def is_sound(self) -> bool:
        return not self.problems


def verify_audit(*, roles: set[str], noted_head: str = "", progress: Progress = lambda what, done: None) -> Found:
    """Compare all of it, as of one moment. `roles` are the database's roles that may write the audit.

    `noted_head` is what an earlier check printed: it finds that everything was made anew since. May take minutes.
    """
    found = Found()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL timezone = 'UTC'")
        chained = sources()
        _triggers(cursor, chained, found)
        _links(found, roles, progress)
        for source in chained:
            progress(source.table, 0)
            _rows(cursor, source, found)
        _events(found, progress)
        _heads(cursor, found, noted_head)
    return found


def keep_head(lanes: list[list[Any]] | None = None) -> Head | None:
    """Note where the chains stand now, or stood when they were checked, sealed; None when that is noted already."""
    lanes = present_lanes() if lanes is None else lanes
    digest = _digest(lanes)
    if not lanes or Head.objects.filter(digest=digest).exists():
        return None
    head = Head(lanes=lanes, digest=digest)
    head.seal = _seal_of(head, seal_keys()[0])
    head.save(force_insert=True)
    return head


def present_lanes() -> list[list[Any]]:
    """Of every lane in use its number, how many links it has, and the newest hash."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lane, number, encode(hash, 'hex') FROM audit_lane WHERE number > 0 ORDER BY lane")
        return [list(row) for row in cursor.fetchall()]


def _digest(lanes: list[list[Any]]) -> str:
    return hashlib.sha256(repr([tuple(lane) for lane in lanes]).encode()).hexdigest()


def _seal_of(head: Head, key: bytes) -> str:
    return sealed([head.at.astimezone(UTC).isoformat(timespec="microseconds"), head.lanes], key=key)


def _triggers(cursor: Any, chained: list[Source], found: Found) -> None:
    """Whether every table still has its trigger, and the trigger is on."""
    cursor.execute(
        "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgname = %s AND tgenabled IN ('O', 'A') AND relnamespace = 'public'::regnamespace",
        [TRIGGER],
    )
    on = {table for (table,) in cursor.fetchall()}
    found.problems += [f"{source.table}: its trigger is gone or off" for source in chained if source.table not in on]


# --- the links


def _links(found: Found, roles: set[str], progress: Progress) -> None:
    """Whether each lane's links follow on each other without a gap up to the newest one, and who wrote them."""
    ends: dict[int, tuple[int, bytes]] = {}
    wrote: Counter[tuple[str, str]] = Counter()
    tables = dict(Chained.objects.values_list("pk", "table_name"))
    broken: list[str] = []
    rows = Link.objects.order_by("lane", "number").values_list(
        "lane", "number", "source_id", "row", "at", "role", "actor_id", "patient_id", "address", "content", "hash"
    )
    for done, (lane, number, source, row, at, role, *rest) in enumerate(rows.iterator(BATCH), start=1):
        actor, patient, address, content, hash_ = rest
        before, previous = ends.get(lane, (0, hashlib.sha256(f"lane {lane}".encode()).digest()))
        said = [
            previous.hex(), lane, number, source, row, bytes(content).hex(),
            at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"), role,
            *("-" if value is None else value for value in (actor, patient, address)),
        ]  # fmt: skip
        if number != before + 1:
            broken.append(f"lane {lane}: links {before + 1} to {number - 1} are missing")
        elif hashlib.sha256("|".join(map(str, said)).encode()).digest() != bytes(hash_):
            broken.append(f"lane {lane}, link {number}: it was changed, or the one before it")
        ends[lane] = number, bytes(hash_)
        if role not in roles and role != TAKEN_OVER:
            wrote[role, tables.get(source, "?")] += 1
        if done % BATCH == 0:
            progress("links", done)
        if tables.get(source) != AuditEvent._meta.db_table:
            found.changes += 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT lane, number, hash FROM audit_lane WHERE number > 0")
        heads = {lane: (number, bytes(hash_)) for lane, number, hash_ in cursor.fetchall()}
    for lane in sorted(heads.keys() | ends.keys()):
        if heads.get(lane) != ends.get(lane):
            broken.append(f"lane {lane}: its newest links are missing")
    _add(found, broken)
    for (role, table), number in sorted(wrote.items()):
        found.problems.append(f"{table}: {number:,} rows were written by the database role {role}, not by Cadence")


# --- the rows


def _rows(cursor: Any, source: Source, found: Found) -> None:
    """Whether each row is as its link says, none is gone, and none is there without a link or with two."""
    table, key = f'"{source.table}"', f'"{source.key}"'
    columns = _columns_of(cursor, source.table)
    numbers: list[int] = []
    for chained in Chained.objects.filter(table_name=source.table).order_by("pk"):
        numbers.append(chained.pk)
        then = dict(zip(chained.columns, chained.types, strict=True))
        if then == columns:
            text = "to_jsonb(found)::text"
        elif then.items() <= columns.items():
            text = "(SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(found)) WHERE key = ANY (%s))::text"
        else:
            text = ""
            gone = ", ".join(sorted(set(then) - set(columns)) or sorted(set(then) & set(columns)))
            found.notes.append(f"{source.table}: rows from before {gone} changed are compared by their links alone")
        cursor.execute(
            f"SELECT link.row, found.{key} IS NULL FROM audit_link link LEFT JOIN {table} found"  # noqa: S608
            f" ON found.{key} = link.row::bigint WHERE link.source_id = %s AND (found.{key} IS NULL"
            + (f" OR sha256(convert_to({text}, 'UTF8')) <> link.content)" if text else ")")
            + " ORDER BY link.id",
            [chained.pk, *([chained.columns] if "%s" in text else [])],
        )
        _add(
            found,
            [
                f"{source.table} {row}: {'it was removed' if gone else 'it was changed'}"
                for row, gone in cursor.fetchall()
            ],
        )
    cursor.execute(
        f"SELECT found.{key} FROM {table} found LEFT JOIN audit_link link"  # noqa: S608
        f" ON link.row::bigint = found.{key} AND link.source_id = ANY (%s)"
        f" GROUP BY found.{key} HAVING count(link.id) <> 1 ORDER BY 1",
        [numbers],
    )
    _add(found, [f"{source.table} {row}: it was put in past its trigger, or twice" for (row,) in cursor.fetchall()])


def _columns_of(cursor: Any, table: str) -> dict[str, str]:
    cursor.execute(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table],
    )
    return dict(cursor.fetchall())


# --- the seals


def _events(found: Found, progress: Progress) -> None:
    """Whether each event bears the seal that only Cadence can make."""
    keys = seal_keys()
    wrong: list[str] = []
    from_before = Link.objects.filter(role=TAKEN_OVER, source__table_name=AuditEvent._meta.db_table)
    taken_over = {int(row) for row in from_before.values_list("row", flat=True)}
    if taken_over:
        found.notes.append(f"{len(taken_over):,} events are from before the audit was chained and bear no seal")
    for event in AuditEvent.objects.order_by("pk").iterator(BATCH):
        found.events += 1
        is_old = not event.seal and event.pk in taken_over
        if not is_old and not any(seal_of(event, key=key) == event.seal for key in keys):
            wrong.append(f"audit event {event.pk}: its seal is not Cadence's")
        if found.events % BATCH == 0:
            progress("seals", found.events)
    _add(found, wrong)


def _heads(cursor: Any, found: Found, noted: str) -> None:
    """Whether the chains lead through every place that was noted and sealed earlier."""
    keys = seal_keys()
    digests = set()
    wrong: list[str] = []
    for head in Head.objects.order_by("pk").iterator(BATCH):
        digests.add(head.digest)
        said = f"head of {head.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if not any(_seal_of(head, key) == head.seal for key in keys) or _digest(head.lanes) != head.digest:
            wrong.append(f"{said}: its seal is not Cadence's")
            continue
        cursor.execute(
            "SELECT count(*) FROM jsonb_array_elements(%s::jsonb) AS kept JOIN audit_link link"
            " ON link.lane = (kept ->> 0)::integer AND link.number = (kept ->> 1)::bigint"
            " AND encode(link.hash, 'hex') = kept ->> 2",
            [json.dumps(head.lanes)],
        )
        if cursor.fetchone()[0] != len(head.lanes):
            wrong.append(f"{said}: the chains no longer lead through it")
    if noted and noted not in digests:
        wrong.append("the head that was noted is not there: newer rows were cut off, or all were made anew")
    _add(found, wrong)
    found.lanes = present_lanes()


def _add(found: Found, problems: list[str]) -> None:
    found.problems += problems[:MOST_NAMED]
    if len(problems) > MOST_NAMED:
        found.problems.append(f"and {len(problems) - MOST_NAMED:,} more like the last")
