"""Exports that the worker writes: a list too long to wait for, the figures of many courses as PDF, the registry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import QueryDict

from outcomes import registry
from outcomes.list_columns import csv_lines
from outcomes.models import Export
from outcomes.review import FIGURES, rows
from outcomes.review_page import ReviewPage
from treatments.models import InjectionSession

DIRECT = 5000  # rows of a list that a person waits for
DIRECT_FIGURES = 2000  # sessions whose figures as PDF a person waits for

Progress = Callable[[int, int], None]
# How a page of figures becomes a PDF, which is known to the app above.
FiguresWriter = Callable[[ReviewPage], bytes]
_figures_writers: list[FiguresWriter] = []


def write_figures_with(writer: FiguresWriter) -> None:
    """Say how figures become a PDF; called once, when the app that knows is ready."""
    _figures_writers[:] = [writer]


class NothingToExportError(Exception):
    """What was asked for can no longer be read from its filters."""


def is_long(page: ReviewPage, figure: str, *, part: str | None, month: date | None) -> bool:
    """Whether a list has more rows than a person should wait for; one query."""
    return len(rows(figure, page.scope, on=page.today, part=part, month=month, limit=DIRECT + 1)) > DIRECT


def has_many_figures(page: ReviewPage) -> bool:
    """Whether the figures as PDF take longer than a person should wait; one query."""
    scope = page.scope
    given = InjectionSession.objects.given().filter(
        patient__site_id__in=scope.sites, performed_on__range=(scope.first, scope.last)
    )
    return given.order_by()[: DIRECT_FIGURES + 1].count() > DIRECT_FIGURES


def write(export: Export, *, today: date, progress: Progress) -> bytes:
    """The file of an export, read with the rights of who asked for it.

    Raises NothingToExportError when its filters no longer fit anything that person may see.
    """
    if export.kind == Export.Kind.REGISTRY:
        return registry.build([site.pk for site in export.asked_by.sites.all()], progress)
    query = QueryDict(export.query)
    page = ReviewPage(export.asked_by, query, today=today)
    if not page.form.is_valid():
        raise NothingToExportError
    if export.kind == Export.Kind.FIGURES:
        [writer] = _figures_writers
        return writer(page)
    figure, month = query.get("figure", ""), query.get("month", "")
    if figure not in FIGURES:
        raise NothingToExportError
    lines, done = [], 0
    for text in csv_lines(
        figure,
        page.scope,
        on=today,
        user=export.asked_by,
        part=query.get("part") or None,
        month=date.fromisoformat(f"{month}-01") if month else None,
    ):
        lines.append(text)
        done += text.count("\r\n")
        progress(done - 1, 0)
    return "".join(lines).encode()
