from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import CharField, Count, DateField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import Site
from scheduling.rules import HIDE_DAYS, INACTIVE, LONGEST_HIDE_DAYS
from treatments.models import TreatmentCourse
from treatments.querysets.courses import TreatmentCourseQuerySet
from treatments.rules.windows import Booking, State

if TYPE_CHECKING:
    from accounts.models import User
    from patients.models import Patient
    from scheduling.models import Appointment, RecallAttempt  # noqa: F401


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> AppointmentQuerySet:
        """Appointments at this person's sites, and everywhere those of patients they may see."""
        return self.filter(Q(site__in=user.sites.all()) | Q(patient__site__in=user.sites.all()))

    def active(self) -> AppointmentQuerySet:
        """Neither cancelled nor missed."""
        return self.exclude(status__in=INACTIVE)

    def on_day(self, *, site: Site, day: date) -> AppointmentQuerySet:
        """Appointments that start on that calendar day of the site."""
        starts = datetime.combine(day, time.min, tzinfo=site.zone())
        ends = datetime.combine(day + timedelta(days=1), time.min, tzinfo=site.zone())
        return self.filter(site=site, starts_at__gte=starts, starts_at__lt=ends)

    def of_patient(self, patient: Patient) -> AppointmentQuerySet:
        """The patient's appointments, newest first."""
        return self.filter(patient=patient).order_by("-starts_at", "-id")

    def overlapping(self, *, starts_at: datetime, ends_at: datetime) -> AppointmentQuerySet:
        """Active appointments that share some time with that span; one that ends as it begins does not."""
        return self.active().filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def taking(self, *, patient_id: int, provider_id: int, room_id: int | None) -> AppointmentQuerySet:
        """Appointments that need that patient, provider or room."""
        taken = Q(patient=patient_id) | Q(provider=provider_id)
        return self.filter(taken | Q(room=room_id) if room_id is not None else taken)

    def for_list(self) -> AppointmentQuerySet:
        return self.select_related("patient", "provider", "room", "site", "session", "follow_up").prefetch_related(
            "courses__condition"
        )


class RecallAttemptQuerySet(models.QuerySet["RecallAttempt"]):
    def visible_to(self, user: User) -> RecallAttemptQuerySet:
        return self.filter(course__patient__site__in=user.sites.all())


# The states whose patients are called, in the order of a course's life.
CALLED = (State.OPENING, State.DUE, State.OVERDUE)
WINDOW_IS_OVER = (State.OVERDUE, State.LAPSED)


def needs_booking(state: str, booking: str) -> bool:
    """No booking ahead serves: there is none, or it comes after a window in which an earlier day is still to be had."""
    return booking == Booking.NONE or (booking == Booking.TOO_LATE and state not in WINDOW_IS_OVER)


# The same for the database, the cheap part first: most rows have no booking ahead at all.
_TODAY = F("today")
_NEEDS_BOOKING = (
    Q(booked_until=None)
    | Q(booked_until__lt=_TODAY)
    | Q(booking_now=Booking.NONE)
    | (Q(booking_now=Booking.TOO_LATE) & Q(window_closes_on__gte=_TODAY))
)
_WAITS = Q(is_hidden=False) & _NEEDS_BOOKING

# The states of open courses in terms of their stored dates. `state_now` says the same, but to the planner it is a
# closed box: with these it knows how many rows there are, and walks an index in the order of the list.
_STATE_DATES = {
    State.NEW: Q(window_opens_on=None),
    State.OPENING: Q(opening_on__lte=_TODAY, window_opens_on__gt=_TODAY),
    State.DUE: Q(window_opens_on__lte=_TODAY, window_closes_on__gte=_TODAY),
    State.OVERDUE: Q(window_closes_on__lt=_TODAY, lapses_on__gte=_TODAY),
    State.LAPSED: Q(lapses_on__lt=_TODAY),
}
_GONE = Q(patient__died_on__lte=_TODAY) | Q(patient__left_on__lte=_TODAY)
_CALLED_DATES = Q(opening_on__lte=_TODAY, lapses_on__gte=_TODAY)


@dataclass(frozen=True)
class Tab:
    """One list of the recall page: its rows as a condition for the database, and the same said of one row's answers.

    `mark` is the state whose shape stands beside the words. `order` is "closes": the earliest closing first,
    "started": the longest waiting first, or "all", which puts courses without a window last.
    """

    key: str
    words: str
    condition: Q
    holds: Callable[[str, str, bool], bool]  # of state, booking, hidden
    mark: str = ""
    order: str = "closes"


def _calling(key: str, words: str, *states: State, mark: str = "", order: str = "closes") -> Tab:
    return Tab(
        key,
        words,
        (_STATE_DATES[states[0]] if len(states) == 1 else _CALLED_DATES) & _WAITS,
        lambda state, booking, hidden: state in states and not hidden and needs_booking(state, booking),
        mark,
        order,
    )


TABS: dict[str, Tab] = {
    tab.key: tab
    for tab in (
        _calling("to-call", "To call", *CALLED),
        _calling("opening", "Opening", State.OPENING, mark="opening"),
        _calling("due", "Due", State.DUE, mark="due"),
        _calling("overdue", "Overdue", State.OVERDUE, mark="overdue"),
        _calling("lapsed", "Lapsed", State.LAPSED, mark="lapsed"),
        _calling("new", "New", State.NEW, mark="new", order="started"),
        Tab(
            "too-early",
            "Booked too early",
            Q(booking_now=Booking.TOO_EARLY),
            lambda state, booking, hidden: booking == Booking.TOO_EARLY,
            mark="early",
        ),
        Tab("all", "All", Q(), lambda state, booking, hidden: True, order="all"),
        Tab(
            "hidden",
            "Hidden",
            Q(is_hidden=True) & (Q(opening_on__lte=_TODAY) | Q(opening_on=None)) & _NEEDS_BOOKING,
            lambda state, booking, hidden: hidden and state != State.IN_EFFECT and needs_booking(state, booking),
            order="all",
        ),
    )
}

NEVER = date(9999, 12, 31)


def recall_courses(*, user: User, sites: Iterable[Site], now: datetime) -> TreatmentCourseQuerySet:
    """The open courses at those sites, with the annotations of `with_state` and `is_hidden`.

    A row is hidden while it is snoozed, or was called lately (see rules.HIDE_DAYS).
    """
    places = list(sites)
    days = {site.pk: site.today(now=now) for site in places}
    on = set(days.values())
    courses: TreatmentCourseQuerySet = (
        TreatmentCourse.objects.visible_to(user)
        # Nobody closes a course from a later day on, so this says all; it is what the partial indexes ask for.
        .filter(site__in=list(days), closed_on=None)
        # One day for all sites spares the database a look at the site of each row.
        .with_state(on=on.pop() if len(on) == 1 else days)
    )
    return courses.exclude(_GONE).annotate(is_hidden=_is_hidden(places, now))


def _is_hidden(sites: Sequence[Site], now: datetime) -> Q:
    """Each set of ids is small and made once; sites that share a day or a midnight share a set."""
    by_day, by_midnight = defaultdict(list), defaultdict(list)
    for site in sites:
        today = site.today(now=now)
        by_day[today].append(site.pk)
        by_midnight[today, datetime.combine(today, time.min, tzinfo=site.zone()).astimezone(UTC)].append(site)
    hidden = Q(pk__in=[])
    for day, ids in by_day.items():
        hidden |= Q(pk__in=_snoozed(day)) & (Q(site__in=ids) if len(by_day) > 1 else Q())
    for (day, _), group in by_midnight.items():
        of_sites = Q(site__in=[site.pk for site in group]) if len(by_midnight) > 1 else Q()
        called = _called_lately(day, group[0])
        hidden |= Q(pk__in=called.filter(window__closed_by=None, window__voided=False, window__isnull=False)) & of_sites
        # Calls about a first session belong to no window; the first session ends what they say.
        hidden |= Q(pk__in=called.filter(window=None), last_session_on=None) & of_sites
    return hidden


def _snoozed(day: date) -> models.QuerySet:  # type: ignore[type-arg]
    """Ids of the courses whose latest snooze has not ended on that day."""
    from scheduling.models import Snooze

    later = Snooze.objects.filter(course=OuterRef("course"), id__gt=OuterRef("id"))
    return Snooze.objects.filter(~Exists(later), until__gt=day).order_by().values("course")


def _called_lately(day: date, site: Site) -> models.QuerySet:  # type: ignore[type-arg]
    """Ids of the courses whose latest call keeps them off the list on that day, unless a later snooze decides."""
    from scheduling.models import RecallAttempt, Snooze

    def since(days: int) -> datetime:
        return datetime.combine(day - timedelta(days=days - 1), time.min, tzinfo=site.zone())

    recent = Q()
    for outcome, days in HIDE_DAYS.items():
        if days:
            recent |= Q(outcome=outcome, at__gte=since(days))
    later_call = RecallAttempt.objects.filter(course=OuterRef("course"), id__gt=OuterRef("id"))
    later_snooze = Snooze.objects.filter(course=OuterRef("course"), at__gte=OuterRef("at"))
    return (
        RecallAttempt.objects.filter(
            recent, ~Exists(later_call), ~Exists(later_snooze), at__gte=since(LONGEST_HIDE_DAYS)
        )
        .order_by()
        .values("course")
    )


def recall_counts(courses: TreatmentCourseQuerySet) -> dict[str, int]:
    """How many rows each tab holds, by its key, in one query that looks at each course once."""
    counts = dict.fromkeys(TABS, 0)
    rows: Any = courses.order_by()
    groups = rows.values("state_now", "booking_now", "is_hidden").annotate(count=Count("pk"))
    for group in groups:
        for key, tab in TABS.items():
            if tab.holds(group["state_now"], group["booking_now"], group["is_hidden"]):
                counts[key] += group["count"]
    return counts


@dataclass(frozen=True)
class Page:
    """One page of a list by keyset; `before` and `after` are ids to ask the neighbours with, or None."""

    rows: list[TreatmentCourse]
    before: int | None
    after: int | None


def recall_page(
    courses: TreatmentCourseQuerySet, tab: Tab, *, size: int, after: int | None = None, before: int | None = None
) -> Page:
    """The page of a tab that follows or precedes the course with that id; the first one without an id.

    The id's place is known even when its row has left the list meanwhile.
    """
    rows = with_last_contact(courses.filter(tab.condition).for_list().annotate(place=_place(tab)))
    edge_id = after or before or 0
    edge = None
    if edge_id:
        edge = TreatmentCourse.objects.filter(pk=edge_id).annotate(place=_place(tab)).values("place").first()
    backwards = before is not None and after is None and edge is not None
    if edge is not None:
        further = "lt" if backwards else "gt"
        # Said twice, so that the index on the place is entered at the right leaf.
        rows = rows.filter(
            Q(**{f"place__{further}": edge["place"]}) | Q(place=edge["place"], **{f"pk__{further}": edge_id}),
            **{f"place__{further}e": edge["place"]},
        )
    order = ("-place", "-pk") if backwards else ("place", "pk")
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    return Page(
        rows=found,
        before=found[0].pk if found and (more if backwards else edge is not None) else None,
        after=found[-1].pk if found and (True if backwards else more) else None,
    )


def _place(tab: Tab) -> models.expressions.Combinable:
    """What a tab is ordered by: earliest closing first, so the most overdue come first."""
    if tab.order == "closes":
        return F("window_closes_on")
    if tab.order == "started":
        return F("started_on")
    return Coalesce(F("window_closes_on"), Value(NEVER), output_field=DateField())


def with_last_contact(courses: TreatmentCourseQuerySet) -> TreatmentCourseQuerySet:
    """Annotate the latest attempt (`last_outcome`, `last_attempt_at`) and the end of the latest snooze."""
    from scheduling.models import RecallAttempt, Snooze

    latest = RecallAttempt.objects.filter(course=OuterRef("pk")).order_by("-at", "-id")
    return courses.annotate(
        last_outcome=Subquery(latest.values("outcome")[:1], output_field=CharField()),
        last_attempt_at=Subquery(latest.values("at")[:1]),
        snoozed_until=Subquery(Snooze.objects.filter(course=OuterRef("pk")).order_by("-id").values("until")[:1]),
    )
