"""The times a patient may choose by themselves: what the front desk would book without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import Site, User
from patients.models import Patient
from scheduling.free_times import FreeTime, fitting_times, working_hours
from scheduling.lengths import usual_minutes
from scheduling.models import Appointment, VisitKind
from scheduling.rules.slots import SEARCH_DAYS, Search
from treatments.authorizations import authorized_spans
from treatments.models import TreatmentCourse

# Enough to choose from on a phone; further days are one press away.
OFFERED, A_DAY = 24, 6


@dataclass(frozen=True)
class Wish:
    """A visit that a patient may find a time for: with the same person, of the same length."""

    patient: Patient
    provider: User
    site: Site
    kind: str
    minutes: int
    courses: tuple[TreatmentCourse, ...]
    instead_of: Appointment | None = None

    @classmethod
    def of_appointment(cls, appointment: Appointment) -> Wish:
        return cls(
            patient=appointment.patient,
            provider=appointment.provider,
            site=appointment.site,
            kind=appointment.kind,
            minutes=appointment.minutes,
            courses=tuple(appointment.courses.select_related("condition")),
            instead_of=appointment if appointment.is_active else None,
        )

    @classmethod
    def of_course(cls, course: TreatmentCourse, *, now: datetime) -> Wish:
        """The next session of a course; one that stands after the window is moved, so that there are not two."""
        wish = cls._next_of(course)
        standing = _standing(wish, now=now)
        return cls.of_appointment(standing) if standing is not None and _is_too_late(wish, standing, now) else wish

    @classmethod
    def _next_of(cls, course: TreatmentCourse) -> Wish:
        return cls(
            patient=course.patient,
            provider=course.provider,
            site=course.site,
            kind=VisitKind.SESSION,
            minutes=usual_minutes(site=course.site, kind=VisitKind.SESSION, courses=[course]),
            courses=(course,),
        )

    def days(self, *, today: date) -> tuple[date, date] | None:
        """The first and the last day this visit may be on; None when there is none.

        Never before any course may be repeated. Inside every window that is not over yet; a window that is over, or a
        first visit, leaves four months from today.
        """
        first = max([today, *(course.eligible_on for course in self._timed if course.eligible_on)])
        closing = [course.window_closes_on for course in self._timed if course.window_closes_on]
        last = min([day for day in closing if day >= first], default=first + timedelta(days=SEARCH_DAYS))
        return (first, last) if first <= last else None

    @property
    def _timed(self) -> tuple[TreatmentCourse, ...]:
        return self.courses if self.kind == VisitKind.SESSION else ()


def offered_times(wish: Wish, *, now: datetime, looking_from: date | None = None) -> list[FreeTime]:
    """Times to choose among, the soonest on or after that day first; only what the payer allows."""
    today = wish.site.today(now=now)
    days = wish.days(today=today)
    if days is None:
        return []
    first = max(days[0], looking_from or days[0])
    return _times(wish, [Search(first, days[1])] if first <= days[1] else [], today=today, now=now)


def offered_time(wish: Wish, *, starts_at: datetime, now: datetime) -> bool:
    """Whether that wall time lies on a day that may be offered; whether it is still free the diary decides.

    Of a provider without hours nothing is offered: the front desk may know better, a patient cannot.
    """
    day, days = starts_at.date(), wish.days(today=wish.site.today(now=now))
    if days is None or not days[0] <= day <= days[1]:
        return False
    hours = working_hours(provider=wish.provider, site=wish.site, first=day, last=day)
    return bool(hours.week or hours.exceptions)


def is_booked(wish: Wish, *, now: datetime) -> bool:
    """Whether another session of any of these courses stands than the one that would be moved."""
    return wish.kind == VisitKind.SESSION and _standing(wish, now=now) is not None


def _standing(wish: Wish, *, now: datetime) -> Appointment | None:
    ahead = Appointment.objects.active().filter(kind=VisitKind.SESSION, starts_at__gt=now, courses__in=wish.courses)
    if wish.instead_of is not None:
        ahead = ahead.exclude(pk=wish.instead_of.pk)
    return ahead.select_related("patient", "provider", "site").order_by("starts_at").first()


def _is_too_late(wish: Wish, standing: Appointment, now: datetime) -> bool:
    days = wish.days(today=wish.site.today(now=now))
    may_move = standing.status in (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED)
    return may_move and days is not None and standing.on > days[1]


def _times(wish: Wish, searches: Sequence[Search], *, today: date, now: datetime) -> list[FreeTime]:
    spans = _authorized(wish, today=today)
    found = fitting_times(
        provider=wish.provider,
        patient=wish.patient,
        site=wish.site,
        minutes=wish.minutes,
        searches=searches,
        authorized=spans,
        without=wish.instead_of,
        now=now,
        limit=OFFERED,
        per_day=A_DAY,
    )
    return [one for one in found if not one.is_unauthorized]


def _authorized(wish: Wish, *, today: date) -> list[tuple[date, date]] | None:
    """The days on which every course is authorised, where its payer wants that."""
    if wish.kind != VisitKind.SESSION:
        return None
    common: list[tuple[date, date]] | None = None
    given_up = {course.pk: wish.instead_of.on for course in wish.courses} if wish.instead_of is not None else {}
    for spans in authorized_spans(wish.courses, on=today, giving_up=given_up).values():
        if spans is None:
            continue
        common = (
            spans
            if common is None
            else [(max(a, c), min(b, d)) for a, b in common for c, d in spans if max(a, c) <= min(b, d)]
        )
    return common


def wall_time(text: str) -> datetime | None:
    """A wall time as a form sends it, "2026-12-01T09:30", or None."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - a wall time of the site
    except ValueError:
        return None
