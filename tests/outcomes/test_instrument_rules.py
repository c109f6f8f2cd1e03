"""Scores against worked examples. The definitions are those that ship, so a wrong number in the file fails here too."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.models import Instrument, InstrumentVersion
from outcomes.reference import FOLDER, IDENTITY
from outcomes.rules.gas import Goal, gas_score
from outcomes.rules.instruments import (
    Definition,
    Item,
    Scoring,
    band_of,
    change_from,
    definition_problem,
    score_answers,
    total_problem,
)

SHIPPED = {entry["key"]: entry for entry in json.loads((FOLDER / "instruments.json").read_text())}
NUMBERS = ("minimum", "maximum", "step", "meaningful_points", "meaningful_percent")


def shipped(key: str) -> Definition:
    """The definition as it ships; no database."""
    entry = dict(SHIPPED[key])
    identity = {name: entry.pop(name) for name in IDENTITY if name in entry}
    columns: dict[str, Any] = {
        name: Decimal(value) if name in NUMBERS else value
        for name, value in entry.items()
        if name not in ("key", "conditions")
    }
    columns.setdefault("step", Decimal(1))
    return InstrumentVersion(instrument=Instrument(key=key, **identity), **columns).definition()


def given_in_order(definition: Definition, *values: float | str | None) -> dict[str, Decimal]:
    """Answers to the items in their order; None is one that was left open."""
    return {
        item.key: Decimal(str(value))
        for item, value in zip(definition.items, values, strict=False)
        if value is not None
    }


@pytest.mark.parametrize(
    ("key", "answers", "value", "band"),
    [
        # HIT-6: six answers Never to Always are 6, 8, 10, 11, 13; the sum runs from 36 to 78.
        ("hit6", [6] * 6, "36", "little or no impact"),
        ("hit6", [8, 8, 8, 8, 8, 10], "50", "some impact"),
        ("hit6", [10, 10, 10, 8, 8, 10], "56", "substantial impact"),
        ("hit6", [13] * 6, "78", "severe impact"),
        # MIDAS: days summed; grade IV from 21.
        ("midas", [1, 2, 0, 2, 0], "5", "I, little or none"),
        ("midas", [2, 3, 3, 1, 1], "10", "II, mild"),
        ("midas", [5, 5, 5, 5, 0], "20", "III, moderate"),
        ("midas", [5, 5, 5, 5, 1], "21", "IV, severe"),
        # MSQ: raw 7 (never restricted) is 100, raw 42 is 0; answers of 3 reversed are 4: (28 - 7) * 100 / 35.
        ("msq_rfr", [1] * 7, "100", ""),
        ("msq_rfr", [6] * 7, "0", ""),
        ("msq_rfr", [3] * 7, "60", ""),
        ("msq_rfp", [2, 2, 3, 3], "70", ""),
        ("msq_ef", [4, 4, 4], "40", ""),
        # TWSTRS: 35 + 30 + 20 = 85; pain in quarters.
        ("twstrs", [35, 30, 20], "85", ""),
        ("twstrs", [17, 12, "8.25"], "37.25", ""),
        ("tardieu", [20, 65], "45", ""),
        ("tardieu", [-20, 10, 3], "30", ""),
        ("mouth_opening", [36, 3], "39", "limited (under 40 mm)"),
        ("mouth_opening", [37, 3, 30], "40", "usual range"),
        # PEG: the mean of three (Krebs 2009); JFLS-8: the mean of what was answered.
        ("peg", [7, 5, 6], "6", ""),
        ("peg", [7, 5, 5], "5.67", ""),
        ("jfls8", [1, 2, 3, 4, 5, 6, 7, 8], "4.5", ""),
        ("jfls8", [None, None, 3, 4, 5, 6, 7, 8], "5.5", ""),
    ],
)
def test_worked_examples(key, answers, value, band):
    definition = shipped(key)
    scored = score_answers(definition, given_in_order(definition, *answers))
    assert (scored.value, scored.why_not, dict(scored.problems)) == (Decimal(value), "", {})
    assert band_of(definition, scored.value) == band


@pytest.mark.parametrize(
    ("key", "answers", "why_not"),
    [
        ("hit6", [6, 6, None, 6, 6, 6], "Item 3 missing"),
        ("midas", [1, None, None, 2, 3], "Question 2, days; Question 3, days missing"),
        ("twstrs", [17, 12, None], "Pain missing"),
        ("peg", [7, None, 6], "Interference with enjoyment of life missing"),
        ("jfls8", [None, None, None, 4, 5, 6, 7, 8], "Item 1, Item 2 and Item 3 missing"),
        ("mouth_opening", [36], "Vertical incisal overlap missing"),
        ("tardieu", [40, 20], "-20 lies outside 0 to 180"),
        ("das", [1, 2, 3, 0], "the principal target was not chosen"),
        ("das", [1, None, 3, 0, 2], "Dressing missing"),
        ("nrs", [], "the total was not given"),
        ("midas", [50, 42, 92, 0, 92], "276 lies outside 0 to 270"),
    ],
)
def test_a_missing_answer_is_never_zero(key, answers, why_not):
    definition = shipped(key)
    scored = score_answers(definition, given_in_order(definition, *answers))
    assert (scored.value, scored.why_not) == (None, why_not)


@pytest.mark.parametrize(
    ("key", "answers", "problems"),
    [
        ("hit6", [7], {"q1": "Choose one of the grades."}),
        ("midas", [50, 43, 0, 0, 0], {"q2": "Questions 1 and 2 count different days: together at most 92."}),
        ("midas", [0, 0, 92, 1, 0], {"q4": "Questions 3 and 4 count different days: together at most 92."}),
        ("midas", [0, 0, 0, 0, 93], {"q5": "From 0 to 92."}),
        ("twstrs", [36, 0, 0], {"severity": "From 0 to 35."}),
        ("twstrs", [0, 0, "3.1"], {"pain": "In steps of 0.25."}),
        ("peg", ["4.5", 1, 1], {"pain": "Whole numbers only."}),
    ],
)
def test_impossible_answers_are_named(key, answers, problems):
    definition = shipped(key)
    assert dict(score_answers(definition, given_in_order(definition, *answers)).problems) == problems


def test_an_unknown_answer_is_refused():
    assert score_answers(shipped("peg"), {"mood": Decimal(1)}).problems == {"mood": "This is not one of the questions."}


def test_das_scores_the_principal_target_and_compares_only_the_same():
    das = shipped("das")
    before = score_answers(das, given_in_order(das, 1, 3, 0, 2, 2))
    after = score_answers(das, given_in_order(das, 0, 2, 0, 0, 2))
    assert [(scored.value, scored.label) for scored in (before, after)] == [(3, "dressing 3"), (2, "dressing 2")]
    change = change_from(das, baseline=Decimal(3), value=Decimal(2), baseline_label="dressing 3", label="dressing 2")
    assert change is not None
    assert (change.is_meaningful, change.words) == (True, "−1, meaningfully better")
    other = change_from(
        das, baseline=Decimal(3), value=Decimal(1), baseline_label="dressing 3", label="limb position 1"
    )
    assert other is None


# --- change from baseline


@pytest.mark.parametrize(
    ("key", "baseline", "value", "words"),
    [
        ("hit6", 65, 60, "−5 (−8 %), meaningfully better"),
        ("hit6", 65, 61, "−4 (−6 %), not meaningfully better"),
        ("hit6", 60, 66, "+6 (+10 %), meaningfully worse"),
        ("headache_days", 20, 10, "−10 (−50 %), meaningfully better"),
        ("headache_days", 20, 11, "−9 (−45 %), not meaningfully better"),
        ("headache_days", 0, 4, "+4"),
        ("msq_rfr", 40, "50.9", "+10.9 (+27 %), meaningfully better"),
        ("msq_rfr", 40, "50.8", "+10.8 (+27 %), not meaningfully better"),
        ("twstrs", 40, 32, "−8 (−20 %), meaningfully better"),
        # On 0, 1, 1.5, 2, 3, 4 a step from 1+ to 1 is half a point and does not reach one.
        ("mas", "1.5", 1, "−0.5, not meaningfully better"),
        ("mas", 2, 1, "−1, meaningfully better"),
        # Pain: 2 points or 30 %, whichever is reached (Farrar 2001).
        ("nrs", 3, 2, "−1 (−33 %), meaningfully better"),
        ("nrs", 10, 8, "−2 (−20 %), meaningfully better"),
        ("nrs", 10, 9, "−1 (−10 %), not meaningfully better"),
        ("vas", 60, 42, "−18 (−30 %), meaningfully better"),
        ("vas", 60, 43, "−17 (−28 %), not meaningfully better"),
        ("peg", 6, "4.2", "−1.8 (−30 %), meaningfully better"),
        ("jfls8", 6, 2, "−4 (−67 %)"),
        ("mouth_opening", 30, 35, "+5 (+17 %), meaningfully better"),
        ("hit6", 60, 60, "no change"),
    ],
)
def test_change_from_baseline_and_whether_it_matters(key, baseline, value, words):
    change = change_from(shipped(key), baseline=Decimal(baseline), value=Decimal(value))
    assert change is not None
    assert change.words == words


@pytest.mark.parametrize(
    ("key", "value", "band"),
    [
        ("hit6", "49", "little or no impact"),
        ("hit6", "55", "some impact"),
        ("hit6", "59", "substantial impact"),
        ("nrs", "0", ""),
        ("nrs", "3", "mild"),
        ("nrs", "6", "moderate"),
        ("nrs", "7", "severe"),
        ("vas", "4", "none"),
        ("vas", "44", "mild"),
        ("vas", "74", "moderate"),
        ("vas", "75", "severe"),
        ("gas", "49.99", "below what was hoped for"),
        ("gas", "50", "goals met as hoped, on average"),
        ("headache_days", "14.99", ""),
        ("headache_days", "15", "15 days or more"),
        ("cgi_i", "2", "a response"),
        ("pgic", "3", "no response"),
    ],
)
def test_bands_begin_where_the_reference_says(key, value, band):
    assert band_of(shipped(key), Decimal(value)) == band


# --- Goal Attainment Scaling


def test_gas_by_hand():
    # Two goals, weights 2 and 3, attained +1 and -1: 50 + 10 * (2 - 3) / sqrt(0.7 * 13 + 0.3 * 25) = 47.5456.
    goals = [Goal(Decimal(2), Decimal(1)), Goal(Decimal(3), Decimal(-1))]
    assert gas_score(goals).quantize(Decimal("0.0001")) == Decimal("47.5456")
    # The formula before the erratum squared the sum of weights in both places and gave another number.
    assert gas_score(goals) != 50 + 10 * Decimal(-1) / (Decimal("0.7") * 25 + Decimal("0.3") * 25).sqrt()
    assert gas_score([Goal(Decimal(1), Decimal(0))] * 3) == 50
    assert gas_score([Goal(Decimal(1), Decimal(-1))]) == 40
    assert gas_score([]) is None


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-2, 2)), min_size=1, max_size=5))
def test_gas_equals_the_standardised_sum_computed_with_numpy(pairs):
    """Independent: T is 50 + 10 times the weighted sum over its standard deviation, w' R w with R correlated by 0.3."""
    weights, attained = (numpy.array(column, dtype=float) for column in zip(*pairs, strict=True))
    correlation = numpy.full((len(pairs), len(pairs)), 0.3) + 0.7 * numpy.eye(len(pairs))
    expected = 50 + 10 * (weights @ attained) / numpy.sqrt(weights @ correlation @ weights)
    score = gas_score(Goal(Decimal(weight), Decimal(level)) for weight, level in pairs)
    assert float(score) == pytest.approx(expected)


def test_gas_takes_only_rated_goals_with_whole_weights():
    gas = shipped("gas")

    def scored(**answers: int) -> tuple[Decimal | None, str]:
        found = score_answers(gas, {key: Decimal(value) for key, value in answers.items()})
        return found.value, found.why_not

    assert scored(attained_1=0) == (50, "")
    assert scored(importance_1=2, difficulty_1=1, attained_1=1, importance_2=3, difficulty_2=1, attained_2=-1) == (
        Decimal("47.55"),
        "",
    )
    assert scored(importance_1=2, difficulty_1=1) == (None, "goal 1 was not rated")
    assert scored(importance_1=2, attained_1=1) == (None, "goal 1 has only half of its weight")
    assert scored(importance_1=0, difficulty_1=3, attained_1=1) == (None, "every goal has the weight 0")
    assert scored() == (None, "no goal was rated")


# --- definitions


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_what_ships_can_be_scored_by(key):
    definition = shipped(key)
    assert definition_problem(definition) == ("", "")
    assert total_problem(definition, definition.minimum) == ""


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"maximum": Decimal(0)}, "maximum", "The lowest score has to be lower than the highest."),
        ({"step": Decimal(0)}, "step", "The step has to be above zero."),
        ({"scoring": Scoring.SUM}, "items", "A score from items needs items."),
        ({"items": (Item("a", "A", Decimal(0), Decimal(0)),)}, "items",
         "A: the lowest answer has to be lower than the highest."),
        ({"items": (Item("a", "A", Decimal(0), Decimal(1)),) * 2}, "items", "Two items have the same key."),
        ({"scoring": Scoring.MEAN, "items": (Item("a", "A", Decimal(0), Decimal(1)),), "may_miss": 1}, "may_miss",
         "At least one item has to be answered."),
    ],
)  # fmt: skip
def test_a_definition_that_cannot_be_scored_by_is_refused(changes, column, words):
    assert definition_problem(Definition(**{"minimum": Decimal(0), "maximum": Decimal(10)} | changes)) == (
        column,
        words,
    )
