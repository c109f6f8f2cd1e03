"""The list of authorisations to ask for, against a slow computation of its own; and the press that asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
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
from patients.models import Coverage, Patient, Payer, PriorAuthorization
from scheduling.actions.renewals import ask_for_authorization
from scheduling.models import Appointment
from scheduling.ready import ready_lights
from scheduling.renewals import STANDINGS, TO_ASK, read_place, renewal_counts, renewal_page, renewals
from tests.cast import Cast
from tests.patients import made
from tests.scheduling.made import booked, moment
from tests.treatments.charted import BOTOX, signed
from treatments.actions.sessions import record_outside_session, void_session
from treatments.models import InjectionSession, TreatmentCourse

SignIn = Callable[[User], Client]
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


def test_the_list_equals_a_slow_computation(cast: Cast) -> None:
    clinic(cast)
    found = listed(cast)
    assert found == slowly(cast)
    assert {row[3] for row in found.values()} == set(STANDINGS)
    courses = renewals(user=cast.robin, sites=[cast.harbour, cast.mesa], now=timezone.now())
    page = renewal_page(courses, standings=STANDINGS, size=500)
    counts = renewal_counts(courses)
    assert counts["all"].number == len(found)
    assert counts["ask"].number == len([row for row in found.values() if row[3] in TO_ASK])
    assert counts["asked"].number == len([row for row in found.values() if row[3] not in TO_ASK])
    places = TreatmentCourse.objects.select_related("site").in_bulk(found)
    late = [pk for pk, row in found.items() if row[1] < places[pk].site.today() and row[3] in TO_ASK]
    assert counts["overdue"].number == len(late)
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


class Changes:
    """Whatever moves a day to ask by, one at random, through the rows themselves."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.rng, self.today, self.booked = cast, Random(3), cast.harbour.today(), 0

    def one(self) -> str:
        name = self.rng.choice([name for name in dir(self) if name.startswith("change_")])
        getattr(self, name)()
        return name

    def some(self, rows: Any) -> Any:
        found = list(rows.order_by("pk"))
        return self.rng.choice(found) if found else None

    def day(self, first: int, last: int) -> date:
        return self.today + timedelta(days=self.rng.randrange(first, last))

    def change_lead_time(self) -> None:
        row = self.some(Payer.objects.all())
        row.lead_days = self.rng.choice([0, 3, 14, 60])
        row.save()

    def change_coverage(self) -> None:
        row = self.some(Coverage.objects.all())
        row.authorization_required = self.rng.random() < 0.7
        row.ends_on = self.rng.choice([None, self.day(50, 200)])
        row.save()

    def change_coverage_is_gone(self) -> None:
        if row := self.some(Coverage.objects.filter(authorizations=None)):
            row.delete()

    def change_another_coverage(self) -> None:
        made.coverage(self.cast, patient=self.some(Patient.objects.all()), paid_by="Cedar", authorization_required=True)

    def change_authorisation(self) -> None:
        row = self.some(PriorAuthorization.objects.all())
        row.status = self.rng.choice(["approved", "approved", "denied", "appeal"])
        row.units_approved = self.rng.choice([None, 100, 155, 1000])
        row.visits_approved = self.rng.choice([None, 1, 5])
        row.ends_on = row.starts_on + timedelta(days=self.rng.randrange(30, 400))
        row.save()

    def change_authorisation_is_gone(self) -> None:
        if row := self.some(PriorAuthorization.objects.filter(sessions=None, drug_orders=None)):
            row.delete()

    def change_target(self) -> None:
        course = self.some(TreatmentCourse.objects.exclude(target_on=None))
        TreatmentCourse.objects.filter(pk=course.pk).update(target_on=course.eligible_on + timedelta(days=30))

    def change_closed(self) -> None:
        course = self.some(TreatmentCourse.objects.all())
        is_open = course.closed_on is None
        TreatmentCourse.objects.filter(pk=course.pk).update(
            closed_on=self.today if is_open else None, closed_reason="paused" if is_open else ""
        )

    def change_booked(self) -> None:
        course = self.some(TreatmentCourse.objects.filter(closed_on=None))
        self.booked += 1  # each on a day of its own, whatever speaks against it
        starts_at = moment(course.site, days=7 * self.booked)
        booked(self.cast, course, starts_at=starts_at, by=self.cast.ito, override_reason="she wishes it")

    def change_cancelled(self) -> None:
        if row := self.some(Appointment.objects.filter(status="booked")):
            Appointment.objects.filter(pk=row.pk).update(
                status="cancelled", cancelled_by="clinic", cancelled_reason="moved away"
            )

    def change_session(self) -> None:
        course = self.some(TreatmentCourse.objects.filter(closed_on=None))
        record_outside_session(
            course=course,
            performed_on=self.day(-60, 0),
            product=Product.objects.get(key=self.rng.choice([BOTOX, XEOMIN])),
            units=Decimal(self.rng.choice([50, 155, 300])),
            source="letter",
            on=self.today,
            by=self.cast.ito,
        )

    def change_voided(self) -> None:
        if row := self.some(InjectionSession.objects.filter(status__in=["signed", "recorded"])):
            void_session(session=row, reason="entered twice", by=self.cast.ito, now=timezone.now())


def test_whatever_changes_and_however_much_time_goes_by(cast: Cast) -> None:
    """What is kept on the courses never hides one that has to be asked for, and its day is the right one."""
    clinic(cast)
    changes = Changes(cast)
    for _ in range(12):
        done = [changes.one() for _ in range(8)]
        for days in (0, 25, 120, 300):
            now = timezone.now() + timedelta(days=days)
            assert listed(cast, now=now) == slowly(cast, now=now), (days, done)


def test_what_is_plainly_covered_is_not_looked_at(cast: Cast) -> None:
    course = wanting(cast)
    assert TreatmentCourse.objects.get(pk=course.pk).asks_from == date.min
    row = made.authorization(cast, ends_on=course.target_on + timedelta(days=9))
    assert TreatmentCourse.objects.get(pk=course.pk).asks_from == row.ends_on + timedelta(days=1)
    assert TreatmentCourse.objects.get(pk=course.pk).ask_by == course.target_on - timedelta(days=10)


def test_a_touch_up_uses_up_too(cast: Cast) -> None:
    course = wanting(cast)
    made.authorization(cast, units_approved=309, starts_on=date(2026, 1, 1), ends_on=course.target_on)
    assert listed(cast) == slowly(cast) == {}
    signed(cast, course, on=cast.harbour.today(), is_touch_up=True, touch_up_reason="left brow")
    assert set(listed(cast)) == {course.pk}
    assert listed(cast) == slowly(cast)


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


class TestAsking:
    def test_one_press_and_it_is_asked_for(self, cast: Cast, sign_in: SignIn):
        course = wanting(cast)
        client = sign_in(cast.robin)
        page = client.get(reverse("scheduling:renewal-list"))
        assert page.status_code == 200
        assert "Aetna wants one" in page.content.decode()
        assert "asked for by" not in page.content.decode(), "the day stands in its own column"
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
