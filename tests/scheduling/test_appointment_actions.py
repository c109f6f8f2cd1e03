from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import StaleVersionError
from scheduling import actions
from scheduling.actions.hours import add_exception, add_holiday
from scheduling.calendar_page import describe
from scheduling.models import Appointment, RecallAttempt, RecallHold, Room
from tests.cast import Cast
from tests.patients.made import authorization, coverage
from tests.scheduling.made import booked, counts, dated, moment, noon, working
from treatments.authorizations import authorized_spans
from treatments.models import FollowUp, InjectionSession, TreatmentCourse


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    """Joye's migraine, due since a few days."""
    return dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))


def refusal(**booking) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        booked(**booking)
    return refused.value.message_dict


def moved_to(cast: Cast, appointment: Appointment, starts_at: datetime, **fields: Any) -> Appointment:
    return actions.move_appointment(
        **{
            "appointment": appointment, "starts_at": starts_at, "minutes": 30, "provider": cast.ito, "room": None,
            "version": None, "by": cast.robin, "now": noon(cast.harbour), **fields,
        }
    )  # fmt: skip


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
    words, advice = refusal(cast=cast, course=course, by=cast.ito)["override_reason"]
    assert words == f"Chronic migraine may not be repeated before {course.eligible_on:%-d %B %Y}."
    assert "give the reason" in advice
    assert not Appointment.objects.exists()


def test_too_early_with_a_reason_of_a_provider_is_kept_and_marked(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))
    appointment = booked(cast, course, override_reason=" flies out ", by=cast.ito)
    assert appointment.override_reason == "flies out"
    assert appointment.early_until == course.eligible_on


@pytest.mark.parametrize("by", ["robin", None])
def test_the_front_desk_and_a_link_set_no_rule_aside(cast: Cast, by: str | None):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))
    who = {"by": getattr(cast, by) if by else None, "source": "staff" if by else "link"}
    _, advice = refusal(cast=cast, course=course, override_reason="flies out", **who)["override_reason"]
    assert "ask a provider" in advice


def test_a_reason_without_anything_to_set_aside_is_not_kept(cast: Cast, course: TreatmentCourse):
    assert booked(cast, course, override_reason="flies out", by=cast.ito).override_reason == ""


def test_every_rule_is_named_at_once(cast: Cast):
    """Too early, on a holiday, outside the authorisation, with the provider and the patient taken."""
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))
    day = cast.harbour.today() + timedelta(days=1)
    working(cast)
    booked(cast, cast.course(patient=cast.omar), site=cast.harbour)
    booked(cast, provider=cast.okafor)
    add_holiday(site=cast.harbour, on=day, name="Founders' Day", by=cast.ada)
    coverage(cast, authorization_required=True)
    found = refusal(cast=cast, course=course, override_reason="flies out", by=cast.ito)
    assert found == {
        "provider": ["Dr Kenji Ito has 09:00-09:30 with another patient."],
        "starts_at": ["The patient has 09:00-09:30 with Dr Ngozi Okafor."],
    }
    assert found.keys() < refusal(cast=cast, course=course).keys()
    assert refusal(cast=cast, course=course)["override_reason"] == [
        f"Chronic migraine may not be repeated before {course.eligible_on:%-d %B %Y}.",
        f"Harbour Clinic is closed on {day:%-d %B %Y}: Founders' Day.",
        f"Chronic migraine: no authorisation covers {day:%-d %B %Y}.",
        "Choose another time, or ask a provider, who may book it with a reason.",
    ]


def test_hours_and_absences_are_rules(cast: Cast, course: TreatmentCourse):
    working(cast)
    day = cast.harbour.today() + timedelta(days=1)
    late = refusal(cast=cast, course=course, starts_at=moment(cast.harbour, at=time(16, 45)))
    assert late["override_reason"][0] == "Outside the hours of Dr Kenji Ito: 09:00-17:00 that day."
    add_exception(
        provider=cast.ito, site=None, starts_on=day, ends_on=day, starts_at=time(12), ends_at=time(14), by=cast.ada
    )
    booked(cast, cast.course(patient=cast.omar), site=cast.harbour, starts_at=moment(cast.harbour, at=time(11, 30)))
    away = refusal(cast=cast, course=course, starts_at=moment(cast.harbour, at=time(13)))
    assert away["override_reason"][0] == f"Dr Kenji Ito is away then, on {day:%-d %B %Y}."
    booked(cast, course, starts_at=moment(cast.harbour, at=time(13)), override_reason="comes back for it", by=cast.ito)


def test_an_authorisation_that_covers_the_day_lets_it_be(cast: Cast, course: TreatmentCourse):
    day = cast.harbour.today() + timedelta(days=1)
    coverage(cast, authorization_required=True)
    allowed = authorization(cast, starts_on=day, ends_on=day, visits_approved=1)
    booked(cast, course)
    assert "override_reason" in refusal(cast=cast, course=course, starts_at=moment(cast.harbour, days=2))
    allowed.condition = "cervical_dystonia"
    allowed.save()
    assert "override_reason" in refusal(cast=cast, course=course, starts_at=moment(cast.harbour, at=time(14)))
    booked(cast, kind="consultation", starts_at=moment(cast.harbour, at=time(15)))


def test_a_booked_visit_takes_the_last_authorised_one(cast: Cast, course: TreatmentCourse):
    today = cast.harbour.today()
    last = today + timedelta(days=20)
    coverage(cast, authorization_required=True)
    authorization(cast, starts_on=today, ends_on=last, visits_approved=1)
    first = booked(cast, course)
    course.refresh_from_db()
    assert authorized_spans([course], on=today) == {course.pk: []}
    assert authorized_spans([course], on=today, giving_up={course.pk: first.on}) == {course.pk: [(today, last)]}
    day = today + timedelta(days=2)
    assert refusal(cast=cast, course=course, starts_at=moment(cast.harbour, days=2))["override_reason"][:2] == [
        f"Chronic migraine is booked for {first.on:%-d %B %Y} already: move that visit.",
        f"Chronic migraine: every visit that is authorised for {day:%-d %B %Y} is booked already.",
    ]
    moved = moved_to(cast, first, moment(cast.harbour, days=2))
    second = booked(cast, course, starts_at=moment(cast.harbour, days=3), override_reason="asked by phone", by=cast.ito)
    rows: list[Any] = [moved, second]
    describe(rows, today=today, now=noon(cast.harbour))
    assert [row.unauthorized for row in rows] == [[], ["Migraine"]]


def test_a_time_after_the_window_is_named_with_the_rest(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=300))
    booked(cast, cast.course(patient=cast.omar), site=cast.harbour)
    assert refusal(cast=cast, course=course)["starts_at"] == [
        f"After the window: for Chronic migraine it closes on {course.window_closes_on:%-d %B %Y}."
    ]


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


def test_a_move_keeps_both_and_links_them(cast: Cast, course: TreatmentCourse):
    first = booked(cast, course)
    moved = moved_to(cast, first, moment(cast.harbour, days=3))
    again = moved_to(cast, moved, moment(cast.harbour, at=time(9, 15)))
    first.refresh_from_db()
    assert (first.status, first.moved_to, moved.moved_to, again.moved_from) == ("moved", moved, again, moved)
    course.refresh_from_db()
    assert course.booked_dates == [again.on], "the recall list sees the one that stands"


def test_a_note_on_one_booked_early_asks_for_nothing_again(cast: Cast):
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))
    early = booked(cast, course, override_reason="flies out", by=cast.ito)
    same = moved_to(cast, early, early.starts_at, note="needs a lift")
    assert (same.pk, same.note, same.override_reason) == (early.pk, "needs a lift", "flies out")


def test_a_cancel_is_taken_back_while_the_time_is_free(cast: Cast, course: TreatmentCourse):
    now = noon(cast.harbour)
    first = booked(cast, course)
    with pytest.raises(ValidationError, match="booked"):
        actions.take_back_cancel(appointment=first, by=cast.robin, now=now)
    actions.cancel_appointment(appointment=first, reason="ill", cancelled_by="patient", by=cast.robin, now=now)
    course.refresh_from_db()
    assert course.booked_until is None
    stands = actions.take_back_cancel(appointment=first, by=cast.robin, now=now)
    assert (stands.status, stands.cancelled_by, stands.cancelled_reason) == ("booked", "", "")
    course.refresh_from_db()
    assert course.booked_until == stands.on
    actions.cancel_appointment(appointment=first, reason="ill", by=cast.robin, now=now)
    booked(cast, cast.course(patient=cast.omar), site=cast.harbour)
    with pytest.raises(ValidationError, match="09:00-09:30 with another patient"):
        actions.take_back_cancel(appointment=first, by=cast.robin, now=now)


@pytest.mark.parametrize("said", ["stop", "not_this_time"])
@pytest.mark.parametrize("after", [True, False])
def test_who_said_stop_and_then_gives_up_the_visit_is_not_called(
    cast: Cast, course: TreatmentCourse, said: str, after: bool
):
    """Said before the visit was booked, it is over: a visit that falls away then is called about."""

    def say() -> None:
        now = timezone.now()
        if said == "stop":
            actions.put_away(course=course, kind="stop", until=None, reason="asked us to", by=cast.robin, now=now)
        else:
            actions.log_attempt(course=course, channel="phone", outcome=said, by=cast.robin, now=now)

    if not after:
        say()
    visit = booked(cast, course)
    if after:
        say()
    actions.cancel_appointment(appointment=visit, reason="asked us to", by=cast.robin, now=timezone.now())
    assert counts(cast).get("to-call", 0) == (0 if after else 1)


def test_a_cancel_is_not_taken_back_before_a_repeat_is_allowed(cast: Cast, course: TreatmentCourse):
    """The patient was treated meanwhile: the old visit would come too early."""
    now = noon(cast.harbour)
    visit = booked(cast, course)
    actions.cancel_appointment(appointment=visit, reason="ill", by=cast.robin, now=now)
    TreatmentCourse.objects.filter(pk=course.pk).update(
        last_session_on=cast.harbour.today(), eligible_on=cast.harbour.today() + timedelta(days=84)
    )
    with pytest.raises(ValidationError, match="may not be repeated before"):
        actions.take_back_cancel(appointment=visit, by=cast.robin, now=now)
    visit.refresh_from_db()
    assert visit.status == "cancelled"


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
    assert RecallHold.objects.get().reason == "travels"
