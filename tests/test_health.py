"""What load balancers ask: each thing that can be amiss is said in a word, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import psycopg2
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from clinic import health
from outcomes.tasks import run_export

WELL = {"database": "ok", "migrations": "ok", "worker": "ok", "disk": "ok"}


def asked(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/health/ready/")
    return answer.status_code, dict(line.split(": ") for line in answer.content.decode().splitlines())


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    health._applied.clear()


@pytest.mark.django_db
def test_all_is_well(client: Client) -> None:
    assert asked(client) == (200, WELL)


@pytest.mark.django_db
def test_a_migration_that_is_not_applied(client: Client) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="sessions").delete()
    assert asked(client) == (503, WELL | {"migrations": "no"})


@pytest.mark.django_db
def test_a_task_that_nobody_takes(client: Client) -> None:
    run_export.enqueue(1)
    assert asked(client) == (200, WELL)
    waiting = DBTaskResult.objects.all()
    waiting.update(enqueued_at=timezone.now() - timedelta(minutes=6))
    assert asked(client) == (200, WELL | {"worker": "no"})
    run_export.enqueue(2)
    DBTaskResult.objects.latest("enqueued_at").claim("somebody")
    assert asked(client) == (200, WELL)


@pytest.mark.django_db
def test_a_disk_without_room(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_ROOM", 10**18)
    assert asked(client) == (503, WELL | {"disk": "no"})


@pytest.mark.django_db
def test_a_database_that_does_not_answer(client: Client) -> None:
    """Only a question tells: the server ended the connection, and this end does not know of it yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()
    names = ("host", "port", "user", "password", "dbname")
    other = psycopg2.connect(**{k: v for k, v in connection.get_connection_params().items() if k in names})
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", mine)
        assert cursor.fetchone() == (True,)
    other.close()
    status, said = asked(client)
    assert (status, said["database"], said["disk"]) == (503, "no", "ok")


@pytest.mark.django_db
@pytest.mark.parametrize("error", health.UNFIT)
def test_migrations_that_do_not_fit_together(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """As while a new version is put in place: half of its files are there."""

    def fails(*arguments: object) -> None:
        raise error("a", "b")

    health._applied.clear()
    monkeypatch.setattr(health, "MigrationExecutor", fails)
    assert asked(client) == (503, WELL | {"migrations": "no"})
