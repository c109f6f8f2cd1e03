"""Chains the rows of the audit, so that one changed, removed or put in behind Cadence's back is found.

What is chained: the audit's events and every history row that triggers write. A trigger adds a link for each such
row: a digest of the row, and a hash over it and the link before. Links belong to lanes, each with a chain of its
own; a transaction takes a free lane and keeps it to its end, so that nobody waits for anybody else's transaction.

The function runs with its owner's rights. The application's role may read links and lanes and can write neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

LANES = 256  # more than transactions that write at once
LEDGER = ("audit_link", "audit_lane", "audit_source")  # written by the trigger and by migrations alone
TRIGGER = "audit_chain"
TAKEN_OVER = "taken over"  # the role of rows that were there before their table was chained

FUNCTIONS = """
CREATE OR REPLACE FUNCTION audit_add_link(
    said jsonb, source integer, key_column text, columns text[], whose text, by_role text
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    taken integer := nullif(current_setting('audit.lane', true), '')::integer;
    -- An event says itself who it was; a history row's context does.
    context jsonb := CASE WHEN said ? 'pgh_id'
        THEN nullif(current_setting('pghistory.context_metadata', true), '')::jsonb ELSE said END;
    head audit_lane%ROWTYPE;
    link audit_link%ROWTYPE;
BEGIN
    IF taken IS NULL THEN
        SELECT lane INTO taken FROM audit_lane ORDER BY lane LIMIT 1 FOR UPDATE SKIP LOCKED;
        taken := coalesce(taken, pg_backend_pid() % (SELECT count(*) FROM audit_lane));
        PERFORM set_config('audit.lane', taken::text, true);
    END IF;
    SELECT * INTO STRICT head FROM audit_lane WHERE lane = taken FOR UPDATE;

    link.number := head.number + 1;
    link.row := said ->> key_column;
    link.at := clock_timestamp();
    link.actor_id := coalesce(context ->> 'user', context ->> 'actor_id');
    link.address := context ->> 'address';
    IF whose <> '' THEN
        EXECUTE whose INTO link.patient_id USING said;
    END IF;
    SELECT sha256(convert_to(jsonb_object_agg(key, value)::text, 'UTF8')) INTO link.content
      FROM jsonb_each(said) WHERE key = ANY (columns);
    link.hash := sha256(convert_to(concat_ws('|',
        encode(head.hash, 'hex'), taken, link.number, source, link.row, encode(link.content, 'hex'),
        to_char(link.at, 'YYYY-MM-DD"T"HH24:MI:SS.US'), by_role,
        coalesce(link.actor_id::text, '-'), coalesce(link.patient_id::text, '-'), coalesce(link.address, '-')
    ), 'UTF8'));
    INSERT INTO audit_link (lane, number, source_id, row, at, role, actor_id, patient_id, address, content, hash)
    VALUES (taken, link.number, source, link.row, link.at, by_role, link.actor_id, link.patient_id, link.address,
            link.content, link.hash);
    UPDATE audit_lane SET number = link.number, hash = link.hash WHERE lane = taken;
END $$;
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM audit_add_link(
        to_jsonb(NEW), TG_ARGV[0]::integer, TG_ARGV[1], TG_ARGV[2]::text[], TG_ARGV[3], session_user
    );
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit_add_link, audit_chain FROM PUBLIC;
"""


@dataclass(frozen=True)
class Source:
    """A table whose rows are chained: the column of its key, and whose rows they are.

    `patient` is an expression over the row as jsonb, $1, that gives the number of the patient; empty when there is
    none.
    """

    table: str
    key: str
    patient: str = ""


def sources() -> list[Source]:
    """The audit's events, and the history of every tracked model with the way from it to the patient's model."""
    found = [Source("audit_auditevent", "id")]
    whose = _Whose(settings.AUDIT_PATIENT_MODEL)
    for model in apps.get_models():
        if tracked := getattr(model, "pgh_tracked_model", None):
            found.append(Source(model._meta.db_table, "pgh_id", whose.of_history(model, tracked)))
    return sorted(found, key=lambda source: source.table)


@dataclass(frozen=True)
class _Whose:
    """Finds the shortest way from a row to its patient, over at most two other rows."""

    patient_model: str

    def of_history(self, history: type[models.Model], tracked: type[models.Model]) -> str:
        if tracked._meta.label == self.patient_model:
            return "SELECT ($1 ->> 'pgh_obj_id')::bigint"
        for depth in range(3):
            if way := self._from(history, depth):
                column, steps = way
                return f"SELECT {self._sql(column, steps)}"
        return ""

    def _from(self, model: Any, depth: int) -> tuple[str, list[tuple[str, str]]] | None:
        """The column to begin at, and for each row on the way its table and the column to go on by."""
        relations = [
            field
            for field in model._meta.fields
            if field.is_relation and not field.name.startswith(("pgh_", "merged_"))
        ]
        for field in relations:
            if depth == 0 and field.related_model._meta.label == self.patient_model:
                return field.column, []
        for field in relations if depth else []:
            there = self._from(field.related_model, depth - 1)
            if there and field.related_model._meta.label != self.patient_model:
                return field.column, [(field.related_model._meta.db_table, there[0]), *there[1]]
        return None

    @staticmethod
    def _sql(column: str, steps: list[tuple[str, str]]) -> str:
        sql = f"($1 ->> '{column}')::bigint"
        for table, onwards in steps:
            sql = f'(SELECT "{onwards}" FROM "{table}" WHERE id = {sql})'  # noqa: S608 - names of our models
        return sql


def install(cursor: Any) -> None:
    """Make the functions and give every source its trigger; as the owner, after tables changed. Repeatable.

    A table whose columns changed becomes a new source: a link says by which columns its row was read. Rows that were
    there before their table was chained are chained as they are found.
    """
    cursor.execute(FUNCTIONS)
    cursor.execute(
        "INSERT INTO audit_lane (lane, number, hash) SELECT lane, 0, sha256(convert_to('lane ' || lane, 'UTF8'))"
        " FROM generate_series(0, %s) AS lane ON CONFLICT DO NOTHING",
        [LANES - 1],
    )
    there = set(cursor.db.introspection.table_names(cursor))
    for source in sources():
        if source.table in there:
            _chain(cursor, source)


def _chain(cursor: Any, source: Source) -> None:
    cursor.execute(
        "SELECT array_agg(attname::text ORDER BY attname), array_agg(format_type(atttypid, atttypmod) ORDER BY attname)"
        " FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [source.table],
    )
    columns, types = cursor.fetchone()
    cursor.execute(
        "SELECT id, columns = %s::varchar[] AND types = %s::varchar[] FROM audit_source WHERE table_name = %s"
        " ORDER BY id DESC LIMIT 1",
        [columns, types, source.table],
    )
    known = cursor.fetchone()
    if known and known[1]:
        source_id = known[0]
    else:
        cursor.execute(
            "INSERT INTO audit_source (table_name, columns, types) VALUES (%s, %s, %s) RETURNING id",
            [source.table, columns, types],
        )
        source_id = cursor.fetchone()[0]
    if known is None:
        cursor.execute(
            f'SELECT audit_add_link(to_jsonb(found), %s, %s, %s, %s, %s) FROM "{source.table}" AS found',  # noqa: S608
            [source_id, source.key, columns, source.patient, TAKEN_OVER],
        )
    cursor.execute(
        f'CREATE OR REPLACE TRIGGER {TRIGGER} AFTER INSERT ON "{source.table}" FOR EACH ROW'
        " EXECUTE FUNCTION audit_chain(%s, %s, %s, %s)",
        [str(source_id), source.key, "{" + ",".join(columns) + "}", source.patient],
    )
