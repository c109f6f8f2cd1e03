"""Rule R6: units and mL at one site, units and sites of one muscle on one side."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.treatments.facts_made import (
    ARM,
    BOTOX,
    DAY,
    DYSPORT,
    LEG,
    LOWER,
    MIGRAINE,
    NECK,
    NECK_COURSE,
    UPPER,
    XEOMIN,
    dosed,
    facts,
    keys,
    of_a_child,
    sites,
    words,
)
from treatments.rules.facts import CourseFacts, ProductFacts, Severity, SiteDose, WeightFacts
from treatments.rules.findings import find_all

WARN, NOTE = Severity.WARN, Severity.NOTE
JAW = CourseFacts(1, "tmj_bruxism", "TMJ disorder / bruxism", diagnosis="M26.60")


@pytest.mark.parametrize(
    ("condition", "dose", "key"),
    [
        ("chronic_migraine", 4.5, "migraine-site"),
        ("chronic_migraine", 5, None),
        ("chronic_migraine", 5.5, "migraine-site"),
        (NECK, 50, None),
        (NECK, 50.5, "site-maximum"),
        (UPPER, 50, None),
        (UPPER, 50.5, "site-maximum"),
        (LOWER, 50, None),
        (LOWER, 50.5, "site-maximum"),
        ("low_back_pain", 51, None),
    ],
)
def test_units_of_botox_at_one_site(condition: str, dose: float, key: str | None) -> None:
    course = CourseFacts(1, condition, condition, diagnosis="X")
    found = keys(dosed(BOTOX, sites(dose, 100, muscle="splenius_cervicis"), course))
    assert {k for k in found if found[k] is WARN} - {"consent-off-label"} == ({key} if key else set())
    assert not {"migraine-site", "site-maximum"} & keys(dosed(XEOMIN, sites(dose, 100), course)).keys()


@pytest.mark.parametrize(("dose", "warns"), [(49.5, False), (50, False), (50.5, True)])
def test_sternocleidomastoid_of_both_sides(dose: float, warns: bool) -> None:
    both = sites(50, 50, muscle="scm", side="left") + sites(dose, 100, muscle="scm", side="right")
    assert keys(dosed(BOTOX, both)).get("scm-maximum") is (WARN if warns else None)
    assert "scm-maximum" not in keys(dosed(XEOMIN, both))


@pytest.mark.parametrize(
    ("product", "condition", "child", "units", "warns"),
    [
        (DYSPORT, UPPER, False, 200, False),  # 1 mL of 500 U in 2.5 mL
        (DYSPORT, UPPER, False, 200.5, True),
        (DYSPORT, LOWER, False, 200.5, True),
        (DYSPORT, NECK, False, 200.5, False),
        (DYSPORT, UPPER, True, 100, False),  # 0.5 mL
        (DYSPORT, UPPER, True, 100.5, True),
        (DYSPORT, NECK, True, 100.5, True),
        (BOTOX, UPPER, False, 300, False),
    ],
)
def test_millilitres_of_dysport_at_one_site(
    product: ProductFacts, condition: str, child: bool, units: float, warns: bool
) -> None:
    course = CourseFacts(1, condition, condition, diagnosis="X")
    session = dosed(product, sites(units, 1000, muscle="x"), course, units_per_ml=Decimal(200))
    found = keys(of_a_child(session, kg=20) if child else session)
    assert found.get("site-volume") is (WARN if warns else None)
    assert "site-volume" not in keys(replace(session, units_per_ml=None))


@pytest.mark.parametrize(
    ("total", "each", "says"),
    [
        (59.5, 30, "left biceps 59.5 U (60–200 U)"),
        (60, 30, None),
        (200, 50, None),
        (200.5, 50.125, "left biceps 200.5 U (60–200 U)"),
        (50, 50, "left biceps 50 U (60–200 U) in 1 site (2–4)"),
        (60, 60, "left biceps in 1 site (2–4)"),
        (150, 30, "left biceps in 5 sites (2–4)"),
        (120, 30, None),
    ],
)
def test_units_and_sites_of_a_muscle_against_its_row(total: float, each: float, says: str | None) -> None:
    session = dosed(BOTOX, sites(total, each, muscle="biceps"), ARM)
    assert keys(session).get("muscle-range-1") is (WARN if says else None)
    assert says is None or says in words(session, "muscle-range-1")


def test_the_sides_count_apart() -> None:
    both = sites(120, 30, muscle="biceps", side="left") + sites(120, 30, muscle="biceps", side="right")
    assert "muscle-range-1" not in keys(dosed(BOTOX, both, ARM))
    both += sites(90, 45, muscle="biceps", side="right")
    assert "outside" in words(dosed(BOTOX, both, ARM), "muscle-range-1")
    assert "left" not in words(dosed(BOTOX, both, ARM), "muscle-range-1").split("gives")[1]


@pytest.mark.parametrize(("total", "warns"), [(29.5, True), (30, False), (60, False), (60.5, True)])
def test_a_childs_muscle_goes_by_weight(total: float, warns: bool) -> None:
    session = of_a_child(dosed(BOTOX, sites(total, total / 4, muscle="biceps"), ARM), kg=20)  # 1.5–3 U/kg, 4 sites
    assert keys(session) == {"weight-used": NOTE} | ({"muscle-range-1": WARN} if warns else {})
    assert "muscle-range-1" not in keys(replace(session, weights=()))


@pytest.mark.parametrize(("lateral", "warns"), [(60, False), (60.5, True), (0, False)])
def test_muscles_that_one_row_names_count_together(lateral: float, warns: bool) -> None:
    given = sites(120, 60, 2, "gastroc_med") + sites(lateral, 60.5, 2, "gastroc_lat")  # 6–9 U/kg, at most 180 U
    session = of_a_child(dosed(DYSPORT, given, LEG, units_per_ml=Decimal(200)), kg=20)
    assert keys(session).get("muscle-range-2") is (WARN if warns else None)


def test_one_site_is_enough_where_the_label_says_up_to_so_many() -> None:
    session = of_a_child(dosed(DYSPORT, sites(120, 120, 2, "gastroc_med"), LEG, units_per_ml=Decimal(300)), kg=20)
    assert "muscle-range-2" not in keys(session)


def test_a_weight_on_file_changes_nothing_for_an_adult() -> None:
    session = dosed(BOTOX, sites(120, 30, muscle="biceps"), ARM, weights=(WeightFacts(1, Decimal(70), DAY),))
    assert keys(session) == {}


def test_the_words_name_the_muscle_and_count_the_sites() -> None:
    named = tuple(replace(site, name="Biceps brachii") for site in sites(240, 60, muscle="biceps"))
    assert "left Biceps brachii 240 U (60–200 U)" in words(dosed(BOTOX, named, ARM), "muscle-range-1")
    migraine = sites(10, 5) + sites(6, 6)
    assert "1 site is not 5 U" in words(dosed(BOTOX, migraine, MIGRAINE), "migraine-site")
    assert "2 sites are not 5 U" in words(dosed(BOTOX, migraine + sites(6, 6), MIGRAINE), "migraine-site")


def test_the_confidence_is_that_of_the_least_sure_row() -> None:
    rows = tuple(
        replace(BOTOX.muscle_ranges[0], muscles=(muscle,), confidence=mark)
        for muscle, mark in (("biceps", "A"), ("fcr", "confirmed"), ("fcu", "A-"), ("fds", "B"))
    )
    session = dosed(replace(BOTOX, muscle_ranges=rows), (), ARM)
    charted: tuple[SiteDose, ...] = ()
    for muscle, mark in (("biceps", "A"), ("fcr", "confirmed"), ("fcu", "A-"), ("fds", "B")):
        charted += sites(10, 10, muscle=muscle)
        (found,) = [row for row in find_all(replace(session, sites=charted)) if row.key == "muscle-range-1"]
        assert found.confidence == mark
    marks = {row.key: row.confidence for row in find_all(dosed(BOTOX, sites(101, 101, muscle="scm")))}
    assert (marks["scm-maximum"], marks["site-maximum"]) == ("A-", "A")
    assert {row.confidence for row in find_all(dosed(BOTOX, sites(6, 6), MIGRAINE))} == {"A-"}


def test_a_muscle_of_another_course_is_not_judged_with_this_one() -> None:
    given = sites(60, 30, 1, "biceps") + sites(300, 50, 2, "biceps")
    assert "muscle-range-1" not in keys(dosed(BOTOX, given, ARM, LEG))


def test_sites_without_units_count_for_nothing() -> None:
    empty = tuple(replace(site, units=None) for site in sites(60, 30, muscle="scm"))
    assert not {"migraine-site", "scm-maximum"} & keys(facts(sites=empty)).keys()
    assert "scm-maximum" not in keys(dosed(BOTOX, (*empty, *sites(100, 50, muscle="scm"))))
    assert "muscle-range-1" not in keys(dosed(BOTOX, (*sites(60, 30, muscle="biceps"), *empty), ARM))


def test_the_words_say_whose_volume_it_is() -> None:
    grown = dosed(DYSPORT, sites(201, 999, muscle="x"), ARM, units_per_ml=Decimal(200))
    assert "above 1 mL of Dysport, the most a site in an adult" in words(grown, "site-volume")
    assert "above 0.5 mL of Dysport, the most a site in a child" in words(of_a_child(grown, kg=20), "site-volume")
    assert "site-volume" not in keys(replace(grown, product=None))


def test_a_site_without_units_is_not_judged() -> None:
    empty = replace(sites(60, 30, muscle="biceps")[0], units=None)
    assert "muscle-range-1" not in keys(facts(courses=(ARM,), sites=(empty,)))


def test_a_study_range_and_a_use_off_the_label_are_said_and_ask_for_nothing() -> None:
    neck = dosed(DYSPORT, sites(400, 100, muscle="scm"), NECK_COURSE)
    assert keys(neck)["muscle-study-1"] is NOTE
    assert "studies gave" in words(neck, "muscle-study-1")
    jaw = dosed(BOTOX, sites(60, 30, muscle="masseter"), JAW)
    assert keys(jaw)["muscle-study-1"] is NOTE
    # Also a row that would be hard where the label had the use.
    hard = replace(BOTOX, muscle_ranges=tuple(replace(row, confidence="A") for row in BOTOX.muscle_ranges))
    assert keys(dosed(hard, sites(60, 30, muscle="masseter"), JAW))["muscle-study-1"] is NOTE


def test_a_row_of_another_condition_or_age_is_not_asked() -> None:
    assert "muscle-range-1" not in keys(dosed(BOTOX, sites(10, 10, muscle="biceps"), MIGRAINE))
    grown = replace(BOTOX, muscle_ranges=tuple(row for row in BOTOX.muscle_ranges if row.under_18))
    assert "muscle-range-1" not in keys(dosed(grown, sites(10, 10, muscle="biceps"), ARM))
