"""Body maps for paper: the drawings of the charting page in black and white, with larger points.

A drawing printed by WeasyPrint sees no style sheet but its own, and no stroke keeps its width when it is scaled, so
both are given here in units of the drawing (1000 across).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from treatments.views.bodymaps import MAP_TITLES, maps_of

STYLE = """<style>
svg { font-family: Inter, sans-serif }
path { fill: none; stroke-linecap: round; stroke-linejoin: round }
.outline { stroke: #1b1b1b; stroke-width: 3.6 }
.feature { stroke: #6f6f6f; stroke-width: 2.4 }
.hint { stroke: #9a9a9a; stroke-width: 2; stroke-dasharray: 4 8 }
.fibres { stroke: #cfcfcf; stroke-width: 1.2 }
.muscle { fill: #f4f4f4; stroke: #a9a9a9; stroke-width: 1.8 }
.muscle[data-depth] { fill: none; stroke-dasharray: 8 6 }
.level { stroke: #9a9a9a; stroke-width: 2 }
.bodymap-sides text { fill: #1b1b1b; font-size: 44px; font-weight: 600 }
.bodymap-levels text { fill: #6f6f6f; font-size: 23px }
</style>"""
CLOSE = 12  # units of the drawing: nearer than this, one point hides the other
APART = 60
# How a course's points look: told apart without colour.
INKS = (
    {"fill": "#1b1b1b", "ink": "#fff", "dash": "none"},
    {"fill": "#fff", "ink": "#1b1b1b", "dash": "none"},
    {"fill": "#d2d2d2", "ink": "#1b1b1b", "dash": "none"},
    {"fill": "#fff", "ink": "#1b1b1b", "dash": "9 6"},
)


def printed_maps(session: Any) -> list[dict[str, Any]]:
    """The maps that carry a point of the session, as pictures for the page."""
    used = {row.view for row in session.injections.all()}
    views = [view for view in MAP_TITLES if view in used]
    # As the style sheet lays them out: one is large, two and four go two in a row, more go three.
    radius = {1: 20, 2: 26, 4: 26}.get(len(views), 29)
    return [
        {"title": found["title"], "picture": picture(found["template"], found["points"], radius=radius)}
        for found in maps_of(session, views)
    ]


def picture(template: str, points: Iterable[dict[str, Any]], *, radius: int) -> SafeString:
    """One drawing with its points, whose radius is in units of the drawing."""
    drawing = render_to_string(template, {"points": []})
    head, _, rest = drawing.partition(">")
    body, _, _ = rest.rpartition("</svg>")
    # The drawing is a file of ours; the points hold numbers, and are escaped all the same.
    return mark_safe(f"{head}>{STYLE}{body}{_points(points, radius)}</svg>")  # noqa: S308


def _points(points: Iterable[dict[str, Any]], radius: int) -> SafeString:
    return format_html_join("", "{}", ((_point(point, radius),) for point in side_by_side(points)))


def side_by_side(points: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points with those of one and the same place moved apart: on paper nobody can lift the upper one."""
    shown: list[dict[str, Any]] = []
    for point in points:
        x, step = point["x"], APART if point["x"] < 500 else -APART
        while any(abs(other["x"] - x) < CLOSE and abs(other["y"] - point["y"]) < CLOSE for other in shown):
            x += step
        shown.append(point | {"x": x})
    return shown


def _point(point: dict[str, Any], radius: int) -> SafeString:
    ink = INKS[point["group"] % len(INKS)]
    units = str(point["units"] or "")
    # Three digits need a larger point to be read.
    size = radius if len(units) < 3 else round(radius * 1.4)
    return format_html(
        '<g transform="translate({} {})"><circle r="{}" fill="{}" stroke="#1b1b1b" stroke-width="3"'
        ' stroke-dasharray="{}"/><text text-anchor="middle" dy="0.36em" font-size="{}" font-weight="600"'
        ' fill="{}">{}</text></g>',
        point["x"],
        point["y"],
        size,
        ink["fill"],
        ink["dash"],
        round(size * {1: 1.45, 2: 1.2, 3: 0.95}.get(len(units), 0.75)),
        ink["ink"],
        units,
    )
