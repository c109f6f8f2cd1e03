"""Secondary non-response (clinical reference 6.3): a response before, then two failures in a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.fading import Fading, fading
from treatments.rules.response import Outcome

Y, N, M, B, P = (
    Outcome.RESPONDER,
    Outcome.NON_RESPONDER,
    Outcome.MISSING,
    Outcome.NOT_ASSESSABLE,
    Outcome.PENDING,
)


@pytest.mark.parametrize(
    ("newest_first", "expected", "failed", "passed_over"),
    [
        ([], Fading.NONE, 0, 0),
        ([P, M, B], Fading.NONE, 0, 0),
        ([Y, N, N], Fading.NONE, 0, 0),
        ([N], Fading.NONE, 1, 0),
        ([N, Y], Fading.ONCE, 1, 0),
        ([N, N, Y], Fading.SECONDARY, 2, 0),
        ([N, N, N, Y, N], Fading.SECONDARY, 3, 0),
        ([N, N], Fading.PRIMARY, 2, 0),
        ([P, N, M, N, Y], Fading.SECONDARY, 2, 1),
        ([N, M, Y], Fading.ONCE, 1, 1),
        ([N, N, M, B, Y, M], Fading.SECONDARY, 2, 2),
        ([N, M, N, M], Fading.PRIMARY, 2, 1),
        ([M, M, M, Y], Fading.NONE, 0, 0),
    ],
)
def test_what_the_outcomes_say(newest_first: list[Outcome], expected: Fading, failed: int, passed_over: int) -> None:
    found = fading(newest_first)
    assert (found.fading, found.failed, found.passed_over) == (expected, failed, passed_over)
    assert bool(found.words) == (expected is not Fading.NONE)
    assert found.needs_review == (expected in (Fading.SECONDARY, Fading.PRIMARY))


def test_the_words_say_what_is_not_known() -> None:
    assert fading([N, M, N, Y]).words == (
        "No response to the last 2 assessed sessions, after a response to an earlier one: secondary non-response."
        " 1 session between them was not assessable."
    )


@given(st.lists(st.sampled_from(list(Outcome)), max_size=10))
def test_what_could_not_be_assessed_is_never_a_failure(outcomes: list[Outcome]) -> None:
    assessed = [one for one in outcomes if one in (Y, N)]
    assert fading(outcomes).fading is fading(assessed).fading
