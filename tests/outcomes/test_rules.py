from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.rules import (
    Outcome,
    Rule,
    Score,
    Timing,
    baseline_of,
    change_percent,
    classify,
    is_response,
    measuring_days,
    plain,
    score_problem,
    signed,
    small_number_words,
    timing_of,
    wear_off_days,
    wilson,
)

HALF = Rule(is_percent=True, change=Decimal(50), from_day=57, to_day=98)
EIGHT_POINTS = Rule(is_percent=False, change=Decimal(8), from_day=22, to_day=49)
ONE_GRADE = Rule(is_percent=False, change=Decimal(1), from_day=22, to_day=49)
D = date(2026, 1, 5)


def day(number: int) -> date:
    return D + timedelta(days=number)


@pytest.mark.parametrize(
    ("rule", "baseline", "value", "expected"),
    [
        (HALF, "19", "9.5", True),
        (HALF, "19", "10", False),
        (HALF, "19", "8", True),
        (HALF, "1", "0", True),
        (HALF, "20", "25", False),
        (HALF, "0", "0", None),  # no percent of nothing
        (EIGHT_POINTS, "41.25", "33.25", True),
        (EIGHT_POINTS, "41.25", "33.5", False),
        (EIGHT_POINTS, "0", "0", False),
        (ONE_GRADE, "1.5", "1", False),  # 1+ to 1 is half a point
        (ONE_GRADE, "2", "1", True),
        (ONE_GRADE, "2", "1.5", False),
        (ONE_GRADE, "1.5", "0", True),
        (Rule(True, Decimal(30), 22, 49, lower_is_better=False), "40", "52", True),
        (Rule(True, Decimal(30), 22, 49, lower_is_better=False), "40", "28", False),
    ],
)
def test_response_is_a_change_of_the_rules_size(rule, baseline, value, expected):
    assert is_response(rule, baseline=Decimal(baseline), value=Decimal(value)) is expected


def test_baseline_is_the_last_score_up_to_the_first_session_of_the_course():
    scores = [
        Score(day(-90), Decimal(22)),
        Score(D, Decimal(19), 2),
        Score(D, Decimal(18), 1),
        Score(day(1), Decimal(9)),
    ]
    assert baseline_of(scores, first_session_on=D) == Score(D, Decimal(19), 2)
    assert baseline_of(scores[3:], first_session_on=D) is None


@pytest.mark.parametrize(
    ("next_session", "expected"),
    [
        (None, (57, 98)),
        (91, (57, 91)),  # a score on the day of the next session is taken before the needle
        (120, (57, 98)),
        (30, (57, 30)),  # too soon to measure
    ],
)
def test_measuring_days_end_with_the_next_session(next_session, expected):
    following = None if next_session is None else day(next_session)
    assert measuring_days(HALF, session_on=D, next_session_on=following) == (day(expected[0]), day(expected[1]))


@pytest.mark.parametrize(
    ("scores", "next_session", "today", "expected"),
    [
        ([(0, 20), (84, 10)], None, 99, Outcome.RESPONDER),
        ([(0, 20), (84, 11)], None, 99, Outcome.NON_RESPONDER),
        ([(0, 20), (60, 4), (98, 11)], None, 99, Outcome.NON_RESPONDER),  # the last one counts
        ([(0, 20), (56, 4)], None, 99, Outcome.MISSING),
        ([(0, 20), (99, 4)], None, 100, Outcome.MISSING),
        ([(0, 20)], None, 99, Outcome.MISSING),
        ([(0, 20), (84, 0)], None, 99, Outcome.RESPONDER),  # none at all is a score; missing is none
        ([(84, 10)], None, 99, Outcome.NOT_ASSESSABLE),
        ([], None, 99, Outcome.NOT_ASSESSABLE),
        ([(0, 0), (84, 0)], None, 99, Outcome.NOT_ASSESSABLE),
        ([(0, 20), (84, 10)], None, 98, Outcome.PENDING),
        ([(0, 20), (84, 10)], 91, 91, Outcome.PENDING),
        ([(0, 20), (91, 10)], 91, 92, Outcome.RESPONDER),
        ([(0, 20), (95, 10)], 91, 99, Outcome.MISSING),  # that one measures the next session
        ([(0, 20), (40, 1)], 40, 41, Outcome.MISSING),
    ],
)
def test_cycle_is_classified(scores, next_session, today, expected):
    found = classify(
        HALF,
        [Score(day(number), Decimal(value), order) for order, (number, value) in enumerate(scores)],
        first_session_on=D,
        session_on=D,
        next_session_on=None if next_session is None else day(next_session),
        on=day(today),
    )
    assert found is expected


SCORES = st.lists(
    st.builds(
        Score,
        on=st.integers(-30, 400).map(day),
        value=st.integers(0, 28).map(Decimal),
        order=st.integers(0, 10**6),
    ),
    max_size=12,
    unique_by=lambda score: score.order,
)


@given(scores=SCORES, session=st.integers(0, 300), gap=st.none() | st.integers(1, 300), today=st.integers(0, 500))
def test_every_cycle_has_one_outcome_and_nothing_missing_becomes_a_failure(scores, session, gap, today):
    following = None if gap is None else day(session + gap)
    outcome = classify(
        HALF, scores, first_session_on=D, session_on=day(session), next_session_on=following, on=day(today)
    )
    first, last = measuring_days(HALF, session_on=day(session), next_session_on=following)
    measured = [score for score in scores if first <= score.on <= last]
    assert (outcome is Outcome.PENDING) == (day(today) <= last)
    if outcome in (Outcome.RESPONDER, Outcome.NON_RESPONDER):
        assert measured
        assert [score for score in scores if score.on <= D]
    if outcome is Outcome.MISSING:
        assert not measured


@given(scores=SCORES, later=SCORES)
def test_scores_after_the_measuring_days_change_nothing(scores, later):
    def outcome(of):
        return classify(HALF, of, first_session_on=D, session_on=D, next_session_on=None, on=day(99))

    late = [Score(day(99) + (score.on - day(-30)), score.value, score.order + 10**7) for score in later]
    assert outcome(scores) is outcome(scores + late)


@pytest.mark.parametrize(
    ("retreated", "expected"),
    [(83, Timing.EARLY), (84, Timing.ON_TIME), (181, Timing.ON_TIME), (182, Timing.LATE)],
)
def test_on_time_is_from_the_first_day_allowed_to_the_day_the_window_closes(retreated, expected):
    assert timing_of(retreated_on=day(retreated), eligible_on=day(84), window_closes_on=day(181)) is expected


# Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_interval_is_wilsons(part, whole, low, high):
    found = wilson(part, whole)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_no_interval_of_none_and_no_share_beyond_the_whole():
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


@given(whole=st.integers(1, 2000), data=st.data())
def test_interval_holds_the_share_and_stays_between_0_and_1(whole, data):
    part = data.draw(st.integers(0, whole))
    found = wilson(part, whole)
    assert 0 <= found.low <= part / whole + 1e-9
    assert part / whole - 1e-9 <= found.high <= 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("35", "From 36 to 78."),
        ("79", "From 36 to 78."),
        ("36", None),
        ("78", None),
        ("40.5", "Whole numbers only."),
        ("NaN", "A number is needed."),
        ("Infinity", "A number is needed."),
    ],
)
def test_score_lies_in_its_bounds_and_steps(value, expected):
    bounds = {"minimum": Decimal("36.00"), "maximum": Decimal("78.00"), "step": Decimal("1.00")}
    assert score_problem(Decimal(value), **bounds) == expected


def test_score_in_quarters_and_in_grades():
    quarters = {"minimum": Decimal(0), "maximum": Decimal(85), "step": Decimal("0.25")}
    assert score_problem(Decimal("41.75"), **quarters) is None
    assert score_problem(Decimal("41.7"), **quarters) == "In steps of 0.25."
    grades = [Decimal(grade) for grade in ("0", "1", "1.5", "2", "3", "4")]
    ashworth = {"minimum": Decimal(0), "maximum": Decimal(4), "step": Decimal("0.5"), "grades": grades}
    assert score_problem(Decimal("1.50"), **ashworth) is None
    assert score_problem(Decimal("2.5"), **ashworth) == "Choose one of the grades."


def test_words_for_numbers():
    assert [plain(Decimal(text)) for text in ("19.00", "0.00", "33.50", "100")] == ["19", "0", "33.5", "100"]
    assert [signed(Decimal(text)) for text in ("2.00", "-11", "0")] == ["+2", "−11", "0"]
    assert round(change_percent(baseline=Decimal(19), value=Decimal(8))) == -58
    assert change_percent(baseline=Decimal(0), value=Decimal(8)) is None
    assert wear_off_days(session_on=D, wear_off_on=day(82)) == 82
    assert wear_off_days(session_on=D, wear_off_on=None) is None


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (0, ""),
        (1, "too few for a rate"),
        (9, "too few for a rate"),
        (10, "small number"),
        (29, "small number"),
        (30, ""),
    ],
)
def test_small_numbers_say_so(whole, words):
    assert small_number_words(whole) == words
