"""A few hundred hostile requests, always the same; benchmarks/hostile_input.py sends 20,000."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.access_table import TABLE
from tests.cast import Cast
from tests.hostile import Hostile, Target, attack
from tests.hostile_places import each_place, places

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
