"""The list of authorisations to ask for, against a slow computation of its own; and the press that asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from inventory.models import Product
from patients.actions import update_authorization
from patients.models import Coverage, Patient, PriorAuthorization
from scheduling.actions.renewals import ask_for_authorization
from scheduling.renewals import STANDINGS, TO_ASK, read_place, renewal_page, renewals
from tests.cast import Cast
from tests.patients import made
from tests.treatments.charted import BOTOX, signed
from treatments.actions.sessions import record_outside_session
from treatments.models import InjectionSession, TreatmentCourse

SignIn = Callable[[User], Client]
XEOMIN = "incobotulinumtoxinA"


def listed(cast: Cast) -> dict[int, tuple[date, date, str, str]]:
    rows: Any = renewals(user=cast.robin, sites=[cast.harbour, cast.mesa], now=timezone.now())
    return {row.pk: (row.next_on, row.submit_by, row.payer_name, row.standing) for row in rows}


def slowly(cast: Cast) -> dict[int, tuple[date, date, str, str]]:
    """The same from plain loops over all rows, session by session: no query expression of the program is used."""
    found = {}
    for course in TreatmentCourse.objects.select_related("patient", "site", "condition"):
        today = course.site.today()
        patient = course.patient
        if course.closed_on or patient.died_on or patient.left_on:
            continue
        ahead = [day for day in course.booked_dates if day >= today and day > (course.last_session_on or date.min)]
        next_on = min(ahead, default=None) or max(
            day for day in (today, course.target_on, course.eligible_on) if day is not None
        )
        paying = [
            row
            for row in Coverage.objects.filter(patient=patient)
            if row.authorization_required and (row.starts_on or date.min) <= next_on <= (row.ends_on or date.max)
        ]
        if not paying:
            continue
        first = min(paying, key=lambda row: (-row.payer.lead_days, row.pk))
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
            next_on - timedelta(days=first.payer.lead_days),
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


def test_the_list_equals_a_slow_computation(cast: Cast) -> None:
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
    found = listed(cast)
    assert found == slowly(cast)
    assert {row[3] for row in found.values()} == set(STANDINGS)
    page = renewal_page(
        renewals(user=cast.robin, sites=[cast.harbour, cast.mesa], now=timezone.now()), standings=STANDINGS, size=500
    )
    assert sum(page.counts.values()) == len(found)
    places = TreatmentCourse.objects.select_related("site").in_bulk(found)
    late = [pk for pk, row in found.items() if row[1] < places[pk].site.today() and row[3] in TO_ASK]
    assert page.overdue == len(late)
    # Page by page it is the same rows in the same order.
    walked: list[int] = []
    after = ""
    while True:
        part = renewal_page(
            renewals(user=cast.robin, sites=[cast.harbour, cast.mesa], now=timezone.now()),
            standings=STANDINGS,
            size=4,
            after=after,
        )
        walked += [row.pk for row in part.rows]
        after = part.after
        if not after:
            break
    assert walked == sorted(found, key=lambda pk: (found[pk][1], pk)) == [row.pk for row in page.rows]


def test_a_session_counts_under_one_authorisation_alone(cast: Cast) -> None:
    """Of two that overlap: the one it was signed with; and where none was kept, the one that ends first."""
    from treatments.authorizations import authorizations_of_patient, held

    today = cast.harbour.today()
    course = cast.course()
    first = made.authorization(cast, starts_on=today - timedelta(days=200), ends_on=today + timedelta(days=100))
    second = made.authorization(cast, number="PA-2", starts_on=today - timedelta(days=200))
    session = signed(cast, course, on=today - timedelta(days=100))

    def used() -> dict[int, tuple[Decimal, int]]:
        row: Any = Patient.objects.annotate(rows=authorizations_of_patient()).get(pk=cast.joye.pk)
        return {one.id: (one.units_used, one.visits_used) for one in held(row.rows, on=today)}

    assert session.authorization == first
    assert used() == {first.pk: (Decimal(155), 1), second.pk: (Decimal(0), 0)}
    # Another one that would end earlier is entered later: what was signed stays where it was.
    third = made.authorization(cast, number="PA-3", starts_on=today - timedelta(days=200), ends_on=today)
    assert used()[third.pk] == (Decimal(0), 0)
    assert used()[first.pk] == (Decimal(155), 1)


def wanting(cast: Cast, *, lead_days: int = 10, product: str = BOTOX) -> TreatmentCourse:
    made.payer("Aetna", lead_days=lead_days)
    made.coverage(cast, paid_by="Aetna", authorization_required=True)
    course = cast.course()
    record_outside_session(
        course=course,
        performed_on=cast.harbour.today() - timedelta(days=60),
        product=Product.objects.get(key=product),
        units=Decimal(155),
        source="letter",
        on=cast.harbour.today(),
        by=cast.ito,
    )
    course.refresh_from_db()
    return course


class TestAsking:
    def test_one_press_and_it_is_asked_for(self, cast: Cast, sign_in: SignIn):
        course = wanting(cast)
        client = sign_in(cast.robin)
        page = client.get(reverse("scheduling:renewal-list"))
        assert page.status_code == 200
        assert "Aetna wants one" in page.content.decode()
        answer = client.post(reverse("scheduling:renewal-ask", args=[course.pk]), {"tab": "ask", "within": "1"})
        assert answer["Location"] == reverse("scheduling:renewal-list") + "?within=1"
        row = PriorAuthorization.objects.get()
        assert (row.status, row.submitted_on, row.product) == ("submitted", cast.harbour.today(), BOTOX)
        assert row.starts_on <= course.target_on <= row.ends_on
        assert listed(cast)[course.pk][3] == "submitted"
        # Pressed again there is one, and the list says so.
        client.post(reverse("scheduling:renewal-ask", args=[course.pk]))
        assert PriorAuthorization.objects.count() == 1

    def test_a_slip_is_taken_back_until_more_is_entered(self, cast: Cast, sign_in: SignIn):
        course, client = wanting(cast), sign_in(cast.robin)
        ask = reverse("scheduling:renewal-ask", args=[course.pk])
        page = client.post(ask, follow=True).content.decode()
        assert "Noted for Koch, Joye: asked for today" in page
        undo = reverse("scheduling:renewal-take-back", args=[PriorAuthorization.objects.get().pk])
        assert undo in page
        assert undo not in client.get(reverse("scheduling:renewal-list")).content.decode(), "said once"
        assert "Taken back for Koch, Joye" in client.post(undo, follow=True).content.decode()
        assert not PriorAuthorization.objects.exists()
        client.post(ask)
        row = PriorAuthorization.objects.get()
        update_authorization(authorization=row, version=1, by=cast.robin, number="PA-7")
        undo = reverse("scheduling:renewal-take-back", args=[row.pk])
        assert "entered more of it" in client.post(undo, follow=True).content.decode()
        assert PriorAuthorization.objects.exists()

    def test_it_begins_where_the_last_one_ends(self, cast: Cast):
        course = wanting(cast)
        last = made.authorization(
            cast, units_approved=620, ends_on=course.target_on - timedelta(days=1), starts_on=date(2026, 3, 1)
        )
        row, is_new = ask_for_authorization(
            course=TreatmentCourse.objects.for_list().get(pk=course.pk),
            coverage=last.coverage,
            next_on=course.target_on,
            on=cast.harbour.today(),
            by=cast.robin,
        )
        assert is_new
        assert (row.units_approved, row.visits_approved) == (620, 4)
        assert row.starts_on == course.target_on
        assert row.ends_on - row.starts_on == last.ends_on - last.starts_on

    def test_without_a_known_product_the_form_is_opened(self, cast: Cast, sign_in: SignIn):
        made.coverage(cast, authorization_required=True)
        course = cast.course()
        answer = sign_in(cast.robin).post(reverse("scheduling:renewal-ask", args=[course.pk]))
        assert answer["Location"] == reverse("clinic:authorization-create", args=[cast.joye.pk])
        assert not PriorAuthorization.objects.exists()

    def test_a_booked_visit_is_the_next_session(self, cast: Cast):
        course = wanting(cast)
        day = course.target_on + timedelta(days=9)
        TreatmentCourse.objects.filter(pk=course.pk).update(booked_dates=[day], booked_until=day)
        assert listed(cast)[course.pk][:2] == (day, day - timedelta(days=10))


@pytest.mark.parametrize("text", ["", "x", "20261399-1", "20261201", "2026-12-01-1", "20261201-1x", "20261201-"])
def test_no_place(text: str) -> None:
    assert read_place(text) is None


def test_a_place() -> None:
    assert read_place("20261201-12") == (date(2026, 12, 1), 12)


def test_the_cost_does_not_grow(cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any) -> None:
    wanting(cast)
    client = sign_in(cast.robin)
    url = reverse("scheduling:renewal-list")
    client.get(url)
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    for number in range(12):
        patient = Patient.objects.create(
            given_name=f"P{number}", family_name="Row", birth_date=date(1980, 1, 1), sex="F", site=cast.harbour
        )
        cast.course(patient)
        made.coverage(cast, patient=patient, paid_by=f"Payer {number}", authorization_required=True)
    with django_assert_max_num_queries(len(few)):
        page = client.get(url)
    assert len(page.context["page"].rows) == 13
