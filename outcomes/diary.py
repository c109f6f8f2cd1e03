"""What the diary of a course gives: its figures, and the scores that rule R14 asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from outcomes.models import Assessment, DiaryDay, ResponderRule
from outcomes.rules import measuring_days
from outcomes.rules.diary import DiaryFigures, diary_figures
from treatments.models import TreatmentCourse

KEY = "headache_days"


@dataclass(frozen=True)
class Offer:
    """A score that the diary gives, or why it does not, and the one that is on file for that day."""

    name: str
    why: str
    figures: DiaryFigures
    score: Assessment | None

    @property
    def is_new(self) -> bool:
        """Whether recording it would say something that is not on file."""
        value = self.figures.headache.value
        return value is not None and (self.score is None or self.score.value != value)


def offers(course: TreatmentCourse, days: Sequence[DiaryDay], *, on: date) -> list[Offer]:
    """The baseline before the first session, and the score of the measuring days of the latest; two queries.

    `days` are all of the course, which comes with its condition's responder rule.

    A course that was not treated yet has its last 28 recorded days as the baseline so far.
    """
    entries = [row.as_entry() for row in days]
    if not entries:
        return []
    last_day = max(entry.on for entry in entries)
    treated = course.windows.filter(voided=False).values_list("last_session_on", flat=True)
    sessions = sorted(day for day in treated if day is not None)
    scores = _scores(course)
    if not sessions:
        figures = diary_figures(entries, last=min(last_day, on))
        return [
            Offer("Baseline so far", "the last 28 days up to the last one recorded", figures, scores.get(figures.last))
        ]
    found = []
    before = sessions[0] - timedelta(days=1)
    figures = diary_figures(entries, last=before)
    if figures.recorded:
        found.append(Offer("Baseline", "the 28 days before the first session", figures, scores.get(before)))
    rule: ResponderRule | None = getattr(course.condition, "responder_rule", None)
    if rule is not None and rule.instrument.key == KEY:
        first, last = measuring_days(rule.as_rule(), session_on=sessions[-1])
        end = min(last, last_day, on)
        if end >= first:
            figures = diary_figures(entries, last=end)
            found.append(
                Offer(
                    "After the latest session",
                    f"28 days ending {rule.as_rule().weeks} after it",
                    figures,
                    scores.get(end),
                )
            )
    return found


def weeks(month: date, entries: Mapping[date, DiaryDay]) -> list[list[tuple[date, DiaryDay | None]]]:
    """The month as weeks from Monday, with the days of the neighbouring months that fill them."""
    day = month - timedelta(days=month.weekday())
    rows = []
    while day.replace(day=1) <= month:
        rows.append([(day + timedelta(days=number), entries.get(day + timedelta(days=number))) for number in range(7)])
        day += timedelta(days=7)
    return rows


def _scores(course: TreatmentCourse) -> dict[date, Assessment]:
    rows: Iterable[Assessment] = Assessment.objects.filter(course=course, instrument__key=KEY).order_by(
        "assessed_on", "id"
    )
    return {row.assessed_on: row for row in rows}
