"""Authorisations to ask for: a clinic that has some of each, and a slow computation of which they are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Product
from patients.models import Coverage, Patient, PriorAuthorization
from scheduling.ready import ready_lights
from scheduling.renewals import renewals
from tests.cast import Cast
from tests.patients import made
from tests.treatments.charted import BOTOX, signed
from treatments.actions.sessions import record_outside_session
from treatments.models import InjectionSession, TreatmentCourse

XEOMIN = "incobotulinumtoxinA"


def listed(cast: Cast, *, now: datetime | None = None) -> dict[int, tuple[date, date, str, str]]:
    rows: Any = renewals(user=cast.robin, sites=[cast.harbour, cast.mesa], now=now or timezone.now())
    return {row.pk: (row.next_on, row.ask_by, row.payer_name, row.standing) for row in rows}


def slowly(cast: Cast, *, now: datetime | None = None) -> dict[int, tuple[date, date, str, str]]:
    """The same from plain loops over all rows, session by session: no query expression of the program is used."""
    found = {}
    for course in TreatmentCourse.objects.select_related("patient", "site", "condition"):
        today = course.site.today(now=now or timezone.now())
        patient = course.patient
        if course.closed_on or patient.died_on or (patient.left_on and patient.left_on <= today):
            continue
        ahead = [day for day in course.booked_dates if day >= today and day > (course.last_session_on or date.min)]
        next_on = min(ahead, default=None) or max(
            day for day in (today, course.target_on, course.eligible_on) if day is not None
        )
        # What is late is late since the planned day, not since today.
        booked = [day for day in course.booked_dates if day > (course.last_session_on or date.min)]
        planned = min(booked, default=None) or max(
            (day for day in (course.target_on, course.eligible_on) if day is not None), default=None
        )
        paying = [
            row
            for row in Coverage.objects.filter(patient=patient)
            if row.authorization_required and (row.starts_on or date.min) <= next_on <= (row.ends_on or date.max)
        ]
        if not paying:
            continue
        first = min(paying, key=lambda row: (-row.payer.lead_days, row.pk))
        wanting = [row for row in Coverage.objects.filter(patient=patient) if row.authorization_required]
        then = [row for row in wanting if planned and (row.starts_on or planned) <= planned <= (row.ends_on or planned)]
        lead = max(row.payer.lead_days for row in then or wanting)
        given = sorted(
            course.sessions.filter(status__in=["signed", "recorded"], is_touch_up=False),
            key=lambda row: (row.performed_on, row.pk),
        )
        last = given[-1] if given else None
        mine = list(PriorAuthorization.objects.filter(patient=patient, condition=course.condition.key))
        if any(covers(row, mine, course, last, next_on) for row in mine):
            continue
        waiting = [row for row in mine if row.ends_on >= next_on and row.status in ("submitted", "appeal", "denied")]
        order = ["submitted", "appeal", "denied"]
        standing = min((row.status for row in waiting), key=order.index, default="none")
        found[course.pk] = (
            next_on,
            planned - timedelta(days=lead) if planned else course.started_on,
            first.payer.name,
            standing,
        )
    return found


def covers(
    row: PriorAuthorization,
    mine: list[PriorAuthorization],
    course: TreatmentCourse,
    last: InjectionSession | None,
    next_on: date,
) -> bool:
    if row.status != "approved" or not row.starts_on <= next_on <= row.ends_on:
        return False
    if last is not None and last.product is not None and last.product.key != row.product:
        return False
    used, visits = Decimal(0), 0
    for session in InjectionSession.objects.filter(patient=course.patient_id, status="signed"):
        units = sum((one.units for one in session.injections.filter(course__condition=course.condition)), Decimal(0))
        if not units or session.product.key != row.product:
            continue
        if goes_by(session, [one for one in mine if one.product == row.product]) == row:
            used, visits = used + units, visits + 1
    needs = Decimal(0)
    if last is not None:
        needs = sum((one.units for one in last.injections.filter(course=course)), Decimal(0)) or last.outside_units or 0
    if row.visits_approved is not None and visits >= row.visits_approved:
        return False
    return row.units_approved is None or (used < row.units_approved and used + needs <= row.units_approved)


def goes_by(session: InjectionSession, rows: list[PriorAuthorization]) -> PriorAuthorization | None:
    """The one authorisation a session counts under."""
    if session.authorization in rows:
        return session.authorization
    fitting = [row for row in rows if row.starts_on <= session.performed_on <= row.ends_on]
    return min(fitting, key=lambda row: (row.status != "approved", row.ends_on, row.pk), default=None)


def clinic(cast: Cast) -> None:
    """Sixty-three patients with whatever coverages, authorisations and sessions come up."""
    rng, today = Random(7), cast.harbour.today()
    for name, lead in (("Aetna", 0), ("Blue", 14), ("Cedar", 45)):
        made.payer(name, lead_days=lead)
    for number in range(60):
        patient = Patient.objects.create(
            given_name=f"P{number}",
            family_name="Row",
            birth_date=date(1980, 1, 1),
            sex="F",
            site=rng.choice([cast.harbour, cast.mesa]),
            left_on=today if number == 7 else None,
        )
        course = cast.course(patient, rng.choice(["chronic_migraine", "cervical_dystonia"]))
        if rng.random() < 0.7:
            record_outside_session(
                course=course,
                performed_on=today - timedelta(days=rng.randrange(1, 400)),
                product=Product.objects.get(key=rng.choice([BOTOX, BOTOX, XEOMIN])),
                units=Decimal(155),
                source="letter",
                on=today,
                by=cast.ito,
            )
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            made.coverage(
                cast,
                patient=patient,
                paid_by=rng.choice(["Aetna", "Blue", "Cedar"]),
                authorization_required=rng.random() < 0.8,
                starts_on=rng.choice([None, today, today + timedelta(days=40)]),
                ends_on=rng.choice([None, None, today + timedelta(days=50)]),
            )
        paid = Coverage.objects.filter(patient=patient).first()
        for place in range(rng.choice([0, 1, 1, 2]) if paid else 0):
            starts = today - timedelta(days=rng.randrange(-60, 200))
            made.authorization(
                cast,
                patient=patient,
                coverage=paid,
                number=f"PA-{number}-{place}",
                status=rng.choice(["approved", "approved", "approved", "submitted", "denied", "appeal"]),
                product=rng.choice([BOTOX, BOTOX, XEOMIN]),
                condition=rng.choice([course.condition.key] * 3 + ["tmj_bruxism"]),
                units_approved=rng.choice([None, 100, 155, 400]),
                visits_approved=rng.choice([None, 1, 1, 4]),
                starts_on=starts,
                ends_on=starts + timedelta(days=rng.randrange(30, 400)),
            )
    # Three with sessions signed here, whose units and visits are used up or just not, under two that overlap.
    for number, (units, visits) in enumerate([(310, 2), (309, 2), (800, 1)]):
        patient = Patient.objects.create(
            given_name=f"S{number}", family_name="Row", birth_date=date(1980, 1, 1), sex="F", site=cast.harbour
        )
        course = cast.course(patient)
        paid = made.coverage(cast, patient=patient, paid_by="Blue", authorization_required=True)
        values = {
            "patient": patient,
            "coverage": paid,
            "starts_on": today - timedelta(days=200),
            "units_approved": units,
            "visits_approved": visits,
        }
        made.authorization(cast, number=f"S-{number}", **values)
        signed(cast, course, on=today - timedelta(days=100))
        made.authorization(cast, number=f"T-{number}", **values | {"units_approved": 1})


def wanting(cast: Cast, *, lead_days: int = 10, product: str = BOTOX, on: date | None = None) -> TreatmentCourse:
    made.payer("Aetna", lead_days=lead_days)
    made.coverage(cast, paid_by="Aetna", authorization_required=True)
    course = cast.course()
    record_outside_session(
        course=course,
        performed_on=on or cast.harbour.today() - timedelta(days=60),
        product=Product.objects.get(key=product),
        units=Decimal(155),
        source="letter",
        on=cast.harbour.today(),
        by=cast.ito,
    )
    course.refresh_from_db()
    return course


@pytest.mark.parametrize("days", [60, 300])
def test_the_lights_say_the_day_of_the_list(cast: Cast, days: int):
    """Also where the planned day is long past: it is late since its day on both."""
    course, today = wanting(cast, on=cast.harbour.today() - timedelta(days=days)), cast.harbour.today()
    row = renewals(user=cast.robin, sites=[cast.harbour], now=timezone.now()).get()
    light = next(one for one in ready_lights([course], on=today)[course.pk] if one.key == "authorization")
    asked = "ask by" if days == 60 else "should have been asked for by"
    assert light.words == f"Aetna wants one; {asked} {row.ask_by:%-d %b %Y}"
