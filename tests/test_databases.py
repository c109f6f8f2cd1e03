"""What a test commits is gone before the next one, and the reference data stand again."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import Site
from tests.databases import AsMade, may_put_back
from treatments.models import Condition, Muscle


@pytest.mark.django_db(transaction=True)
def test_rows_added_changed_and_removed_are_put_back() -> None:
    if not may_put_back():
        pytest.skip("the role of this database may not set triggers aside")
    as_made = AsMade()
    assert Muscle.objects.exists()
    Site.objects.create(name="Harbour Clinic", time_zone="America/New_York")
    Condition.objects.filter(key="chronic_migraine").update(name="Something else")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE treatments_muscle CASCADE")
    changed = {table for table, found in AsMade().sums.items() if found != as_made.sums[table]}
    assert {"accounts_site", "treatments_condition", "treatments_muscle", "treatments_protocolsite"} <= changed

    as_made.put_back()

    assert AsMade().sums == as_made.sums
    assert Muscle.objects.exists()
