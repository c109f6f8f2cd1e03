"""Everything that happened with a patient, newest first, from all apps in one query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Func, Subquery
from django.db.models.functions import Cast, Coalesce

from outcomes.models import Assessment
from patients.models import Patient
from scheduling.models import Appointment, AppointmentCourse, RecallAttempt
from treatments.models import AdverseEvent, Evaluation, FollowUp, Injection, InjectionSession, SessionCourse

COLUMNS = ("kind", "day", "row_id", "condition", "what", "who", "amount", "unit", "count")


@dataclass(frozen=True)
class Entry:
    """One line of the timeline; `what` is the status or result, in words where people read it as it is."""

    kind: str
    day: date
    row_id: int
    condition: str
    what: str
    who: str
    amount: Decimal | None
    unit: str
    count: int


class LocalDay(Func):
    """The calendar day of a moment in a site's time zone."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = DateField()


def timeline(patient: Patient, *, clinical: bool, limit: int) -> list[Entry]:
    """The newest entries. Without `clinical`, what booking needs and no more: visits and contacts."""
    parts = [_appointments(patient), _contacts(patient)]
    if clinical:
        parts += [_sessions(patient), _follow_ups(patient), _scores(patient), _evaluations(patient), _events(patient)]
    rows = parts[0].union(*parts[1:], all=True).order_by("-t_day", "-t_row_id")[:limit]
    return [_worded(Entry(*row)) for row in rows]


def _worded(entry: Entry) -> Entry:
    if entry.kind == "event":
        return replace(entry, unit=AdverseEvent.Outcome(entry.unit).label)
    if entry.kind == "evaluation":
        return replace(entry, what=Evaluation.Suitability(entry.what).label)
    if entry.kind == "appointment":
        return replace(entry, what=Appointment.Status(entry.what).label)
    return entry


def _columns(rows: QuerySet[Any], **columns: Any) -> QuerySet[Any, tuple[Any, ...]]:
    blank: dict[str, Any] = {
        "condition": Value("", CharField()),
        "what": Value("", CharField()),
        "who": Value("", CharField()),
        # A bare NULL has no type that a union could match.
        "amount": Cast(Value(None), DecimalField(max_digits=9, decimal_places=2)),
        "unit": Value("", CharField()),
        "count": Value(0, IntegerField()),
    }
    # Annotations may not take the name of a column of the row, so each gets a prefix.
    named = {f"t_{name}": value for name, value in {**blank, **columns}.items()}
    return rows.order_by().annotate(**named).values_list(*(f"t_{name}" for name in COLUMNS))


def _names(through: type[Any], link: str) -> Subquery:
    rows = (
        through.objects.filter(**{link: OuterRef("pk")})
        .order_by()
        .values(link)
        .annotate(names=StringAgg("course__condition__name", delimiter=", ", order_by=["course__condition__position"]))
        .values("names")
    )
    return Coalesce(Subquery(rows), Value(""), output_field=CharField())  # type: ignore[return-value]


def _per_session(aggregate: Any) -> Subquery:
    rows = (
        Injection.objects.filter(session=OuterRef("pk")).order_by().values("session").annotate(n=aggregate).values("n")
    )
    return Subquery(rows)


def _sessions(patient: Patient) -> QuerySet[Any]:
    return _columns(
        InjectionSession.objects.filter(patient=patient),
        kind=Value("session", CharField()),
        day=F("performed_on"),
        row_id=F("pk"),
        condition=_names(SessionCourse, "session"),
        what=Cast(F("status"), CharField()),
        who=Coalesce(F("provider__name"), F("outside_source"), output_field=CharField()),
        amount=Cast(
            Coalesce(_per_session(Sum("units")), F("outside_units")), DecimalField(max_digits=9, decimal_places=2)
        ),
        unit=Coalesce(F("product__brand"), Value(""), output_field=CharField()),
        count=Coalesce(_per_session(Count("pk")), Value(0), output_field=IntegerField()),
    )


def _follow_ups(patient: Patient) -> QuerySet[Any]:
    return _columns(
        FollowUp.objects.filter(course__patient=patient, status="done"),
        kind=Value("follow-up", CharField()),
        day=F("done_on"),
        row_id=F("pk"),
        condition=F("course__condition__name"),
        what=Cast(F("name"), CharField()),
        who=F("done_by__name"),
        amount=Cast(F("impression"), DecimalField(max_digits=9, decimal_places=2)),
        unit=Cast(F("adverse_event_text"), CharField()),
    )


def _scores(patient: Patient) -> QuerySet[Any]:
    return _columns(
        Assessment.objects.filter(course__patient=patient),
        kind=Value("score", CharField()),
        day=F("assessed_on"),
        row_id=F("pk"),
        condition=F("course__condition__name"),
        what=F("instrument__short_name"),
        who=F("recorded_by__name"),
        amount=Cast(F("value"), DecimalField(max_digits=9, decimal_places=2)),
        unit=Cast(F("label"), CharField()),
    )


def _evaluations(patient: Patient) -> QuerySet[Any]:
    return _columns(
        Evaluation.objects.filter(course__patient=patient),
        kind=Value("evaluation", CharField()),
        day=F("evaluated_on"),
        row_id=F("pk"),
        condition=F("course__condition__name"),
        what=Cast(F("suitability"), CharField()),
        who=F("evaluated_by__name"),
    )


def _events(patient: Patient) -> QuerySet[Any]:
    return _columns(
        AdverseEvent.objects.filter(session__patient=patient),
        kind=Value("event", CharField()),
        day=F("onset_on"),
        row_id=F("pk"),
        condition=Coalesce(F("course__condition__name"), Value(""), output_field=CharField()),
        what=Cast(F("words"), CharField()),
        who=Coalesce(F("reported_by__name"), Value("the patient"), output_field=CharField()),
        unit=Cast(F("outcome"), CharField()),
    )


def _contacts(patient: Patient) -> QuerySet[Any]:
    return _columns(
        RecallAttempt.objects.filter(course__patient=patient),
        kind=Value("contact", CharField()),
        day=LocalDay(F("at"), F("course__site__time_zone")),
        row_id=F("pk"),
        condition=F("course__condition__name"),
        what=F("outcome__name"),
        who=F("by__name"),
        unit=Cast(F("note"), CharField()),
    )


def _appointments(patient: Patient) -> QuerySet[Any]:
    return _columns(
        Appointment.objects.filter(patient=patient),
        kind=Value("appointment", CharField()),
        day=LocalDay(F("starts_at"), F("site__time_zone")),
        row_id=F("pk"),
        condition=_names(AppointmentCourse, "appointment"),
        # A visit whose session is signed is over, whatever was pressed at the front desk.
        what=Case(When(session__status="signed", then=Value("done")), default=Cast(F("status"), CharField())),
        who=F("provider__name"),
        unit=Cast(F("kind"), CharField()),
    )
