"""Whether a visit may have its place in the diary: locks, checks, and what is said when it may not."""

from __future__ import annotations

from datetime import date, datetime

import psycopg2.errors
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from accounts.permissions import Role
from patients.models import Patient
from scheduling.conflicts import conflicts_of, objections_to, remarks_on
from scheduling.models import Appointment, Room
from scheduling.rules.visits import FURTHEST_AHEAD, LONGEST_MINUTES, SHORTEST_MINUTES
from treatments.models import FollowUp, TreatmentCourse

Kind = Appointment.Kind
MAY_OVERRIDE = "scheduling.override_booking"


def lock_people(*, patient_id: int, provider: User, room: Room | None) -> None:
    """Queue up for a patient, a provider and a room, always in this order.

    The exclusion constraints alone refuse a double booking, but two inserts at once can each wait for the other there,
    and one would end in a deadlock instead of a message. Other rows that only point at these are not held up.
    """
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient_id)
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)
    if room is not None:
        Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)


def check(
    appointment: Appointment, course_ids: list[int], *, by: User | None, now: datetime, is_placed: bool = False
) -> list[TreatmentCourse]:
    """Lock what the visit takes, refuse what may not be, and return its courses.

    Of one that `is_placed` already, at this time with this provider, what was set aside then is not asked again.
    """
    provider, site, room = appointment.provider, appointment.site, appointment.room
    lock_people(patient_id=appointment.patient_id, provider=provider, room=room)
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
    elif patient.merged_into_id is not None:
        refuse("patient", "This record was merged into another one: book for that one.")
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
    follow_up = appointment.follow_up
    if appointment.kind != Kind.FOLLOW_UP:
        appointment.follow_up = None
    elif follow_up is not None and (
        follow_up.course.patient_id != patient.pk or follow_up.status != FollowUp.Status.PLANNED
    ):
        refuse("follow_up", "This follow-up is not planned for this patient.")
    for field, taken in conflicts_of(appointment).items():
        problems.setdefault(field, []).extend(taken)
    if not is_placed and today <= day <= today + FURTHEST_AHEAD:
        for words in _objections(appointment, courses, by=by, today=today):
            refuse("override_reason", words)
    if problems:
        # Named with the rest, though alone it would stop nobody.
        for words in remarks_on(appointment, courses):
            refuse("starts_at", words)
        raise ValidationError(dict(problems))
    appointment.patient = patient
    return courses


def _objections(appointment: Appointment, courses: list[TreatmentCourse], *, by: User | None, today: date) -> list[str]:
    """The rules against this time that nobody has set aside, each in words, and what may be done about it.

    A reason stays with the visit only where there was something to set aside and somebody who may.
    """
    reason, appointment.override_reason = appointment.override_reason, ""
    found = [objection.words for objection in objections_to(appointment, courses, today=today)]
    if not found:
        return []
    if not may_override(by):
        return [*found, "Choose another time, or ask a provider, who may book it with a reason."]
    if not reason:
        return [*found, "Choose another time, or give the reason to book it all the same."]
    appointment.override_reason = reason
    return []


def may_override(by: User | None) -> bool:
    """Whether this person may set a rule aside with a reason; a patient's link never may."""
    return by is not None and by.has_perm(MAY_OVERRIDE)


def refusal(error: IntegrityError, appointment: Appointment) -> Exception:
    """What to raise for a refusal of the database: the conflicts in words, or the error itself when it is another."""
    cause = error.__cause__
    if not isinstance(cause, psycopg2.errors.ExclusionViolation):
        return error
    if found := conflicts_of(appointment):
        return ValidationError(dict(found))
    # What was in the way went away between the refusal and this look.
    return ValidationError("Someone else changed the diary at this time. Try again.")
