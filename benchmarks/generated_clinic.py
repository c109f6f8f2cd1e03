"""A made-up clinic for the recall list: every kind of course, booking, call and hold, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

FIRST, LAST = date(2025, 3, 1), date(2027, 9, 30)  # the days on which the lists are looked at
ZONES = ("America/New_York", "America/Phoenix")


class GeneratedClinic:
    """Two sites and so many courses, the same for the same seed."""

    def __init__(self, courses: int, *, seed: int = 1) -> None:
        self.count = courses
        self.rng = random.Random(seed)
        self.sites: list[Any] = []
        self.people: list[Any] = []
        self.product: Any = None

    def build(self) -> None:
        from accounts.models import Site, User
        from inventory.models import Product
        from patients.models import Patient
        from treatments.models import Condition, TreatmentCourse

        self.sites = [
            Site.objects.create(name=f"Generated {zone}", time_zone=zone, second_factor="nobody") for zone in ZONES
        ]
        self.people = [
            User.objects.create(email=f"generated{number}@example.org", name=f"Provider {number}", roles=["provider"])
            for number in range(40)
        ]
        self.product = Product.objects.order_by("pk").first()
        conditions = list(Condition.objects.order_by("pk"))
        rng = self.rng
        patients = Patient.objects.bulk_create(
            Patient(
                given_name="Ana",
                family_name=f"Number{number}",
                birth_date=date(1970, 1, 1) + timedelta(days=number % 9000),
                site=self.sites[number % 2],
                died_on=self._some_day() if rng.random() < 0.02 else None,
                left_on=self._some_day() if rng.random() < 0.02 else None,
            )
            for number in range(self.count)
        )
        courses = []
        for patient in patients:
            closed_on = date(2025, 1, 1) if rng.random() < 0.03 else None
            courses.append(
                TreatmentCourse(
                    patient=patient,
                    condition=rng.choice(conditions),
                    site_id=patient.site_id,
                    provider=rng.choice(self.people),
                    started_on=date(2023, 6, 1),
                    closed_on=closed_on,
                    closed_reason="paused" if closed_on else "",
                )
            )
        self._sessions(TreatmentCourse.objects.bulk_create(courses))

    def _some_day(self, first: date = FIRST, last: date = LAST) -> date:
        return first + timedelta(days=self.rng.randrange((last - first).days + 1))

    def _sessions(self, courses: list[Any]) -> None:
        """Up to three sessions each, with windows as signing would open them; then calls, holds and bookings."""
        from treatments.models import InjectionSession, RetreatmentWindow, SessionCourse, TreatmentCourse
        from treatments.models.course import DATE_FIELDS
        from treatments.rules.windows import IntervalRule, WindowPolicy, window_for

        rng = self.rng
        plans: list[tuple[Any, list[Any]]] = []
        for course in courses:
            day = self._some_day(date(2024, 1, 1), date(2026, 12, 31))
            given = []
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                given.append(self._session(course, day))
                if rng.random() < 0.1:
                    given.append(self._session(course, day + timedelta(days=14), is_touch_up=True, touch_up_reason="x"))
                day += timedelta(days=rng.randrange(84, 240))
            plans.append((course, given))
        InjectionSession.objects.bulk_create([session for _, given in plans for session in given])
        SessionCourse.objects.bulk_create(
            SessionCourse(session=session, course=course) for course, given in plans for session in given
        )
        # A record takes no rows once it is one, so they are drafts until now.
        voided = {given[-1].pk for _, given in plans if given and rng.random() < 0.05}
        drafts = InjectionSession.objects.filter(status="draft")
        drafts.filter(pk__in=voided).update(status="voided", voided_at=self._moment(FIRST), void_reason="generated")
        drafts.update(status="recorded")
        policies: dict[int, Any] = {}
        windows, opened = [], []
        for course, given in plans:
            policy = policies.setdefault(course.condition_id, course.condition.policies.order_by("-version").first())
            counted = [row for row in given if row.pk not in voided and not row.is_touch_up]
            made = []
            for session in counted:
                found = window_for(
                    session_on=session.performed_on,
                    intervals=[IntervalRule(policy.min_interval_days, "", "", "", "", "")],
                    policy=WindowPolicy(
                        policy.opens_months, policy.closes_months, policy.lead_days, policy.lapse_months
                    ),
                )
                dates = {name: getattr(found, name) for name in DATE_FIELDS}
                made.append(RetreatmentWindow(course=course, session=session, policy=policy, **dates))
            for window, following in zip(made, counted[1:], strict=False):
                window.closed_by = following
            if made:
                for name in DATE_FIELDS:
                    setattr(course, name, getattr(made[-1], name))
            windows += made
            opened.append((course, made))
        RetreatmentWindow.objects.bulk_create(windows)
        TreatmentCourse.objects.bulk_update([course for course, _ in opened], DATE_FIELDS, batch_size=1000)
        self._contacts(opened)
        self._bookings(opened)

    def _session(self, course: Any, day: date, **more: Any) -> Any:
        from treatments.models import InjectionSession

        return InjectionSession(
            patient_id=course.patient_id,
            site_id=course.site_id,
            performed_on=day,
            product=self.product,
            is_outside=True,
            outside_units=100,
            outside_source="generated",
            **more,
        )

    def _contacts(self, opened: list[tuple[Any, list[Any]]]) -> None:
        """Calls and holds in the order of time, each about the window that was open on its day."""
        from django.db import connection
        from psycopg2.extras import execute_values

        from scheduling.models import AttemptOutcome
        from scheduling.rules.recalls import hidden_until

        rng, outcomes = self.rng, list(AttemptOutcome.objects.order_by("pk"))
        calls, holds = [], []
        for course, windows in opened:
            for at in sorted(self._moment(self._some_day()) for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 4]))):
                on = at.astimezone(self._zone(course)).date()
                before = [window for window in windows if window.last_session_on < on]
                if windows and not before:
                    continue  # of this course nothing was known yet
                window = before[-1].pk if before else None
                if rng.random() < 0.6:
                    outcome = rng.choice(outcomes)
                    until = hidden_until(hide_days=outcome.hide_days, closes_cycle=outcome.closes_cycle, called_on=on)
                    calls.append((course.pk, window, "phone", outcome.key, until, "", at, "person", self.people[0].pk))
                else:
                    kind = rng.choice(["snooze", "pause", "stop", "back"])
                    ends = (
                        on if kind == "back" else None if kind == "stop" else on + timedelta(days=rng.randrange(1, 300))
                    )
                    holds.append((course.pk, window, kind, ends, "asked", at, self.people[0].pk))
        with connection.cursor() as cursor:
            execute_values(
                cursor,
                "INSERT INTO scheduling_recallattempt"
                " (course_id, window_id, channel, outcome, hidden_until, note, at, source, by_id) VALUES %s",
                calls,
                page_size=1000,
            )
            execute_values(
                cursor,
                "INSERT INTO scheduling_recallhold (course_id, window_id, kind, until, reason, at, by_id) VALUES %s",
                holds,
                page_size=1000,
            )

    def _bookings(self, opened: list[tuple[Any, list[Any]]]) -> None:
        from scheduling.models import Appointment, AppointmentCourse

        rng = self.rng
        visits: list[tuple[Any, Any]] = []
        taken: set[tuple[str, int, date, int]] = set()
        for course, _ in opened:
            for _ in range(rng.choice([0, 0, 1, 1, 2])):
                day = self._some_day()
                status = rng.choice(["booked", "booked", "confirmed", "cancelled", "missed"])
                for _ in range(20):
                    provider = rng.choice(self.people)
                    hour = rng.randrange(0, 24)  # late evenings too: they are another day in UTC
                    wanted = {("provider", provider.pk, day, hour), ("patient", course.patient_id, day, hour)}
                    if not wanted & taken:
                        break
                else:
                    continue
                taken |= wanted
                starts = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
                visits.append((course, self._visit(course, provider, starts, status)))
        Appointment.objects.bulk_create([visit for _, visit in visits], batch_size=2000)
        AppointmentCourse.objects.bulk_create(
            [AppointmentCourse(appointment=visit, course=course) for course, visit in visits], batch_size=2000
        )

    def _visit(self, course: Any, provider: Any, starts: datetime, status: str) -> Any:
        from scheduling.models import Appointment

        return Appointment(
            patient_id=course.patient_id,
            provider=provider,
            site_id=course.site_id,
            kind="session",
            status=status,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=30),
            created_by=self.people[0],
            **({"cancelled_reason": "ill", "cancelled_by": "patient"} if status == "cancelled" else {}),
        )

    def _moment(self, day: date) -> datetime:
        minutes = self.rng.randrange(24 * 60)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)

    def _zone(self, course: Any) -> Any:
        return next(site for site in self.sites if site.pk == course.site_id).zone()

    def moments(self, days: int) -> Iterator[datetime]:
        """Random moments; many fall where the two sites have different days."""
        for _ in range(days):
            yield self._moment(self._some_day())
