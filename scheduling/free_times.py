"""The first fitting times of a provider for a visit, read from the diary: the one slot finder of the site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import DateField, Q, TimeField, Value
from django.db.models.functions import Cast

from accounts.models import Site, User
from patients.models import Patient
from scheduling.models import Appointment, Availability, Holiday, HoursException, Room
from scheduling.rules.hours import DayException, Hours, WorkingHours
from scheduling.rules.slots import Search, free_slots, within

# A bare NULL has no type that a union could match.
_NO_DAY = Cast(Value(None), DateField())
_NO_TIME = Cast(Value(None), TimeField())


@dataclass(frozen=True)
class FreeTime:
    """A free start as the wall time at the site, without a zone, and a room that is free then.

    `is_late` when it lies after the window closes, `is_unauthorized` when no authorisation covers its day. Templates
    move a moment with a zone to the reader's clock, and a person may book at another site than their own.
    """

    starts_at: datetime
    room_id: int | None = None
    is_late: bool = False
    is_unauthorized: bool = False

    @property
    def day(self) -> date:
        return self.starts_at.date()

    @property
    def value(self) -> str:
        """The wall time as a form sends it back."""
        return f"{self.starts_at:%Y-%m-%dT%H:%M}"


def working_hours(*, provider: User, site: Site, first: date, last: date) -> WorkingHours:
    """All that decides when the provider works there between those days, in one query."""
    return hours_of([provider.pk], site=site, first=first, last=last)[provider.pk]


def hours_of(providers: Iterable[int], *, site: Site, first: date, last: date) -> dict[int, WorkingHours]:
    """All that decides when each of the providers works there between those days, by their ids, in one query."""
    wanted = list(providers)
    week: dict[int, list[Hours]] = {pk: [] for pk in wanted}
    exceptions: dict[int, list[DayException]] = {pk: [] for pk in wanted}
    holidays: set[date] = set()
    for kind, whose, weekday, starts_on, ends_on, is_away, starts_at, ends_at in (
        Availability.objects.filter(provider__in=wanted, site=site)
        .order_by()
        .annotate(t=Value("week"), d1=_NO_DAY, d2=_NO_DAY, away=Value(False))
        .values_list("t", "provider", "weekday", "d1", "d2", "away", "starts_at", "ends_at")
        .union(
            HoursException.objects.filter(
                Q(site=site) | Q(site=None), provider__in=wanted, starts_on__lte=last, ends_on__gte=first
            )
            .order_by()
            .annotate(t=Value("exception"), w=Value(0))
            .values_list("t", "provider", "w", "starts_on", "ends_on", "is_away", "starts_at", "ends_at"),
            Holiday.objects.filter(site=site, on__range=(first, last))
            .order_by()
            .annotate(t=Value("holiday"), w=Value(0), away=Value(True), t1=_NO_TIME, t2=_NO_TIME)
            .values_list("t", "site", "w", "on", "on", "away", "t1", "t2"),
            all=True,
        )
    ):
        if kind == "week":
            week[whose].append(Hours(weekday=weekday, starts_at=starts_at, ends_at=ends_at))
        elif kind == "exception":
            exceptions[whose].append(DayException(starts_on, ends_on, is_away, starts_at, ends_at))
        else:
            holidays.add(starts_on)
    return {pk: WorkingHours(tuple(week[pk]), tuple(exceptions[pk]), frozenset(holidays)) for pk in wanted}


def fitting_times(
    *,
    provider: User,
    patient: Patient,
    site: Site,
    minutes: int,
    searches: Sequence[Search],
    now: datetime,
    closes_on: date | None = None,
    authorized: Sequence[tuple[date, date]] | None = None,
    without: Appointment | None = None,
    room_ids: Sequence[int] | None = None,
    limit: int = 12,
    per_day: int = 4,
) -> list[FreeTime]:
    """Free times of the first of the searches that has any; none when the provider has no hours here. Three queries.

    `authorized` are the spans of days that the payer allows, where one wants that: times inside them come first, and
    only when there is none are others given, marked. `without` is the appointment that would be given up. Times at
    which the patient is elsewhere in the clinic, or at which no room of the site is free, are left out; `room_ids` are
    the site's open rooms where the caller knows them.
    """
    if not searches:
        return []
    zone = site.zone()
    first, last = min(search.first for search in searches), max(search.last for search in searches)
    hours = working_hours(provider=provider, site=site, first=first, last=last)
    if not hours.week and not hours.exceptions:
        return []
    rooms = room_ids
    if rooms is None:
        rooms = list(Room.objects.filter(site=site, is_active=True).order_by("name").values_list("pk", flat=True))
    visits = list(
        Appointment.objects.overlapping(
            starts_at=datetime.combine(first, time.min, tzinfo=zone),
            ends_at=datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone),
        )
        .filter(Q(provider=provider) | Q(patient=patient) | Q(room__in=rooms))
        .exclude(pk__in=[without.pk] if without else [])
        .order_by()
        .values_list("starts_at", "ends_at", "provider_id", "patient_id", "room_id")
    )
    busy = [(begin, end) for begin, end, who, whom, _ in visits if who == provider.pk or whom == patient.pk]
    by_room = {room: [(begin, end) for begin, end, _, _, where in visits if where == room] for room in rooms}
    rounds = [(search, False) for search in searches]
    if authorized is not None:
        rounds = [(search, False) for search in within(searches, authorized)] + [(search, True) for search in searches]
    for search, is_unauthorized in rounds:
        found = free_slots(
            hours=hours,
            busy=busy,
            rooms=by_room,
            first=search.first,
            last=search.last,
            minutes=minutes,
            zone=zone,
            now=now,
            limit=limit,
            per_day=per_day,
        )
        if found:
            return [
                FreeTime(
                    slot.starts_at.replace(tzinfo=None),
                    room_id=slot.room_id,
                    is_late=closes_on is not None and slot.starts_at.date() > closes_on,
                    is_unauthorized=is_unauthorized,
                )
                for slot in found
            ]
    return []
