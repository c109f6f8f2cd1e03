"""Ready to book, from the database to the lights."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory.models import Product, VialSize
from patients.models import Patient
from scheduling.ready import ready_lights
from tests.cast import Cast
from tests.patients import made
from tests.treatments.charted import BOTOX, signed, vials_in_stock
from treatments.actions.follow_ups import record_follow_up
from treatments.actions.sessions import record_outside_session
from treatments.models import DrugOrder, PatientVial, TreatmentCourse


def seen(course: TreatmentCourse, on: date) -> dict[str, tuple[str, str]]:
    fresh = TreatmentCourse.objects.for_list().get(pk=course.pk)
    return {light.key: (light.state.value, light.words) for light in ready_lights([fresh], on=on)[course.pk]}


def test_a_new_course_and_an_empty_file(cast: Cast) -> None:
    course = cast.course()
    found = seen(course, cast.harbour.today())
    assert {key: state for key, (state, _) in found.items()} == {
        "window": "not_needed",
        "authorization": "unsure",
        "drug": "not_needed",
        "screening": "missing",
        "response": "not_needed",
        "consent": "missing",
    }


def test_after_a_session_step_by_step(cast: Cast) -> None:
    today = cast.harbour.today()
    made.coverage(cast, authorization_required=True)
    allowed = made.authorization(cast, starts_on=today - timedelta(days=200), units_approved=310)
    course = cast.course()
    session = signed(cast, course, on=today - timedelta(days=90))
    found = seen(course, today)
    assert found["window"][0] == "ok"
    assert found["authorization"] == ("ok", f"to {allowed.ends_on:%-d %b %Y}, 3 visits left, 155 U left")
    assert found["drug"] == ("missing", "no BOTOX in stock, none ordered")
    assert found["screening"][0] == "ok"
    assert found["response"][0] == "missing"
    assert found["consent"][0] == "ok"

    vials_in_stock(cast, 2)
    assert seen(course, today)["drug"] == ("ok", "BOTOX in stock, 2 vials")
    follow_up = session.follow_ups.order_by("due_on").first()
    assert follow_up is not None
    record_follow_up(follow_up=follow_up, by=cast.ito, version=None, on=today, impression=2)
    assert seen(course, today)["response"][0] == "ok"


def test_her_own_vials_and_an_order(cast: Cast) -> None:
    today = cast.harbour.today()
    course = cast.course()
    signed(cast, course, on=today - timedelta(days=90))
    size = VialSize.objects.get(product__key=BOTOX, units=200)
    order = DrugOrder.objects.create(
        patient=cast.joye,
        course=course,
        site=cast.harbour,
        size=size,
        vials=1,
        pharmacy="Far Pharmacy",
        ordered_on=today,
        expected_on=today,
        ordered_by=cast.robin,
    )
    assert seen(course, today)["drug"] == ("ok", f"BOTOX ordered, expected {today:%-d %b %Y}")
    order.status, order.cancelled_reason = "cancelled", "not needed"
    order.save()
    assert seen(course, today)["drug"][0] == "missing"
    (vial,) = vials_in_stock(cast)
    PatientVial.objects.create(vial=vial, patient=cast.joye, named_by=cast.ito)
    vial.source = "pharmacy"
    vial.save()
    assert seen(course, today)["drug"] == ("ok", "1 vial of BOTOX here for this patient")
    # Another patient's vial is nobody else's drug.
    PatientVial.objects.update(patient=cast.omar)
    assert seen(course, today)["drug"][0] == "missing"


def test_the_queries_are_the_same_for_one_and_for_fifty(cast: Cast, django_assert_num_queries: Any) -> None:
    today = cast.harbour.today()
    courses = []
    for number in range(50):
        patient = Patient.objects.create(
            given_name=f"P{number}", family_name="Row", birth_date=date(1980, 1, 1), sex="F", site=cast.harbour
        )
        course = cast.course(patient)
        record_outside_session(
            course=course,
            performed_on=today - timedelta(days=80 + number),
            product=Product.objects.get(key=BOTOX),
            units=Decimal(155),
            source="letter",
            on=today,
            by=cast.ito,
        )
        made.coverage(cast, patient=patient, authorization_required=True)
        courses.append(course.pk)
    rows = list(TreatmentCourse.objects.for_list().filter(pk__in=courses))
    with django_assert_num_queries(1):
        assert len(ready_lights(rows, on=today)) == 50
    with django_assert_num_queries(1):
        ready_lights(rows[:1], on=today)
    with django_assert_num_queries(0):
        assert ready_lights([], on=today) == {}


@pytest.mark.parametrize(("age", "state"), [(16, "missing"), (40, "ok")])
def test_who_may_sign_goes_by_age(cast: Cast, age: int, state: str) -> None:
    today = cast.harbour.today()
    cast.joye.birth_date = today - timedelta(days=age * 366)
    cast.joye.save()
    course = cast.course()
    made.consent(cast)
    assert seen(course, today)["consent"][0] == state
