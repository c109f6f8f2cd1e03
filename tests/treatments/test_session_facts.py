"""From the database to the rules and to the pick lists: that the few wide queries bring the right rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.models import Product
from patients.models import Allergy, HistoryItem, Medication
from tests.cast import Cast
from tests.treatments.charted import BOTOX, draft, signed, vials_in_stock
from treatments.checks import findings_of
from treatments.models import InjectionSession, Muscle, TreatmentCourse
from treatments.rules.facts import Finding
from treatments.views.picks import read_picks


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return cast.course()


def charted(cast: Cast, course: TreatmentCourse) -> InjectionSession:
    return draft(cast, course, on=cast.harbour.today(), vials=vials_in_stock(cast))


def found_in(session: InjectionSession, cast: Cast) -> list[Finding]:
    fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
    return findings_of(fresh, by=cast.ito, today=cast.harbour.today())


def test_what_is_known_of_the_patient_is_found(cast: Cast, course: TreatmentCourse) -> None:
    yesterday = cast.harbour.today() - timedelta(days=1)
    Allergy.objects.create(patient=cast.joye, substance="albumin", reaction="rash")
    Allergy.objects.create(patient=cast.joye, substance="latex", ended_on=yesterday)
    Medication.objects.create(patient=cast.joye, drug_class="anticoagulant", name="apixaban", started_on=yesterday)
    Medication.objects.create(patient=cast.joye, drug_class="aminoglycoside", name="tobramycin", ended_on=yesterday)
    HistoryItem.objects.create(patient=cast.joye, kind="cardiac", note="infarction 2019")
    Allergy.objects.create(patient=cast.omar, substance="botulinum_toxin")
    session = charted(cast, course)
    found = {finding.key: finding.words for finding in found_in(session, cast)}
    assert set(found) == {"albumin", "alert-anticoagulant", "alert-cardiac"}
    assert "(apixaban)" in found["alert-anticoagulant"]
    assert "(infarction 2019)" in found["alert-cardiac"]


def test_a_label_maximum_and_an_unlisted_use_are_found(cast: Cast, course: TreatmentCourse) -> None:
    product = Product.objects.get(key=BOTOX)
    session = charted(cast, course)
    assert found_in(session, cast) == []
    product.label_maxima.create(indications=["chronic_migraine"], units=150, confidence="A", words="w", source="s")
    product.label_maxima.create(indications=["tmj_bruxism"], units=1, confidence="A", words="w", source="s")
    course.condition.on_label_products.remove(product)
    assert [(finding.key, finding.severity.value) for finding in found_in(session, cast)] == [
        ("maximum-0-chronic_migraine", "stop"),
        (f"off-label-{course.pk}", "note"),
    ]


def test_the_window_that_counts_is_the_last_one_before_the_session(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    for days in (200, 60):
        signed(cast, course, on=today - timedelta(days=days))
    session = charted(cast, course)
    key = f"interval-{course.pk}"
    (early,) = [finding for finding in found_in(session, cast) if finding.key == key]
    window = course.windows.get(last_session_on=today - timedelta(days=60))
    assert f"{window.eligible_on.day} {window.eligible_on:%b %Y}" in early.words
    course.windows.filter(pk=window.pk).update(voided=True)
    assert key not in {finding.key for finding in found_in(session, cast)}


def test_the_pick_lists_are_the_reference_data(course: TreatmentCourse) -> None:
    migraine = course.condition
    picks = read_picks(conditions=[migraine.pk])
    muscles = Muscle.objects.prefetch_related("conditions")
    assert [(key, muscle.pk, muscle.name, muscle.is_midline) for key, muscle in picks.muscles.items()] == [
        (muscle.key, muscle.pk, muscle.name, muscle.is_midline) for muscle in muscles
    ]
    assert {key: muscle.treated_in for key, muscle in picks.muscles.items()} == {
        muscle.key: {condition.pk for condition in muscle.conditions.all()} for muscle in muscles
    }
    assert [(p, [(d.vial_units, d.diluent_ml) for d in p.dilution_picks]) for p in picks.products] == [
        (product, [(dilution.vial_units, dilution.diluent_ml) for dilution in product.dilutions.all()])
        for product in Product.objects.all()
    ]
    protocols = migraine.protocols.filter(is_current=True).order_by("name")
    assert [
        (p, p.product_id, [(s.muscle, s.side, s.units, s.units_max, s.view, s.x, s.y) for s in p.site_list])
        for p in picks.protocols
    ] == [
        (
            protocol,
            protocol.product_id,
            [(s.muscle, s.side, s.units, s.units_max, s.view, s.x, s.y) for s in protocol.sites.all()],
        )
        for protocol in protocols
    ]
    assert picks.protocols
