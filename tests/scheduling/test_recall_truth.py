"""The recall list against a computation of its own, in SQL on the records themselves; see benchmarks.recall_list."""

from __future__ import annotations

from benchmarks.generated_clinic import GeneratedClinic
from benchmarks.recall_list import difference
from tests.cast import Cast


def test_every_course_stands_where_the_records_say_on_every_day(cast: Cast):
    clinic = GeneratedClinic(400, seed=7)
    clinic.build()
    for now in clinic.moments(25):
        compared, wrong = difference(clinic, now)
        assert compared > 300
        assert wrong == []
