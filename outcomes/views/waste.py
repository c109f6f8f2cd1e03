"""What was wasted, by reason and cost, and the vials behind each figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.csv_lines import csv_text
from inventory.models import Vial
from outcomes.actions import record_export
from outcomes.waste import OPENED, PAGE_SIZE, REASONS, WHOLE, Asked, Wasted, rows
from outcomes.waste.page import OTHERS, WastePage

BLOCK = 500  # rows of a CSV that are read at once
WHATS = ("session", "removal")
HEADINGS = REASONS | {OPENED: "Opened vials", WHOLE: "Vials that left the stock unused"}
HEADS = [
    "Day", "Site", "Product", "Vial, U", "Lot", "Vial", "Bought by", "Why", "Note", "Session", "Units wasted",
    "Cost, $", "By",
]  # fmt: skip


@require_http_methods(["GET"])
@permission_required("outcomes.view_waste", raise_exception=True)
def waste(request: HttpRequest) -> HttpResponse:
    """Units and vials wasted by reason, product and month, and what they cost."""
    page = _page(request)
    context: dict[str, Any] = {"form": page.form}
    if page.form.is_valid():
        context |= {"figures": page.figures(), "chosen": page.form.words(), "csv_href": page.list_href(format="csv")}
    return render(request, "outcomes/waste.html#figures" if request.htmx else "outcomes/waste.html", context)


@require_http_methods(["GET"])
@permission_required("outcomes.view_waste", raise_exception=True)
def waste_list(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The vials behind a figure, newest first, a page at a time, or all of them as CSV."""
    page = _page(request)
    if not page.form.is_valid():
        raise Http404("no such filter")
    asked, is_csv = _asked(request, page), request.GET.get("format") == "csv"
    if is_csv:
        record_export(by=request.user, what="waste, csv")
        response = StreamingHttpResponse(_csv(asked), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="waste.csv"'
        response["Cache-Control"] = "no-store"
        return response
    after = _place(request.GET.get("after", ""))
    found = rows(asked, after=after, limit=PAGE_SIZE + 1)
    more = {name: request.GET[name] for name in ("reason", "source", "month", "unpriced") if request.GET.get(name)}
    chosen = page.form.words()
    if asked.month:
        chosen[0] = f"{asked.month:%B %Y}"
    if asked.source in OTHERS:
        chosen.append(OTHERS[Vial.Source(asked.source)].lower())
    if asked.unpriced:
        chosen.append("only vials without a cost")
    context = {
        "heading": HEADINGS.get(asked.reason or "", "Waste"),
        "chosen": chosen,
        "rows": found[:PAGE_SIZE],
        "is_first": after is None,
        "today": page.form.today,
        "back": page.back_href(),
        "newest": page.list_href(**more),
        "older": page.list_href(**more, after=found[PAGE_SIZE - 1].place) if len(found) > PAGE_SIZE else None,
        "csv_href": page.list_href(**more, format="csv"),
    }
    return render(request, "outcomes/waste_list.html", context)


def _page(request: HttpRequest) -> WastePage:
    site = request.site
    today = site.today() if site else timezone.now().date()
    return WastePage(request.user, request.GET, today=today)


def _asked(request: HttpRequest, page: WastePage) -> Asked:
    """What the list shows: of vials the clinic bought, unless others are asked for."""
    get = request.GET
    reason, source = get.get("reason") or None, get.get("source") or Vial.Source.CLINIC.value
    if (reason and reason not in HEADINGS) or source not in Vial.Source.values:
        raise Http404("no such figure")
    try:
        month = date.fromisoformat(f"{get['month']}-01") if get.get("month") else None
    except ValueError as problem:
        raise Http404("no such month") from problem
    return replace(page.form.asked(), reason=reason, source=source, month=month, unpriced=bool(get.get("unpriced")))


def _place(text: str) -> tuple[date, str, int] | None:
    """The place behind which a page begins: 2026-01-05.session.12."""
    if not text:
        return None
    day, _, rest = text.partition(".")
    what, _, pk = rest.partition(".")
    if what not in WHATS or not pk.isdecimal() or len(pk) > 18:
        raise Http404("no such page")
    try:
        return date.fromisoformat(day), what, int(pk)
    except ValueError as problem:
        raise Http404("no such page") from problem


def _csv(asked: Asked) -> Iterator[str]:
    """The rows as CSV, a block of lines at a time; a cost that nobody entered is an empty cell."""
    yield csv_text([HEADS])
    after = None
    while found := rows(asked, after=after, limit=BLOCK):
        yield csv_text(_csv_line(row) for row in found)
        if len(found) < BLOCK:
            break
        after = found[-1].day, found[-1].what, found[-1].id


def _csv_line(row: Wasted) -> list[Any]:
    return [
        row.day.isoformat(), row.site, row.brand, row.vial_units, row.lot_number, row.vial_id,
        Vial.Source(row.source).label, REASONS[row.reason], row.note, row.session_id or "", row.wasted,
        "" if row.cost is None else row.cost, row.by,
    ]  # fmt: skip
