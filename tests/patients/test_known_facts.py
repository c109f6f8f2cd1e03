from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from patients.known import known_facts
from patients.models import (
    Allergy,
    Consent,
    ConsentForm,
    Coverage,
    HistoryItem,
    Medication,
    Patient,
    PriorAuthorization,
    Screening,
    TriedTreatment,
    Weight,
)
from tests.cast import Cast
from tests.patients.made import payer

DAY = date(2026, 11, 21)


def fill(patient: Patient, cast: Cast) -> dict[str, Any]:
    form, _ = ConsentForm.objects.get_or_create(
        key="wide", version=3, defaults={"title": "Wide", "text": "x", "covers_off_label": True}
    )
    made: dict[str, Any] = {}
    made["allergy"] = Allergy.objects.create(patient=patient, substance="albumin", name="", reaction="rash")
    made["medication"] = Medication.objects.create(
        patient=patient, drug_class="anticoagulant", name="warfarin", started_on=date(2024, 5, 6)
    )
    made["history"] = HistoryItem.objects.create(patient=patient, kind="bleeding", note="von Willebrand")
    made["tried"] = TriedTreatment.objects.create(
        patient=patient, kind="beta_blocker", name="propranolol", dose="80 mg", stopped="no_effect", note="12 weeks"
    )
    for day in (DAY, DAY - timedelta(days=90)):
        made.setdefault(
            "screening",
            Screening.objects.create(
                patient=patient,
                answered_on=day,
                questionnaire="2026-11",
                answers={"cardiac": {"answer": "yes", "note": "AF"}},
                recorded_by=cast.ito,
            ),
        )
    made["consent"] = Consent.objects.create(
        patient=patient,
        form=form,
        conditions=["chronic_migraine", "tmd"],
        signed_on=DAY,
        expires_on=DAY + timedelta(days=365),
        signer_name="Joye Koch",
        signature="M 1 1 L 9 9",
        witness=cast.robin,
    )
    made["weight"] = Weight.objects.create(patient=patient, kg=Decimal("23.4"), measured_on=DAY)
    made["coverage"] = Coverage.objects.create(patient=patient, payer=payer(), member_id="N1")
    made["authorization"] = PriorAuthorization.objects.create(
        patient=patient,
        coverage=made["coverage"],
        number="A-1",
        status="approved",
        product="onabotulinumtoxinA",
        condition="chronic_migraine",
        units_approved=800,
        visits_approved=4,
        starts_on=DAY,
        ends_on=DAY + timedelta(days=180),
    )
    return made


def test_everything_known_comes_in_one_query(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries):
    made = fill(cast.joye, cast)
    fill(cast.omar, cast)
    with django_assert_num_queries(1):
        known = known_facts(patient_id=cast.joye.pk)

    assert [(row.substance, row.reaction, row.ended_on) for row in known.allergies] == [("albumin", "rash", None)]
    assert [(row.name, row.started_on) for row in known.medications] == [("warfarin", date(2024, 5, 6))]
    assert [(row.kind, row.note) for row in known.history_items] == [("bleeding", "von Willebrand")]
    [tried] = known.tried_treatments
    assert (tried.id, tried.kind, tried.dose, tried.stopped) == (made["tried"].pk, "beta_blocker", "80 mg", "no_effect")
    assert known.screening is not None
    assert known.screening.id == made["screening"].pk
    assert known.screening.answered_on == DAY
    assert known.screening.answers == {"cardiac": {"answer": "yes", "note": "AF"}}
    [consent] = known.consents
    assert (consent.id, consent.title, consent.form_version) == (made["consent"].pk, "Wide", 3)
    assert consent.covers_off_label
    assert consent.conditions == ("chronic_migraine", "tmd")
    assert consent.expires_on == DAY + timedelta(days=365)
    [weight] = known.weights
    assert (weight.id, weight.kg, weight.measured_on) == (made["weight"].pk, Decimal("23.4"), DAY)
    [coverage] = known.coverages
    assert (coverage.id, coverage.payer, coverage.starts_on) == (made["coverage"].pk, "Northfield Health", None)
    [authorization] = known.authorizations
    assert (authorization.id, authorization.coverage_id) == (made["authorization"].pk, made["coverage"].pk)
    assert (authorization.payer, authorization.units_approved, authorization.visits_approved) == (
        "Northfield Health",
        800,
        4,
    )
    assert authorization.ends_on == DAY + timedelta(days=180)


def test_of_a_patient_of_whom_nothing_is_known(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries):
    with django_assert_num_queries(1):
        known = known_facts(patient_id=cast.joye.pk)
    assert known.screening is None
    assert (known.allergies, known.consents, known.weights, known.authorizations) == ((), (), (), ())


@pytest.mark.parametrize("order", [[DAY, DAY], [DAY - timedelta(days=1), DAY], [DAY, DAY - timedelta(days=1)]])
def test_of_two_screenings_the_latest_day_counts_and_then_the_latest_written(cast: Cast, order: list[date]):
    rows = [
        Screening.objects.create(patient=cast.joye, answered_on=day, questionnaire="1", recorded_by=cast.ito)
        for day in order
    ]
    expected = max(rows, key=lambda row: (row.answered_on, row.pk))
    screening = known_facts(patient_id=cast.joye.pk).screening
    assert screening is not None
    assert screening.id == expected.pk


def test_the_screening_of_a_day_is_found_behind_later_ones(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
):
    days = [DAY - timedelta(days=5), DAY, DAY, DAY + timedelta(days=3)]
    rows = [
        Screening.objects.create(patient=cast.joye, answered_on=day, questionnaire="1", recorded_by=cast.ito)
        for day in days
    ]

    def found(on: date | None) -> int | None:
        with django_assert_num_queries(1):
            screening = known_facts(patient_id=cast.joye.pk, on=on).screening
        return screening and screening.id

    assert found(DAY) == rows[2].pk
    assert found(days[0]) == rows[0].pk
    assert found(DAY + timedelta(days=1)) == found(None) == rows[3].pk
