"""Two database roles: the owner makes the tables, the application works with their rows and can do nothing else.

The application's role owns no table and is no superuser: it cannot switch a trigger off, empty a table, or change what
is only ever added, whatever SQL it runs. `migrate` and `createcachetable` connect as the owner (see their commands
here) and afterwards settle what the application may do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import sql

from audit import chain

ROWS = {"INSERT", "UPDATE", "DELETE"}
_LOCK = 5_201_314_002  # one process at a time settles rights; any number will do
_HOW_TO_CONNECT = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
_MAINTAIN_SINCE = 170000  # PostgreSQL 17: who fills tables may ask for fresh statistics without owning them


@contextmanager
def as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Inside, the connection is the owner's; where there is only one role it stays as it is. Not in a transaction."""
    owner: dict[str, Any] | None = settings.DATABASE_OWNER
    if owner is None:
        yield
        return
    ours = connection.settings_dict
    connection.close()
    # A dictionary of its own: the first is the one of the settings.
    connection.settings_dict = ours | {name: owner[name] for name in _HOW_TO_CONNECT if name in owner}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = ours


def settle_rights(*, using: str) -> None:
    """Give the application's role what it needs and no more; called as the owner after tables changed. Repeatable."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if "audit_link" in connection.introspection.table_names(cursor):
            chain.install(cursor)
        _close_side_doors(cursor)
        role = settings.DATABASE_APPLICATION_ROLE
        if role:
            _make_role(cursor, role, settings.DATABASES[using].get("PASSWORD", ""))
            _grant(cursor, role, maintain=connection.pg_version >= _MAINTAIN_SINCE)  # type: ignore[attr-defined]


def problem_of_role() -> str:
    """Why the role of the present connection is no protection of signed records, in a sentence; empty when it is."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, pg_has_role(current_user, tableowner, 'MEMBER') FROM pg_roles, pg_tables"
            " WHERE rolname = current_user AND schemaname = 'public' AND tablename = 'treatments_injectionsession'"
        )
        row = cursor.fetchone()
    if row and any(row):
        return (
            "The application owns its tables: who has its password can switch their triggers off. "
            "Set DATABASE_OWNER_URL (docs/deployment.md)."
        )
    return ""


def _close_side_doors(cursor: Any) -> None:
    """Triggers that a setting or a temporary table of any role could lead astray are none."""
    cursor.execute("SELECT to_regprocedure('public._pgtrigger_should_ignore(name)') IS NOT NULL")
    if cursor.fetchone()[0]:
        # django-pgtrigger lets whoever sets "pgtrigger.ignore" pass; nobody here has a reason to.
        cursor.execute(
            "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN"
            " AS $$ SELECT FALSE $$ LANGUAGE sql IMMUTABLE"
        )
    # Unless told otherwise, a trigger reads a temporary table of the same name first.
    cursor.execute(
        """
        DO $$
        DECLARE found regprocedure;
        BEGIN
            FOR found IN
                SELECT oid FROM pg_proc
                 WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
                   AND proconfig IS NULL AND pg_has_role(proowner, 'USAGE')
            LOOP
                EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', found);
            END LOOP;
        END $$
        """
    )


def _make_role(cursor: Any, role: str, password: str) -> None:
    name, secret = sql.Identifier(role), sql.Literal(password)
    cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
    if not cursor.fetchone()[0]:
        _run(cursor, sql.SQL("CREATE ROLE {} LOGIN").format(name))
        if password:
            _run(cursor, sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, secret))
    elif password:
        try:
            # As .env says it now; where another administrator keeps the roles, theirs stands.
            with transaction.atomic():
                _run(cursor, sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, secret))
        except DatabaseError:
            pass


def _grant(cursor: Any, role: str, *, maintain: bool) -> None:
    name = sql.Identifier(role)
    rows = sql.SQL("SELECT, INSERT, UPDATE, DELETE" + (", MAINTAIN" if maintain else ""))
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {role}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        "GRANT {rows} ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rows} ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    ):
        _run(cursor, sql.SQL(statement).format(role=name, rows=rows))  # type: ignore[arg-type]
    there = set(connections[cursor.db.alias].introspection.table_names(cursor))
    for table, refused in (protected_tables() | dict.fromkeys(chain.LEDGER, ROWS)).items():
        if table in there:
            _run(
                cursor,
                sql.SQL("REVOKE {} ON {} FROM {}").format(
                    sql.SQL(", ".join(sorted(refused))),  # type: ignore[arg-type]
                    sql.Identifier(table),
                    name,
                ),
            )


def protected_tables() -> dict[str, set[str]]:
    """Tables whose own triggers refuse to have rows changed or deleted, whoever asks, with what they refuse."""
    found: dict[str, set[str]] = {}
    for model, trigger in pgtrigger.registered():
        # One that is read only but for some columns still has those changed.
        is_whole = isinstance(trigger, pgtrigger.Protect) and not isinstance(trigger, pgtrigger.ReadOnly)
        if is_whole and trigger.condition is None and trigger.operation is not None:
            refused = {str(operation) for operation in trigger.operation} & {"UPDATE", "DELETE"}
            found.setdefault(model._meta.db_table, set()).update(refused)
    return {table: refused for table, refused in found.items() if refused}


def _run(cursor: Any, statement: sql.Composable) -> None:
    cursor.execute(statement.as_string(cursor.connection))
