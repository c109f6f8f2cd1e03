from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, InternalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outcomes.actions import Entry, record_assessment, withdraw_assessment
from outcomes.models import Assessment, WithdrawnAssessment
from tests.cast import Cast
from tests.outcomes.cycles import Visit, score, sign, version_of
from treatments.models import TreatmentCourse


def address(course: TreatmentCourse) -> str:
    return reverse("outcomes:assessment-create", args=[course.pk])


def answers(course: TreatmentCourse, **changes: object) -> dict[str, object]:
    return {
        "assessed_on": course.site.today().isoformat(),
        "score_headache_days": "8",
        "score_hit6": "",
        "note": "",
    } | changes


def test_scores_of_a_day_are_recorded_with_the_change_from_baseline(cast, sign_in):
    course = cast.course()
    day = course.site.today() - timedelta(days=80)
    sign([Visit(course, day, cast.ito)], cast)
    score(course, "headache_days", 19, day, cast.ito)
    client = sign_in(cast.ito)
    assert "Baseline 19 on" in client.get(address(course)).content.decode()
    response = client.post(address(course), answers(course, score_hit6="60"), follow=True)
    assert response.redirect_chain == [(reverse("clinic:course", args=[course.pk]), 302)]
    assert "Recorded: headache days 19 → 8 (−58 %, responder); HIT-6 60 (severe impact)." in response.content.decode()
    found = Assessment.objects.filter(course=course, assessed_on=course.site.today())
    assert [(row.instrument.key, row.value, row.recorded_by) for row in found.order_by("instrument__position")] == [
        ("headache_days", 8, cast.ito),
        ("hit6", 60, cast.ito),
    ]


def test_ashworth_is_a_choice_of_grades_kept_in_words_and_coding(cast, sign_in):
    course = cast.course(condition="upper_limb_spasticity")
    client = sign_in(cast.ito)
    assert '<option value="1.5">1+</option>' in client.get(address(course)).content.decode()
    sent = {
        "assessed_on": course.site.today().isoformat(),
        "score_mas": "1.5",
        "score_nrs": "",
        "note": "elbow flexors",
    }
    assert client.post(address(course), sent).status_code == 302
    row = Assessment.objects.get(course=course)
    assert (row.value, row.label, row.shown, row.note) == (Decimal("1.5"), "1+", "1+", "elbow flexors")
    assert client.post(address(course), sent | {"score_mas": "2.5"}).status_code == 422


def test_a_grade_that_is_no_number_is_refused_beside_a_goal_without_a_rating(cast, sign_in):
    course = cast.course(condition="upper_limb_spasticity")
    sent = {"assessed_on": course.site.today().isoformat(), "score_mas": "²", "item_gas_goal_1": "Hold a cup"}
    response = sign_in(cast.ito).post(address(course), sent)
    assert response.status_code == 422
    assert response.context["form"].errors["score_mas"] == ["Choose one of the grades."]
    assert response.context["form"].errors["item_gas_attained_1"] == ["Rate this goal, or take it out."]


def test_pressing_twice_makes_one_row_and_another_score_of_the_day_a_second(cast, sign_in):
    course = cast.course()
    client = sign_in(cast.ito)
    for _ in range(2):
        assert client.post(address(course), answers(course)).status_code == 302
    assert Assessment.objects.filter(course=course).count() == 1
    client.post(address(course), answers(course, score_headache_days="9"))
    assert Assessment.objects.filter(course=course).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_make_one_row(cast):
    course = cast.course()
    version = version_of("headache_days")

    def press(_: int) -> int:
        try:
            day = course.site.today()
            return record_assessment(
                course=course, version=version, assessed_on=day, entry=Entry(total=Decimal(8)), on=day, by=cast.ito
            ).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as presses:
        assert len(set(presses.map(press, range(4)))) == 1
    assert Assessment.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"score_headache_days": "29"}, "score_headache_days", "From 0 to 28."),
        ({"score_headache_days": "-1"}, "score_headache_days", "From 0 to 28."),
        ({"score_headache_days": "7.5"}, "score_headache_days", "Whole numbers only."),
        ({"score_headache_days": "eight"}, "score_headache_days", "A number from 0 to 28."),
        ({"score_headache_days": "1e400"}, "score_headache_days", "From 0 to 28."),
        ({"score_headache_days": "NaN"}, "score_headache_days", "A number from 0 to 28."),
        ({"score_hit6": "35"}, "score_hit6", "From 36 to 78."),
        ({"score_headache_days": ""}, "__all__", "Enter at least one score."),
        ({"assessed_on": "2099-01-01"}, "assessed_on", "This day lies in the future."),
        ({"assessed_on": "1960-01-01"}, "assessed_on", "before the patient's birth"),
        ({"assessed_on": "yesterday"}, "assessed_on", "Enter a valid date."),
        ({"assessed_on": ""}, "assessed_on", "This field is required."),
        ({"note": "x" * 201}, "note", "at most 200 characters"),
    ],
)
def test_wrong_input_is_said_beside_its_field_with_what_was_typed_kept(cast, sign_in, changes, field, message):
    course = cast.course()
    response = sign_in(cast.ito).post(address(course), answers(course, **changes))
    assert response.status_code == 422
    form = response.context["form"]
    assert message in " ".join(form.errors[field])
    assert all(str(form[name].value()) == str(value) for name, value in changes.items())
    assert not Assessment.objects.exists()


def test_one_wrong_score_records_none_of_the_day(cast, sign_in):
    course = cast.course()
    sign_in(cast.ito).post(address(course), answers(course, score_hit6="99"))
    assert not Assessment.objects.exists()


def test_only_providers_record_and_strangers_find_nothing(cast, sign_in):
    course = cast.course()
    for person, status in ((cast.ada, 403), (cast.robin, 403), (cast.max, 404)):
        assert sign_in(person).get(address(course)).status_code == status
        assert sign_in(person).post(address(course), answers(course)).status_code == status
    assert not Assessment.objects.exists()


def test_page_has_few_queries_however_many_scores(cast, sign_in):
    course = cast.course()
    client = sign_in(cast.ito)
    client.get(address(course))
    with CaptureQueriesContext(connection) as queries:
        client.get(address(course))
    with_none = len(queries)
    for number in range(20):
        score(course, "headache_days", number, course.site.today() - timedelta(days=number), cast.ito)
    with CaptureQueriesContext(connection) as queries:
        client.get(address(course))
    assert len(queries) == with_none <= 12


def test_a_condition_without_measures_says_so(cast, sign_in):
    course = cast.course()
    for instrument in course.condition.instruments.all():
        instrument.conditions.clear()
    assert "No measure is set up" in sign_in(cast.ito).get(address(course)).content.decode()


def test_action_refuses_what_no_form_would_send(cast: Cast):
    course = cast.course(condition="cervical_dystonia")
    twstrs = version_of("twstrs")
    day = course.site.today()

    def record(**changes: object) -> Assessment:
        sent = {
            "course": course,
            "version": twstrs,
            "assessed_on": day,
            "entry": Entry(total=Decimal(40)),
            "on": day,
            "by": cast.ito,
        }
        return record_assessment(**sent | changes)

    with pytest.raises(ValidationError, match=r"In steps of 0\.25"):
        record(entry=Entry(total=Decimal("40.1")))
    with pytest.raises(ValidationError, match="future"):
        record(assessed_on=day + timedelta(days=1))
    assert record(entry=Entry(total=Decimal("40.25"))).shown == "40.25"


# --- withdrawn


def test_a_withdrawn_score_counts_no_more_and_stays_readable(cast, sign_in):
    course = cast.course()
    day = course.site.today() - timedelta(days=80)
    sign([Visit(course, day, cast.ito)], cast)
    score(course, "headache_days", 19, day, cast.ito)
    wrong = score(course, "headache_days", 3, course.site.today(), cast.ito)
    client = sign_in(cast.ito)
    page, withdraw = (
        reverse("clinic:course", args=[course.pk]),
        reverse("outcomes:assessment-withdraw", args=[wrong.pk]),
    )
    assert withdraw in client.get(page).content.decode()
    assert client.post(withdraw, {"reason": " "}).status_code == 422
    after = client.post(withdraw, {"reason": "of another patient"}, follow=True).content.decode()
    assert "Headache days 3 is withdrawn" in after
    assert "Headache days 3 of" in after
    assert "of another patient" in after
    assert "19 → 3" not in after
    assert list(Assessment.objects.filter(course=course).values_list("value", flat=True)) == [19]
    kept = WithdrawnAssessment.objects.get()
    assert (kept.value, kept.assessed_on, kept.recorded_by, kept.recorded_at) == (
        3, course.site.today(), cast.ito, wrong.recorded_at,
    )  # fmt: skip
    assert client.post(withdraw, {"reason": "again"}).status_code == 404


def test_a_score_is_withdrawn_once(cast):
    wrong = score(cast.course(), "headache_days", 3, cast.harbour.today(), cast.ito)
    withdraw_assessment(assessment=wrong, reason="typed wrong", by=cast.ito)
    with pytest.raises(ValidationError, match="withdrawn already"):
        withdraw_assessment(assessment=wrong, reason="typed wrong", by=cast.ito)


def test_the_database_lets_no_score_go_without_a_reason(cast):
    wrong = score(cast.course(), "headache_days", 3, cast.harbour.today(), cast.ito)
    with pytest.raises(IntegrityError, match="withdrawn with a reason"), transaction.atomic():
        wrong.delete()
    kept = withdraw_assessment(assessment=wrong, reason="typed wrong", by=cast.ito)
    with pytest.raises(InternalError, match="Cannot delete"), transaction.atomic():
        kept.delete()
