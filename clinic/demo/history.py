"""Two years of the demo clinic, told day by day."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db import connection

from accounts.models import User
from clinic.demo.before import Paper, give_allergies
from clinic.demo.desk import book_as_one_may
from clinic.demo.doses import BOTOX, DILUTION_ML, MIXED_BEFORE, current_protocols, mixed_with, of_side
from clinic.demo.past import assessments, done, record_outside, write_down
from clinic.demo.people import Crowd, facts
from clinic.demo.plan import Case, Visit
from clinic.demo.scores import Response
from clinic.demo.staff import Team
from clinic.demo.stock import QUARTER, Shelf, vials_for
from clinic.demo.story import CLOSED_NOTES, Story, reason_for
from inventory.models import Vial
from outcomes.actions import Entry, record_follow_up_with_scores
from outcomes.models import Assessment, InstrumentVersion
from patients.actions import add_fact, create_patient, update_patient
from patients.models import Allergy, HistoryItem, Medication
from scheduling.actions import link_session
from scheduling.rules.times import local_moment
from treatments.actions.courses import close_course, start_course
from treatments.actions.sessions import (
    DraftHeader,
    DraftSite,
    SigningRefusedError,
    save_draft,
    sign_session,
    start_session,
)
from treatments.actions.vials import Mixing
from treatments.actions.windows import retarget
from treatments.models import Condition, FollowUp, FollowUpStep, InjectionSession, Muscle, TreatmentCourse

Report = Callable[[str], None]
FACTS: dict[str, Any] = {"allergy": Allergy, "medication": Medication, "history": HistoryItem}
# Sessions of these last days have their appointment in the calendar; older ones are from before it was kept there.
CALENDAR_DAYS = 45
# Follow-ups of these last days are recorded as staff record them; older ones are written down.
RECENT_DAYS = 21


class History:
    """Makes the past: `tell` runs it. Its stories and its shelf are what the present is made from."""

    def __init__(self, cases: list[Case], *, team: Team, seed: int, now: datetime, report: Report) -> None:
        self.cases, self.team, self.now, self.report, self.seed = cases, team, now, report, seed
        self.today = {coast: site.today(now=now) for coast, site in team.sites.items()}
        self.conditions = {row.key: row for row in Condition.objects.prefetch_related("diagnosis_codes")}
        # Of each condition the day from which its steps are planned, newest first.
        self.plans = {
            key: [(policy.in_force_from, list(policy.follow_up_steps.order_by("day"))) for policy in row.policies.all()]
            for key, row in self.conditions.items()
        }
        self.muscles = dict(Muscle.objects.values_list("key", "pk"))
        self.instruments = {row.instrument.key: row for row in InstrumentVersion.objects.current()}
        self.protocols = current_protocols()
        self.shelf = Shelf(Random(f"{seed} stock"), sites=team.sites, by=team.administrator)
        self.stories: list[Story] = []
        # Which half hours of whom are taken: see diary.py.
        self.taken: set[tuple[str, date, time]] = set()
        self.events: list[tuple[date, int, int, Callable[[], None]]] = []
        self.planned = self.signed = 0

    # --- the order of things

    def tell(self) -> None:
        """Everything that happened up to yesterday, in the order of its days."""
        self._gather()
        self._plan_purchases()
        for story in self.stories:
            self._plan(story)
        self.report(f"{len(self.stories)} patients; {sum(len(case.visits) for case in self.cases)} sessions to tell")
        told = 0
        while self.events:
            heapq.heappop(self.events)[3]()
            told += 1
            if told % 150 == 0:
                with connection.cursor() as cursor:
                    # Nothing is committed yet, so the planner would believe these tables empty to the end.
                    cursor.execute("ANALYZE")
                self.report(f"{self.signed} sessions signed")
        done_ones = FollowUp.objects.filter(status=FollowUp.Status.DONE).count()
        self.report(f"{self.signed} sessions signed, {done_ones} follow-ups done")

    def at(self, day: date, order: int, happens: Callable[[], None]) -> None:
        """Let something happen on a day; of one day, lower orders come first."""
        self.planned += 1
        heapq.heappush(self.events, (day, order, self.planned, happens))

    def moment(self, coast: str, day: date, at: time) -> datetime:
        """That time at the site, or the present when it is not over yet."""
        return min(local_moment(day, at, zone=self.team.sites[coast].zone()), self.now)

    def _session_moment(self, story: Story, visit: Visit) -> datetime:
        at = time(9 + story.rng.randrange(0, 7), story.rng.choice([5, 20, 35, 50]))
        return self.moment(story.case.coast, visit.on, at)

    # --- people

    def _gather(self) -> None:
        crowd = Crowd(Random(f"{self.seed} people"), today=min(self.today.values()))
        rng = Random(f"{self.seed} facts")
        for place, case in enumerate(self.cases):
            person = crowd.person(coast=case.coast, age=case.age)
            patient = create_patient(by=self.team.desk, site=self.team.sites[case.coast], **vars(person))
            for kind, values in facts(rng, migraine="chronic_migraine" in case.conditions):
                add_fact(model=FACTS[kind], patient=patient, by=self.team.desk, **values)
            own = Random(f"{self.seed} {place}")
            responses = {key: Response.of(own, key) for key in case.conditions}
            self.stories.append(Story(case=case, rng=own, patient=patient, responses=responses))
        give_allergies(self.stories, by=self.team.desk)
        Paper(self.stories, self.seed, self.today, self.team.providers, self.team.desk).write()

    # --- stock

    def _plan_purchases(self) -> None:
        """Buy at the start of every quarter what its sessions will open."""
        needs: dict[tuple[str, int], Counter[tuple[str, int]]] = {}
        first = min((visit.on for case in self.cases for visit in case.visits), default=min(self.today.values()))
        for story in self.stories:
            case = story.case
            for visit in case.visits:
                if not visit.is_outside:
                    opened = vials_for(story.total(visit, self.protocols), self.shelf.sizes[case.product])
                    needs.setdefault((case.coast, (visit.on - first) // QUARTER), Counter()).update(
                        {(case.product, units): count for units, count in opened.items()}
                    )
        for coast, today in self.today.items():
            for quarter in range((today - first) // QUARTER + 1):
                wanted = needs.get((coast, quarter), Counter())
                self._buy(coast, first + quarter * QUARTER, wanted)
            # One lot about to expire and one that has: what the stock page is there to show.
            self._set_aside(coast, today, units=100, vials=3, bought=300, left=24)
            self._set_aside(coast, today, units=200, vials=2, bought=420, left=-12)

    def _buy(self, coast: str, day: date, wanted: Counter[tuple[str, int]]) -> None:
        self.at(day, 0, lambda: self.shelf.buy(coast=coast, day=day, needs=wanted))

    def _set_aside(self, coast: str, today: date, *, units: int, vials: int, bought: int, left: int) -> None:
        """A lot that no session opens, bought so many days ago and with so many days left."""
        day, until = today - timedelta(days=bought), today + timedelta(days=left)
        self.at(
            day,
            0,
            lambda: self.shelf.receive(
                coast=coast, product=BOTOX, units=units, vials=vials, day=day, expires_on=until, on_shelf=False
            ),
        )

    # --- one patient's story

    def _plan(self, story: Story) -> None:
        case = story.case
        assert case.starts_on is not None  # noqa: S101 - the plan gives every case a beginning
        self.at(case.starts_on, 1, lambda: self._start(story))
        here = [visit for visit in case.visits if not visit.is_outside and not visit.is_touch_up]
        for visit in case.visits:
            if visit.is_outside:
                happens = self._elsewhere
            elif visit in here[:-1]:
                happens = self._remember
            else:
                happens = self.treat
            self.at(visit.on, 3, lambda visit=visit, happens=happens: happens(story, visit))  # type: ignore[misc]
        if case.closed_on is not None:
            self.at(case.closed_on, 5, lambda: self._close(story))

    def _start(self, story: Story) -> None:
        case, rng = story.case, story.rng
        provider = self.team.providers[case.provider]
        assert case.starts_on is not None  # noqa: S101
        baselines = []
        for key in case.conditions:
            codes = of_side(self.conditions[key].diagnosis_codes.all(), condition=key, side=case.side)
            course = start_course(
                patient=story.patient,
                condition=self.conditions[key],
                provider=provider,
                site=self.team.sites[case.coast],
                diagnosis=rng.choice(codes) if rng.random() < 0.92 else None,
                on=case.starts_on,
                by=provider,
            )
            story.courses[key] = course
            # Who comes from another clinic seldom brings a baseline; it stays missing and is shown as missing.
            came_treated = bool(case.visits) and case.visits[0].is_outside
            if rng.random() < (0.4 if came_treated else 0.88):
                response = story.responses[key]
                baselines += [
                    Assessment(
                        course=course,
                        instrument=self.instruments[name].instrument,
                        version=self.instruments[name],
                        assessed_on=case.starts_on,
                        value=response.baseline(name),
                        label=self.instruments[name].grade_labels().get(response.baseline(name), ""),
                        recorded_by=provider,
                    )
                    for name in response.baselines
                ]
        Assessment.objects.bulk_create(baselines)

    def _remember(self, story: Story, visit: Visit) -> None:
        """A session long past: its vials leave the shelf now, it is written down with the patient's others."""
        case = story.case
        vials = self.shelf.take(
            coast=case.coast, product=case.product, total=story.total(visit, self.protocols), day=visit.on
        )
        story.past.append((visit, vials))

    def treat(self, story: Story, visit: Visit) -> None:
        """Give one session of the plan as a provider does: chart, sign, later follow up."""
        case = story.case
        self.signed += write_down(
            story,
            provider=self.team.providers[case.provider],
            product=self.shelf.products[case.product],
            protocols=self.protocols,
            muscles=self.muscles,
            steps=self.steps_on,
            instruments=self.instruments,
            moment=lambda past: self._session_moment(story, past),
            today=self.today[case.coast],
        )
        now = self._session_moment(story, visit)
        draft = self.chart(story, visit, mixed_at=now - MIXED_BEFORE)
        days_ago = self.today[case.coast] - visit.on
        if timedelta(0) < days_ago <= timedelta(days=CALENDAR_DAYS):
            # Before it is signed: booking looks at the visits that an authorisation has left.
            self._put_in_calendar(story, visit, draft)
        story.last_signed = self._sign(story, draft, now=now)
        self.signed += 1
        if not visit.is_touch_up:
            story.cycles.update(visit.conditions)
            self._plan_follow_ups(story, story.last_signed, visit)

    def chart(
        self,
        story: Story,
        visit: Visit,
        *,
        vials: list[Vial] | None = None,
        mixed_at: datetime | None = None,
        by: User | None = None,
    ) -> InjectionSession:
        """A complete draft of the session by its provider or a trainee; its vials come from the shelf unless given."""
        case = story.case
        by, site = by or self.team.providers[case.provider], self.team.sites[case.coast]
        if vials is None:
            vials = self.shelf.take(
                coast=case.coast, product=case.product, total=story.total(visit, self.protocols), day=visit.on
            )
        size = vials[0].size.units if vials else max(DILUTION_ML[case.product])
        draft = start_session(
            patient=story.patient,
            site=site,
            courses=[story.courses[key] for key in visit.conditions],
            on=visit.on,
            by=by,
        )
        return save_draft(
            session=draft,
            header=DraftHeader(
                product=self.shelf.products[case.product],
                dilution_units=size,
                dilution_ml=Decimal(DILUTION_ML[case.product][size]),
                **story.header(visit),  # type: ignore[arg-type]
            ),
            sites=[
                DraftSite(
                    course_id=story.courses[condition].pk,
                    muscle_id=self.muscles[dose.muscle],
                    side=dose.side,
                    units=dose.units,
                    view=dose.view,
                    x=dose.x,
                    y=dose.y,
                )
                for condition, dose in story.sites(visit, self.protocols)
            ],
            vials=vials,
            by=by,
            version=draft.version,
            mixings={
                vial.pk: Mixing(*mixed, mixed_at)
                for vial in vials
                if mixed_at and (mixed := mixed_with(case.product, vial))
            },
        )

    def _sign(self, story: Story, draft: InjectionSession, *, now: datetime) -> InjectionSession:
        """Sign, giving a reason for each warning; what stops a session is an error of the plan and is raised."""
        provider = self.team.providers[story.case.provider]
        try:
            return sign_session(session=draft, by=provider, version=draft.version, reasons=story.reasons, now=now)
        except SigningRefusedError as refused:
            story.reasons |= {finding.key: reason_for(finding.key) for finding in refused.findings}
            return sign_session(session=draft, by=provider, version=draft.version, reasons=story.reasons, now=now)

    def _elsewhere(self, story: Story, visit: Visit) -> None:
        product = self.shelf.products[story.case.product]
        record_outside(story, visit, product=product, protocols=self.protocols, by=self.team.desk)

    def _put_in_calendar(self, story: Story, visit: Visit, session: InjectionSession) -> None:
        start = self.free(story.case.provider, story.case.coast, visit.on)
        if start is None:
            return
        provider, coast = story.case.provider, story.case.coast
        appointment = book_as_one_may(
            desk=self.team.desk, reason="The payer said yes on the phone.", patient=story.patient,
            provider=self.team.providers[provider], site=self.team.sites[coast],
            room=self.team.rooms[provider, coast], kind="session", starts_at=start, minutes=30,
            courses=[story.courses[key] for key in visit.conditions],
            now=start - timedelta(days=story.rng.randrange(10, 60)),
        )  # fmt: skip
        if appointment is not None:
            link_session(appointment=appointment, session=session, by=self.team.desk)

    def free(self, provider: str, coast: str, day: date) -> datetime | None:
        """The provider's next free half hour of that day, now taken; None when the day is full."""
        for half_hour in (17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32):  # 12:00 is lunch
            start = time(half_hour // 2, 30 * (half_hour % 2))
            if (provider, day, start) not in self.taken:
                self.taken.add((provider, day, start))
                return local_moment(day, start, zone=self.team.sites[coast].zone())
        return None

    # --- afterwards

    def steps_on(self, condition: str, day: date) -> list[FollowUpStep]:
        """What a session on that day plans, by the policy in force."""
        return next(steps for since, steps in self.plans[condition] if since <= day)

    def _plan_follow_ups(self, story: Story, session: InjectionSession, visit: Visit) -> None:
        today = self.today[story.case.coast]
        for follow_up in session.follow_ups.select_related("course__condition").order_by("due_on", "pk"):
            day = story.follow_up_day(visit, follow_up.due_on, today=today)
            if day is not None:
                self.at(
                    day,
                    2,
                    lambda follow_up=follow_up, day=day: self._follow_up(story, follow_up, visit, day),  # type: ignore[misc]
                )

    def _follow_up(self, story: Story, follow_up: FollowUp, visit: Visit, day: date) -> None:
        condition = follow_up.course.condition.key
        asked = next(step.instruments for step in self.steps_on(condition, visit.on) if step.key == follow_up.step)
        findings, by_key = story.found(
            condition, follow_up.step, asked, cycle=story.cycles[condition], was=visit.on, day=day
        )
        scores = {self.instruments[key]: Entry(total=value) for key, value in by_key.items()}
        by = self.team.providers[story.case.provider] if story.rng.random() < 0.5 else self.team.desk
        if self.today[story.case.coast] - day <= timedelta(days=RECENT_DAYS):
            record_follow_up_with_scores(
                follow_up=follow_up,
                findings=findings,
                scores=scores,
                version=follow_up.version,
                done_on=day,
                on=day,
                by=by,
            )
            return
        columns = done(findings, day=day, by=by)
        FollowUp.objects.filter(pk=follow_up.pk).update(**columns)
        follow_up.done_on, follow_up.done_by = day, by
        Assessment.objects.bulk_create(assessments(follow_up, scores))
        if findings.wear_off_on is not None:
            retarget(course=TreatmentCourse.objects.get(pk=follow_up.course_id))

    def _close(self, story: Story) -> None:
        case = story.case
        assert case.closed_on is not None  # noqa: S101
        if case.closing == "died":
            update_patient(patient=story.patient, version=None, by=self.team.desk, died_on=case.closed_on)
        elif case.closing == "left":
            update_patient(patient=story.patient, version=None, by=self.team.desk, left_on=case.closed_on)
        else:
            for course in story.courses.values():
                close_course(
                    course=course,
                    reason=case.closing,
                    note=CLOSED_NOTES[case.closing],
                    on=case.closed_on,
                    by=self.team.providers[case.provider],
                )
