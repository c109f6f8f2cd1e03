"""A database that cannot be brought up to date is refused in words, before anything is changed."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from clinic.management.commands.migrate import OF_A_TRIAL


@pytest.mark.django_db
def test_a_database_of_an_earlier_trial_is_refused() -> None:
    recorded = MigrationRecorder(connection).migration_qs
    call_command("migrate", verbosity=0)
    there = [name for app, name in MigrationLoader(connection).disk_migrations if app == "treatments"]
    folded = recorded.filter(app="treatments").exclude(name__in=there)
    assert folded.latest("id").delete()[0] == 1
    with pytest.raises(CommandError, match="made by a trial") as refused:
        call_command("migrate", verbosity=0)
    assert str(refused.value) == OF_A_TRIAL
