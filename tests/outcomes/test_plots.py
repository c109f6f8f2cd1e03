"""The pictures of the outcomes page claim nothing that was not measured, and their words do not lie on each other."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest

from outcomes.charts.figures import MONTH, change_plot, dose_plot, funnel_plot, run_plot, survival_plot, units_plot
from outcomes.charts.plot import BOTTOM, LETTER, RIGHT, Label, Plot
from outcomes.review.figures import Change, Doses
from outcomes.review.scope import Responders, Retreatments, Share
from outcomes.rules import Outcome, Timing
from outcomes.sections.survival import still_treated
from outcomes.statistics.intervals import mean_of_sums
from outcomes.statistics.survival import kaplan_meier


def change(number: int, count: int) -> Change:
    mean = mean_of_sums(count=count, total=Decimal(-2 * count), squares=Decimal(5 * count))
    return Change(number, Responders({Outcome.RESPONDER: count}), mean)


def bands(plot: Plot) -> list[str]:
    """The bands without the one of the legend, which stands above the axes."""
    return [line.d for line in plot.lines if line.kind == "band" and "h16" not in line.d]


def test_no_band_is_drawn_over_session_numbers_that_have_none() -> None:
    few = change_plot("c", "Change", [change(1, 6), change(2, 2), change(3, 6)], unit="points", better="lower")
    assert len(bands(few)) == 2
    for band in bands(few):
        xs = [float(corner.split()[0]) for corner in band.strip("MZ").split("L")]
        assert max(xs) - min(xs) == pytest.approx(6)  # a narrow bar each
    joined = change_plot("c", "Change", [change(1, 6), change(2, 6), change(3, 6)], unit="points", better="lower")
    assert len(bands(joined)) == 1


def test_no_band_is_drawn_over_months_without_a_session() -> None:
    months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 6, 1)]
    doses = [Doses(month, count=4, low=100, median=150, high=200) for month in months]
    assert len(bands(dose_plot("d", "Doses", doses, product="BOTOX"))) == 2


@pytest.mark.parametrize("count", range(1, 61))
def test_the_months_under_a_picture_do_not_touch(count: int) -> None:
    months = [date(2020 + month // 12, month % 12 + 1, 1) for month in range(count)]
    doses = [Doses(month, count=4, low=100, median=150, high=200) for month in months]
    labels = [label for label in dose_plot("d", "Doses", doses, product="BOTOX").labels if " 20" in label.words]
    for left, right in itertools.pairwise(labels):
        assert right.x - left.x > len(left.words) * LETTER + 6


def test_the_median_of_the_months_is_said_where_no_point_stands() -> None:
    months = [Retreatments({Timing.ON_TIME: 30, Timing.LATE: 1}, date(2026, month, 1)) for month in range(1, 12)]
    plot = run_plot("r", "On time", months, lambda month: "")
    [label] = [label for label in plot.labels if "median" in label.words]
    assert label.words == "median 97 %"
    assert label.y < min(dot.y for dot in plot.dots if dot.href == "" and "on time" in dot.words) - 6


def test_a_survival_picture_counts_the_days_of_its_table_and_names_only_what_it_draws() -> None:
    """Somebody last seen on day 365 is at risk at twelve months, in the picture as in the figure and the table."""
    going_on = kaplan_meier([(day, False, 1) for day in (200, 365, 400, 800)])
    plot = survival_plot("s", "Treated", going_on, y_title="", x_title="", unit_days=MONTH, every=6)
    at = {label.x: label.words for label in plot.labels}
    [twelve] = [label.x for label in plot.labels if label.words == "12"]
    risk_row = max(label.y for label in plot.labels)
    [count] = [label.words for label in plot.labels if label.x == twelve and label.y == risk_row]
    assert int(count) == going_on.at_risk(round(12 * MONTH)) == 3
    assert "median" not in at.values()
    over = kaplan_meier([(day, True, 1) for day in (60, 90, 120)])
    drawn = survival_plot("s", "Effect", over, y_title="", x_title="", unit_days=7, every=2)
    assert "median" in {label.words for label in drawn.labels}


def box(label: Label) -> tuple[float, float, float, float]:
    width = len(label.words) * LETTER
    left = label.x - {"start": 0, "middle": width / 2, "end": width}[label.kind.split()[0]]
    return left, left + width, label.y - 9, label.y + 2


@pytest.mark.parametrize(("lost_on", "spread"), [(400, "nobody lost until then"), (200, "95 % CI 69–99 %")])
def test_where_nobody_is_lost_no_interval_is_claimed(lost_on: int, spread: str) -> None:
    said = still_treated(kaplan_meier([(lost_on, True, 1), (500, False, 19)]), 12, 365)
    assert said.beside[0].words == spread


def test_names_of_providers_lie_apart_and_off_the_dots() -> None:
    """Three with nearly the same share, as in the demo clinic: a name that covers another tells nobody anything."""
    shares = {"Dr Maren Holt": Share(247, 251), "Lucía Serrano": Share(163, 173), "Dr Chidi Okeke": Share(187, 199)}
    plot = funnel_plot("f", "On time", shares, {}, y_title="on time")
    named = [label for label in plot.labels if label.words in shares]
    assert {label.words for label in named} == set(shares)
    boxes = [box(label) for label in named]
    for one, other in itertools.combinations(boxes, 2):
        assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
    dots = [dot for dot in plot.dots if "of" in dot.words]
    assert len(dots) == 3
    for left, right, top, bottom in boxes:
        assert right <= RIGHT + LETTER
        assert bottom <= BOTTOM
        assert not [dot for dot in dots if left <= dot.x <= right and top - 4 <= dot.y <= bottom + 4]
    kinds = [line.kind for line in plot.lines if "h16" not in line.d]  # without those of the legend
    assert kinds.count("ground") == 3
    assert not {"grid", "narrow", "wide"} & set(kinds[kinds.index("ground") :]), "a line crosses a name out"


def test_what_was_discarded_is_said_beside_the_bars() -> None:
    plot = units_plot("u", "Units", [("BOTOX", 930, 70), ("Dysport", 50, 950)])
    ends = [float(line.d.split("H")[1].split("v")[0]) for line in plot.lines[:-2] if line.kind == "given"]
    for label in (label for label in plot.labels if "discarded" in label.words and "%" in label.words):
        assert box(label)[0] > max(ends)
        assert box(label)[1] <= plot.width
