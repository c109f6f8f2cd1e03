"""What a history row says: the values of a record after a change, beside those it had before."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.utils import timezone

from audit.models import Link

SHOWN = 120  # characters of a value
NOTHING: tuple[Any, ...] = (None, "", [], {}, False)
HIDDEN = frozenset({"id", "version", "signature", "seal", "token", "secret"})


@dataclass(frozen=True)
class Change:
    """A link with what it changed: the record's kind and number, and its fields as (name, before, after).

    Each value has at most SHOWN characters; before is None where the record began.
    """

    link: Link
    person: Any
    kind: str = "a row that is no longer kept"
    number: Any = ""
    label: str = ""
    fields: tuple[tuple[str, str | None, str], ...] = ()


def changes_of(links: list[Link]) -> list[Change]:
    """What each link changed, in two queries: the rows, and the people who did it or are named in them."""
    histories: dict[str, Any] = {
        model._meta.db_table: model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")
    }
    rows = _rows([link for link in links if link.source.table_name in histories])
    changed = [(link, histories[link.source.table_name].pgh_tracked_model, *rows[link.pk])
               for link in links if link.pk in rows]  # fmt: skip
    of_people = {
        value
        for _, tracked, now, before in changed
        for field in tracked._meta.concrete_fields
        if _is_person(field)
        for value in (now.get(field.column), (before or {}).get(field.column))
    }
    people = get_user_model()._default_manager.in_bulk((of_people | {link.actor_id for link in links}) - {None})
    found = {link.pk: _change(link, tracked, now, before, people) for link, tracked, now, before in changed}
    return [found.get(link.pk) or Change(link, people.get(link.actor_id or 0)) for link in links]


def _is_person(field: models.Field[Any, Any]) -> bool:
    return field.is_relation and field.related_model is get_user_model()


def _rows(links: list[Link]) -> dict[int, tuple[dict[str, Any], dict[str, Any] | None]]:
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
    link: Link, tracked: Any, now: dict[str, Any], before: dict[str, Any] | None, people: dict[int, Any]
) -> Change:
    fields = []
    for field in tracked._meta.concrete_fields:
        if field.column in HIDDEN or field.column not in now or now["pgh_label"] == "delete":
            continue
        value, earlier = now[field.column], (before or {}).get(field.column)
        if value == earlier or (before is None and value in NOTHING):
            continue
        was = None if before is None else _words(field, earlier, people)
        fields.append((str(field.verbose_name), was, _words(field, value, people)))
    words = {"insert": "new", "update": "changed", "delete": "removed"}
    return Change(
        link,
        people.get(link.actor_id or 0),
        kind=str(tracked._meta.verbose_name),
        number=now["pgh_obj_id"],
        label=words.get(now["pgh_label"], now["pgh_label"]),
        fields=tuple(fields),
    )


def _words(field: models.Field[Any, Any], value: Any, people: dict[int, Any]) -> str:
    """A value as people read it: a choice by its words, a moment by the site's clock, and not more than fits a line."""
    if value in NOTHING and value is not False:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_person(field):
        return str(people.get(value, value))
    if isinstance(field, models.DateTimeField):
        return f"{timezone.localtime(datetime.fromisoformat(value)):%-d %b %Y %H:%M}"
    if isinstance(field, models.DateField):
        return f"{date.fromisoformat(value):%-d %b %Y}"
    if field.choices and isinstance(value, str):
        return str(dict(field.flatchoices).get(value, value))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
