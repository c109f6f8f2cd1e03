"""The facts for FDA form 3500 about one adverse event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from clinic.paper.medwatch import medwatch_sheet, without_names
from inventory.models import VialSize
from patients.models import Allergy, Medication, Patient, Weight
from tests.cast import Cast
from tests.clinic.test_paper import printed
from tests.treatments.charted import signed
from treatments.models import AdverseEvent, InjectionSession

SignIn = Callable[[User], Client]


@pytest.fixture
def event(cast: Cast) -> AdverseEvent:
    day = cast.harbour.today() - timedelta(days=10)
    VialSize.objects.filter(product__key="onabotulinumtoxinA", units=200).update(ndc11="00023-3921-02")
    session = signed(cast, cast.course(), on=day)
    Medication.objects.create(
        patient=cast.joye, drug_class="anticoagulant", name="warfarin", dose="5 mg", started_on=date(2026, 1, 5)
    )
    Medication.objects.create(
        patient=cast.joye, drug_class="other", name="long past", started_on=date(2020, 1, 5), ended_on=date(2021, 1, 5)
    )
    Allergy.objects.create(patient=cast.joye, substance="latex", reaction="rash")
    Weight.objects.create(patient=cast.joye, kg=61, measured_on=day)
    return AdverseEvent.objects.create(
        session=session,
        term="dysphagia",
        words="Joye Koch could not swallow",
        onset_on=day + timedelta(days=3),
        serious=True,
        criteria=["hospital"],
        reported_by=cast.ito,
    )


def test_it_says_what_is_on_file_and_what_is_not(cast: Cast, sign_in: SignIn, event: AdverseEvent):
    sheet = " ".join(printed(sign_in(cast.ito), "clinic:event-medwatch", event))
    for fact in (
        f"JK-{event.pk}",
        "J. K. could not swallow",
        "☒ Hospital stay",
        "☐ Death",
        "61.0 kg",
        "BOTOX",
        "00023-3921-02",
        "C1234",
        "31 Jan 2040",
        "155 U in one session",
        "Chronic migraine",
        "warfarin",
        "Latex",
        "3 days after the injection",
        "Dr Kenji Ito",
        "Tests, laboratory not on file",
    ):
        assert fact in sheet, fact
    for word in ("Koch", "Joye", cast.joye.record_number, "long past", "25 Aug 1982"):
        assert word not in sheet, word


def test_printing_it_is_kept_as_a_disclosure(cast: Cast, sign_in: SignIn, event: AdverseEvent):
    printed(sign_in(cast.ada), "clinic:event-medwatch", event)
    kept = AuditEvent.objects.get(action="disclosure")
    assert (kept.actor_id, kept.patient_id, kept.subject_id) == (cast.ada.pk, cast.joye.pk, event.pk)
    assert not AuditEvent.objects.filter(action="print").exists()


def test_of_an_outside_session_little_is_known(cast: Cast, event: AdverseEvent):
    outside = InjectionSession.objects.create(
        patient=cast.joye, site=cast.harbour, performed_on=date(2026, 1, 5), status="recorded", is_outside=True,
        product=event.session.product, outside_units=100, outside_source="letter", outside_lot="X9",
    )  # fmt: skip
    outside.refresh_from_db()
    told = AdverseEvent(pk=1, session=outside, term="ptosis", words="lid", onset_on=date(2026, 1, 9))
    sheet = medwatch_sheet(told, by=cast.ada)
    (vial,) = sheet["vials"]
    assert (vial.lot, vial.ndc, vial.expires, sheet["dose"]) == ("X9", "not on file", "not on file", "100 U")
    assert (sheet["seriousness"], sheet["occupation"], sheet["weight"]) == ("not judged yet", "not on file", None)
    assert sheet["rechallenge"].startswith("given again on")


def test_names_become_initials():
    ana = Patient(given_name="Ana", family_name="García", former_name="Ruiz")
    assert without_names("ANA García, once Ruiz; banana", ana) == "A. G., once R.; banana"
