"""Rows that ship with Cadence, and how they meet what a clinic has made of them.

A row that is missing is created. A row that is there is never overwritten, with one exception: when it still equals
something an earlier release shipped (`was`), it is corrected to what ships now.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)
Key = tuple[Any, ...]
Report = Callable[[str], None]


@dataclass(frozen=True)
class Shipped:
    """One row as it ships: the columns that name it, its other columns, and what earlier releases shipped there.

    `first` are columns that only a new row gets; in a row already there they are the clinic's.
    """

    key: Mapping[str, Any]
    values: Mapping[str, Any]
    was: tuple[Mapping[str, Any], ...] = ()
    first: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        entry: Mapping[str, Any],
        key: Sequence[str],
        *,
        leave_out: Iterable[str] = (),
        first: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Shipped:
        """The row of a reference file's entry, with columns (`more`) that the file does not hold."""
        columns = {name: raw for name, raw in entry.items() if name not in {*leave_out, "was"}} | more
        values = {name: raw for name, raw in columns.items() if name not in key}
        return cls(
            key={name: columns[name] for name in key},
            values=values,
            was=tuple(values | before for before in entry.get("was", [])),
            first=first or {},
        )


@dataclass
class Loaded(Generic[Row]):
    """The rows by their key, which of them are new, and how many were created, corrected, unchanged or left."""

    rows: dict[Key, Row]
    new: set[Key]
    counts: Counter[str]


def silent(_: str) -> None:
    """Report nothing."""


def load_rows(model: type[Row], shipped: Iterable[Shipped], *, report: Report = silent) -> Loaded[Row]:
    """Bring the table up to what ships, in two statements whatever its size; runs inside the caller's transaction.

    A row that differs from what ships, and from all that ever shipped, is the clinic's: it is left and reported.
    """
    shipped = list(shipped)
    names = list(shipped[0].key) if shipped else []

    def key_of(row: models.Model) -> Key:
        return tuple(_hashable(getattr(row, name)) for name in names)

    def value(name: str, raw: Any) -> Any:
        field = model._meta.get_field(name)
        assert isinstance(field, models.Field)  # noqa: S101 - a reference file names columns, not relations back
        return field.to_python(raw)

    def same(row: Row, values: Mapping[str, Any]) -> bool:
        return all(getattr(row, name) == value(name, raw) for name, raw in values.items())

    rows = {key_of(row): row for row in model._default_manager.all()} if shipped else {}
    loaded: Loaded[Row] = Loaded(rows={}, new=set(), counts=Counter())
    fresh: list[Row] = []
    for one in shipped:
        key = tuple(_hashable(value(name, raw)) for name, raw in one.key.items())
        row = rows.get(key)
        if row is None:
            row = model(**one.key, **one.first, **{name: value(name, raw) for name, raw in one.values.items()})
            fresh.append(row)
            loaded.new.add(key)
            loaded.counts["created"] += 1
        elif same(row, one.values):
            loaded.counts["unchanged"] += 1
        elif any(same(row, before) for before in one.was):
            for name, raw in one.values.items():
                setattr(row, name, value(name, raw))
            row.save(update_fields=list(one.values))
            loaded.counts["corrected"] += 1
        else:
            report(f"left as the clinic has it: {model._meta.verbose_name} {row}")
            loaded.counts["left"] += 1
        loaded.rows[key] = row
    model._default_manager.bulk_create(fresh)
    return loaded


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def read(path: Path) -> Any:
    """The parsed file, or an empty list when this release has no such file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
