"""The documents of a course that is treated for long, each printed once and read back page by page."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from patients.models import Medication, TriedTreatment
from tests.cast import Cast, make_cast
from tests.clinic.test_paper import DOCUMENTS, SignIn, printed
from tests.outcomes.cycles import score
from tests.treatments.charted import signed
from tests.treatments.test_evaluation_actions import written
from treatments.actions.sessions import DraftSite
from treatments.models import FollowUp, InjectionSession, Muscle


@pytest.fixture(scope="module")
def long_treated(kept_for_module: None) -> tuple[Cast, InjectionSession]:
    """Three sessions of a migraine, scored and followed up; the last is the one printed."""
    cast = make_cast()
    course = cast.course()
    today = cast.harbour.today()
    course.diagnosis = course.condition.diagnosis_codes.first()
    course.save()
    for day, value in ((400, 20), (205, 9), (110, 7)):
        score(course, "headache_days", value, today - timedelta(days=day), cast.ito)
    written(cast, course, evaluated_on=today - timedelta(days=399))
    Medication.objects.create(patient=cast.joye, drug_class="anticoagulant", name="warfarin")
    TriedTreatment.objects.create(patient=cast.joye, kind="beta_blocker", name="Propranolol", stopped="no_effect")
    for place in (3, 2):
        before = signed(cast, course, on=today - timedelta(days=100 * place))
        FollowUp.objects.filter(session=before).update(
            status="done",
            done_on=before.performed_on + timedelta(days=14),
            done_by=cast.ito,
            adverse_event=True,
            adverse_event_text="stiff neck",
        )
    return cast, signed(cast, course, on=today - timedelta(days=100), notes="A long note. " * 200)


@pytest.fixture(scope="module")
def documents(long_treated: tuple[Cast, InjectionSession]) -> dict[str, list[str]]:
    """The words of each page of each document."""
    cast, session = long_treated
    client = Client()
    client.force_login(cast.ito, backend="accounts.backends.StaffBackend")
    return {name: printed(client, name, session) for name in DOCUMENTS}


@pytest.fixture
def cast(long_treated: tuple[Cast, InjectionSession], db: None) -> Cast:
    return deepcopy(long_treated[0])


@pytest.fixture
def session(long_treated: tuple[Cast, InjectionSession], db: None) -> InjectionSession:
    return InjectionSession.objects.get(pk=long_treated[1].pk)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_page_says_whose_it_is_and_of_which_day(
    cast: Cast, session: InjectionSession, documents: dict[str, list[str]], name: str
) -> None:
    found = documents[name]
    assert len(found) >= (2 if name.endswith("visit") else 3)
    for number, page in enumerate(found, start=1):
        assert "Koch, Joye" in page
        assert "Born 25 Aug 1982" in page
        assert f"Record {cast.joye.record_number}" in page
        assert f"Date of service {session.performed_on:%-d %b %Y}" in page
        assert "Harbour Clinic" in page
        assert f"Page {number} of {len(found)}" in page


def test_the_note_says_what_was_done(session: InjectionSession, documents: dict[str, list[str]]) -> None:
    note = " ".join(documents["clinic:session-note"])
    for words in (
        "Procedure note",
        session.courses.get().diagnosis.code,
        "BOTOX (onabotulinumtoxinA)",
        "200 U in 4 mL: 5 U per 0.1 mL",
        "155 U in 31 sites, 3.1 mL",
        "Temporalis Right 4 4 × 5 20",
        "00023-3921-02 C1234 31 Jan 2040",
        "200 U 155 U 45 U",
        "Head, front",
        "Neck and shoulders, back",
        "Against the last session",
        "The same sites and units.",
        "Dr Kenji Ito, MD, licence L12345: author",
        "Reason to go on: seen and accepted",
        "Window opens",
    ):
        assert words in note, words
    assert "DRAFT" not in note
    assert "VOIDED" not in note


def test_the_packet_holds_everything_and_says_what_is_missing(documents: dict[str, list[str]]) -> None:
    found = documents["clinic:session-packet"]
    packet = " ".join(found)
    assert re.search(r"Record \d+ of \d+ items a payer asks for are on file; \d+ missing", found[0])
    for words in (
        "Two preventives failed.",
        "Propranolol",
        "Headache days per 28 days 20",
        "7 (−13 days, −65 % from baseline)",
        "9 (−11 days, −55 % from baseline)",
        "Side effect: stiff neck.",
        "J0585 – 155",
        "J0585 JW 45",
        "Aftercare explained MISSING",
        "Consent yes Signed",
        "Allergy to cow's milk protein no",
        "NPI 1234567893",
        "How signing works",
    ):
        assert words in packet, words
    # The contents lead to the page where each part begins.
    numbers = [int(number) for number in re.findall(r"\d+", found[0])[:10]]
    headings = ["What is asked for", "Order, diagnosis", "Treatments tried", "Response to", "155 U in 31 sites"]
    for number, heading in zip(numbers, headings, strict=False):
        assert heading in found[number - 1], heading
    assert "Signatures Document" in found[numbers[-1] - 1]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_cost_is_the_same_for_any_number_of_sites(
    cast: Cast, sign_in: SignIn, session: InjectionSession, name: str, django_assert_max_num_queries: Any
) -> None:
    course = session.courses.get()
    one = [DraftSite(course.pk, Muscle.objects.get(key="frontalis").pk, "left", Decimal(5))]
    small = signed(cast, course, on=cast.harbour.today(), sites=one)
    client = sign_in(cast.ito)
    client.get(reverse(name, args=[small.pk]))
    with django_assert_max_num_queries(15) as few:
        client.get(reverse(name, args=[small.pk]))
    with django_assert_max_num_queries(len(few)):
        client.get(reverse(name, args=[session.pk]))
