"""The pictures of the waste page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outcomes.charts.plot import Frame, Label, Line, Plot, nice_ticks, number

BAR, GAP, TOP, LEFT_OF_BARS = 18, 8, 34, 160


@dataclass(frozen=True)
class Bar:
    """`value` is None where there is nothing to measure, which `words` then says."""

    name: str
    value: float | None
    words: str


def bars_plot(name: str, title: str, bars: Sequence[Bar], *, axis: str, unit: str = "") -> Plot:
    """Bars from zero with their words, one below the other; a bar that cannot be measured has its words alone."""
    bottom = TOP + len(bars) * (BAR + GAP)
    plot = Plot(name, title, height=bottom + 42)
    ticks = nice_ticks(0, max([bar.value or 0 for bar in bars], default=0) or 1, most=4)
    # The words of the longest bar stand behind it, so the axis ends before the picture does.
    frame = Frame(plot, (0, ticks[-1]), (0, 1), left=LEFT_OF_BARS, right=390, top=TOP, bottom=bottom)
    for tick in ticks:
        plot.lines.append(Line(f"M{frame.x(tick)} {TOP}V{bottom}", "zero" if tick == 0 else "grid"))
    frame.x_axis([(tick, f"{unit}{number(tick)}") for tick in ticks], axis)
    for place, bar in enumerate(bars):
        y = TOP + 4 + place * (BAR + GAP)
        plot.labels.append(Label(LEFT_OF_BARS - 8, y + 13, bar.name, "end"))
        if bar.value:
            plot.lines.append(Line(f"M{frame.x(0)} {y}H{frame.x(bar.value)}v{BAR}H{frame.x(0)}z", "given"))
        plot.labels.append(Label(frame.x(bar.value or 0) + 7, y + 13, bar.words, "start halo"))
    plot.description = "; ".join(f"{bar.name}: {bar.words}" for bar in bars) or "nothing"
    return plot
