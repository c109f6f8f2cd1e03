"""The waiting list: put on it, taken off it, offered a freed time, booked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import lock_version
from messaging.actions.queue import cancel_messages, queue_message
from messaging.models import Message, Purpose
from patients.models import Patient
from scheduling.actions.appointments import book_appointment, move_appointment
from scheduling.actions.freed import OFFER, slot_filled
from scheduling.free_rooms import free_room, has_rooms
from scheduling.models import Appointment, Room, SlotOffer, WaitingEntry
from scheduling.rules.visits import FURTHEST_AHEAD, LONGEST_MINUTES, SHORTEST_MINUTES, is_too_early
from scheduling.waiting import freed_problem
from treatments.models import TreatmentCourse

NO_ROOM = "No room is free at this time."


@transaction.atomic
def add_waiting_entry(
    *,
    patient: Patient,
    site: Site,
    kind: str,
    minutes: int,
    earliest_on: date,
    latest_on: date,
    by: User,
    now: datetime,
    course: TreatmentCourse | None = None,
    provider: User | None = None,
    instead_of: Appointment | None = None,
    weekdays: Iterable[int] = (),
    part_of_day: str = WaitingEntry.PartOfDay.ANY,
    is_urgent: bool = False,
    note: str = "",
) -> WaitingEntry:
    """Put somebody on the waiting list. Raises ValidationError by field, also when they wait for the same already."""
    problems: dict[str, list[str]] = {}

    def refuse(field: str, words: str) -> None:
        problems.setdefault(field, []).append(words)

    patient = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    today, days = site.today(now=now), sorted(set(weekdays))
    if patient.died_on is not None or (patient.left_on is not None and patient.left_on <= today):
        refuse("patient", "This patient has died or left the clinic.")
    if latest_on < today:
        refuse("latest_on", "This day is past.")
    if latest_on < earliest_on:
        refuse("latest_on", "The last day lies before the first.")
    if latest_on > today + FURTHEST_AHEAD:
        refuse("latest_on", "More than two years ahead: check the year.")
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        refuse("minutes", f"From {SHORTEST_MINUTES} minutes to {LONGEST_MINUTES // 60} hours.")
    if not set(days) <= set(range(7)):
        refuse("weekdays", "Choose days of the week.")
    if kind == Appointment.Kind.SESSION and course is None:
        refuse("course", "Choose what will be treated.")
    if course is not None and course.patient_id != patient.pk:
        refuse("course", "This is not a course of this patient.")
    if provider is not None and not provider.sites.filter(pk=site.pk).exists():
        refuse("provider", f"{provider} does not work at {site}.")
    if instead_of is not None and (instead_of.patient_id != patient.pk or not instead_of.is_active):
        refuse("instead_of", "This appointment does not stand any more.")
    alike = WaitingEntry.objects.open(on=today).filter(patient=patient, course=course, kind=kind, site=site)
    if not problems and alike.exists():
        refuse("latest_on", "This patient is on the waiting list for this already. Withdraw that entry to change it.")
    if problems:
        raise ValidationError(dict(problems))
    return WaitingEntry.objects.create(
        patient=patient, site=site, kind=kind, minutes=minutes, earliest_on=max(earliest_on, today),
        latest_on=latest_on, course=course, provider=provider, instead_of=instead_of, weekdays=days,
        part_of_day=part_of_day, is_urgent=is_urgent, note=note.strip(), created_by=by,
    )  # fmt: skip


@transaction.atomic
def withdraw_entry(*, entry: WaitingEntry, by: User | None, now: datetime) -> WaitingEntry:
    """Take somebody off the list; what they were offered is not answered any more. Doing it again changes nothing."""
    current = lock_version(entry, version=None)
    if current.status != WaitingEntry.Status.WAITING:
        return current
    current.status = WaitingEntry.Status.WITHDRAWN
    current.save()
    for offer in current.offers.filter(status=SlotOffer.Status.OFFERED):
        _answer(offer, SlotOffer.Status.DECLINED, now=now)
    return current


@transaction.atomic
def put_entry_back(*, entry: WaitingEntry, by: User, now: datetime) -> WaitingEntry:
    """Put somebody who was taken off the list back, as long waiting as before. Doing it again changes nothing.

    What they were offered stays answered. Raises ValidationError when the entry was booked, its last day is past, the
    patient died or left, or another entry for the same waits already.
    """
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.patient_id)
    current = lock_version(entry, version=None)
    if current.status == WaitingEntry.Status.WAITING:
        return current
    today = current.site.today(now=now)
    patient = Patient.objects.get(pk=current.patient_id)
    if current.status == WaitingEntry.Status.BOOKED:
        raise ValidationError("This entry is booked.")
    if current.latest_on < today:
        raise ValidationError("The last day of this entry is past.")
    if patient.died_on is not None or (patient.left_on is not None and patient.left_on <= today):
        raise ValidationError("This patient has died or left the clinic.")
    alike = WaitingEntry.objects.open(on=today).filter(
        patient=patient, course=current.course, kind=current.kind, site=current.site
    )
    if alike.exists():
        raise ValidationError("This patient is on the waiting list for this already.")
    current.status = WaitingEntry.Status.WAITING
    current.save()
    return current


@transaction.atomic
def offer_time(*, entry: WaitingEntry, freed: Appointment, by: User, now: datetime) -> tuple[SlotOffer, bool]:
    """Offer a freed time to somebody who waits; a message is queued where they agreed to messages.

    Returns the offer and whether a message goes out. Nothing is booked and nothing is held: several may be offered
    the same time, and the first who takes it has it. Raises ValidationError when the time is not free any more or the
    entry is closed.
    """
    entry = WaitingEntry.objects.select_for_update(of=("self",)).select_related("patient", "site").get(pk=entry.pk)
    _must_wait(entry, now=now)
    if (problem := freed_problem(freed, now=now)) is not None:
        raise ValidationError(problem)
    course = entry.course if entry.kind == Appointment.Kind.SESSION else None
    if course is not None and is_too_early(
        on=freed.on, eligible_on=course.eligible_on, last_session_on=course.last_session_on
    ):
        # They could not take it by their link.
        raise ValidationError(f"May not be treated again before {course.eligible_on:%-d %B %Y}.")
    offer, is_new = SlotOffer.objects.get_or_create(
        entry=entry,
        freed_by=freed,
        defaults={
            "provider": freed.provider,
            "room": freed.room,
            "starts_at": freed.starts_at,
            "ends_at": freed.ends_at,
            "offered_by": by,
        },
    )
    once = f"offer {offer.pk}"
    if not is_new and offer.status != SlotOffer.Status.OFFERED:
        # Asked again after a no: a message of its own.
        once += f" again at {now:%Y-%m-%dT%H:%MZ}"
        offer.status, offer.answered_at = SlotOffer.Status.OFFERED, None
        offer.save()
    message = queue_message(
        patient=entry.patient,
        site=entry.site,
        purpose=Purpose.WAITING_OFFER,
        about=OFFER,
        about_id=offer.pk,
        once=once,
        send_after=now,
        send_before=offer.starts_at,
        now=now,
        values={"starts_at": offer.starts_at},
        by=by,
    )
    # Offered by two at once, or pressed twice, there is one message, and both are told of it.
    return offer, message is not None or Message.objects.filter(once=once).exists()


def why_not_offered(offer_id: int, *, since: datetime | None, now: datetime) -> str:
    """Why nobody is written to about that offer any more, in words; "" while it is open and its time is free."""
    offer = SlotOffer.objects.filter(pk=offer_id).select_related("entry__site", "freed_by").first()
    if offer is None:
        return "The offer is gone."
    if offer.status != SlotOffer.Status.OFFERED:
        return "The offer is answered, or the time is taken."
    if offer.entry.status != WaitingEntry.Status.WAITING:
        return "The patient waits no more."
    return freed_problem(offer.freed_by, now=now) or ""


@transaction.atomic
def decline_offer(*, offer: SlotOffer, by: User | None, now: datetime) -> SlotOffer:
    """Keep that they do not want this time; they go on waiting. Doing it again changes nothing."""
    current = SlotOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    if current.status == SlotOffer.Status.OFFERED:
        _answer(current, SlotOffer.Status.DECLINED, now=now)
    return current


def book_freed_time(
    *,
    entry: WaitingEntry,
    freed: Appointment,
    by: User | None,
    now: datetime,
    override_reason: str = "",
    source: str = Appointment.Source.STAFF,
    notify: bool = False,
) -> Appointment:
    """Book a freed time for somebody who waits; the appointment they would give up for it is moved there.

    In the room of the freed visit, or another where that is taken meanwhile. Closes the entry, its offer and the desk's
    task. `notify`: the patient is written to, where there is consent. Raises ValidationError as booking does, and when
    the time was taken by another; an offer of it then says so.
    """
    try:
        return _book(entry, freed, by=by, now=now, override_reason=override_reason, source=source, notify=notify)
    except ValidationError:
        note_taken(freed=freed, by=by, now=now)
        raise


@transaction.atomic
def note_taken(*, freed: Appointment, by: User | None, now: datetime) -> None:
    """Where a freed time cannot be had any more, say so at its offers and close its task."""
    if freed_problem(freed, now=now) is not None:
        slot_filled(freed=freed, note="Taken by another.", by=by, now=now)


@transaction.atomic
def _book(
    entry: WaitingEntry,
    freed: Appointment,
    *,
    by: User | None,
    now: datetime,
    override_reason: str,
    source: str,
    notify: bool,
) -> Appointment:
    # The same order as booking takes them in: first the patient, then what else is locked.
    patient = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.patient_id)
    entry = WaitingEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    _must_wait(entry, now=now)
    if (problem := freed_problem(freed, now=now)) is not None:
        raise ValidationError({"starts_at": problem})
    given_up = entry.instead_of
    room = _room(freed, minutes=entry.minutes, given_up=given_up)
    if given_up is not None and given_up.status in (Appointment.Status.BOOKED, Appointment.Status.CONFIRMED):
        booked = move_appointment(
            appointment=given_up,
            starts_at=freed.starts_at,
            minutes=entry.minutes,
            provider=freed.provider,
            room=room,
            version=None,
            by=by,
            now=now,
            override_reason=override_reason,
            source=source,
            notify=notify,
        )
    else:
        booked = book_appointment(
            patient=patient,
            provider=freed.provider,
            site=freed.site,
            kind=entry.kind,
            starts_at=freed.starts_at,
            minutes=entry.minutes,
            courses=[entry.course] if entry.course is not None else [],
            room=room,
            by=by,
            now=now,
            override_reason=override_reason,
            source=source,
            notify=notify,
        )
    entry.status = WaitingEntry.Status.BOOKED
    entry.version += 1
    entry.save()
    offer = SlotOffer.objects.filter(entry=entry, freed_by=freed).first()
    if offer is not None:
        offer.appointment = booked
        _answer(offer, SlotOffer.Status.BOOKED, now=now)
    slot_filled(freed=freed, note="Booked for somebody who waited.", by=by, now=now)
    return booked


def _room(freed: Appointment, *, minutes: int, given_up: Appointment | None) -> Room | None:
    """The room that the freed visit had, else another that is free; none where that visit had none.

    Raises ValidationError where every room is taken.
    """
    if freed.room is None:
        return None
    found = free_room(site=freed.site, starts_at=freed.starts_at, minutes=minutes, without=given_up, rather=freed.room)
    if found is None and has_rooms(freed.site):
        raise ValidationError({"room": NO_ROOM})
    return found


def _must_wait(entry: WaitingEntry, *, now: datetime) -> None:
    if entry.status != WaitingEntry.Status.WAITING:
        raise ValidationError(f"This entry is {entry.get_status_display()}.")
    if entry.latest_on < entry.site.today(now=now):
        raise ValidationError("This entry has ended: its last day is past.")


def _answer(offer: SlotOffer, status: str, *, now: datetime) -> None:
    offer.status, offer.answered_at = status, now
    offer.save()
    cancel_messages(about=OFFER, about_id=offer.pk, reason="The offer is answered.")
