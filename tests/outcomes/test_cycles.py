"""Rule R14 through the database: the same words on every page and paper, without another query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from clinic.paper.packet import audit_packet
from clinic.paper.session import for_paper, procedure_note
from outcomes.summaries import summaries_for
from tests.cast import Cast
from tests.outcomes.cycles import Visit, score, sign
from tests.treatments.charted import draft, migraine_sites, signed, vials_in_stock
from treatments.checks import findings_of
from treatments.models import InjectionSession, TreatmentCourse

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def cycle_words(session: InjectionSession, cast: Cast) -> list[str]:
    session = InjectionSession.objects.for_chart().get(pk=session.pk)
    found = findings_of(session, by=cast.ito, today=session.performed_on)
    return [one.words for one in found if one.rule == "R14"]


@pytest.mark.parametrize(
    ("condition", "instrument", "scores", "words"),
    [
        ("chronic_migraine", "headache_days", [(-100, 19), (-20, 8)],
         "19 to 8 headache days, 58 % fewer: response"),
        ("chronic_migraine", "headache_days", [(-100, 19), (-5, 12)],
         "19 to 12 headache days, 37 % fewer: no response"),
        ("chronic_migraine", "headache_days", [(-20, 8)], "not assessable: no 28-day diary before the first session"),
        ("chronic_migraine", "headache_days", [(-100, 19), (-60, 8)], "not assessable: no score in weeks 9 to 14"),
        ("chronic_migraine", "hit6", [(-100, 66), (-20, 50)],
         "not assessable: no 28-day diary before the first session"),
        ("upper_limb_spasticity", "mas", [(-100, 3), (-60, "1.5")], "MAS 3 to 1+, 1.5 points lower: response"),
        ("cervical_dystonia", "twstrs", [(-100, 40), (-60, 35)], "TWSTRS 40 to 35, 5 points lower: no response"),
    ],
)  # fmt: skip
def test_the_finding_and_the_course_say_the_same(
    cast: Cast, condition: str, instrument: str, scores: list[tuple[int, Any]], words: str
) -> None:
    course, today = cast.course(condition=condition), cast.harbour.today()
    sign([Visit(course, today - timedelta(days=100), cast.ito)], cast)
    for day, value in scores:
        score(course, instrument, value, today + timedelta(days=day), cast.ito)
    session = draft(cast, course, on=today, vials=[], sites=[])
    [found] = cycle_words(session, cast)
    assert found.endswith(f": {words}.")
    later = summaries_for([course], on=today + timedelta(days=200))[course.pk].latest
    assert later is not None
    assert later.cycle.words == words


def test_every_page_and_paper_says_it(cast: Cast, sign_in: SignIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    before = signed(cast, course, on=today - timedelta(days=100))
    score(course, "headache_days", 19, today - timedelta(days=101), cast.ito)
    score(course, "headache_days", 8, today - timedelta(days=10), cast.ito)
    words = "19 to 8 headache days, 58 % fewer: response"
    client = sign_in(cast.ito)
    session = draft(cast, course, on=today, vials=vials_in_stock(cast, 1), sites=migraine_sites(course))
    for name, about in (
        ("treatments:session-chart", session.pk),
        ("treatments:session-review", session.pk),
        ("clinic:course", course.pk),
        ("clinic:chart", course.patient_id),
    ):
        page = client.get(reverse(name, args=[about])).content.decode()
        assert words in page, name
    # The draft is taken up and signed.
    given = signed(cast, course, on=today)
    printed = for_paper(InjectionSession.objects.all()).get(pk=given.pk)
    [said] = procedure_note(printed)["measured"]
    assert said.endswith(f": {words}.")
    [row] = audit_packet(printed)["before"]
    assert (row["session"].pk, row["judged"]) == (before.pk, words)
    assert words in client.get(reverse("treatments:session-detail", args=[given.pk])).content.decode()


def test_it_is_one_query_for_any_number_of_courses(cast: Cast) -> None:
    course = cast.course()
    courses: list[TreatmentCourse] = [course, cast.course(condition="low_back_pain"), cast.course(cast.omar)]
    sign([Visit(one, cast.harbour.today() - timedelta(days=90), cast.ito) for one in courses], cast)
    for some in ([course], courses):
        with CaptureQueriesContext(connection) as seen:
            found = summaries_for(some)
            assert len(found) == len(some)
            assert all(len(summary.cycles) == 1 for summary in found.values())
        assert len(seen) == 1
