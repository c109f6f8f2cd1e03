"""Whether a run of months tells of a change or of chance: the rules of the run chart.

Perla, Provost and Murray, BMJ Quality and Safety 2011;20:46-51: a shift is six or more points in a row on one side of
the median, points on it being passed over; the rules want at least ten points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SHIFT = 6
FEWEST = 10


@dataclass(frozen=True)
class Run:
    """Points in a row on one side of the median, by their places; `above` says which side."""

    places: tuple[int, ...]
    above: bool


@dataclass(frozen=True)
class RunChart:
    """The median of the points, and the runs that are a shift. With fewer than ten points no shift is looked for."""

    median: float | None
    shifts: tuple[Run, ...]
    enough: bool


def run_chart(values: Sequence[float]) -> RunChart:
    """The median and the shifts of values in the order of time."""
    if not values:
        return RunChart(None, (), enough=False)
    middle = median(values)
    if len(values) < FEWEST:
        return RunChart(middle, (), enough=False)
    runs: list[tuple[bool, list[int]]] = []
    for place, value in enumerate(values):
        if value == middle:
            continue
        above = value > middle
        if runs and runs[-1][0] == above:
            runs[-1][1].append(place)
        else:
            runs.append((above, [place]))
    return RunChart(middle, tuple(Run(tuple(run), above) for above, run in runs if len(run) >= SHIFT), enough=True)
