"""What happens to an appointment: booked, moved, followed through the day, cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import psycopg2.errors
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Site, User
from accounts.permissions import Role
from audit.actions import lock_version
from patients.models import Patient
from scheduling.actions.recalls import bring_back
from scheduling.models import Appointment, AppointmentCourse, Room
from scheduling.rules import (
    FURTHEST_AHEAD,
    LONGEST_MINUTES,
    SHORTEST_MINUTES,
    is_too_early,
    span_words,
    status_problem,
)
from treatments.models import FollowUp, InjectionSession, TreatmentCourse

Kind, Status = Appointment.Kind, Appointment.Status


def book_appointment(
    *,
    patient: Patient,
    provider: User,
    site: Site,
    kind: str,
    starts_at: datetime,
    minutes: int,
    by: User,
    now: datetime,
    courses: Iterable[TreatmentCourse] = (),
    room: Room | None = None,
    follow_up: FollowUp | None = None,
    early_reason: str = "",
    note: str = "",
) -> Appointment:
    """Book a visit of `minutes` at that moment.

    Raises ValidationError, by field, naming every conflict: provider, room or patient taken; a session before a course
    may be repeated, without a reason; a patient who died or left; a day that is past.
    """
    appointment = Appointment(
        patient=patient,
        provider=provider,
        site=site,
        room=room,
        kind=kind,
        follow_up=follow_up,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        early_reason=early_reason.strip(),
        note=note.strip(),
        created_by=by,
    )
    try:
        with transaction.atomic():
            planned = _check(appointment, [course.pk for course in courses], now=now)
            appointment.save(force_insert=True)
            AppointmentCourse.objects.bulk_create(
                AppointmentCourse(appointment=appointment, course=course) for course in planned
            )
    except IntegrityError as error:
        raise _taken(error, appointment) from error
    return appointment


def move_appointment(
    *,
    appointment: Appointment,
    starts_at: datetime,
    minutes: int,
    provider: User,
    room: Room | None,
    version: int | None,
    by: User,
    now: datetime,
    early_reason: str = "",
    note: str | None = None,
) -> Appointment:
    """Move a visit that has not begun to another time, provider or room of its site, all checks as when booking.

    Raises StaleVersionError when somebody changed it meanwhile.
    """
    current = appointment
    try:
        with transaction.atomic():
            _lock_people(patient_id=appointment.patient_id, provider=provider, room=room)
            current = lock_version(appointment, version=version)
            if current.status not in (Status.BOOKED, Status.CONFIRMED):
                raise ValidationError(f"This appointment is {current.get_status_display()} and cannot be moved.")
            if current.starts_at != starts_at:
                current.status = Status.BOOKED  # what was confirmed was the other time
            current.starts_at, current.ends_at = starts_at, starts_at + timedelta(minutes=minutes)
            current.provider, current.room, current.early_reason = provider, room, early_reason.strip()
            if note is not None:
                current.note = note.strip()
            _check(current, list(current.planned.values_list("course_id", flat=True)), now=now)
            current.save()
    except IntegrityError as error:
        raise _taken(error, current) from error
    return current


def set_status(*, appointment: Appointment, status: str, by: User, now: datetime) -> Appointment:
    """Press a status: confirmed, arrived, in room, done, missed, or one step back from a slip.

    Raises ValidationError for a step the rules do not know, and when a missed visit is taken up again and its time is
    taken meanwhile. A missed one puts its courses back on the recall list.
    """
    if status == Status.CANCELLED:
        raise ValidationError("Say why it is cancelled.")
    if status not in Status.values:
        raise ValidationError("Unknown status.")
    current = appointment
    try:
        with transaction.atomic():
            Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=appointment.patient_id)
            current = lock_version(appointment, version=None)
            _step(current, status, now=now)
            current.save()
            if status == Status.MISSED:
                _bring_courses_back(current, reason="Missed the appointment", by=by, now=now)
    except IntegrityError as error:
        raise _taken(error, current) from error
    return current


def mark_missed(*, appointment: Appointment, by: User, now: datetime) -> Appointment:
    """The patient did not come: the time stays in the record, the courses go back on the recall list."""
    return set_status(appointment=appointment, status=Status.MISSED, by=by, now=now)


@transaction.atomic
def cancel_appointment(*, appointment: Appointment, reason: str, by: User, now: datetime) -> Appointment:
    """Cancel, with the reason kept; the time is free and the courses are back on the recall list the same moment.

    Cancelling a cancelled one changes nothing. Raises ValidationError without a reason or once the visit is done.
    """
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is cancelled."})
    current = lock_version(appointment, version=None)
    if current.status == Status.CANCELLED:
        return current
    _step(current, Status.CANCELLED, now=now)
    current.cancelled_reason = reason.strip()
    current.save()
    _bring_courses_back(current, reason="Appointment cancelled", by=by, now=now)
    return current


@transaction.atomic
def link_session(*, appointment: Appointment, session: InjectionSession, by: User) -> Appointment:
    """Say that this visit became that session; linking it again changes nothing.

    Raises ValidationError for another patient's session, and for a visit that was cancelled or became another session.
    """
    current = lock_version(appointment, version=None)
    if current.session_id == session.pk:
        return current
    if current.patient_id != session.patient_id:
        raise ValidationError("This is another patient's session.")
    if not current.is_active:
        raise ValidationError(f"This appointment is {current.get_status_display()}.")
    earlier = current.session
    if earlier is not None and earlier.status != InjectionSession.Status.VOIDED:
        raise ValidationError("This appointment has its session already.")
    current.session = session
    if current.status in (Status.BOOKED, Status.CONFIRMED, Status.ARRIVED):
        current.status = Status.IN_ROOM
    current.save()
    return current


def conflicts_of(appointment: Appointment) -> dict[str, list[str]]:
    """Everything that stands in the way of this visit, by field, in words."""
    others = list(
        Appointment.objects.overlapping(starts_at=appointment.starts_at, ends_at=appointment.ends_at)
        .exclude(pk=appointment.pk)
        .taking(provider_id=appointment.provider_id, room_id=appointment.room_id, patient_id=appointment.patient_id)
        .select_related("provider", "room")
        .order_by("starts_at", "pk")
    )
    found: dict[str, list[str]] = {}
    for other in others:
        zone = appointment.site.zone()
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


def _lock_people(*, patient_id: int, provider: User, room: Room | None) -> None:
    """Queue up for a patient, a provider and a room, always in this order.

    The exclusion constraints alone refuse a double booking, but two inserts at once can each wait for the other there,
    and one would end in a deadlock instead of a message. Other rows that only point at these are not held up.
    """
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient_id)
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)
    if room is not None:
        Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)


def _check(appointment: Appointment, course_ids: list[int], *, now: datetime) -> list[TreatmentCourse]:
    """Lock what the visit takes, refuse what may not be, and return its courses."""
    provider, site, room = appointment.provider, appointment.site, appointment.room
    _lock_people(patient_id=appointment.patient_id, provider=provider, room=room)
    patient = Patient.objects.get(pk=appointment.patient_id)
    courses = list(
        TreatmentCourse.objects.select_for_update(of=("self",))
        .filter(pk__in=course_ids)
        .select_related("condition")
        .order_by("pk")
    )
    day, today = appointment.on, site.today(now=now)
    problems: dict[str, list[str]] = {}

    def refuse(field: str, words: str) -> None:
        problems.setdefault(field, []).append(words)

    if patient.died_on is not None:
        refuse("patient", "This patient has died.")
    elif patient.left_on is not None and patient.left_on <= day:
        refuse("patient", f"This patient left the clinic on {patient.left_on:%-d %B %Y}.")
    if day < today:
        refuse("starts_at", "This day is past.")
    if day > today + FURTHEST_AHEAD:
        refuse("starts_at", "More than two years ahead: check the year.")
    if not SHORTEST_MINUTES <= appointment.minutes <= LONGEST_MINUTES:
        refuse("minutes", f"From {SHORTEST_MINUTES} minutes to {LONGEST_MINUTES // 60} hours.")
    if not provider.is_active or not provider.has_role(Role.PROVIDER):
        refuse("provider", f"{provider} does not see patients.")
    elif not provider.sites.filter(pk=site.pk).exists():
        refuse("provider", f"{provider} does not work at {site}.")
    if room is not None and (room.site_id != site.pk or not room.is_active):
        refuse("room", f"{room} is not a room of {site} that can be booked.")
    if appointment.kind not in Kind.values:
        refuse("kind", "Unknown kind of visit.")
    if any(course.patient_id != patient.pk for course in courses) or len(courses) != len(set(course_ids)):
        refuse("courses", "This is not a course of this patient.")
    if appointment.kind == Kind.SESSION and not courses:
        refuse("courses", "Choose what will be treated.")
    for course in courses:
        if course.closed_on is not None and course.closed_on <= day:
            refuse("courses", f"{course.condition.name} is closed ({course.get_closed_reason_display()}).")
    if appointment.kind == Kind.SESSION and not appointment.early_reason:
        for course in courses:
            if course.eligible_on and is_too_early(
                on=day, eligible_on=course.eligible_on, last_session_on=course.last_session_on
            ):
                refuse(
                    "early_reason",
                    f"{course.condition.name} may not be repeated before {course.eligible_on:%-d %B %Y}. "
                    "Give the reason to book earlier, or choose a later day.",
                )
    follow_up = appointment.follow_up
    if appointment.kind != Kind.FOLLOW_UP:
        appointment.follow_up = None
    elif follow_up is not None and (
        follow_up.course.patient_id != patient.pk or follow_up.status != FollowUp.Status.PLANNED
    ):
        refuse("follow_up", "This follow-up is not planned for this patient.")
    for field, words in conflicts_of(appointment).items():
        problems.setdefault(field, []).extend(words)
    if problems:
        raise ValidationError(dict(problems))
    appointment.patient = patient
    return courses


def _step(appointment: Appointment, status: str, *, now: datetime) -> None:
    problem = status_problem(
        current=appointment.shown_status,
        new=status,
        on=appointment.on,
        today=appointment.site.today(now=now),
        has_started=appointment.starts_at <= now,
    )
    if problem is None and appointment.shown_status == Status.DONE != appointment.status:
        problem = "Its session is signed, so the visit is done."
    if problem is not None:
        raise ValidationError(problem)
    appointment.status = status


def _bring_courses_back(appointment: Appointment, *, reason: str, by: User, now: datetime) -> None:
    if appointment.kind == Kind.SESSION:
        for course in appointment.courses.order_by("pk"):
            bring_back(course=course, reason=reason, by=by, now=now)


def _taken(error: IntegrityError, appointment: Appointment) -> Exception:
    """What to raise for a refusal of the database: the conflicts in words, or the error itself when it is another."""
    cause = error.__cause__
    if not isinstance(cause, psycopg2.errors.ExclusionViolation):
        return error
    if found := conflicts_of(appointment):
        return ValidationError(dict(found))
    # What was in the way went away between the refusal and this look.
    return ValidationError("Someone else changed the diary at this time. Try again.")
