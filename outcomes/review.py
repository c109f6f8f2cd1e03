"""The figures of the outcomes page, counted by the database, and the rows behind each of them.

The SQL below says the same as outcomes.rules.classify and timing_of; tests/outcomes/test_review.py holds both to one
answer. A cycle is a signed session of a course, by its re-treatment window; a session of the same day with a second
product is the same visit, and only the last of that day stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from outcomes.rules import Interval, Outcome, Timing, wilson

PAGE_SIZE = 50


@dataclass(frozen=True)
class Scope:
    """Whose sessions are counted: of patients of these sites, in these days (both included), narrowed by ids."""

    sites: tuple[int, ...]
    first: date
    last: date
    condition: int | None = None
    provider: int | None = None
    product: int | None = None

    def parameters(self) -> dict[str, Any]:
        return asdict(self) | {"sites": list(self.sites)}


@dataclass(frozen=True)
class Share:
    """part of whole, with its 95 % interval; percent and interval are None of none."""

    part: int
    whole: int
    interval: Interval | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval", wilson(self.part, self.whole))

    @property
    def percent(self) -> int | None:
        return None if self.whole == 0 else round(100 * self.part / self.whole)


@dataclass(frozen=True)
class Responders:
    """The cycles of one condition by how they ended."""

    counts: dict[Outcome, int]

    def of(self, outcome: Outcome) -> int:
        return self.counts.get(outcome, 0)

    @property
    def assessed(self) -> int:
        return self.of(Outcome.RESPONDER) + self.of(Outcome.NON_RESPONDER)

    @property
    def share(self) -> Share:
        return Share(self.of(Outcome.RESPONDER), self.assessed)


@dataclass(frozen=True)
class Retreatments:
    """The re-treatments of a month, or of all months, by how they lay to their window."""

    counts: dict[Timing, int]
    month: date | None = None

    def of(self, timing: Timing) -> int:
        return self.counts.get(timing, 0)

    @property
    def all(self) -> int:
        return sum(self.counts.values())

    @property
    def share(self) -> Share:
        return Share(self.of(Timing.ON_TIME), self.all)


@dataclass(frozen=True)
class Row:
    """One cycle or re-treatment behind a figure; `window_id` names it and is the cursor of its page."""

    window_id: int
    course_id: int
    session_id: int
    day: date
    figure: str
    baseline: Decimal | None = None
    baseline_label: str = ""
    value: Decimal | None = None
    value_label: str = ""
    scored_on: date | None = None
    eligible_on: date | None = None
    window_closes_on: date | None = None
    session_on: date | None = None


_CYCLES = """
WITH cycle AS (
    SELECT win.id AS window_id, win.course_id, win.session_id, win.last_session_on AS day, course.condition_id,
           rule.instrument_id, rule.is_percent, rule.change, instrument.better,
           win.last_session_on + rule.from_day AS measured_from,
           LEAST(win.last_session_on + rule.to_day, closing.performed_on) AS measured_until
      FROM treatments_retreatmentwindow win
      JOIN treatments_injectionsession session ON session.id = win.session_id
      JOIN treatments_treatmentcourse course ON course.id = win.course_id
      JOIN patients_patient patient ON patient.id = course.patient_id
      JOIN outcomes_responderrule rule ON rule.condition_id = course.condition_id
      JOIN outcomes_instrument instrument ON instrument.id = rule.instrument_id
      LEFT JOIN treatments_injectionsession closing ON closing.id = win.closed_by_id
     WHERE NOT win.voided
       AND session.status = 'signed'
       AND win.last_session_on BETWEEN %(first)s AND %(last)s
       AND closing.performed_on IS DISTINCT FROM win.last_session_on
       AND patient.site_id = ANY(%(sites)s)
       AND (%(condition)s::bigint IS NULL OR course.condition_id = %(condition)s)
       AND (%(provider)s::bigint IS NULL OR session.provider_id = %(provider)s)
       AND (%(product)s::bigint IS NULL OR session.product_id = %(product)s)
     -- In the order of the lists, so that a page is read from the top and the rest is never judged.
     ORDER BY win.last_session_on DESC, win.id DESC
), ended AS (
    SELECT cycle.window_id, cycle.course_id, cycle.session_id, cycle.day, cycle.condition_id,
           baseline.value AS baseline, baseline.label AS baseline_label,
           score.value, score.label AS value_label, score.assessed_on AS scored_on,
           CASE
               WHEN %(on)s <= cycle.measured_until THEN 'still being measured'
               WHEN baseline.value IS NULL OR (cycle.is_percent AND baseline.value = 0) THEN 'no baseline'
               WHEN score.value IS NULL THEN 'missing'
               WHEN (CASE cycle.better WHEN 'lower' THEN baseline.value - score.value
                                       ELSE score.value - baseline.value END)
                    * CASE WHEN cycle.is_percent THEN 100 ELSE 1 END
                    >= cycle.change * CASE WHEN cycle.is_percent THEN abs(baseline.value) ELSE 1 END
                   THEN 'responder'
               ELSE 'non-responder'
           END AS figure
      FROM cycle
      LEFT JOIN LATERAL (
        SELECT value, label FROM outcomes_assessment
         WHERE course_id = cycle.course_id AND instrument_id = cycle.instrument_id
           AND assessed_on <= (SELECT min(last_session_on) FROM treatments_retreatmentwindow
                                WHERE course_id = cycle.course_id AND NOT voided)
         ORDER BY assessed_on DESC, id DESC LIMIT 1
      ) baseline ON true
      LEFT JOIN LATERAL (
        SELECT value, label, assessed_on FROM outcomes_assessment
         WHERE course_id = cycle.course_id AND instrument_id = cycle.instrument_id
           AND assessed_on BETWEEN cycle.measured_from AND cycle.measured_until
         ORDER BY assessed_on DESC, id DESC LIMIT 1
      ) score ON true
)
"""

_CYCLE_COUNTS = """
SELECT condition_id, figure, count(*) FROM ended GROUP BY condition_id, figure
"""

_CYCLE_ROWS = """
SELECT window_id, course_id, session_id, day, figure, baseline, coalesce(baseline_label, ''), value,
       coalesce(value_label, ''), scored_on
  FROM ended
 WHERE figure = ANY(%(figures)s)
   AND (%(after)s::bigint IS NULL
        OR (day, window_id) < (SELECT last_session_on, id FROM treatments_retreatmentwindow WHERE id = %(after)s))
 ORDER BY day DESC, window_id DESC
 LIMIT %(limit)s
"""

_RETREATMENTS = """
WITH retreated AS (
    SELECT win.id AS window_id, win.course_id, closing.id AS session_id, closing.performed_on AS day,
           win.eligible_on, win.window_closes_on, win.last_session_on AS session_on,
           date_trunc('month', closing.performed_on)::date AS month,
           CASE
               WHEN closing.performed_on < win.eligible_on THEN 'early'
               WHEN closing.performed_on <= win.window_closes_on THEN 'on time'
               ELSE 'late'
           END AS figure
      FROM treatments_injectionsession closing
      JOIN treatments_retreatmentwindow win ON win.closed_by_id = closing.id
      JOIN treatments_treatmentcourse course ON course.id = win.course_id
      JOIN patients_patient patient ON patient.id = course.patient_id
     WHERE NOT win.voided
       AND closing.status = 'signed'
       AND closing.performed_on BETWEEN %(first)s AND %(last)s
       AND closing.performed_on <> win.last_session_on
       AND patient.site_id = ANY(%(sites)s)
       AND (%(condition)s::bigint IS NULL OR course.condition_id = %(condition)s)
       AND (%(provider)s::bigint IS NULL OR closing.provider_id = %(provider)s)
       AND (%(product)s::bigint IS NULL OR closing.product_id = %(product)s)
)
"""

_RETREATMENT_COUNTS = """
SELECT month, figure, count(*) FROM retreated GROUP BY month, figure ORDER BY month
"""

_RETREATMENT_ROWS = """
SELECT window_id, course_id, session_id, day, figure, eligible_on, window_closes_on, session_on
  FROM retreated
 WHERE figure = ANY(%(figures)s)
   AND (%(month)s::date IS NULL OR month = %(month)s)
   AND (%(after)s::bigint IS NULL
        OR (day, window_id) < (SELECT closing.performed_on, win.id
                                 FROM treatments_retreatmentwindow win
                                 JOIN treatments_injectionsession closing ON closing.id = win.closed_by_id
                                WHERE win.id = %(after)s))
 ORDER BY day DESC, window_id DESC
 LIMIT %(limit)s
"""


def responders(scope: Scope, *, on: date) -> dict[int, Responders]:
    """The cycles of the scope by condition id and outcome, seen on a day; one query."""
    found: dict[int, dict[Outcome, int]] = {}
    for condition_id, figure, count in _fetch(_CYCLES + _CYCLE_COUNTS, scope, on=on):
        found.setdefault(condition_id, {})[Outcome(figure)] = count
    return {condition_id: Responders(counts) for condition_id, counts in found.items()}


def retreatments(scope: Scope) -> list[Retreatments]:
    """The re-treatments of the scope by month, oldest first, months without any left out; one query."""
    found: dict[date, dict[Timing, int]] = {}
    for month, figure, count in _fetch(_RETREATMENTS + _RETREATMENT_COUNTS, scope):
        found.setdefault(month, {})[Timing(figure)] = count
    return [Retreatments(counts, month) for month, counts in found.items()]


def in_all(months: Iterable[Retreatments]) -> Retreatments:
    """The sum of the months."""
    months = list(months)
    return Retreatments({timing: sum(month.of(timing) for month in months) for timing in Timing})


def cycle_rows(
    scope: Scope, *, on: date, outcomes: Iterable[Outcome], after: int | None = None, limit: int = PAGE_SIZE
) -> list[Row]:
    """The cycles behind a figure, newest first, at most `limit` of them, beginning after that window."""
    rows = _fetch(
        _CYCLES + _CYCLE_ROWS, scope, on=on, figures=[str(outcome) for outcome in outcomes], after=after, limit=limit
    )
    return [Row(*row) for row in rows]


def retreatment_rows(
    scope: Scope,
    *,
    timings: Iterable[Timing],
    month: date | None = None,
    after: int | None = None,
    limit: int = PAGE_SIZE,
) -> list[Row]:
    """The re-treatments behind a figure, newest first; `month` is the first day of one."""
    rows = _fetch(
        _RETREATMENTS + _RETREATMENT_ROWS,
        scope,
        figures=[str(timing) for timing in timings],
        month=month,
        after=after,
        limit=limit,
    )
    return [
        Row(
            window_id=window_id,
            course_id=course_id,
            session_id=session_id,
            day=day,
            figure=figure,
            eligible_on=eligible_on,
            window_closes_on=window_closes_on,
            session_on=session_on,
        )
        for window_id, course_id, session_id, day, figure, eligible_on, window_closes_on, session_on in rows
    ]


def _fetch(sql: str, scope: Scope, **more: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, scope.parameters() | more)
        return cursor.fetchall()
