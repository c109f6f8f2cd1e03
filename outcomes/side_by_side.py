"""A course's latest sessions side by side: units per muscle, and beneath them how each went.

Rows for `outcomes.views.side_by_side`, in a fixed number of queries; what they mean stands in treatments.rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Sum

from outcomes.summaries import JudgedCycle, Summary
from treatments.models import AdverseEvent, FollowUp, Injection, InjectionSession, TreatmentCourse, VialUse
from treatments.rules.own_interval import Observed

SHOWN = 6
SEEN = ("onset_on", "peak_on", "wear_off_on")
MOST_ROWS = 200  # of sessions and follow-ups: a course of fifty years has as many


@dataclass(frozen=True)
class Cell:
    """One muscle and side in one session; `change` against the session before it, None between products."""

    units: Decimal | None
    sites: int
    change: Decimal | None


@dataclass
class Column:
    """One session of the course."""

    session: InjectionSession
    number: int
    days_since: int | None
    observed: Observed
    units: Decimal | None = None
    sites: int = 0
    cycle: JudgedCycle | None = None
    events: list[AdverseEvent] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    lots: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class MuscleRow:
    """One muscle and side over the sessions shown, oldest first; None where it was not treated."""

    muscle: str
    side: str
    cells: list[Cell | None]


@dataclass(frozen=True)
class SideBySide:
    """The latest sessions, oldest first, and every muscle that one of them treated."""

    columns: list[Column]
    rows: list[MuscleRow]
    cycles: list[Observed]
    all_sessions: int


def side_by_side(course: TreatmentCourse, summary: Summary | None) -> SideBySide:
    """The latest sessions of a course, in four queries for any number of them. `cycles` are those of all sessions."""
    given = list(
        InjectionSession.objects.given()
        .filter(treated__course=course)
        .select_related("product", "provider")
        .annotate(
            lots=ArraySubquery(
                VialUse.objects.filter(session=OuterRef("pk"))
                .order_by("vial__lot__number")
                .values_list("vial__lot__number", flat=True)
                .distinct()
            ),
            # Told at a follow-up, and no event with a term made of it.
            noted=ArraySubquery(
                FollowUp.objects.filter(
                    session=OuterRef("pk"),
                    course=course,
                    status=FollowUp.Status.DONE,
                    adverse_event=True,
                    adverse_event_record=None,
                )
                .order_by("done_on", "pk")
                .values_list("adverse_event_text", flat=True)
            ),
        )
        .order_by("performed_on", "signed_at", "pk")[:MOST_ROWS]
    )
    observed = observed_cycles(course, given)
    judged = {cycle.session_id: cycle for cycle in summary.cycles} if summary else {}
    columns = [
        Column(
            session=session,
            number=number,
            days_since=(session.performed_on - given[number - 2].performed_on).days if number > 1 else None,
            observed=observed.get(session.pk, Observed(session.performed_on)),
            units=session.outside_units,
            lots=[session.outside_lot] if session.outside_lot else session.lots,
            cycle=judged.get(session.pk),
            noted=session.noted,
        )
        for number, session in enumerate(given, 1)
    ][-SHOWN:]
    _put_beneath(columns)
    return SideBySide(columns, _muscle_rows(course, columns), list(observed.values()), len(given))


def observed_cycles(course: TreatmentCourse, sessions: Iterable[InjectionSession]) -> dict[int, Observed]:
    """What was seen after each session that moves the window, by its id: the last follow-up that says so counts."""
    found: dict[int, dict[str, Any]] = {}
    done = FollowUp.objects.filter(course=course, status=FollowUp.Status.DONE).select_related("session")
    for row in done.order_by("done_on", "pk")[:MOST_ROWS]:
        dates = found.setdefault(row.session_id, {})
        dates |= {name: day for name in SEEN if (day := getattr(row, name))}
        if dates.get("wear_off_on") == row.session.performed_on:
            del dates["wear_off_on"]  # an effect that never came has no interval
    return {
        session.pk: Observed(session.performed_on, **found.get(session.pk, {}))
        for session in sessions
        if not session.is_touch_up
    }


def _put_beneath(columns: Sequence[Column]) -> None:
    by_session = {column.session.pk: column for column in columns}
    events = AdverseEvent.objects.filter(session__in=by_session).exclude(outcome=AdverseEvent.Outcome.ERROR)
    for event in events.select_related("muscle").order_by("onset_on", "pk"):
        by_session[event.session_id].events.append(event)


def _muscle_rows(course: TreatmentCourse, columns: Sequence[Column]) -> list[MuscleRow]:
    sums: dict[tuple[str, str], dict[int, tuple[Decimal, int]]] = {}
    injections = (
        Injection.objects.filter(course=course, session__in=[column.session.pk for column in columns])
        .values_list("muscle__name", "side", "session")
        .annotate(units=Sum("units"), sites=Count("pk"))
        .order_by("muscle__name", "side")
    )
    for muscle, side, session_id, units, sites in injections:
        sums.setdefault((muscle, side), {})[session_id] = (units, sites)
    for column in columns:
        own = [cells[column.session.pk] for cells in sums.values() if column.session.pk in cells]
        if own:
            column.units = sum((units for units, _ in own), Decimal(0))
            column.sites = sum(sites for _, sites in own)
    return [MuscleRow(muscle, side, _cells(columns, cells)) for (muscle, side), cells in sums.items()]


def _cells(columns: Sequence[Column], by_session: dict[int, tuple[Decimal, int]]) -> list[Cell | None]:
    cells: list[Cell | None] = []
    before: Column | None = None
    for column in columns:
        found = by_session.get(column.session.pk)
        # Units of different products are never set against each other, nor is anything against an outside session.
        same = before is not None and before.session.product_id == column.session.product_id and before.sites > 0
        if found is None:
            cells.append(None)
        else:
            units, sites = found
            then = by_session.get(before.session.pk, (Decimal(0), 0))[0] if same and before is not None else None
            cells.append(Cell(units, sites, None if then is None else units - then))
        before = column
    return cells
