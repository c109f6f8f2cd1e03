"""What stands at the head of a page about a patient, for each who may open it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from patients.known import KnownFacts, known_facts
from patients.models import Allergy, HistoryItem, Medication, Patient
from tests.cast import Cast

TODAY = date(2026, 11, 20)


@pytest.fixture
def joye(cast: Cast) -> Patient:
    Allergy.objects.create(patient=cast.joye, substance="albumin", reaction="hives")
    Medication.objects.create(patient=cast.joye, drug_class="muscle_relaxant", name="baclofen")
    Medication.objects.create(patient=cast.joye, drug_class="anticoagulant", name="warfarin", ended_on=TODAY)
    HistoryItem.objects.create(patient=cast.joye, kind="neuromuscular")
    return Patient.objects.select_related("site").with_facts().get(pk=cast.joye.pk)


def draw(source: str, patient: Patient, user: User) -> str:
    return draw_with(known_facts(patient_id=patient.pk), source, patient, user)


def draw_with(known: KnownFacts, source: str, patient: Patient, user: User) -> str:
    from django.contrib.auth.context_processors import PermWrapper

    request = RequestFactory().get("/")
    request.user = user
    context = Context(
        {"patient": patient, "known": known, "today": TODAY, "request": request, "perms": PermWrapper(user)}
    )
    return Template("{% load patients %}" + source).render(context)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def test_the_banner_names_the_patient_and_what_must_be_seen(cast: Cast, joye: Patient):
    html = draw("{% patient_banner patient today %}", joye, cast.ito)
    assert words(html).startswith(f"Joye Koch F 44 MRN {joye.record_number}")
    assert "<h1>Joye Koch</h1>" in html
    for tag in ("allergy: albumin", "muscle relaxant", "neuromuscular disorder"):
        assert tag in words(html)
    assert "anticoagulant" not in html


def test_the_front_desk_sees_only_what_affects_booking(cast: Cast, joye: Patient):
    for source in ("{% patient_banner patient today %}", "{% include 'patients/_facts.html' %}"):
        html = draw(source, joye, cast.robin)
        assert "albumin" in html
        assert "relaxant" not in html
        assert "neuromuscular" not in html.lower()


def test_under_a_heading_of_its_own_the_banner_is_a_line(cast: Cast, joye: Patient):
    html = draw("{% patient_banner patient today heading=False %}", joye, cast.ito)
    assert "<h1" not in html
    assert f"/patients/{joye.pk}/" in html


def test_the_dead_are_as_old_as_they_became(cast: Cast, joye: Patient):
    joye.died_on = date(2020, 1, 1)
    said = words(draw("{% patient_banner patient today %}", joye, cast.ito))
    assert "F 37" in said
    assert "died 1 Jan 2020" in said


def test_who_left_is_marked(cast: Cast, joye: Patient):
    joye.left_on = date(2020, 1, 1)
    assert "left 1 Jan 2020" in words(draw("{% patient_banner patient today %}", joye, cast.ito))


def test_facts_tell_those_that_hold_from_those_that_ended(cast: Cast, joye: Patient):
    said = words(draw("{% include 'patients/_facts.html' %}", joye, cast.ito))
    current, past = said.split("No longer current")
    assert "baclofen" in current
    assert "warfarin" in past
    assert "warfarin" not in current


def test_who_may_only_read_is_offered_no_change(cast: Cast, joye: Patient):
    for_provider: Any = draw("{% include 'patients/_facts.html' %}", joye, cast.ito)
    for_administrator = draw("{% include 'patients/_facts.html' %}", joye, cast.ada)
    assert "/allergies/" in for_provider
    assert "/allergies/" not in for_administrator
    assert "hives" in for_administrator


def test_what_a_patient_wrote_is_no_markup(cast: Cast, joye: Patient):
    joye.family_name = "<script>x</script>"
    Allergy.objects.create(patient=joye, substance="other", name='"><b>x', reaction="<i>")
    html = draw(
        "{% patient_banner patient today %}{% include 'patients/_facts.html' %}",
        Patient.objects.select_related("site").with_facts().get(pk=joye.pk),
        cast.ito,
    )
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_with_facts_nothing_more_is_asked(cast: Cast, joye: Patient, django_assert_num_queries: DjangoAssertNumQueries):
    known = known_facts(patient_id=joye.pk)
    with django_assert_num_queries(0):
        draw_with(known, "{% patient_banner patient today %}{% include 'patients/_facts.html' %}", joye, cast.ito)
