"""The auditor's list over real rows, and where people see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.completeness import completeness_for, completeness_of_latest
from outcomes.actions import withdraw_assessment
from outcomes.models import Assessment
from patients.models import Consent, Coverage, PriorAuthorization, Screening, TriedTreatment
from tests.cast import Cast
from tests.outcomes.cycles import score as scored
from tests.patients import made
from tests.treatments.charted import draft, moment, signed, vials_in_stock
from tests.treatments.test_evaluation_actions import CONTENT, written
from treatments.actions.sessions import void_session
from treatments.checks import findings_of
from treatments.models import FollowUp, InjectionSession, TreatmentCourse
from treatments.rules.paper import Light

SignIn = Callable[[User], Client]


def lights(session: InjectionSession) -> dict[str, str]:
    return {item.key: item.light.value for item in completeness_for([session.pk])[session.pk].items}


def score(cast: Cast, course: TreatmentCourse, value: int, *, days_ago: int) -> None:
    scored(course, "headache_days", value, cast.harbour.today() - timedelta(days=days_ago), cast.ito)


def test_a_first_session_gains_light_after_light(cast: Cast) -> None:
    course = cast.course(diagnosis=None)
    today = cast.harbour.today()
    session = signed(cast, course, on=today, aftercare_given=True, medication_guide_given=True)
    before = lights(session)
    missing = {key for key, light in before.items() if light == "missing"}
    assert missing == {"diagnosis", "evaluation", "baseline", "most_days", "tried"}
    assert {key for key, light in before.items() if light == "not needed"} == {
        "response",
        "side_effects",
        "off_label",
        "authorization",
    }

    course.diagnosis = course.condition.diagnosis_codes.first()
    course.save()
    written(cast, course)
    score(cast, course, 19, days_ago=3)
    TriedTreatment.objects.create(patient=cast.joye, kind="cgrp", name="Erenumab", stopped="no_effect")
    whole = completeness_for([session.pk])[session.pk]
    assert whole.missing == ()
    assert str(whole) == "19 of 19"


def test_what_came_after_the_session_does_not_count_for_it(cast: Cast) -> None:
    course = cast.course()
    today = cast.harbour.today()
    session = signed(cast, course, on=today - timedelta(days=30))
    written(cast, course, content=CONTENT | {"medication_guide_on": today})
    score(cast, course, 8, days_ago=2)
    found = lights(session)
    assert (found["evaluation"], found["baseline"], found["medication_guide"]) == ("missing",) * 3


def test_a_repeat_needs_response_and_side_effects(cast: Cast) -> None:
    course = cast.course()
    today = cast.harbour.today()
    first = signed(cast, course, on=today - timedelta(days=100))
    second = signed(cast, course, on=today, last_response="")
    assert (lights(second)["response"], lights(second)["side_effects"]) == ("missing", "missing")
    score(cast, course, 8, days_ago=100)
    assert lights(second)["response"] == "missing"
    score(cast, course, 8, days_ago=99)
    assert lights(second)["response"] == "met"
    FollowUp.objects.filter(session=first).update(
        status="done", done_on=today - timedelta(days=86), done_by=cast.ito, adverse_event=False
    )
    assert lights(second)["side_effects"] == "met"
    assert lights(first)["response"] == "not needed"


def test_consent_and_screening_are_those_of_the_day(cast: Cast) -> None:
    course = cast.course()
    today = cast.harbour.today()
    open_one = draft(cast, course, on=today, vials=vials_in_stock(cast))
    assert (lights(open_one)["consent"], lights(open_one)["screening"]) == ("met", "met")
    Consent.objects.update(withdrawn_on=today, withdrawn_by=cast.ito)
    assert lights(open_one)["consent"] == "missing"
    # Days without either: nothing of another day is taken.
    earlier = InjectionSession.objects.create(
        patient=cast.joye, site=cast.harbour, provider=cast.ito, performed_on=today - timedelta(days=9)
    )
    assert Screening.objects.filter(patient=cast.joye).exists()
    assert (lights(earlier)["consent"], lights(earlier)["screening"]) == ("missing", "missing")


@pytest.mark.parametrize(
    ("changes", "light"),
    [
        ({}, Light.MET),
        ({"status": "submitted"}, Light.MISSING),
        ({"product": "incobotulinumtoxinA"}, Light.MISSING),
        ({"condition": "cervical_dystonia"}, Light.MISSING),
        ({"starts": 1}, Light.MISSING),
        ({"ends": -1}, Light.MISSING),
        ({"starts": 0, "ends": 0}, Light.MET),
    ],
)
def test_an_authorisation_fits_or_is_missing(cast: Cast, changes: dict[str, Any], light: Light) -> None:
    today = cast.harbour.today()
    session = draft(cast, cast.course(), on=today, vials=vials_in_stock(cast))
    assert lights(session)["authorization"] == "not needed"
    coverage = Coverage.objects.create(
        patient=cast.joye, payer=made.payer("Harbour Health"), authorization_required=True
    )
    assert lights(session)["authorization"] == "missing"
    days = {"starts": -10, "ends": 80} | {key: value for key, value in changes.items() if key in ("starts", "ends")}
    fields = {key: value for key, value in changes.items() if key not in days}
    PriorAuthorization.objects.create(
        **{
            "patient": cast.joye,
            "coverage": coverage,
            "number": "PA-1",
            "status": "approved",
            "product": "onabotulinumtoxinA",
            "condition": "chronic_migraine",
            "starts_on": today + timedelta(days=days["starts"]),
            "ends_on": today + timedelta(days=days["ends"]),
            **fields,
        }
    )
    assert lights(session)["authorization"] == light
    Coverage.objects.update(ends_on=today - timedelta(days=1))
    assert lights(session)["authorization"] == "not needed"


def test_the_latest_signed_session_stands_for_its_courses(cast: Cast) -> None:
    migraine, jaw = cast.course(), cast.course(condition="tmj_bruxism")
    today = cast.harbour.today()
    first = signed(cast, migraine, on=today - timedelta(days=200))
    second = signed(cast, migraine, on=today - timedelta(days=100))
    draft(cast, migraine, on=today, vials=vials_in_stock(cast))
    found = completeness_of_latest([migraine.pk, jaw.pk])
    assert {course: session for course, (session, _) in found.items()} == {migraine.pk: second.pk}
    void_session(session=second, reason="wrong patient", by=cast.ito, now=moment(cast, today))
    assert completeness_of_latest([migraine.pk])[migraine.pk][0] == first.pk


def test_one_query_for_any_number(cast: Cast, django_assert_num_queries: Any) -> None:
    course = cast.course()
    today = cast.harbour.today()
    sessions = [signed(cast, course, on=today - timedelta(days=100 * place)) for place in (3, 2, 1)]
    with django_assert_num_queries(1):
        assert len(completeness_for([session.pk for session in sessions])) == 3
    with django_assert_num_queries(0):
        assert completeness_for([]) == {}


def test_the_lights_stand_where_people_sign_and_read(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    today = cast.harbour.today()
    client = sign_in(cast.ito)
    open_one = draft(cast, course, on=today, vials=vials_in_stock(cast))
    review = client.get(reverse("treatments:session-review", args=[open_one.pk])).content.decode()
    assert "Ready for the auditor" in review
    assert reverse("clinic:evaluation-create", args=[course.pk]) in review
    assert reverse("clinic:session-note", args=[open_one.pk]) not in review

    done = signed(cast, cast.course(condition="cervical_dystonia"), on=today - timedelta(days=30))
    detail = client.get(reverse("treatments:session-detail", args=[done.pk])).content.decode()
    assert "Ready for the auditor" in detail
    for name in ("clinic:session-note", "clinic:session-packet", "clinic:session-after-visit"):
        assert reverse(name, args=[done.pk]) in detail
    whole = completeness_for([done.pk])[done.pk]
    chart = client.get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()
    assert f"Record {whole}" in chart


def test_an_administrator_reads_the_lights_and_is_led_nowhere_they_may_not_go(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    done = signed(cast, course, on=cast.harbour.today())
    page = sign_in(cast.ada).get(reverse("treatments:session-detail", args=[done.pk])).content.decode()
    assert "Ready for the auditor" in page
    assert reverse("clinic:evaluation-create", args=[course.pk]) not in page
    assert reverse("treatments:course-edit", args=[course.pk]) not in page


def test_every_missing_item_leads_somewhere_the_provider_may_go(cast: Cast, sign_in: SignIn) -> None:
    """Of an empty draft each missing item has its link, and each link opens."""
    session = InjectionSession.objects.create(
        patient=cast.joye,
        site=cast.harbour,
        provider=cast.ito,
        performed_on=cast.harbour.today(),
        guidance=InjectionSession.Guidance.EMG,
    )
    course = cast.course(diagnosis=None)
    session.treated.create(course=course)
    Coverage.objects.create(patient=cast.joye, payer=made.payer("Harbour Health"), authorization_required=True)
    client = sign_in(cast.ito)
    page = client.get(reverse("treatments:session-review", args=[session.pk])).content.decode()
    missing = completeness_for([session.pk])[session.pk].missing
    found = re.findall(r'href="([^"]+)" aria-label="Fill in: ([^"]+)"', page)
    assert {title for _, title in found} == {item.title for item in missing}
    for url in {url for url, _ in found}:
        assert client.get(url).status_code == 200, url


def test_the_list_and_the_finding_ask_for_the_response_alike(cast: Cast) -> None:
    course = cast.course()
    today = cast.harbour.today()
    first = signed(cast, course, on=today - timedelta(days=100))
    second = draft(cast, course, on=today, vials=vials_in_stock(cast), last_response="")

    def asked() -> tuple[bool, bool]:
        session = InjectionSession.objects.for_chart().get(pk=second.pk)
        found = {finding.key for finding in findings_of(session, by=cast.ito, today=today)}
        return lights(second)["response"] == "missing", "response" in found

    assert asked() == (True, True)
    FollowUp.objects.filter(session=first).update(
        status="done", done_on=today - timedelta(days=80), done_by=cast.ito, impression=2
    )
    assert asked() == (False, False)
    FollowUp.objects.filter(session=first).update(impression=None)
    assert asked() == (True, True)
    scored(course, "headache_days", 8, today, cast.ito)
    assert asked() == (False, False)
    InjectionSession.objects.filter(pk=second.pk).update(last_response="first")
    for score in Assessment.objects.all():
        withdraw_assessment(assessment=score, reason="entered for another patient", by=cast.ito)
    assert asked() == (True, True)
