"""A database that cannot be brought up to date is refused in words, before anything is changed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, connection
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


@pytest.fixture
def upgrade(tmp_path: Path, settings: Any) -> Iterator[Callable[..., None]]:
    """A version of Cadence with one more app: its first migration makes a table, each further one runs some SQL."""

    def make(*codes: str, atomic: bool = True) -> None:
        folder = tmp_path / "later" / "migrations"
        folder.mkdir(parents=True)
        for path in (folder.parent, folder):
            (path / "__init__.py").touch()
        (folder / "0001_initial.py").write_text(
            "from django.db import migrations, models\n"
            "class Migration(migrations.Migration):\n"
            "    initial = True\n"
            "    operations = [migrations.CreateModel('Thing', [('id', models.BigAutoField(primary_key=True))])]\n"
        )
        before = "0001_initial"
        for number, code in enumerate(codes, 2):
            (folder / f"000{number}_then.py").write_text(
                "from django.db import migrations\n"
                "class Migration(migrations.Migration):\n"
                f"    atomic = {atomic}\n"
                f"    dependencies = [('later', {before!r})]\n"
                f"    operations = [migrations.RunSQL({code!r})]\n"
            )
            before = f"000{number}_then"
        sys.path.insert(0, str(tmp_path))
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "later"]

    yield make
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "later"]:
        del sys.modules[name]


def has_table() -> bool:
    return "later_thing" in connection.introspection.table_names()


@pytest.mark.django_db(transaction=True)
def test_an_upgrade_that_fails_in_its_middle_leaves_nothing(
    upgrade: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade("SELECT 1 / 0")
    applied = set(MigrationRecorder(connection).applied_migrations())
    with pytest.raises(DataError):
        call_command("migrate", verbosity=0)
    assert not has_table()
    assert set(MigrationRecorder(connection).applied_migrations()) == applied
    assert "Nothing was changed" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_stands_alone_is_said(
    upgrade: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade("SELECT 1", atomic=False)
    call_command("migrate", verbosity=0)
    try:
        assert has_table()
        assert "later.0002_then cannot be part of a transaction" in capsys.readouterr().err
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE later_thing; DELETE FROM django_migrations WHERE app = 'later'")


@pytest.mark.django_db(transaction=True)
def test_a_plan_is_shown_and_nothing_else(upgrade: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    upgrade("SELECT 1", atomic=False)
    call_command("migrate", "--plan")
    said = capsys.readouterr()
    assert "later.0002_then" in said.out
    assert said.err == ""
    assert not has_table()


@pytest.mark.django_db(transaction=True)
def test_what_one_migration_leaves_to_be_checked_stands_in_no_later_ones_way(upgrade: Callable[..., None]) -> None:
    """PostgreSQL changes no table whose rows wait for their foreign keys to be looked at."""
    refers = "later_thing DEFERRABLE INITIALLY DEFERRED"
    upgrade(
        f"ALTER TABLE later_thing ADD parent bigint REFERENCES {refers}",
        "INSERT INTO later_thing (parent) SELECT NULL; UPDATE later_thing SET parent = id",
        "ALTER TABLE later_thing ADD name text",
    )
    call_command("migrate", verbosity=0)
    try:
        assert has_table()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE later_thing; DELETE FROM django_migrations WHERE app = 'later'")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_take_turns(upgrade: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """The second waits for the first, then finds nothing to do."""
    upgrade("INSERT INTO later_thing DEFAULT VALUES; SELECT pg_sleep(1)")
    said: list[str] = []  # what went wrong

    def deploy() -> None:
        try:
            call_command("migrate", verbosity=0)
        except Exception as error:
            said.append(repr(error))
        finally:
            connection.close()

    deploys = [threading.Thread(target=deploy) for _ in range(2)]
    for deploy_ in deploys:
        deploy_.start()
    for deploy_ in deploys:
        deploy_.join(60)
    try:
        assert said == []
        assert capsys.readouterr().err == "Another migrate is at work on this database; waiting for it ...\n"
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM later_thing")
            assert cursor.fetchone() == (1,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS later_thing; DELETE FROM django_migrations WHERE app = 'later'")
