"""Rule R7: days since toxin was last given."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.treatments.facts_made import ARM, BOTOX, DAY, DYSPORT, LEG, MIGRAINE, facts, keys, words
from treatments.rules.facts import CourseFacts, Earlier, Severity
from treatments.rules.findings import find_all

OWN = frozenset({1})


def repeat(days: int, *, interval: int = 84) -> object:
    since = DAY - timedelta(days=days)
    return replace(
        MIGRAINE,
        last_session_on=since,
        eligible_on=since + timedelta(days=interval),
        eligible_words=f"BOTOX label, {interval} days",
        eligible_confidence="A",
    )


@pytest.mark.parametrize(
    ("days", "interval", "warns"),
    [
        (83, 84, True),
        (84, 84, False),
        (85, 84, False),
        (89, 90, True),
        (90, 90, False),
        (111, 112, True),
        (112, 112, False),
    ],
)
def test_a_course_before_its_first_allowed_day_warns(days: int, interval: int, warns: bool) -> None:
    found = keys(facts(courses=(repeat(days, interval=interval),), last_response="good"))
    assert found.get("interval-1") is (Severity.WARN if warns else None)


ARM_TOO, LEG_TOO = replace(ARM, id=2), replace(LEG, id=3)
LABEL, POLICY = ("BOTOX label, 84 days", 84, "BOTOX-PI", "A"), ("clinic policy, 90 days", 90, "POLICY", "B")


def early(course: CourseFacts, days: int, why: tuple[str, int, str, str] = LABEL) -> CourseFacts:
    """A course last treated so many days ago."""
    since = DAY - timedelta(days=days)
    return replace(
        course,
        last_session_on=since,
        eligible_words=why[0],
        eligible_on=since + timedelta(days=why[1]),
        eligible_source=why[2],
        eligible_confidence=why[3],
    )


@pytest.mark.parametrize(
    ("courses", "asked"),
    [
        ((early(ARM_TOO, 80),), {"interval-2"}),
        ((early(ARM_TOO, 80), early(LEG_TOO, 80)), {"interval-2-3"}),
        ((early(LEG_TOO, 80), early(ARM_TOO, 80)), {"interval-2-3"}),
        ((early(MIGRAINE, 80), early(ARM_TOO, 80), early(LEG_TOO, 80)), {"interval-1-2-3"}),
        # Two earlier sessions are two questions.
        ((early(ARM_TOO, 80), early(LEG_TOO, 79)), {"interval-2", "interval-3"}),
        ((early(MIGRAINE, 79), early(ARM_TOO, 80), early(LEG_TOO, 79)), {"interval-2", "interval-1-3"}),
        # Only who is too early is named.
        ((early(ARM_TOO, 83), early(LEG_TOO, 83, POLICY)), {"interval-2-3"}),
        ((early(ARM_TOO, 84), early(LEG_TOO, 84, POLICY)), {"interval-3"}),
        ((early(ARM_TOO, 90), early(LEG_TOO, 90, POLICY)), set()),
        ((early(ARM_TOO, 80), LEG_TOO), {"interval-2"}),
    ],
)
def test_courses_of_one_earlier_session_are_asked_about_once(courses: tuple[CourseFacts, ...], asked: set[str]) -> None:
    session = facts(courses=courses, last_response="good")
    assert {key for key in keys(session) if key.startswith("interval")} == asked
    for key in asked:
        named = [course for course in courses if str(course.id) in key.split("-")[1:]]
        for course in named:
            assert words(session, key).count(course.condition_name) == 1


def test_courses_early_for_the_same_reason_are_named_together() -> None:
    allowed = DAY + timedelta(days=4)
    same = facts(courses=(early(ARM_TOO, 80), early(LEG_TOO, 80)))
    assert words(same, "interval-2-3") == (
        f"Upper-limb spasticity and Lower-limb spasticity: 4 days before a repeat is allowed on "
        f"{allowed:%a} {allowed.day} {allowed:%b %Y} (BOTOX label, 84 days)."
    )
    differ = facts(courses=(early(ARM_TOO, 80), early(LEG_TOO, 80, POLICY)))
    said = words(differ, "interval-2-3")
    assert "Upper-limb spasticity: 4 days before" in said
    assert "Lower-limb spasticity: 10 days before" in said
    found = next(row for row in find_all(differ) if row.key == "interval-2-3")
    assert (found.source, found.confidence) == ("rule R7; BOTOX-PI; POLICY", "B")  # the least sure of them


def test_one_question_leaves_no_second_one_about_the_same_session() -> None:
    past = Earlier(DAY - timedelta(days=80), BOTOX.key, "BOTOX", Decimal(300), frozenset({2, 3}))
    session = facts(courses=(early(ARM_TOO, 80), early(LEG_TOO, 80)), earlier=(past,))
    assert {key for key in keys(session) if key.startswith("interval")} == {"interval-2-3"}


@pytest.mark.parametrize(("days", "warns"), [(-1, False), (0, True), (83, True), (84, False)])
def test_any_toxin_in_the_last_twelve_weeks_warns(days: int, warns: bool) -> None:
    past = Earlier(DAY - timedelta(days=days), "incobotulinumtoxinA", "Xeomin", Decimal(50))
    assert ("interval-any" in keys(facts(earlier=(past,)))) is warns


@pytest.mark.parametrize(
    ("days", "product", "courses", "shown"),
    [
        (83, DYSPORT, frozenset({9}), False),  # that one warns
        (84, DYSPORT, frozenset({9}), True),
        (112, DYSPORT, frozenset({9}), True),
        (113, DYSPORT, frozenset({9}), False),
        (112, DYSPORT, OWN, True),  # another product for the same course
        (112, BOTOX, frozenset({9}), True),  # the same product for another course
        (84, BOTOX, OWN, False),  # the ordinary repeat
        (112, BOTOX, OWN | {9}, False),
    ],
)
def test_other_toxin_up_to_sixteen_weeks_ago_is_shown(
    days: int, product: object, courses: frozenset[int], shown: bool
) -> None:
    past = Earlier(DAY - timedelta(days=days), product.key, product.brand, Decimal(100), courses)  # type: ignore[attr-defined]
    assert keys(facts(earlier=(past,))).get("interval-other") is (Severity.NOTE if shown else None)


def test_toxin_for_another_course_is_named_beside_an_interval_of_this_one() -> None:
    course = repeat(80)
    own = Earlier(DAY - timedelta(days=80), BOTOX.key, "BOTOX", Decimal(155), OWN)
    other = Earlier(DAY - timedelta(days=3), DYSPORT.key, "Dysport", Decimal(500))
    assert "interval-any" not in keys(facts(courses=(course,), earlier=(own,)))
    session = facts(courses=(course,), earlier=(own, other))
    assert keys(session)["interval-1"] is Severity.WARN
    assert keys(session)["interval-any"] is Severity.WARN
    assert "4 days before" in words(session, "interval-1")
    assert "3 days ago: Dysport 500 U" in words(session, "interval-any")


@pytest.mark.parametrize("nearest", [3, 2])
def test_of_several_sessions_the_nearest_is_named(nearest: int) -> None:
    def given(days: int) -> tuple[Earlier, ...]:
        rows = [Earlier(DAY + timedelta(days=on), BOTOX.key, "BOTOX", Decimal(155), OWN) for on in (days, days * 9)]
        return tuple(rows if days == nearest else reversed(rows))

    assert f"Botulinum toxin {nearest} days ago" in words(facts(earlier=given(-nearest)), "interval-any")
    assert f", {nearest} days after this one." in words(facts(later=given(nearest)), "interval-later")


@pytest.mark.parametrize("touch_up", [False, True])
def test_without_a_product_nothing_is_another_product(touch_up: bool) -> None:
    past = Earlier(DAY - timedelta(days=90), BOTOX.key, "BOTOX", Decimal(155), OWN)
    session = facts(product=None, earlier=(past,), is_touch_up=touch_up, touch_up_reason="brow")
    assert not {key for key in keys(session) if key.startswith("interval")}


@pytest.mark.parametrize(("days", "warns"), [(1, True), (83, True), (84, False)])
def test_a_later_session_already_signed_warns(days: int, warns: bool) -> None:
    on = DAY + timedelta(days=days)
    later = Earlier(on, BOTOX.key, "BOTOX", Decimal(200), OWN)
    session = facts(later=(later,))
    assert keys(session).get("interval-later") is (Severity.WARN if warns else None)
    if warns:
        said = f"A later session of {on:%a} {on.day} {on:%b %Y} is already signed: BOTOX 200 U"
        assert said in words(session, "interval-later")


@pytest.mark.parametrize(
    ("days", "product", "courses", "shown"),
    [
        (83, DYSPORT, OWN, False),  # that one warns
        (84, DYSPORT, OWN, True),
        (112, DYSPORT, OWN, True),
        (113, DYSPORT, OWN, False),
        (84, BOTOX, frozenset({9}), True),
        (84, BOTOX, OWN, False),  # the ordinary repeat
    ],
)
def test_other_toxin_given_up_to_sixteen_weeks_after_is_shown(
    days: int, product: object, courses: frozenset[int], shown: bool
) -> None:
    later = Earlier(DAY + timedelta(days=days), product.key, product.brand, Decimal(100), courses)  # type: ignore[attr-defined]
    assert keys(facts(later=(later,))).get("interval-other-later") is (Severity.NOTE if shown else None)


@pytest.mark.parametrize(
    ("product", "days", "key", "severity"),
    [
        (DYSPORT, 5, "interval-any", Severity.WARN),
        (DYSPORT, 83, "interval-any", Severity.WARN),
        (DYSPORT, 84, "interval-other", Severity.NOTE),
        (DYSPORT, 112, "interval-other", Severity.NOTE),
        (DYSPORT, 113, "", None),
        (DYSPORT, -5, "interval-later", Severity.WARN),
        (DYSPORT, -84, "interval-other-later", Severity.NOTE),
        (BOTOX, 5, "", None),
        (BOTOX, 84, "", None),
        (BOTOX, -5, "", None),
    ],
)
def test_a_touch_up_still_asks_about_another_toxin(
    product: object, days: int, key: str, severity: Severity | None
) -> None:
    other = Earlier(DAY - timedelta(days=days), product.key, product.brand, Decimal(155), frozenset({9}))  # type: ignore[attr-defined]
    around = {"later": (other,)} if days < 0 else {"earlier": (other,)}
    found = keys(facts(courses=(repeat(14),), is_touch_up=True, touch_up_reason="brow", **around))
    said = {name: grade for name, grade in found.items() if name.startswith("interval")}
    assert said == ({key: severity} if key else {})


def test_a_touch_up_has_no_interval_to_the_session_it_follows() -> None:
    past = Earlier(DAY - timedelta(days=14), BOTOX.key, "BOTOX", Decimal(155), OWN)
    session = facts(courses=(repeat(14),), earlier=(past,), is_touch_up=True, touch_up_reason="brow")
    assert not {key for key in keys(session) if key.startswith("interval")}
