from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from clinic.database_roles import as_owner, settle_rights

OF_A_TRIAL = (
    "This database was made by a trial of Cadence from before its first release and cannot be brought up to date. "
    "Nothing was changed. Start with an empty one: docs/deployment.md, Updating."
)


class Command(migrate.Command):
    """Django's command, as the role that owns the tables."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        using = options["database"]
        # Around the checks too: before the first migration the application's role may not be there.
        with as_owner(connections[using]):
            if _is_of_a_trial(connections[using]):
                raise CommandError(OF_A_TRIAL)
            said = super().execute(*args, **options)
            if not options["plan"] and not options["check_unapplied"]:
                settle_rights(using=using)
        return said


def _is_of_a_trial(connection: BaseDatabaseWrapper) -> bool:
    """Whether it has some of the migrations that were folded into a first one, but not all: then none of it fits."""
    applied = MigrationRecorder(connection).applied_migrations()
    if not applied:
        return False
    known = MigrationLoader(connection).applied_migrations
    return any(key not in known and key[1] == "0001_initial" for key in applied)
