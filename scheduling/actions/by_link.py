"""What patients do by their link, each in one transaction with what it means for the desk. Nobody of the staff acts."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from messaging.actions.links import lead_to
from messaging.models import PatientLink
from patients.actions import open_task
from patients.models import Patient, Task
from scheduling.actions.appointments import book_appointment, cancel_appointment, move_appointment, set_status
from scheduling.actions.waiting import NO_ROOM, book_freed_time, decline_offer, note_taken
from scheduling.free_rooms import free_room, has_rooms
from scheduling.models import Appointment, SlotOffer
from scheduling.offered_times import Wish, is_booked, offered_time
from scheduling.rules.times import TimeDoesNotExistError, local_moment

LINK = Appointment.Source.LINK
# Somebody who came early: an old page on their phone takes nobody out of the waiting room.
HERE = (Appointment.Status.ARRIVED, Appointment.Status.IN_ROOM, Appointment.Status.DONE)


def confirm_by_link(*, appointment: Appointment, now: datetime) -> Appointment:
    """The patient will come; saying it twice, or when they are here, changes nothing.

    Raises ValidationError once its time has come.
    """
    if appointment.status in (Appointment.Status.CONFIRMED, *HERE):
        return appointment
    if appointment.starts_at <= now:
        raise ValidationError("This time is past.")
    return set_status(appointment=appointment, status=Appointment.Status.CONFIRMED, by=None, now=now)


@transaction.atomic
def cancel_by_link(*, appointment: Appointment, reason: str, now: datetime) -> Appointment:
    """The patient cannot come: the time is free, the courses are back on the recall list, the desk has a task."""
    if appointment.starts_at <= now or appointment.status in HERE:
        raise ValidationError("This time is past.")
    cancelled = cancel_appointment(
        appointment=appointment,
        reason=reason.strip() or "By the patient's link.",
        cancelled_by=Appointment.CancelledBy.PATIENT,
        by=None,
        now=now,
    )
    start = cancelled.local_start
    open_task(
        patient=cancelled.patient,
        site=cancelled.site,
        kind=Task.Kind.CANCELLED_BY_LINK,
        words=f"Cancelled by link: {start:%a} {start.day} {start:%b}, {cancelled.time_words}.",
        due_on=cancelled.site.today(now=now),
        once=f"cancelled by link {cancelled.pk}",
        about="appointment",
        about_id=cancelled.pk,
    )
    return cancelled


@transaction.atomic
def ask_by_link(*, link: PatientLink, kind: str, words: str, note: str, about_id: int, now: datetime) -> Task:
    """The patient asks the desk for something: to be called, or for another time than those offered."""
    return open_task(
        patient=link.patient,
        site=link.site,
        kind=kind,
        words=f"{words} {note}".strip()[:200],
        due_on=link.site.today(now=now),
        once=f"{kind} {link.purpose} {about_id}",
        about="appointment" if link.purpose == PatientLink.Purpose.APPOINTMENT else "course",
        about_id=about_id,
    )


@transaction.atomic
def choose_by_link(*, link: PatientLink, wish: Wish, starts_at: datetime, now: datetime) -> Appointment:
    """Book the chosen wall time, or move the appointment there; the link leads to the appointment from then on.

    Raises ValidationError in words for a patient: the time was taken meanwhile, or may not be chosen.
    """
    # Presses of one patient stand in line here: the second one sees what the first has booked.
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=link.patient_id)
    if not PatientLink.objects.filter(pk=link.pk, purpose=link.purpose, about_id=link.about_id).exists():
        raise ValidationError("This link was used meanwhile.")
    if not offered_time(wish, starts_at=starts_at, now=now):
        raise ValidationError("This day cannot be chosen.")
    try:
        moment = local_moment(starts_at.date(), starts_at.time(), zone=wish.site.zone())
    except TimeDoesNotExistError as problem:
        raise ValidationError("This day cannot be chosen.") from problem
    if moment <= now:
        raise ValidationError("This time is past.")
    standing = wish.instead_of
    room = free_room(site=wish.site, starts_at=moment, minutes=wish.minutes, without=standing)
    if room is None and has_rooms(wish.site):
        raise ValidationError(NO_ROOM)
    # Who moves a visit may have others; who is invited to book the next one has none.
    if (standing is None or link.purpose == PatientLink.Purpose.BOOKING) and is_booked(wish, now=now):
        raise ValidationError("This visit is booked already.")
    if standing is not None:
        taken = move_appointment(
            appointment=standing,
            starts_at=moment,
            minutes=wish.minutes,
            provider=wish.provider,
            room=room,
            version=None,
            by=None,
            now=now,
            source=LINK,
        )
    else:
        taken = book_appointment(
            patient=wish.patient,
            provider=wish.provider,
            site=wish.site,
            kind=wish.kind,
            starts_at=moment,
            minutes=wish.minutes,
            courses=wish.courses,
            room=room,
            by=None,
            now=now,
            source=LINK,
        )
    lead_to(link=link, purpose=PatientLink.Purpose.APPOINTMENT, about_id=taken.pk, expires_at=taken.starts_at)
    return taken


def take_offer_by_link(*, link: PatientLink, offer: SlotOffer, now: datetime) -> Appointment:
    """Take a freed time; the link leads to the appointment from then on. Raises ValidationError when it is gone, and
    the offer says so then.
    """
    if offer.status != SlotOffer.Status.OFFERED:
        raise ValidationError("This time was taken by somebody else.")
    try:
        with transaction.atomic():
            booked = book_freed_time(entry=offer.entry, freed=offer.freed_by, by=None, now=now, source=LINK)
            lead_to(link=link, purpose=PatientLink.Purpose.APPOINTMENT, about_id=booked.pk, expires_at=booked.starts_at)
    except ValidationError:
        # Once more, as what booking has kept of it was undone with the rest.
        note_taken(freed=offer.freed_by, by=None, now=now)
        raise
    return booked


@transaction.atomic
def decline_offer_by_link(*, offer: SlotOffer, now: datetime) -> SlotOffer:
    return decline_offer(offer=offer, by=None, now=now)
