from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from clinic.demo.build import make_demo_clinic
from tests.clinic.demo import NOW, PATIENTS


@pytest.fixture(scope="package", autouse=True)
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One demo clinic for all tests here, in a transaction that is rolled back behind them."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_demo_clinic(patients=PATIENTS, seed=2026, now=NOW, report=lambda line: None)
        connection.check_constraints()
        yield
        transaction.set_rollback(True)
