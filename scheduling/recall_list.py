"""Who stands on which recall list, on which day: the tabs, their conditions and their counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.models import Site, User
from scheduling.counting import COUNTED_TO, Counted, counted, together
from scheduling.models import RecallAttempt, RecallHold
from scheduling.querysets import THIS_WINDOW
from treatments.models import TreatmentCourse
from treatments.querysets.courses import BookedBefore, TreatmentCourseQuerySet
from treatments.rules.windows import Booking, State

# The states whose patients are called, in the order of a course's life.
CALLED = (State.OPENING, State.DUE, State.OVERDUE)
TO_CALL = "to-call"
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
# Those somebody may have put away, made once: few of all courses, so that not each of them is looked at.
_LATER = OuterRef("earliest_today")
_PUT_AWAY = Q(
    pk__in=RecallHold.objects.filter(Q(until__gt=_LATER) | Q(until=None))
    .order_by()
    .values("course")
    .union(RecallAttempt.objects.filter(hidden_until__gt=_LATER).order_by().values("course"))
)


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
        _calling(TO_CALL, "To call", *CALLED),
        _calling("opening", "Opening", State.OPENING, mark="opening"),
        _calling("due", "Due", State.DUE, mark="due"),
        _calling("overdue", "Overdue", State.OVERDUE, mark="overdue"),
        _calling("lapsed", "Lapsed", State.LAPSED, mark="lapsed"),
        _calling("new", "New", State.NEW, mark="new", order="started"),
        Tab(
            "too-early",
            "Booked too early",
            # The first part is true whatever day it is, so that an index holds the few rows it is true of.
            Q(BookedBefore("eligible_on", "booked_dates")) & Q(booking_now=Booking.TOO_EARLY),
            lambda state, booking, hidden: booking == Booking.TOO_EARLY,
            mark="early",
        ),
        Tab("all", "All", Q(), lambda state, booking, hidden: True, order="all"),
        Tab(
            "hidden",
            "Hidden",
            _PUT_AWAY & Q(is_hidden=True) & (Q(opening_on__lte=_TODAY) | Q(opening_on=None)) & _NEEDS_BOOKING,
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
    earliest = Value(min(days.values(), default=date.min), output_field=models.DateField())
    return courses.exclude(_GONE).alias(earliest_today=earliest).annotate(is_hidden=_is_hidden())


def _is_hidden() -> Combinable:
    """Looked up for each row: a page and a capped count look at few rows of many."""
    holds = RecallHold.objects.filter(course=OuterRef("pk"))
    holding = Q(THIS_WINDOW) & (Q(until__gt=OuterRef("today")) | Q(until=None)) & ~Q(kind=RecallHold.Kind.BACK)
    calls = RecallAttempt.objects.filter(course=OuterRef("pk"))
    # A later hold decides in place of the call.
    later_hold = RecallHold.objects.filter(course=OuterRef("course"), at__gte=OuterRef("at"))
    calling = Q(THIS_WINDOW) & Q(hidden_until__gt=OuterRef("today")) & ~Exists(later_hold)
    return Case(
        When(_of_latest(holds, holding), then=True),
        default=_of_latest(calls, calling),
        output_field=models.BooleanField(),
    )


def _of_latest(rows: models.QuerySet[Any], condition: Any) -> Coalesce:
    """Whether the condition is true of the latest of the rows; false where there is none."""
    holds = Case(When(condition, then=True), default=False, output_field=models.BooleanField())
    return Coalesce(Subquery(rows.order_by("-id").values(holds=holds)[:1]), False, output_field=models.BooleanField())


def recall_counts(
    courses: TreatmentCourseQuerySet, *, beside: TreatmentCourseQuerySet | None = None, most: int = COUNTED_TO
) -> dict[str, Counted]:
    """How many rows each tab holds, by its key, in one query; none is counted further than `most`.

    `beside`: other rows to count with them, under the key "beside".
    """
    rows = {key: courses.filter(tab.condition) for key, tab in TABS.items() if key != TO_CALL}
    if beside is not None:
        rows["beside"] = beside
    found = counted(rows, most=most)
    # The states to call are three lists that share no row.
    found[TO_CALL] = together(*(found[key] for key in ("opening", "due", "overdue")), most=most)
    return found


def left_out(*, of: Counted, shown: Counted) -> Counted | None:
    """How many rows the filters leave out of a list, or None where none or nobody can say."""
    if shown.is_more or of == shown:
        return None
    return Counted(of.number - shown.number, of.is_more)
