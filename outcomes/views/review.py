from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.actions import record
from outcomes.actions import record_export
from outcomes.exports import is_long
from outcomes.list_columns import columns_of, csv_lines, with_subjects
from outcomes.models import ResponderRule
from outcomes.review import FIGURES, PAGE_SIZE, events_of_none, exposures, rows
from outcomes.review_page import ReviewPage
from outcomes.rules import small_number_words


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def review(request: HttpRequest) -> HttpResponse:
    """Every figure of the clinic, each with its denominator, what is missing, and a link to its rows."""
    page = review_page(request)
    context: dict[str, Any] = {"form": page.form, "today": page.today, "views": page.menus.views}
    if page.form.may_count():
        query = page.links.query
        context |= {
            "conditions": page.conditions,
            "sections": page.sections,
            "links": page.links,
            "query": urlencode(query),
            "period": page.form.period_words(),
            "chosen": page.form.words(),
            "csv_href": page.links.page("outcomes:review-csv"),
            "pdf_href": page.links.page("clinic:outcomes-pdf"),
            "save_href": f"{page.links.page('outcomes:review-view-save')}",
            "view_now": next((pk for pk, _, kept in page.menus.views if kept == urlencode(query)), None),
        }
    return render(request, "outcomes/review.html#figures" if request.htmx else "outcomes/review.html", context)


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def review_exposure(request: HttpRequest) -> HttpResponse:
    """Adverse events by product, muscle and lot, each per 1,000 sessions with it."""
    page = valid_page(request)
    tables, of_none = [], events_of_none(page.scope, on=page.today)
    for kind, found in exposures(page.scope, on=page.today).items():
        # A clinic has many lots: those without an event are counted, not listed.
        shown = [row for row in found if row.events or kind != "lot"]
        rows = [
            {
                "row": row,
                "rate": row.rate,
                "small": small_number_words(row.sessions),
                "events_href": page.links.to("events", part=row.part) if row.events else "",
                "sessions_href": page.links.to("sessions", part=row.part) if row.sessions else "",
            }
            for row in shown
        ]
        tables.append({"kind": kind, "rows": rows, "without": len(found) - len(shown), "of_none": of_none.get(kind, 0)})
    return render(
        request,
        "outcomes/review_exposure.html",
        {"tables": tables, "back": page.links.page(), "chosen": page.form.words(), "today": page.today},
    )


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def review_csv(request: HttpRequest) -> HttpResponse:
    """Every figure of the page as CSV; numbers only, no patient."""
    page = valid_page(request)
    record_export(by=request.user, what="outcome figures, csv")
    return _attachment(StreamingHttpResponse(list(page.csv()), content_type="text/csv; charset=utf-8"), "outcomes.csv")


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def review_picture(request: HttpRequest, name: str) -> HttpResponse:
    """One picture of the page as an SVG file that stands by itself."""
    page = valid_page(request)
    plot = page.plots.get(name)
    if plot is None:
        raise Http404("no such picture")
    record_export(by=request.user, what=f"outcome picture {name}, svg")
    response = render(
        request,
        "outcomes/picture.svg",
        {"plot": plot, "words": ", ".join(page.form.words()), "today": page.today},
        content_type="image/svg+xml",
    )
    return _attachment(response, f"{name}.svg")


@require_http_methods(["GET"])
@permission_required("outcomes.view_review", raise_exception=True)
def review_list(request: HttpRequest) -> HttpResponse:
    """The rows behind one figure of the outcomes page, newest first, a page at a time, or all of them as CSV."""
    page = valid_page(request)
    figure, part = request.GET.get("figure", ""), request.GET.get("part", "")[:120] or None
    if figure not in FIGURES:
        raise Http404("no such figure")
    asked, month, after = FIGURES[figure], _month(request), _after(request)
    if request.GET.get("format") == "csv":
        if is_long(page, figure, part=part, month=month):
            query = page.links.query | {"figure": figure, "part": part or "", "month": request.GET.get("month", "")}
            return render(
                request, "outcomes/export_long.html", {"kind": "list", "asked": asked, "query": urlencode(query)}
            )
        record_export(by=request.user, what=f"outcome list {figure}, csv")
        lines = csv_lines(figure, page.scope, on=page.today, user=request.user, part=part, month=month)
        return _attachment(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), f"{figure}.csv")
    # Names with their scores: who looked at them is on record, as for every list of patients that was asked for.
    record(action="search", by=request.user, detail=f"outcome list {figure}")
    found = rows(figure, page.scope, on=page.today, part=part, month=month, after=after, limit=PAGE_SIZE + 1)
    shown, more = found[:PAGE_SIZE], {"part": part} if part else {}
    links, columns = page.links, columns_of(asked.family)
    rule = ResponderRule.objects.filter(condition=page.scope.condition).first() if page.scope.condition else None
    return render(
        request,
        "outcomes/review_list.html",
        {
            "heading": asked.words,
            "chosen": [*page.form.words()[:-1], f"{month:%B %Y}" if month else page.form.period_words()],
            "part": part,
            "columns": columns,
            "rows": [
                (item, [(column, column.value(item)) for column in columns])
                for item in with_subjects(request.user, shown)
            ],
            "rule": rule if asked.family.name == "cycles" else None,
            "today": page.today,
            "back": links.page(),
            "is_first": after is None,
            "newest": links.to(figure, month, **more),
            "older": links.to(figure, month, **more, after=f"{shown[-1].day}.{shown[-1].key}")
            if len(found) > PAGE_SIZE
            else None,
            "csv_href": links.to(figure, month, **more, format="csv"),
        },
    )


def review_page(request: HttpRequest) -> ReviewPage:
    today = request.site.today() if request.site else timezone.now().date()
    return ReviewPage(request.user, request.GET, today=today)


def valid_page(request: HttpRequest) -> ReviewPage:
    page = review_page(request)
    if not page.form.is_valid():
        raise Http404("no such filter")
    return page


def _attachment(response: Any, name: str) -> Any:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _after(request: HttpRequest) -> tuple[date, int] | None:
    """The place after which a page begins: a day and a key, 2026-01-05.12."""
    after = request.GET.get("after", "")
    if not after:
        return None
    day, _, key = after.partition(".")
    if not key.removeprefix("-").isdecimal() or len(key) > 18:
        raise Http404("no such page")
    try:
        return date.fromisoformat(day), int(key)
    except ValueError as problem:
        raise Http404("no such page") from problem


def _month(request: HttpRequest) -> date | None:
    month = request.GET.get("month", "")
    if not month:
        return None
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError as problem:
        raise Http404("no such month") from problem
