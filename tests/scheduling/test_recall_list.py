"""Who stands on which list, on which day, in which order."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from scheduling import actions
from scheduling.models import RecallAttempt, Snooze
from scheduling.querysets import TABS, recall_counts, recall_courses, recall_page
from tests.cast import Cast
from tests.scheduling.made import AGES, booked, counts, course_in, dated, ids, moment
from treatments.models import InjectionSession, RetreatmentWindow


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
    booked(cast, course, early_reason="flies out")
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
    attempt = actions.log_attempt(course=course, channel="phone", outcome=outcome, by=cast.robin)
    # Late in the evening: it is the calendar days of the site that count, not the hours.
    at = moment(cast.harbour, days=-days_ago).replace(hour=23, minute=30)
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
    RecallAttempt.objects.create(course=course, window=before, channel="phone", outcome="declined", by=cast.robin)
    assert ids(cast) == [course.pk]
    now_open = actions.log_attempt(course=course, channel="phone", outcome="declined", by=cast.robin)
    assert now_open.window == opened
    assert ids(cast) == []


def test_a_snooze_ends_by_itself_and_the_latest_one_counts(cast: Cast):
    course, today = course_in(cast, "due"), cast.harbour.today()
    Snooze.objects.create(course=course, until=today + timedelta(days=1), reason="travels", by=cast.robin)
    assert ids(cast) == []
    Snooze.objects.create(course=course, until=today, reason="back already", by=cast.robin)
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
        Snooze.objects.create(course=course, until=tomorrow, reason="travels", by=cast.robin)
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
    assert [row.pk for row in recall_page(everyone, TABS["to-call"], size=4, after=second.pk).rows] == [third.pk]
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
                    early_reason="asked for it",
                )
        actions.log_attempt(course=course_in(cast, state), channel="phone", outcome="voicemail", by=cast.robin)
    found = recall_counts(recall_courses(user=cast.robin, sites=[cast.harbour], now=timezone.now()))
    assert found["all"] == 30
    assert all(found.values()), found
    assert found == {tab: len(ids(cast, tab)) for tab in TABS}
