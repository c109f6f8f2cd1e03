"""The follow-ups that are booked together with a session, each at the first fitting time around its day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError

from accounts.models import User
from scheduling.actions.appointments import book_appointment, cancel_appointment, move_appointment
from scheduling.free_times import FreeTime, fitting_times
from scheduling.lengths import usual_minutes
from scheduling.models import Appointment, Room
from scheduling.rules.slots import Search
from scheduling.rules.times import local_moment
from treatments.models import FollowUpStep, TreatmentCourse

# Around the day of a step, in days: first from it on, then before it.
AFTER, BEFORE = 10, 5


@dataclass(frozen=True)
class PlannedStep:
    """A step of the plan in force for a course, that a visit may be booked for."""

    course: TreatmentCourse
    step: FollowUpStep

    @property
    def key(self) -> str:
        return f"{self.course.pk}.{self.step.key}"

    @property
    def words(self) -> str:
        return f"{self.step.name}, {self.course.condition.short_name}, day {self.step.day}"


@dataclass(frozen=True)
class Outcome:
    """What came of one follow-up: its visit, or why there is none, in words."""

    words: str
    appointment: Appointment | None = None


def steps_for(courses: Sequence[TreatmentCourse], *, on: date) -> list[PlannedStep]:
    """The steps of the plan in force on that day for each course, in the order of their days; one query."""
    rows = list(
        FollowUpStep.objects.filter(
            policy__condition__in=[course.condition_id for course in courses], policy__in_force_from__lte=on
        )
        .select_related("policy")
        .order_by("day", "pk")
    )
    in_force: dict[int, int] = {}
    for row in rows:
        condition = row.policy.condition_id
        in_force[condition] = max(row.policy.version, in_force.get(condition, 0))
    return [
        PlannedStep(course, row)
        for course in courses
        for row in rows
        if row.policy.condition_id == course.condition_id and row.policy.version == in_force[course.condition_id]
    ]


def book_follow_ups(*, visit: Appointment, steps: Iterable[PlannedStep], by: User, now: datetime) -> list[Outcome]:
    """Book a follow-up for each step, with the same provider and site, around its day after the visit.

    Each stands by itself: one that finds no time is named and stops no other.
    """
    outcomes = []
    for planned in steps:
        due = visit.on + timedelta(days=planned.step.day)
        minutes = usual_minutes(site=visit.site, kind=Appointment.Kind.FOLLOW_UP, courses=[planned.course])
        time = _first_time(visit, due, minutes=minutes, now=now)
        if time is None:
            outcomes.append(Outcome(_none_free(planned.words, due, visit.provider)))
            continue
        try:
            booked = book_appointment(
                patient=visit.patient,
                provider=visit.provider,
                site=visit.site,
                kind=Appointment.Kind.FOLLOW_UP,
                starts_at=local_moment(time.day, time.starts_at.time(), zone=visit.site.zone()),
                minutes=minutes,
                courses=[planned.course],
                room=_room(time),
                planned_with=visit,
                plan_step=planned.step.key,
                by=by,
                now=now,
            )
        except ValidationError as error:
            outcomes.append(Outcome(f"{planned.words}: {' '.join(error.messages)}"))
        else:
            outcomes.append(Outcome(f"{planned.words}: {_when(booked)}", booked))
    return outcomes


def move_follow_ups(*, visit: Appointment, by: User, now: datetime) -> list[Outcome]:
    """After its session moved: put each follow-up booked with it around its day again, as far after it as planned."""
    days = {
        (row.course_id, planned.step.key): planned.step.day
        for row in visit.planned.select_related("course__condition")
        for planned in steps_for([row.course], on=visit.site.today(now=now))
    }
    outcomes = []
    for follow_up in _standing(visit):
        courses = [row.course_id for row in follow_up.planned.all()]
        day = next((days[key] for pk in courses if (key := (pk, follow_up.plan_step)) in days), None)
        name = f"Follow-up of {follow_up.on.day} {follow_up.on:%b}"
        if day is None:
            outcomes.append(Outcome(f"{name}: its step is not in the plan any more. Move it by hand."))
            continue
        due = visit.on + timedelta(days=day)
        time = _first_time(visit, due, minutes=follow_up.minutes, now=now, without=follow_up)
        if time is None:
            outcomes.append(Outcome(_none_free(name, due, visit.provider)))
            continue
        try:
            moved = move_appointment(
                appointment=follow_up,
                starts_at=local_moment(time.day, time.starts_at.time(), zone=visit.site.zone()),
                minutes=follow_up.minutes,
                provider=visit.provider,
                room=_room(time),
                version=None,
                by=by,
                now=now,
            )
        except ValidationError as error:
            outcomes.append(Outcome(f"{name}: {' '.join(error.messages)}"))
        else:
            outcomes.append(Outcome(f"{name}: now {_when(moved)}", moved))
    return outcomes


def cancel_follow_ups(*, visit: Appointment, reason: str, cancelled_by: str, by: User, now: datetime) -> list[Outcome]:
    """Cancel every follow-up booked with a session that still stands."""
    return [
        Outcome(
            f"Cancelled: {_when(follow_up)}",
            cancel_appointment(appointment=follow_up, reason=reason, cancelled_by=cancelled_by, by=by, now=now),
        )
        for follow_up in _standing(visit)
    ]


def _standing(visit: Appointment) -> list[Appointment]:
    return list(
        visit.planned_follow_ups.filter(status__in=[Appointment.Status.BOOKED, Appointment.Status.CONFIRMED])
        .select_related("site", "provider", "patient")
        .prefetch_related("planned")
        .order_by("starts_at", "pk")
    )


def _first_time(
    visit: Appointment, due: date, *, minutes: int, now: datetime, without: Appointment | None = None
) -> FreeTime | None:
    first = max(visit.site.today(now=now), visit.on + timedelta(days=1))
    searches = [
        Search(max(due, first), due + timedelta(days=AFTER)),
        Search(max(due - timedelta(days=BEFORE), first), due - timedelta(days=1)),
    ]
    searches = [search for search in searches if search.first <= search.last]
    found = fitting_times(
        provider=visit.provider, patient=visit.patient, site=visit.site, minutes=minutes, searches=searches, now=now,
        without=without, limit=1, per_day=1,
    )  # fmt: skip
    return found[0] if found else None


def _room(time: FreeTime) -> Room | None:
    return Room.objects.filter(pk=time.room_id).first() if time.room_id else None


def _none_free(name: str, due: date, provider: User) -> str:
    return f"{name}: no free time with {provider} around {due.day} {due:%b}. Book it by hand."


def _when(visit: Appointment) -> str:
    start = visit.local_start
    return f"{start:%a} {start.day} {start:%b}, {visit.time_words}"
