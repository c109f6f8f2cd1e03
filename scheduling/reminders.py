"""Reminders of appointments, and notices that one was booked, moved or cancelled. Nothing here sends; it queues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import Q

from accounts.models import Site, User
from messaging.actions.queue import Reach, cancel_messages, queue_message
from messaging.models import ContactPolicy, Message, Purpose
from messaging.querysets import MessageQuerySet
from messaging.rules.channels import LETTER
from messaging.rules.quiet import wall_moment
from scheduling.models import Appointment
from scheduling.rules.visits import INACTIVE

ABOUT = "appointment"
REMINDED = ("booked", "confirmed")

# The decent hour, by the clock at the site; quiet hours may move it.
REMIND_AT = time(10)
# A reminder that is later than this is not sent, and none in the last hours before the visit.
USE = timedelta(days=2)
LAST_USE = timedelta(hours=2)
# A letter goes out once, so many days before the first reminder of the others: what the post may take. A person prints
# it, perhaps on one day of the week.
POST_DAYS = 5
LETTER_USE = timedelta(days=14)
# How far ahead reminders are put into the queue. Short, so that a changed policy or consent soon counts.
AHEAD = timedelta(hours=24)

# Before a notice goes out: a slip taken back within it tells nobody, and of several moves only the last is told.
NOTICE_DELAY = timedelta(minutes=3)
NOTICES = (Purpose.BOOKED, Purpose.MOVED, Purpose.CANCELLED)
WENT_OUT = (Message.Status.SENDING, Message.Status.SENT, Message.Status.UNKNOWN)

BOOKED = "An appointment is booked."
WHY_CANCELLED = {
    "cancelled": "The appointment was cancelled.",
    "missed": "The appointment was missed.",
    "moved": "The appointment was moved.",
}


@dataclass(frozen=True)
class Reminder:
    """One reminder of one appointment: when it goes out, and until when it is of use."""

    days: int
    send_after: datetime
    send_before: datetime


def reminders_of(
    starts_at: datetime, *, days: list[int], site: Site, by_letter: bool = False, booked_at: datetime
) -> Iterator[Reminder]:
    """The reminders of a visit that was booked at `booked_at`, at a decent hour so many days before, the first first.

    One whose time had come before the visit was booked is left out: the patient knows.
    """
    zone, day = site.zone(), site.localtime(starts_at).date()
    wanted = sorted(set(days), reverse=True)
    if by_letter:
        wanted = [wanted[0] + POST_DAYS] if wanted else []
    moments = [wall_moment(day - timedelta(days=before), REMIND_AT, zone=zone) for before in wanted]
    last = starts_at - LAST_USE
    for before, (at, following) in zip(wanted, pairwise([*moments, last]), strict=True):
        if booked_at < at < following:
            use = at + USE
            if by_letter:
                # Later than the post takes it would come after the visit.
                use = max(use, min(at + LETTER_USE, starts_at - timedelta(days=POST_DAYS)))
            yield Reminder(before, at, min(use, following, last))


def plan_reminders(*, now: datetime) -> int:
    """Queue the reminders that go out within a day, for every site that wants them; returns how many are new.

    Set based and safe to repeat: what was queued once, sent or not, is never queued again.
    """
    policies = {policy.site_id: policy for policy in ContactPolicy.objects.all()}
    sites = [site for site in Site.objects.all() if policies.get(site.pk, ContactPolicy()).reminders_on]
    wanted = {site.pk: policies.get(site.pk, ContactPolicy()).reminder_days for site in sites}
    appointments = list(_soon(wanted, now=now)) if any(wanted.values()) else []
    reach = Reach.of({appointment.patient_id: appointment.patient for appointment in appointments}.values())
    planned: dict[str, Message] = {}
    for appointment in appointments:
        site, patient = appointment.site, appointment.patient
        channel = reach.choice(patient, on=site.today(now=now)).channel
        if channel is None:
            continue
        for reminder in reminders_of(
            appointment.starts_at,
            days=wanted[site.pk],
            site=site,
            by_letter=channel == LETTER,
            booked_at=appointment.created_at,
        ):
            if reminder.send_after > now + AHEAD or reminder.send_before <= now:
                continue
            once = reminder_once(appointment, reminder.days)
            message = reach.message(
                patient=patient,
                site=site,
                purpose=Purpose.REMINDER,
                about=ABOUT,
                about_id=appointment.pk,
                once=once,
                send_after=reminder.send_after,
                send_before=reminder.send_before,
                values=_values(appointment),
                now=now,
            )
            if message is not None:
                planned[once] = message
    known = set(Message.objects.filter(once__in=list(planned)).values_list("once", flat=True)) if planned else set()
    fresh = [message for once, message in planned.items() if once not in known]
    # Another planner may have queued the same meanwhile: the database keeps one of each.
    Message.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def reminder_once(appointment: Appointment, days: int) -> str:
    """What makes a reminder one: the appointment, its very start, and the days before."""
    return f"reminder {appointment.pk} at {appointment.starts_at:%Y-%m-%dT%H:%MZ} {days} days before"


@transaction.atomic
def appointment_changed(
    appointment: Appointment, *, now: datetime, by: User | None = None, notify: bool = False
) -> Message | None:
    """Keep the queue in step with an appointment that was booked, moved or cancelled; in the caller's transaction.

    Call it for the new appointment and, when that took the place of another, for the old one too. What is unsent about
    one that no longer holds is cancelled, and so are invitations to book what is booked now. `notify`: the patient is
    written to as well, about what its status says; returns that message, or None where nobody can be written to. One
    message at most for each change.
    """
    holds = appointment.status not in INACTIVE
    if holds:
        _take_up_again(appointment, now=now)
        if appointment.kind == Appointment.Kind.SESSION:
            for course_id in appointment.planned.values_list("course_id", flat=True):
                cancel_messages(about="course", about_id=course_id, purposes=[Purpose.RECALL], reason=BOOKED)
    else:
        cancel_messages(about=ABOUT, about_id=appointment.pk, reason=WHY_CANCELLED[appointment.status])
    if not notify or appointment.status in ("moved", "missed") or appointment.starts_at <= now:
        return None
    booked = Purpose.BOOKED if appointment.moved_from_id is None else Purpose.MOVED
    purpose = booked if holds else Purpose.CANCELLED
    # A visit may be cancelled, stand again and be cancelled: what was said before is not what is said now.
    earlier = notices_about(appointment).exclude(status=Message.Status.QUEUED).count()
    return queue_message(
        patient=appointment.patient,
        site=appointment.site,
        purpose=purpose,
        about=ABOUT,
        about_id=appointment.pk,
        once=f"{purpose} {appointment.pk} at {appointment.starts_at:%Y-%m-%dT%H:%MZ}, {earlier} before",
        send_after=now + NOTICE_DELAY,
        send_before=appointment.starts_at,
        values=_values(appointment),
        now=now,
        by=by,
    )


def notices_about(appointment: Appointment) -> MessageQuerySet:
    """What was ever to be written about that visit being booked, moved or cancelled."""
    return Message.objects.filter(about=ABOUT, about_id=appointment.pk, purpose__in=NOTICES)


def was_told(appointment: Appointment) -> str:
    """What the patient was told last of that visit: "booked", "moved", "cancelled", or "" where no notice went out.

    Who takes back what was done tells them again in that case, and otherwise leaves them in peace.
    """
    last = notices_about(appointment).filter(status__in=WENT_OUT).order_by("-pk").values_list("purpose", flat=True)
    return last.first() or ""


def why_not_about(appointment_id: int, *, since: datetime | None, now: datetime) -> str:
    """Why nothing is written about that appointment any more, in words; "" where it still holds."""
    status = Appointment.objects.filter(pk=appointment_id).values_list("status", flat=True).first()
    return WHY_CANCELLED.get(status, "") if status else "The appointment is gone."


def _take_up_again(appointment: Appointment, *, now: datetime) -> None:
    """Put back what was cancelled with an appointment that stands again after all, as its `once` is used up."""
    about = Message.objects.filter(about=ABOUT, about_id=appointment.pk, send_before__gt=now)
    about.filter(status=Message.Status.QUEUED, purpose=Purpose.CANCELLED).update(
        status=Message.Status.CANCELLED, problem="The appointment stands again."
    )
    about.filter(status=Message.Status.CANCELLED, purpose=Purpose.REMINDER, problem=WHY_CANCELLED["cancelled"]).update(
        status=Message.Status.QUEUED, problem=""
    )


def _values(appointment: Appointment) -> dict[str, datetime]:
    return {"starts_at": appointment.starts_at, "link_until": appointment.starts_at}


def _soon(wanted: dict[int, list[int]], *, now: datetime) -> Iterator[Appointment]:
    """The appointments that any reminder could be about today, generously."""
    days = {day for of_site in wanted.values() for day in of_site}
    days |= {max(of_site) + POST_DAYS for of_site in wanted.values() if of_site}
    ranges = Q()
    for day in days:
        # A day of slack on both sides for the hour of the visit and for zones.
        middle = now + timedelta(days=day)
        ranges |= Q(starts_at__gt=middle - USE - timedelta(days=1), starts_at__lt=middle + AHEAD + timedelta(days=1))
    return (
        Appointment.objects.filter(ranges, status__in=REMINDED, site__in=list(wanted), starts_at__gt=now)
        .filter(patient__died_on=None, patient__merged_into=None)
        .select_related("patient", "site")
        .order_by("starts_at", "pk")
        .iterator()
    )
