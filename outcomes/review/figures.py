"""All figures of a scope, counted in one query."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from outcomes.review import courses, cycles, given
from outcomes.review.scope import Responders, Retreatments, Scope, fetch
from outcomes.rules import Outcome, Timing
from outcomes.statistics.intervals import Mean, mean_of_sums

COUNTED = (
    cycles.RESPONSES,
    cycles.RETREATMENTS,
    cycles.WEAR_OFF,
    cycles.LAPSES,
    courses.RETENTION,
    given.DOSES,
    given.VIALS,
    given.ASKED,
    given.EVENTS,
)
Times = list[tuple[int, bool, int]]  # (day, whether it happened then, how many): statistics.survival.kaplan_meier


@dataclass(frozen=True)
class Change:
    """The cycles of one condition that are the nth of their course: the mean change from baseline in points."""

    number: int
    cycles: Responders
    mean: Mean | None


@dataclass(frozen=True)
class Provider:
    """A provider's figures, for the comparison."""

    pk: int
    name: str


@dataclass(frozen=True)
class Survival:
    """Times until something happens, and by what each figure counts."""

    times: Times
    counts: dict[str, int]


@dataclass(frozen=True)
class Doses:
    """Units of one product in a month's sessions: how many, and their quartiles."""

    month: date
    count: int
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class ProductDoses:
    months: list[Doses]
    touch_ups: int


@dataclass(frozen=True)
class Units:
    """Units of one product given and discarded, from the vials of so many sessions; and sessions without a vial."""

    sessions: int
    vials: int
    given: Decimal
    discarded: Decimal
    without: int

    @property
    def opened(self) -> Decimal:
        return self.given + self.discarded


@dataclass(frozen=True)
class Events:
    """Adverse events by what they are counted under (a term, serious, severe, all), and the sessions they followed."""

    counts: dict[str, int]
    asked: int
    not_asked: int

    @property
    def sessions(self) -> int:
        return self.asked + self.not_asked


@dataclass(frozen=True)
class Figures:
    """Everything the outcomes page says of a scope. Conditions, providers and products are ids."""

    responders: dict[int, Responders]
    changes: dict[int, list[Change]]
    responders_by_provider: dict[int, dict[Provider, Responders]]
    months: list[Retreatments]
    timing_by_provider: dict[Provider, Retreatments]
    wear_off: Survival
    retention: Survival
    lapses: dict[str, int]
    doses: dict[int, ProductDoses]
    units: dict[int, Units]
    events: Events


def count(scope: Scope, *, on: date) -> Figures:
    """The figures of the scope as they stand on a day; one query."""
    found: dict[str, list[dict[str, Any]]] = {family.name: [] for family in COUNTED}
    every = " UNION ALL ".join(
        f"SELECT '{family.name}', to_jsonb(counted)::text FROM (WITH {family.found} {family.counts}) counted"
        for family in COUNTED
    )
    for name, row in fetch(every, scope, on=on):
        # Django leaves JSON as text to the fields of its models.
        found[name].append(json.loads(row))
    by = {
        name: {kind: [row for row in found[name] if row["by"] == kind] for kind in kinds}
        for name, kinds in {
            "cycles": ("condition", "number", "provider"),
            "retreatments": ("month", "provider"),
        }.items()
    }
    return Figures(
        responders={
            condition: Responders(_outcomes(rows)) for condition, rows in _by(by["cycles"]["condition"], "condition_id")
        },
        changes={
            condition: [_change(number, same) for number, same in sorted(_by(rows, "number"))]
            for condition, rows in _by(by["cycles"]["number"], "condition_id")
        },
        responders_by_provider={
            condition: {
                Provider(pk, same[0]["provider"]): Responders(_outcomes(same)) for pk, same in _by(rows, "provider_id")
            }
            for condition, rows in _by(by["cycles"]["provider"], "condition_id")
        },
        months=[
            Retreatments(_timings(rows), date.fromisoformat(month))
            for month, rows in sorted(_by(by["retreatments"]["month"], "month"))
        ],
        timing_by_provider={
            Provider(pk, rows[0]["provider"]): Retreatments(_timings(rows))
            for pk, rows in _by(by["retreatments"]["provider"], "provider_id")
        },
        wear_off=_survival(found["wear_off"], happened=("wearing off",)),
        retention=_survival(found["retention"], happened=("lapsed", "stopped", "left")),
        lapses={row["figure"]: row["count"] for row in found["lapses"]},
        doses={product: _doses(rows) for product, rows in _by(found["doses"], "product_id")},
        units={product: _units(rows) for product, rows in _by(found["vials"], "product_id")},
        events=Events(
            counts={row["part"]: row["count"] for row in found["events"]},
            asked=sum(row["count"] for row in found["asked"] if row["figure"] == "asked"),
            not_asked=sum(row["count"] for row in found["asked"] if row["figure"] == "not asked"),
        ),
    )


def _by(rows: list[dict[str, Any]], name: str) -> list[tuple[Any, list[dict[str, Any]]]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row[name]].append(row)
    return list(grouped.items())


def _outcomes(rows: list[dict[str, Any]]) -> dict[Outcome, int]:
    return {Outcome(row["figure"]): row["count"] for row in rows}


def _timings(rows: list[dict[str, Any]]) -> dict[Timing, int]:
    return {Timing(row["figure"]): row["count"] for row in rows}


def _change(number: int, rows: list[dict[str, Any]]) -> Change:
    cycles = Responders(_outcomes(rows))
    mean = mean_of_sums(
        count=cycles.assessed,
        total=sum((Decimal(row["total"]) for row in rows if row["total"]), Decimal(0)),
        squares=sum((Decimal(row["squares"]) for row in rows if row["squares"]), Decimal(0)),
    )
    return Change(number, cycles, mean)


def _survival(rows: list[dict[str, Any]], *, happened: tuple[str, ...]) -> Survival:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row["figure"]] += row["count"]
    times = [(row["days"], row["figure"] in happened, row["count"]) for row in rows if row["days"] is not None]
    return Survival(times, dict(counts))


def _doses(rows: list[dict[str, Any]]) -> ProductDoses:
    months = [
        Doses(date.fromisoformat(row["month"]), row["count"], *row["quartiles"])
        for row in sorted(rows, key=lambda row: row["month"])
        if row["figure"] == "dose"
    ]
    return ProductDoses(months, sum(row["count"] for row in rows if row["figure"] == "touch-up"))


def _units(rows: list[dict[str, Any]]) -> Units:
    opened = [row for row in rows if row["figure"] == "vials"]
    return Units(
        sessions=sum(row["count"] for row in opened),
        vials=sum(int(row["vials"]) for row in opened),
        given=sum((Decimal(row["units_given"]) for row in opened), Decimal(0)),
        discarded=sum((Decimal(row["units_discarded"]) for row in opened), Decimal(0)),
        without=sum(row["count"] for row in rows if row["figure"] == "no vial"),
    )
