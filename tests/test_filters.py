"""What an address asks that nobody knows: said beside the filter, and the list is shown without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.filters import left_out_words
from accounts.models import User
from tests.cast import Cast
from tests.scheduling.made import booked, dated

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]
NOT_A_DAY = "“abc” is not a day of the calendar, so it is left out."

LISTS = [
    ("scheduling:recall-list", "condition", "xyz"),
    ("scheduling:recall-list", "provider", "999999"),
    ("scheduling:recall-list", "payer", "%s%"),
    ("scheduling:recall-list", "sort", "xyz"),
    ("scheduling:recall-list", "language", "Klingon"),
    ("scheduling:recall-list", "attempts", "-1"),
    ("scheduling:waiting-list", "provider", "999999"),
    ("messaging:message-list", "status", "xyz"),
    ("messaging:message-list", "purpose", "x" * 5000),
    ("inventory:stock-list", "sites", "xyz"),
    ("outcomes:follow-up-list", "who", "999999"),
    ("outcomes:follow-up-list", "condition", "xyz"),
    ("outcomes:follow-up-list", "condition", "9" * 30),
    ("outcomes:follow-up-list", "tab", "xyz"),
    ("outcomes:review", "condition", "xyz"),
    ("outcomes:review", "provider", "999999"),
    ("outcomes:review", "period", "xyz"),
]
DAYS = [
    ("scheduling:recall-list", {"target_from": "abc"}),
    ("scheduling:recall-list", {"target_to": "abc"}),
    ("messaging:message-list", {"day": "abc"}),
    ("outcomes:review", {"period": "own", "first": "abc"}),
    ("outcomes:review", {"period": "own", "first": "abc", "last": "2026-02-01"}),
]


@pytest.mark.parametrize(("name", "field", "text"), LISTS)
def test_a_choice_that_nobody_knows_is_left_out_and_said(
    cast: Cast, sign_in: SignIn, name: str, field: str, text: str
) -> None:
    answer = sign_in(cast.ada).get(reverse(name), {field: text})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert left_out_words(text) in page
    assert "Select a valid choice" not in page


@pytest.mark.parametrize(("name", "query"), DAYS)
def test_a_day_that_is_none_is_left_out_and_said(cast: Cast, sign_in: SignIn, name: str, query: dict[str, str]) -> None:
    answer = sign_in(cast.ada).get(reverse(name), query)
    assert answer.status_code == 200
    assert NOT_A_DAY in answer.content.decode()


def test_the_list_is_shown_without_it(cast: Cast, sign_in: SignIn) -> None:
    dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100))
    page = sign_in(cast.robin).get(
        reverse("scheduling:recall-list"), {"condition": "xyz", "provider": cast.ito.pk, "target_from": "abc"}
    )
    assert "Koch, Joye" in page.content.decode()
    figures = sign_in(cast.ada).get(reverse("outcomes:review"), {"condition": "xyz", "period": "own", "last": "abc"})
    assert "Responders" in figures.content.decode()
    assert "in the last 12 months" in figures.content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"provider": "999999"}, "who does not is left out"),
        ({"provider": "xyz", "view": "week"}, "who does not is left out"),
        ({"day": "abc"}, "That is not a day of the calendar. This is today."),
        ({"view": "year"}, "There is no such view of the calendar. This is the day."),
    ],
)
def test_the_calendar_says_what_it_leaves_out(cast: Cast, sign_in: SignIn, query: dict[str, str], words: str) -> None:
    visit = booked(cast, dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=100)))
    page = sign_in(cast.robin).get(reverse("scheduling:day-list"), {"day": visit.on.isoformat()} | query)
    assert page.status_code == 200
    assert words in page.content.decode()
    if "day" not in query:
        assert "Koch, Joye" in page.content.decode()
    assert page.context["shown"].providers == (), "what is left out does not go on in the links"
