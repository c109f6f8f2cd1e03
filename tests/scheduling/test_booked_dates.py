"""The diary keeps the course's booked dates, whoever writes the rows: the trigger, not the action."""

from __future__ import annotations

from datetime import UTC, date, time, timedelta

import pytest
from django.utils import timezone

from scheduling import actions
from scheduling.models import Appointment, AppointmentCourse
from scheduling.rules.times import local_moment
from tests.cast import Cast
from tests.scheduling.made import booked, dated, moment
from treatments.models import TreatmentCourse


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))


def dates(course: TreatmentCourse) -> list[date]:
    course.refresh_from_db()
    assert course.booked_until == max(course.booked_dates, default=None)
    return course.booked_dates


def test_booking_a_session_sets_its_day(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course)
    assert dates(course) == [appointment.on]


def test_a_consultation_sets_none(cast: Cast, course: TreatmentCourse):
    booked(cast, course, kind="consultation")
    assert dates(course) == []


def test_the_day_is_the_sites_own(cast: Cast, course: TreatmentCourse):
    """11 PM in New York is the next day in UTC."""
    appointment = booked(cast, course, starts_at=moment(cast.harbour, at=time(23)))
    assert appointment.starts_at.astimezone(UTC).date() == cast.harbour.today() + timedelta(days=2)
    assert dates(course) == [cast.harbour.today() + timedelta(days=1)]


def test_moving_across_midnight_moves_the_day(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, at=time(23, 30)))
    for minutes, days in ((30, 2), (-60, 1)):
        appointment = actions.move_appointment(
            appointment=appointment,
            starts_at=appointment.starts_at + timedelta(minutes=minutes),
            minutes=15,
            provider=cast.ito,
            room=None,
            version=None,
            by=cast.robin,
            now=timezone.now(),
        )
        assert dates(course) == [cast.harbour.today() + timedelta(days=days)]


@pytest.mark.parametrize(
    ("status", "stays"), [("cancelled", False), ("missed", False), ("done", False), ("arrived", True)]
)
def test_a_status_that_ends_the_visit_takes_the_day_away(cast: Cast, course: TreatmentCourse, status: str, stays: bool):
    appointment = booked(cast, course)
    Appointment.objects.filter(pk=appointment.pk).update(status=status)
    assert bool(dates(course)) is stays


def test_two_visits_on_one_day_are_one_date_and_cancelling_one_keeps_it(cast: Cast, course: TreatmentCourse):
    first = booked(cast, course)
    booked(cast, course, starts_at=moment(cast.harbour, at=time(14)), override_reason="in two parts", by=cast.ito)
    assert dates(course) == [first.on]
    actions.cancel_appointment(appointment=first, reason="ill", by=cast.robin, now=timezone.now())
    assert dates(course) == [first.on]


def test_one_visit_for_two_courses_sets_both(cast: Cast, course: TreatmentCourse):
    other = cast.course(condition="cervical_dystonia")
    appointment = booked(cast, course, courses=[course, other])
    assert dates(course) == dates(other) == [appointment.on]
    actions.cancel_appointment(appointment=appointment, reason="ill", by=cast.robin, now=timezone.now())
    assert dates(course) == dates(other) == []


def test_taking_a_course_out_of_a_visit_or_giving_it_to_another(cast: Cast, course: TreatmentCourse):
    other = cast.course(condition="cervical_dystonia")
    booked(cast, course)
    planned = AppointmentCourse.objects.get(course=course)
    planned.course = other
    planned.save()
    assert (dates(course), len(dates(other))) == ([], 1)
    planned.delete()
    assert dates(other) == []


def test_changing_kind_or_site_counts(cast: Cast, course: TreatmentCourse):
    # 0:30 in New York is the evening before in Phoenix.
    tomorrow = cast.harbour.today() + timedelta(days=1)
    appointment = booked(cast, course, starts_at=local_moment(tomorrow, time(0, 30), zone=cast.harbour.zone()))
    rows = Appointment.objects.filter(pk=appointment.pk)
    assert dates(course) == [tomorrow]
    rows.update(site=cast.mesa)
    assert dates(course) == [tomorrow - timedelta(days=1)]
    rows.update(kind="consultation")
    assert dates(course) == []


def test_nothing_but_the_dates_is_touched(cast: Cast, course: TreatmentCourse):
    before = TreatmentCourse.objects.filter(pk=course.pk).values().get()
    booked(cast, course)
    after = TreatmentCourse.objects.filter(pk=course.pk).values().get()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"booked_dates", "booked_until"}


def test_a_site_that_changes_its_time_zone_moves_its_booked_days(cast: Cast, course: TreatmentCourse):
    booked(cast, course, starts_at=moment(cast.harbour, at=time(23)))
    cast.harbour.time_zone = "Europe/Berlin"
    cast.harbour.save()
    appointment = Appointment.objects.get()
    assert dates(course) == [appointment.starts_at.astimezone(cast.harbour.zone()).date()]
    assert dates(course) == [appointment.starts_at.astimezone(UTC).date()]
