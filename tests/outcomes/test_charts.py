from __future__ import annotations

import itertools
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from outcomes.charts.scores import BOTTOM, LEFT, RIGHT, TOP, score_series
from outcomes.summaries import summaries_for
from patients.models import Patient
from tests.cast import Cast
from tests.outcomes.cycles import Visit, score, sign
from treatments.models import TreatmentCourse

D = date(2025, 3, 3)


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    """A migraine course: baseline 19, two sessions, 8 days at day 80 of the first."""
    course = cast.course()
    sign([Visit(course, D, cast.ito), Visit(course, D + timedelta(days=91), cast.ito)], cast)
    score(course, "headache_days", 19, D, cast.ito)
    score(course, "headache_days", 8, D + timedelta(days=80), cast.ito)
    return course


def test_chart_marks_sessions_baseline_and_what_would_be_a_response(course):
    [chart] = score_series(course)["charts"]
    assert [mark.words for mark in chart.sessions] == ["Session 1, 3 Mar 2025, BOTOX", "Session 2, 2 Jun 2025, BOTOX"]
    assert chart.baseline.words == "Baseline 19"
    assert chart.response.words == "Response: 9.5 or less"
    assert [(row.is_baseline, row.change.words if row.change else "") for row in chart.rows] == [
        (True, ""),
        (False, "−11 (−58 %), meaningfully better"),
    ]
    first, last = chart.points
    assert LEFT < first.x == chart.sessions[0].x
    assert first.y < last.y  # fewer days lie lower
    assert "Baseline 19 on 3 Mar 2025. Last 8 on 22 May 2025. Lower is better." in chart.description


def test_the_chart_shows_each_window_and_goes_on_to_the_end_of_the_open_one(course, cast):
    today = cast.harbour.today()
    sign([Visit(course, today - timedelta(days=30), cast.ito)], cast)
    windows = list(course.windows.order_by("last_session_on"))
    [chart] = score_series(course)["charts"]
    assert [span.words.partition(",")[0] for span in chart.windows] == [f"Window of session {n}" for n in (1, 2, 3)]
    assert chart.windows[-1].words.endswith(f"{windows[-1].window_closes_on:%-d %b %Y}")
    assert LEFT < chart.sessions[-1].x < chart.today < chart.windows[-1].x
    assert all(span.x >= LEFT and span.x + span.width <= RIGHT for span in chart.windows)
    content = render_to_string("outcomes/_scores.html", {"scores": score_series(course)})
    assert "window for the next session" in content


def test_the_highest_score_is_no_part_of_the_number_of_a_session(cast):
    """A grade of 4 before session 1 read "41"."""
    course = cast.course(condition="upper_limb_spasticity")
    sign([Visit(course, D, cast.ito)], cast)
    score(course, "mas", 4, D - timedelta(days=2), cast.ito)
    score(course, "mas", 2, D + timedelta(days=35), cast.ito)
    content = render_to_string("outcomes/_scores.html", {"scores": score_series(course)})
    drawn = re.findall(r'<text class="plot-value" x="[\d.]+" y="([\d.]+)" dy="(-?\d+)">(\d)', content)
    assert [(float(y) < TOP + 6, float(dy) > 0, words) for y, dy, words in drawn] == [
        (True, True, "4"),
        (False, False, "2"),
    ]


def test_everything_drawn_lies_in_the_plot(cast, course):
    for number in range(30):
        score(course, "hit6", 36 + number, D + timedelta(days=3 * number), cast.ito)
    for chart in score_series(course)["charts"]:
        for mark in [*chart.points, *chart.sessions, *chart.x_ticks, *chart.y_ticks]:
            assert LEFT <= mark.x <= RIGHT
            assert TOP <= mark.y <= BOTTOM
        labelled = [point.x for point in chart.points if point.label]
        assert all(after - before >= 24 for before, after in itertools.pairwise(labelled))
        assert chart.points[-1].label


def test_grades_stand_on_the_axis_in_words(cast):
    course = cast.course(condition="upper_limb_spasticity")
    score(course, "mas", "1.5", D, cast.ito)
    [chart] = score_series(course)["charts"]
    assert [tick.words for tick in chart.y_ticks] == ["0", "1", "1+", "2", "3", "4"]
    assert chart.points[0].label == "1+"
    assert chart.baseline is None  # no session yet


def test_a_voided_session_is_not_marked(cast, course):
    from datetime import UTC, datetime

    from treatments.actions.sessions import void_session

    void_session(session=course.sessions.last(), reason="wrong course", by=cast.ito, now=datetime.now(UTC))
    assert len(score_series(course)["charts"][0].sessions) == 1


def test_course_without_a_score_says_what_a_baseline_is_for(cast):
    content = render_to_string("outcomes/_scores.html", {"scores": score_series(cast.course())})
    assert "No score yet." in content


def test_chart_has_words_and_a_table_and_no_inline_style(course):
    content = render_to_string("outcomes/_scores.html", {"scores": score_series(course)})
    assert "style=" not in content
    assert "<script" not in content
    assert "<desc" in content
    assert "−11 (−58 %)" in " ".join(content.split())


def test_series_is_four_queries_however_many_scores(cast, course):
    course = TreatmentCourse.objects.select_related("site").get(pk=course.pk)
    for number in range(20):
        score(course, "hit6", 40 + number, D + timedelta(days=number), cast.ito)
    with CaptureQueriesContext(connection) as queries:
        score_series(course)
    assert len(queries) <= 4


# --- the line about a course


def test_summary_says_baseline_last_change_and_response(course):
    assert str(summaries_for([course])[course.pk]) == "headache days 19 → 8 (−58 %, responder)"


@pytest.mark.parametrize(
    ("condition", "scores", "expected"),
    [
        ("chronic_migraine", [("headache_days", 19, 0), ("headache_days", 12, 80)],
         "headache days 19 → 12 (−37 %, non-responder)"),
        ("chronic_migraine", [("headache_days", 19, 0), ("headache_days", 8, 30)], "headache days 19 → 8 (−58 %)"),
        ("chronic_migraine", [("headache_days", 19, 0), ("headache_days", 22, 120)], "headache days 19 → 22 (+16 %)"),
        ("chronic_migraine", [("headache_days", 19, 0)], "headache days 19 at baseline"),
        ("chronic_migraine", [("headache_days", 8, 80)], "headache days 8, no baseline"),
        ("chronic_migraine", [("headache_days", 0, 0), ("headache_days", 0, 80)], "headache days 0 → 0 (0 points)"),
        ("chronic_migraine", [("hit6", 60, 0)], None),
        ("upper_limb_spasticity", [("mas", "1.5", 0), ("mas", 1, 35)], "MAS 1+ → 1 (−0.5 points, non-responder)"),
        ("cervical_dystonia", [("twstrs", "41.25", 0), ("twstrs", 30, 35)], "TWSTRS 41.25 → 30 (−27 %, responder)"),
        ("low_back_pain", [("nrs", 6, 0), ("nrs", 3, 30)], "pain NRS 6 → 3 (−50 %, responder)"),
    ],
)  # fmt: skip
def test_summary_in_words(cast, condition, scores, expected):
    course = cast.course(condition=condition)
    sign([Visit(course, D, cast.ito)], cast)
    for instrument, value, day in scores:
        score(course, instrument, value, D + timedelta(days=day), cast.ito)
    found = summaries_for([course]).get(course.pk)
    assert (str(found) or None if found else None) == expected


def test_before_the_first_session_the_last_score_is_the_baseline_so_far(cast):
    course = cast.course()
    score(course, "headache_days", 19, D, cast.ito)
    assert str(summaries_for([course])[course.pk]) == "headache days 19 at baseline"


def test_a_response_belongs_to_the_session_before_the_score(cast, course):
    # Day 5 after the second session: too early to judge it, and no longer about the first.
    score(course, "headache_days", 5, D + timedelta(days=96), cast.ito)
    assert str(summaries_for([course])[course.pk]) == "headache days 19 → 5 (−74 %)"
    # On the very day of the second session it is still about the first.
    other = cast.course(cast.omar)
    sign([Visit(other, D, cast.ito), Visit(other, D + timedelta(days=91), cast.ito)], cast)
    score(other, "headache_days", 20, D, cast.ito)
    score(other, "headache_days", 5, D + timedelta(days=91), cast.ito)
    assert str(summaries_for([other])[other.pk]) == "headache days 20 → 5 (−75 %, responder)"


def test_summaries_are_one_query_for_one_course_and_for_many(cast, course):
    with CaptureQueriesContext(connection) as queries:
        assert len(summaries_for([course])) == 1
    few = len(queries)
    courses = [course]
    for number in range(7):
        patient = Patient.objects.create(
            given_name="Pat", family_name="Row", birth_date=date(1970, 1, 1), site=cast.harbour
        )
        courses.append(cast.course(patient, "low_back_pain"))
        score(courses[-1], "nrs", number, D, cast.ito)
    courses = list(TreatmentCourse.objects.all())
    with CaptureQueriesContext(connection) as queries:
        assert len(summaries_for(courses)) == 8
    assert len(queries) == few == 1
    assert summaries_for([]) == {}
