"""Time until something happens, where for some it has not happened yet: Kaplan and Meier (1958)."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A day on which something happened or somebody was last seen; the share is that beyond this day."""

    day: int
    at_risk: int
    events: int
    censored: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """The share to whom it has not happened yet, by day; `median` is None where the curve stays above one half."""

    count: int
    events: int
    steps: tuple[Step, ...]
    median: int | None
    median_low: int | None
    median_high: int | None

    def at_risk(self, day: int) -> int:
        """How many are still followed on a day, it not having happened before that day."""
        return self.count - sum(step.events + step.censored for step in self.steps if step.day < day)

    def share(self, day: int) -> float:
        """The share beyond a day."""
        place = bisect_right([step.day for step in self.steps], day)
        return self.steps[place - 1].share if place else 1.0

    @property
    def last_day(self) -> int:
        return self.steps[-1].day if self.steps else 0


def kaplan_meier(observed: Iterable[tuple[int, bool, int]]) -> Curve:
    """The curve of (day, whether it happened then, how many such); who had it not happen was last seen that day.

    The share is the product-limit estimate; its 95 % interval is Greenwood's on the log-log scale, so that it stays
    between 0 and 1; the median's interval is where those limits cross one half (Brookmeyer and Crowley 1982). On one
    day events come before who is last seen. Raises ValueError for a day before the start.
    """
    happened: Counter[int] = Counter()
    last_seen: Counter[int] = Counter()
    for day, has_happened, count in observed:
        if day < 0:
            raise ValueError("a day before the start")
        (happened if has_happened else last_seen)[day] += count
    days = sorted({day for day, count in (happened + last_seen).items() if count})
    count = happened.total() + last_seen.total()
    if not count:
        return Curve(0, 0, (), None, None, None)
    shares, lows, highs = _estimate(happened, last_seen)
    steps, at_risk = [], count
    for number, day in enumerate(days):
        steps.append(Step(day, at_risk, happened[day], last_seen[day], shares[number], lows[number], highs[number]))
        at_risk -= happened[day] + last_seen[day]

    def first(values: list[float]) -> int | None:
        # A product of floats may miss one half by its last digit.
        return next((day for day, value in zip(days, values, strict=True) if value <= 0.5 + 1e-12), None)

    return Curve(count, happened.total(), tuple(steps), first(shares), first(lows), first(highs))


def _estimate(happened: Counter[int], last_seen: Counter[int]) -> tuple[list[float], list[float], list[float]]:
    """Share, lower and upper limit at each day, by scipy."""
    import warnings

    import numpy as np
    from scipy.stats import CensoredData, ecdf

    def spread(counts: Counter[int]) -> np.ndarray:
        return np.repeat(np.array(list(counts), dtype=float), list(counts.values()))

    sf = ecdf(CensoredData(uncensored=spread(happened), right=spread(last_seen))).sf
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Where the share is 1 or 0 the log-log interval is not defined; we say what is known there.
        warnings.simplefilter("ignore")
        limits = sf.confidence_interval(0.95, method="log-log")
    shares = [float(value) for value in sf.probabilities]
    lows: list[float] = []
    highs: list[float] = []
    for share, low, high in zip(shares, limits.low.probabilities, limits.high.probabilities, strict=True):
        # Nothing has happened yet: no spread to speak of. Happened to all: the last limits stand.
        lows.append(share if np.isnan(low) and share == 1 else 0.0 if np.isnan(low) else float(low))
        highs.append(
            share if np.isnan(high) and share == 1 else (highs[-1] if highs else 1.0) if np.isnan(high) else float(high)
        )
    return shares, lows, highs
