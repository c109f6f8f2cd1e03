"""When everybody at a site works between two days: what the calendar shades."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from accounts.models import Site, User
from scheduling.free_times import hours_of
from scheduling.models import Holiday
from scheduling.rules.hours import Span, WorkingHours


@dataclass(frozen=True)
class SiteHours:
    """The hours of each provider by id, and the names of the days on which the site is closed."""

    by_provider: dict[int, WorkingHours] = field(default_factory=dict)
    holidays: dict[date, str] = field(default_factory=dict)

    def worked(self, provider: User, day: date) -> list[Span]:
        hours = self.by_provider.get(provider.pk)
        return hours.on(day) if hours else []

    def away(self, provider: User, day: date) -> list[Span]:
        """When the provider is away on that day, as spans of wall time."""
        hours = self.by_provider.get(provider.pk)
        rows = hours.exceptions if hours else ()
        return sorted(row.span for row in rows if row.is_away and row.first <= day <= row.last)

    def is_there(self, provider: User, day: date) -> bool:
        """Whether the provider's week or an exception says anything about that day, if only that they are away."""
        hours = self.by_provider.get(provider.pk)
        if hours is None:
            return False
        weekdays = {row.weekday for row in hours.week}
        extra = any(not row.is_away and row.first <= day <= row.last for row in hours.exceptions)
        return day.weekday() in weekdays or extra


def hours_at(*, site: Site, providers: Iterable[User], first: date, last: date) -> SiteHours:
    """The hours of these providers there between those days, both included, in two queries whoever they are."""
    return SiteHours(
        by_provider=hours_of([provider.pk for provider in providers], site=site, first=first, last=last),
        holidays=dict(Holiday.objects.filter(site=site, on__range=(first, last)).values_list("on", "name")),
    )
