"""Intervals of a mean and of a rate of events; that of a share is outcomes.rules.wilson."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from outcomes.rules import Interval

PER = 1000  # sessions that a rate of adverse events is given for


@dataclass(frozen=True)
class Mean:
    """The mean of so many values; its 95 % interval is None of a single one."""

    count: int
    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Rate:
    """Events per 1,000 of something counted; value and interval are None of nothing."""

    events: int
    of: int
    value: float | None
    interval: Interval | None


def mean_of_sums(*, count: int, total: Decimal, squares: Decimal) -> Mean | None:
    """The mean and its interval after Student (1908), from the count, the sum and the sum of squares; None of none."""
    if count == 0:
        return None
    mean = float(total / count)
    if count == 1:
        return Mean(1, mean, None)
    # In decimals, so that the difference of two large numbers keeps its digits.
    variance = max(Decimal(0), (squares - total * total / count) / (count - 1))
    from scipy.stats import t

    reach = float(t.ppf(0.975, count - 1)) * float((variance / count).sqrt())
    return Mean(count, mean, Interval(mean - reach, mean + reach))


def poisson_rate(events: int, of: int, *, per: int = PER) -> Rate:
    """Events per 1,000 with the exact 95 % Poisson interval after Garwood (1936).

    A session may have several events, so this is no share. Raises ValueError for a negative number.
    """
    if events < 0 or of < 0:
        raise ValueError("counts are not negative")
    if of == 0:
        return Rate(events, of, None, None)
    from scipy.stats import chi2

    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    high = float(chi2.ppf(0.975, 2 * events + 2)) / 2
    return Rate(events, of, events * per / of, Interval(low * per / of, high * per / of))
