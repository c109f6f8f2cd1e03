"""Each rule of the catalogue, and each number that ships, below, at and above its limit."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.treatments.facts_made import BOTOX, DAXXIFY, DYSPORT, MYOBLOC, NECK, XEOMIN, dosed, of_a_child
from tests.treatments.limits import LIMITS, NOTE, STOP, WARN, Limit, mixed
from treatments.rules.catalogue import RULES
from treatments.rules.facts import (
    CourseFacts,
    Maximum,
    MuscleRange,
    ProductFacts,
    SessionFacts,
    ShortestInterval,
    SiteDose,
)
from treatments.rules.findings import RULES as CHECKS
from treatments.rules.findings.dose import label_maximum
from treatments.rules.findings.muscles import muscle_range
from treatments.rules.findings.vials import in_use_time

ROOT = Path(__file__).resolve().parents[2]
# Rules that no finding says, or not alone, and the tables that hold them.
TABLES = {
    "R11": ("test_session_actions", "test_the_database_refuses_to_change_a_signed_session"),
    "R12": ("test_windows_rules", "test_state_at_each_edge"),
    "R13": ("test_toxin_spread", "test_how_urgent_answers_are"),
    "R14": ("test_response_rules", "test_only_the_measuring_days_count"),
}


def found(limit: Limit, value: Any) -> bool:
    rows = [row for row in limit.check(limit.of(value)) if (row.key, row.severity) == (limit.key, limit.severity)]
    # A finding leads to its rule in the catalogue: by its rule's number, or by the part of the page it is about.
    assert all((row.rule or row.about) == limit.rule for row in rows)
    return bool(rows)


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_a_rule_below_at_and_above_its_limit(limit: Limit) -> None:
    values = {"below": limit.below, "at": limit.at, "above": limit.above}
    assert {name for name, value in values.items() if found(limit, value)} == limit.found


def test_every_rule_of_the_catalogue_and_every_check_has_its_limits() -> None:
    shown = {(row.id, check) for row in RULES for check in row.checks}
    assert {(limit.rule, limit.check.__name__) for limit in LIMITS} == shown  # type: ignore[attr-defined]
    assert {limit.check for limit in LIMITS} == set(CHECKS)
    assert {row.id for row in RULES} == {limit.rule for limit in LIMITS} | TABLES.keys()


@pytest.mark.parametrize("rule", TABLES)
def test_what_no_finding_says_has_a_table_of_its_own(rule: str) -> None:
    module, name = TABLES[rule]
    table = getattr(importlib.import_module(f"tests.treatments.{module}"), name)
    assert [len(mark.args[1]) >= 3 for mark in table.pytestmark if mark.name == "parametrize"] == [True]


# --- the numbers that ship


def reference(path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((ROOT / path).read_text())
    return rows


def decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


CONDITIONS = reference("treatments/reference/conditions.json")
DOSES = reference("treatments/reference/muscle_doses.json")
PRODUCTS = {row["key"]: row for row in reference("inventory/reference/products.json")}


def product_of(key: str) -> ProductFacts:
    """The product with all its numbers, as they ship."""
    row = PRODUCTS[key]
    return ProductFacts(
        key,
        row["brand"],
        maxima=tuple(
            Maximum(
                Decimal(one["units"]), one["window_days"], tuple(one["indications"]), one["words"], one["source"],
                one["confidence"], one["under_18"], decimal(one["per_kg"]), one["limbs"],
            )
            for one in row["label_maxima"]
        ),
        muscle_ranges=tuple(
            MuscleRange(
                one["condition"], tuple(one["muscles"]), Decimal(one["units_max"]), decimal(one["units_min"]),
                one["sites_min"], one["sites_max"], one["per_kg"], one["under_18"], one["source"], one["confidence"],
            )
            for one in DOSES
            if one["product"] == key
        ),
        intervals=tuple(
            ShortestInterval(one["indication"], one["under_18"], one["days"]) for one in row["label_intervals"]
        ),
        labelled=tuple(one["key"] for one in CONDITIONS if key in one["on_label_products"]),
        in_use_hours=row["in_use_hours"],
        in_use_confidence=row["in_use_confidence"],
        ready_to_use=row["ready_to_use"],
    )  # fmt: skip


def maxima() -> Iterator[Any]:
    """Each maximum, and under 18 twice: where the weight decides, and where the units do."""
    for key, row in PRODUCTS.items():
        for place, one in enumerate(row["label_maxima"]):
            weights: list[Decimal | None] = [None]
            if one["under_18"]:
                per_kg, units = Decimal(one["per_kg"]), Decimal(one["units"])
                weights = [units // per_kg / 2, units * 2 / per_kg]
            yield from (pytest.param(key, place, kg, id=f"{row['brand']}-{place}-{kg}") for kg in weights)


@pytest.mark.parametrize(("key", "place", "kg"), list(maxima()))
def test_each_maximum_that_ships(key: str, place: int, kg: Decimal | None) -> None:
    product, most = product_of(key), PRODUCTS[key]["label_maxima"][place]
    conditions = most["indications"] or [NECK]
    courses = [CourseFacts(pk, name, name, diagnosis="X") for pk, name in enumerate(conditions, 1)]
    # One limb, or as many as the row counts together.
    where = (
        [(1, "left")] if most["limbs"] == "one" else [(row.id, side) for row in courses for side in ("left", "right")]
    )
    limit = Decimal(most["units"]) if kg is None else min(Decimal(most["units"]), Decimal(most["per_kg"]) * kg)

    def grades(units: Decimal) -> list[str]:
        given = [SiteDose(pk, "x", side, Decimal(1)) for pk, side in where[1:]]
        given.append(SiteDose(*where[0][:1], "x", where[0][1], units - len(given)))
        session = dosed(product, given, *courses)
        if kg is not None:
            session = of_a_child(session, kg=float(kg))
        return [row.severity for row in label_maximum(session) if f"({most['words']})." in row.words]

    half = Decimal("0.5")
    assert grades(limit - half) == grades(limit) == []
    assert grades(limit + half) == [STOP if most["confidence"] in ("A", "A-") else WARN]


def row_id(row: dict[str, Any]) -> str:
    who = "child" if row["under_18"] else "adult"
    return f"{PRODUCTS[row['product']]['brand']}-{who}-{row['condition']}-{'-'.join(row['muscles'])}"


@pytest.mark.parametrize("row", DOSES, ids=row_id)
def test_each_muscle_that_ships(row: dict[str, Any]) -> None:
    product, course = product_of(row["product"]), CourseFacts(1, row["condition"], "it", diagnosis="X")
    soft = row["confidence"] == "C" or row["condition"] not in product.labelled
    key, grade = ("muscle-study-1", NOTE) if soft else ("muscle-range-1", WARN)
    times = 20 if row["per_kg"] else 1
    high, low = Decimal(row["units_max"]) * times, (decimal(row["units_min"]) or Decimal(0)) * times
    few, many = row["sites_min"] or 1, row["sites_max"] or 2

    def is_said(units: Decimal, sites: int) -> bool:
        share = Decimal("0.25")
        doses = [share] * (sites - 1) + [units - share * (sites - 1)]
        muscles = row["muscles"] * sites
        given = [SiteDose(1, muscle, "left", dose) for muscle, dose in zip(muscles, doses, strict=False)]
        session: SessionFacts = dosed(product, given, course)
        if row["under_18"]:
            session = of_a_child(session, kg=20)
        found = {one.key: one.severity for one in muscle_range(session)}
        assert found in ({}, {key: grade})
        return bool(found)

    half = Decimal("0.5")
    assert [is_said(units, few) for units in (high - half, high, high + half)] == [low == high, False, True]
    if low:
        assert [is_said(units, many) for units in (low - half, low, low + half)] == [True, False, low == high]
    if row["sites_max"]:
        assert [is_said(high, sites) for sites in (few, many, many + 1)] == [False, False, True]
    if few > 1:
        assert is_said(high, few - 1)


@pytest.mark.parametrize("key", PRODUCTS)
def test_the_in_use_hours_that_ship(key: str) -> None:
    product = product_of(key)
    grade = STOP if product.in_use_confidence in ("A", "A-") else WARN

    def grades(minutes: int) -> list[str]:
        session = mixed(product, product.in_use_hours * 60 + minutes)
        return [row.severity for row in in_use_time(session) if row.key == "vial-hours-vial"]

    assert [grades(-1), grades(0), grades(1)] == [[], [], [grade]]


@pytest.mark.parametrize("made", [BOTOX, DYSPORT, XEOMIN, DAXXIFY, MYOBLOC], ids=lambda made: made.brand)
def test_the_maxima_that_ship_are_those_the_rules_are_tested_with(made: ProductFacts) -> None:
    """Two copies of the reference, written by hand each on its own."""

    def numbers(product: ProductFacts) -> set[tuple[Any, ...]]:
        return {
            (row.units, row.window_days, row.indications, row.confidence, row.under_18, row.per_kg, row.limbs)
            for row in product.maxima
        }

    shipped = product_of(made.key)
    assert numbers(shipped) == numbers(made)
    assert set(shipped.intervals) == set(made.intervals)
    assert (shipped.in_use_hours, shipped.in_use_confidence) == (made.in_use_hours, made.in_use_confidence)
    assert set(shipped.labelled) == set(made.labelled)
