"""The database counts the figures; the rules, in Python, must count the same on any data."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outcomes.models import Assessment, Instrument, ResponderRule
from outcomes.review import Scope, count, in_all, rows
from outcomes.rules import Outcome, Score, Timing, classify, timing_of
from patients.models import Patient
from tests.cast import Cast
from tests.outcomes.cycles import Visit, migraine_cycles, score, sign, version_of
from treatments.actions.sessions import void_session
from treatments.models import Condition, InjectionSession, RetreatmentWindow, TreatmentCourse

TODAY = date(2026, 11, 20)
START = date(2024, 11, 1)
PRODUCTS = ["onabotulinumtoxinA", "abobotulinumtoxinA"]


def whole_clinic(cast: Cast, **narrower: int) -> Scope:
    return Scope(sites=(cast.harbour.pk, cast.mesa.pk), first=date(2000, 1, 1), last=TODAY, **narrower)


@pytest.fixture
def two_years(cast: Cast) -> Cast:
    """Thirty courses of all conditions over two years, with everything that may happen to a session and to a score."""
    chance = random.Random(20261120)
    visits, courses = [], []
    for number in range(30):
        site = chance.choice([cast.harbour, cast.harbour, cast.mesa, cast.elsewhere])
        patient = Patient.objects.create(given_name="Pat", family_name="Row", birth_date=date(1970, 1, 1), site=site)
        condition = list(Condition.objects.all())[number % 7]
        provider = chance.choice([cast.ito, cast.okafor])
        course = cast.course(patient, condition.key, provider=provider)
        courses.append(course)
        day = START + timedelta(days=chance.randrange(200))
        for place in range(chance.randrange(1, 8)):
            if day > TODAY:
                break
            visit = Visit(course, day, provider, chance.choice(PRODUCTS))
            visit.is_outside = place == 0 and chance.random() < 0.3
            visit.is_touch_up = place > 0 and chance.random() < 0.1
            visits.append(visit)
            if chance.random() < 0.1:
                other = next(key for key in PRODUCTS if key != visit.product)
                visits.append(Visit(course, day, provider, other))
            day += timedelta(days=chance.choice([30, 80, 84, 91, 95, 110, 180, 185, 260]))
        if number < 7:  # one of each condition that is still being measured
            visits.append(Visit(course, TODAY - timedelta(days=number), provider))
    sign(visits, cast)
    for visit in chance.sample([visit for visit in visits if not visit.is_touch_up], 6):
        void_session(session=visit.session, reason="charted for the wrong day", by=cast.ito, now=datetime.now(UTC))
    rows = []
    for course in courses:
        days = [visit.on for visit in visits if visit.course == course]
        rule_of = course.condition.responder_rule.instrument.key
        for instrument in (version_of(rule_of), version_of("cgi_i")):
            moments = [days[0] - timedelta(days=chance.choice([0, 0, 1, 400]))] if chance.random() < 0.8 else []
            for day in days:
                moments += [day + timedelta(days=chance.choice([14, 21, 22, 35, 49, 57, 77, 84, 98, 99]))] * (
                    chance.random() < 0.8
                )
            moments += [moments[-1]] if moments and chance.random() < 0.3 else []  # twice on one day
            for moment in moments:
                value = (
                    chance.choice(list(instrument.grade_labels()))
                    if instrument.grades
                    else chance.randrange(int(instrument.minimum), int(instrument.maximum) + 1)
                    if chance.random() < 0.9
                    else instrument.minimum
                )
                rows.append(
                    Assessment(
                        course=course,
                        instrument=instrument.instrument,
                        version=instrument,
                        assessed_on=moment,
                        value=value,
                        recorded_by=cast.ito,
                    )
                )
    Assessment.objects.bulk_create(rows)
    return cast


def sessions_in_order(course: TreatmentCourse) -> list[InjectionSession]:
    """The sessions that moved the window, the last one of a day standing for that day."""
    return list({session.performed_on: session for session in InjectionSession.objects.treating(course)}.values())


def fits(scope: Scope, course: TreatmentCourse, session: InjectionSession) -> bool:
    return (
        session.status == "signed"
        and scope.first <= session.performed_on <= scope.last
        and course.patient.site_id in scope.sites
        and scope.condition in (None, course.condition_id)
        and scope.provider in (None, session.provider_id)
        and scope.product in (None, session.product_id)
    )


def cycles_by_rules(scope: Scope) -> dict[tuple[int, int], tuple[int, Outcome]]:
    """(course, session) -> (condition, outcome), from the rows one by one."""
    found = {}
    for course in TreatmentCourse.objects.select_related("patient", "condition__responder_rule__instrument"):
        rule = course.condition.responder_rule
        scores = [
            Score(row.assessed_on, row.value, row.pk)
            for row in Assessment.objects.filter(course=course, instrument=rule.instrument)
        ]
        sessions = sessions_in_order(course)
        for session, following in zip(sessions, [*sessions[1:], None], strict=False):
            if fits(scope, course, session):
                found[course.pk, session.pk] = (
                    course.condition_id,
                    classify(
                        rule.as_rule(),
                        scores,
                        first_session_on=sessions[0].performed_on,
                        session_on=session.performed_on,
                        next_session_on=following.performed_on if following else None,
                        on=TODAY,
                    ),
                )
    return found


def retreatments_by_rules(scope: Scope) -> dict[tuple[int, date], Timing]:
    """(course, day of the re-treatment) -> timing, from the rows one by one."""
    found = {}
    for course in TreatmentCourse.objects.select_related("patient"):
        sessions = sessions_in_order(course)
        for before, session in itertools.pairwise(sessions):
            # What closed the window is the first session of its day.
            closer = InjectionSession.objects.treating(course).filter(performed_on=session.performed_on).first()
            if closer and fits(scope, course, closer):
                window = RetreatmentWindow.objects.get(course=course, session=before)
                found[course.pk, session.performed_on] = timing_of(
                    retreated_on=session.performed_on,
                    eligible_on=window.eligible_on,
                    window_closes_on=window.window_closes_on,
                )
    return found


def scopes(cast: Cast) -> list[Scope]:
    from inventory.models import Product

    return [
        whole_clinic(cast),
        Scope(sites=(cast.mesa.pk,), first=date(2000, 1, 1), last=TODAY),
        Scope(sites=(cast.harbour.pk, cast.mesa.pk), first=date(2025, 11, 21), last=TODAY),
        whole_clinic(cast, condition=Condition.objects.get(key="upper_limb_spasticity").pk),
        whole_clinic(cast, provider=cast.okafor.pk),
        whole_clinic(cast, product=Product.objects.get(key="abobotulinumtoxinA").pk),
        Scope(sites=(), first=date(2000, 1, 1), last=TODAY),
    ]


def test_responders_are_counted_as_the_rules_say(two_years: Cast):
    seen: set[Outcome] = set()
    for scope in scopes(two_years):
        expected = cycles_by_rules(scope)
        by_condition = {
            condition: {
                outcome: number for (which, outcome), number in Counter(expected.values()).items() if which == condition
            }
            for condition, _ in expected.values()
        }
        assert {key: found.counts for key, found in count(scope, on=TODAY).responders.items()} == by_condition
        listed = rows("cycles", scope, on=TODAY, limit=1000)
        assert {(row.course_id, row.session_id): Outcome(row.figure) for row in listed} == {
            key: outcome for key, (_, outcome) in expected.items()
        }
        seen |= {outcome for _, outcome in expected.values()}
    assert seen == set(Outcome)  # or the data would prove little


def test_retreatments_are_counted_as_the_rules_say(two_years: Cast):
    seen: set[Timing] = set()
    for scope in scopes(two_years):
        expected = retreatments_by_rules(scope)
        months = count(scope, on=TODAY).months
        assert {
            (month.month, timing): number for month in months for timing, number in month.counts.items()
        } == Counter((day.replace(day=1), timing) for (_, day), timing in expected.items())
        assert in_all(months).all == len(expected)
        listed = rows("re-treated", scope, on=TODAY, limit=1000)
        assert {(row.course_id, row.day): Timing(row.figure) for row in listed} == expected
        seen |= set(expected.values())
    assert seen == set(Timing)


def test_a_missing_score_is_beside_the_rate_and_not_in_it(cast: Cast):
    migraine_cycles(cast, scores=[8, 10, 11, None])
    [found] = count(whole_clinic(cast), on=TODAY).responders.values()
    assert (found.share.part, found.share.whole, found.of(Outcome.MISSING)) == (2, 3, 1)
    assert found.share.percent == 67


def test_no_baseline_is_not_assessable(cast: Cast):
    migraine_cycles(cast, scores=[8], baseline=None)
    [found] = count(whole_clinic(cast), on=TODAY).responders.values()
    assert found.counts == {Outcome.NOT_ASSESSABLE: 1}
    assert found.share.percent is None


def test_half_a_grade_is_no_response(cast: Cast):
    course = cast.course(cast.joye, "upper_limb_spasticity")
    sign([Visit(course, date(2026, 1, 5), cast.ito)], cast)
    score(course, "mas", "1.5", date(2026, 1, 5), cast.ito)
    score(course, "mas", "1", date(2026, 2, 9), cast.ito)
    [row] = rows("cycles", whole_clinic(cast), on=TODAY)
    assert (row.figure, row.facts["baseline_label"], row.facts["value_label"]) == (Outcome.NON_RESPONDER, "1+", "1")


def test_the_rule_in_the_database_is_what_counts(cast: Cast):
    migraine_cycles(cast, scores=[13])
    [found] = count(whole_clinic(cast), on=TODAY).responders.values()
    assert found.of(Outcome.RESPONDER) == 0
    ResponderRule.objects.filter(condition__key="chronic_migraine").update(change=30)
    [found] = count(whole_clinic(cast), on=TODAY).responders.values()
    assert found.of(Outcome.RESPONDER) == 1
    # Were fewer headache days the worse, a fall would be no response.
    Instrument.objects.filter(key="headache_days").update(better="higher")
    [found] = count(whole_clinic(cast), on=TODAY).responders.values()
    assert found.of(Outcome.RESPONDER) == 0


def test_rows_come_in_pages_that_hold_each_row_once(two_years: Cast):
    scope = whole_clinic(two_years)
    for figure, fewest in (("cycles", 50), ("re-treated", 20)):
        everything = rows(figure, scope, on=TODAY, limit=1000)
        paged, after = [], None
        while page := rows(figure, scope, on=TODAY, after=after, limit=7):
            paged += page
            after = page[-1].day, page[-1].key
        assert paged == everything
        assert len(everything) > fewest
        assert [row.day for row in everything] == sorted((row.day for row in everything), reverse=True)


def test_all_figures_are_one_query_and_each_list_another(two_years: Cast):
    scope = whole_clinic(two_years)
    for ask in (lambda: count(scope, on=TODAY), lambda: rows("missing", scope, on=TODAY)):
        with CaptureQueriesContext(connection) as queries:
            ask()
        assert len(queries) == 1


def test_share_of_exactly_half_is_a_response_in_the_database_too(cast: Cast):
    migraine_cycles(cast, scores=[Decimal("9.5")], baseline=19)
    [found] = count(whole_clinic(cast), on=TODAY).responders.values()
    assert found.of(Outcome.RESPONDER) == 1


@pytest.mark.parametrize(
    ("days", "timing"),
    [(83, Timing.EARLY), (84, Timing.ON_TIME), (181, Timing.ON_TIME), (182, Timing.LATE)],
)
def test_first_day_allowed_and_last_day_of_the_window_are_on_time(cast: Cast, days: int, timing: Timing):
    first = date(2026, 1, 5)  # its window closes on 5 July, 181 days later
    course = cast.course()
    sign([Visit(course, first, cast.ito), Visit(course, first + timedelta(days=days), cast.ito)], cast)
    [row] = rows("re-treated", whole_clinic(cast), on=TODAY)
    assert row.figure == timing


def test_of_two_scores_of_one_day_the_later_one_counts(cast: Cast):
    [course] = migraine_cycles(cast, scores=[15])
    score(course, "headache_days", 8, date(2026, 1, 5) + timedelta(days=80), cast.ito)
    [row] = rows("cycles", whole_clinic(cast), on=TODAY)
    assert (row.figure, row.facts["value"]) == (Outcome.RESPONDER, 8)
    score(course, "headache_days", 10, date(2026, 1, 5), cast.ito)  # the baseline taken again, after 20
    [row] = rows("cycles", whole_clinic(cast), on=TODAY)
    assert (row.figure, row.facts["baseline"]) == (Outcome.NON_RESPONDER, 10)
