"""Sessions side by side: units by muscle, how each session went, and the patient's own interval."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from inventory.models import Product
from outcomes.side_by_side import side_by_side
from outcomes.summaries import summaries_for
from tests.cast import Cast
from tests.outcomes.cycles import Visit, score, sign
from tests.treatments.charted import BOTOX, migraine_sites, signed
from treatments.actions.sessions import record_outside_session
from treatments.models import AdverseEvent, FollowUp, InjectionSession, TreatmentCourse

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def found_after(session: InjectionSession, course: TreatmentCourse, by: User, **days: int) -> FollowUp:
    dates = {f"{name}_on": session.performed_on + timedelta(days=after) for name, after in days.items()}
    return FollowUp.objects.create(
        course=course,
        session=session,
        step=f"step{FollowUp.objects.count()}",
        name="Call",
        due_on=session.performed_on,
        status=FollowUp.Status.DONE,
        done_on=max(dates.values(), default=session.performed_on),
        done_by=by,
        **dates,
    )


def test_units_by_muscle_and_what_stands_beneath(cast: Cast, sign_in: SignIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    record_outside_session(
        course=course, performed_on=today - timedelta(days=300), product=Product.objects.get(key=BOTOX),
        units=Decimal(100), source="a letter", on=today, by=cast.ito,
    )  # fmt: skip
    first = signed(cast, course, on=today - timedelta(days=200))
    sites = migraine_sites(course)[1:]  # one of ten corrugator units left out
    second = signed(cast, course, on=today - timedelta(days=100), sites=sites)
    found_after(first, course, cast.ito, onset=5, wear_off=90)
    found_after(first, course, cast.ito, wear_off=97)  # a later call knows better
    AdverseEvent.objects.create(
        session=second, course=course, term="ptosis", words="lid", onset_on=second.performed_on, severity="mild",
        reported_by=cast.ito,
    )  # fmt: skip

    found = side_by_side(course, summaries_for([course]).get(course.pk))
    assert [column.number for column in found.columns] == [1, 2, 3]
    assert [column.days_since for column in found.columns] == [None, 100, 100]
    assert [column.units for column in found.columns] == [100, 155, 150]
    assert [column.sites for column in found.columns] == [0, 31, 30]
    assert [column.observed.wear_off_days for column in found.columns] == [None, 97, None]
    assert found.columns[1].observed.onset_days == 5
    assert sum(cell.units for row in found.rows if (cell := row.cells[1])) == 155
    changes = {(row.muscle, row.side): cell.change for row in found.rows if (cell := row.cells[2]) and cell.change}
    left_out = next(row for row in found.rows if row.cells[1] and not row.cells[2])
    assert left_out.cells[1] is not None
    assert (changes, left_out.cells[1].units) == ({}, Decimal(5))
    # What was given elsewhere is known as a total alone: nothing is compared with it.
    compared = {cell.change for row in found.rows if (cell := row.cells[1])}
    assert compared == {None}

    page = sign_in(cast.ito).get(reverse("outcomes:side-by-side", args=[course.pk])).content.decode()
    assert "97 days" in page
    assert "Seen after 1 session only: not a pattern yet." in page
    assert "Drooping eyelid, mild" in page
    assert AuditEvent.objects.filter(action="chart-read", patient_id=course.patient_id).exists()


def test_units_of_another_product_are_not_compared(cast: Cast) -> None:
    course, today = cast.course(), cast.harbour.today()
    visits = [(300, "onabotulinumtoxinA"), (200, "abobotulinumtoxinA"), (100, "abobotulinumtoxinA")]
    sign([Visit(course, today - timedelta(days=ago), cast.ito, product=product) for ago, product in visits], cast)
    [row] = side_by_side(course, None).rows
    assert [cell and cell.change for cell in row.cells] == [None, None, Decimal(0)]


def test_the_suggested_day_becomes_the_target_when_accepted(cast: Cast, sign_in: SignIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    first, _ = sign([Visit(course, today - timedelta(days=ago), cast.ito) for ago in (200, 60)], cast)
    found_after(first, course, cast.ito, wear_off=95)
    client, url = sign_in(cast.ito), reverse("outcomes:side-by-side", args=[course.pk])
    page = client.get(url)
    aim = today + timedelta(days=35)
    assert f'name="target_on" value="{aim:%Y-%m-%d}"' in page.content.decode()
    [reason] = re.findall(r'name="reason" value="([^"]+)"', page.content.decode())
    client.post(reverse("treatments:target-choose", args=[course.pk]), {"target_on": f"{aim}", "reason": reason})
    course.refresh_from_db()
    assert course.target_on == aim
    assert reason == "Own wear-off: median 95 days, seen after 1 session"
    assert course.windows.get(closed_by=None).target_chosen_reason == reason
    assert "the target now" in client.get(url).content.decode()
    assert 'name="target_on"' not in sign_in(cast.ada).get(url).content.decode()


def test_what_a_follow_up_told_without_a_term_is_no_side_effect_unrecorded(cast: Cast, sign_in: SignIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    [session] = sign([Visit(course, today - timedelta(days=60), cast.ito)], cast)
    told = found_after(session, course, cast.ito)
    FollowUp.objects.filter(pk=told.pk).update(adverse_event=True, adverse_event_text="Swallowing felt slow")
    page = sign_in(cast.ito).get(reverse("outcomes:side-by-side", args=[course.pk])).content.decode()
    assert "Swallowing felt slow" in page
    assert "none recorded" not in page


def test_two_failures_after_a_response_ask_for_a_review(cast: Cast, sign_in: SignIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    sign([Visit(course, today - timedelta(days=ago), cast.ito) for ago in (400, 300, 200)], cast)
    for ago, days in ((401, 20), (320, 8), (220, 18), (120, 19)):
        score(course, "headache_days", days, today - timedelta(days=ago), cast.ito)
    page = sign_in(cast.ito).get(reverse("outcomes:side-by-side", args=[course.pk])).content.decode()
    assert "No response to the last 2 assessed sessions, after a response to an earlier one" in page
    assert reverse("outcomes:response-review", args=[course.pk]) in page


def test_it_asks_as_little_with_many_sessions(cast: Cast, sign_in: SignIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    client, url = sign_in(cast.ito), reverse("outcomes:side-by-side", args=[course.pk])
    client.get(url)
    counts = []
    for first in (30, 3):
        days = [today - timedelta(days=100 * number) for number in range(first, first - 3, -1)]
        sign([Visit(course, day, cast.ito) for day in days], cast)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 12
