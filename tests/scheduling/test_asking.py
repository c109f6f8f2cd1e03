"""When to ask a payer, kept on the course whatever changes: no course that has to be asked for is ever hidden."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from inventory.models import Product
from patients.models import Coverage, Patient, Payer, PriorAuthorization
from scheduling.models import Appointment
from tests.cast import Cast
from tests.patients import made
from tests.scheduling.asking import XEOMIN, clinic, listed, slowly, wanting
from tests.scheduling.made import booked, moment
from tests.treatments.charted import BOTOX, signed
from treatments.actions.sessions import record_outside_session, void_session
from treatments.models import InjectionSession, TreatmentCourse


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
