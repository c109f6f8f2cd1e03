"""Merging and taking apart in the demo clinic: people with years of sessions, scores, papers and visits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count

from accounts.models import User
from clinic.merging.courses import only_past, overlapping, twins_of
from clinic.merging.merge import merge_patients, take_apart
from clinic.merging.rows import kinds, tangled
from patients.models import Patient
from tests.clinic.demo import NOW
from tests.clinic.test_merging import everything
from treatments.models import TreatmentCourse
from treatments.seals import verify_records

pytestmark = pytest.mark.django_db

MERGES = 6


def rich_pairs() -> list[tuple[Patient, Patient]]:
    """Pairs with much on file, first those who are both treated for one condition."""
    rich = list(Patient.objects.annotate(n=Count("sessions")).filter(n__gt=1, died_on=None).order_by("-n", "pk"))
    rivals, others = [], []
    for place, kept in enumerate(rich):
        for merged in rich[place + 1 :]:
            twins = twins_of(kept, merged)
            if any(pair.draft_days for pair in twins):
                continue
            if any(not only_past(pair) for pair in overlapping(kept, merged)):
                continue
            (rivals if twins else others).append((kept, merged))
    picked, seen = [], set()
    for kept, merged in [*rivals, *others]:
        if {kept.pk, merged.pk} & seen:
            continue
        seen |= {kept.pk, merged.pk}
        picked.append((kept, merged))
    assert sum(bool(twins_of(*pair)) for pair in picked[:MERGES]) >= 3
    return picked[:MERGES]


def test_rich_records_come_apart_row_for_row_and_no_seal_breaks() -> None:
    by = User.objects.filter(roles__contains=["administrator"]).order_by("pk")[0]
    before = everything()
    assert verify_records().sound
    made = []
    for kept, merged in rich_pairs():
        twins = twins_of(kept, merged)
        waits = {
            pair.condition_id: max((course.eligible_on for course in pair.courses if course.eligible_on), default=None)
            for pair in twins
        }
        # Against the usual choice where there is one: the harder case.
        goes_on = {pair.condition_id: pair.may_go_on[-1].pk for pair in twins}
        made.append(
            merge_patients(
                kept=kept,
                merged=merged,
                versions=(kept.version, merged.version),
                take={"phone": True, "city": True},
                goes_on=goes_on,
                reason="the same person",
                by=by,
                now=NOW,
            )
        )
        for course in TreatmentCourse.objects.filter(pk__in=goes_on.values()):
            wait = waits[course.condition_id]
            assert wait is None or (course.eligible_on is not None and course.eligible_on >= wait)
        if not any(map(only_past, overlapping(kept, merged))):
            assert not any(kind.of(merged.pk).exists() for kind in kinds())
            assert not list(tangled(kept.pk, merged.pk))
    connection.check_constraints()
    assert verify_records().problems == []
    assert everything() != before

    for merge in reversed(made):
        done = take_apart(merge=merge, reason="two people", by=by, now=NOW + timedelta(hours=1))
        assert (done.gone, done.kept_changes) == ({}, [])
    connection.check_constraints()
    after = everything()
    assert {table: len(rows) for table, rows in after.items() if rows != before[table]} == {}
    assert verify_records().problems == []
