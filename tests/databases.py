"""The tests' databases: migrated once and copied for each process, and put back after a test that commits.

python -m tests.databases makes the one that is copied, so that it can be made while other checks run.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connection, transaction

ROOT = Path(__file__).parent.parent
KEPT = 2  # of each kind: the one for the code at hand, and that of before for a process that has just asked for it
_LOCK = 5_201_314_003  # one process at a time makes a template; any number will do


def template() -> str:
    """The name of a database with all migrations applied and the reference data loaded, made unless it is there.

    The name says what it was made from: another migration, other code or other reference data make another one.
    """
    migrated = [
        *_files("migrations/*.py", "reference/**/*.*"),
        ROOT / "clinic/settings.py",
        ROOT / "clinic/database_roles.py",
        ROOT / "requirements.txt",
        ROOT / "tests/settings.py",
        Path(__file__),
    ]
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        empty = _made(cursor, "cadence_migrated", migrated, source="template0", fill=_migrate)
        return _made(cursor, "cadence_loaded", [*migrated, *_files("**/*.py")], source=empty, fill=_load)


def _files(*patterns: str) -> list[Path]:
    """Files of the apps: what stands beside them, as the tests, decides nothing here."""
    apps = [path.parent for path in sorted(ROOT.glob("*/__init__.py")) if path.parent.name != "tests"]
    return [path for app in apps for pattern in patterns for path in sorted(app.glob(pattern)) if path.is_file()]


def _made(cursor: Any, kind: str, files: Iterable[Path], *, source: str, fill: Callable[[], None]) -> str:
    made_from = hashlib.sha256(source.encode())
    for path in files:
        made_from.update(f"\0{path.relative_to(ROOT)}\0".encode())
        made_from.update(path.read_bytes())
    name = f"{kind}_{made_from.hexdigest()[:16]}"
    cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY oid", [f"^{kind}_[0-9a-f]{{16}}$"])
    there = [found for (found,) in cursor.fetchall()]
    if name in there:
        return name
    # Under another name until it is whole: a process that is killed leaves nothing that looks finished.
    cursor.execute(f'DROP DATABASE IF EXISTS "{kind}_in_the_making" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{kind}_in_the_making" ENCODING UTF8 TEMPLATE "{source}"')
    with _connected_to(f"{kind}_in_the_making"):
        fill()
    cursor.execute(f'ALTER DATABASE "{kind}_in_the_making" RENAME TO "{name}"')
    for old in there[: 1 - KEPT]:
        cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
    return name


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


def _migrate() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def _load() -> None:
    from clinic.reference import load_reference

    load_reference()


class AsMade:
    """The rows of the test database as they are when this is made, to be put back after a test that commits.

    Emptying all tables and loading the reference data again costs ten times as much: few tests touch many tables.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
            self.tables = [table for (table,) in cursor.fetchall()]
            self.sums = self._sums(cursor)
            self.rows = {table: self._copied(cursor, table) for table, found in self.sums.items() if found}

    def _sums(self, cursor: Any) -> dict[str, str | None]:
        """For each table a sum over its rows, None where it has none."""
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', (SELECT md5(string_agg(r::text, chr(10) ORDER BY r::text)) FROM \"{table}\" r)"
                for table in self.tables
            )
        )
        return dict(cursor.fetchall())

    @staticmethod
    def _copied(cursor: Any, table: str) -> str:
        rows = io.StringIO()
        cursor.copy_expert(f'COPY "{table}" TO STDOUT', rows)
        return rows.getvalue()

    def put_back(self) -> None:
        """Make every table hold exactly those rows; waits for whoever still writes. Needs a superuser."""
        with transaction.atomic(), connection.cursor() as cursor:
            names = ", ".join(f'"{table}"' for table in self.tables)
            cursor.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
            # Neither foreign keys nor the triggers that refuse a change or write history.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, found in self._sums(cursor).items():
                if found == self.sums[table]:
                    continue
                cursor.execute(f'DELETE FROM "{table}"')
                if table in self.rows:
                    cursor.copy_expert(f'COPY "{table}" FROM STDIN', io.StringIO(self.rows[table]))


def may_put_back() -> bool:
    """Whether this database's role may set foreign keys and triggers aside; that of an outside server may not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.conf import settings

    from clinic.embedded_postgres import ensure_running

    if settings.EMBEDDED_POSTGRES is not None:
        ensure_running(settings.EMBEDDED_POSTGRES)
    template()


if __name__ == "__main__":
    main()
