"""What the record must hold before it is signed: R1, R2, R14, who signs, diagnosis, guidance, authorisation."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.treatments.facts_made import ARM, BOTOX, DAY, DYSPORT, LEG, MIGRAINE, dosed, facts, keys, sites, vials, words
from treatments.rules.chosen import choose_authorization, record_links
from treatments.rules.facts import (
    Alert,
    AuthorizationFacts,
    CourseFacts,
    CoverageFacts,
    Severity,
    SiteDose,
    WeightFacts,
)
from treatments.rules.findings import capped, find_all, unanswered


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
        ({"performed_on": DAY + timedelta(days=1)}, "future"),
        ({"is_touch_up": True}, "touch-up"),
        ({"is_touch_up": True, "touch_up_reason": "  "}, "touch-up"),
        ({"signing_problem": "Your licence expired."}, "signer"),
        (
            {"courses": (MIGRAINE, CourseFacts(2, "cervical_dystonia", "Cervical dystonia", diagnosis="G24.3"))},
            "untreated-2",
        ),
    ],
)
def test_what_is_missing_stops(changes: dict[str, object], key: str) -> None:
    assert keys(facts(**changes))[key] is Severity.STOP
    assert key not in keys(facts())


def test_the_words_count_the_sites_without_units() -> None:
    empty = SiteDose(1, "frontalis", "left", None)
    assert words(facts(sites=(empty,)), "empty-sites") == "1 site has no units yet."
    assert words(facts(sites=(empty, empty)), "empty-sites") == "2 sites have no units yet."


def test_a_touch_up_with_its_reason_passes() -> None:
    assert find_all(facts(is_touch_up=True, touch_up_reason="left brow uneven")) == []


@pytest.mark.parametrize(("days", "stops"), [(-1, True), (0, False)])
def test_nobody_is_treated_after_death(days: int, stops: bool) -> None:
    assert keys(facts(died_on=DAY + timedelta(days=days))).get("died") is (Severity.STOP if stops else None)


def test_who_signs_for_another_says_why() -> None:
    assert keys(facts(charted_by="Dr Kenji Ito"))["other-signer"] is Severity.WARN


@pytest.mark.parametrize(
    ("guidance", "reason", "warns"),
    [("none", "", False), ("emg", "", True), ("emg", " ", True), ("emg", "deep", False)],
)
def test_guidance_says_why(guidance: str, reason: str, warns: bool) -> None:
    found = keys(facts(guidance=guidance, guidance_reason=reason))
    assert found.get("guidance") is (Severity.WARN if warns else None)


@pytest.mark.parametrize(
    ("before", "response", "touch_up", "warns"),
    [
        (False, "", False, False),
        (True, "", False, True),
        (True, "good", False, False),
        (True, "unknown", False, False),
        (True, "first", False, True),
        (True, "", True, False),
    ],
)
def test_a_repeat_session_says_how_the_last_one_worked(
    before: bool, response: str, touch_up: bool, warns: bool
) -> None:
    course = replace(MIGRAINE, last_session_on=DAY - timedelta(days=90) if before else None)
    found = keys(
        facts(
            courses=(course,), last_response=response, is_touch_up=touch_up, touch_up_reason="why" if touch_up else ""
        )
    )
    assert found.get("response") is (Severity.WARN if warns else None)


def test_first_session_of_one_course_beside_a_repeat_of_another_is_no_contradiction() -> None:
    repeat = replace(ARM, last_session_on=DAY - timedelta(days=90))
    given = sites(50, 50, 1, "biceps") + sites(50, 50, 2, "soleus")
    assert "response" not in keys(dosed(BOTOX, given, repeat, LEG, last_response="first"))


def test_a_course_without_a_diagnosis_asks_for_a_reason() -> None:
    assert keys(facts(courses=(replace(MIGRAINE, diagnosis=""),)))["diagnosis-1"] is Severity.WARN


# --- prior authorisation

APPROVED = AuthorizationFacts(
    id=7,
    number="PA-1",
    payer="Aetna",
    status="approved",
    product=BOTOX.key,
    condition="chronic_migraine",
    starts_on=DAY - timedelta(days=200),
    ends_on=DAY,
    units_approved=400,
    visits_approved=2,
    units_used=Decimal(245),
    visits_used=1,
)
AETNA = CoverageFacts(1, "Aetna", authorization_required=True)


def test_an_authorisation_with_just_enough_left_on_its_last_day_covers() -> None:
    session = facts(authorizations=(APPROVED,), coverages=(AETNA,))
    assert find_all(session) == []
    assert record_links(session).authorization_id == 7
    assert find_all(facts(authorizations=(replace(APPROVED, starts_on=DAY),), coverages=(AETNA,))) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "submitted"}, "is submitted and not decided"),
        ({"status": "denied"}, "was denied"),
        ({"status": "appeal"}, "is in appeal"),
        ({"ends_on": DAY - timedelta(days=1)}, "ended on 19 Nov 2026"),
        ({"starts_on": DAY + timedelta(days=1), "ends_on": DAY + timedelta(days=9)}, "begins on 21 Nov 2026"),
        ({"units_used": Decimal(246)}, "has 154 U left; this session gives 155 U"),
        ({"units_used": Decimal(500)}, "has 0 U left"),
        ({"visits_used": 2}, "all 2 visits are used"),
    ],
)
def test_an_authorisation_that_does_not_cover_asks_for_a_reason(change: dict[str, object], says: str) -> None:
    session = facts(authorizations=(replace(APPROVED, **change),))  # type: ignore[arg-type]
    assert keys(session) == {"authorization-1": Severity.WARN}
    assert says in words(session, "authorization-1")
    assert record_links(session).authorization_id is None


def test_before_anything_is_charted_no_authorisation_is_asked_about() -> None:
    assert "authorization-1" not in keys(facts(sites=(), coverages=(AETNA,)))
    assert "authorization-1" not in keys(facts(product=None, coverages=(AETNA,)))


def test_one_for_another_product_or_condition_is_the_wrong_one() -> None:
    other = replace(APPROVED, product=DYSPORT.key)
    assert "is for abobotulinumtoxinA" in words(facts(authorizations=(other,), coverages=(AETNA,)), "authorization-1")
    neck = replace(APPROVED, condition="cervical_dystonia")
    assert words(facts(authorizations=(neck,), coverages=(AETNA,)), "authorization-1") == (
        "Chronic migraine: Aetna wants a prior authorisation; none is on file."
    )
    both = (AETNA, replace(AETNA, id=2, payer="Cigna"))
    assert "Aetna and Cigna want a prior" in words(facts(coverages=both), "authorization-1")
    denied = replace(APPROVED, status="denied")
    assert words(facts(authorizations=(denied,)), "authorization-1") == (
        "Chronic migraine: the prior authorisation PA-1 was denied."
    )
    # Nobody wants one: what there is for something else is no matter of this session.
    assert find_all(facts(authorizations=(other, neck))) == []


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, True),
        ({"authorization_required": False}, False),
        ({"starts_on": DAY, "ends_on": DAY}, True),
        ({"starts_on": DAY + timedelta(days=1)}, False),
        ({"ends_on": DAY - timedelta(days=1)}, False),
    ],
)
def test_a_payer_that_wants_one_is_asked_only_while_it_pays(change: dict[str, object], wanted: bool) -> None:
    found = keys(facts(coverages=(replace(AETNA, **change),)))  # type: ignore[arg-type]
    assert found.get("authorization-1") is (Severity.WARN if wanted else None)


def test_of_several_that_cover_the_one_that_ends_first_is_used() -> None:
    later = replace(APPROVED, id=8, ends_on=DAY + timedelta(days=100))
    used = replace(APPROVED, id=9, visits_used=2, ends_on=DAY + timedelta(days=1))
    for rows in ((APPROVED, later, used), (used, later, APPROVED)):
        chosen = choose_authorization(rows, product=BOTOX.key, condition="chronic_migraine", on=DAY, units=Decimal(155))
        assert chosen is APPROVED


# --- severities and reasons


@pytest.mark.parametrize(
    ("confidence", "severity"), [("A", "stop"), ("A-", "stop"), ("confirmed", "stop"), ("B", "warn"), ("C", "warn")]
)
def test_only_a_number_that_was_read_or_confirmed_stops(confidence: str, severity: str) -> None:
    assert capped(Severity.STOP, confidence) == severity
    assert capped(Severity.WARN, confidence) is Severity.WARN
    assert capped(Severity.NOTE, confidence) is Severity.NOTE


def test_stops_and_unreasoned_warnings_keep_a_session_open() -> None:
    alert = Alert("anticoagulant", "Takes an anticoagulant.", Severity.WARN)
    found = find_all(facts(alerts=(alert,)))
    assert [finding.key for finding in unanswered(found, {})] == ["alert-anticoagulant"]
    assert [finding.key for finding in unanswered(found, {"alert-anticoagulant": "  "})] == ["alert-anticoagulant"]
    assert unanswered(found, {"alert-anticoagulant": "INR 2.1 today, pressure held"}) == []
    stop = find_all(facts(vials=()))
    assert unanswered(stop, {"no-vials": "please"}) == stop
    note = find_all(facts(alerts=(replace(alert, severity=Severity.NOTE),)))
    assert note
    assert unanswered(note, {}) == []


def test_the_record_names_the_papers_it_went_by() -> None:
    links = record_links(facts(weights=(WeightFacts(3, Decimal(70), DAY),)))
    assert (links.screening_id, links.consent_id, links.weight_id, links.authorization_id) == (1, 1, None, None)


@pytest.mark.parametrize(
    ("said", "given", "warns"),
    [
        ("Hemiplegia, unspecified affecting left nondominant side", ["right"], True),
        ("Hemiplegia, unspecified affecting right dominant side", ["left", "left"], True),
        ("Hemiplegia, unspecified affecting left nondominant side", ["left"], False),
        ("Hemiplegia, unspecified affecting left nondominant side", ["right", "left"], False),
        ("Hemiplegia, unspecified affecting unspecified side", ["right"], False),
        ("Monoplegia, right or left side", ["left"], False),
        ("", ["right"], False),
        ("Hemiplegia, unspecified affecting left nondominant side", [], False),
    ],
)
def test_the_side_of_a_limbs_diagnosis_against_the_side_injected(said: str, given: list[str], warns: bool) -> None:
    course = replace(ARM, diagnosis_words=said)
    rows = [site for side in given for site in sites(50, 50, 1, "biceps", side)]
    found = keys(dosed(BOTOX, rows, course))
    assert found.get("diagnosis-side-1") is (Severity.WARN if warns else None)
    assert "diagnosis-side-1" not in keys(facts(courses=(replace(MIGRAINE, diagnosis_words=said),)))


def test_a_sided_diagnosis_is_judged_for_its_own_course() -> None:
    leg = replace(LEG, diagnosis_words="Hemiplegia affecting left nondominant side")
    rows = sites(50, 50, 1, "biceps", "left") + sites(50, 50, 2, "soleus", "right")
    session = dosed(BOTOX, rows, ARM, leg)
    assert words(session, "diagnosis-side-2") == "The diagnosis says left; all sites are on the right."


def test_a_follow_up_or_a_score_says_how_the_last_one_worked() -> None:
    repeat = replace(MIGRAINE, last_session_on=DAY - timedelta(days=90))
    assert "response" in keys(facts(courses=(repeat,), last_response=""))
    assert "response" not in keys(facts(courses=(replace(repeat, responded=True),), last_response=""))


def test_a_course_that_was_found_not_suitable_wants_a_reason() -> None:
    course = replace(MIGRAINE, unsuitable_on=DAY - timedelta(days=3), unsuitable_why="Swallows badly.")
    found = facts(courses=(course,))
    assert keys(found)["suitability-1"] is Severity.WARN
    assert words(found, "suitability-1") == (
        "Chronic migraine: the evaluation of Tue 17 Nov 2026 says not suitable: Swallows badly."
    )


@pytest.mark.parametrize(
    ("words_of_code", "warns"),
    [
        ("Monoplegia of lower limb following cerebral infarction affecting left dominant side", True),
        ("Monoplegia of upper limb following cerebral infarction affecting left dominant side", False),
        ("Spastic hemiplegia affecting left dominant side", False),
    ],
)
def test_a_diagnosis_of_the_other_limb_is_said(words_of_code: str, warns: bool) -> None:
    course = replace(ARM, diagnosis="I69.342", diagnosis_words=words_of_code)
    found = keys(dosed(BOTOX, sites(50, muscle="biceps"), course))
    assert found.get("diagnosis-limb-1") is (Severity.WARN if warns else None)
