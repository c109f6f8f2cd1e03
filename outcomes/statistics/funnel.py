"""How far a provider's share may lie from that of all by chance alone.

Limits of the binomial distribution, interpolated between whole numbers: Spiegelhalter, Statistics in Medicine
2005;24:1185-1202, appendix A.1.1.
"""

from __future__ import annotations

from enum import StrEnum

from outcomes.rules import Interval

NARROW, WIDE = 0.95, 0.998  # the two funnels of that paper


class Place(StrEnum):
    """Where a share lies in the funnel."""

    TOO_FEW = "too few to tell"
    WITHIN = "within what chance explains"
    WATCH = "outside 95 %"
    OUT = "outside 99.8 %"


def binomial_limits(count: int, *, share: float, level: float) -> Interval:
    """Between which shares of `count` the given part of all samples lies, were the true share `share`.

    Raises ValueError for a share outside 0 to 1 or a count below 1.
    """
    if not 0 <= share <= 1 or count < 1:
        raise ValueError("no binomial distribution")
    tail = (1 - level) / 2
    return Interval(max(0.0, _limit(count, share, tail)), min(1.0, _limit(count, share, 1 - tail)))


def _limit(count: int, share: float, part: float) -> float:
    from scipy.stats import binom

    if share in (0, 1):
        return share
    whole = int(binom.ppf(part, count, share))
    below, upto = float(binom.cdf(whole - 1, count, share)), float(binom.cdf(whole, count, share))
    return (whole - (upto - part) / (upto - below)) / count


def place_of(part: int, whole: int, *, share: float, fewest: int) -> Place:
    """Where `part` of `whole` lies, the share of all being `share`; below `fewest` nothing is said of anybody."""
    if whole < fewest:
        return Place.TOO_FEW
    for level, place in ((WIDE, Place.OUT), (NARROW, Place.WATCH)):
        limits = binomial_limits(whole, share=share, level=level)
        if not limits.low <= part / whole <= limits.high:
            return place
    return Place.WITHIN
