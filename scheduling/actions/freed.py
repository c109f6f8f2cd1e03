"""What happens when a time is free again: one task for the desk if anybody who waits would take it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from messaging.actions.queue import cancel_messages
from patients.actions.tasks import complete_task, open_task
from patients.models import Task
from scheduling.models import Appointment, SlotOffer
from scheduling.waiting import candidates_for, freed_problem

# What a message about an offer is about; the patient's link opens the offer.
OFFER = "offer"


def slot_freed(*, freed: Appointment, by: User | None, now: datetime) -> Task | None:
    """Ask the desk to offer the time, when anybody fits; nobody is booked. The same time makes one task only."""
    if freed_problem(freed, now=now) is not None:
        return None
    fitting = next((one for one in candidates_for(freed, now=now) if one.fits), None)
    if fitting is None:
        return None
    start = freed.local_start
    return open_task(
        patient=fitting.entry.patient,
        site=freed.site,
        kind=Task.Kind.OFFER_SLOT,
        words=f"{start:%a} {start.day} {start:%b}, {freed.time_words} with {freed.provider} is free again: offer it.",
        due_on=freed.site.today(now=now),
        once=once_of(freed),
        about="appointment",
        about_id=freed.pk,
        by=by,
    )


def slot_filled(*, freed: Appointment, note: str, by: User | None, now: datetime) -> None:
    """Close what stood open about a freed time: its task, and offers that nobody has answered."""
    _take(SlotOffer.objects.filter(freed_by=freed), now=now)
    for task in Task.objects.open().filter(once=once_of(freed)):
        complete_task(task=task, note=note, by=by, now=now)


def offers_taken(*, appointment: Appointment, by: User | None, now: datetime) -> None:
    """A time that was on offer is booked, by whomever: nobody else can have it, and nobody has to offer it."""
    overlapping = SlotOffer.objects.filter(
        provider=appointment.provider_id, starts_at__lt=appointment.ends_at, ends_at__gt=appointment.starts_at
    )
    # What they were offered themselves is answered by what they do with it.
    _take(overlapping.exclude(entry__patient=appointment.patient_id), now=now)
    tasks = Task.objects.open().filter(
        kind=Task.Kind.OFFER_SLOT,
        about="appointment",
        about_id__in=Appointment.objects.filter(
            provider=appointment.provider_id,
            starts_at__lt=appointment.ends_at,
            ends_at__gt=appointment.starts_at,
        ).values("pk"),
    )
    for task in tasks:
        complete_task(task=task, note="The time is taken.", by=by, now=now)


def _take(offers: QuerySet[SlotOffer], *, now: datetime) -> None:
    for offer in offers.filter(status=SlotOffer.Status.OFFERED):
        offer.status, offer.answered_at = SlotOffer.Status.TAKEN, now
        offer.save()
        cancel_messages(about=OFFER, about_id=offer.pk, reason="The time is taken.")
        # Its link stays open until its day: it says that the time is taken.


def once_of(freed: Appointment) -> str:
    return f"freed {freed.pk}"
