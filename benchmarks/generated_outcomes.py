"""A made-up clinic for the outcome figures: signed sessions with doses, vials, follow-ups, scores and adverse events.

Everything that may happen to a figure happens to some rows: voided, outside and touch-up sessions, two products on one
day, two courses in one session, courses that stop, lapse or end, patients who die or leave, nobody asking. The same for
the same seed.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

TODAY = date(2026, 11, 20)
START = date(2023, 1, 1)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
BATCH = 2000
VIAL = 100


class TreatedClinic:
    """Two sites and so many patients with one or two courses each."""

    def __init__(self, patients: int, *, seed: int = 1) -> None:
        self.count = patients
        self.rng = random.Random(seed)
        self.sites: list[Any] = []
        self.people: list[Any] = []
        self.products: list[Any] = []
        self.protocols: dict[int, list[Any]] = {}
        self.versions: dict[int, Any] = {}

    def build(self) -> TreatedClinic:
        from accounts.models import Site, User
        from inventory.models import Product
        from treatments.models import Condition, Protocol

        self.sites = [
            Site.objects.create(name=f"Treated {n}", time_zone="America/New_York", second_factor="nobody")
            for n in (1, 2)
        ]
        self.people = [
            User.objects.create(email=f"treated{number}@example.org", name=f"Provider {number}", roles=["provider"])
            for number in range(6 if self.count < 1000 else 30)
        ]
        for person in self.people:
            person.sites.set(self.sites)
        self.products = list(Product.objects.order_by("pk")[:3])
        for protocol in Protocol.objects.order_by("pk"):
            self.protocols.setdefault(protocol.condition_id, []).append(protocol)
        self.conditions = list(Condition.objects.filter(responder_rule__isnull=False).order_by("pk"))
        self._sessions(self._courses())
        return self

    def _courses(self) -> list[Any]:
        from patients.models import Patient
        from treatments.models import TreatmentCourse

        rng = self.rng
        patients = Patient.objects.bulk_create(
            [
                Patient(
                    given_name="Ana",
                    family_name=f"Treated{number}",
                    birth_date=date(1930, 1, 1) + timedelta(days=number * 37 % 27000),
                    site=rng.choice(self.sites),
                    died_on=self._day(date(2024, 1, 1)) if rng.random() < 0.03 else None,
                    left_on=self._day(date(2024, 1, 1)) if rng.random() < 0.1 else None,
                )
                for number in range(self.count)
            ],
            batch_size=BATCH,
        )
        courses = []
        for patient in patients:
            provider = rng.choice(self.people)
            for condition in rng.sample(self.conditions, 2 if rng.random() < 0.2 else 1):
                closed = rng.random() < 0.15
                courses.append(
                    TreatmentCourse(
                        patient=patient,
                        condition=condition,
                        site_id=patient.site_id,
                        provider=provider,
                        started_on=START,
                        closed_on=self._day(date(2024, 6, 1)) if closed else None,
                        closed_reason=rng.choice(["completed", "paused", "stopped", "stopped"]) if closed else "",
                    )
                )
        return TreatmentCourse.objects.bulk_create(courses, batch_size=BATCH)

    def _day(self, first: date) -> date:
        return first + timedelta(days=self.rng.randrange((TODAY - first).days))

    def _sessions(self, courses: list[Any]) -> None:
        from treatments.models import InjectionSession, SessionCourse

        rng = self.rng
        by_patient: dict[int, list[Any]] = {}
        for course in courses:
            by_patient.setdefault(course.patient_id, []).append(course)
        given: list[tuple[Any, list[Any]]] = []
        for own in by_patient.values():
            day, product = self._day(START), rng.choice(self.products)
            for number in range(rng.choice([0, 1, 2, 3, 4, 6])):
                if day > TODAY:
                    break
                treated = own if rng.random() < 0.6 else own[:1]
                outside = number == 0 and rng.random() < 0.2
                touch_up = number > 0 and rng.random() < 0.07
                given.append((self._session(treated, day, product, outside=outside, touch_up=touch_up), treated))
                if rng.random() < 0.05:
                    other = rng.choice(self.products)
                    given.append((self._session(treated, day, other, outside=False, touch_up=False), treated))
                day += timedelta(days=rng.choice([30, 80, 84, 91, 95, 100, 110, 140, 185, 260, 420]))
        InjectionSession.objects.bulk_create([session for session, _ in given], batch_size=BATCH)
        SessionCourse.objects.bulk_create(
            [SessionCourse(session=session, course=course) for session, treated in given for course in treated],
            batch_size=BATCH,
        )
        self._doses([pair for pair in given if not pair[0].is_outside])
        ids = [session.pk for session, _ in given]
        voided = {pk for pk in ids if rng.random() < 0.03}
        drafts = InjectionSession.objects.filter(pk__range=(min(ids), max(ids)))
        drafts.filter(pk__in=voided).update(status="voided", voided_at=NOW, void_reason="generated")
        drafts.filter(status="draft", is_outside=True).update(status="recorded")
        drafts.filter(status="draft").update(status="signed", signed_at=NOW, signed_by=self.people[0])
        given = [pair for pair in given if pair[0].pk not in voided]
        self._windows(courses, given)
        self._afterwards(courses, [pair for pair in given if not pair[0].is_outside])

    def _session(self, treated: list[Any], day: date, product: Any, *, outside: bool, touch_up: bool) -> Any:
        from treatments.models import InjectionSession

        protocols = self.protocols.get(treated[0].condition_id, [])
        return InjectionSession(
            patient_id=treated[0].patient_id,
            site_id=treated[0].site_id,
            provider=None if outside else self.rng.choice(self.people),
            performed_on=day,
            product=product,
            protocol=self.rng.choice(protocols) if protocols and self.rng.random() < 0.7 else None,
            is_outside=outside,
            outside_units=VIAL if outside else None,
            outside_source="generated" if outside else "",
            is_touch_up=touch_up,
            touch_up_reason="generated" if touch_up else "",
        )

    def _doses(self, given: list[tuple[Any, list[Any]]]) -> None:
        from inventory.models import Lot, Vial, VialSize
        from treatments.models import Injection, Muscle, VialUse

        rng, muscles = self.rng, list(Muscle.objects.order_by("pk")[:5])
        sizes, lots = {}, {}
        for product in self.products:
            sizes[product.pk], _ = VialSize.objects.get_or_create(
                product=product, units=VIAL, defaults={"confidence": "A"}
            )
            lots[product.pk] = Lot.objects.create(product=product, number="TREATED", expires_on=date(2035, 1, 1))
        injections, vials, uses = [], [], []
        for session, treated in given:
            total = Decimal(0)
            for order in range(1, rng.randrange(1, 4) + len(treated)):
                units = Decimal(rng.choice([5, 10, 25, 40])) / (1 if rng.random() < 0.9 else 2)
                total += units
                injections.append(
                    Injection(
                        session=session,
                        course=treated[order % len(treated)],
                        order=order,
                        muscle=rng.choice(muscles),
                        side="left",
                        units=units,
                    )
                )
            while total > 0:
                vial = Vial(
                    lot=lots[session.product_id],
                    size=sizes[session.product_id],
                    site_id=session.site_id,
                    status=Vial.Status.USED,
                    received_on=session.performed_on,
                )
                vials.append(vial)
                here = min(total, Decimal(VIAL))
                uses.append(VialUse(session=session, vial=vial, units_given=here, units_discarded=VIAL - here))
                total -= here
        Injection.objects.bulk_create(injections, batch_size=BATCH)
        Vial.objects.bulk_create(vials, batch_size=BATCH)
        VialUse.objects.bulk_create(uses, batch_size=BATCH)

    def _windows(self, courses: list[Any], given: list[tuple[Any, list[Any]]]) -> None:
        from treatments.models import RetreatmentWindow, TreatmentCourse
        from treatments.models.course import DATE_FIELDS
        from treatments.rules.windows import IntervalRule, WindowPolicy, window_for

        by_course: dict[int, list[Any]] = {course.pk: [] for course in courses}
        for session, treated in given:
            if not session.is_touch_up:
                for course in treated:
                    by_course[course.pk].append(session)
        policies: dict[int, Any] = {}
        windows, opened = [], []
        for course in courses:
            policy = policies.setdefault(course.condition_id, course.condition.policies.order_by("-version").first())
            made: list[Any] = []
            for session in sorted(by_course[course.pk], key=lambda row: (row.performed_on, row.pk)):
                found = window_for(
                    session_on=session.performed_on,
                    intervals=[IntervalRule(policy.min_interval_days, "", "", "", "", "")],
                    policy=WindowPolicy(
                        policy.opens_months, policy.closes_months, policy.lead_days, policy.lapse_months
                    ),
                )
                dates = {name: getattr(found, name) for name in DATE_FIELDS}
                if made:
                    made[-1].closed_by = session
                made.append(RetreatmentWindow(course=course, session=session, policy=policy, **dates))
            if made:
                for name in DATE_FIELDS:
                    setattr(course, name, getattr(made[-1], name))
                opened.append(course)
            windows += made
        RetreatmentWindow.objects.bulk_create(windows, batch_size=BATCH)
        TreatmentCourse.objects.bulk_update(opened, DATE_FIELDS, batch_size=1000)

    def _afterwards(self, courses: list[Any], given: list[tuple[Any, list[Any]]]) -> None:
        """Follow-ups, scores and adverse events."""
        from outcomes.models import Assessment, InstrumentVersion, ResponderRule
        from treatments.models import AdverseEvent, FollowUp

        rng = self.rng
        self.versions = {version.instrument_id: version for version in InstrumentVersion.objects.current()}
        rules = {rule.condition_id: rule for rule in ResponderRule.objects.select_related("instrument")}
        follow_ups, scores, events = [], [], []
        first_days: dict[int, date] = {}
        for session, treated in given:
            for course in treated:
                rule = rules[course.condition_id]
                if course.pk not in first_days:
                    first_days[course.pk] = session.performed_on
                    if rng.random() < 0.85:
                        scores.append(
                            self._score(course, rule, session.performed_on - timedelta(days=rng.choice([0, 3])))
                        )
                for step, name, after in (("early", "Call", 14), ("late", "Visit", 80)):
                    follow_ups.append(self._follow_up(session, course, step, name, after))
                if rng.random() < 0.75:
                    day = session.performed_on + timedelta(days=rng.choice([14, 22, 35, 49, 57, 77, 84, 98, 99]))
                    if day <= TODAY:
                        scores += [self._score(course, rule, day) for _ in range(2 if rng.random() < 0.1 else 1)]
            if rng.random() < 0.06:
                serious = rng.choice([True, False, None])
                events.append(
                    AdverseEvent(
                        session=session,
                        course=rng.choice(treated) if rng.random() < 0.7 else None,
                        term=rng.choice(["dysphagia", "ptosis", "neck_pain", "other"]),
                        words="generated",
                        onset_on=session.performed_on + timedelta(days=3),
                        severity=rng.choice(["mild", "moderate", "severe", ""]),
                        serious=serious,
                        criteria=["hospital"] if serious else [],
                        outcome=rng.choice(["recovered", "ongoing", "error"]),
                        note="generated",
                        reported_by=self.people[0],
                    )
                )
        FollowUp.objects.bulk_create(follow_ups, batch_size=BATCH)
        Assessment.objects.bulk_create(scores, batch_size=BATCH)
        AdverseEvent.objects.bulk_create(events, batch_size=BATCH)

    def _follow_up(self, session: Any, course: Any, step: str, name: str, after: int) -> Any:
        from treatments.models import FollowUp

        rng = self.rng
        due = session.performed_on + timedelta(days=after)
        done = due + timedelta(days=rng.randrange(12))
        follow_up = FollowUp(course=course, session=session, step=step, name=name, due_on=due)
        if done <= TODAY and rng.random() < 0.7:
            follow_up.status, follow_up.done_on, follow_up.done_by = "done", done, self.people[0]
            if after > 50 and rng.random() < 0.6:
                follow_up.wear_off_on = session.performed_on + timedelta(days=rng.randrange(50, 95))
            if rng.random() < 0.08:
                follow_up.adverse_event, follow_up.adverse_event_text = True, "generated"
        return follow_up

    def _score(self, course: Any, rule: Any, day: date) -> Any:
        from outcomes.models import Assessment

        version = self.versions[rule.instrument_id]
        value: Any = (
            self.rng.choice(list(version.grade_labels()))
            if version.grades
            else self.rng.randrange(int(version.minimum), int(version.maximum) + 1)
        )
        return Assessment(
            course=course,
            instrument=rule.instrument,
            version=version,
            assessed_on=day,
            value=value,
            label=version.grade_labels().get(value, ""),
            recorded_by=self.people[0],
        )

    def filters(self, count: int) -> list[dict[str, Any]]:
        """Random filters: sites, days, condition, provider, product, protocol, each chosen or not."""
        rng = self.rng
        protocols = [row.pk for rows in self.protocols.values() for row in rows]
        found: list[dict[str, Any]] = []
        for number in range(count):
            days = sorted((self._day(START), self._day(START)))
            found.append(
                {
                    "sites": rng.choice([[0], [1], [0, 1], [0, 1]]),
                    "first": START if number % 3 == 0 else days[0],
                    "last": TODAY if number % 2 == 0 else days[1],
                    "condition": rng.choice([None, *[row.pk for row in self.conditions]]),
                    "provider": rng.choice([None, None, *[row.pk for row in self.people[:4]]]),
                    "product": rng.choice([None, None, *[row.pk for row in self.products]]),
                    "protocol": rng.choice([None, None, None, rng.choice(protocols)]) if protocols else None,
                }
            )
            found[-1]["sites"] = [self.sites[place].pk for place in found[-1]["sites"]]
        return found
