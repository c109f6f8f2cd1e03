"""Authorisations to ask for: courses whose payer wants one and whose next session none covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    DecimalField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest

from accounts.models import Site, User
from patients.models import Coverage, PriorAuthorization
from treatments.models import Injection, InjectionSession, RetreatmentWindow, TreatmentCourse
from treatments.querysets.authorizations import counted_under, visits_used

Status = PriorAuthorization.Status
NOT_ASKED = "none"
# What stands for the next session where it is not covered; the first two still have to be asked for.
STANDINGS = {
    NOT_ASKED: "not asked for",
    Status.DENIED.value: "denied",
    Status.SUBMITTED.value: "asked for",
    Status.APPEAL.value: "in appeal",
}
TO_ASK = (NOT_ASKED, Status.DENIED.value)
SOON_DAYS = 30


class DaysBefore(Func):
    """A date less a number of days."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = DateField()


def renewals(*, user: User, sites: Iterable[Site], now: datetime) -> Any:
    """Open courses, as a queryset, not of the dead or gone, whose next session needs an authorisation and has none.

    Annotated: `next_on`, the day of that session (see rules.ready.target_day); `payer_id`, `payer_name` and
    `coverage_pk` of the one who has to be asked first; `submit_by`; `standing`, a key of STANDINGS.
    """
    days = {site.pk: site.today(now=now) for site in sites}
    on = set(days.values())
    courses: Any = (
        TreatmentCourse.objects.visible_to(user)
        .filter(site__in=list(days), closed_on=None)
        .with_state(on=on.pop() if len(on) == 1 else days)
    )
    in_force = Coverage.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=OuterRef("next_on")),
        Q(ends_on=None) | Q(ends_on__gte=OuterRef("next_on")),
        patient=OuterRef("patient"),
        authorization_required=True,
    ).order_by("-payer__lead_days", "pk")
    return (
        courses.exclude(Q(patient__died_on__lte=F("today")) | Q(patient__left_on__lte=F("today")))
        .annotate(next_on=Coalesce("next_booked_on", Greatest("target_on", "eligible_on", "today")))
        .annotate(
            coverage_pk=Subquery(in_force.values("pk")[:1]),
            lead_days=Subquery(in_force.values("payer__lead_days")[:1], output_field=IntegerField()),
        )
        .filter(coverage_pk__isnull=False)
        .filter(~Exists(_covering()))
        .annotate(
            payer_id=Subquery(in_force.values("payer")[:1]),
            payer_name=Subquery(in_force.values("payer__name")[:1]),
            submit_by=DaysBefore(F("next_on"), F("lead_days")),
            standing=Coalesce(Subquery(_under_way()), Value(NOT_ASKED), output_field=CharField()),
        )
    )


def _covering() -> Any:
    """Approved authorisations that cover the next session: its day, its product, a visit, and as many units as last."""
    used = counted_under()
    last = (
        RetreatmentWindow.objects.filter(course=OuterRef(OuterRef("pk")), closed_by=None, voided=False)
        .order_by()
        .annotate(
            units=Coalesce(
                Subquery(
                    Injection.objects.filter(session=OuterRef("session"), course=OuterRef("course"))
                    .order_by()
                    .values("session")
                    .annotate(found=Sum("units"))
                    .values("found")
                ),
                F("session__outside_units"),
                Value(0),
                output_field=DecimalField(),
            )
        )
    )
    units = Coalesce(Subquery(used.annotate(found=Sum("units")).values("found")), Value(0), output_field=DecimalField())
    needed = Coalesce(Subquery(last.values("units")[:1]), Value(0), output_field=DecimalField())
    # Everything signed in its time at the most: where even that leaves enough, nothing has to be counted finely.
    sessions = InjectionSession.objects.filter(
        Q(authorization=OuterRef("pk")) | Q(performed_on__range=(OuterRef("starts_on"), OuterRef("ends_on"))),
        patient=OuterRef("patient"),
        status=InjectionSession.Status.SIGNED,
    ).order_by()
    given = sessions.values("patient").annotate(found=Sum("injections__units")).values("found")
    most_units = Coalesce(Subquery(given), Value(0), output_field=DecimalField())
    most_visits = Coalesce(Subquery(sessions.values("patient").annotate(found=Count("pk")).values("found")), Value(0))
    return PriorAuthorization.objects.filter(
        Q(product=Coalesce(Subquery(last.values("session__product__key")[:1]), F("product"))),
        Q(visits_approved=None) | Q(visits_approved__gt=most_visits) | Q(visits_approved__gt=visits_used(used)),
        Q(units_approved=None)
        | Q(units_approved__gt=most_units + needed)
        | (Q(units_approved__gt=units) & Q(units_approved__gte=units + needed)),
        patient=OuterRef("patient"),
        condition=OuterRef("condition__key"),
        status=Status.APPROVED,
        starts_on__lte=OuterRef("next_on"),
        ends_on__gte=OuterRef("next_on"),
    )


def _under_way() -> Any:
    """The status of what was asked for the time of the next session: an answer awaited comes before a denial."""
    waiting = {Status.SUBMITTED: 0, Status.APPEAL: 1, Status.DENIED: 2}
    return (
        PriorAuthorization.objects.filter(
            patient=OuterRef("patient"),
            condition=OuterRef("condition__key"),
            status__in=list(waiting),
            ends_on__gte=OuterRef("next_on"),
        )
        .annotate(place=_place(waiting))
        .order_by("place", "-pk")
        .values("status")[:1]
    )


def _place(places: dict[Any, int]) -> Any:
    return Case(*(When(status=key, then=Value(place)) for key, place in places.items()), output_field=IntegerField())


@dataclass(frozen=True)
class RenewalPage:
    """One page by keyset, and how many rows there are by standing; `after` is what the next page is asked with."""

    rows: list[Any]
    after: str
    counts: dict[str, int]
    overdue: int


def renewal_page(courses: Any, *, standings: Iterable[str], size: int, after: str = "") -> RenewalPage:
    """The page of those standings that follows, the earliest to ask first. Two queries."""
    wanted = set(standings)
    counts = dict.fromkeys(STANDINGS, 0)
    overdue = 0
    places = []
    # Looking costs more than listing: every row is looked at once, and counted and put in order here.
    for pk, submit_by, standing, today in courses.order_by().values_list("pk", "submit_by", "standing", "today"):
        counts[standing] += 1
        overdue += standing in TO_ASK and submit_by < today
        if standing in wanted:
            places.append((submit_by, pk))
    edge = read_place(after)
    following = sorted(place for place in places if edge is None or place > edge)
    shown = [pk for _, pk in following[:size]]
    rows = {row.pk: row for row in courses.filter(pk__in=shown).for_list()}
    found = [rows[pk] for pk in shown if pk in rows]
    more = len(following) > size
    return RenewalPage(
        rows=found,
        after=f"{following[size - 1][0]:%Y%m%d}-{following[size - 1][1]}" if more else "",
        counts=counts,
        overdue=overdue,
    )


def read_place(text: str) -> tuple[date, int] | None:
    """A place in the list as it stands in a link: day and course; None for anything else."""
    day, _, pk = text.partition("-")
    if len(day) != 8 or not day.isdecimal() or not pk.isdecimal() or len(pk) > 18:
        return None
    try:
        return datetime.strptime(day, "%Y%m%d").date(), int(pk)  # noqa: DTZ007 - a calendar day
    except ValueError:
        return None


def soon(courses: Any, *, days: int = SOON_DAYS) -> Any:
    """Those to be asked for within so many days, and the overdue ones."""
    return courses.filter(submit_by__lte=Cast(F("today") + Value(timedelta(days=days)), DateField()))
