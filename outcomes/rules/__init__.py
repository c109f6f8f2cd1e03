"""What a score may be, what counts as a response, and how sure a rate is.

Plain functions on plain values: no database, no clock. Days are calendar days; the sources of the responder rules stand
with the rules themselves (outcomes/reference/responder_rules.json). What a response is, the findings of a session ask
too: it stands in treatments.rules.response, and here are its names. One module for each noun; the names most asked for
are here.
"""

from __future__ import annotations

from outcomes.rules.rates import Interval, small_number_words, wilson
from outcomes.rules.scores import plain, score_problem, signed
from outcomes.rules.timing import Timing, timing_of, wear_off_days
from treatments.rules.response import (
    Cycle,
    Measure,
    Outcome,
    Rule,
    Score,
    baseline_of,
    change_percent,
    classify,
    improvement,
    is_response,
    judge,
    latest,
    measuring_days,
)

__all__ = [
    "Cycle",
    "Interval",
    "Measure",
    "Outcome",
    "Rule",
    "Score",
    "Timing",
    "baseline_of",
    "change_percent",
    "classify",
    "improvement",
    "is_response",
    "judge",
    "latest",
    "measuring_days",
    "plain",
    "score_problem",
    "signed",
    "small_number_words",
    "timing_of",
    "wear_off_days",
    "wilson",
]
