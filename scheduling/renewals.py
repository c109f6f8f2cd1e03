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
from scheduling.counting import Counted, counted, together
from scheduling.querysets import each_row
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


def renewals(*, user: User, sites: Iterable[Site], now: datetime) -> Any:
    """Open courses, as a queryset, not of the dead or gone, whose next session needs an authorisation and has none.

    Annotated: `next_on`, the day of that session (see rules.ready.target_day); `payer_id`, `payer_name` and
    `coverage_pk` of the one who has to be asked first; `standing`, a key of STANDINGS. Each carries `ask_by`.
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
        # What is kept on the course leaves a few of all; from here on each is looked at closely.
        courses.filter(ask_by__isnull=False, asks_from__lte=F("today"))
        .exclude(Q(patient__died_on__lte=F("today")) | Q(patient__left_on__lte=F("today")))
        .annotate(next_on=Coalesce("next_booked_on", Greatest("target_on", "eligible_on", "today")))
        .annotate(coverage_pk=Subquery(in_force.values("pk")[:1]))
        .filter(coverage_pk__isnull=False)
        .filter(~Exists(_covering()))
        .annotate(
            payer_id=Subquery(in_force.values("payer")[:1]),
            payer_name=Subquery(in_force.values("payer__name")[:1]),
            standing=Coalesce(Subquery(_under_way().values("status")[:1]), Value(NOT_ASKED), output_field=CharField()),
        )
    )


def of_payer(courses: Any, payer: int) -> Any:
    """Those of which this payer has to be asked first; whom it covers at all is looked at before that."""
    covered = Coverage.objects.filter(patient=OuterRef("patient"), payer=payer, authorization_required=True)
    return courses.filter(each_row(Exists(covered))).filter(each_row(Q(payer_id=payer)))


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
    """What was asked for the time of the next session, an answer awaited before a denial."""
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
    )


def with_what_stands(courses: Any) -> Any:
    """Annotate `stands_id`, the authorisation whose status is the row's `standing`; None where nobody asked."""
    return courses.annotate(stands_id=Subquery(_under_way().values("pk")[:1]))


def _place(places: dict[Any, int]) -> Any:
    return Case(*(When(status=key, then=Value(place)) for key, place in places.items()), output_field=IntegerField())


@dataclass(frozen=True)
class RenewalPage:
    """One page by keyset; `after` is what the next page is asked with."""

    rows: list[Any]
    after: str


def renewal_page(courses: Any, *, standings: Iterable[str], size: int, after: str = "") -> RenewalPage:
    """The page of those standings that follows, the earliest to ask first."""
    rows = courses.filter(standing__in=set(standings))
    if edge := read_place(after):
        day, pk = edge
        # Said twice, so that the index is entered at the right leaf.
        rows = rows.filter(Q(ask_by__gt=day) | Q(ask_by=day, pk__gt=pk), ask_by__gte=day)
    found = list(with_what_stands(rows).for_list().order_by("ask_by", "pk")[: size + 1])
    shown = found[:size]
    return RenewalPage(shown, f"{shown[-1].ask_by:%Y%m%d}-{shown[-1].pk}" if len(found) > size else "")


def renewal_counts(courses: Any) -> dict[str, Counted]:
    """How many rows are to "ask" for, "asked" for, "all", and "overdue": too late to ask for. One query."""
    ask = courses.filter(standing__in=TO_ASK)
    found = counted(
        {"ask": ask, "asked": courses.exclude(standing__in=TO_ASK), "overdue": ask.filter(ask_by__lt=F("today"))}
    )
    return found | {"all": together(found["ask"], found["asked"])}


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
    return courses.filter(ask_by__lte=Cast(F("today") + Value(timedelta(days=days)), DateField()))
