from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outcomes.actions import DayChange, record_diary_score, save_diary_days
from outcomes.models import Assessment, DiaryDay
from outcomes.rules.diary import DiaryEntry
from outcomes.summaries import summaries_for
from tests.cast import Cast
from tests.outcomes.cycles import Visit, sign
from treatments.models import TreatmentCourse


def address(course: TreatmentCourse, month: date | None = None) -> str:
    return reverse("outcomes:diary", args=[course.pk]) + (f"?month={month:%Y-%m}" if month else "")


def write_days(cast: Cast, course: TreatmentCourse, last: date, *, recorded: int, headaches: int) -> None:
    DiaryDay.objects.bulk_create(
        DiaryDay(course=course, day=last - timedelta(days=number), headache=number < headaches, recorded_by=cast.ito)
        for number in range(recorded)
    )


def last_month(course: TreatmentCourse) -> date:
    return (course.site.today().replace(day=1) - timedelta(days=1)).replace(day=1)


def test_a_month_is_typed_seen_and_changed(cast, sign_in):
    course = cast.course()
    month = last_month(course)
    client = sign_in(cast.ito)
    sent = {"typed_01": "0", "typed_02": "3", "migraine_02": "on", "hours_02": "6.5", "drug_02": "on", "typed_03": "y"}
    assert client.post(address(course, month), sent).status_code == 302
    rows = {row.day.day: row.as_entry() for row in DiaryDay.objects.filter(course=course)}
    second, third = month.replace(day=2), month.replace(day=3)
    assert rows == {
        1: DiaryEntry(month, False),
        2: DiaryEntry(second, True, True, 3, Decimal("6.5"), True),
        3: DiaryEntry(third, True),
    }
    page = client.get(address(course, month)).content.decode()
    assert 'name="was_02" value="3,m,d,6.5"' in page
    assert "3 of 28 days recorded: not scored, 17 more days needed" in page
    # The same page again with one day emptied and one changed.
    was = {"was_01": "0,,,", "was_02": "3,m,d,6.5", "was_03": "y,,,"}
    assert (
        client.post(address(course, month), was | {"typed_01": "", "typed_02": "1", "typed_03": "y"}).status_code == 302
    )
    rows = {row.day.day: row.as_entry() for row in DiaryDay.objects.filter(course=course)}
    assert rows == {2: DiaryEntry(second, True, severity=1), 3: DiaryEntry(third, True)}


def test_a_day_saved_by_another_meanwhile_is_not_written_over(cast, sign_in):
    course = cast.course()
    month = last_month(course)
    sign_in(cast.okafor).post(address(course, month), {"typed_05": "2"})
    response = sign_in(cast.ito).post(address(course, month), {"typed_05": "0", "typed_06": "1"})
    assert response.status_code == 422
    assert "Somebody else saved this day meanwhile" in response.content.decode()
    assert DiaryDay.objects.get(course=course).severity == 2
    # A day that this page did not touch is left alone.
    assert sign_in(cast.ito).post(address(course, month), {"typed_06": "1"}).status_code == 302
    assert DiaryDay.objects.filter(course=course).count() == 2


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"typed_01": "4"}, "0, 1, 2, 3 or y."),
        ({"migraine_01": "on"}, "Say first whether there was a headache."),
        ({"typed_01": "0", "migraine_01": "on"}, "A day without headache has no migraine"),
        ({"typed_01": "2", "hours_01": "25"}, "A day has 24 hours."),
        ({"typed_01": "2", "hours_01": "x"}, "Enter a number."),
    ],
)
def test_wrong_days_are_said_beside_them_with_what_was_typed_kept(cast, sign_in, sent, message):
    course = cast.course()
    response = sign_in(cast.ito).post(address(course, last_month(course)), sent | {"typed_02": "1"})
    assert response.status_code == 422
    text = response.content.decode()
    assert message in text
    assert 'name="typed_02" value="1"' in text
    assert not DiaryDay.objects.exists()


def test_the_baseline_of_the_diary_is_recorded_and_judged_by(cast, sign_in):
    """R14 wants a 28-day diary before the first session: 21 days recorded, 15 with headache, are 20."""
    course = cast.course()
    today = course.site.today()
    first = today - timedelta(days=85)
    sign([Visit(course, first, cast.ito)], cast)
    write_days(cast, course, first - timedelta(days=1), recorded=21, headaches=15)
    write_days(cast, course, today, recorded=28, headaches=8)
    client = sign_in(cast.ito)
    page = client.get(address(course))
    assert [(offer.name, offer.figures.headache.value, offer.is_new) for offer in page.context["offers"]] == [
        ("Baseline", 20, True),
        ("After the latest session", 8, True),
    ]
    for offer in page.context["offers"]:
        for _ in range(2):
            sent = {"last": offer.figures.last.isoformat()}
            assert client.post(reverse("outcomes:diary-score", args=[course.pk]), sent).status_code == 302
    rows = list(Assessment.objects.filter(course=course))
    assert [(row.value, row.answers["days_recorded"], row.answers["migraine_days"]) for row in rows] == [
        (20, "21", "0"), (8, "28", "0"),
    ]  # fmt: skip
    assert "20 to 8 headache days, 60 % fewer: response" in summaries_for([course])[course.pk].latest.cycle.words
    assert "On file as the score of that day: 8." in client.get(address(course)).content.decode()


def test_too_few_days_give_no_score(cast, sign_in):
    course = cast.course()
    today = course.site.today()
    write_days(cast, course, today, recorded=19, headaches=19)
    with pytest.raises(ValidationError, match="1 more day needed"):
        record_diary_score(course=course, last=today, on=today, by=cast.ito)
    assert "19 of 28 days recorded: not scored" in sign_in(cast.ito).get(address(course)).content.decode()


def test_action_refuses_what_no_form_would_send(cast):
    course = cast.course()
    today = course.site.today()
    later = today + timedelta(days=1)
    with pytest.raises(ValidationError, match="future"):
        save_diary_days(course=course, changes={later: DayChange(None, DiaryEntry(later, True))}, on=today, by=cast.ito)


@pytest.mark.parametrize("month", ["2099-01", "x", "2026-13", "1900-01"])
def test_wrong_month_is_not_found(cast, sign_in, month):
    assert sign_in(cast.ito).get(address(cast.course()), {"month": month}).status_code == 404


def test_other_conditions_keep_no_diary_and_an_administrator_reads(cast, sign_in):
    assert sign_in(cast.ito).get(address(cast.course(cast.omar, condition="cervical_dystonia"))).status_code == 404
    course = cast.course()
    assert "data-diary" not in sign_in(cast.ada).get(address(course)).content.decode()
    assert sign_in(cast.ada).post(address(course), {"typed_01": "0"}).status_code == 403


def test_page_has_few_queries_for_a_full_month(cast, sign_in):
    course = cast.course()
    sign([Visit(course, course.site.today() - timedelta(days=85), cast.ito)], cast)
    write_days(cast, course, course.site.today(), recorded=1, headaches=1)
    client = sign_in(cast.ito)
    client.get(address(course))
    with CaptureQueriesContext(connection) as one:
        client.get(address(course))
    write_days(cast, course, course.site.today() - timedelta(days=1), recorded=60, headaches=20)
    with CaptureQueriesContext(connection) as many:
        client.get(address(course))
    assert len(many) == len(one) <= 14
