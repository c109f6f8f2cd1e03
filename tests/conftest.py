from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase

pytest_plugins = ["tests.cast"]

# How long one example takes depends on who else uses the machine; that is no failure of the code.
hypothesis.settings.register_profile("cadence", deadline=None)
hypothesis.settings.load_profile("cadence")


def pytest_configure(config: pytest.Config) -> None:
    """Start the tests' PostgreSQL once, in the process that is there from first to last."""
    from django.conf import settings

    from clinic.embedded_postgres import EmbeddedPostgresError, ensure_running

    if hasattr(config, "workerinput") or settings.EMBEDDED_POSTGRES is None or config.option.collectonly:
        return
    try:
        ensure_running(settings.EMBEDDED_POSTGRES)
    except EmbeddedPostgresError as problem:
        pytest.exit(str(problem), returncode=3)


@pytest.fixture(autouse=True)
def clinic_is_set_up() -> None:
    """As in a process that has seen a user: whether an anonymous test meets the set-up page is not left to chance."""
    from accounts.middleware import SetUpMiddleware

    SetUpMiddleware.done = True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any) -> None:
    """Each process copies a database that is migrated and has the reference data, and that only the first one makes."""
    from tests.databases import template

    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_keepdb: bool, django_db_blocker: Any) -> Iterator[None]:
    """A test that commits leaves the database as it found it, with the reference data.

    The database can be dropped also when a server's thread has not yet noticed that its test is over.
    """
    from clinic.reference import load_reference
    from tests.databases import AsMade, may_put_back

    with django_db_blocker.unblock():
        if django_db_keepdb:  # it may be of before a change, or a killed process left it empty
            load_reference()
        as_made = AsMade() if may_put_back() else None
    with pytest.MonkeyPatch.context() as patch:
        if as_made is not None:
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: as_made.put_back())
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="module")
def kept_for_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A module's fixture that takes this may make rows; each test finds them as made, and the last leaves none behind.

    The tests get them by a fixture of their own, which takes `db` and copies the objects (see tests/outcomes/).
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def without_reference(db: None) -> None:
    """A database as it is before the reference data are loaded, for this test."""
    tables = {
        model._meta.db_table
        for app in ("inventory", "treatments", "outcomes", "patients", "messaging", "scheduling")
        for model in apps.get_app_config(app).get_models()
    }
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(sorted(tables))} CASCADE")
