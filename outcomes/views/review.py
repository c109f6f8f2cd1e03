from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from outcomes.charts import month_bars
from outcomes.forms import ReviewForm
from outcomes.models import ResponderRule
from outcomes.review import (
    PAGE_SIZE,
    Responders,
    Row,
    Scope,
    cycle_rows,
    in_all,
    responders,
    retreatment_rows,
    retreatments,
)
from outcomes.rules import Outcome, Timing, change_percent, signed, small_number_words
from treatments.models import InjectionSession, TreatmentCourse

# What a figure of the page is called in the address of its list.
CYCLE_FIGURES: dict[str, tuple[Outcome, ...]] = {
    "assessed": (Outcome.RESPONDER, Outcome.NON_RESPONDER),
    "responder": (Outcome.RESPONDER,),
    "non-responder": (Outcome.NON_RESPONDER,),
    "missing": (Outcome.MISSING,),
    "no-baseline": (Outcome.NOT_ASSESSABLE,),
    "measuring": (Outcome.PENDING,),
}
RETREATMENT_FIGURES: dict[str, tuple[Timing, ...]] = {
    "re-treated": tuple(Timing),
    "early": (Timing.EARLY,),
    "on-time": (Timing.ON_TIME,),
    "late": (Timing.LATE,),
}
FIGURE_WORDS = {
    "assessed": "Sessions assessed",
    "responder": "Responders",
    "non-responder": "Non-responders",
    "missing": "Score missing",
    "no-baseline": "No baseline to measure against",
    "measuring": "Still being measured",
    "re-treated": "Re-treatments",
    "early": "Re-treated early",
    "on-time": "Re-treated on time",
    "late": "Re-treated late",
}


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def review(request: HttpRequest) -> HttpResponse:
    """Responders by condition and on-time re-treatment, each figure with its denominator and a link to its rows."""
    today = _today(request)
    form = _form(request, today)
    context: dict[str, Any] = {"form": form, "today": today}
    if form.is_valid():
        scope = form.scope()
        links = Links(form.query())
        months = retreatments(scope)
        context |= {
            "conditions": _conditions(scope, links, today),
            "retreated": in_all(months),
            "retreated_links": {figure.replace("-", "_"): links.to(figure) for figure in RETREATMENT_FIGURES},
            "retreated_small": small_number_words(in_all(months).all),
            "months": [
                (month, {figure.replace("-", "_"): links.to(figure, month.month) for figure in RETREATMENT_FIGURES})
                for month in reversed(months)
            ],
            "bars": month_bars(months, lambda month, timing: links.to(timing.replace(" ", "-"), month)),
            "period": dict(form.fields["period"].choices)[form.cleaned_data["period"]],  # type: ignore[attr-defined]
        }
    return render(request, "outcomes/review.html#figures" if request.htmx else "outcomes/review.html", context)


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def review_list(request: HttpRequest) -> HttpResponse:
    """The sessions behind one figure of the outcomes page, newest first, a page at a time."""
    today = _today(request)
    form = _form(request, today)
    figure = request.GET.get("figure", "")
    if not form.is_valid() or figure not in FIGURE_WORDS:
        raise Http404("no such figure")
    scope, after, month = form.scope(), _after(request), _month(request)
    if figure in CYCLE_FIGURES:
        rows = cycle_rows(scope, on=today, outcomes=CYCLE_FIGURES[figure], after=after, limit=PAGE_SIZE + 1)
    else:
        rows = retreatment_rows(
            scope, timings=RETREATMENT_FIGURES[figure], month=month, after=after, limit=PAGE_SIZE + 1
        )
    shown = rows[:PAGE_SIZE]
    links = Links(form.query())
    return render(
        request,
        "outcomes/review_list.html",
        {
            "heading": FIGURE_WORDS[figure],
            "chosen": [
                str(value)
                for value in (form.cleaned_data[name] for name in ("condition", "provider", "product"))
                if value
            ]
            + [f"{month:%B %Y}" if month else dict(form.fields["period"].choices)[form.cleaned_data["period"]]],  # type: ignore[attr-defined]
            "rows": _with_subjects(request, shown),
            "is_cycles": figure in CYCLE_FIGURES,
            "rule": ResponderRule.objects.filter(condition=scope.condition).first() if scope.condition else None,
            "today": today,
            "back": links.page(),
            "is_first": after is None,
            "newest": links.to(figure, month),
            "older": links.to(figure, month, after=shown[-1].window_id) if len(rows) > PAGE_SIZE else None,
        },
    )


@dataclass(frozen=True)
class Links:
    """Addresses that keep the page's filters."""

    query: dict[str, str]

    def page(self) -> str:
        return f"{reverse('outcomes:review')}?{urlencode(self.query)}"

    def to(self, figure: str, month: date | None = None, **more: Any) -> str:
        """The list behind a figure; `condition`, given by id, narrows it further."""
        query = self.query | {"figure": figure}
        if month is not None:
            query["month"] = f"{month:%Y-%m}"
        return f"{reverse('outcomes:review-list')}?{urlencode(query | more)}"


@dataclass(frozen=True)
class ConditionFigures:
    """The responders of one condition, the rule that says what one is, and where each figure leads."""

    rule: ResponderRule
    responders: Responders
    small: str
    links: dict[str, str]


def _conditions(scope: Scope, links: Links, today: date) -> list[ConditionFigures]:
    rules = ResponderRule.objects.select_related("condition", "instrument").order_by("condition__position")
    if scope.condition:
        rules = rules.filter(condition=scope.condition)
    found = responders(scope, on=today)
    rows = []
    for rule in rules:
        counted = found.get(rule.condition_id, Responders({}))
        rows.append(
            ConditionFigures(
                rule=rule,
                responders=counted,
                small=small_number_words(counted.assessed),
                links={
                    figure.replace("-", "_"): links.to(figure, condition=rule.condition_id) for figure in CYCLE_FIGURES
                },
            )
        )
    return rows


@dataclass(frozen=True)
class ListedRow:
    """A row with the course and session it is about."""

    row: Row
    course: TreatmentCourse
    session: InjectionSession

    @property
    def change(self) -> str:
        if self.row.value is None or self.row.baseline is None:
            return ""
        percent = change_percent(baseline=self.row.baseline, value=self.row.value)
        points = signed(self.row.value - self.row.baseline)
        return points if percent is None or self.row.value_label else f"{points} ({signed(round(percent))} %)"

    @property
    def days(self) -> int | None:
        """Days from the session to its score, or between the two sessions of a re-treatment."""
        if self.row.session_on is not None:
            return (self.row.day - self.row.session_on).days
        return None if self.row.scored_on is None else (self.row.scored_on - self.row.day).days


def _with_subjects(request: HttpRequest, rows: list[Row]) -> list[ListedRow]:
    """The rows with their courses and sessions, in two queries."""
    courses = TreatmentCourse.objects.visible_to(request.user).for_list().in_bulk({row.course_id for row in rows})
    sessions = InjectionSession.objects.select_related("product", "provider").in_bulk({row.session_id for row in rows})
    return [
        ListedRow(row, courses[row.course_id], sessions[row.session_id]) for row in rows if row.course_id in courses
    ]


def _today(request: HttpRequest) -> date:
    return request.site.today() if request.site else timezone.now().date()


def _form(request: HttpRequest, today: date) -> ReviewForm:
    data = request.GET.copy()
    data.setdefault("period", ReviewForm.DEFAULT_PERIOD)
    return ReviewForm(data, user=request.user, today=today)


def _after(request: HttpRequest) -> int | None:
    after = request.GET.get("after", "")
    if not after:
        return None
    if not after.isdecimal() or len(after) > 18:
        raise Http404("no such page")
    return int(after)


def _month(request: HttpRequest) -> date | None:
    month = request.GET.get("month", "")
    if not month:
        return None
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError as problem:
        raise Http404("no such month") from problem
