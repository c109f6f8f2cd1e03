"""A picture as lines, dots and words at their places in px, and the axes they stand on.

What a mark means is never told by colour alone: kinds differ in dash, fill or shape, and every picture says its legend
and how many stand behind it within itself, so that it can be printed in grey and passed on alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, inf, log10

WIDTH, HEIGHT = 520, 268
LEFT, RIGHT, TOP, BOTTOM = 70, 500, 40, 206
ROW = 17  # px between the rows of numbers under the axis
BAR = 3  # px to each side of a place whose band stands by itself
LETTER = 6.2  # px of a letter at 11 px, on the generous side


@dataclass(frozen=True)
class Line:
    """A path; `kind` is its class."""

    d: str
    kind: str


@dataclass(frozen=True)
class Dot:
    """A point with the words that say it; `shape` is circle, ring or square, a ring being of few."""

    x: float
    y: float
    words: str
    shape: str = "circle"
    href: str = ""

    @property
    def corner(self) -> tuple[float, float]:
        return round(self.x - 4, 1), round(self.y - 4, 1)


@dataclass(frozen=True)
class Label:
    """Words at a place; `kind` is start, middle or end with more classes."""

    x: float
    y: float
    words: str
    kind: str = "middle"


@dataclass
class Plot:
    """A picture; `name` is its address, `description` says in words what it shows."""

    name: str
    title: str
    description: str = ""
    height: int = HEIGHT
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    width: int = WIDTH

    @property
    def has_links(self) -> bool:
        return any(dot.href for dot in self.dots)


@dataclass
class Frame:
    """The axes of a plot: where a value lies. Both scales go from their first number to their second."""

    plot: Plot
    xs: tuple[float, float]
    ys: tuple[float, float]
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM

    def x(self, value: float) -> float:
        first, last = self.xs
        return round(self.left + (self.right - self.left) * (value - first) / ((last - first) or 1), 1)

    def y(self, value: float) -> float:
        """Cut off at the ends of the axis."""
        first, last = self.ys
        part = min(1.0, max(0.0, (value - first) / ((last - first) or 1)))
        return round(self.bottom - (self.bottom - self.top) * part, 1)

    def y_axis(self, ticks: Sequence[float], title: str, *, unit: str = "") -> None:
        for tick in ticks:
            y = self.y(tick)
            kind = "zero" if tick == 0 else "grid"
            self.plot.lines.append(Line(f"M{self.left} {y}H{self.right}", kind))
            self.plot.labels.append(Label(self.left - 7, y + 4, f"{number(tick)}{unit}", "end"))
        self.plot.labels.append(Label(4, 12, title, "start axis"))

    def x_axis(self, ticks: Sequence[tuple[float, str]], title: str) -> None:
        for value, words in ticks:
            self.plot.lines.append(Line(f"M{self.x(value)} {self.bottom}v4", "tick"))
            self.plot.labels.append(Label(self.x(value), self.bottom + 17, words))
        self.plot.labels.append(Label(self.right, self.bottom + 34, title, "end axis"))

    def row(self, place: int, title: str, values: Sequence[tuple[float, str]]) -> None:
        """Numbers under the axis, each under its place: how many stand behind a point."""
        y = self.bottom + 34 + place * ROW
        self.plot.labels.append(Label(4, y, title, "start"))
        edge = 4 + len(title) * LETTER
        for value, words in values:
            x, half = self.x(value), len(words) * LETTER / 2
            # A number that would touch its neighbour is left to the table.
            if x - half > edge + 3:
                self.plot.labels.append(Label(x, y, words))
                edge = x + half

    def line(self, points: Sequence[tuple[float, float]], kind: str = "line") -> None:
        if len(points) > 1:
            self.plot.lines.append(Line("M" + "L".join(f"{self.x(x)} {self.y(y)}" for x, y in points), kind))

    def band(self, points: Sequence[tuple[float, float, float]], *, step: float = inf) -> None:
        """Between a low and a high value at each place; where places lie further apart than `step`, nothing is known.

        A place by itself gets a narrow bar.
        """
        runs: list[list[tuple[float, float, float]]] = []
        for point in points:
            if runs and point[0] - runs[-1][-1][0] <= step:
                runs[-1].append(point)
            else:
                runs.append([point])
        for run in runs:
            corners = [(self.x(x), self.y(low), self.y(high)) for x, low, high in run]
            if len(run) == 1:
                corners = [(round(x + side, 1), low, high) for x, low, high in corners for side in (-BAR, BAR)]
            there = [f"{x} {high}" for x, _, high in corners]
            back = [f"{x} {low}" for x, low, _ in reversed(corners)]
            self.plot.lines.append(Line("M" + "L".join([*there, *back]) + "Z", "band"))

    def dot(self, x: float, y: float, words: str, *, shape: str = "circle", href: str = "") -> None:
        self.plot.dots.append(Dot(self.x(x), self.y(y), words, shape, href))

    def level(self, value: float, kind: str) -> None:
        self.plot.lines.append(Line(f"M{self.left} {self.y(value)}H{self.right}", kind))


def legend(plot: Plot, entries: Sequence[tuple[str, str]]) -> None:
    """(kind of line or shape of dot, words) in one row above the axes, beside the title of the y axis."""
    x, y = float(LEFT), 28.0
    for kind, words in entries:
        if kind in ("circle", "ring", "square"):
            plot.dots.append(Dot(x + 8, y - 4, words, kind))
        elif kind in ("band", "given", "discarded"):
            plot.lines.append(Line(f"M{x} {y - 9}h16v10h-16z", kind))
        elif kind == "censored":
            plot.lines.append(Line(f"M{x + 8} {y - 8}v8", kind))
        else:
            plot.lines.append(Line(f"M{x} {y - 4}h16", kind))
        plot.labels.append(Label(round(x + 21, 1), y, words, "start"))
        x = round(x + 21 + len(words) * LETTER + 12, 1)


def nice_ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, zero among them where it lies between."""
    spread = (high - low) or 1
    size = 10 ** floor(log10(spread / most))
    step = next(size * part for part in (1, 2, 2.5, 5, 10, 20) if spread / (size * part) <= most)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(place * step, 10) for place in range(first, max(last, first + 1) + 1)]


def number(value: float) -> str:
    """As people write it, with a true minus sign: 2.5, −10, 1,200."""
    words = f"{abs(value):,.2f}".rstrip("0").rstrip(".")
    return f"−{words}" if value < 0 and words != "0" else words
