"""Who stands on which recall list, on which day: the tabs, their conditions and their counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

from accounts.models import Site, User
from scheduling.models import RecallAttempt, RecallHold
from treatments.models import TreatmentCourse
from treatments.querysets.courses import TreatmentCourseQuerySet
from treatments.rules.windows import Booking, State

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
    is_called: bool = False  # a list to call from: nobody in it is booked or put away


def _calling(key: str, words: str, *states: State, mark: str = "", order: str = "closes") -> Tab:
    return Tab(
        key,
        words,
        (_STATE_DATES[states[0]] if len(states) == 1 else _CALLED_DATES) & _WAITS,
        lambda state, booking, hidden: state in states and not hidden and needs_booking(state, booking),
        mark,
        order,
        is_called=True,
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


def recall_courses(*, user: User | None, sites: Iterable[Site], now: datetime) -> TreatmentCourseQuerySet:
    """The open courses at those sites, with the annotations of `with_state` and `is_hidden`; `user` None: the program.

    A row is hidden while it is snoozed, or was called lately (see AttemptOutcome.hide_days).
    """
    places = list(sites)
    days = {site.pk: site.today(now=now) for site in places}
    on = set(days.values())
    courses: TreatmentCourseQuerySet = (
        (TreatmentCourse.objects.all() if user is None else TreatmentCourse.objects.visible_to(user))
        # Nobody closes a course from a later day on, so this says all; it is what the partial indexes ask for.
        .filter(site__in=list(days), closed_on=None)
        # One day for all sites spares the database a look at the site of each row.
        .with_state(on=on.pop() if len(on) == 1 else days)
    )
    return courses.exclude(_GONE).annotate(is_hidden=_is_hidden(places, now))


def _is_hidden(sites: Sequence[Site], now: datetime) -> Q:
    """Each set of ids is small and made once; sites that share a day share a set."""
    by_day = defaultdict(list)
    for site in sites:
        by_day[site.today(now=now)].append(site.pk)
    hidden = Q(pk__in=[])
    for day, ids in by_day.items():
        of_sites = Q(site__in=ids) if len(by_day) > 1 else Q()
        for found in (_held(day), _called_lately(day)):
            hidden |= (
                Q(pk__in=found.filter(window__closed_by=None, window__voided=False, window__isnull=False)) & of_sites
            )
            # What was said before a first session belongs to no window; the first session ends it.
            hidden |= Q(pk__in=found.filter(window=None), last_session_on=None) & of_sites
    return hidden


def _held(day: date) -> models.QuerySet:  # type: ignore[type-arg]
    """Ids of the courses whose latest hold has not ended on that day."""
    later = RecallHold.objects.filter(course=OuterRef("course"), id__gt=OuterRef("id"))
    lasting = RecallHold.objects.exclude(kind=RecallHold.Kind.BACK).filter(Q(until__gt=day) | Q(until=None))
    return lasting.filter(~Exists(later)).order_by().values("course")


def _called_lately(day: date) -> models.QuerySet:  # type: ignore[type-arg]
    """Ids of the courses whose latest call keeps them off the list on that day, unless a later hold decides."""
    later_call = RecallAttempt.objects.filter(course=OuterRef("course"), id__gt=OuterRef("id"))
    later_hold = RecallHold.objects.filter(course=OuterRef("course"), at__gte=OuterRef("at"))
    return (
        RecallAttempt.objects.filter(~Exists(later_call), ~Exists(later_hold), hidden_until__gt=day)
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
