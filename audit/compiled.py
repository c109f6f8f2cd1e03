"""Queries that are built and compiled once in a process, for pages that ask the same one at every key pressed.

Making the SQL of a query with many subqueries takes Django several times as long as PostgreSQL takes to answer it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import connection, models
from django.db.models.sql.compiler import SQLCompiler


class Param(models.Expression):
    """A value that is known only when the query runs; stands in a filter where the value would."""

    def __init__(self, name: str, output_field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class CompiledQuery:
    """Rows of one JSON object each, of a query with `Param`s. The JSON is the last column; others only order the rows.

    `build` is called once, when the first rows are asked for: what it reads then (a date, a setting) stays for good.
    """

    def __init__(self, build: Callable[[], models.QuerySet[Any, Any]]) -> None:
        self.build = build
        self.compiled: tuple[str, tuple[Any, ...]] | None = None

    def rows(self, **values: Any) -> list[Any]:
        """The objects, each value of `values` in the place of the Param of its name. KeyError when one is missing."""
        if self.compiled is None:
            self.compiled = self.build().query.sql_with_params()
        sql, params = self.compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, [values[given.name] if isinstance(given, Param) else given for given in params])
            return [json.loads(row[-1]) for row in cursor]
