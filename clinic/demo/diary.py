"""The demo clinic's present: today's appointments, what is booked ahead, who was called, and unsigned drafts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from clinic.demo.before import screen_today
from clinic.demo.desk import book_as_one_may, make_waiting, set_absences, set_hours
from clinic.demo.doses import MIXED_BEFORE
from clinic.demo.history import History, Story
from clinic.demo.plan import HOMES, WEEKS, Visit
from scheduling.actions import (
    cancel_appointment,
    link_session,
    log_attempt,
    mark_missed,
    set_status,
    snooze,
)
from scheduling.models import Appointment, RecallAttempt
from treatments.actions.windows import choose_target
from treatments.models import FollowUp, InjectionSession, TreatmentCourse
from treatments.rules.windows import State, add_months

# What today's sessions of a provider have come to, in the order in which a day with few patients gets them.
TODAY = ("arrived", "in_room", "done", "confirmed", "booked", "done", "booked", "missed", "cancelled")
BY_TIME = ("done", "missed", "cancelled", "in_room", "arrived", "confirmed", "booked")
ATTEMPT_NOTES = ("", "", "Asked to call after five.", "Daughter answered.", "Mailbox full.")


class Diary:
    """Fills the calendar around today: every provider has a room of their own, so nothing can overlap."""

    def __init__(self, history: History) -> None:
        self.history, self.team = history, history.team
        self.rng = Random(f"{history.seed} diary")

    def book(self, story: Story, *, day: date, now: datetime | None = None, **fields: Any) -> Appointment | None:
        """Book a visit of the story's patient on that day; None when the day is full."""
        case = story.case
        start = self.history.free(case.provider, case.coast, day)
        if start is None:
            return None
        return book_as_one_may(
            desk=self.team.desk,
            # What is not authorised yet waits; who comes today comes all the same.
            reason="The payer said yes on the phone." if day <= self.history.today[case.coast] else "",
            patient=story.patient,
            provider=self.team.providers[case.provider],
            site=self.team.sites[case.coast],
            room=self.team.rooms[case.provider, case.coast],
            starts_at=start,
            now=now or self.history.now,
            **{"kind": "session", "minutes": 30, **fields},
        )

    # --- the present

    def make_present(self) -> None:
        """Today, what lies ahead, and the calls; the first seven stories of each site keep their state."""
        set_hours(self)
        kept = self._kept()
        free = [story for story in self.history.stories if id(story) not in kept]
        for provider, home in HOMES.items():
            # Where the provider works on this weekday; at the weekend, at home.
            coast = WEEKS[provider][self.history.today[home].weekday()] or home
            self._today(provider, [s for s in free if s.case.provider == provider and s.case.coast == coast])
        self._report("appointments today")
        self._ahead()
        set_absences(self)
        make_waiting(self)
        self._report("appointments in all")
        self._calls()
        self._targets()

    def _report(self, what: str) -> None:
        self.history.report(f"{Appointment.objects.count()} {what}")

    def _kept(self) -> set[int]:
        kept: list[Story] = []
        for coast in self.team.sites:
            kept += [story for story in self.history.stories if story.case.coast == coast][:7]
        return {id(story) for story in kept}

    def _today(self, provider: str, stories: Sequence[Story]) -> None:
        history = self.history
        ready = [s for s in stories if s.case.state in (State.DUE, State.OVERDUE)]
        # A migraine has arrived, another one waits in the room: two to try the protocol with. Then as they come.
        migraine = [s for s in ready if s.case.conditions == ("chronic_migraine",)][:2]
        ready = [*migraine, *(s for s in ready if s not in migraine)]
        plan = sorted(zip(TODAY, ready, strict=False), key=lambda pair: BY_TIME.index(pair[0]))
        newcomer = next((s for s in stories if s.case.state is State.NEW), None)
        for status, story in plan:
            today = history.today[story.case.coast]
            booked = self.book(story, day=today, courses=story.courses.values())
            if booked is not None:
                self._come_to(booked, story, status, today)
        if newcomer is not None:
            booked = self.book(
                newcomer,
                day=history.today[newcomer.case.coast],
                kind="consultation",
                courses=newcomer.courses.values(),
                note="First visit",
            )
            if booked is not None:
                set_status(appointment=booked, status="confirmed", by=self.team.desk, now=history.now)
        self._follow_up_today(stories, busy=[story for _, story in plan])

    def _come_to(self, booked: Appointment, story: Story, status: str, today: date) -> None:
        history, desk = self.history, self.team.desk
        later = max(history.now, booked.starts_at + timedelta(hours=1))
        visit = Visit(on=today, conditions=story.case.conditions)
        if status in ("done", "arrived"):
            by = self.team.providers[story.case.provider] if status == "done" else desk
            screen_today(story.patient, on=today, by=by, by_patient=status == "arrived")
        if status == "done":
            history.treat(story, visit)
            assert story.last_signed is not None  # noqa: S101 - treat signs a session given here
            link_session(appointment=booked, session=story.last_signed, by=desk)
        elif status == "in_room":
            link_session(appointment=booked, session=self._draft(story, visit), by=desk)
        elif status == "missed":
            mark_missed(appointment=booked, by=desk, now=later)
        elif status == "cancelled":
            cancel_appointment(appointment=booked, reason="Has a cold; will call back.", by=desk, now=history.now)
        elif status != "booked":
            set_status(appointment=booked, status=status, by=desk, now=history.now)

    def _draft(self, story: Story, visit: Visit) -> InjectionSession:
        """Dr Okeke's is charted by the trainee, complete and not signed; another waits for its vials."""
        if story.case.provider != "okeke":
            return self.history.chart(story, visit, vials=[])
        trainee = self.team.trainee
        screen_today(story.patient, on=visit.on, by=trainee)
        return self.history.chart(story, visit, mixed_at=self.history.now - MIXED_BEFORE, by=trainee)

    def _follow_up_today(self, stories: Sequence[Story], *, busy: Sequence[Story]) -> None:
        patients = {s.patient.pk: s for s in stories if s not in busy}
        if not patients:
            return
        today = self.history.today[stories[0].case.coast]
        follow_up = (
            FollowUp.objects.due(on=today).filter(course__patient__in=list(patients)).order_by("-due_on", "pk").first()
        )
        if follow_up is None:
            return
        story = patients[follow_up.course.patient_id]
        self.book(story, day=today, kind="follow_up", minutes=15, courses=[follow_up.course], follow_up=follow_up)

    def _ahead(self) -> None:
        """Bookings to come: most inside the window, some on purpose before the first allowed day or after the last."""
        shares = {State.IN_EFFECT: 0.35, State.OPENING: 0.5, State.DUE: 0.35, State.OVERDUE: 0.2, State.NEW: 0.4}
        odd = {coast: {"early": 3, "late": 3} for coast in self.team.sites}
        kept = self._kept()
        since = self.history.now - timedelta(days=1)
        today_booked = set(Appointment.objects.filter(starts_at__gte=since).values_list("patient", flat=True))
        for story in self.history.stories:
            case = story.case
            share = shares.get(case.state)
            # At each site one who is due is left for the front desk to book.
            waits = id(story) in kept and case.state is State.DUE
            if share is None or waits or story.patient.pk in today_booked:
                continue
            courses = list(TreatmentCourse.objects.filter(pk__in=[c.pk for c in story.courses.values()]))
            wants, counts = self.rng.random() < share, odd[case.coast]
            if case.state is State.IN_EFFECT and not wants and counts["early"]:
                if self._book_early(story, courses):
                    counts["early"] -= 1
            elif case.state in (State.OPENING, State.DUE) and not wants and counts["late"]:
                closes = max(course.window_closes_on for course in courses if course.window_closes_on)
                if self._book_from(story, courses, closes + timedelta(days=self.rng.randrange(5, 25))):
                    counts["late"] -= 1
            elif wants:
                self._book_in_window(story, courses)

    def _book_early(self, story: Story, courses: Sequence[TreatmentCourse]) -> bool:
        first = self.history.today[story.case.coast] + timedelta(days=3)
        until = min(course.eligible_on for course in courses if course.eligible_on)
        day = self._workday(story, max(first, until - timedelta(days=9)))
        if day >= until:
            return False
        reason = "Moves abroad next month; provider agreed."
        return self.book(story, day=day, courses=courses, override_reason=reason) is not None

    def _book_in_window(self, story: Story, courses: Sequence[TreatmentCourse]) -> bool:
        soonest = self.history.today[story.case.coast] + timedelta(days=self.rng.randrange(1, 24))
        targets = [course.target_on for course in courses if course.target_on]
        return self._book_from(story, courses, max([soonest, *targets]))

    def _book_from(self, story: Story, courses: Sequence[TreatmentCourse], first: date) -> bool:
        day = first
        for _ in range(10):
            day = self._workday(story, day)
            if self.book(story, day=day, courses=courses) is not None:
                return True
            day += timedelta(days=1)
        return False

    @staticmethod
    def _workday(story: Story, day: date) -> date:
        """That day, or the next on which the provider works at the patient's site."""
        while WEEKS[story.case.provider][day.weekday()] != story.case.coast:
            day += timedelta(days=1)
        return day

    # --- calls

    def _calls(self) -> None:
        """Calls of the last weeks, some courses put away for a while; the day of a call is set back to when it was."""
        kept = self._kept()
        called: list[RecallAttempt] = []
        snoozed = 0
        for story in self.history.stories:
            case = story.case
            untouched = case.state is State.DUE and id(story) in kept
            if case.state not in (State.OPENING, State.DUE, State.OVERDUE, State.LAPSED) or untouched:
                continue
            course = TreatmentCourse.objects.select_related("site").get(pk=next(iter(story.courses.values())).pk)
            if course.booked_until is not None and course.booked_until >= self.history.today[case.coast]:
                continue
            if course.window_opens_on is None or course.last_session_on == self.history.today[case.coast]:
                continue
            if not called or self.rng.random() < 0.4:
                called += self._call(story, course)
            elif snoozed < 6 and self.rng.random() < 0.1:
                snoozed += 1
                snooze(
                    course=course,
                    until=self.history.today[case.coast] + timedelta(days=self.rng.randrange(7, 40)),
                    reason=self.rng.choice(["On holiday.", "Insurance changes next month.", "Wants to wait."]),
                    by=self.team.desk,
                    now=self.history.now,
                )
        RecallAttempt.objects.bulk_update(called, ["at"])
        self.history.report(f"{len(called)} recall attempts, {snoozed} courses snoozed")

    def _call(self, story: Story, course: TreatmentCourse) -> list[RecallAttempt]:
        """One to three calls since the window came near, each about all the patient's courses."""
        rng = self.rng
        today = self.history.today[story.case.coast]
        assert course.opening_on is not None  # noqa: S101 - the course has a window
        since = min((today - course.opening_on).days, 40)
        attempts = []
        for ago in sorted({rng.randrange(0, since + 1) for _ in range(rng.choice([1, 1, 2, 3]))}, reverse=True):
            at = time(9 + rng.randrange(0, 7), rng.randrange(0, 60))
            moment = self.history.moment(story.case.coast, today - timedelta(days=ago), at)
            words = {
                "channel": rng.choice(["phone", "phone", "phone", "text"]),
                "outcome": rng.choice(["voicemail", "voicemail", "no_answer", "will_call_back", "declined"]),
                "note": rng.choice(ATTEMPT_NOTES),
            }
            for treated in story.courses.values():
                attempt = log_attempt(course=treated, by=self.team.desk, now=moment, **words)
                attempt.at = moment
                attempts.append(attempt)
        return attempts

    def _targets(self) -> None:
        """A few targets that a provider chose."""
        chosen = 0
        for story in self.history.stories:
            if chosen == 4 or story.case.state is not State.IN_EFFECT:
                continue
            course = next(iter(story.courses.values()))
            course.refresh_from_db()
            if course.window_opens_on is None or self.rng.random() > 0.1:
                continue
            choose_target(
                course=course,
                target_on=add_months(course.window_opens_on, 1),
                reason="Effect lasted four months after the last sessions.",
                on=course.site.today(),
                by=self.team.providers[story.case.provider],
            )
            chosen += 1
