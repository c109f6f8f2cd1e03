"""The columns of the list behind a figure, for the page and for its CSV alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.models import User
from audit.csv_lines import csv_text
from outcomes.review import FIGURES, Row, Scope, rows
from outcomes.review.courses import RETENTION
from outcomes.review.cycles import LAPSES, RESPONSES, RETREATMENTS, WEAR_OFF
from outcomes.review.given import ASKED, DOSES, EVENTS, VIALS
from outcomes.review.scope import Family
from outcomes.rules import change_percent, plain, signed
from treatments.models import AdverseEvent, InjectionSession, TreatmentCourse

BLOCK = 500  # rows of a CSV that are read at once


@dataclass(frozen=True)
class ListedRow:
    """A row with the course and session it is about."""

    row: Row
    course: TreatmentCourse
    session: InjectionSession

    def fact(self, name: str) -> Any:
        return self.row.facts[name]

    @property
    def change(self) -> str:
        """The change of a score: in points, and in percent where that means something."""
        baseline, value = self.fact("baseline"), self.fact("value")
        if value is None or baseline is None:
            return ""
        percent = change_percent(baseline=baseline, value=value)
        points = signed(value - baseline)
        return points if percent is None or self.fact("value_label") else f"{points} ({signed(round(percent))} %)"


@dataclass(frozen=True)
class Column:
    """`kind` says how it is shown: text, num, day, mark (shape and word); narrow screens leave out what is `wide`."""

    head: str
    value: Callable[[ListedRow], Any]
    kind: str = "text"
    wide: bool = False


def _fact(head: str, name: str, kind: str = "text") -> Column:
    return Column(head, lambda item: item.fact(name), kind)


def _day(head: str) -> Column:
    return Column(head, lambda item: item.row.day, "day")


def _score(value: str, label: str) -> Callable[[ListedRow], str]:
    return lambda item: item.fact(label) or ("" if item.fact(value) is None else plain(item.fact(value)))


def _days_between(first: str, last: str) -> Callable[[ListedRow], Any]:
    def days(item: ListedRow) -> int | None:
        found = {"day": item.row.day} | item.row.facts
        return (found[last] - found[first]).days if found[first] and found[last] else None

    return days


def _units(name: str) -> Callable[[ListedRow], str]:
    return lambda item: "" if item.fact(name) is None else plain(item.fact(name))


TERM_WORDS: dict[str, str] = {**dict(AdverseEvent.Term.choices), "noted": "told at a follow-up, no term"}
SERIOUS_WORDS = {True: "serious", False: "not serious", None: "not judged"}
PRODUCT = Column("Product", lambda item: str(item.session.product or ""), wide=True)
PROVIDER = Column("Provider", lambda item: str(item.session.provider or ""), wide=True)
ENDED = Column("Outcome", lambda item: item.row.figure, "mark")

COLUMNS: dict[str, list[Column]] = {
    RESPONSES.name: [
        _day("Session"), PRODUCT, PROVIDER, _fact("Number", "number", "num"),
        Column("Baseline", _score("baseline", "baseline_label"), "num"),
        Column("Score", _score("value", "value_label"), "num"), Column("Change", lambda item: item.change, "num"),
        Column("Scored on day", _days_between("day", "scored_on"), "num"), ENDED,
    ],
    RETREATMENTS.name: [
        _day("Re-treated"), PRODUCT, PROVIDER, Column("After days", _days_between("session_on", "day"), "num"),
        _fact("Allowed from", "eligible_on", "day"), _fact("Window closed", "window_closes_on", "day"), ENDED,
    ],
    WEAR_OFF.name: [
        _day("Session"), PRODUCT, PROVIDER, _fact("Last follow-up", "contact_on", "day"),
        _fact("Wearing off since", "worn_on", "day"), _fact("Next session", "next_on", "day"),
        Column("Days", lambda item: None if item.fact("contact_on") is None else item.fact("days"), "num"), ENDED,
    ],
    RETENTION.name: [
        _day("Begun"), PRODUCT, Column("Leads the course", lambda item: item.course.provider.name, wide=True),
        _fact("Lost", "lost_on", "day"), _fact("Ended", "ended_on", "day"), _fact("Days", "days", "num"), ENDED,
    ],
    LAPSES.name: [
        _fact("Session", "session_on", "day"), PRODUCT, PROVIDER, _fact("Window closed", "window_closes_on", "day"),
        _day("Lapse date"), _fact("Next session", "next_on", "day"), _fact("Course ended", "ended_on", "day"), ENDED,
    ],
    DOSES.name: [
        _day("Session"), PRODUCT, PROVIDER, Column("Units", _units("units"), "num"), _fact("Sites", "sites", "num"),
    ],
    VIALS.name: [
        _day("Session"), PRODUCT, PROVIDER, _fact("Vials", "vials", "num"),
        Column("Units given", _units("units_given"), "num"),
        Column("Units discarded", _units("units_discarded"), "num"),
    ],
    ASKED.name: [_day("Session"), PRODUCT, PROVIDER, Column("Afterwards", lambda item: item.row.figure)],
    EVENTS.name: [
        _day("Session"), PRODUCT, PROVIDER,
        Column("Event", lambda item: TERM_WORDS.get(item.fact("term"), item.fact("term"))),
        _fact("Began", "onset_on", "day"), Column("Severity", lambda item: item.fact("severity") or "not judged"),
        Column("Seriousness", lambda item: SERIOUS_WORDS[item.fact("serious")]),
        Column("Relatedness", lambda item: item.fact("relatedness") or "not judged"),
        Column("Outcome", lambda item: item.fact("outcome")),
    ],
}  # fmt: skip


def columns_of(family: Family) -> list[Column]:
    return COLUMNS[family.name]


def with_subjects(user: User, found: list[Row]) -> list[ListedRow]:
    """The rows with their courses and sessions, in two queries; only of courses the person may see."""
    courses = TreatmentCourse.objects.visible_to(user).for_list().in_bulk({row.course_id for row in found})
    sessions = InjectionSession.objects.select_related("product", "provider").in_bulk({row.session_id for row in found})
    return [
        ListedRow(row, courses[row.course_id], sessions[row.session_id]) for row in found if row.course_id in courses
    ]


def csv_lines(
    figure: str, scope: Scope, *, on: date, user: User, part: str | None = None, month: date | None = None
) -> Iterator[str]:
    """The list of a figure as CSV, a block of lines at a time; days as ISO dates."""
    columns = columns_of(FIGURES[figure].family)
    yield csv_text([["Record number", "Patient", "Condition", *(column.head for column in columns)]])
    after = None
    while found := rows(figure, scope, on=on, part=part, month=month, after=after, limit=BLOCK):
        yield csv_text(
            [
                [
                    item.course.patient.record_number,
                    item.course.patient.name,
                    item.course.condition.name,
                    *(column.value(item) for column in columns),
                ]
                for item in with_subjects(user, found)
            ]
        )
        if len(found) < BLOCK:
            break
        after = found[-1].day, found[-1].key
