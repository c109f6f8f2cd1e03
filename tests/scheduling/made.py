"""What the diary's tests are made of."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Site
from patients.models import Patient
from scheduling import actions
from scheduling.models import Appointment, Availability
from scheduling.recall_list import TABS, recall_counts, recall_courses
from scheduling.recall_page import recall_page
from scheduling.rules.times import local_moment
from tests.cast import Cast
from treatments.models import InjectionSession, RetreatmentWindow, TreatmentCourse
from treatments.models.course import DATE_FIELDS
from treatments.rules.windows import IntervalRule, WindowPolicy, window_for


def dated(course: TreatmentCourse, *, session_on: date) -> TreatmentCourse:
    """Give a course the window of a session on that day; the session itself stays a draft, nothing is injected."""
    window = window_for(
        session_on=session_on, intervals=[IntervalRule(84, "policy", "policy", "", "", "")], policy=WindowPolicy()
    )
    dates = {name: getattr(window, name) for name in DATE_FIELDS}
    for name, day in dates.items():
        setattr(course, name, day)
    course.save()
    session = InjectionSession.objects.create(patient=course.patient, site=course.site, performed_on=session_on)
    policy = course.condition.policies.first()
    RetreatmentWindow.objects.create(course=course, session=session, policy=policy, **dates)
    return course


def moment(site: Site, *, days: int = 1, at: time = time(9)) -> datetime:
    """A wall time at the site, so many days from its today."""
    return local_moment(site.today() + timedelta(days=days), at, zone=site.zone())


def noon(site: Site) -> datetime:
    return moment(site, days=0, at=time(12))


def booked(cast: Cast, course: TreatmentCourse | None = None, **fields: Any) -> Appointment:
    """An appointment made through the action; a session for the course, else a consultation."""
    patient: Patient = fields.pop("patient", course.patient if course else cast.joye)
    site: Site = fields.pop("site", patient.site)
    return actions.book_appointment(
        **{
            "patient": patient,
            "provider": cast.ito,
            "site": site,
            "kind": "session" if course else "consultation",
            "courses": [course] if course else [],
            "starts_at": moment(site),
            "minutes": 30,
            "by": cast.robin,
            "now": moment(site, days=0, at=time(0, 1)),
            **fields,
        }
    )


def working(cast: Cast, site: Site | None = None) -> None:
    """Dr Ito works every day from 9 to 5."""
    Availability.objects.bulk_create(
        Availability(provider=cast.ito, site=site or cast.harbour, weekday=weekday, starts_at=time(9), ends_at=time(17))
        for weekday in range(7)
    )


# Days since the last session, and the state that makes (D + 3 and 6 months, lead 21 days).
AGES = {"in effect": 30, "opening": 80, "due": 100, "overdue": 250, "lapsed": 500}


def course_in(cast: Cast, state: str, *, patient: Patient | None = None, **fields: Any) -> TreatmentCourse:
    patient = patient or Patient.objects.create(
        given_name="Ana", family_name=f"Number{Patient.objects.count()}", birth_date=date(1980, 1, 1), site=cast.harbour
    )
    course = cast.course(patient=patient, **fields)
    if state != "new":
        dated(course, session_on=course.site.today() - timedelta(days=AGES[state]))
    return course


def counts(cast: Cast) -> dict[str, int]:
    found = recall_counts(recall_courses(user=cast.robin, sites=[cast.harbour, cast.mesa], now=timezone.now()))
    return {key: count.number for key, count in found.items() if count.number}


def ids(cast: Cast, tab: str = "to-call") -> list[int]:
    courses = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())
    return [course.pk for course in recall_page(courses, TABS[tab], size=50).rows]
