"""What is counted, and the small sums that figures are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
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
    protocol: int | None = None

    def parameters(self) -> dict[str, Any]:
        return asdict(self) | {"sites": list(self.sites)}


@dataclass(frozen=True)
class Family:
    """Rows of one kind. `found` is a list of CTEs, the last named `found`; `counts` selects from it.

    Every `found` has key, course_id, session_id, day, figure and parts (what else a row is counted under, as text);
    key and day are its order. `facts` are its other columns, for the list.
    """

    name: str
    found: str
    counts: str
    facts: tuple[str, ...] = ()


def narrowed(session: str = "session", provider: str = "session.provider_id") -> str:
    """The conditions of a scope on a course, its patient and a session, by their names in the query."""
    return f"""
           patient.site_id = ANY(%(sites)s)
       AND (%(condition)s::bigint IS NULL OR course.condition_id = %(condition)s)
       AND (%(provider)s::bigint IS NULL OR {provider} = %(provider)s)
       AND (%(product)s::bigint IS NULL OR {session}.product_id = %(product)s)
       AND (%(protocol)s::bigint IS NULL OR {session}.protocol_id = %(protocol)s)"""


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
    """Cycles by how they ended."""

    counts: dict[Outcome, int]

    def of(self, outcome: Outcome) -> int:
        return self.counts.get(outcome, 0)

    @property
    def assessed(self) -> int:
        return self.of(Outcome.RESPONDER) + self.of(Outcome.NON_RESPONDER)

    @property
    def unassessed(self) -> int:
        """Measuring is over, and there is nothing to judge by."""
        return self.of(Outcome.MISSING) + self.of(Outcome.NOT_ASSESSABLE)

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


def in_all(months: Iterable[Retreatments]) -> Retreatments:
    """The sum of the months."""
    months = list(months)
    return Retreatments({timing: sum(month.of(timing) for month in months) for timing in Timing})


def fetch(sql: str, scope: Scope, **more: Any) -> list[tuple[Any, ...]]:
    """The rows of a query, without just-in-time compiling: that took four fifths of the time of all figures."""
    with connection.cursor() as cursor:
        # Of one transaction with the query, so that it holds for this one alone.
        cursor.execute(f"SET LOCAL jit = off; {sql}", scope.parameters() | more)
        return cursor.fetchall()
