"""Each dose rule at, below and above its limit, without a database."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.facts import (
    Alert,
    CourseFacts,
    Earlier,
    Maximum,
    ProductFacts,
    SessionFacts,
    Severity,
    SiteDose,
    VialFacts,
)
from treatments.rules.findings import capped, find_all, unanswered
from treatments.rules.vials import draw_from

DAY = date(2026, 11, 20)
BOTOX = ProductFacts(
    "onabotulinumtoxinA",
    "BOTOX",
    maxima=(Maximum(Decimal(400), 84, (), "3-month interval, all uses", "label", "A"),),
    labelled=("chronic_migraine", "cervical_dystonia"),
    contains_albumin=True,
    albumin_confidence="A",
)
DYSPORT = ProductFacts(
    "abobotulinumtoxinA",
    "Dysport",
    maxima=(
        Maximum(
            Decimal(1500), 0, ("upper_limb_spasticity", "lower_limb_spasticity"), "upper + lower limb", "label", "A"
        ),
        Maximum(Decimal(1000), 0, ("cervical_dystonia",), "per session", "label", "B"),
    ),
    contains_milk_protein=True,
)
MIGRAINE = CourseFacts(1, "chronic_migraine", "Chronic migraine")


def sites(total: int, each: int = 5, course: int = 1, muscle: str = "frontalis") -> tuple[SiteDose, ...]:
    return tuple(SiteDose(course, muscle, "left", Decimal(each)) for _ in range(total // each))


def vials(*sizes: int, total: Decimal, product: str = BOTOX.key) -> tuple[VialFacts, ...]:
    draws = draw_from([Decimal(size) for size in sizes], total=total)
    return tuple(
        VialFacts(f"{size} U vial {place}", product, Decimal(size), draw.given, draw.discarded)
        for place, (size, draw) in enumerate(zip(sizes, draws, strict=True))
    )


def facts(**changes: object) -> SessionFacts:
    """A plain PREEMPT session that passes everything."""
    return replace(
        SessionFacts(
            performed_on=DAY,
            today=DAY,
            age=44,
            product=BOTOX,
            dilution_chosen=True,
            courses=(MIGRAINE,),
            sites=sites(155),
            vials=vials(200, total=Decimal(155)),
        ),
        **changes,  # type: ignore[arg-type]
    )


def keys(found: SessionFacts) -> dict[str, Severity]:
    return {finding.key: finding.severity for finding in find_all(found)}


def test_a_plain_migraine_session_has_no_finding() -> None:
    assert find_all(facts()) == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"product": None}, "no-product"),
        ({"dilution_chosen": False}, "no-dilution"),
        ({"sites": (), "vials": ()}, "no-sites"),
        ({"sites": (SiteDose(1, "frontalis", "left", None),)}, "empty-sites"),
        ({"vials": ()}, "no-vials"),
        ({"vials": vials(100, total=Decimal(155))}, "vials-short"),
        ({"vials": vials(200, 100, total=Decimal(155))}, "vial-unused-100 U vial 1"),
        ({"vials": vials(200, total=Decimal(155), product="abobotulinumtoxinA")}, "vial-product-200 U vial 0"),
        ({"performed_on": DAY + timedelta(days=1)}, "future"),
        ({"is_touch_up": True}, "touch-up"),
        ({"signing_problem": "Your licence expired."}, "signer"),
        ({"courses": (MIGRAINE, CourseFacts(2, "cervical_dystonia", "Cervical dystonia"))}, "untreated-2"),
    ],
)
def test_what_is_missing_stops(changes: dict[str, object], key: str) -> None:
    assert keys(facts(**changes))[key] is Severity.STOP


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"in_stock": False}, "vial-gone-200 U vial 0"),
        ({"lot_problem": "Lot C1 expired on 1 Jan 2026."}, "vial-lot-200 U vial 0"),
        ({"discarded": Decimal(44)}, "vial-open-200 U vial 0"),
    ],
)
def test_a_vial_that_may_not_be_used_stops(change: dict[str, object], key: str) -> None:
    (vial,) = vials(200, total=Decimal(155))
    assert keys(facts(vials=(replace(vial, **change),)))[key] is Severity.STOP  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "warns"), [(83, True), (84, False), (85, False)])
def test_a_course_before_its_first_allowed_day_warns(days: int, warns: bool) -> None:
    course = replace(
        MIGRAINE, eligible_on=DAY - timedelta(days=days) + timedelta(days=84), eligible_words="BOTOX label, 84 days"
    )
    found = keys(facts(courses=(course,)))
    assert found.get("interval-1") is (Severity.WARN if warns else None)


@pytest.mark.parametrize(("days", "warns"), [(0, True), (83, True), (84, False)])
def test_any_toxin_in_the_last_twelve_weeks_warns(days: int, warns: bool) -> None:
    past = Earlier(DAY - timedelta(days=days), "incobotulinumtoxinA", "Xeomin", Decimal(50))
    assert ("interval-any" in keys(facts(earlier=(past,)))) is warns


@pytest.mark.parametrize(
    ("now", "before", "days_ago", "stops"),
    [
        (400, 0, 10, False),
        (405, 0, 10, True),
        (200, 200, 83, False),
        (205, 200, 83, True),
        (400, 400, 84, False),  # a legal repeat on day 84 is not blocked
        (205, 200, 0, True),
    ],
)
def test_botox_counts_this_session_and_the_83_days_before(now: int, before: int, days_ago: int, stops: bool) -> None:
    earlier = (Earlier(DAY - timedelta(days=days_ago), BOTOX.key, "BOTOX", Decimal(before)),) if before else ()
    found = keys(facts(sites=sites(now), vials=vials(200, 200, 200, total=Decimal(now)), earlier=earlier))
    assert found.get("maximum-84") is (Severity.STOP if stops else None)


def test_units_of_another_product_never_count() -> None:
    earlier = (Earlier(DAY - timedelta(days=30), DYSPORT.key, "Dysport", Decimal(1500)),)
    assert "maximum-84" not in keys(facts(earlier=earlier))


def test_dysport_counts_arm_and_leg_together() -> None:
    arm = CourseFacts(1, "upper_limb_spasticity", "Upper-limb spasticity")
    leg = CourseFacts(2, "lower_limb_spasticity", "Lower-limb spasticity")
    given_units = sites(1000, 100, 1, "biceps") + sites(600, 100, 2, "soleus")
    found = keys(facts(product=DYSPORT, courses=(arm, leg), sites=given_units))
    assert found["maximum-0-upper_limb_spasticity-lower_limb_spasticity"] is Severity.STOP
    found = keys(facts(product=DYSPORT, courses=(arm, leg), sites=given_units[:-1]))
    assert "maximum-0-upper_limb_spasticity-lower_limb_spasticity" not in found


@pytest.mark.parametrize(
    ("now", "before", "days_ago", "warns"),
    [(700, 800, 83, False), (800, 800, 83, True), (800, 800, 84, False), (800, 800, 0, True)],
)
def test_a_maximum_for_one_session_warns_over_twelve_weeks(now: int, before: int, days_ago: int, warns: bool) -> None:
    arm = CourseFacts(1, "upper_limb_spasticity", "Upper-limb spasticity")
    past = Earlier(DAY - timedelta(days=days_ago), DYSPORT.key, "Dysport", Decimal(before))
    found = keys(facts(product=DYSPORT, courses=(arm,), sites=sites(now, 100, 1, "biceps"), earlier=(past,)))
    assert found.get("rolling-total") is (Severity.WARN if warns else None)


def test_a_number_marked_b_warns_and_never_stops() -> None:
    neck = CourseFacts(1, "cervical_dystonia", "Cervical dystonia")
    found = keys(facts(product=DYSPORT, courses=(neck,), sites=sites(1100, 100)))
    assert found["maximum-0-cervical_dystonia"] is Severity.WARN
    assert capped(Severity.STOP, "C") is Severity.WARN
    assert capped(Severity.STOP, "A-") is Severity.STOP


@pytest.mark.parametrize(("total", "stops"), [(400, False), (405, True)])
def test_under_18_it_says_that_it_is_not_sure_and_no_child_gets_more_than_an_adult(total: int, stops: bool) -> None:
    found = keys(facts(age=17, sites=sites(total), vials=vials(200, 200, 200, total=Decimal(total))))
    assert found["under-18"] is Severity.WARN
    assert found.get("maximum-84") is (Severity.STOP if stops else None)


@pytest.mark.parametrize(("days_ago", "stops"), [(0, True), (1, False)])
def test_two_sessions_of_one_day_share_a_maximum_for_one_session(days_ago: int, stops: bool) -> None:
    xeomin = ProductFacts(
        "incobotulinumtoxinA", "Xeomin", maxima=(Maximum(Decimal(400), 0, (), "in one session", "label", "A"),)
    )
    earlier = (Earlier(DAY - timedelta(days=days_ago), xeomin.key, "Xeomin", Decimal(300)),)
    found = keys(facts(product=xeomin, earlier=earlier))
    assert found.get("maximum-0") is (Severity.STOP if stops else None)


def test_toxin_for_another_course_is_named_beside_an_interval_of_this_one() -> None:
    since = DAY - timedelta(days=80)
    course = replace(MIGRAINE, eligible_on=since + timedelta(days=84), last_session_on=since)
    own = Earlier(since, BOTOX.key, "BOTOX", Decimal(155))
    other = Earlier(DAY - timedelta(days=3), DYSPORT.key, "Dysport", Decimal(500))
    assert "interval-any" not in keys(facts(courses=(course,), earlier=(own,)))
    found = keys(facts(courses=(course,), earlier=(own, other)))
    assert found["interval-1"] is Severity.WARN
    assert found["interval-any"] is Severity.WARN


@pytest.mark.parametrize(
    ("condition", "dose", "key"),
    [
        ("chronic_migraine", 5, None),
        ("chronic_migraine", 10, "migraine-site"),
        ("cervical_dystonia", 50, None),
        ("cervical_dystonia", 51, "site-maximum"),
    ],
)
def test_units_at_one_site(condition: str, dose: int, key: str | None) -> None:
    course = CourseFacts(1, condition, condition)
    one = (SiteDose(1, "trapezius_upper", "left", Decimal(dose)),)
    found = keys(facts(courses=(course,), sites=one, vials=vials(100, total=Decimal(dose))))
    assert set(found) == ({key} if key else set())


@pytest.mark.parametrize(("dose", "warns"), [(50, False), (51, True)])
def test_sternocleidomastoid_of_both_sides(dose: int, warns: bool) -> None:
    neck = CourseFacts(1, "cervical_dystonia", "Cervical dystonia")
    both = (SiteDose(1, "scm", "left", Decimal(50)), SiteDose(1, "scm", "right", Decimal(dose)))
    assert ("scm-maximum" in keys(facts(courses=(neck,), sites=both))) is warns


def test_ingredients_are_judged_against_the_product() -> None:
    assert keys(facts(allergies=frozenset({"albumin"})))["albumin"] is Severity.STOP
    assert "milk-protein" not in keys(facts(allergies=frozenset({"milk_protein"})))
    found = keys(facts(product=DYSPORT, allergies=frozenset({"milk_protein"})))
    assert found["milk-protein"] is Severity.WARN  # marked B


def test_a_use_off_the_label_is_named() -> None:
    jaw = CourseFacts(1, "tmj_bruxism", "TMJ disorder / bruxism")
    assert keys(facts(courses=(jaw,)))["off-label-1"] is Severity.NOTE


def test_stops_and_unreasoned_warnings_keep_a_session_open() -> None:
    alert = Alert("anticoagulant", "Takes an anticoagulant.", Severity.WARN)
    found = find_all(facts(alerts=(alert,)))
    assert [finding.key for finding in unanswered(found, {})] == ["alert-anticoagulant"]
    assert [finding.key for finding in unanswered(found, {"alert-anticoagulant": "  "})] == ["alert-anticoagulant"]
    assert unanswered(found, {"alert-anticoagulant": "INR 2.1 today, pressure held"}) == []
    stop = find_all(facts(vials=()))
    assert unanswered(stop, {"no-vials": "please"}) == stop


@given(st.permutations(sites(155)), st.permutations([*vials(100, 100, total=Decimal(155))]))
def test_the_order_of_charting_never_matters(one: list[SiteDose], other: list[VialFacts]) -> None:
    assert {f.key for f in find_all(facts(sites=tuple(one), vials=tuple(other)))} == set()


@given(
    st.lists(st.integers(1, 500).map(Decimal), max_size=6),
    st.integers(0, 2000).map(lambda half: Decimal(half) / 2),
)
def test_given_plus_discarded_is_always_the_vial(sizes: list[Decimal], total: Decimal) -> None:
    draws = draw_from(sizes, total=total)
    assert [draw.given + draw.discarded for draw in draws] == sizes
    assert sum(draw.given for draw in draws) == min(total, sum(sizes, Decimal(0)))
    assert all(draw.given >= 0 and draw.discarded >= 0 for draw in draws)


@pytest.mark.parametrize(("days", "stops"), [(-1, True), (0, False)])
def test_nobody_is_treated_after_death(days: int, stops: bool) -> None:
    assert keys(facts(died_on=DAY + timedelta(days=days))).get("died") is (Severity.STOP if stops else None)
