"""From the database to the rules: which prior authorisation a session goes by."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from patients.models import (
    Coverage,
    PriorAuthorization,
)
from tests.cast import Cast
from tests.patients import made
from tests.treatments.charted import BOTOX, draft, migraine_sites, signed, vials_in_stock
from treatments.actions.sessions import DraftSite, void_session
from treatments.checks import facts_of, findings_of
from treatments.models import InjectionSession, Muscle, TreatmentCourse
from treatments.rules.chosen import permission_for
from treatments.rules.facts import AuthorizationFacts, Finding


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return cast.course()


def charted(cast: Cast, course: TreatmentCourse) -> InjectionSession:
    return draft(cast, course, on=cast.harbour.today(), vials=vials_in_stock(cast))


def found_in(session: InjectionSession, cast: Cast) -> list[Finding]:
    fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
    # How the last cycle went is noted at every repeat (R14), and is not what these tests are about.
    found = findings_of(fresh, by=cast.ito, today=cast.harbour.today())
    return [finding for finding in found if finding.rule != "R14"]


def authorization(cast: Cast, **changes: object) -> PriorAuthorization:
    payer = Coverage.objects.create(patient=cast.joye, payer=made.payer("Aetna"), authorization_required=True)
    today = cast.harbour.today()
    return PriorAuthorization.objects.create(
        **{
            "patient": cast.joye,
            "coverage": payer,
            "number": "PA-1",
            "status": "approved",
            "product": BOTOX,
            "condition": "chronic_migraine",
            "units_approved": 310,
            "visits_approved": 2,
            "starts_on": today - timedelta(days=300),
            "ends_on": today,
            **changes,
        }
    )


def test_what_signed_sessions_used_of_an_authorisation_is_counted(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    allowed = authorization(cast)
    first = signed(cast, course, on=today - timedelta(days=100))
    assert first.authorization == allowed
    session = charted(cast, course)
    assert found_in(session, cast) == []  # 155 U and one visit are left: just enough
    allowed.units_approved = 309
    allowed.save()
    (short,) = found_in(session, cast)
    assert short.key == f"authorization-{course.pk}"
    assert "has 154 U left; this session gives 155 U" in short.words
    # A voided session gives back what it used.
    void_session(session=first, reason="entered in error", by=cast.ito, now=timezone.now())
    assert short.key not in {finding.key for finding in found_in(session, cast)}


def test_each_course_uses_its_own_authorisation(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    jaw = cast.course(condition="tmj_bruxism")
    head = authorization(cast, units_approved=300)
    chin = authorization(cast, number="PA-2", condition="tmj_bruxism", units_approved=30)
    masseter = Muscle.objects.get(key="masseter")
    sites = [*migraine_sites(course), DraftSite(jaw.pk, masseter.pk, "left", Decimal(20))]
    first = signed(cast, course, jaw, on=today - timedelta(days=100), sites=sites)
    assert first.authorization == head
    session = draft(cast, course, jaw, on=today, vials=vials_in_stock(cast), sites=sites)

    def used(**changes: object) -> dict[str, tuple[Decimal, int]]:
        facts = facts_of(InjectionSession.objects.for_chart().get(pk=session.pk), by=cast.ito, today=today)
        return {row.number: (row.units_used, row.visits_used) for row in facts.authorizations}

    assert used() == {"PA-1": (Decimal(155), 1), "PA-2": (Decimal(20), 1)}
    words = {finding.key: finding.words for finding in found_in(session, cast)}
    assert "PA-1 has 145 U left; this session gives 155 U" in words[f"authorization-{course.pk}"]
    assert "PA-2 has 10 U left; this session gives 20 U" in words[f"authorization-{jaw.pk}"]
    for changes in (
        {"starts_on": first.performed_on + timedelta(days=1)},
        {"starts_on": today - timedelta(days=300), "ends_on": first.performed_on - timedelta(days=1)},
        {"ends_on": today, "product": "abobotulinumtoxinA"},
    ):
        PriorAuthorization.objects.filter(pk=chin.pk).update(**changes)
        assert used() == {"PA-1": (Decimal(155), 1), "PA-2": (Decimal(0), 0)}


def test_the_authorisation_of_each_condition_of_a_signed_session() -> None:
    day = date(2026, 11, 20)
    rows = [
        AuthorizationFacts(
            number,
            f"PA-{number}",
            "Aetna",
            "approved",
            BOTOX,
            condition,
            starts_on=day,
            ends_on=day + timedelta(days=number),
        )
        for number, condition in ((1, "arm"), (2, "arm"), (3, "leg"))
    ]

    def named(condition: str, on: date = day, first: int | None = None) -> int | None:
        row = permission_for(rows, product=BOTOX, condition=condition, on=on, first=first)
        return row and row.id

    assert (named("arm"), named("arm", first=2), named("leg"), named("neck")) == (1, 2, 3, None)
    assert (named("arm", day + timedelta(days=2)), named("arm", day - timedelta(days=1))) == (2, None)


def test_the_signed_session_keeps_the_papers_it_went_by(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    allowed = authorization(cast)
    child = course.patient
    session = signed(cast, course, on=today)
    session.refresh_from_db()
    assert session.screening == child.screenings.get(answered_on=today)
    assert session.consent == child.consents.get()
    assert (session.weight, session.authorization) == (None, allowed)
