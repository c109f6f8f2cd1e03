"""How long a visit usually takes at a site, and which rooms it has: what booking asks of a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Value

from accounts.models import Site
from scheduling.models import Room, VisitLength
from scheduling.rules.visits import USUAL_MINUTES
from treatments.models import TreatmentCourse

VisitOf = tuple[str, int | None]  # kind, and the condition it is for; None: all others
Lengths = dict[VisitOf, int]  # minutes


@dataclass(frozen=True)
class Place:
    """A site as one kind of visit sees it: its rooms (id, name), and minutes by condition (None: all others)."""

    kind: str
    rooms: list[tuple[int, str]]
    lengths: dict[int | None, int]

    def minutes(self, courses: Iterable[TreatmentCourse] = ()) -> int:
        """The longest of its conditions, each with its own length or the kind's."""
        usual = self.lengths.get(None, USUAL_MINUTES[self.kind])
        return max((self.lengths.get(course.condition_id, usual) for course in courses), default=usual)


def place_of(site: Site, *, kind: str) -> Place:
    """The site's open rooms by name and its lengths for that kind of visit, in one query."""
    rooms: list[tuple[int, str]] = []
    lengths: dict[int | None, int] = {}
    found = (
        Room.objects.filter(site=site, is_active=True)
        .order_by()
        .annotate(t=Value("room"), m=Value(0))
        .values_list("t", "pk", "name", "m")
        .union(
            VisitLength.objects.filter(site=site, kind=kind)
            .order_by()
            .annotate(t=Value("length"), n=Value(""))
            .values_list("t", "condition", "n", "minutes"),
            all=True,
        )
    )
    for what, pk, name, minutes in found:
        if what == "room":
            rooms.append((pk, name))
        else:
            lengths[pk] = minutes
    return Place(kind, sorted(rooms, key=lambda room: room[1]), lengths)


def lengths_of(site: Site) -> Lengths:
    """How long visits take there, where it is not the usual: by kind, then by condition."""
    rows = VisitLength.objects.filter(site=site).order_by("kind", "condition__name")
    return {(kind, condition): minutes for kind, condition, minutes in rows.values_list("kind", "condition", "minutes")}


def usual_minutes(*, site: Site, kind: str, courses: Iterable[TreatmentCourse] = ()) -> int:
    """Minutes for a visit of that kind at that site."""
    return place_of(site, kind=kind).minutes(courses)
