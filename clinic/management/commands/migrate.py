from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from clinic.database_roles import as_owner, settle_rights

OF_A_TRIAL = (
    "This database was made by a trial of Cadence from before its first release and cannot be brought up to date. "
    "Nothing was changed. Start with an empty one: docs/deployment.md, Updating."
)


LOCK = 5_201_314_003  # one process at a time changes tables; any number will do


class Command(migrate.Command):
    """Django's command, as the role that owns the tables: one at a time, and all of it or nothing."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.using = using = options["database"]
        # Around the checks too: before the first migration the application's role may not be there.
        with as_owner(connections[using]), self.alone(connections[using]):
            if _is_of_a_trial(connections[using]):
                raise CommandError(OF_A_TRIAL)
            if options["plan"] or options["check_unapplied"]:
                return super().execute(*args, **options)
            with self.whole(connections[using]):
                said = super().execute(*args, **options)
                settle_rights(using=using)
        return said

    @contextmanager
    def alone(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """Wait until nobody else migrates this database; a killed process lets go with its connection."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                self.stderr.write("Another migrate is at work on this database; waiting for it ...")
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    @contextmanager
    def whole(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """One transaction around all migrations, unless one that is to come cannot be in any."""
        executor = MigrationExecutor(connection)
        to_come = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if alone := [str(migration) for migration, _ in to_come if not migration.atomic]:
            words = "cannot be part of a transaction: should one fail, those before it stay. Back up first."
            self.stderr.write(f"{', '.join(alone)} {words}")
            yield
            return
        try:
            with transaction.atomic(using=connection.alias):
                yield
        except Exception:
            self.stderr.write("\nNothing was changed: the database is as it was before.")
            raise

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        super().migration_progress_callback(action, migration, fake)
        if action in {"apply_success", "unapply_success"}:
            # What a migration left for its end is checked at its end, as when each had a transaction of its own;
            # PostgreSQL changes no table that has checks waiting.
            with connections[self.using].cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _is_of_a_trial(connection: BaseDatabaseWrapper) -> bool:
    """Whether it has some of the migrations that were folded into a first one, but not all: then none of it fits."""
    applied = MigrationRecorder(connection).applied_migrations()
    if not applied:
        return False
    known = MigrationLoader(connection).applied_migrations
    return any(key not in known and key[1] == "0001_initial" for key in applied)
