"""The dose rules tell their findings apart: which of them speaks, under which rule, with which numbers."""

import pytest

from tests.treatments.facts_made import (
    ARM,
    BOTOX,
    DYSPORT,
    MIGRAINE,
    UPPER,
    XEOMIN,
    dosed,
    facts,
    keys,
    of_a_child,
    sites,
    words,
)  # fmt: skip
from tests.treatments.test_findings_dose import past
from treatments.rules.facts import SessionFacts
from treatments.rules.findings import find_all


def about_totals(session: SessionFacts) -> set[str]:
    return {key for key in keys(session) if key.startswith(("maximum", "rolling"))}


def arm(units: float, *earlier: tuple[float, int], product: object = XEOMIN, limbs: bool = True) -> SessionFacts:
    """The left arm of a child of 20 kg, treated with Xeomin now and on days before: 160 U a limb, 320 U in all."""
    before = tuple(
        row
        for amount, days in earlier
        for row in past(product, amount, days, *([(UPPER, "left", amount)] if limbs else []))  # type: ignore[arg-type]
    )
    session = dosed(product, sites(units, 10, 1, "biceps", "left"), ARM, earlier=before)  # type: ignore[arg-type]
    return of_a_child(session, kg=20)


def test_without_a_product_no_total_and_no_vial_is_judged() -> None:
    assert set(keys(facts(product=None))) == {"no-product"}
    assert "no-vials" not in keys(facts(product=None, vials=()))
    assert set(keys(of_a_child(facts(product=None), kg=20))) == {"no-product", "weight-used"}


@pytest.mark.parametrize(
    ("now", "before", "days", "found"),
    [
        (100, 60, 1, set()),
        (100, 60.5, 1, {"rolling"}),
        (160, 0.5, 40, {"rolling"}),
        (160, 0.5, 83, {"rolling"}),
        (160, 0.5, 84, set()),
        # On one day it is the maximum itself, and nothing is said twice.
        (100, 60.5, 0, {"maximum"}),
        (160.5, 0, 1, {"maximum"}),
    ],
)
def test_a_childs_limb_is_over_by_the_day_or_over_twelve_weeks(
    now: float, before: float, days: int, found: set[str]
) -> None:
    assert {key.split("-")[0] for key in about_totals(arm(now, (before, days)))} == found


def test_by_how_much_twelve_weeks_are_over() -> None:
    session = arm(100, (100, 1))
    (key,) = about_totals(session)
    assert "40 U over the label's 160 U (8 U/kg at 20 kg" in words(session, key)


def test_an_adults_maximum_for_one_session_is_no_childs_limb() -> None:
    assert about_totals(arm(150, (300, 40), limbs=False)) == {"rolling-total"}


def test_a_maximum_with_a_window_is_said_by_itself() -> None:
    # 10 U/kg in three months; 210 U of 200.
    child = arm(100, (110, 40), product=BOTOX, limbs=False)
    assert about_totals(child) == {"maximum-84-child"}
    adult = facts(courses=(MIGRAINE,), sites=sites(300), earlier=past(BOTOX, 150, 60))
    assert about_totals(adult) == {"maximum-84"}


def test_only_a_maximum_of_three_months_has_a_week_after_it() -> None:
    session = dosed(DYSPORT, sites(800, 10, 1, "biceps"), ARM, earlier=past(DYSPORT, 800, 88, (UPPER, "left", 800)))
    assert about_totals(session) == set()


@pytest.mark.parametrize(
    ("session", "key", "rule"),
    [
        (facts(sites=sites(401)), "maximum-84", "R3"),
        (facts(sites=sites(155), earlier=past(BOTOX, 300, 88)), "maximum-near-84", "R3"),
        (dosed(XEOMIN, sites(401, 10, 1, "biceps"), ARM), "maximum-0", "R4"),
        (dosed(XEOMIN, sites(300, 10, 1, "biceps"), ARM, earlier=past(XEOMIN, 200, 50)), "rolling-total", "R7"),
        (arm(160.5), f"maximum-0-{UPPER}-child-one-{UPPER}-left", "R5"),
        (arm(160, (1, 50)), f"rolling-0-{UPPER}-child-one-{UPPER}-left", "R7"),
    ],
)
def test_each_total_names_its_rule(session: SessionFacts, key: str, rule: str) -> None:
    assert {found.key: found.rule for found in find_all(session)}[key] == rule


def test_what_one_session_gave_is_said_of_this_session() -> None:
    assert words(dosed(XEOMIN, sites(401, 10, 1, "biceps"), ARM), "maximum-0").startswith(
        "Xeomin: 401 U in this session"
    )


@pytest.mark.parametrize(("kg", "by_weight"), [(24, True), (25, False), (26, False)])
def test_the_weight_is_named_only_where_it_makes_the_maximum_lower(kg: float, by_weight: bool) -> None:
    session = of_a_child(dosed(XEOMIN, sites(200.5, 10, 1, "biceps", "left"), ARM), kg=kg)
    assert ("U/kg" in words(session, f"maximum-0-{UPPER}-child-one-{UPPER}-left")) is by_weight
