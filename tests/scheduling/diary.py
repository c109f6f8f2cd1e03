"""A diary with something in it, for the calendar's tests and journeys."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Site
from patients.models import Coverage, Patient, Payer
from scheduling import actions
from scheduling.models import Appointment, Availability, Holiday, HoursException, Room
from scheduling.rules.times import local_moment
from tests.cast import Cast
from tests.scheduling.made import booked, dated
from treatments.models import InjectionSession

NAMES = [
    "Abara",
    "Bianchi",
    "Costa",
    "Diallo",
    "Evans",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ivanov",
    "Jensen",
    "Kim",
    "Lund",
]


def person(cast: Cast, name: str, site: Site | None = None) -> Patient:
    return Patient.objects.create(
        given_name="Ana",
        family_name=name,
        birth_date=date(1980, 1, 1),
        site=site or cast.harbour,
        phone="+1 617 555 0100",
    )


def both_work(cast: Cast, site: Site | None = None) -> None:
    """Dr Ito from 9 to 5 every day, Dr Okafor from 8 to 12 and from 13 to 16 Monday to Friday."""
    site = site or cast.harbour
    spans = [(cast.ito, day, 9, 17) for day in range(7)]
    spans += [(cast.okafor, day, *hours) for day in range(5) for hours in ((8, 12), (13, 16))]
    Availability.objects.bulk_create(
        Availability(provider=who, site=site, weekday=day, starts_at=time(begin), ends_at=time(end))
        for who, day, begin, end in spans
    )


def at_midday(site: Site) -> None:
    """Put the site where it is about noon now, so that a day's visits around the present all fall on one day."""
    hours = 12 - datetime.now(UTC).hour
    site.time_zone = f"Etc/GMT{-hours:+d}" if hours else "UTC"
    site.save()


def next_monday(site: Site) -> date:
    """The Monday after this week, whatever today is."""
    today = site.today()
    return today + timedelta(days=7 - today.weekday())


def at(site: Site, day: date, hour: int, minute: int = 0) -> datetime:
    return local_moment(day, time(hour, minute), zone=site.zone())


def full_day(cast: Cast, day: date) -> list[Appointment]:
    """A working day of two providers: sessions, follow-ups, consultations; early, not authorised, moved, cancelled."""
    site = cast.harbour
    rooms = [Room.objects.get_or_create(site=site, name=name)[0] for name in ("Room 1", "Room 2")]
    made = []
    for number, name in enumerate(NAMES):
        patient = person(cast, name)
        provider = cast.ito if number % 2 else cast.okafor
        start = at(site, day, 9) + timedelta(minutes=45 * (number // 2))
        if start.hour >= 12:
            start += timedelta(hours=1)
        common: dict[str, Any] = {
            "patient": patient,
            "site": site,
            "provider": provider,
            "starts_at": start,
            "now": timezone.now(),
        }
        if number % 4 == 3:
            made.append(booked(cast, kind="follow_up", minutes=15, **common))
        elif number % 4 == 2:
            made.append(booked(cast, kind="consultation", minutes=40, **common))
        else:
            ago = 60 if number == 4 else 100
            if number == 5:
                Coverage.objects.create(patient=patient, payer=payer(), authorization_required=True)
            course = dated(cast.course(patient=patient), session_on=site.today() - timedelta(days=ago))
            reason = "travels abroad" if number in (4, 5) else ""
            by = cast.ito if reason else cast.robin
            made.append(
                booked(cast, course, room=rooms[number % 2], override_reason=reason, by=by, minutes=30, **common)
            )
    now = timezone.now()
    actions.cancel_appointment(appointment=made[-1], reason="has a cold", by=cast.robin, now=now)
    return made


def payer() -> Payer:
    return Payer.objects.get_or_create(name="Harborlight Mutual")[0]


def today_in_progress(cast: Cast) -> list[Appointment]:
    """Visits of today at every step of the day, around the present moment (where it is `at_midday`).

    The first is done and its session is not signed.
    """
    site = cast.harbour
    rooms = [Room.objects.get_or_create(site=site, name=name)[0] for name in ("Room 1", "Room 2", "Room 3")]
    now = timezone.now()
    made = []
    local = site.localtime(now).replace(second=0, microsecond=0)
    first = local - timedelta(minutes=local.minute % 5 + 70)
    for number, status in enumerate(("done", "in_room", "arrived", "arrived", "booked", "confirmed", "missed")):
        provider = cast.ito if number % 2 else cast.okafor
        start = first + timedelta(minutes=20 * (number // 2))
        patient = person(cast, NAMES[number])
        course = dated(cast.course(patient=patient), session_on=site.today() - timedelta(days=100))
        visit = booked(
            cast,
            course,
            provider=provider,
            starts_at=start,
            minutes=20,
            room=rooms[number % 2] if number < 2 else None,
            override_reason="squeezed in",
            by=cast.ito,
            now=now,
        )
        since = now - timedelta(minutes=7 * (number + 1))
        Appointment.objects.filter(pk=visit.pk).update(status=status, status_since=since)
        if status == "done":
            session = InjectionSession.objects.create(patient=patient, site=site, performed_on=site.today())
            Appointment.objects.filter(pk=visit.pk).update(session=session)
        visit.refresh_from_db()
        made.append(visit)
    return made


def away(cast: Cast, day: date, **fields: object) -> HoursException:
    return HoursException.objects.create(provider=cast.okafor, starts_on=day, ends_on=day, **fields)


def holiday(cast: Cast, day: date) -> Holiday:
    return Holiday.objects.create(site=cast.harbour, on=day, name="Founders' Day")
