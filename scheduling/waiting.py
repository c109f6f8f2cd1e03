"""Who waits for a time like the one that was freed: read, in order, with the reasons in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, Q, Value, When

from messaging.actions.queue import consents_said
from scheduling.models import Appointment, SlotOffer, WaitingEntry
from scheduling.rules.visits import INACTIVE
from scheduling.rules.waiting import FreedTime, Wish, reasons_against, reasons_for
from treatments.authorizations import Span, authorized_spans
from treatments.models import TreatmentCourse

MOST = 200  # entries that are looked at for one freed time


@dataclass
class Candidate:
    """Somebody who waits, and why the freed time serves them or does not."""

    entry: WaitingEntry
    against: list[str]
    speaks_for: list[str] = field(default_factory=list)
    offer: SlotOffer | None = None

    @property
    def fits(self) -> bool:
        return not self.against

    @property
    def words(self) -> str:
        return ", ".join(self.against or self.speaks_for)


def freed_problem(freed: Appointment, *, now: datetime) -> str | None:
    """Why the time of that appointment cannot be offered, in words; None while it is free and ahead."""
    if freed.status not in INACTIVE:
        return "This appointment stands: its time is not free."
    if freed.starts_at <= now:
        return "This time is past."
    taken = Appointment.objects.overlapping(starts_at=freed.starts_at, ends_at=freed.ends_at)
    if taken.filter(provider=freed.provider_id).exists():
        return "This time is taken again."
    return None


def candidates_for(freed: Appointment, *, now: datetime) -> list[Candidate]:
    """Everybody who waits at that site, those whom the time fits first: urgent first, then the longest waiting.

    Five queries however many wait.
    """
    site = freed.site
    today = site.today(now=now)
    entries: list[WaitingEntry] = list(
        WaitingEntry.objects.open(on=today)
        .filter(site=site, patient__died_on=None, patient__merged_into=None)
        .filter(Q(patient__left_on=None) | Q(patient__left_on__gt=freed.on))
        .exclude(patient=freed.patient_id)
        .for_list()
        # Where more wait than are looked at, those whom day and provider suit are among those looked at.
        .annotate(
            suits=Case(
                When(
                    Q(provider=None) | Q(provider=freed.provider_id),
                    earliest_on__lte=freed.on,
                    latest_on__gte=freed.on,
                    then=Value(0),
                ),
                default=Value(1),
            ),
            consents_said=consents_said("patient"),
        )
        .order_by("suits", "-is_urgent", "created_at", "id")[:MOST]
    )
    if not entries:
        return []
    courses = [entry.course for entry in entries if entry.course is not None]
    given_up = {
        entry.course.pk: entry.instead_of.on
        for entry in entries
        if entry.course is not None and entry.instead_of is not None and entry.instead_of.is_active
    }
    spans = authorized_spans(courses, on=today, giving_up=given_up)
    elsewhere = _elsewhere(freed, entries)
    offers = {offer.entry_id: offer for offer in SlotOffer.objects.filter(freed_by=freed)}
    time = FreedTime(freed.local_start, freed.minutes, freed.provider_id)
    found = []
    for entry in entries:
        wish = wish_of(entry, spans)
        against = reasons_against(wish, time)
        if elsewhere.get(entry.patient_id, set()) - {entry.instead_of_id}:
            against.append("is elsewhere in the clinic at that time")
        waited = (today - site.localtime(entry.created_at).date()).days
        speaks_for = reasons_for(wish, waited=waited, is_urgent=entry.is_urgent)
        found.append(Candidate(entry, against, speaks_for, offers.get(entry.pk)))
    return sorted(found, key=lambda one: not one.fits)


def wish_of(entry: WaitingEntry, spans: dict[int, list[Span] | None]) -> Wish:
    """What an entry waits for; an appointment it would give up counts only while that still stands."""
    course: TreatmentCourse | None = entry.course
    is_session = entry.kind == Appointment.Kind.SESSION
    allowed = spans.get(course.pk) if course is not None and is_session else None
    gives_up = entry.instead_of
    return Wish(
        earliest_on=entry.earliest_on,
        latest_on=entry.latest_on,
        minutes=entry.minutes,
        weekdays=tuple(entry.weekdays),
        part_of_day=entry.part_of_day,
        provider_id=entry.provider_id,
        eligible_on=course.eligible_on if course is not None and is_session else None,
        last_session_on=course.last_session_on if course is not None and is_session else None,
        authorized=tuple(allowed) if allowed is not None else None,
        gives_up=entry.site.localtime(gives_up.starts_at).replace(tzinfo=None)
        if gives_up is not None and gives_up.is_active
        else None,
    )


def usual_last_day(course: TreatmentCourse | None, instead_of: Appointment | None, *, today: date) -> date | None:
    """The day until which somebody would usually wait: their appointment, else the end of the window."""
    if instead_of is not None and instead_of.on > today:
        return instead_of.on
    if course is not None and course.window_closes_on is not None and course.window_closes_on > today:
        return course.window_closes_on
    return None


def _elsewhere(freed: Appointment, entries: list[WaitingEntry]) -> dict[int, set[int]]:
    """Of those who wait, the visits each has at that very time, by patient."""
    found: dict[int, set[int]] = {}
    taken = Appointment.objects.overlapping(starts_at=freed.starts_at, ends_at=freed.ends_at)
    for pk, patient in taken.filter(patient__in=[entry.patient_id for entry in entries]).values_list("pk", "patient"):
        found.setdefault(patient, set()).add(pk)
    return found
