"""One page of a recall list, by keyset: in which order, and what each row says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, DateField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from patients.models import Task
from scheduling.models import RecallAttempt, RecallClaim, RecallHold
from scheduling.querysets import THIS_WINDOW
from scheduling.recall_list import Tab
from treatments.models import TreatmentCourse
from treatments.models.course import NEVER_TRIED
from treatments.querysets.courses import TreatmentCourseQuerySet

NEVER = date(9999, 12, 31)
CLOSES, TARGET, CONTACT, NAME, ATTEMPTS = "closes", "target", "contact", "name", "attempts"
SORTS = {
    CLOSES: "Closes first",
    TARGET: "Target date",
    CONTACT: "Longest since contact",
    NAME: "Name",
    ATTEMPTS: "Fewest attempts",
}
# Their place changes with a call, so a page remembers where it ended and does not ask the row again.
MOVING = (CONTACT, ATTEMPTS)

# A letter task is about the course; see actions.recalls.
LETTER_ABOUT = "course"


@dataclass(frozen=True)
class Edge:
    """Where a page ends: the id of its outermost row, and for an order that moves the row's place."""

    pk: int
    place: int | None = None


@dataclass(frozen=True)
class Page:
    """One page of a list by keyset; `before` and `after` are where to ask the neighbours from, or None."""

    rows: list[TreatmentCourse]
    before: Edge | None
    after: Edge | None


def recall_page(
    courses: TreatmentCourseQuerySet,
    tab: Tab,
    *,
    size: int,
    sort: str = CLOSES,
    after: Edge | None = None,
    before: Edge | None = None,
) -> Page:
    """The page of a tab that follows or precedes an edge; the first one without one.

    An edge's place is known even when its row has left the list meanwhile.
    """
    place = _place(tab, sort)
    rows = with_contacts(courses.filter(tab.condition).for_list().annotate(place=place))
    edge = after or before
    at: object = None
    if edge is not None:
        at = edge.place
        if at is not None and sort == CONTACT:
            at = NEVER_TRIED + timedelta(microseconds=edge.place or 0)
        if at is None:
            at = (
                TreatmentCourse.objects.filter(pk=edge.pk).annotate(place=place).values_list("place", flat=True).first()
            )
    backwards = before is not None and after is None and at is not None
    if edge is not None and at is not None:
        further = "lt" if backwards else "gt"
        # Said twice, so that the index on the place is entered at the right leaf.
        rows = rows.filter(
            Q(**{f"place__{further}": at}) | Q(place=at, **{f"pk__{further}": edge.pk}), **{f"place__{further}e": at}
        )
    order = ("-place", "-pk") if backwards else ("place", "pk")
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()

    def edge_of(row: TreatmentCourse) -> Edge:
        place: Any = row.place  # type: ignore[attr-defined]
        if sort == CONTACT:
            place = (place - NEVER_TRIED) // timedelta(microseconds=1)  # so that an address can hold it
        return Edge(row.pk, place if sort in MOVING else None)

    return Page(
        rows=found,
        before=edge_of(found[0]) if found and (more if backwards else at is not None) else None,
        after=edge_of(found[-1]) if found and (True if backwards else more) else None,
    )


def _place(tab: Tab, sort: str) -> Combinable:
    """What the rows are ordered by, never null."""
    if sort == TARGET:
        return Coalesce(F("target_on"), Value(NEVER), output_field=DateField())
    if sort == NAME:
        return F("patient__name_sort")
    if sort == CONTACT:
        return Coalesce(F("tried_at"), Value(NEVER_TRIED))
    if sort == ATTEMPTS:
        return F("times_tried")
    if tab.order == "closes":
        return F("window_closes_on")
    if tab.order == "started":
        return F("started_on")
    return Coalesce(F("window_closes_on"), Value(NEVER), output_field=DateField())


def with_contacts(courses: TreatmentCourseQuerySet) -> TreatmentCourseQuerySet:
    """Annotate what was done about the patient: the latest attempt and its effect, the latest hold, a letter to write.

    `last_outcome` and `last_attempt_by` are of any window, all others of the one open now.
    """
    latest = RecallAttempt.objects.filter(course=OuterRef("pk")).order_by("-at", "-id")
    hold = RecallHold.objects.filter(THIS_WINDOW, course=OuterRef("pk")).order_by("-id")
    letter = Task.objects.filter(
        patient=OuterRef("patient"),
        kind=Task.Kind.LETTER,
        about=LETTER_ABOUT,
        about_id=OuterRef("pk"),
        done_at=None,
    )
    return courses.annotate(
        last_outcome=Subquery(latest.values("outcome__name")[:1], output_field=CharField()),
        last_attempt_by=Subquery(latest.values("by__name")[:1]),
        hidden_until=Subquery(latest.filter(THIS_WINDOW).values("hidden_until")[:1]),
        hold_kind=Subquery(hold.values("kind")[:1]),
        held_until=Subquery(hold.values("until")[:1]),
        hold_reason=Subquery(hold.values("reason")[:1]),
        hold_by=Subquery(hold.values("by__name")[:1]),
        letter_is_due=Exists(letter),
    )


def with_claims(courses: TreatmentCourseQuerySet, *, now: datetime) -> TreatmentCourseQuerySet:
    """Annotate who is calling the patient now, about this course or another: `claim_by`, `claim_by_id`, `claim_at`."""
    claim = RecallClaim.objects.filter(course__patient=OuterRef("patient"), until__gt=now).order_by("at")
    return courses.annotate(
        claim_by=Subquery(claim.values("by__name")[:1]),
        claim_by_id=Subquery(claim.values("by")[:1]),
        claim_at=Subquery(claim.values("at")[:1]),
    )
