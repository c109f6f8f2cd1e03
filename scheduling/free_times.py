"""The first free times of a provider for a visit, read from the diary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q

from accounts.models import Site, User
from patients.models import Patient
from scheduling.models import Appointment, Availability
from scheduling.rules import Hours, Search, free_slots


@dataclass(frozen=True)
class FreeTime:
    """A free start as the wall time at the site, without a zone; `is_late` when it lies after the window closes.

    Templates move a moment with a zone to the reader's clock, and a person may book at another site than their own.
    """

    starts_at: datetime
    is_late: bool = False

    @property
    def day(self) -> date:
        return self.starts_at.date()

    @property
    def value(self) -> str:
        """The wall time as a form sends it back."""
        return f"{self.starts_at:%Y-%m-%dT%H:%M}"


def first_free_times(
    *,
    provider: User,
    patient: Patient,
    site: Site,
    minutes: int,
    searches: Sequence[Search],
    closes_on: date | None,
    now: datetime,
    limit: int = 12,
) -> list[FreeTime]:
    """Free times of the first of the searches that has any, in two queries; none when the provider has no hours here.

    Times at which the patient is elsewhere in the clinic are left out too.
    """
    hours = [
        Hours(weekday=row.weekday, starts_at=row.starts_at, ends_at=row.ends_at)
        for row in Availability.objects.filter(provider=provider, site=site)
    ]
    if not hours or not searches:
        return []
    zone = site.zone()
    first, last = min(search.first for search in searches), max(search.last for search in searches)
    busy = list(
        Appointment.objects.overlapping(
            starts_at=datetime.combine(first, time.min, tzinfo=zone),
            ends_at=datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone),
        )
        .filter(Q(provider=provider) | Q(patient=patient))
        .order_by()
        .values_list("starts_at", "ends_at")
    )
    for search in searches:
        found = free_slots(
            hours=hours,
            busy=busy,
            first=search.first,
            last=search.last,
            minutes=minutes,
            zone=zone,
            now=now,
            limit=limit,
        )
        if found:
            return [
                FreeTime(at.replace(tzinfo=None), is_late=closes_on is not None and at.date() > closes_on)
                for at in found
            ]
    return []
