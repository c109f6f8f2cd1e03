"""Rules R1, R2 and R8: the vials of a session."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.treatments.facts_made import (
    BOTOX,
    DAXXIFY,
    DYSPORT,
    MYOBLOC,
    NOON,
    XEOMIN,
    dosed,
    facts,
    keys,
    sites,
    vials,
    words,
)
from treatments.rules.facts import ProductFacts, Severity
from treatments.rules.vials import draw_from

STOP, WARN, NOTE = Severity.STOP, Severity.WARN, Severity.NOTE


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"in_stock": False}, "vial-gone-200 U vial 0"),
        ({"lot_problem": "Lot C1 expired on 1 Jan 2026."}, "vial-lot-200 U vial 0"),
        ({"of_another_patient": True}, "vial-patient-200 U vial 0"),
        ({"product": DYSPORT.key}, "vial-product-200 U vial 0"),
        ({"discarded": Decimal("44.5")}, "vial-open-200 U vial 0"),
        ({"discarded": Decimal("45.5")}, "vial-open-200 U vial 0"),
        ({"reconstituted_at": NOON + timedelta(minutes=1)}, "vial-clock-200 U vial 0"),
    ],
)
def test_a_vial_that_may_not_be_used_stops(change: dict[str, object], key: str) -> None:
    (vial,) = vials(200, total=Decimal(155))
    assert keys(facts(vials=(replace(vial, **change),)))[key] is STOP  # type: ignore[arg-type]
    assert key not in keys(facts(vials=(vial,)))


@pytest.mark.parametrize(("needed", "stops"), [(154.5, True), (155, False), (155.5, True)])
def test_the_vials_give_what_the_sites_need(needed: float, stops: bool) -> None:
    found = keys(facts(sites=sites(needed), vials=vials(200, total=Decimal(155))))
    assert found.get("vials-short") is (STOP if stops else None)


@pytest.mark.parametrize(
    ("product", "hours", "severity"),
    [
        (BOTOX, 24, STOP),  # A
        (XEOMIN, 24, STOP),  # A
        (DYSPORT, 24, WARN),  # B
        (DAXXIFY, 72, WARN),  # B
        (MYOBLOC, 4, WARN),  # B, once diluted
    ],
)
def test_after_its_in_use_time_a_vial_is_not_used(product: ProductFacts, hours: int, severity: Severity) -> None:
    def of(minutes: int) -> Severity | None:
        session = dosed(product, sites(100, 50, muscle="x"))
        (vial,) = session.vials
        since = NOON - timedelta(hours=hours, minutes=minutes)
        return keys(replace(session, vials=(replace(vial, reconstituted_at=since),))).get("vial-hours-vial")

    assert of(-1) is None
    assert of(0) is None
    assert of(1) is severity


def test_confirmed_in_use_hours_stop() -> None:
    confirmed = replace(DYSPORT, in_use_confidence="confirmed")
    session = dosed(confirmed, sites(100, 50, muscle="x"))
    late = replace(session.vials[0], reconstituted_at=NOON - timedelta(hours=25))
    session = replace(session, vials=(late,))
    assert keys(session)["vial-hours-vial"] is STOP
    assert "25 hours before it was given; the label allows 24 hours" in words(session, "vial-hours-vial")


@pytest.mark.parametrize(("hours", "said"), [(0, False), (12, False), (13, True), (24, True)])
def test_a_vial_reconstituted_the_day_before_is_noted(hours: int, said: bool) -> None:
    (vial,) = vials(200, total=Decimal(155))
    vial = replace(vial, reconstituted_at=NOON - timedelta(hours=hours))
    assert keys(facts(vials=(vial,))) == ({"vial-day-200 U vial 0": NOTE} if said else {})


def test_a_reconstitution_nobody_wrote_down_is_noted_and_one_among_others_asks_why() -> None:
    one, two = vials(100, 100, total=Decimal(155))
    silent = replace(one, reconstituted_at=None), replace(two, reconstituted_at=None)
    assert keys(facts(vials=silent)) == {"reconstitution": NOTE}
    assert keys(facts(vials=(silent[0], two))) == {"reconstitution": WARN}
    assert keys(facts(vials=(replace(silent[0], undiluted=True), two))) == {}


def test_a_solution_used_as_it_came_has_no_clock() -> None:
    session = dosed(MYOBLOC, sites(2500, 500, muscle="x"))
    session = replace(session, vials=tuple(replace(vial, reconstituted_at=None) for vial in session.vials))
    assert keys(session) == {}


@given(
    st.lists(st.integers(1, 500).map(Decimal), max_size=6),
    st.integers(0, 2000).map(lambda half: Decimal(half) / 2),
)
def test_given_plus_discarded_is_always_the_vial(sizes: list[Decimal], total: Decimal) -> None:
    draws = draw_from(sizes, total=total)
    assert [draw.given + draw.discarded for draw in draws] == sizes
    assert sum(draw.given for draw in draws) == min(total, sum(sizes, Decimal(0)))
    assert all(draw.given >= 0 and draw.discarded >= 0 for draw in draws)


def test_without_the_end_of_the_session_the_words_say_what_to_do() -> None:
    session = facts(end_recorded=False)
    late = replace(session, vials=(replace(session.vials[0], reconstituted_at=NOON - timedelta(hours=25)),))
    assert words(late, "vial-hours-200 U vial 0").endswith(
        "reconstituted 25 hours before the latest moment it can have been given; the label allows 24 hours. "
        "Record when the session ended."
    )
