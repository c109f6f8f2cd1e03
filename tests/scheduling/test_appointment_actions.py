from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import StaleVersionError
from scheduling import actions
from scheduling.models import Appointment, RecallAttempt, Room, Snooze
from tests.cast import Cast
from tests.scheduling.made import booked, dated, moment
from treatments.models import FollowUp, InjectionSession, TreatmentCourse


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    """Joye's migraine, due since a few days."""
    return dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))


def refusal(**booking) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        booked(**booking)
    return refused.value.message_dict


def test_books_a_session(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course)
    assert appointment.status == "booked"
    assert list(appointment.courses.all()) == [course]
    assert appointment.minutes == 30
    assert appointment.created_by == cast.robin


def test_every_conflict_is_named(cast: Cast, course: TreatmentCourse):
    room = Room.objects.create(site=cast.harbour, name="Room A")
    other = cast.course(patient=cast.omar)
    booked(cast, other, site=cast.harbour, room=room)
    booked(cast, provider=cast.okafor, starts_at=moment(cast.harbour, at=time(9, 15)))
    found = refusal(cast=cast, course=course, room=room)
    assert found == {
        "provider": ["Dr Kenji Ito has 09:00-09:30 with another patient."],
        "room": ["Room A is taken 09:00-09:30."],
        "starts_at": ["The patient has 09:15-09:45 with Dr Ngozi Okafor."],
    }
    assert Appointment.objects.count() == 2


def test_a_conflict_at_another_site_is_said_in_this_sites_time(cast: Cast, course: TreatmentCourse):
    booked(cast, cast.course(patient=cast.omar), site=cast.mesa, starts_at=moment(cast.harbour))
    assert refusal(cast=cast, course=course) == {"provider": ["Dr Kenji Ito has 09:00-09:30 with another patient."]}


def test_one_after_the_other_is_no_conflict(cast: Cast, course: TreatmentCourse):
    booked(cast, cast.course(patient=cast.omar), site=cast.harbour)
    booked(cast, course, starts_at=moment(cast.harbour, at=time(9, 30)))


def test_a_cancelled_time_is_free(cast: Cast, course: TreatmentCourse):
    first = booked(cast, course)
    actions.cancel_appointment(appointment=first, reason="ill", by=cast.robin, now=timezone.now())
    booked(cast, course)


def test_too_early_is_refused_without_a_reason(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))
    [words] = refusal(cast=cast, course=course)["early_reason"]
    assert f"Chronic migraine may not be repeated before {course.eligible_on:%-d %B %Y}" in words
    assert not Appointment.objects.exists()


def test_too_early_with_a_reason_is_kept_and_marked(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))
    appointment = booked(cast, course, early_reason=" flies out ")
    assert appointment.early_reason == "flies out"
    assert appointment.early_until == course.eligible_on


def test_on_the_first_allowed_day_no_reason_is_asked(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=83))
    appointment = booked(cast, course)
    assert appointment.on == course.eligible_on
    assert appointment.early_until is None


def test_a_consultation_may_lie_before_the_first_allowed_day(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=30))
    booked(cast, course, kind="consultation")


def test_after_the_window_is_allowed(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=300))
    booked(cast, course)


@pytest.mark.parametrize("field", ["died_on", "left_on"])
def test_nobody_is_booked_who_died_or_left(cast: Cast, course: TreatmentCourse, field: str):
    setattr(cast.joye, field, cast.harbour.today())
    cast.joye.save()
    assert set(refusal(cast=cast, course=course)) == {"patient"}


def test_who_leaves_later_is_booked_until_then(cast: Cast, course: TreatmentCourse):
    cast.joye.left_on = cast.harbour.today() + timedelta(days=10)
    cast.joye.save()
    booked(cast, course)


def test_nobody_is_booked_for_a_day_that_is_past(cast: Cast, course: TreatmentCourse):
    assert refusal(cast=cast, course=course, starts_at=moment(cast.harbour, days=-1)) == {
        "starts_at": ["This day is past."]
    }


def test_what_cannot_be_is_refused_by_field(cast: Cast, course: TreatmentCourse):
    elsewhere = Room.objects.create(site=cast.mesa, name="Room M")
    closed = cast.course(
        condition="cervical_dystonia", closed_on=cast.harbour.today(), closed_reason="completed", closed_note=""
    )
    assert set(refusal(cast=cast, course=course, provider=cast.robin)) == {"provider"}
    assert set(refusal(cast=cast, course=course, provider=cast.max)) == {"provider"}
    assert set(refusal(cast=cast, course=course, room=elsewhere)) == {"room"}
    assert set(refusal(cast=cast, course=course, minutes=0)) == {"minutes"}
    assert set(refusal(cast=cast, course=course, courses=[])) == {"courses"}
    assert set(refusal(cast=cast, course=course, courses=[closed])) == {"courses"}
    assert set(refusal(cast=cast, course=course, courses=[cast.course(patient=cast.omar)])) == {"courses"}


def test_a_follow_up_of_another_patient_is_refused(cast: Cast, course: TreatmentCourse):
    other = cast.course(patient=cast.omar)
    session = InjectionSession.objects.create(patient=cast.omar, site=cast.mesa, performed_on=cast.mesa.today())
    follow_up = FollowUp.objects.create(
        course=other, session=session, step="call", name="Call", due_on=cast.mesa.today()
    )
    assert set(refusal(cast=cast, patient=cast.joye, kind="follow_up", follow_up=follow_up)) == {"follow_up"}


def test_moves(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course)
    actions.set_status(appointment=appointment, status="confirmed", by=cast.robin, now=timezone.now())
    appointment.refresh_from_db()
    later = moment(cast.harbour, days=3)
    moved = actions.move_appointment(
        appointment=appointment,
        starts_at=later,
        minutes=45,
        provider=cast.okafor,
        room=None,
        version=appointment.version,
        by=cast.robin,
        now=timezone.now(),
    )
    assert (moved.starts_at, moved.minutes, moved.provider) == (later, 45, cast.okafor)
    assert moved.status == "booked", "what was confirmed was the other time"


def test_a_stale_move_is_refused(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course)
    stale = appointment.version
    actions.set_status(appointment=appointment, status="confirmed", by=cast.robin, now=timezone.now())
    with pytest.raises(StaleVersionError):
        actions.move_appointment(
            appointment=appointment,
            starts_at=moment(cast.harbour, days=2),
            minutes=30,
            provider=cast.ito,
            room=None,
            version=stale,
            by=cast.robin,
            now=timezone.now(),
        )


def test_a_move_onto_another_visit_is_refused_and_changes_nothing(cast: Cast, course: TreatmentCourse):
    booked(cast, cast.course(patient=cast.omar), site=cast.harbour, starts_at=moment(cast.harbour, days=2))
    appointment = booked(cast, course)
    with pytest.raises(ValidationError, match="another patient"):
        actions.move_appointment(
            appointment=appointment,
            starts_at=moment(cast.harbour, days=2, at=time(9, 15)),
            minutes=30,
            provider=cast.ito,
            room=None,
            version=None,
            by=cast.robin,
            now=timezone.now(),
        )
    appointment.refresh_from_db()
    assert appointment.starts_at == moment(cast.harbour)


def test_the_steps_of_a_visit(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=0, at=time(9)))
    now = moment(cast.harbour, days=0, at=time(9, 5))
    for status in ("confirmed", "arrived", "in_room", "done", "in_room", "done"):
        appointment = actions.set_status(appointment=appointment, status=status, by=cast.robin, now=now)
        assert appointment.status == status
    with pytest.raises(ValidationError):
        actions.set_status(appointment=appointment, status="missed", by=cast.robin, now=now)
    with pytest.raises(ValidationError, match="Unknown"):
        actions.set_status(appointment=appointment, status="nonsense", by=cast.robin, now=now)
    with pytest.raises(ValidationError, match="why"):
        actions.set_status(appointment=appointment, status="cancelled", by=cast.robin, now=now)


def test_missed_by_mistake_is_taken_back_unless_the_time_is_taken(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=0, at=time(9)))
    now = moment(cast.harbour, days=0, at=time(9, 30))
    actions.mark_missed(appointment=appointment, by=cast.robin, now=now)
    actions.set_status(appointment=appointment, status="arrived", by=cast.robin, now=now)
    actions.mark_missed(appointment=appointment, by=cast.robin, now=now)
    booked(
        cast,
        cast.course(patient=cast.omar),
        site=cast.harbour,
        starts_at=moment(cast.harbour, days=0, at=time(9)),
    )
    with pytest.raises(ValidationError, match="09:00-09:30 with another patient"):
        actions.set_status(appointment=appointment, status="booked", by=cast.robin, now=now)


def test_cancelling_needs_a_reason_and_happens_once(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course)
    with pytest.raises(ValidationError, match="why"):
        actions.cancel_appointment(appointment=appointment, reason=" ", by=cast.robin, now=timezone.now())
    first = actions.cancel_appointment(appointment=appointment, reason="ill", by=cast.robin, now=timezone.now())
    again = actions.cancel_appointment(appointment=appointment, reason="other", by=cast.robin, now=timezone.now())
    assert (first.status, again.cancelled_reason) == ("cancelled", "ill")


def test_a_visit_becomes_its_session(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course)
    session = InjectionSession.objects.create(patient=cast.joye, site=cast.harbour, performed_on=cast.harbour.today())
    linked = actions.link_session(appointment=appointment, session=session, by=cast.ito)
    assert (linked.session, linked.status) == (session, "in_room")
    actions.link_session(appointment=appointment, session=session, by=cast.ito)
    appointment.refresh_from_db()
    assert appointment.version == linked.version

    second = InjectionSession.objects.create(patient=cast.joye, site=cast.harbour, performed_on=cast.harbour.today())
    with pytest.raises(ValidationError, match="already"):
        actions.link_session(appointment=appointment, session=second, by=cast.ito)
    others = InjectionSession.objects.create(patient=cast.omar, site=cast.mesa, performed_on=cast.mesa.today())
    with pytest.raises(ValidationError, match="another patient"):
        actions.link_session(appointment=appointment, session=others, by=cast.ito)


def test_a_visit_whose_session_is_signed_shows_as_done(cast: Cast, course: TreatmentCourse):
    appointment = booked(cast, course)
    appointment.session = InjectionSession(patient=cast.joye, status="signed")
    appointment.status = "in_room"
    assert appointment.shown_status == "done"
    appointment.status = "cancelled"
    assert appointment.shown_status == "cancelled"


def test_an_attempt_belongs_to_no_window_before_the_first_session(cast: Cast):
    attempt = actions.log_attempt(course=cast.course(), channel="phone", outcome="voicemail", note=" ", by=cast.robin)
    assert (attempt.window, attempt.note, attempt.by) == (None, "", cast.robin)


@pytest.mark.parametrize("wrong", [{"channel": "pigeon"}, {"outcome": "maybe"}])
def test_a_wrong_attempt_is_refused(cast: Cast, wrong: dict[str, str]):
    asked = {"channel": "phone", "outcome": "voicemail"} | wrong
    with pytest.raises(ValidationError):
        actions.log_attempt(course=cast.course(), by=cast.robin, **asked)
    assert not RecallAttempt.objects.exists()


def test_a_snooze_needs_a_day_ahead_and_a_reason(cast: Cast):
    course, today = cast.course(), cast.harbour.today()
    for until, reason in ((today, "travels"), (today + timedelta(days=400), "travels"), (today, "")):
        with pytest.raises(ValidationError):
            actions.snooze(course=course, until=until, reason=reason, by=cast.robin, now=timezone.now())
    actions.snooze(course=course, until=today + timedelta(days=1), reason="travels", by=cast.robin, now=timezone.now())
    assert Snooze.objects.get().reason == "travels"
