"""The scores of courses as a reader of the record wants them: each measure's baseline, and what came after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from outcomes.models import Assessment, Instrument
from outcomes.rules import change_percent, signed
from treatments.models import RetreatmentWindow


@dataclass
class Line:
    """One measure of one course. `baseline` is the last score on or before the day of the first session."""

    instrument: Instrument
    baseline: Assessment | None = None
    scores: list[Assessment] = field(default_factory=list)

    @property
    def latest(self) -> Assessment | None:
        """The last score that is not the baseline."""
        last = self.scores[-1] if self.scores else None
        return None if last is self.baseline else last

    def change(self, score: Assessment) -> str:
        """The change from baseline in words, or nothing where there is none to compare with."""
        if self.baseline is None or score.pk == self.baseline.pk:
            return ""
        gained = score.value - self.baseline.value
        unit = self.instrument.unit or "points"
        points = f"{signed(gained)} {'point' if unit == 'points' and abs(gained) == 1 else unit}"
        percent = change_percent(baseline=self.baseline.value, value=score.value)
        if percent is None or score.label:
            return points
        return f"{points}, {signed(Decimal(round(percent)))} %"

    @property
    def latest_change(self) -> str:
        return self.change(self.latest) if self.latest else ""

    def between(self, first: date, last: date) -> list[Assessment]:
        """The scores after `first` up to `last`."""
        return [score for score in self.scores if first < score.assessed_on <= last]


def scores_of(courses: Iterable[int], *, until: date | None = None) -> dict[int, list[Line]]:
    """The measures of each course by its id, in their order; those scored on or before `until`; one query."""
    first = (
        RetreatmentWindow.objects.filter(course=OuterRef("course"), voided=False)
        .order_by("last_session_on")
        .values("last_session_on")[:1]
    )
    rows = (
        Assessment.objects.filter(course__in=list(courses))
        .select_related("instrument", "recorded_by")
        .annotate(first_on=Subquery(first))
        .order_by("course_id", "instrument__position", "instrument_id", "assessed_on", "id")
    )
    if until is not None:
        rows = rows.filter(assessed_on__lte=until)
    found: dict[int, dict[int, Line]] = {}
    for row in rows:
        line = found.setdefault(row.course_id, {}).setdefault(row.instrument_id, Line(row.instrument))
        line.scores.append(row)
        # Before the first session every score is the baseline so far.
        if row.first_on is None or row.assessed_on <= row.first_on:
            line.baseline = row
    return {course: list(lines.values()) for course, lines in found.items()}
