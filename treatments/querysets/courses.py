from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import Site
from treatments.querysets.sessions import GIVEN
from treatments.rules.windows import Booking, State

if TYPE_CHECKING:
    from accounts.models import User
    from treatments.models import TreatmentCourse  # noqa: F401

# A day for every site, or one day for all of them.
Today = date | Mapping[int, date]


def site_days(*, now: datetime | None = None) -> dict[int, date]:
    """Today's calendar date at each site, by site id; `now` is aware and defaults to the present."""
    moment = now or timezone.now()
    return {site.pk: site.today(now=moment) for site in Site.objects.all()}


def _day(on: Today) -> models.Expression:
    if isinstance(on, date):
        return Value(on, output_field=models.DateField())
    return Case(
        *(When(site_id=site_id, then=Value(day)) for site_id, day in on.items()),
        output_field=models.DateField(),
    )


class NextBooked(Func):
    """The earliest of the booked dates that is today or later and after the last session; SQL twin of next_booked."""

    template = (
        "(SELECT min(booked) FROM unnest(%(dates)s) AS booked"
        " WHERE booked >= %(today)s AND (%(last)s IS NULL OR booked > %(last)s))"
    )
    output_field = models.DateField(null=True)

    def __init__(self, dates: Any, today: Any, last: Any, **extra: Any) -> None:
        super().__init__(dates, today, last, **extra)

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        dates, today, last = self.source_expressions
        dates_sql, dates_params = compiler.compile(dates)
        today_sql, today_params = compiler.compile(today)
        last_sql, last_params = compiler.compile(last)
        sql = self.template % {"dates": dates_sql, "today": today_sql, "last": last_sql}
        return sql, [*dates_params, *today_params, *last_params, *last_params]


class BookedBefore(Func):
    """Whether any of the booked dates lies before that day."""

    arity = 2
    arg_joiner = " > ANY("
    template = "(%(expressions)s))"
    output_field = models.BooleanField()


class TreatmentCourseQuerySet(models.QuerySet["TreatmentCourse"]):
    def visible_to(self, user: User) -> TreatmentCourseQuerySet:
        """Courses of the patients this person may see."""
        return self.filter(patient__site__in=user.sites.all())

    def for_list(self) -> TreatmentCourseQuerySet:
        return self.select_related("patient", "condition", "provider", "site")

    def with_state(self, *, on: Today) -> TreatmentCourseQuerySet:
        """Annotate `today`, `state_now`, `next_booked_on` and `booking_now`; the SQL twin of rules.windows.

        `on` is one day for all, or a day for each site (see `site_days`).
        """
        return (
            self.annotate(
                today=_day(on),
            )
            .annotate(
                state_now=Case(
                    When(
                        Q(closed_on__lte=F("today"))
                        | Q(patient__died_on__lte=F("today"))
                        | Q(patient__left_on__lte=F("today")),
                        then=Value(State.CLOSED.value),
                    ),
                    When(window_opens_on=None, then=Value(State.NEW.value)),
                    When(opening_on__gt=F("today"), then=Value(State.IN_EFFECT.value)),
                    When(window_opens_on__gt=F("today"), then=Value(State.OPENING.value)),
                    When(window_closes_on__gte=F("today"), then=Value(State.DUE.value)),
                    When(lapses_on__gte=F("today"), then=Value(State.OVERDUE.value)),
                    default=Value(State.LAPSED.value),
                    output_field=models.CharField(),
                ),
                next_booked_on=Case(
                    # Most rows have no booking ahead and most others one: only several need a look through the list.
                    When(Q(booked_until=None) | Q(booked_until__lt=F("today")), then=Value(None)),
                    When(
                        Q(booked_dates__len=1) & (Q(last_session_on=None) | Q(booked_until__gt=F("last_session_on"))),
                        then=F("booked_until"),
                    ),
                    When(
                        booked_until__gte=F("today"),
                        then=NextBooked(F("booked_dates"), F("today"), F("last_session_on")),
                    ),
                    default=Value(None),
                    output_field=models.DateField(null=True),
                ),
            )
            .annotate(
                booking_now=Case(
                    When(next_booked_on=None, then=Value(Booking.NONE.value)),
                    When(next_booked_on__lt=F("eligible_on"), then=Value(Booking.TOO_EARLY.value)),
                    When(next_booked_on__gt=F("window_closes_on"), then=Value(Booking.TOO_LATE.value)),
                    default=Value(Booking.IN_WINDOW.value),
                    output_field=models.CharField(),
                ),
            )
        )

    def with_session_count(self) -> TreatmentCourseQuerySet:
        """Annotate `session_count`: sessions that treated the course, touch-ups and voided ones left out."""
        from treatments.models import SessionCourse

        counted = (
            SessionCourse.objects.filter(course=OuterRef("pk"), session__status__in=GIVEN, session__is_touch_up=False)
            .order_by()
            .values("course")
            .annotate(count=models.Count("pk"))
            .values("count")
        )
        return self.annotate(
            session_count=models.functions.Coalesce(Subquery(counted), 0, output_field=models.IntegerField())
        )


def session_numbers() -> ArraySubquery:
    """To annotate a session with: of each course it treats, as JSON, its number among the course's sessions.

    By their days, of those that count (see with_session_count); one that does not count has the number it would have.
    """
    from treatments.models import SessionCourse

    day, pk = OuterRef("session__performed_on"), OuterRef("session_id")
    before = (
        SessionCourse.objects.filter(
            Q(session__performed_on__lt=day) | Q(session__performed_on=day, session_id__lt=pk),
            course=OuterRef("course"),
            session__status__in=GIVEN,
            session__is_touch_up=False,
        )
        .order_by()
        .values("course")
        .annotate(count=models.Count("pk"))
        .values("count")
    )
    return ArraySubquery(
        SessionCourse.objects.filter(session=OuterRef("pk"))
        .order_by("pk")
        .values(json=JSONObject(course="course", number=models.functions.Coalesce(Subquery(before), 0) + 1))
    )


__all__ = ["BookedBefore", "NextBooked", "Today", "TreatmentCourseQuerySet", "session_numbers", "site_days"]
