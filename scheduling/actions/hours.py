"""When and where the clinic sees people, as administrators set it. Nothing here changes an appointment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import record
from scheduling.lengths import Lengths, VisitOf, lengths_of
from scheduling.models import Availability, Holiday, HoursException, Room, VisitKind, VisitLength
from scheduling.rules.hours import week_problems
from scheduling.rules.times import clock
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES
from treatments.models import Condition

LONGEST_EXCEPTION = timedelta(days=731)
WeekSpan = tuple[int, time, time]  # weekday (Monday 0), from, until


def week_of(*, provider: User, site: Site) -> list[WeekSpan]:
    """The provider's week there, in order."""
    rows = Availability.objects.filter(provider=provider, site=site).order_by("weekday", "starts_at", "pk")
    return list(rows.values_list("weekday", "starts_at", "ends_at"))


def week_mark(week: Iterable[WeekSpan]) -> str:
    """What a form carries to tell whether somebody else changed the week meanwhile."""
    return ";".join(f"{day} {clock(begin)}-{clock(end)}" for day, begin, end in week)


@transaction.atomic
def set_week(*, provider: User, site: Site, week: Iterable[WeekSpan], seen: str | None, by: User) -> list[WeekSpan]:
    """Put this week in the place of the provider's week at that site.

    `seen` is the mark of the week that the form was opened on; None skips the check. Raises ValidationError for spans
    that overlap or end before they start, and when somebody else changed the week meanwhile.
    """
    provider = User.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)
    current = week_of(provider=provider, site=site)
    if seen is not None and seen != week_mark(current):
        raise ValidationError(
            "Someone else changed these hours while you were editing. Below is your version; save again to put it in "
            "the place of theirs.",
            code="stale",
        )
    wanted = sorted(week)
    _must_see_patients(provider, site)
    names = dict(Availability.Weekday.choices)
    if problems := week_problems(wanted):
        raise ValidationError([f"{names[span[0]]}: {words}" for span, words in problems])
    if wanted != current:
        Availability.objects.filter(provider=provider, site=site).delete()
        Availability.objects.bulk_create(
            Availability(provider=provider, site=site, weekday=day, starts_at=begin, ends_at=end)
            for day, begin, end in wanted
        )
        record(action="staff-changed", by=by, subject=provider, detail=f"hours at site {site.pk}: {week_mark(wanted)}")
    return wanted


@transaction.atomic
def add_exception(
    *,
    provider: User,
    site: Site | None,
    starts_on: date,
    ends_on: date,
    by: User,
    is_away: bool = True,
    starts_at: time | None = None,
    ends_at: time | None = None,
    reason: str = "",
) -> HoursException:
    """Add days on which the week does not hold. Raises ValidationError by field, also for what is there already."""
    # Two who add the same at once stand in line here.
    provider = User.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)
    exception = HoursException(
        provider=provider, site=site, starts_on=starts_on, ends_on=ends_on, is_away=is_away, starts_at=starts_at,
        ends_at=ends_at, reason=reason.strip(),
    )  # fmt: skip
    exception.full_clean()
    if ends_on - starts_on > LONGEST_EXCEPTION:
        raise ValidationError({"ends_on": "More than two years: check the year."})
    if site is not None:
        _must_see_patients(provider, site)
    same = {"starts_on": starts_on, "ends_on": ends_on, "starts_at": starts_at, "ends_at": ends_at, "is_away": is_away}
    if HoursException.objects.filter(provider=provider, site=site, **same).exists():
        raise ValidationError({"starts_on": "This is listed already."})
    exception.save()
    record(action="staff-changed", by=by, subject=exception, detail=f"{_kind(exception)} added, staff {provider.pk}")
    return exception


@transaction.atomic
def remove_exception(*, exception: HoursException, by: User) -> None:
    """Let the week hold on those days again."""
    record(
        action="staff-changed",
        by=by,
        subject=exception,
        detail=f"{_kind(exception)} from {exception.starts_on} removed, staff {exception.provider_id}",
    )
    exception.delete()


@transaction.atomic
def add_holiday(*, site: Site, on: date, name: str, by: User) -> Holiday:
    """Close a site on a day. Raises ValidationError by field, also for one that is there already."""
    Site.objects.select_for_update(of=("self",), no_key=True).get(pk=site.pk)
    holiday = Holiday(site=site, on=on, name=name.strip())
    holiday.full_clean()
    holiday.save()
    record(action="staff-changed", by=by, subject=site, detail=f"holiday {on} added")
    return holiday


@transaction.atomic
def remove_holiday(*, holiday: Holiday, by: User) -> None:
    record(action="staff-changed", by=by, subject=holiday.site, detail=f"holiday {holiday.on} removed")
    holiday.delete()


@transaction.atomic
def add_room(*, site: Site, name: str, by: User) -> Room:
    """Raises ValidationError by field, also for a name that is there already."""
    Site.objects.select_for_update(of=("self",), no_key=True).get(pk=site.pk)
    room = Room(site=site, name=name.strip())
    _check_room(room)
    room.save()
    record(action="staff-changed", by=by, subject=room, detail="room added")
    return room


@transaction.atomic
def change_room(*, room: Room, name: str, is_active: bool, by: User, seen: str = "") -> Room:
    """Rename a room, close it or open it again. Visits booked into a closed room keep it.

    `seen` is the name that the form was opened on. Raises ValidationError by field, also when somebody else gave the
    room another name meanwhile.
    """
    Site.objects.select_for_update(of=("self",), no_key=True).get(pk=room.site_id)
    current = Room.objects.get(pk=room.pk)
    if seen and seen != current.name:
        raise ValidationError({"name": f"Somebody called it “{current.name}” meanwhile. Save again to put yours in."})
    current.name, current.is_active = name.strip(), is_active
    _check_room(current)
    current.save()
    record(action="staff-changed", by=by, subject=current, detail="room open" if is_active else "room closed")
    return current


class LengthsChangedError(Exception):
    """Somebody else set other lengths meanwhile; `current` holds all of the site, `others` what stands against mine."""

    def __init__(self, current: Lengths, others: set[VisitOf]) -> None:
        super().__init__("Somebody else set other lengths meanwhile.")
        self.current, self.others = current, others


@transaction.atomic
def set_lengths(
    *, site: Site, lengths: Mapping[VisitOf, int | None], by: User, seen: Mapping[VisitOf, int] | None = None
) -> None:
    """Set how long visits take, by kind and condition (None: all others); no minutes: as the kind, or as usual.

    What is not named stays, and so does what is named as it was `seen` when the form was opened; None skips the check.
    Raises ValidationError for lengths that no visit can have, and LengthsChangedError where somebody else set another
    length than the one seen and the one named; then nothing is changed.
    """
    Site.objects.select_for_update(of=("self",), no_key=True).get(pk=site.pk)
    current = lengths_of(site)
    if seen is not None:
        lengths = {visit: minutes for visit, minutes in lengths.items() if minutes != seen.get(visit)}
        others = {visit for visit, mine in lengths.items() if current.get(visit) not in (seen.get(visit), mine)}
        if others:
            raise LengthsChangedError(current, others)
    known = set(Condition.objects.values_list("pk", flat=True))
    for (kind, condition), minutes in lengths.items():
        if kind not in VisitKind.values or (condition is not None and condition not in known):
            raise ValidationError("Unknown kind of visit or condition.")
        if minutes is not None and not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
            raise ValidationError(f"From {SHORTEST_MINUTES} minutes to {LONGEST_MINUTES // 60} hours.")
        rows = VisitLength.objects.filter(site=site, kind=kind, condition=condition)
        if minutes is None:
            rows.delete()
        elif not rows.update(minutes=minutes):
            VisitLength.objects.create(site=site, kind=kind, condition_id=condition, minutes=minutes)
    record(action="staff-changed", by=by, subject=site, detail="lengths of visits")


def _check_room(room: Room) -> None:
    if Room.objects.filter(site=room.site_id, name__iexact=room.name).exclude(pk=room.pk).exists():
        raise ValidationError({"name": "A room here is called that already."})
    room.full_clean()


def _must_see_patients(provider: User, site: Site) -> None:
    if not provider.sites.filter(pk=site.pk).exists():
        raise ValidationError(f"{provider} does not work at {site}.")


def _kind(exception: HoursException) -> str:
    return "absence" if exception.is_away else "extra hours"
