"""Rule R14: one cycle judged, with its words, at, below and above each limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.treatments.facts_made import DAY, MIGRAINE, NECK_COURSE, facts, keys
from treatments.rules.facts import Severity
from treatments.rules.findings import find_all
from treatments.rules.findings.record import measured_responses
from treatments.rules.response import (
    Cycle,
    Measure,
    Outcome,
    Rule,
    Score,
    classify,
    judge,
)

D = date(2026, 1, 5)
HALF = Rule(is_percent=True, change=Decimal(50), from_day=57, to_day=98)
STRICT = Rule(is_percent=True, change=Decimal(50), from_day=63, to_day=84)
POINTS = Rule(is_percent=False, change=Decimal(8), from_day=22, to_day=49)
STRICT_POINTS = Rule(is_percent=False, change=Decimal(8), from_day=28, to_day=42)
GRADE = Rule(is_percent=False, change=Decimal(1), from_day=22, to_day=49)
HIGHER = Rule(is_percent=False, change=Decimal(10), from_day=22, to_day=49, lower_is_better=False)
HIGHER_PERCENT = Rule(is_percent=True, change=Decimal(30), from_day=22, to_day=49, lower_is_better=False)
DAYS = Measure("Headache days", "days")
TWSTRS = Measure("TWSTRS", "points")
MAS = Measure("MAS")
NRS = Measure("Pain NRS", "points")
GAS = Measure("GAS", "points")


def score(day: int, value: float | str, order: int = 0, label: str = "") -> Score:
    return Score(D + timedelta(days=day), Decimal(str(value)), order, label)


def judged(
    rule: Rule,
    measure: Measure,
    *scores: Score,
    session: int = 0,
    next_session: int | None = None,
    on: int = 200,
) -> Cycle:
    return judge(
        rule,
        scores,
        measure=measure,
        first_session_on=D,
        session_on=D + timedelta(days=session),
        next_session_on=None if next_session is None else D + timedelta(days=next_session),
        on=D + timedelta(days=on),
    )


@pytest.mark.parametrize(
    ("rule", "measure", "baseline", "value", "outcome", "words"),
    [
        (HALF, DAYS, 19, 8, Outcome.RESPONDER, "19 to 8 headache days, 58 % fewer: response"),
        (HALF, DAYS, 20, 10, Outcome.RESPONDER, "20 to 10 headache days, 50 % fewer: response"),
        (HALF, DAYS, 20, 11, Outcome.NON_RESPONDER, "20 to 11 headache days, 45 % fewer: no response"),
        (HALF, DAYS, 20, 9, Outcome.RESPONDER, "20 to 9 headache days, 55 % fewer: response"),
        # 49.6 % is not said as 50 % and no response.
        (HALF, DAYS, "25", "12.6", Outcome.NON_RESPONDER, "25 to 12.6 headache days, 49.6 % fewer: no response"),
        (HALF, DAYS, 20, 20, Outcome.NON_RESPONDER, "20 to 20 headache days, unchanged: no response"),
        (HALF, DAYS, 20, 25, Outcome.NON_RESPONDER, "20 to 25 headache days, 25 % more: no response"),
        (HALF, DAYS, 20, 0, Outcome.RESPONDER, "20 to 0 headache days, 100 % fewer: response"),
        (POINTS, TWSTRS, "41.25", "33.25", Outcome.RESPONDER, "TWSTRS 41.25 to 33.25, 8 points lower: response"),
        (POINTS, TWSTRS, "41", "33.5", Outcome.NON_RESPONDER, "TWSTRS 41 to 33.5, 7.5 points lower: no response"),
        (POINTS, TWSTRS, "41.25", "33", Outcome.RESPONDER, "TWSTRS 41.25 to 33, 8.25 points lower: response"),
        (GRADE, MAS, 2, 1, Outcome.RESPONDER, "MAS 2 to 1, 1 point lower: response"),
        (HIGHER, GAS, 40, 50, Outcome.RESPONDER, "GAS 40 to 50, 10 points higher: response"),
        (HIGHER, GAS, 40, 49, Outcome.NON_RESPONDER, "GAS 40 to 49, 9 points higher: no response"),
        (HIGHER, GAS, 40, 28, Outcome.NON_RESPONDER, "GAS 40 to 28, 12 points lower: no response"),
        (HIGHER_PERCENT, GAS, 40, 52, Outcome.RESPONDER, "GAS 40 to 52, 30 % higher: response"),
        # Nothing of zero is a percentage; points from zero are points.
        (HALF, DAYS, 0, 0, Outcome.NOT_ASSESSABLE, "not assessable: headache days 0 at baseline"),
        (HALF, NRS, 0, 4, Outcome.NOT_ASSESSABLE, "not assessable: pain NRS 0 at baseline"),
        (HIGHER, GAS, 0, 10, Outcome.RESPONDER, "GAS 0 to 10, 10 points higher: response"),
    ],
)  # fmt: skip
def test_the_change_and_what_it_means(
    rule: Rule, measure: Measure, baseline: float, value: float, outcome: Outcome, words: str
) -> None:
    cycle = judged(rule, measure, score(0, baseline), score(rule.from_day, value))
    assert (cycle.outcome, cycle.words) == (outcome, words)


def test_grades_are_said_by_their_names() -> None:
    cycle = judged(GRADE, MAS, score(0, 3), score(35, "1.5", label="1+"))
    assert cycle.words == "MAS 3 to 1+, 1.5 points lower: response"
    cycle = judged(GRADE, MAS, score(0, "1.5", label="1+"), score(35, 1))
    assert cycle.words == "MAS 1+ to 1, 0.5 points lower: no response"


@pytest.mark.parametrize(
    ("rule", "measure", "day", "counts"),
    [
        (rule, measure, day, first <= day <= last)
        for rule, measure, first, last in (
            (HALF, DAYS, 57, 98),
            (STRICT, DAYS, 63, 84),
            (POINTS, TWSTRS, 22, 49),
            (STRICT_POINTS, TWSTRS, 28, 42),
        )
        for day in (first - 1, first, first + 1, last - 1, last, last + 1)
    ],
)
def test_only_the_measuring_days_count(rule: Rule, measure: Measure, day: int, counts: bool) -> None:
    cycle = judged(rule, measure, score(0, 20), score(day, 4))
    assert cycle.outcome is (Outcome.RESPONDER if counts else Outcome.MISSING)
    assert cycle.words.endswith(": response") if counts else cycle.words == f"not assessable: no score in {rule.weeks}"


@pytest.mark.parametrize(
    ("from_day", "to_day", "weeks"),
    [(57, 84, "weeks 9 to 12"), (56, 85, "weeks 8 to 13"), (22, 42, "weeks 4 to 6"), (57, 98, "weeks 9 to 14")],
)
def test_weeks_begin_on_the_day_after_the_week_before(from_day: int, to_day: int, weeks: str) -> None:
    assert replace(HALF, from_day=from_day, to_day=to_day).weeks == weeks


@pytest.mark.parametrize(("day", "is_baseline"), [(-400, True), (-1, True), (0, True), (1, False)])
def test_a_baseline_lies_on_or_before_the_first_session(day: int, is_baseline: bool) -> None:
    cycle = judged(HALF, DAYS, score(day, 19), score(70, 8))
    assert cycle.outcome is (Outcome.RESPONDER if is_baseline else Outcome.NOT_ASSESSABLE)
    if not is_baseline:
        assert cycle.words == "not assessable: no 28-day diary before the first session"
    cycle = judged(POINTS, TWSTRS, score(day, 40), score(30, 20))
    if not is_baseline:
        assert cycle.words == "not assessable: no TWSTRS score before the first session"


@pytest.mark.parametrize(
    ("next_session", "scored", "words"),
    [
        (91, 91, "20 to 8 headache days, 60 % fewer: response"),  # before the needle
        (91, 92, "not assessable: no score in weeks 9 to 14"),
        (57, 57, "20 to 8 headache days, 60 % fewer: response"),
        (56, 56, "not assessable: the next session came before week 9"),
    ],
)
def test_the_next_session_ends_the_cycle(next_session: int, scored: int, words: str) -> None:
    cycle = judged(HALF, DAYS, score(0, 20), score(scored, 8), next_session=next_session)
    assert cycle.words == words


@pytest.mark.parametrize(
    ("on", "scored", "words"),
    [
        (10, None, "not assessable yet: scored in weeks 9 to 14, from 3 Mar 2026 to 13 Apr 2026"),
        (98, None, "not assessable yet: scored in weeks 9 to 14, from 3 Mar 2026 to 13 Apr 2026"),
        (99, None, "not assessable: no score in weeks 9 to 14"),
        (80, 70, "20 to 8 headache days, 60 % fewer: response so far"),
        (98, 70, "20 to 8 headache days, 60 % fewer: response so far"),
        (99, 70, "20 to 8 headache days, 60 % fewer: response"),
        (60, 70, "not assessable yet: scored in weeks 9 to 14, from 3 Mar 2026 to 13 Apr 2026"),  # not known yet
    ],
)
def test_a_cycle_that_is_still_measured_says_so(on: int, scored: int | None, words: str) -> None:
    scores = [score(0, 20)] + ([score(scored, 8)] if scored else [])
    assert judged(HALF, DAYS, *scores, on=on).words == words


@pytest.mark.parametrize(("on", "outcome"), [(97, Outcome.PENDING), (98, Outcome.PENDING), (99, Outcome.RESPONDER)])
def test_a_cycle_is_over_after_its_last_measuring_day(on: int, outcome: Outcome) -> None:
    assert judged(HALF, DAYS, score(0, 20), score(70, 8), on=on).outcome is outcome


def test_the_last_of_several_scores_counts_at_baseline_and_after() -> None:
    before, after = [score(-30, 28), score(0, 10, 1), score(0, 20, 2)], [score(60, 2), score(90, 9, 1), score(90, 5, 2)]
    cycle = judged(HALF, DAYS, *before, *after)
    assert (cycle.baseline, cycle.score) == (before[-1], after[-1])
    assert cycle.words == "20 to 5 headache days, 75 % fewer: response"


def test_a_later_cycle_is_measured_from_the_same_baseline() -> None:
    scores = [score(0, 20), score(80, 15), score(170, 9)]
    cycle = judged(HALF, DAYS, *scores, session=91, on=400)
    assert cycle.words == "20 to 9 headache days, 55 % fewer: response"


SCORES = st.lists(st.tuples(st.integers(-60, 220), st.integers(0, 28)), max_size=8, unique_by=lambda pair: pair[0]).map(
    lambda pairs: [score(day, value, order) for order, (day, value) in enumerate(pairs)]
)


@given(
    scores=SCORES,
    rule=st.sampled_from([HALF, POINTS, HIGHER]),
    gap=st.one_of(st.none(), st.integers(1, 120)),
    on=st.integers(0, 250),
    data=st.data(),
)
def test_the_order_of_scores_does_not_matter_and_the_outcome_is_that_of_the_figures(
    scores: list[Score], rule: Rule, gap: int | None, on: int, data: st.DataObject
) -> None:
    cycle = judged(rule, DAYS, *scores, next_session=gap, on=on)
    assert judged(rule, DAYS, *data.draw(st.permutations(scores)), next_session=gap, on=on) == cycle
    assert cycle.outcome is classify(
        rule,
        scores,
        first_session_on=D,
        session_on=D,
        next_session_on=None if gap is None else D + timedelta(days=gap),
        on=D + timedelta(days=on),
    )
    # What cannot be assessed says why, and is never said as a failure.
    if cycle.outcome in (Outcome.MISSING, Outcome.NOT_ASSESSABLE):
        assert cycle.words.startswith("not assessable: ")
    if cycle.is_assessed:
        assert cycle.words.endswith("no response") == (cycle.outcome is Outcome.NON_RESPONDER)


REPEAT = replace(
    MIGRAINE,
    last_session_on=DAY - timedelta(days=90),
    eligible_on=DAY - timedelta(days=6),
    cycle=Cycle(Outcome.MISSING, "not assessable: no score in weeks 9 to 14"),
)


def test_the_finding_is_a_note_and_asks_for_nothing() -> None:
    [found] = [
        one for one in find_all(facts(courses=(REPEAT,), last_response="good")) if one.key == f"cycle-{REPEAT.id}"
    ]
    assert (found.severity, found.rule) == (Severity.NOTE, "R14")
    assert found.words == ("Chronic migraine, session of Sat 22 Aug 2026: not assessable: no score in weeks 9 to 14.")
    assert measured_responses([(found.key, found.words), ("guidance", "Guidance.")]) == [found.words]


def test_no_finding_at_the_first_session_of_a_touch_up_or_without_a_measure() -> None:
    for session in (
        facts(courses=(MIGRAINE,)),
        facts(courses=(NECK_COURSE,)),
        facts(courses=(replace(REPEAT, cycle=None),), last_response="good"),
        facts(courses=(REPEAT,), is_touch_up=True, touch_up_reason="one muscle"),
    ):
        assert not [key for key in keys(session) if key.startswith("cycle-")]
