"""What happens to an appointment: booked, moved, followed through the day, cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Site, User
from audit.actions import lock_version
from messaging.models import Purpose
from patients.models import Patient
from scheduling.actions.freed import offers_taken, slot_freed
from scheduling.actions.placing import check, lock_people, may_override, refusal
from scheduling.actions.recalls import bring_back, is_out_for_good
from scheduling.models import Appointment, AppointmentCourse, Room, WaitingEntry
from scheduling.reminders import appointment_changed, was_told
from scheduling.rules.visits import status_problem
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
    by: User | None,
    now: datetime,
    courses: Iterable[TreatmentCourse] = (),
    room: Room | None = None,
    follow_up: FollowUp | None = None,
    override_reason: str = "",
    note: str = "",
    source: str = Appointment.Source.STAFF,
    planned_with: Appointment | None = None,
    plan_step: str = "",
    notify: bool = False,
) -> Appointment:
    """Book a visit of `minutes` at that moment; `by` None with the source "link": the patient. `notify`: the patient is
    written to, where there is consent.

    Raises ValidationError, by field, naming every conflict: provider, room or patient taken; a patient who died or
    left; a day that is past. Under "override_reason" stands what may be set aside, with a reason and by somebody with
    the right to: too early, outside the hours, a holiday, outside the authorisation.
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
        override_reason=override_reason.strip(),
        note=note.strip(),
        created_by=by,
        source=source,
        planned_with=planned_with,
        plan_step=plan_step,
        status_since=now,
    )
    try:
        with transaction.atomic():
            _put(appointment, [course.pk for course in courses], by=by, now=now, notify=notify)
    except IntegrityError as error:
        raise refusal(error, appointment) from error
    return appointment


def _put(appointment: Appointment, course_ids: list[int], *, by: User | None, now: datetime, notify: bool) -> None:
    """Check a new appointment and put it into the diary with its courses."""
    planned = check(appointment, course_ids, by=by, now=now)
    appointment.save(force_insert=True)
    AppointmentCourse.objects.bulk_create(
        AppointmentCourse(appointment=appointment, course=course) for course in planned
    )
    offers_taken(appointment=appointment, by=by, now=now)
    appointment_changed(appointment, now=now, by=by, notify=notify)


def move_appointment(
    *,
    appointment: Appointment,
    starts_at: datetime,
    minutes: int,
    provider: User,
    room: Room | None,
    version: int | None,
    by: User | None,
    now: datetime,
    override_reason: str = "",
    note: str | None = None,
    source: str = Appointment.Source.STAFF,
    notify: bool = False,
) -> Appointment:
    """Move a visit that has not begun: a new one takes its place, all checks as when booking, and the old one stays,
    marked moved and linked. Returns the new one; the old one itself where only room, reason or note change.

    Raises StaleVersionError when somebody changed it meanwhile; then and whenever it refuses, the old one stands.
    """
    current = appointment
    try:
        with transaction.atomic():
            lock_people(patient_id=appointment.patient_id, provider=provider, room=room)
            current = lock_version(appointment, version=version)
            if current.status not in (Status.BOOKED, Status.CONFIRMED):
                raise ValidationError(f"This appointment is {current.get_status_display()} and cannot be moved.")
            course_ids = list(current.planned.values_list("course_id", flat=True))
            ends_at = starts_at + timedelta(minutes=minutes)
            same_time = (current.starts_at, current.ends_at, current.provider_id) == (starts_at, ends_at, provider.pk)
            if same_time:
                current.room = room
                current.note = current.note if note is None else note.strip()
                if override_reason.strip() and may_override(by):
                    current.override_reason = override_reason.strip()
                check(current, course_ids, by=by, now=now, is_placed=True)
                current.save()
                return current
            taking = Appointment(
                patient=current.patient,
                provider=provider,
                site=current.site,
                room=room,
                kind=current.kind,
                follow_up=current.follow_up,
                starts_at=starts_at,
                ends_at=ends_at,
                override_reason=override_reason.strip(),
                note=current.note if note is None else note.strip(),
                moved_from=current,
                planned_with=current.planned_with,
                plan_step=current.plan_step,
                created_by=by,
                source=source,
                status_since=now,
            )
            # Out of its place first, so that the new time may overlap the old one.
            current.status, current.status_since = Status.MOVED, now
            current.save()
            current, old = taking, current
            _put(taking, course_ids, by=by, now=now, notify=notify)
            old.planned_follow_ups.update(planned_with=taking)
            old.waiting_entries.filter(status=WaitingEntry.Status.WAITING).update(instead_of=taking)
            slot_freed(freed=old, by=by, now=now)
            appointment_changed(old, now=now, by=by)
    except IntegrityError as error:
        raise refusal(error, current) from error
    return current


def set_status(*, appointment: Appointment, status: str, by: User | None, now: datetime) -> Appointment:
    """Press a status: confirmed, arrived, in room, done, missed, or one step back from a slip.

    Raises ValidationError for a step the rules do not know, and when a missed visit is taken up again and its time is
    taken meanwhile. A missed one puts its courses back on the recall list.
    """
    if status == Status.CANCELLED:
        raise ValidationError("Say why it is cancelled.")
    if status == Status.MOVED:
        raise ValidationError("Say to which time it moves.")
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
        raise refusal(error, current) from error
    return current


def mark_missed(*, appointment: Appointment, by: User, now: datetime) -> Appointment:
    """The patient did not come: the time stays in the record, the courses go back on the recall list."""
    return set_status(appointment=appointment, status=Status.MISSED, by=by, now=now)


@transaction.atomic
def cancel_appointment(
    *,
    appointment: Appointment,
    reason: str,
    by: User | None,
    now: datetime,
    cancelled_by: str = Appointment.CancelledBy.CLINIC,
    notify: bool = False,
) -> Appointment:
    """Cancel, with who asked for it and why; the time is free and the courses are back on the recall list at once.

    Cancelling a cancelled one changes nothing. Raises ValidationError without a reason or once the visit is done.
    """
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is cancelled."})
    current = lock_version(appointment, version=None)
    if current.status == Status.CANCELLED:
        return current
    _step(current, Status.CANCELLED, now=now)
    current.cancelled_by, current.cancelled_reason = cancelled_by, reason.strip()
    current.save()
    _bring_courses_back(current, reason="Appointment cancelled", by=by, now=now)
    slot_freed(freed=current, by=by, now=now)
    appointment_changed(current, now=now, by=by, notify=notify)
    return current


def take_back_cancel(*, appointment: Appointment, by: User, now: datetime) -> Appointment:
    """Let a cancelled visit stand again, where its time is ahead and still free, as if it had not been cancelled.

    Raises ValidationError naming what is in the way, also a first allowed day that a session given meanwhile has moved
    behind it, and for one that is not cancelled. What was set aside with a reason is not asked again.
    """
    current = appointment
    try:
        with transaction.atomic():
            lock_people(patient_id=appointment.patient_id, provider=appointment.provider, room=appointment.room)
            current = lock_version(appointment, version=None)
            if current.status != Status.CANCELLED:
                raise ValidationError(f"This appointment is {current.get_status_display()}.")
            if current.starts_at <= now:
                raise ValidationError("Its time is past. Book a new one.")
            current.status, current.status_since = Status.BOOKED, now
            current.cancelled_by = current.cancelled_reason = ""
            course_ids = list(current.planned.values_list("course_id", flat=True))
            check(current, course_ids, by=by, now=now, is_placed=bool(current.override_reason))
            current.save()
            offers_taken(appointment=current, by=by, now=now)
            # Who was told that it is cancelled has to hear that it is not.
            appointment_changed(current, now=now, by=by, notify=was_told(current) == Purpose.CANCELLED)
    except IntegrityError as error:
        raise refusal(error, current) from error
    return current


@transaction.atomic
def link_session(
    *, appointment: Appointment, session: InjectionSession, by: User, now: datetime | None = None
) -> Appointment:
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
        current.status, current.status_since = Status.IN_ROOM, now or timezone.now()
    current.save()
    return current


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
    if appointment.status != status:
        appointment.status_since = now
    appointment.status = status


def _bring_courses_back(appointment: Appointment, *, reason: str, by: User | None, now: datetime) -> None:
    if appointment.kind == Kind.SESSION:
        for course in appointment.courses.order_by("pk"):
            # Who wants to be called no more, and so gives up the visit too, stays off the lists.
            if is_out_for_good(course=course, since=appointment.created_at):
                continue
            bring_back(course=course, reason=reason, by=by, now=now)
