"""Counting the stock of a site: the list of counts, one count, its paper sheet, and what came of differences."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import StaleVersionError
from treatments.actions import stock_counts as actions
from treatments.forms.stock_counts import (
    CallOffForm,
    CountedAtForm,
    CountForm,
    CountStartForm,
    LineAddForm,
    ResolveForm,
)
from treatments.models import StockCount, StockCountLine, VialUse
from treatments.querysets.stock_counts import missing_candidates

PAGE = 50  # counts
LINES = 100
ON_PAPER = 1000  # lines
DRAFTS = 20
MAY_COUNT = "inventory.receive_lot"


@require_http_methods(["GET", "POST"])
@permission_required(MAY_COUNT, raise_exception=True)
def count_list(request: HttpRequest) -> HttpResponse:
    """Every count of one's sites, the latest first, and beginning one where one works now."""
    site = request.site
    form = CountStartForm(request.POST or None)
    if request.method == "POST" and site is not None and form.is_valid():
        count = actions.start_count(
            site=site, product=form.cleaned_data["product"], by=request.user, now=timezone.now()
        )
        return redirect("treatments:count", count.pk)
    counts = StockCount.objects.visible_to(request.user).for_list().order_by("-pk")
    if (after := _number(request.GET.get("after"))) is not None:
        counts = counts.filter(pk__lt=after)
    rows = list(counts[: PAGE + 1])
    context = {
        "form": form,
        "rows": [(count, _here(count, count.started_at), _here(count, count.closed_at)) for count in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "is_first": after is None,
        "open": next((row for row in rows if row.closed_at is None and site and row.site_id == site.pk), None),
        "today": site.today() if site else timezone.now().date(),
    }
    return render(request, "treatments/stock_count_list.html", context, status=422 if form.errors else 200)


@require_GET
@permission_required(MAY_COUNT, raise_exception=True)
def count(request: HttpRequest, count_id: int) -> HttpResponse:
    """A count: its lines, what differs and what came of it; ?at= is when a paper sheet was counted."""
    found = _count(request, count_id)
    now = timezone.now()
    at_form = CountedAtForm(request.GET if request.GET.get("at") else None, count=found, now=now)
    at = at_form.cleaned_data["at"] if at_form.is_bound and at_form.is_valid() else None
    lines = found.lines.with_record().for_list().prefetch_related("resolutions__by")
    if (after := _number(request.GET.get("after"))) is not None:
        lines = lines.filter(pk__gt=after)
    rows = list(lines[: LINES + 1])
    context = {
        "count": found,
        "started_at": _here(found, found.started_at),
        "closed_at": _here(found, found.closed_at),
        "rows": [_row(found, line, at=at) for line in rows[:LINES]],
        "at_form": at_form,
        "at": _here(found, at),
        "at_words": request.GET.get("at", "") if at else "",
        "is_first": after is None,
        "next": rows[LINES - 1].pk if len(rows) > LINES else None,
        "today": found.site.today(now=now),
        **_progress(found),
    }
    return render(request, "treatments/stock_count.html", context)


@require_GET
@permission_required(MAY_COUNT, raise_exception=True)
def count_sheet(request: HttpRequest, count_id: int) -> HttpResponse:
    """The lines of a count to print and fill in by hand. It does not say how many there should be."""
    found = _count(request, count_id)
    context = {"count": found, "started_at": _here(found, found.started_at), "lines": found.lines.for_list()[:ON_PAPER]}
    return render(request, "treatments/stock_count_sheet.html", context)


@require_POST
@permission_required(MAY_COUNT, raise_exception=True)
def line_count(request: HttpRequest, line_id: int) -> HttpResponse:
    """Save how many vials of one line are there; as a row of the table where the page asked for one."""
    line = _line(request, line_id)
    form, now, message = CountForm(request.POST), timezone.now(), ""
    if form.is_valid():
        values = form.cleaned_data
        try:
            actions.count_line(
                line=line,
                counted=values["counted"],
                at=values["at"] or now,
                version=values["version"],
                by=request.user,
                now=now,
            )
        except StaleVersionError as stale:
            theirs = stale.current
            message = (
                f"{theirs.counted_by} counted {theirs.counted} meanwhile. You typed {values['counted']}: "
                "save again if yours is right."
            )
        except ValidationError as problem:
            message = " ".join(problem.messages)
    else:
        message = " ".join(form.errors.get("counted", ["This page is damaged: load it again."]))
    if not request.htmx and not message:
        return redirect(f"{_url(line.count)}?{_same_page(request)}#line-{line.pk}")
    lines = StockCountLine.objects.with_record().for_list().select_related("count__site")
    line = lines.prefetch_related("resolutions__by").get(pk=line.pk)
    typed = request.POST.get("counted", "")[:8] if message else None
    at = form.cleaned_data.get("at")
    row = _row(line.count, line, at=at, typed=typed, message=message)
    context = {
        "row": row,
        "count": line.count,
        "at_words": request.POST.get("at_typed", "")[:16],
        "today": line.count.site.today(now=now),
        "is_answer": True,
        **_progress(line.count),
    }
    template = "treatments/stock_count.html#answer" if request.htmx else "treatments/stock_count_line.html"
    return render(request, template, context, status=422 if message else 200)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_COUNT, raise_exception=True)
def line_add(request: HttpRequest, count_id: int) -> HttpResponse:
    """Put vials on the count that are there and have no line."""
    found = _count(request, count_id)
    form = LineAddForm(request.POST or None, product=found.product)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            line = actions.add_line(count=found, lot=values["lot"], size=values["size"], source=values["source"])
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return redirect(f"{_url(found)}?after={line.pk - 1}#line-{line.pk}")
    context = {"count": found, "form": form}
    return render(request, "treatments/stock_count_line_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_COUNT, raise_exception=True)
def line_resolve(request: HttpRequest, line_id: int) -> HttpResponse:
    """Say what came of a difference, with the drafts that wait for vials of the line beside it."""
    line = _line(request, line_id)
    form = ResolveForm(request.POST or None, line=line, candidates=missing_candidates(line))
    if request.method == "POST" and form.is_valid():
        try:
            actions.resolve_difference(line=line, by=request.user, now=timezone.now(), **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
            line = _line(request, line_id)
        else:
            messages.success(request, f"{line.size}, lot {line.lot.number}: resolved.")
            return redirect(f"{_url(line.count)}#line-{line.pk}")
    if line.count.closed_at is not None or not line.remaining:
        if request.method == "POST":
            messages.warning(request, _resolved_meanwhile(line, note=request.POST.get("note", "")))
        return redirect(f"{_url(line.count)}#line-{line.pk}")
    drafts = VialUse.objects.filter(
        session__status="draft",
        vial__site=line.count.site_id,
        vial__lot=line.lot_id,
        vial__size=line.size_id,
        vial__source=line.source,
        vial__status="in stock",
    ).select_related("session__provider")
    context = {
        "line": line,
        "count": line.count,
        "counted_at": _here(line.count, line.counted_at),
        "form": form,
        "drafts": drafts.order_by("pk")[:DRAFTS],
    }
    return render(request, "treatments/stock_count_resolve.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(MAY_COUNT, raise_exception=True)
def count_close(request: HttpRequest, count_id: int) -> HttpResponse:
    """End a count of which every line is counted and every difference resolved."""
    found = _count(request, count_id)
    try:
        actions.close_count(count=found, by=request.user, now=timezone.now())
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, "The count is closed.")
    return redirect(_url(found))


@require_http_methods(["GET", "POST"])
@permission_required(MAY_COUNT, raise_exception=True)
def count_call_off(request: HttpRequest, count_id: int) -> HttpResponse:
    """End a count that will not be finished."""
    found = _count(request, count_id)
    if request.method == "GET" and found.closed_at is not None:
        messages.error(request, "This count is closed.")
        return redirect(_url(found))
    form = CallOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.call_off_count(count=found, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return redirect("treatments:count-list")
    context = {"count": found, "form": form}
    return render(request, "treatments/stock_count_call_off.html", context, status=422 if form.errors else 200)


def _url(count: StockCount) -> str:
    return reverse("treatments:count", args=[count.pk])


def _same_page(request: HttpRequest) -> str:
    """The query of the page the line stands on, as its form sent it."""
    kept = {name: request.POST[name] for name in ("after", "at_typed") if request.POST.get(name)}
    return urlencode({"at" if name == "at_typed" else name: value for name, value in kept.items()})


def _row(
    count: StockCount, line: StockCountLine, *, at: datetime | None, typed: str | None = None, message: str = ""
) -> dict[str, Any]:
    """A line as the table shows it; `typed` is what could not be saved, and `message` why."""
    value = typed if typed is not None else "" if line.counted is None else line.counted
    return {
        "line": line,
        "value": value,
        "message": message,
        "at": at.isoformat() if at else "",
        "counted_at": _here(count, line.counted_at),
        "resolutions": line.resolutions.all(),
    }


def _progress(count: StockCount) -> dict[str, Any]:
    """How far the count is, over all its lines."""
    lines = list(count.lines.with_record())
    counted = sum(line.is_counted for line in lines)
    differing = sum(line.remaining != 0 for line in lines)
    is_done = counted == len(lines) and not differing
    return {"line_count": len(lines), "counted": counted, "differing": differing, "is_done": is_done}


def _count(request: HttpRequest, count_id: int) -> StockCount:
    counts = StockCount.objects.visible_to(request.user)
    return get_object_or_404(counts.select_related("site", "product", "started_by", "closed_by"), pk=count_id)


def _line(request: HttpRequest, line_id: int) -> StockCountLine:
    lines = StockCountLine.objects.filter(count__site__in=request.user.sites.all())
    rows = lines.with_record().select_related("count__site", "lot__product", "size__product", "counted_by")
    return get_object_or_404(rows, pk=line_id)


def _resolved_meanwhile(line: StockCountLine, *, note: str) -> str:
    """What somebody else said of a difference that is none any more, and what was typed and is not kept."""
    words = [f"{line.size}, lot {line.lot.number}: nothing differs any more."]
    if (last := line.resolutions.select_related("by").last()) is not None:
        words.append(f"{last.by} said: {last.vials} {last.get_how_display()}{last.note and f', {last.note}'}.")
    if note.strip():
        words.append(f"Not kept, as you wrote it: {note.strip()[:150]}")
    return " ".join(words)


def _here(count: StockCount, moment: datetime | None) -> datetime | None:
    """The moment by the clock of the site that is counted."""
    return None if moment is None else count.site.localtime(moment).replace(tzinfo=None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
