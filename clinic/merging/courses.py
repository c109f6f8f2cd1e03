"""Two open courses of one condition: one goes on, the other closes, and what is still to come follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from messaging.models import Message
from patients.models import Patient
from scheduling.models import Appointment, AppointmentCourse, WaitingEntry
from treatments.models import DrugOrder, InjectionSession, TreatmentCourse

Changes = dict[str, dict[str, dict[str, list[Any]]]]


@dataclass(frozen=True)
class Twins:
    """The open courses of one condition, of the kept record first."""

    condition_id: int
    courses: tuple[TreatmentCourse, TreatmentCourse]

    @property
    def name(self) -> str:
        return str(self.courses[0].condition.name)

    @property
    def draft_days(self) -> list[date]:
        """Days of drafts that treat one of the two."""
        return sorted({day for course in self.courses for day in course.draft_days})  # type: ignore[attr-defined]

    @property
    def latest(self) -> TreatmentCourse:
        """The one with the latest session; the kept record's where both have none or one of the same day."""
        first, second = self.courses
        if second.last_session_on and (not first.last_session_on or second.last_session_on > first.last_session_on):
            return second
        return first

    @property
    def may_go_on(self) -> list[TreatmentCourse]:
        """A course without a session cannot carry on the rhythm of one that has some."""
        treated = [course for course in self.courses if course.last_session_on]
        return treated or list(self.courses)

    def other(self, course: TreatmentCourse) -> TreatmentCourse:
        first, second = self.courses
        return second if course.pk == first.pk else first


def twins_of(kept: Patient, merged: Patient) -> list[Twins]:
    """The conditions for which both records have an open course."""
    rows = TreatmentCourse.objects.filter(patient__in=[kept, merged], closed_on=None).select_related(
        "condition", "provider", "site"
    )
    drafts = InjectionSession.objects.drafts().filter(treated__course=OuterRef("pk")).order_by("performed_on")
    rows = rows.annotate(draft_days=ArraySubquery(drafts.values("performed_on")))
    found: dict[int, dict[int, TreatmentCourse]] = {}
    for course in rows.order_by("condition__position", "pk"):
        found.setdefault(course.condition_id, {})[course.patient_id] = course
    return [
        Twins(condition_id, (courses[kept.pk], courses[merged.pk]))
        for condition_id, courses in found.items()
        if len(courses) == 2
    ]


def drafts_of(courses: Iterable[TreatmentCourse]) -> list[InjectionSession]:
    """Drafts that treat one of these courses: they have to be signed or thrown away before it closes."""
    return list(
        InjectionSession.objects.filter(status="draft", treated__course__in=list(courses)).distinct().order_by("pk")
    )


def closing(*, course: TreatmentCourse, goes_on: TreatmentCourse, today: str) -> Changes:
    """What is written when `course` closes because `goes_on` goes on, each value with the one before it."""
    changes: Changes = {
        TreatmentCourse._meta.label: {
            str(course.pk): {
                "closed_on": [None, today],
                "closed_reason": ["", TreatmentCourse.ClosedReason.MERGED.value],
                "closed_note": [course.closed_note, "Two records of this person were made one."],
            }
        }
    }

    def to_the_other(rows: Any) -> None:
        for row in rows:
            changes.setdefault(row._meta.label, {})[str(row.pk)] = {"course_id": [course.pk, goes_on.pk]}

    # What is still to come; a visit already planned for both keeps its two rows.
    planned = AppointmentCourse.objects.filter(
        course=course, appointment__session=None, appointment__status__in=["booked", "confirmed", "arrived", "in_room"]
    ).exclude(appointment__planned__course=goes_on)
    to_the_other(planned.order_by("pk"))
    to_the_other(WaitingEntry.objects.filter(course=course, status=WaitingEntry.Status.WAITING).order_by("pk"))
    to_the_other(
        DrugOrder.objects.filter(
            course=course, status__in=[DrugOrder.Status.ORDERED, DrugOrder.Status.SHIPPED]
        ).order_by("pk")
    )
    for message in Message.objects.filter(about="course", about_id=course.pk, status=Message.Status.QUEUED):
        changes.setdefault(Message._meta.label, {})[str(message.pk)] = {
            "status": [message.status, Message.Status.CANCELLED.value],
            "problem": [message.problem, "The course goes on in another one."],
        }
    return changes


def overlapping(kept: Patient, merged: Patient) -> list[tuple[Appointment, Appointment]]:
    """Visits of the two at one time: a person cannot be in two places, and the database knows it."""
    visits = list(
        Appointment.objects.active()
        .filter(patient__in=[kept, merged])
        .select_related("provider", "site", "room")
        .order_by("starts_at", "pk")
    )
    return [
        (own, other)
        for own in visits
        if own.patient_id == kept.pk
        for other in visits
        if other.patient_id == merged.pk and own.starts_at < other.ends_at and own.ends_at > other.starts_at
    ]


def only_past(pair: tuple[Appointment, Appointment]) -> bool:
    """Both took place, so to speak: nothing can be cancelled any more, and the second one stays where it is."""
    return all(visit.status == Appointment.Status.DONE for visit in pair)
