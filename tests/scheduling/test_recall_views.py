"""The recall page and what is done on it: works, refused, stranger, bad input."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.models import AuditEvent
from scheduling import actions
from scheduling.models import RecallAttempt, RecallHold
from scheduling.recall_list import TABS
from tests.cast import Cast
from tests.scheduling.made import course_in, ids
from treatments.models import Condition, TreatmentCourse

SignIn = Callable[[User], Client]
LIST = "/recalls/"


def test_robin_sees_whom_to_call(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    page = sign_in(cast.robin).get(LIST).content.decode()
    assert "Koch, Joye" in page
    assert "+1 617 555 0134" in page
    assert "Migraine" in page
    assert f"/appointments/new/?course={course.pk}" in page
    assert 'aria-current="page">To call' in page


@pytest.mark.parametrize("count", [1, 200])
def test_the_list_asks_as_little_with_many_rows(
    cast: Cast, sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries, count: int
):
    for number in range(count):
        course = course_in(cast, "due")
        if number % 2:
            actions.log_attempt(course=course, channel="phone", outcome="agreed", by=cast.robin)
    client = sign_in(cast.robin)
    client.get(LIST)
    with django_assert_num_queries(QUERIES):
        client.get(LIST)
    with django_assert_num_queries(QUERIES):
        client.get(LIST, headers={"HX-Request": "true"})


# session, user, sites, menus with saved views, languages, counts, rows, lights (2; the shelf only with a product)
QUERIES = 8


def test_a_long_list_says_more_than_it_counted(cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scheduling.views.recalls.COUNTED_TO", 2)
    for condition in ("chronic_migraine", "chronic_migraine", "cervical_dystonia"):
        course_in(cast, "due", condition=condition)
    page = sign_in(cast.robin).get(LIST).content.decode()
    assert '<span aria-hidden="true">2+</span><span class="visually-hidden"> more than 2</span>' in page
    assert "To call: more than 2 courses." in page
    assert page.count("Log call") >= 3
    page = (
        sign_in(cast.robin).get(LIST, {"condition": Condition.objects.get(key="cervical_dystonia").pk}).content.decode()
    )
    assert "more than 1 left out" in page
    assert "To call: 1 course." in page


def test_filters(cast: Cast, sign_in: SignIn):
    course_in(cast, "due", patient=cast.joye)
    neck = course_in(cast, "due", condition="cervical_dystonia", provider=cast.okafor)
    course_in(cast, "due", patient=cast.omar)
    client = sign_in(cast.robin)

    def found(**query: Any) -> set[str]:
        page = client.get(LIST, query).content.decode()
        return set(re.findall(r'class="recall-name" href="[^"]*">([^<]+)<', page))

    assert found() == {"Koch, Joye", neck.patient.name}
    assert found(site=cast.mesa.pk) == {"Díaz, Omar"}
    assert found(site="all") == {"Koch, Joye", neck.patient.name, "Díaz, Omar"}
    assert found(condition=neck.condition_id) == {neck.patient.name}
    assert found(provider=cast.ito.pk) == {"Koch, Joye"}
    assert found(provider=cast.ito.pk, condition=neck.condition_id) == set()


def test_the_current_site_is_the_one_chosen(cast: Cast, sign_in: SignIn):
    course_in(cast, "due", patient=cast.omar)
    client = sign_in(cast.robin)
    session = client.session
    session["site_id"] = cast.mesa.pk
    session.save()
    assert "Díaz, Omar" in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "tab=nonsense",
        "condition=x&provider=-1&site=999999",
        "after=0&before=x",
        "after=99999999999999999999999",
        "after=1&place=1",  # a place is a number in some orders only
        "sort=name&before=1&place=7",
        "sort=contact&after=1&place=999999999999999999",
        "sort=contact&before=1&place=99999999999999999",
        "sort=attempts&after=1&place=99999999999999999",
        "sort=target&after=1&place=2",
        "after=123456789",
        "tab=hidden&after=5",
    ],
)
def test_nonsense_in_the_address_is_no_error(cast: Cast, sign_in: SignIn, query: str):
    course_in(cast, "due")
    assert sign_in(cast.robin).get(f"{LIST}?{query}").status_code == 200


def test_another_sites_filter_shows_nothing_of_it(cast: Cast, sign_in: SignIn):
    course_in(cast, "due", patient=cast.joye)
    page = sign_in(cast.max).get(LIST, {"site": cast.harbour.pk}).content.decode()
    assert "Koch" not in page


def test_no_patient_stands_in_an_address(cast: Cast, sign_in: SignIn):
    course_in(cast, "due", patient=cast.joye)
    page = sign_in(cast.robin).get(LIST).content.decode()
    addresses = re.findall(r'(?:href|action|hx-get|hx-post)="([^"]*)"', page)
    assert addresses
    assert not any("Koch" in address or "Joye" in address for address in addresses)


def test_an_administrator_reads_but_is_offered_no_work(cast: Cast, sign_in: SignIn):
    course_in(cast, "due", patient=cast.joye)
    page = sign_in(cast.ada).get(LIST).content.decode()
    assert "Koch, Joye" in page
    assert "Log call" not in page
    assert "/appointments/new/" not in page


def test_the_empty_list_says_so(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.robin)
    for tab in TABS:
        assert 'class="empty"' in client.get(LIST, {"tab": tab}).content.decode()


def test_htmx_gets_the_part_and_a_restored_page_the_whole(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.robin)
    part = client.get(LIST, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    restored = client.get(LIST, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in restored.content.decode()


# --- log a call, snooze, bring back: works, refused, stranger, bad input


def act(name: str, course: TreatmentCourse) -> str:
    return reverse(f"scheduling:recall-{name}", args=[course.pk])


def test_log_a_call(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    client = sign_in(cast.robin)
    answer = client.post(
        act("log", course),
        {"channel": "phone", "outcome": "voicemail", "note": "evening is better", "back": "tab=due"},
        follow=True,
    )
    assert answer.redirect_chain == [("/recalls/?tab=due", 302)]
    page = answer.content.decode()
    assert "Logged for Koch, Joye: left a voicemail. Back on the list" in page
    assert 'class="recall-name"' not in page
    attempt = RecallAttempt.objects.get()
    assert (attempt.outcome_id, attempt.note, attempt.by) == ("voicemail", "evening is better", cast.robin)
    assert "evening is better" in client.get(act("log", course)).content.decode()


def test_log_a_call_beside_the_list(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    client = sign_in(cast.robin)
    form = client.get(act("log", course), headers={"HX-Request": "true"}).content.decode()
    assert form.lstrip().startswith('<tr class="row-form"')
    answer = client.post(
        act("log", course), {"channel": "phone", "outcome": "agreed", "back": ""}, headers={"HX-Request": "true"}
    )
    page = answer.content.decode()
    assert "Agreed to book" in page
    assert 'class="recall-name"' in page, "who agreed has still to be booked"


def test_a_bad_log_keeps_what_was_typed(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    for headers in ({}, {"HX-Request": "true"}):
        answer = sign_in(cast.robin).post(
            act("log", course), {"channel": "phone", "outcome": "", "note": "evening"}, headers=headers
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Choose what came of it." in page
        assert 'value="evening"' in page
    assert answer["HX-Retarget"] == f"#row-form-{course.pk}"
    assert not RecallAttempt.objects.exists()


def test_snooze_and_bring_back(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    client = sign_in(cast.robin)
    until = cast.harbour.today() + timedelta(days=20)
    answer = client.post(act("hold", course), {"until": until.isoformat(), "reason": "travels"}, follow=True)
    assert "Koch, Joye is back on the list" in answer.content.decode()
    assert ids(cast) == []
    hidden = client.get(LIST, {"tab": "hidden"}).content.decode()
    assert "Koch, Joye" in hidden
    assert "Bring back" in hidden
    client.post(act("bring-back", course), {"back": "tab=hidden"})
    assert ids(cast) == [course.pk]


@pytest.mark.parametrize(
    ("until", "reason", "words"),
    [
        ("", "travels", "Choose a day."),
        ("soon", "travels", "Enter a valid date."),
        ("2020-01-01", "travels", "Choose a day after today."),
        ("2999-01-01", "travels", "At most a year ahead."),
        ("2999-01-01", "", "Say why."),
    ],
)
def test_a_bad_snooze_keeps_what_was_typed(cast: Cast, sign_in: SignIn, until: str, reason: str, words: str):
    course = course_in(cast, "due")
    answer = sign_in(cast.robin).post(act("hold", course), {"until": until, "reason": reason})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'value="{until}"' in page or not until
    assert f'value="{reason}"' in page or not reason
    assert not RecallHold.objects.exists()


def test_a_call_pressed_twice_is_one_call_and_another_ones_is_said(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    robin, ito = sign_in(cast.robin), sign_in(cast.ito)
    assert 'name="seen" value="0"' in robin.get(act("log", course)).content.decode()
    sent = {"channel": "phone", "outcome": "no_answer", "note": "mornings", "seen": "0"}
    assert [robin.post(act("log", course), sent).status_code for _ in range(2)] == [302, 302]
    assert RecallAttempt.objects.count() == 1
    answer = ito.post(act("log", course), sent | {"note": "evenings"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert f"{cast.robin} has logged a call meanwhile: no answer." in page
    assert 'value="evenings"' in page
    assert ito.post(act("log", course), sent | {"note": "evenings", "take_over": "1"}).status_code == 302
    assert RecallAttempt.objects.count() == 2


def test_a_row_put_away_twice_is_put_away_once_and_another_ones_is_said(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    robin, ito = sign_in(cast.robin), sign_in(cast.ito)
    assert 'name="seen" value="0"' in robin.get(act("hold", course)).content.decode()
    until = cast.harbour.today() + timedelta(days=20)
    sent = {"kind": "snooze", "until": until.isoformat(), "reason": "travels", "seen": "0"}
    assert [robin.post(act("hold", course), sent).status_code for _ in range(2)] == [302, 302]
    answer = ito.post(act("hold", course), sent | {"kind": "stop", "reason": "moves away"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f"{cast.robin} has changed this row meanwhile: snoozed, “travels”." in page
    assert 'value="moves away"' in page
    newest = RecallHold.objects.get()
    assert f'name="seen" value="{newest.pk}"' in page
    ito.post(act("hold", course), sent | {"kind": "stop", "reason": "moves away", "seen": str(newest.pk)})
    assert [row.kind for row in RecallHold.objects.all()] == ["stop", "snooze"]
    for client in (robin, ito):
        client.post(act("bring-back", course))
    assert [row.kind for row in RecallHold.objects.all()] == ["back", "stop", "snooze"]


@pytest.mark.parametrize("name", ["log", "hold", "bring-back", "release"])
def test_who_may_not_work_recalls(cast: Cast, sign_in: SignIn, name: str):
    course = course_in(cast, "due")
    assert sign_in(cast.ada).post(act(name, course), {}).status_code == 403
    assert sign_in(cast.max).post(act(name, course), {}).status_code == 404
    assert Client().post(act(name, course), {}).status_code == 302
    assert not RecallAttempt.objects.exists()
    assert not RecallHold.objects.exists()


def test_the_way_back_is_never_an_address_of_its_own(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due")
    answer = sign_in(cast.robin).post(
        act("log", course), {"channel": "phone", "outcome": "agreed", "back": "//evil.example/?tab=due&x=1"}
    )
    assert answer["Location"] in ("/recalls/", "/recalls/?tab=due")


def test_opening_a_patients_row_is_recorded(cast: Cast, sign_in: SignIn):
    course = course_in(cast, "due", patient=cast.joye)
    sign_in(cast.robin).get(act("log", course))
    event = AuditEvent.objects.filter(action="chart-read").get()
    assert (event.patient_id, event.actor_id) == (cast.joye.pk, cast.robin.pk)
