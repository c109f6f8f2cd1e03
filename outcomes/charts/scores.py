"""The scores of one course over time.

Drawn on the server, with classes and no styles: chart libraries set style attributes, which the content policy refuses.
So a chart needs no script, prints, and follows light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from dateutil.relativedelta import relativedelta

from outcomes.models import Assessment, Instrument, InstrumentVersion, ResponderRule
from outcomes.rules import Rule, Score, baseline_of, plain
from outcomes.rules.instruments import Change, band_of, change_from
from treatments.models import RetreatmentWindow, TreatmentCourse

# The chart of one instrument, in px: the plot lies between left and right, top and bottom.
WIDTH, HEIGHT = 520, 190
LEFT, RIGHT, TOP, BOTTOM = 30, 508, 26, 160
INSET = 14  # px from the axis to the first day, and from the last day to the end
LABEL_ROOM = 24  # px between two points that both carry their number
TICK_ROOM = 62  # px for "Mar 2026"
WINDOW = 6  # px, the height of a window's bar on the axis


@dataclass(frozen=True)
class Mark:
    """A place on the chart in px, and what stands there."""

    x: float
    y: float
    words: str
    label: str = ""


@dataclass(frozen=True)
class Span:
    """From where to where on the axis in px, and what it is."""

    x: float
    width: float
    words: str


@dataclass(frozen=True)
class ScoreRow:
    """One score of the table, with its band and its change from baseline and whether that is one that matters."""

    assessment: Assessment
    is_baseline: bool
    band: str = ""
    change: Change | None = None


@dataclass(frozen=True)
class Chart:
    """The scores of one instrument over one course."""

    instrument: Instrument
    rows: list[ScoreRow]
    points: list[Mark]
    line: str
    sessions: list[Mark]
    windows: list[Span]
    today: float | None
    x_ticks: list[Mark]
    y_ticks: list[Mark]
    baseline: Mark | None
    response: Mark | None
    description: str

    @property
    def response_band(self) -> tuple[float, float]:
        """Where the scores that are a response lie: y and height in px."""
        if self.response is None:
            return 0, 0
        if self.instrument.better == Instrument.Direction.LOWER:
            return self.response.y, round(BOTTOM - self.response.y, 1)
        return TOP, round(self.response.y - TOP, 1)


def score_series(course: TreatmentCourse, *, windows: Iterable[RetreatmentWindow] | None = None) -> dict[str, Any]:
    """A chart for each instrument scored on this course, its sessions and windows marked, and the rule; three queries.

    `windows`, where they are at hand, save one: those not voided, in any order, with their session and its product. So
    does a course that comes with its condition's responder rule.
    """
    today = course.site.today()
    assessments = list(Assessment.objects.of_course(course))
    if windows is None:
        windows = RetreatmentWindow.objects.filter(course=course, voided=False).select_related("session__product")
    dated = sorted(
        (window for window in windows if window.last_session_on),
        key=lambda window: (window.last_session_on, str(window.session.product or "")),
    )
    rule: ResponderRule | None
    if "responder_rule" in course.condition._state.fields_cache:
        rule = getattr(course.condition, "responder_rule", None)
    else:
        rule = ResponderRule.objects.filter(condition=course.condition_id).select_related("instrument").first()
    charts = []
    for _, group in groupby(assessments, key=lambda row: row.instrument_id):
        scores = list(group)
        own = rule if rule and rule.instrument_id == scores[0].instrument_id else None
        charts.append(_chart(scores, dated, rule=own, today=today))
    size = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "bottom": BOTTOM, "across": RIGHT - LEFT}
    # The value of a score so high stands below it: above it stand the numbers of the sessions.
    size |= {"high": TOP + 6}
    size |= {"window": WINDOW, "window_top": BOTTOM - WINDOW}
    return {"charts": charts, "rule": rule, "today": today, "size": size}


def _chart(
    scores: Sequence[Assessment],
    windows: Sequence[RetreatmentWindow],
    *,
    rule: ResponderRule | None,
    today: date,
) -> Chart:
    instrument = scores[0].instrument
    sessions = [(day, str(window.session.product or "")) for window in windows if (day := window.last_session_on)]
    days = [*(score.assessed_on for score in scores), *(day for day, _ in sessions)]
    # The window that is still open may lie ahead: the axis goes on to its end.
    ahead = [window.window_closes_on for window in windows if window.closed_by_id is None and window.window_closes_on]
    first, last = min(days), max([*days, today, *ahead])

    def x(day: date) -> float:
        room = RIGHT - LEFT - 2 * INSET
        return round(LEFT + INSET + room * (day - first).days / max(1, (last - first).days), 1)

    version = scores[-1].version
    low = min([version.minimum, *(score.value for score in scores)])
    high = max([version.maximum, *(score.value for score in scores)])

    def y(value: Decimal) -> float:
        return round(float(BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)), 1)

    values = [Score(score.assessed_on, score.value, score.pk, score.label) for score in scores]
    start = baseline_of(values, first_session_on=sessions[0][0]) if sessions else None
    points = [
        Mark(x(score.assessed_on), y(score.value), f"{_day(score.assessed_on)}: {score.shown}", score.shown)
        for score in scores
    ]
    return Chart(
        instrument=instrument,
        rows=[_row(score, start) for score in scores],
        points=_labelled(points),
        line=" ".join(f"{point.x},{point.y}" for point in points),
        sessions=_numbered(
            [
                Mark(x(day), TOP, f"Session {number}, {_day(day)}{', ' if product else ''}{product}", str(number))
                for number, (day, product) in enumerate(sessions, start=1)
            ]
        ),
        windows=_spans(windows, x, last),
        today=x(today) if today < last else None,
        x_ticks=[Mark(x(day), BOTTOM, words) for day, words in _months(first, last)],
        y_ticks=[Mark(LEFT, y(value), version.grade_labels().get(value, plain(value))) for value in _scale(version)],
        baseline=Mark(LEFT, y(start.value), f"Baseline {_shown(start, scores)}") if start else None,
        response=_response(rule.as_rule(), start.value, y, version) if rule and start else None,
        description=_description(instrument, scores, start, len(sessions)),
    )


def _spans(windows: Sequence[RetreatmentWindow], x: Callable[[date], float], last: date) -> list[Span]:
    """Each session's window on the axis, as far as the axis goes."""
    spans = []
    for number, window in enumerate(windows, start=1):
        opens, closes = window.window_opens_on, window.window_closes_on
        if opens and closes and opens < min(closes, last):
            width = round(x(min(closes, last)) - x(opens), 1)
            spans.append(Span(x(opens), width, f"Window of session {number}, {_day(opens)} to {_day(closes)}"))
    return spans


def _row(score: Assessment, start: Score | None) -> ScoreRow:
    definition = score.version.definition()
    band = band_of(definition, score.value)
    if start is None or score.assessed_on < start.on or score.pk == start.order:
        return ScoreRow(score, is_baseline=start is not None and score.pk == start.order, band=band)
    change = change_from(
        definition, baseline=start.value, value=score.value, baseline_label=start.label, label=score.label
    )
    return ScoreRow(score, is_baseline=False, band=band, change=change)


def _labelled(points: list[Mark]) -> list[Mark]:
    """Numbers at the points that have room for one; the last always has its number."""
    kept: list[Mark] = []
    edge = float("inf")
    for point in reversed(points):
        has_room = edge - point.x >= LABEL_ROOM
        edge = point.x if has_room else edge
        kept.append(point if has_room else Mark(point.x, point.y, point.words))
    return kept[::-1]


def _numbered(marks: list[Mark]) -> list[Mark]:
    edge = float("-inf")
    kept = []
    for mark in marks:
        has_room = mark.x - edge >= LABEL_ROOM * 0.6
        edge = mark.x if has_room else edge
        kept.append(mark if has_room else Mark(mark.x, mark.y, mark.words))
    return kept


def _response(rule: Rule, baseline: Decimal, y: Any, version: InstrumentVersion) -> Mark | None:
    """The line a score has to reach to be a response; None when no score can, as from a very good baseline."""
    change = baseline * rule.change / 100 if rule.is_percent else rule.change
    needed = baseline - change if rule.lower_is_better else baseline + change
    if not version.minimum <= needed <= version.maximum or change == 0:
        return None
    way = "or less" if rule.lower_is_better else "or more"
    return Mark(LEFT, y(needed), f"Response: {plain(round(needed, 2))} {way}")


def _scale(version: InstrumentVersion) -> list[Decimal]:
    if version.grades:
        return list(version.grade_labels())
    middle = (version.minimum + version.maximum) / 2
    return [version.minimum, *([middle] if middle % 1 == 0 else []), version.maximum]


def _months(first: date, last: date) -> Iterable[tuple[date, str]]:
    """First days of months between the two, as far apart as their words need."""
    months = max(1, round((last - first).days / 30.44))
    most = int((RIGHT - LEFT) / TICK_ROOM)
    step = next((step for step in (1, 2, 3, 6, 12) if months / step <= most), 12 * -(-months // (12 * most)))
    day = first.replace(day=1)
    while (day.month - 1) % min(step, 12):
        day += relativedelta(months=1)
    while day <= last:
        if day >= first:
            yield day, f"{day:%b %Y}"
        day += relativedelta(months=step)


def _description(instrument: Instrument, scores: Sequence[Assessment], start: Score | None, session_count: int) -> str:
    last = scores[-1]
    parts = [
        f"{len(scores)} score{'s' if len(scores) > 1 else ''} and {session_count} session"
        f"{'' if session_count == 1 else 's'}."
    ]
    if start is not None:
        parts.append(f"Baseline {_shown(start, scores)} on {_day(start.on)}.")
    parts.append(f"Last {last.shown} on {_day(last.assessed_on)}. {instrument.get_better_display().capitalize()}.")
    return " ".join(parts)


def _shown(start: Score, scores: Sequence[Assessment]) -> str:
    return next(score.shown for score in scores if score.pk == start.order)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
