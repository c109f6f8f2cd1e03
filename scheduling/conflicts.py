"""What stands against a visit at its time: taken people and rooms, hours, too early, outside the authorisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import Site, User
from scheduling.free_times import working_hours
from scheduling.models import Appointment, Availability, Holiday
from scheduling.rules.hours import WHOLE_WEEK, Outside, WorkingHours, outside_hours
from scheduling.rules.times import clock, span_words
from scheduling.rules.visits import is_too_early, repeats
from treatments.authorizations import Authorized, authorized
from treatments.models import TreatmentCourse
from treatments.rules.windows import Booking


@dataclass(frozen=True)
class Objection:
    """A rule that speaks against a time and may be set aside, by those who may, with a reason."""

    kind: str  # early, booked, holiday, away, hours, authorization
    words: str


def conflicts_of(appointment: Appointment) -> dict[str, list[str]]:
    """Who and what is taken at the time of this visit, by field, in words. Never set aside; the database decides."""
    others = list(
        Appointment.objects.overlapping(starts_at=appointment.starts_at, ends_at=appointment.ends_at)
        .exclude(pk=appointment.pk)
        .taking(provider_id=appointment.provider_id, room_id=appointment.room_id, patient_id=appointment.patient_id)
        .select_related("provider", "room")
        .order_by("starts_at", "pk")
    )
    found: dict[str, list[str]] = {}
    zone = appointment.site.zone()
    for other in others:
        span = span_words(other.starts_at.astimezone(zone), other.ends_at.astimezone(zone))
        same_patient = other.patient_id == appointment.patient_id
        if other.provider_id == appointment.provider_id:
            whom = "this patient" if same_patient else "another patient"
            found.setdefault("provider", []).append(f"{other.provider} has {span} with {whom}.")
        if other.room is not None and other.room_id == appointment.room_id:
            found.setdefault("room", []).append(f"{other.room} is taken {span}.")
        if same_patient and other.provider_id != appointment.provider_id:
            found.setdefault("starts_at", []).append(f"The patient has {span} with {other.provider}.")
    return found


def objections_to(appointment: Appointment, courses: Sequence[TreatmentCourse], *, today: date) -> list[Objection]:
    """Every rule that speaks against this visit and may be set aside; at most five queries."""
    found = []
    if appointment.kind == Appointment.Kind.SESSION:
        found += _too_early(courses, appointment.on) + _booked_already(courses, appointment.on, today)
    found += _outside_hours(appointment)
    if appointment.kind == Appointment.Kind.SESSION:
        found += _unauthorized(courses, appointment.on, authorized(courses, on=today))
    return found


def remarks_on(appointment: Appointment, courses: Iterable[TreatmentCourse]) -> list[str]:
    """What is worth knowing of this time and forbids nothing: a session after its window has closed."""
    if appointment.kind != Appointment.Kind.SESSION:
        return []
    day = appointment.on
    return [
        f"After the window: for {course.condition.name} it closes on {_day(course.window_closes_on)}."
        for course in courses
        if course.window_closes_on is not None
        and day > course.window_closes_on
        and course.last_session_on is not None
        and day > course.last_session_on
    ]


def hours_words(
    hours: WorkingHours, *, starts_at: datetime, ends_at: datetime, provider: User, site: Site
) -> Objection | None:
    """Why a visit lies outside these hours, in words."""
    zone = site.zone()
    why = outside_hours(hours, starts_at=starts_at, ends_at=ends_at, zone=zone)
    if why is None:
        return None
    day = starts_at.astimezone(zone).date()
    if why == Outside.HOLIDAY:
        return Objection("holiday", f"{site} is closed on {_day(day)}.")
    if why == Outside.AWAY:
        return Objection("away", f"{provider} is away then, on {_day(day)}.")
    spans = [f"{clock(begin)}-{clock(end)}" for begin, end in hours.on(day)]
    if spans:
        return Objection("hours", f"Outside the hours of {provider}: {', '.join(spans)} that day.")
    return Objection("hours", f"{provider} has no hours at {site} on {day:%A} {_day(day)}.")


def _too_early(courses: Iterable[TreatmentCourse], day: date) -> list[Objection]:
    return [
        Objection("early", f"{course.condition.name} may not be repeated before {_day(course.eligible_on)}.")
        for course in courses
        if course.eligible_on
        and is_too_early(on=day, eligible_on=course.eligible_on, last_session_on=course.last_session_on)
    ]


def _booked_already(courses: Iterable[TreatmentCourse], day: date, today: date) -> list[Objection]:
    """Two people may book one patient at once; a booking outside the window is no reason not to book one inside it."""
    return [
        Objection("booked", f"{course.condition.name} is booked for {_day(booked)} already: move that visit.")
        for course in courses
        if _is_served(course, today)
        for booked in course.booked_ahead(on=today)
        if repeats(on=day, booked=booked, today=today, interval=_interval(course))
    ]


def _is_served(course: TreatmentCourse, today: date) -> bool:
    """Whether the next booking is as good as there can be: in the window, or after one that is over."""
    booking, closes_on = course.booking(on=today), course.window_closes_on
    return booking == Booking.IN_WINDOW or (booking == Booking.TOO_LATE and closes_on is not None and closes_on < today)


def _interval(course: TreatmentCourse) -> timedelta | None:
    return course.eligible_on - course.last_session_on if course.eligible_on and course.last_session_on else None


def _outside_hours(appointment: Appointment) -> list[Objection]:
    provider, site, day = appointment.provider, appointment.site, appointment.on
    hours = working_hours(provider=provider, site=site, first=day, last=day)
    # Of somebody whose week nobody has entered, nothing is known but holidays and absences.
    is_known = bool(hours.week) or Availability.objects.filter(provider=provider).exists()
    if not is_known:
        hours = WorkingHours(week=WHOLE_WEEK, exceptions=hours.exceptions, holidays=hours.holidays)
    objection = hours_words(
        hours, starts_at=appointment.starts_at, ends_at=appointment.ends_at, provider=provider, site=site
    )
    if objection is None or (objection.kind == "hours" and not is_known):
        return []
    if objection.kind == "holiday":
        name = Holiday.objects.filter(site=site, on=day).values_list("name", flat=True).first()
        return [Objection("holiday", f"{site} is closed on {_day(day)}: {name}.")]
    return [objection]


def _unauthorized(
    courses: Iterable[TreatmentCourse], day: date, found: Mapping[int, Authorized | None]
) -> list[Objection]:
    objections = []
    for course in courses:
        allowed = found[course.pk]
        if allowed is None or any(first <= day <= last for first, last in allowed.further):
            continue
        words = f"no authorisation covers {_day(day)}"
        if any(first <= day <= last for first, last in allowed.unused):
            words = f"every visit that is authorised for {_day(day)} is booked already"
        objections.append(Objection("authorization", f"{course.condition.name}: {words}."))
    return objections


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
