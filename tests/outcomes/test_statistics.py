"""Each statistic against a published worked example, or against a computation that shares no code with ours."""

from __future__ import annotations

import itertools
import math
import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.statistics.funnel import Place, binomial_limits, place_of
from outcomes.statistics.intervals import mean_of_sums, poisson_rate
from outcomes.statistics.runs import run_chart
from outcomes.statistics.survival import kaplan_meier

# Remission in weeks on 6-mercaptopurine, Freireich 1963 (Blood 21:699), the textbook example of the method.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
IN_REMISSION = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def one_by_one(happened: list[int], last_seen: list[int]) -> list[tuple[int, bool, int]]:
    return [(day, True, 1) for day in happened] + [(day, False, 1) for day in last_seen]


def test_kaplan_meier_is_that_of_the_textbook():
    """Kleinbaum and Klein, Survival Analysis, chapter 2: group 1 of the remission data; median 23 weeks."""
    curve = kaplan_meier(one_by_one(RELAPSED, IN_REMISSION))
    events = [step for step in curve.steps if step.events]
    assert [(step.day, step.at_risk, step.events) for step in events] == [
        (6, 21, 3), (7, 17, 1), (10, 15, 1), (13, 12, 1), (16, 11, 1), (22, 7, 1), (23, 6, 1),
    ]  # fmt: skip
    assert [round(step.share, 3) for step in events] == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert (curve.count, curve.events, curve.median) == (21, 9, 23)
    assert [curve.at_risk(day) for day in (0, 6, 7, 20, 36)] == [21, 21, 17, 8, 0]


def test_kaplan_meier_limits_are_greenwood_on_the_log_log_scale():
    curve = kaplan_meier(one_by_one(RELAPSED, IN_REMISSION))
    share, greenwood, low_crosses, high_crosses = Fraction(1), Fraction(0), None, None
    for step in curve.steps:
        if not step.events:
            continue
        share *= 1 - Fraction(step.events, step.at_risk)
        greenwood += Fraction(step.events, step.at_risk * (step.at_risk - step.events))
        reach = 1.959963984540054 * math.sqrt(greenwood) / math.log(share)
        limits = [float(share) ** math.exp(sign * reach) for sign in (-1, 1)]
        assert (step.share, step.low, step.high) == pytest.approx((float(share), *sorted(limits)))
        low_crosses = low_crosses or (step.day if min(limits) <= 0.5 else None)
        high_crosses = high_crosses or (step.day if max(limits) <= 0.5 else None)
    assert (curve.median_low, curve.median_high) == (low_crosses, high_crosses)
    assert (low_crosses, high_crosses) == (13, None)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(1, 4)), max_size=25))
def test_kaplan_meier_is_the_product_limit_of_any_data(rows):
    curve = kaplan_meier(rows)
    people = [(day, event) for day, event, count in rows for _ in range(count)]
    share = Fraction(1)
    for step in curve.steps:
        at_risk = sum(day >= step.day for day, _ in people)
        share *= 1 - Fraction(sum(day == step.day and event for day, event in people), at_risk)
        assert step.at_risk == at_risk == curve.at_risk(step.day)
        assert step.share == pytest.approx(float(share)) == curve.share(step.day)
        assert 0 <= step.low <= step.share + 1e-9
        assert step.share <= step.high + 1e-9 <= 1 + 2e-9
    assert curve.count == len(people)
    if curve.median is not None:
        assert curve.share(curve.median) <= 0.5 + 1e-12
        assert curve.share(curve.median - 1) > 0.5 or curve.median == 0


@pytest.mark.parametrize(
    ("happened", "last_seen", "median"), [([], [], None), ([], [5, 9], None), ([4], [], 4), ([4, 8], [], 4)]
)
def test_curves_of_none_of_nobody_and_of_all(happened, last_seen, median):
    curve = kaplan_meier(one_by_one(happened, last_seen))
    assert (curve.median, curve.count) == (median, len(happened) + len(last_seen))
    if happened:
        assert curve.steps[-1].share == 0


def test_poisson_interval_is_the_published_table():
    """The table of exact limits for small counts, after Garwood 1936 (Biometrika 28:437)."""
    published = {0: (0, 3.689), 1: (0.0253, 5.572), 5: (1.623, 11.668), 10: (4.795, 18.390), 20: (12.217, 30.888)}
    for events, (low, high) in published.items():
        rate = poisson_rate(events, 1000)
        assert (rate.interval.low, rate.interval.high) == pytest.approx((low, high), abs=0.001)
    assert poisson_rate(3, 0).value is None
    with pytest.raises(ValueError, match="negative"):
        poisson_rate(-1, 10)


@pytest.mark.parametrize(("events", "of"), [(0, 250), (1, 40), (7, 1300), (90, 2000)])
def test_poisson_limits_leave_two_and_a_half_percent_on_each_side(events, of):
    rate = poisson_rate(events, of)

    def at_most(count: int, mean: float) -> float:
        return sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(count + 1))

    assert rate.value == pytest.approx(1000 * events / of)
    assert at_most(events, rate.interval.high * of / 1000) == pytest.approx(0.025)
    if events:
        assert 1 - at_most(events - 1, rate.interval.low * of / 1000) == pytest.approx(0.025)


def test_mean_interval_is_that_of_a_worked_example():
    """NIST/SEMATECH e-Handbook 1.3.5.2, ZARR13.DAT: 195 values, mean 9.261460, sd 0.022789: 9.258242 to 9.264679."""
    count, mean, sd = 195, Decimal("9.261460"), Decimal("0.022789")
    found = mean_of_sums(count=count, total=mean * count, squares=sd * sd * (count - 1) + mean * mean * count)
    assert (found.interval.low, found.interval.high) == pytest.approx((9.258242, 9.264679), abs=2e-6)


def test_mean_of_none_one_and_equal_values():
    assert mean_of_sums(count=0, total=Decimal(0), squares=Decimal(0)) is None
    assert mean_of_sums(count=1, total=Decimal(-4), squares=Decimal(16)).interval is None
    equal = mean_of_sums(count=3, total=Decimal(-12), squares=Decimal(48))
    assert (equal.interval.low, equal.interval.high) == (-4, -4)


def shifts_by_hand(values: list[float]) -> list[list[int]]:
    """The places of each shift, by grouping the letters A (above) and B (below)."""
    ordered = sorted(values)
    middle = (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
    sides = [(place, "A" if value > middle else "B") for place, value in enumerate(values) if value != middle]
    groups = [[place for place, _ in group] for _, group in itertools.groupby(sides, key=lambda pair: pair[1])]
    return [group for group in groups if len(group) >= 6]


@given(st.lists(st.integers(0, 6), min_size=10, max_size=30))
def test_shifts_are_found_in_any_run(values):
    assert [list(run.places) for run in run_chart(values).shifts] == shifts_by_hand(values)


def test_a_shift_needs_six_points_and_ten_months():
    five, six = [1, 2, 1, 2, 1, 9, 8, 9, 8, 9], [1, 2, 1, 2, 1, 2, 9, 8, 9, 8, 9, 8]
    assert run_chart(five).shifts == ()
    assert [(run.places, run.above) for run in run_chart(six).shifts] == [
        ((0, 1, 2, 3, 4, 5), False),
        ((6, 7, 8, 9, 10, 11), True),
    ]
    assert not run_chart(six[:9]).enough
    # A month on the median neither breaks a run nor belongs to it.
    assert run_chart([1, 1, 1, 5, 1, 1, 1, 5, 9, 9, 9, 9, 9, 9]).shifts[0].places == (0, 1, 2, 4, 5, 6)
    assert run_chart([]).median is None


@pytest.mark.parametrize("share", [0.05, 0.5, 0.61, 0.97])
@pytest.mark.parametrize("count", [1, 7, 30, 200])
@pytest.mark.parametrize("level", [0.95, 0.998])
def test_funnel_limits_are_the_interpolated_quantiles_by_hand(share, count, level):
    """Spiegelhalter 2005, A.1.1: (r - a) / n, with r the quantile and a how far the tail lies beyond it, by sums."""
    limits = binomial_limits(count, share=share, level=level)
    exact = Fraction(share)
    for tail, found in (((1 - level) / 2, limits.low), ((1 + level) / 2, limits.high)):
        upto, r = Fraction(0), -1
        while upto < tail:
            r += 1
            term = math.comb(count, r) * exact**r * (1 - exact) ** (count - r)
            upto += term
        expected = (r - float((upto - Fraction(tail)) / term)) / count
        assert found == pytest.approx(min(1.0, max(0.0, expected)), abs=1e-7)


def test_small_numbers_are_not_accused():
    assert place_of(0, 9, share=0.6, fewest=10) == Place.TOO_FEW
    assert place_of(4, 10, share=0.6, fewest=10) == Place.WITHIN
    assert place_of(43, 100, share=0.6, fewest=10) == Place.OUT
    assert place_of(49, 100, share=0.6, fewest=10) == Place.WATCH
    assert place_of(12, 12, share=1, fewest=10) == Place.WITHIN
    with pytest.raises(ValueError, match="binomial"):
        binomial_limits(0, share=0.5, level=0.95)


def test_limits_hold_their_part_of_samples():
    chance = random.Random(7)
    limits = binomial_limits(40, share=0.6, level=0.95)
    inside = sum(limits.low <= sum(chance.random() < 0.6 for _ in range(40)) / 40 <= limits.high for _ in range(3000))
    assert 0.92 < inside / 3000 < 0.98
