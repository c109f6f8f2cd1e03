"""The dose rules under 18: each row of R5 at, below and above what it allows."""

from dataclasses import replace

import pytest

from tests.treatments.facts_made import (
    ARM,
    BOTOX,
    DAXXIFY,
    DYSPORT,
    LEG,
    LOWER,
    NECK,
    UPPER,
    XEOMIN,
    dosed,
    facts,
    keys,
    of_a_child,
    sites,
    words,
)
from tests.treatments.limits import NOTE
from tests.treatments.test_findings_dose import STOP, WARN, past
from treatments.rules.facts import CourseFacts, ProductFacts, SessionFacts, Severity


def limbs(units: float, *where: tuple[str, str]) -> SessionFacts:
    """So many units in each of those limbs, of Dysport, in a child."""
    course_of = {UPPER: 1, LOWER: 2}
    given = tuple(dose for condition, side in where for dose in sites(units, 10, course_of[condition], "x", side))
    courses = tuple(course for course in (ARM, LEG) if course.condition in dict(where))
    return dosed(DYSPORT, given, *courses)


@pytest.mark.parametrize(
    ("product", "course", "kg", "most", "key", "severity"),
    [
        (BOTOX, ARM, 20, 120, f"maximum-0-{UPPER}-child", STOP),  # 6 U/kg (A)
        (BOTOX, ARM, 40, 200, f"maximum-0-{UPPER}-child", STOP),  # or 200 U
        (BOTOX, LEG, 20, 160, f"maximum-0-{LOWER}-child", WARN),  # 8 U/kg (B)
        (BOTOX, LEG, 40, 300, f"maximum-0-{LOWER}-child", WARN),  # or 300 U
        (BOTOX, LEG, 12.5, 125, "maximum-84-child", WARN),  # 10 U/kg in the interval (B)
        (BOTOX, LEG, 60, 340, "maximum-84-child", WARN),  # or 340 U
        (DYSPORT, ARM, 20, 320, f"maximum-0-{UPPER}-child", STOP),  # 16 U/kg (A)
        (DYSPORT, ARM, 50, 640, f"maximum-0-{UPPER}-child", STOP),  # or 640 U
        (DYSPORT, LEG, 20, 300, f"maximum-0-{LOWER}-child-one-{LOWER}-left", STOP),  # 15 U/kg a leg (A)
        (DYSPORT, LEG, 70, 1000, f"maximum-0-{LOWER}-child-one-{LOWER}-left", STOP),  # or 1000 U
        (XEOMIN, ARM, 20, 160, f"maximum-0-{UPPER}-child-one-{UPPER}-left", STOP),  # 8 U/kg a limb (A)
        (XEOMIN, ARM, 40, 200, f"maximum-0-{UPPER}-child-one-{UPPER}-left", STOP),  # or 200 U
    ],
)
def test_a_childs_maximum_is_the_lower_of_units_and_units_for_each_kg(
    product: ProductFacts, course: CourseFacts, kg: float, most: int, key: str, severity: Severity
) -> None:
    def of(total: float) -> Severity | None:
        given = sites(total, 10, course.id, "x")
        return keys(of_a_child(dosed(product, given, course), kg=kg)).get(key)

    assert of(most - 0.5) is None
    assert of(most) is None
    assert of(most + 0.5) is severity


@pytest.mark.parametrize(("units", "severity"), [(300, None), (300.5, STOP)])
def test_both_legs_of_a_child_count_together(units: float, severity: Severity | None) -> None:
    found = keys(of_a_child(limbs(units, (LOWER, "left"), (LOWER, "right")), kg=20))  # 30 U/kg: 600 U
    assert found.get(f"maximum-0-{UPPER}-{LOWER}-child-several") is severity


def test_one_leg_alone_is_no_several_limbs() -> None:
    found = keys(of_a_child(limbs(700, (LOWER, "left")), kg=20))
    assert f"maximum-0-{UPPER}-{LOWER}-child-several" not in found
    assert found[f"maximum-0-{LOWER}-child-one-{LOWER}-left"] is STOP


@pytest.mark.parametrize(("units", "severity"), [(150, None), (150.5, STOP)])
def test_an_arm_and_three_limbs_of_a_child_count_together(units: float, severity: Severity | None) -> None:
    four = ((UPPER, "left"), (UPPER, "right"), (LOWER, "left"), (LOWER, "right"))
    found = keys(of_a_child(limbs(units, *four), kg=20))
    assert found.get(f"maximum-0-{UPPER}-{LOWER}-child-several") is severity


@pytest.mark.parametrize(("right", "severity"), [(160, None), (160.5, WARN)])
def test_both_arms_of_a_child_with_xeomin_warn_because_that_row_is_b(right: float, severity: Severity | None) -> None:
    given = sites(160, 10, 1, "x", "left") + sites(right, 10, 1, "x", "right")  # 16 U/kg: 320 U
    found = keys(of_a_child(dosed(XEOMIN, given, ARM), kg=20))
    assert found.get(f"maximum-0-{UPPER}-child-several") is severity


def test_two_courses_of_one_limb_are_one_limb() -> None:
    again = replace(ARM, id=5)
    given = sites(100, 10, 1, "x") + sites(100, 10, 5, "y")
    found = keys(of_a_child(dosed(XEOMIN, given, ARM, again), kg=20))
    assert found[f"maximum-0-{UPPER}-child-one-{UPPER}-left"] is STOP
    assert f"maximum-0-{UPPER}-child-several" not in found


def test_a_childs_botox_counts_the_83_days_before() -> None:
    session = dosed(BOTOX, sites(100, 10, 1, "x"), ARM, earlier=past(BOTOX, 101, 83))
    assert keys(of_a_child(session, kg=20))["maximum-84-child"] is WARN
    session = dosed(BOTOX, sites(100, 10, 1, "x"), ARM, earlier=past(BOTOX, 101, 84))
    found = keys(of_a_child(session, kg=20))
    assert "maximum-84-child" not in found
    assert found["maximum-near-84-child"] is WARN


@pytest.mark.parametrize(
    ("product", "before", "most", "key"),
    [
        (XEOMIN, 100, 160, f"maximum-0-{UPPER}-child-one-{UPPER}-left"),  # 8 U/kg an arm
        (DYSPORT, 200, 320, f"maximum-0-{UPPER}-child"),  # 16 U/kg
        (BOTOX, 60, 120, f"maximum-0-{UPPER}-child"),  # 6 U/kg
    ],
)
@pytest.mark.parametrize(("over", "days_ago", "stops"), [(0, 0, False), (0.5, 0, True), (0.5, 1, False)])
def test_a_childs_maximum_for_one_session_counts_both_sessions_of_a_day(
    product: ProductFacts, before: int, most: int, key: str, over: float, days_ago: int, stops: bool
) -> None:
    earlier = past(product, before, days_ago, (UPPER, "left", before))
    session = dosed(product, sites(most - before + over, 10, 1, "x"), ARM, earlier=earlier)
    assert keys(of_a_child(session, kg=20)).get(key) is (STOP if stops else None)


@pytest.mark.parametrize(("side", "stops"), [("left", True), ("right", False), ("", False)])
def test_only_the_same_limb_of_that_day_counts_for_one_limb(side: str, stops: bool) -> None:
    session = dosed(XEOMIN, sites(100, 10, 1, "x"), ARM, earlier=past(XEOMIN, 100, 0, (UPPER, side, 100)))
    found = keys(of_a_child(session, kg=20))
    assert found.get(f"maximum-0-{UPPER}-child-one-{UPPER}-left") is (STOP if stops else None)


@pytest.mark.parametrize(("legs", "stops"), [(280, False), (280.5, True)])
def test_several_limbs_of_a_child_are_those_of_the_whole_day(legs: float, stops: bool) -> None:
    earlier = past(DYSPORT, legs, 0, (LOWER, "left", legs))
    session = dosed(DYSPORT, sites(320, 10, 1, "x"), ARM, earlier=earlier)  # 30 U/kg: 600 U
    found = keys(of_a_child(session, kg=20))
    assert found.get(f"maximum-0-{UPPER}-{LOWER}-child-several") is (STOP if stops else None)


@pytest.mark.parametrize(
    ("condition", "stops"),
    [(UPPER, False), (LOWER, True)],  # it may be this arm; a leg is another limb, whichever it is
)
def test_a_limb_of_an_unknown_side_is_another_limb_only_for_another_condition(condition: str, stops: bool) -> None:
    session = dosed(DYSPORT, sites(301, 10, 1, "x"), ARM, earlier=past(DYSPORT, 300, 0, (condition, "", 300)))
    found = keys(of_a_child(session, kg=20))  # 30 U/kg: 600 U
    assert found.get(f"maximum-0-{UPPER}-{LOWER}-child-several") is (STOP if stops else None)


@pytest.mark.parametrize(
    ("now", "days_ago", "side", "warns"),
    [
        (60, 7, "left", False),
        (60.5, 7, "left", True),
        (60.5, 83, "left", True),
        (60.5, 84, "left", False),
        (60.5, -7, "left", True),
        (60.5, -83, "left", True),
        (60.5, -84, "left", False),
        (60.5, 7, "right", False),
        (60.5, 7, "", True),  # the side is not known: it may have been this one
        (60.5, 0, "left", False),  # that one stops
    ],
)
def test_a_limb_of_a_child_in_twelve_weeks_is_held_against_its_own_maximum(
    now: float, days_ago: int, side: str, warns: bool
) -> None:
    other = past(XEOMIN, 100, days_ago, (UPPER, side, 100))
    around = {"later": other} if days_ago < 0 else {"earlier": other}
    session = dosed(XEOMIN, sites(now, 10, 1, "x"), ARM, is_touch_up=True, touch_up_reason="elbow", **around)
    key = f"rolling-0-{UPPER}-child-one-{UPPER}-left"
    found = keys(of_a_child(session, kg=20))
    assert found.get(key) is (WARN if warns else None)
    if warns:
        assert "0.5 U over" in words(of_a_child(session, kg=20), key)


@pytest.mark.parametrize(("total", "stops"), [(400, False), (400.5, True)])
def test_no_child_gets_more_than_an_adult(total: float, stops: bool) -> None:
    found = keys(of_a_child(dosed(BOTOX, sites(total, 10, 1, "x"), ARM), kg=100, age=17))
    assert found.get("maximum-84") is (STOP if stops else None)


@pytest.mark.parametrize(("age", "counts"), [(17, True), (18, False)])
def test_a_childs_maxima_end_with_the_18th_birthday(age: int, counts: bool) -> None:
    session = of_a_child(dosed(BOTOX, sites(250, 10, 1, "x"), ARM), kg=100, age=age)
    assert (f"maximum-0-{UPPER}-child" in keys(session)) is counts


@pytest.mark.parametrize(("before", "warns"), [(500, False), (501, True)])
def test_two_sessions_of_a_child_are_held_against_a_childs_maximum(before: int, warns: bool) -> None:
    # 50 kg: several limbs 1000 U is the most a child is given in one session; an adult's would be 1500 U.
    session = dosed(DYSPORT, sites(500, 10, 1, "x"), ARM, earlier=past(DYSPORT, before, 40))
    assert ("rolling-total" in keys(of_a_child(session, kg=50))) is warns


@pytest.mark.parametrize(
    ("kg", "measured", "warns"), [(20, 0, False), (20, 30, False), (20, 31, True), (None, 0, True), (20, -1, True)]
)
def test_a_childs_weight_is_of_the_last_30_days(kg: float | None, measured: int, warns: bool) -> None:
    session = of_a_child(dosed(BOTOX, sites(50, 12.5, 1, "x"), ARM), kg=kg, measured=measured)
    assert keys(session) == ({"weight": WARN} if warns else {"weight-used": NOTE})


def test_without_a_weight_what_is_allowed_at_any_weight_still_holds() -> None:
    session = of_a_child(dosed(BOTOX, sites(200.5, 10, 1, "x"), ARM), kg=None)
    assert keys(session)[f"maximum-0-{UPPER}-child"] is STOP
    assert "200.5 U in this session, 0.5 U over the label's 200 U" in words(session, f"maximum-0-{UPPER}-child")


def test_the_words_say_how_the_weight_makes_the_maximum() -> None:
    session = of_a_child(dosed(BOTOX, sites(130, 10, 1, "x"), ARM), kg=20.5, measured=3)
    assert "over the label's 123 U (6 U/kg at 20.5 kg, Tue 17 Nov 2026)" in words(session, f"maximum-0-{UPPER}-child")


def test_who_signs_sees_the_weight_that_counts_beside_the_age() -> None:
    slip = of_a_child(dosed(BOTOX, sites(50, 12.5, 1, "x"), ARM), kg=205, measured=3)
    assert words(slip, "weight-used") == f"Under 18: counted with 205 kg, Tue 17 Nov 2026, at {slip.age} years."


def test_an_adult_needs_no_weight() -> None:
    assert not {"weight", "weight-used"} & set(keys(facts(age=18)))


@pytest.mark.parametrize(
    ("product", "condition", "said"),
    [
        (DYSPORT, NECK, True),
        (DYSPORT, UPPER, False),
        (XEOMIN, LOWER, True),
        (XEOMIN, UPPER, False),
        (DAXXIFY, NECK, True),
        (BOTOX, NECK, False),  # all uses together have a maximum
        (DYSPORT, "low_back_pain", False),  # an adult has none either, and no_maximum says so
    ],
)
def test_where_no_childs_maximum_is_known_that_is_said(product: ProductFacts, condition: str, said: bool) -> None:
    course = CourseFacts(1, condition, condition, diagnosis="X")
    session = of_a_child(dosed(product, sites(10, 10, 1, "x"), course), kg=20)
    assert keys(session).get("under-18") is (WARN if said else None)
    assert ("no-maximum" in keys(session)) is (condition == "low_back_pain")
    assert "under-18" not in keys(replace(session, age=18))
