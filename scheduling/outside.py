"""Appointments ahead that lie outside the hours as they are now: found for a person, changed by nobody."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from accounts.models import Site, User
from scheduling.conflicts import hours_words
from scheduling.free_times import hours_of
from scheduling.models import Appointment

MOST = 300  # appointments ahead that are looked at


def outside_now(*, site: Site, now: datetime, provider: User | None = None) -> list[tuple[Appointment, str]]:
    """The visits ahead at that site, of one provider or of all, that lie outside their hours, with the words why."""
    ahead = Appointment.objects.active().filter(site=site, starts_at__gt=now).exclude(status=Appointment.Status.DONE)
    if provider is not None:
        ahead = ahead.filter(provider=provider)
    visits = list(ahead.for_list().order_by("starts_at", "pk")[:MOST])
    if not visits:
        return []
    first, last = visits[0].on, visits[-1].on
    hours = hours_of({visit.provider_id for visit in visits}, site=site, first=first, last=last)
    found = []
    for visit in visits:
        objection = hours_words(
            hours[visit.provider_id],
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            provider=visit.provider,
            site=site,
        )
        if objection is not None:
            found.append((visit, objection.words))
    return found


def month_days(month: date) -> list[list[date]]:
    """The weeks of a calendar month, Monday first, filled up with days of its neighbours."""
    first = month.replace(day=1)
    day = first - timedelta(days=first.weekday())
    weeks = []
    while day.month == month.month or day < first:
        weeks.append([day + timedelta(days=count) for count in range(7)])
        day += timedelta(days=7)
    return weeks
