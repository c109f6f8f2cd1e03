"""Appointments as iCalendar (RFC 5545): the feed of one provider, and one visit for the patient who comes.

What is written here leaves the clinic: no word about health, and names only where the clinic said so. Times are UTC,
so that a calendar program anywhere shows the right hour whatever it knows of time zones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from django.apps import apps
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from icalendar import Calendar, Event

from messaging.models import ContactPolicy
from messaging.rules.wording import clinic_name
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet

DAYS_PAST = 7
DAYS_AHEAD = 60
PRODID = "-//Cadence//Calendar//EN"
# Of the names of appointments; any will do, as long as it stays.
_NAMES = UUID("6f3c1d6a-5b0e-5b53-9f0a-6a5a0e2f5c11")


def uid_of(appointment: Appointment) -> str:
    """The name of an appointment in every calendar, for as long as it exists; one that was moved is another one.

    In the patient's own calendar it stays the same one: see `appointment_ics`.
    """
    return str(uuid5(_NAMES, f"{appointment.pk} {appointment.created_at.astimezone(UTC).isoformat()}"))


def with_last_change(appointments: AppointmentQuerySet) -> AppointmentQuerySet:
    """Each row with `last_change`, the moment its row was last written."""
    history = apps.get_model("scheduling", "AppointmentEvent").objects.filter(pgh_obj=OuterRef("pk"))
    return appointments.annotate(
        last_change=Coalesce(Subquery(history.order_by("-pgh_id").values("pgh_created_at")[:1]), "created_at")
    )


def of_feed(appointments: AppointmentQuerySet, *, now: datetime) -> AppointmentQuerySet:
    """What a feed says on a moment: the visits that take place, of the last week and the next two months."""
    return (
        with_last_change(appointments.active())
        .filter(starts_at__gte=now - timedelta(days=DAYS_PAST), starts_at__lt=now + timedelta(days=DAYS_AHEAD))
        .select_related("patient", "site", "room")
        .order_by("starts_at", "pk")
    )


def feed_ics(appointments: Iterable[Appointment]) -> bytes:
    """A provider's diary; needs the rows of `of_feed`. The same rows make the same bytes."""
    calendar = _calendar("Cadence")
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    for appointment in appointments:
        site = appointment.site
        patient = appointment.patient
        who = f"{patient.given_name} {patient.family_name}" if site.feed_names else "Appointment"
        event = _event(appointment, summary=f"{who} ({appointment.minutes} min)")
        event.add("location", f"{appointment.room}, {site.name}" if appointment.room else site.name)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def appointment_ics(appointment: Appointment) -> bytes:
    """One visit, for the calendar of the patient: when and where, the clinic's phone, and not a word about health.

    A visit that took the place of another has the name of the first one and a higher SEQUENCE, so that it takes its
    place in the calendar too (RFC 5545, 3.8.7.4); nobody takes the old file out of a phone by hand.
    """
    site = appointment.site
    policy = ContactPolicy.objects.filter(site=site).first()
    clinic = clinic_name(sender_name=policy.sender_name if policy else "", site_name=site.name, language="en")
    if not hasattr(appointment, "last_change"):
        appointment = with_last_change(Appointment.objects.filter(pk=appointment.pk)).select_related("site").get()
    calendar = _calendar("")
    calendar.add("method", "PUBLISH")
    first, changes = _first_of(appointment)
    event = _event(appointment, summary=f"Appointment, {clinic}", name=uid_of(first), sequence=changes)
    if site.address:
        event.add("location", " ".join(site.address.split()))
    if site.phone:
        event.add("description", f"{clinic}, phone {site.phone}")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _first_of(appointment: Appointment) -> tuple[Appointment, int]:
    """The visit that this one goes back to by moves, and how often either was changed since it was made."""
    first, changes = appointment, appointment.version - 1
    while (before := first.moved_from) is not None:
        first, changes = before, changes + before.version
    return first, changes


def _calendar(name: str) -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    if name:
        calendar.add("x-wr-calname", name)
    return calendar


def _event(appointment: Appointment, *, summary: str, name: str = "", sequence: int | None = None) -> Event:
    changed: datetime = appointment.last_change.astimezone(UTC).replace(microsecond=0)  # type: ignore[attr-defined]
    event = Event()
    event.add("uid", name or uid_of(appointment))
    # Of a feed without a METHOD, DTSTAMP is when the event was last revised (RFC 5545, 3.8.7.2).
    event.add("dtstamp", changed)
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", summary)
    event.add("sequence", appointment.version - 1 if sequence is None else sequence)
    event.add("created", appointment.created_at.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", changed)
    event.add("status", "CANCELLED" if not appointment.is_active else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    return event
