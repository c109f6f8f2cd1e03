"""What a history row says: the values of a record after a change, beside those it had before."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from django.apps import apps
from django.db import connection, models

from audit.models import Link

SHOWN = 120  # characters of a value
HIDDEN = frozenset({"id", "version", "signature", "seal", "token", "secret"})


def changes_of(links: list[Link]) -> list[tuple[Link, dict[str, Any]]]:
    """For each link its record's kind and number, and the fields that changed; all in one query.

    `fields` are (name, before, after), each at most SHOWN characters; before is None where the record began.
    """
    histories = {model._meta.db_table: model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")}
    rows = _rows([link for link in links if link.source.table_name in histories])
    return [(link, _change(histories.get(link.source.table_name), *rows.get(link.pk, (None, None)))) for link in links]


def _rows(links: list[Link]) -> dict[int, tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """By each link's number its history row and the one before it of the same record, as JSON."""
    by_table: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_table[link.source.table_name].append(link)
    parts, values = [], []
    for table, of_table in sorted(by_table.items()):
        parts.append(
            f"SELECT asked.link, to_jsonb(found)::text, ("  # noqa: S608 - the names of our models' tables
            f'SELECT to_jsonb(earlier)::text FROM "{table}" earlier'
            " WHERE earlier.pgh_obj_id = found.pgh_obj_id AND earlier.pgh_id < found.pgh_id"
            " ORDER BY earlier.pgh_id DESC LIMIT 1)"
            f' FROM unnest(%s::bigint[], %s::bigint[]) AS asked(link, number) JOIN "{table}" found'
            " ON found.pgh_id = asked.number"
        )
        values += [[link.pk for link in of_table], [int(link.row) for link in of_table]]
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return {
            link: (json.loads(now), json.loads(before) if before else None) for link, now, before in cursor.fetchall()
        }


def _change(
    history: type[models.Model] | None, now: dict[str, Any] | None, before: dict[str, Any] | None
) -> dict[str, Any]:
    if history is None or now is None:
        return {"kind": "a row that is no longer kept", "number": None, "label": "", "fields": []}
    tracked: Any = history.pgh_tracked_model  # type: ignore[attr-defined]
    fields = []
    for field in tracked._meta.concrete_fields:
        if field.column in HIDDEN or field.column not in now:
            continue
        value, earlier = now[field.column], (before or {}).get(field.column)
        if now["pgh_label"] == "delete" or value == earlier or (before is None and value in (None, "", [], {}, False)):
            continue
        fields.append(
            (str(field.verbose_name), None if before is None else _words(field, earlier), _words(field, value))
        )
    return {
        "kind": str(tracked._meta.verbose_name),
        "number": now["pgh_obj_id"],
        "label": {"insert": "new", "update": "changed", "delete": "removed"}.get(now["pgh_label"], now["pgh_label"]),
        "fields": fields,
    }


def _words(field: models.Field[Any, Any], value: Any) -> str:
    """A value as people read it: a choice by its words, nothing as a dash, and not more than fits a line."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.choices and isinstance(value, str):
        return str(dict(field.flatchoices).get(value, value))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
