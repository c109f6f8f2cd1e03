"""How sure a rate is."""

from __future__ import annotations

from dataclasses import dataclass

# Below these, a rate says more about chance than about treatment. Ours; no source gives a number.
VERY_FEW = 10
FEW = 30


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a share, both ends between 0 and 1."""

    low: float
    high: float


def wilson(part: int, whole: int) -> Interval | None:
    """The 95 % confidence interval of part/whole after Wilson (1927), which holds for small numbers; None of none.

    Raises ValueError when `part` does not lie between 0 and `whole`.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return None
    # Half a second of import that only the review needs.
    from scipy.stats import binomtest

    found = binomtest(part, whole).proportion_ci(confidence_level=0.95, method="wilson")
    return Interval(low=float(found.low), high=float(found.high))


def small_number_words(whole: int) -> str:
    """What to say beside a rate of so few, or nothing when they are enough."""
    if whole == 0 or whole >= FEW:
        return ""
    return "too few for a rate" if whole < VERY_FEW else "small number"
