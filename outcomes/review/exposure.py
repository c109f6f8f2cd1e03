"""Adverse events by what the patient was exposed to: the product, the muscle, the lot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from outcomes.review.given import ASKED, EVENTS
from outcomes.review.scope import Scope, fetch
from outcomes.statistics.intervals import Rate, poisson_rate

KINDS = ("product", "muscle", "lot")


@dataclass(frozen=True)
class Exposure:
    """One product, muscle or lot: the sessions with it, and the adverse events told after them.

    `part` is what their lists are narrowed to. An event counts for its muscle only where somebody said which.
    """

    part: str
    sessions: int
    events: int

    @property
    def kind(self) -> str:
        return self.part.partition(" ")[0]

    @property
    def name(self) -> str:
        return self.part.partition(" ")[2]

    @property
    def rate(self) -> Rate:
        """Events per 1,000 sessions, with the exact Poisson interval."""
        return poisson_rate(self.events, self.sessions)


def exposures(scope: Scope, *, on: date) -> dict[str, list[Exposure]]:
    """By kind, those with the most events first, then by name; one query."""
    found = fetch(
        f"""
        WITH counted AS (
            SELECT part, count(*) AS sessions, 0 AS events
              FROM (WITH {ASKED.found} SELECT parts FROM found) asked, unnest(parts) part GROUP BY part
            UNION ALL
            SELECT part, 0, count(*)
              FROM (WITH {EVENTS.found} SELECT exposures FROM found) told, unnest(exposures) part GROUP BY part
        )
        SELECT part, sum(sessions)::int, sum(events)::int FROM counted GROUP BY part ORDER BY 3 DESC, 1
        """,
        scope,
        on=on,
    )
    rows = [Exposure(*row) for row in found]
    return {kind: [row for row in rows if row.kind == kind] for kind in KINDS}


def events_of_none(scope: Scope, *, on: date) -> dict[str, int]:
    """By kind, how many events count for none of its rows: nobody said which muscle, no vial of a lot is known."""
    found = fetch(
        f"""
        SELECT kind, count(*)::int
          FROM (WITH {EVENTS.found} SELECT exposures FROM found) told, unnest(ARRAY['product', 'muscle', 'lot']) kind
         WHERE NOT EXISTS (SELECT 1 FROM unnest(exposures) part WHERE starts_with(part, kind || ' ')) GROUP BY kind
        """,
        scope,
        on=on,
    )
    return dict(found)
