"""The shorthand line of the charting page: what it says, where its sites go on the maps, and its preview."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import dist
from typing import Any

from treatments.forms.session import plain
from treatments.models import Muscle, Protocol, TreatmentCourse
from treatments.rules.shorthand import CourseName, Entry, MuscleName, parse
from treatments.views.plans import PlannedSite, plan_site
from treatments.views.regions import spots

SAME_PLACE = 14  # of 1000: nearer than this two points are one site; the maps use the same

HOW = "Write muscle, units, sites: fr 20/4."

Placed = tuple[str, str, str, int, int]  # muscle, side, view, x, y
Place = tuple[str, int | None, int | None]  # view, x, y; a site that is on no map has none
PostedRow = tuple[str, str, str, int | None, int | None, Decimal | None, str]  # the same, units (None: empty), course


@dataclass(frozen=True)
class Line:
    """What the preview says of one entry and side, or of an entry that cannot be read."""

    text: str
    error: str = ""
    muscle: str = ""
    side: str = ""
    sites: int = 0
    each: str = ""
    units: str = ""
    note: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Preview:
    """The line as it was read. `sites` is empty unless all of it could be."""

    text: str = ""
    problem: str = ""
    lines: list[Line] = field(default_factory=list)
    sites: list[PlannedSite] = field(default_factory=list)

    @property
    def invalid(self) -> bool:
        return bool(self.problem) or any(line.error for line in self.lines)

    @property
    def count(self) -> int:
        return len(self.sites)

    @property
    def units(self) -> str:
        return plain(sum((site.units or Decimal(0) for site in self.sites), Decimal(0)))

    @property
    def summary(self) -> str:
        return "Adds"

    @property
    def done(self) -> str:
        return f"{self.count} {'site' if self.count == 1 else 'sites'}, {self.units} U put into the table."

    @property
    def json(self) -> str:
        """The sites as the table takes them; empty when there is nothing to apply."""
        return json.dumps([plan_site(site, site.course_id or 0) for site in self.sites]) if self.sites else ""


def read_line(
    text: str,
    *,
    muscles: Mapping[str, Muscle],
    courses: list[TreatmentCourse],
    protocols: Iterable[Protocol],
    views: Iterable[str],
    placed: list[PostedRow],
    has_product: bool,
) -> Preview:
    """Read the line against this draft. `protocols` come with the one to follow first; `placed` is the table's."""
    text = text.strip()
    if not text:
        return Preview()
    entries = parse(text, muscles=_muscle_names(muscles, courses), courses=course_names(courses))
    fills = _fills(entries, placed)
    lines = [line for at, entry in enumerate(entries) for line in _lines(entry, muscles, placed, fills[at])]
    if not entries:
        return Preview(text, HOW)
    if not has_product:
        return Preview(text, "Choose the product first: units belong to a product.", lines)
    if any(entry.error for entry in entries):
        return Preview(text, lines=lines)
    follow, shown = list(protocols), tuple(views)
    taken = [(muscle, side, view, x, y) for muscle, side, view, x, y, *_ in placed if x is not None and y is not None]
    sites: list[PlannedSite] = []
    for at, entry in enumerate(entries):
        for share, filled in zip(entry.shares, fills[at], strict=True):
            places: list[Place] = [row[2:5] for row in filled]
            places += _places(entry.muscle, share.side, share.sites - len(filled), follow, shown, taken)
            taken += [(entry.muscle, share.side, *place) for place in places[len(filled) :]]
            for number in range(share.sites):
                view, x, y = places[number] if number < len(places) else ("", None, None)
                sites.append(
                    PlannedSite(muscles[entry.muscle], share.side, share.each, view, x, y, course_id=entry.course)
                )
    return Preview(text, lines=lines, sites=sites)


def posted_rows(data: Mapping[str, Any]) -> list[PostedRow]:
    """The rows of the table as posted, unchecked: a preview must be quick. Units that cannot be read count as 0."""
    count = str(data.get("injections-TOTAL_FORMS", ""))
    found = []
    for at in range(min(int(count), 400) if _is_number(count) else 0):
        muscle, side, view, x, y, units, course = (
            str(data.get(f"injections-{at}-{name}", "")).strip()
            for name in ("muscle", "side", "view", "x", "y", "units", "course")
        )
        if muscle and not data.get(f"injections-{at}-DELETE"):
            place = (int(x) if _is_number(x) else None, int(y) if _is_number(y) else None)
            given = Decimal(units if _UNITS.fullmatch(units) else 0) if units else None
            found.append((muscle, side, view, *place, given, course))
    return found


_UNITS = re.compile(r"\d{1,5}(\.\d{1,2})?", re.ASCII)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5


def course_names(courses: Iterable[TreatmentCourse]) -> list[CourseName]:
    return [
        CourseName(course.pk, course.condition.short_name, (course.condition.name, course.condition.key))
        for course in courses
    ]


def handles(courses: list[TreatmentCourse]) -> list[dict[str, str]]:
    """A short word for each course, where there are several: "mig", "tmj"."""
    if len(courses) < 2:
        return []
    words = [re.findall(r"\w+", course.condition.short_name.lower()) for course in courses]
    found = []
    for at, own in enumerate(words):
        others = [word for other, names in enumerate(words) if other != at for word in names]
        word = next((word for word in own if not any(other.startswith(word[:3]) for other in others)), own[0])
        found.append({"word": word[:3] if len(word) > 4 else word, "name": courses[at].condition.short_name})
    return found


def _muscle_names(muscles: Mapping[str, Muscle], courses: list[TreatmentCourse]) -> list[MuscleName]:
    return [
        MuscleName(
            muscle.key,
            muscle.short or muscle.key,
            muscle.name,
            muscle.is_midline,
            tuple(course.pk for course in courses if course.condition_id in muscle.treated_in),
        )
        for muscle in muscles.values()
    ]


def _fills(entries: list[Entry], placed: list[PostedRow]) -> list[list[list[PostedRow]]]:
    """For each entry and share the sites that wait for units, as a protocol without doses leaves them."""
    waiting = [row for row in placed if row[5] is None]
    found: list[list[list[PostedRow]]] = []
    for entry in entries:
        found.append([])
        for share in entry.shares:
            own = [
                row for row in waiting if row[:2] == (entry.muscle, share.side) and row[6] in ("", str(entry.course))
            ]
            found[-1].append(own[: share.sites])
            waiting = [row for row in waiting if not any(row is filled for filled in found[-1][-1])]
    return found


def _lines(
    entry: Entry, muscles: Mapping[str, Muscle], placed: list[PostedRow], fills: list[list[PostedRow]]
) -> list[Line]:
    if entry.error:
        return [Line(entry.text, error=entry.error)]
    lines = []
    for share, filled in zip(entry.shares, fills, strict=True):
        there = [row for row in placed if row[:2] == (entry.muscle, share.side)]
        notes = [entry.note if entry.treated else "", _beside(there, len(filled)) if there else ""]
        lines.append(
            Line(
                entry.text,
                muscle=muscles[entry.muscle].name,
                side=share.side,
                sites=share.sites,
                each=plain(share.each),
                units=plain(share.units),
                note="; ".join(note for note in notes if note),
                warning="" if entry.treated else entry.note,
            )
        )
    return lines


def _beside(rows: list[PostedRow], filled: int) -> str:
    """Sites without units get those of the line; it replaces nothing: what stands there stays."""
    units = sum((row[5] for row in rows if row[5]), Decimal(0))
    words = [f"fills {filled} there"] if filled else []
    if units:
        words.append(f"adds to {plain(units)} U there")
    elif len(rows) > filled:
        words.append(f"adds to {len(rows) - filled} there")
    return "; ".join(words)


def _places(
    muscle: str, side: str, count: int, protocols: list[Protocol], views: tuple[str, ...], taken: list[Placed]
) -> list[tuple[str, int, int]]:
    """Where so many sites of a muscle are drawn: on the protocol's points that are free, else spread in its region."""

    def free(view: str, x: int, y: int) -> bool:
        return not any((muscle, side, view) == other[:3] and dist((x, y), other[3:]) < SAME_PLACE for other in taken)

    points = next(
        (
            found
            for protocol in protocols
            if (
                found := [
                    (row.view, row.x, row.y)
                    for row in protocol.site_list
                    if row.view and (row.muscle.key, row.side) == (muscle, side)
                ]
            )
        ),
        [],
    )
    places = [point for point in points if free(*point)][:count]
    missing = count - len(places)
    if missing <= 0:
        return places
    near = [*places, *((view, x, y) for at, on, view, x, y in taken if (at, on) == (muscle, side))]
    # As many more as stand there: those that stand nearest to a point already used are left out.
    spread = list(spots(muscle, side, views, missing + len(near)))
    for used in near:
        here = [spot for spot in spread if spot[0] == used[0]]
        if here and len(spread) > missing:
            spread.remove(min(here, key=lambda spot: dist(spot[1:], used[1:])))
    return [*places, *spread[:missing]]
