from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from clinic.database_roles import as_owner, settle_rights


class Command(migrate.Command):
    """Django's command, as the role that owns the tables."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        using = options["database"]
        # Around the checks too: before the first migration the application's role may not be there.
        with as_owner(connections[using]):
            said = super().execute(*args, **options)
            if not options["plan"] and not options["check_unapplied"]:
                settle_rights(using=using)
        return said
