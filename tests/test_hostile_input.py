"""A few hundred hostile requests, always the same; benchmarks/hostile_input.py sends 20,000."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.urls import reverse

from benchmarks.pages import Field
from tests.access_table import TABLE
from tests.cast import Cast
from tests.hostile import Hostile, Target, attack
from tests.hostile_kinds import wrong_values
from tests.hostile_places import each_place, places
from tests.hostile_systematic import Place, Systematic, wordless

# Pages with the most fields, lists with the most filters, and each kind of caller: staff, patient, tablet, nobody.
PLACES = [
    "scheduling:recall-list", "scheduling:lengths-save", "scheduling:day-list", "outcomes:follow-up-take",
    "outcomes:review-list", "patients:patient-create", "patients:patient-list", "treatments:outside-session-create",
    "inventory:lot-receive", "interop:import-list", "link: appointment", "tablet: patients:screening-tablet",
]  # fmt: skip
EACH = 8


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("place", PLACES)
def test_no_hostile_request_is_an_error_of_the_server(cast: Cast, place: str):
    hostile = Hostile(cast)

    def spoil(targets: list[Target]) -> None:
        for number, target in enumerate(targets):
            hostile.look(target)
            hostile.sweep(target, most=6)
            attack(hostile, target, EACH, number=number)

    with hostile.asked.listening():
        each_place(hostile, spoil, only=place)
    assert hostile.tally.failures == {}
    assert hostile.tally.requests >= EACH


def test_every_url_of_the_table_is_a_place(cast: Cast):
    named = {name for name, _ in places(Hostile(cast))}
    assert {row.name for row in TABLE if "token" not in row.args and ":tablet-" not in row.name} <= named


def test_the_systematic_walk_finds_what_can_be_sent_by_itself(cast: Cast):
    hostile = Hostile(cast)
    walk = Systematic(hostile, seed=1, most=1)
    names = ["patients:patient-create", "messaging:message-list"]
    with hostile.asked.listening():
        links = [
            there.name
            for name in names
            for there in walk.visit(Place("front_desk", lambda: hostile.client(cast.robin), reverse(name)))
        ]
    assert hostile.tally.failures == {}
    assert {"given_name", "birth_date", "phone"} <= {name for _, _, name in walk.walked.fields}
    # The filters stand in a form; that there is a cursor only the view says.
    assert {"day", "status", "channel", "after"} <= {name for _, _, name in walk.walked.parameters}
    assert {"patients:patient-list", "messaging:message-list"} <= set(links)


@pytest.mark.parametrize(
    ("answer", "says_nothing"),
    [
        (HttpResponse("<main><h1>New patient</h1><p>Given name</p></main>", status=422), True),
        (HttpResponse('<main><p class="field-error">Enter a date.</p></main>', status=422), False),
        (HttpResponse('<span role="status">Two things are wrong.</span>', status=422), False),
        (HttpResponse("Not Found", status=404, content_type="text/plain"), True),
        (HttpResponse("<h1>Nothing here</h1><p>The address is wrong.</p>", status=404), False),
        (HttpResponse(status=409), True),
        (HttpResponse("", status=200), False),
    ],
)
def test_an_answer_without_words_is_noticed(answer: HttpResponse, says_nothing: bool):
    assert wordless(answer) is says_nothing


def test_what_is_wrong_goes_by_the_kind_of_the_field():
    assert "2026-02-30" in wrong_values(Field("on", "date", ""))
    assert "NaN" not in wrong_values(Field("on", "date", ""))
    assert {"2026-02-30", "NaN", "9999-12"} <= set(wrong_values(None))
    assert {"2026-01-05.²", "2026-01-05.1", "x"} & set(wrong_values(None, "2026-01-05.12")) == {
        "2026-01-05.²",
        "2026-01-05.1",
    }
