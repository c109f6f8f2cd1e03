"""How shares, scores and their charts look. Presentation only: nothing here counts anything."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.utils.html import format_html
from django.utils.safestring import SafeString

from outcomes.charts.plot import Plot
from outcomes.models import InstrumentVersion
from outcomes.review import Responders, Share
from outcomes.rules import Outcome, Timing, plain, signed
from treatments.templatetags.cadence import state_shape

register = template.Library()

NOUGHT = SafeString('<span class="muted">0</span>')

# The plot of one share, px; 0 to 100 % lies between the ends.
PLOT_WIDTH, PLOT_HEIGHT, PLOT_ENDS = 200, 22, (6, 194)


@register.filter
def score(value: Decimal | None, label: str = "") -> str:
    """A score as people write it: its grade where it has one, else the number without needless zeros."""
    return label or ("" if value is None else plain(value))


@register.filter
def units_change(change: Decimal) -> str:
    """ "+5" or "−2.5" beside the units of a session."""
    return signed(change)


@register.filter
def bands(version: InstrumentVersion) -> str:
    """ "36 little or no impact · 50 some impact": from which score on it is called what."""
    found = sorted(version.definition().bands, key=lambda band: band.start)
    return " · ".join(f"from {plain(band.start)} {band.words}" for band in found if band.words)


@register.filter
def interval_words(share: Share) -> str:
    """ "95 % CI 54–67 %", or nothing for a share of none."""
    if share.interval is None:
        return ""
    return f"95 % CI {round(share.interval.low * 100)}–{round(share.interval.high * 100)} %"


@register.filter
def interval_ends(share: Share) -> str:
    """ "54–67 %", or nothing for a share of none."""
    return interval_words(share).removeprefix("95 % CI ")


@register.simple_tag
def figure_link(figures: Responders, name: str, href: str) -> SafeString | str:
    """The count of an outcome, opening its list; a nought has none to open."""
    count = figures.of(Outcome(name))
    return format_html('<a href="{}">{}</a>', href, count) if count else NOUGHT


@register.inclusion_tag("outcomes/_plot.html")
def plot_chart(plot: Plot) -> dict[str, Any]:
    """A picture on a page, in the page's colours."""
    return {"plot": plot}


@register.inclusion_tag("outcomes/_plot.html")
def plot_picture(plot: Plot) -> dict[str, Any]:
    """A picture that stands by itself, in a file or on paper, its style within it."""
    return {"plot": plot, "style": _picture_style(), "size": True}


@cache
def _picture_style() -> SafeString:
    found = finders.find("outcomes/picture.css")
    # Our own file, and read as text by an SVG: nothing in it is a tag.
    return SafeString(Path(str(found)).read_text())


SHAPES = {
    Outcome.RESPONDER: "booked",
    Outcome.NON_RESPONDER: "closed",
    Outcome.MISSING: "new",
    Outcome.NOT_ASSESSABLE: "new",
    Outcome.PENDING: "in effect",
    Timing.EARLY: "early",
    Timing.ON_TIME: "booked",
    Timing.LATE: "late",
    "wearing off": "late",
    "still in effect": "in effect",
    "lapsed": "lapsed",
    "stopped": "lapsed",
    "left": "lapsed",
    "going on": "booked",
    "came back": "booked",
}


@register.simple_tag
def outcome_mark(figure: str) -> SafeString:
    """An outcome or timing as shape and word."""
    shape = SHAPES.get(figure, "closed")  # type: ignore[call-overload]
    return format_html(
        '<span class="booking is-{}">{}<span>{}</span></span>', shape.replace(" ", "-"), state_shape(shape), figure
    )


@register.simple_tag
def interval_plot(share: Share) -> SafeString:
    """A share as a dot on a line from 0 to 100 %, with its interval; the words stand beside it, so it is decoration."""
    left, right = PLOT_ENDS
    middle = PLOT_HEIGHT / 2

    def x(part: float) -> float:
        return round(left + (right - left) * part, 1)

    mark: SafeString | str = ""
    if share.interval is not None:
        mark = format_html(
            '<line class="plot-interval" x1="{}" x2="{}" y1="{y}" y2="{y}" stroke-width="6"/>'
            '<circle class="plot-dot" cx="{}" cy="{y}" r="4.5"/>',
            x(share.interval.low),
            x(share.interval.high),
            x(share.part / share.whole),
            y=middle,
        )
    return format_html(
        '<svg class="interval-plot" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">'
        '<line class="plot-rest" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>'
        '<path class="plot-rest" d="M{left} {top}v8M{half} {top}v8M{right} {top}v8"/>{}</svg>',
        PLOT_WIDTH,
        PLOT_HEIGHT,
        mark,
        left=left,
        right=right,
        half=(left + right) / 2,
        y=middle,
        top=middle - 4,
    )
