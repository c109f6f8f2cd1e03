"""Who stands on which list, on which day, in which order."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from patients.models import Coverage, Patient, Payer, PriorAuthorization
from scheduling import actions
from scheduling.models import RecallAttempt, RecallHold
from scheduling.recall_filters import Authorisation, Chosen, narrowed
from scheduling.recall_list import TABS, Counted, left_out, recall_counts, recall_courses
from scheduling.recall_page import SORTS, Edge, recall_page
from tests.cast import Cast
from tests.scheduling.made import AGES, booked, counts, course_in, dated, ids, moment
from treatments.authorizations import authorized_spans
from treatments.models import InjectionSession, RetreatmentWindow, TreatmentCourse


def test_each_state_has_its_list(cast: Cast):
    for state in ("new", *AGES):
        course_in(cast, state)
    assert counts(cast) == {"to-call": 3, "opening": 1, "due": 1, "overdue": 1, "lapsed": 1, "new": 1, "all": 6}


def test_closed_courses_and_patients_who_left_are_nowhere(cast: Cast):
    course_in(cast, "due", closed_on=cast.harbour.today(), closed_reason="paused")
    gone = course_in(cast, "due")
    gone.patient.left_on = cast.harbour.today()
    gone.patient.save()
    dead = course_in(cast, "overdue")
    dead.patient.died_on = cast.harbour.today()
    dead.patient.save()
    assert counts(cast) == {}


def test_a_row_leaves_on_booking_and_is_back_the_moment_it_is_cancelled(cast: Cast):
    course = course_in(cast, "due")
    assert ids(cast) == [course.pk]
    appointment = booked(cast, course)
    assert ids(cast) == []
    assert ids(cast, "all") == [course.pk]
    actions.cancel_appointment(appointment=appointment, reason="ill", by=cast.robin, now=timezone.now())
    assert ids(cast) == [course.pk]


def test_a_missed_visit_brings_the_row_back(cast: Cast):
    course = course_in(cast, "due")
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=0))
    now = moment(cast.harbour, days=0).replace(hour=23)
    actions.mark_missed(appointment=appointment, by=cast.robin, now=now)
    assert ids(cast) == [course.pk]


def test_cancelling_ends_what_kept_the_row_away(cast: Cast):
    """Called, voicemail; she rang back and booked; she cancels: someone has to call her again today."""
    course = course_in(cast, "due")
    actions.log_attempt(course=course, channel="phone", outcome="voicemail", by=cast.robin)
    actions.snooze(
        course=course,
        until=cast.harbour.today() + timedelta(days=60),
        reason="travels",
        by=cast.robin,
        now=timezone.now(),
    )
    appointment = booked(cast, course)
    actions.cancel_appointment(appointment=appointment, reason="ill", by=cast.robin, now=timezone.now())
    assert ids(cast) == [course.pk]


def test_booked_too_early_has_its_own_list(cast: Cast):
    course = course_in(cast, "in effect")
    booked(cast, course, override_reason="flies out", by=cast.ito)
    assert ids(cast, "too-early") == [course.pk]
    assert ids(cast) == []


def test_booked_after_an_open_window_is_still_to_call_but_not_after_a_closed_one(cast: Cast):
    due, overdue = course_in(cast, "due"), course_in(cast, "overdue")
    booked(cast, due, starts_at=moment(cast.harbour, days=200))
    booked(cast, overdue, starts_at=moment(cast.harbour, days=10))
    assert ids(cast) == [due.pk]


@pytest.mark.parametrize(
    ("outcome", "days_ago", "is_listed"),
    [
        ("voicemail", 0, False),
        ("voicemail", 2, False),
        ("voicemail", 3, True),
        ("no_answer", 0, False),
        ("no_answer", 1, True),
        ("will_call_back", 6, False),
        ("will_call_back", 7, True),
        ("declined", 29, False),
        ("declined", 30, True),
        ("agreed", 0, True),
        ("wrong_number", 0, True),
    ],
)
def test_a_call_keeps_a_row_away_for_so_many_mornings(cast: Cast, outcome: str, days_ago: int, is_listed: bool):
    course = course_in(cast, "due")
    # Late in the evening: it is the calendar days of the site that count, not the hours.
    at = moment(cast.harbour, days=-days_ago).replace(hour=23, minute=30)
    attempt = actions.log_attempt(course=course, channel="phone", outcome=outcome, by=cast.robin, now=at)
    RecallAttempt.objects.filter(pk=attempt.pk).update(at=at)
    assert (ids(cast) == [course.pk]) is is_listed
    assert (ids(cast, "hidden") == [course.pk]) is not is_listed


def test_the_latest_call_decides(cast: Cast):
    course = course_in(cast, "due")
    actions.log_attempt(course=course, channel="phone", outcome="declined", by=cast.robin)
    actions.log_attempt(course=course, channel="phone", outcome="agreed", by=cast.robin)
    assert ids(cast) == [course.pk]


def test_a_call_about_the_window_before_hides_nothing(cast: Cast):
    course = course_in(cast, "due")
    opened = course.windows.get()
    before = RetreatmentWindow.objects.create(
        course=course,
        session=InjectionSession.objects.create(
            patient=course.patient, site=cast.harbour, performed_on=cast.harbour.today() - timedelta(days=300)
        ),
        policy=opened.policy,
        closed_by=opened.session,
    )
    RecallAttempt.objects.create(
        course=course, window=before, channel="phone", outcome_id="declined", by=cast.robin, hidden_until=date.max
    )
    assert ids(cast) == [course.pk]
    now_open = actions.log_attempt(course=course, channel="phone", outcome="declined", by=cast.robin)
    assert now_open.window == opened
    assert ids(cast) == []


def test_a_snooze_ends_by_itself_and_the_latest_one_counts(cast: Cast):
    course, today = course_in(cast, "due"), cast.harbour.today()
    about = {"course": course, "window": course.windows.get(), "by": cast.robin}
    RecallHold.objects.create(until=today + timedelta(days=1), reason="travels", **about)
    assert ids(cast) == []
    RecallHold.objects.create(until=today, reason="back already", **about)
    assert ids(cast) == [course.pk]


def test_bring_back(cast: Cast):
    course = course_in(cast, "due")
    actions.log_attempt(course=course, channel="phone", outcome="declined", by=cast.robin)
    actions.bring_back(course=course, reason="rang", by=cast.robin, now=timezone.now())
    assert ids(cast) == [course.pk]


def test_days_are_each_sites_own(cast: Cast):
    """A snooze until tomorrow in New York is over there, while Phoenix still has today."""
    now = cast.harbour.localtime(timezone.now()).replace(hour=1, minute=0)  # 10 or 11 PM of the day before in Phoenix
    tomorrow = now.date()
    assert cast.mesa.today(now=now) < tomorrow
    here = dated(course_in(cast, "new"), session_on=tomorrow - timedelta(days=100))
    there = dated(cast.course(patient=cast.omar, site=cast.mesa), session_on=tomorrow - timedelta(days=100))
    for course in (here, there):
        RecallHold.objects.create(
            course=course, window=course.windows.get(), until=tomorrow, reason="travels", by=cast.robin
        )
    rows = recall_courses(user=cast.robin, sites=[cast.harbour, cast.mesa], now=now).filter(is_hidden=False)
    assert [row.pk for row in rows] == [here.pk]


def test_pages_go_through_all_rows_once_forwards_and_back(cast: Cast):
    """Many close on the same day; then the id decides."""
    made = [course_in(cast, "due").pk for _ in range(7)] + [course_in(cast, "overdue").pk for _ in range(3)]
    everyone = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())
    tab = TABS["to-call"]
    expected = made[7:] + made[:7]

    seen: list[list[int]] = []
    page = recall_page(everyone, tab, size=4)
    assert page.before is None
    while True:
        seen.append([row.pk for row in page.rows])
        if page.after is None:
            break
        page = recall_page(everyone, tab, size=4, after=page.after)
    assert [pk for rows in seen for pk in rows] == expected

    back: list[list[int]] = []
    while page.before is not None:
        page = recall_page(everyone, tab, size=4, before=page.before)
        back.insert(0, [row.pk for row in page.rows])
    assert back == seen[:-1]


def test_a_page_after_a_row_that_has_left_the_list_goes_on_where_it_stood(cast: Cast):
    first, second, third = (course_in(cast, "due") for _ in range(3))
    booked(cast, second)
    everyone = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())
    assert [row.pk for row in recall_page(everyone, TABS["to-call"], size=4, after=Edge(second.pk)).rows] == [third.pk]
    assert first.pk < second.pk


def test_new_courses_come_longest_waiting_first_and_all_ends_with_them(cast: Cast):
    young = course_in(cast, "new", started_on=date(2026, 3, 1))
    old = course_in(cast, "new", started_on=date(2025, 3, 1))
    due = course_in(cast, "due")
    assert ids(cast, "new") == [old.pk, young.pk]
    assert ids(cast, "all") == [due.pk, young.pk, old.pk]


def test_each_count_is_the_number_of_rows_of_its_list(cast: Cast):
    """The counts go by the states, the rows by the stored dates: both say the same of every state and booking."""
    plans = [None, {"days": 1}, {"days": 60}, {"days": 300}]
    for state in ("new", *AGES):
        for plan in plans:
            course = course_in(cast, state)
            if plan:
                booked(
                    cast,
                    course,
                    starts_at=moment(cast.harbour, at=time(len(ids(cast, "all")) % 24), **plan),
                    override_reason="asked for it",
                    by=cast.ito,
                )
        actions.log_attempt(course=course_in(cast, state), channel="phone", outcome="voicemail", by=cast.robin)
    found = recall_counts(recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now()))
    numbers = {tab: count.number for tab, count in found.items()}
    assert numbers["all"] == 30
    assert all(numbers.values()), numbers
    assert numbers == {tab: len(ids(cast, tab)) for tab in TABS}


def test_a_count_is_exact_to_its_most_and_says_more_beyond(cast: Cast):
    for state in ("opening", "due", "due", "due", "overdue"):
        course_in(cast, state)
    everyone = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())

    def said(most: int) -> dict[str, str]:
        found = recall_counts(everyone, beside=everyone.filter(TABS["due"].condition), most=most)
        return {key: str(found[key]) for key in ("to-call", "opening", "due", "lapsed", "all", "beside")}

    exact = {"to-call": "5", "opening": "1", "due": "3", "lapsed": "0", "all": "5", "beside": "3"}
    assert said(6) == said(5) == exact
    assert said(4) == exact | {"to-call": "more than 4", "all": "more than 4"}
    assert said(3) == exact | {"to-call": "more than 3", "all": "more than 3"}
    more = "more than 2"
    assert said(2) == exact | {"to-call": more, "due": more, "all": more, "beside": more}


def test_nobody_at_no_site_is_counted(cast: Cast):
    course_in(cast, "due")
    assert {
        str(count) for count in recall_counts(recall_courses(user=None, sites=[], now=timezone.now())).values()
    } == {"0"}


@pytest.mark.parametrize(
    ("of", "shown", "words"),
    [
        (Counted(9), Counted(9), "None"),
        (Counted(9), Counted(2), "7"),
        (Counted(1000, is_more=True), Counted(2), "more than 998"),
        (Counted(1000, is_more=True), Counted(1000, is_more=True), "None"),
        (Counted(1000, is_more=True), Counted(1000), "more than 0"),
    ],
)
def test_what_filters_leave_out(of: Counted, shown: Counted, words: str):
    assert str(left_out(of=of, shown=shown)) == words


def called(cast: Cast, course: TreatmentCourse, outcome: str, *, days_ago: int = 0) -> RecallAttempt:
    attempt = actions.log_attempt(course=course, channel="phone", outcome=outcome, by=cast.robin)
    at = moment(cast.harbour, days=-days_ago)
    RecallAttempt.objects.filter(pk=attempt.pk).update(at=at)
    return attempt


def in_order(cast: Cast, sort: str, tab: str = "to-call") -> list[int]:
    courses = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())
    return [row.pk for row in recall_page(courses, TABS[tab], size=50, sort=sort).rows]


def test_orders(cast: Cast):
    overdue, due, opening = (course_in(cast, state) for state in ("overdue", "due", "opening"))
    for course, name in ((overdue, "Zorn"), (due, "Abel"), (opening, "Mott")):
        Patient.objects.filter(pk=course.patient_id).update(family_name=name)
    due.target_on = due.window_opens_on + timedelta(days=60)
    due.save()
    called(cast, due, "agreed", days_ago=9)
    called(cast, overdue, "agreed", days_ago=3)
    called(cast, overdue, "agreed", days_ago=2)
    assert in_order(cast, "closes") == [overdue.pk, due.pk, opening.pk]
    assert in_order(cast, "target") == [overdue.pk, opening.pk, due.pk]
    assert in_order(cast, "contact") == [opening.pk, due.pk, overdue.pk]
    assert in_order(cast, "name") == [due.pk, opening.pk, overdue.pk]
    assert in_order(cast, "attempts") == [opening.pk, due.pk, overdue.pk]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_goes_through_all_rows_once_forwards_and_back(cast: Cast, sort: str):
    made = [course_in(cast, "due") for _ in range(5)] + [course_in(cast, "overdue") for _ in range(3)]
    for course, days in zip(made[::2], (1, 1, 3, 9), strict=True):
        called(cast, course, "agreed", days_ago=days)
    everyone = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())
    expected = in_order(cast, sort)
    assert sorted(expected) == sorted(course.pk for course in made)
    seen: list[list[int]] = []
    page = recall_page(everyone, TABS["to-call"], size=3, sort=sort)
    while True:
        seen.append([row.pk for row in page.rows])
        if page.after is None:
            break
        page = recall_page(everyone, TABS["to-call"], size=3, sort=sort, after=page.after)
    assert [pk for rows in seen for pk in rows] == expected
    back: list[list[int]] = []
    while page.before is not None:
        page = recall_page(everyone, TABS["to-call"], size=3, sort=sort, before=page.before)
        back.insert(0, [row.pk for row in page.rows])
    assert back == seen[:-1]


def test_a_call_to_the_last_row_of_a_page_does_not_lose_the_next_page(cast: Cast):
    """In these orders a call moves the row to the end; the next page still follows from where it stood."""
    made = [course_in(cast, "due") for _ in range(4)]
    everyone = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())
    for sort in ("contact", "attempts"):
        first = recall_page(everyone, TABS["to-call"], size=2, sort=sort)
        called(cast, first.rows[-1], "agreed")
        following = recall_page(everyone, TABS["to-call"], size=2, sort=sort, after=first.after)
        left = {course.pk for course in made} - {row.pk for row in first.rows}
        assert left <= {row.pk for row in following.rows} | {first.rows[-1].pk}
        assert following.rows[0].pk in left
        RecallAttempt.objects.all().delete()


def asked(cast: Cast, **chosen: Any) -> set[int]:
    courses = recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now())
    return {course.pk for course in narrowed(courses, Chosen(**chosen))}


def test_filters_by_attempts_of_this_window(cast: Cast):
    rows = [course_in(cast, "due") for _ in range(5)]
    for count, course in enumerate(rows):
        for _ in range(count):
            called(cast, course, "agreed")
    before = RetreatmentWindow.objects.create(
        course=rows[0],
        session=InjectionSession.objects.create(
            patient=rows[0].patient, site=cast.harbour, performed_on=cast.harbour.today() - timedelta(days=300)
        ),
        policy=rows[0].windows.get().policy,
        closed_by=rows[0].windows.get().session,
    )
    RecallAttempt.objects.create(course=rows[0], window=before, outcome_id="declined", by=cast.robin)
    new = course_in(cast, "new")
    called(cast, new, "agreed")
    assert asked(cast, attempts="0") == {rows[0].pk}
    assert asked(cast, attempts="1") == {rows[1].pk, new.pk}
    assert asked(cast, attempts="2") == {rows[2].pk}
    assert asked(cast, attempts="3") == {rows[3].pk, rows[4].pk}


def test_filters_by_payer_language_and_target(cast: Cast):
    one, other = course_in(cast, "due"), course_in(cast, "overdue")
    Patient.objects.filter(pk=one.patient_id).update(language="Spanish")
    payer = Payer.objects.create(name="Aetna")
    today = cast.harbour.today()
    Coverage.objects.create(patient=one.patient, payer=payer)
    Coverage.objects.create(patient=other.patient, payer=payer, ends_on=today - timedelta(days=1))
    assert asked(cast, payer=payer.pk) == {one.pk}, "a coverage that has ended pays nothing"
    assert asked(cast, language="Spanish") == {one.pk}
    assert asked(cast, language="none") == {other.pk}
    assert one.target_on is not None
    assert asked(cast, target_from=one.target_on) == {one.pk}
    assert asked(cast, target_to=one.target_on - timedelta(days=1)) == {other.pk}


def test_filters_by_authorisation(cast: Cast):
    """As booking sees it: wanted by a coverage in force, approved, for the condition, not ended, something left."""
    today = cast.harbour.today()
    rows = {name: course_in(cast, "due") for name in ("ok", "ended", "denied", "other", "none", "not wanted")}
    payer = Payer.objects.create(name="Aetna")
    changes: dict[str, dict[str, Any]] = {
        "ok": {},
        "ended": {"ends_on": today - timedelta(days=1)},
        "denied": {"status": "denied"},
        "other": {"condition": "cervical_dystonia"},
    }
    for name, course in rows.items():
        coverage = Coverage.objects.create(
            patient=course.patient, payer=payer, authorization_required=name != "not wanted"
        )
        if name in changes:
            PriorAuthorization.objects.create(
                **{
                    "patient": course.patient,
                    "coverage": coverage,
                    "number": "A1",
                    "status": "approved",
                    "product": "botox",
                    "condition": course.condition.key,
                    "visits_approved": 1,
                    "starts_on": today - timedelta(days=100),
                    "ends_on": today + timedelta(days=100),
                    **changes[name],
                }
            )
    assert asked(cast, authorisation=Authorisation.OK) == {rows["ok"].pk}
    assert asked(cast, authorisation=Authorisation.NOT_NEEDED) == {rows["not wanted"].pk}
    assert asked(cast, authorisation=Authorisation.MISSING) == {
        rows[name].pk for name in ("ended", "denied", "other", "none")
    }
    courses = list(TreatmentCourse.objects.select_related("condition"))
    spans = authorized_spans(courses, on=today)
    assert {pk for pk, found in spans.items() if found} == {rows["ok"].pk}
