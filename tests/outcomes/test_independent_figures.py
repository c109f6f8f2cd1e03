"""Fifty random filters of a generated clinic: what the page says, and what plain Python says of the plain rows."""

from __future__ import annotations

import pytest
from django.test.utils import CaptureQueriesContext

from benchmarks.generated_outcomes import TODAY, TreatedClinic
from benchmarks.independent_figures import Independent, Wanted, differences, of_the_page
from outcomes.review import FIGURES, Scope, count, rows

FILTERS = 50


@pytest.mark.django_db
def test_figures_and_lists_equal_an_independent_computation() -> None:
    from django.db import connection

    clinic = TreatedClinic(70, seed=20261201).build()
    independent = Independent(on=TODAY)
    names: set[str] = set()
    for chosen in clinic.filters(FILTERS):
        scope = Scope(**chosen | {"sites": tuple(chosen["sites"])})
        with CaptureQueriesContext(connection) as queries:
            page = of_the_page(count(scope, on=TODAY))
        assert len(queries) == 1
        expected = independent.numbers(Wanted(**chosen | {"sites": set(chosen["sites"])}))
        assert differences(page, expected) == [], chosen
        names |= {"/".join(str(part) for part in key if isinstance(part, str)) for key in expected}
    # Or the data would prove little: every figure was there at least once.
    assert {name.split("/")[0] for name in names} == {
        "change", "discarded", "doses", "events", "given", "lapses", "response", "response by number",
        "response by provider", "retained", "retention", "sessions", "sessions with vials", "timing",
        "timing by provider", "touch-ups", "vials", "wear-off",
    }  # fmt: skip
    for end in ("missing", "no baseline", "still being measured", "responder", "non-responder"):
        assert f"response/{end}" in names
    for end in ("lapsed", "stopped", "left", "ended otherwise", "going on"):
        assert f"retained/{end}" in names
    assert {"wear-off/to come", "wear-off/nobody asked", "lapses/came back", "lapses/ended before"} <= names


@pytest.mark.django_db
def test_each_figure_opens_as_many_rows_as_it_counts() -> None:
    clinic = TreatedClinic(30, seed=5).build()
    for chosen in clinic.filters(6):
        scope = Scope(**chosen | {"sites": tuple(chosen["sites"])})
        figures = count(scope, on=TODAY)
        counted = {
            "begun": sum(figures.retention.counts.values()),
            "lost": sum(figures.retention.counts.get(end, 0) for end in ("lapsed", "stopped", "left")),
            "followed": sum(count for _, _, count in figures.wear_off.times),
            "nobody-asked": figures.wear_off.counts.get("nobody asked", 0),
            "lapsed": figures.lapses.get("lapsed", 0),
            "could-lapse": figures.lapses.get("lapsed", 0) + figures.lapses.get("came back", 0),
            "assessed": sum(found.assessed for found in figures.responders.values()),
            "unassessed": sum(found.unassessed for found in figures.responders.values()),
            "re-treated": sum(month.all for month in figures.months),
            "doses": sum(month.count for found in figures.doses.values() for month in found.months),
            "touch-ups": sum(found.touch_ups for found in figures.doses.values()),
            "vials": sum(units.sessions for units in figures.units.values()),
            "sessions": figures.events.sessions,
            "not-asked": figures.events.not_asked,
            "events": figures.events.counts.get("all", 0),
        }
        assert {name: len(rows(name, scope, on=TODAY, limit=10_000)) for name in counted} == counted
        for term, expected in figures.events.counts.items():
            part = None if term == "all" else term
            assert len(rows("events", scope, on=TODAY, part=part, limit=10_000)) == expected
        for name in FIGURES:
            listed, after = [], None
            while page := rows(name, scope, on=TODAY, after=after, limit=3):
                listed += page
                after = page[-1].day, page[-1].key
            assert listed == rows(name, scope, on=TODAY, limit=10_000)
