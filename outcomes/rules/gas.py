"""Goal Attainment Scaling: the T-score of goals set with the patient.

Formula: Kiresuk and Sherman 1968 in Turner-Stokes 2009 (Clin Rehabil 23:362) with its erratum: the weights are squared
one by one in the first sum. rho is the expected correlation between goals, 0.3 by convention.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

RHO = Decimal("0.3")


@dataclass(frozen=True)
class Goal:
    """A goal with its weight (importance times difficulty, or 1) and how far it was attained, -2 to +2; 0 as hoped."""

    weight: Decimal
    attained: Decimal


def gas_score(goals: Iterable[Goal]) -> Decimal | None:
    """50 + 10 * sum(w*x) / sqrt(0.7 * sum(w^2) + 0.3 * sum(w)^2); None without a goal that weighs anything."""
    goals = list(goals)
    weights = sum((goal.weight for goal in goals), Decimal(0))
    if not weights:
        return None
    squares = sum((goal.weight**2 for goal in goals), Decimal(0))
    attained = sum((goal.weight * goal.attained for goal in goals), Decimal(0))
    return 50 + 10 * attained / ((1 - RHO) * squares + RHO * weights**2).sqrt()
