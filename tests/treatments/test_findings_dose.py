"""Rules R3, R4 and R5: totals of a session against the label, and a child's by weight."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.treatments.facts_made import (
    ARM,
    BOTOX,
    DAXXIFY,
    DAY,
    DYSPORT,
    LEG,
    LOWER,
    MIGRAINE,
    MYOBLOC,
    NECK,
    NECK_COURSE,
    UPPER,
    XEOMIN,
    dosed,
    facts,
    keys,
    sites,
    words,
)
from treatments.rules.facts import CourseFacts, Earlier, LimbUnits, ProductFacts, Severity

STOP, WARN = Severity.STOP, Severity.WARN
BACK = CourseFacts(1, "low_back_pain", "Low back pain", diagnosis="M54.50")


def past(product: ProductFacts, total: float, days_ago: int, *limbs: tuple[str, str, float]) -> tuple[Earlier, ...]:
    """Another session, so many days before or, below 0, after; `limbs` say where its units went."""
    on = DAY - timedelta(days=days_ago)
    where = tuple(LimbUnits(condition, side, Decimal(str(amount))) for condition, side, amount in limbs)
    return (Earlier(on, product.key, product.brand, Decimal(str(total)), frozenset({1}), where),) if total else ()


# --- adults


@pytest.mark.parametrize(
    ("now", "before", "days_ago", "stops"),
    [
        (400, 0, 10, False),
        (400.5, 0, 10, True),
        (200, 200, 83, False),
        (200.5, 200, 83, True),
        (400, 400, 84, False),  # a legal repeat on day 84 is not blocked
        (200.5, 200, 0, True),
    ],
)
def test_botox_counts_this_session_and_the_83_days_before(now: float, before: int, days_ago: int, stops: bool) -> None:
    found = keys(dosed(BOTOX, sites(now), MIGRAINE, earlier=past(BOTOX, before, days_ago)))
    assert found.get("maximum-84") is (STOP if stops else None)


@pytest.mark.parametrize(
    ("now", "after", "days", "stops"),
    [
        (200, 200, 1, False),
        (200.5, 200, 1, True),
        (200.5, 200, 83, True),
        (200.5, 200, 84, False),
        (400, 400, 84, False),  # a repeat on day 84 was legal, whichever of the two is entered first
    ],
)
def test_a_session_entered_late_counts_with_one_already_given_after_it(
    now: float, after: int, days: int, stops: bool
) -> None:
    session = dosed(BOTOX, sites(now), MIGRAINE, later=past(BOTOX, after, -days))
    assert keys(session).get("maximum-84") is (STOP if stops else None)
    if stops:
        on = DAY + timedelta(days=days)
        assert (
            f"BOTOX: {now} U now, 0 U in the {83 - days} days before and {after} U after it (a later session of "
            f"{on:%a} {on.day} {on:%b %Y} is already signed), 0.5 U over the label's 400 U"
            in words(session, "maximum-84")
        )


@pytest.mark.parametrize(
    ("days_ago", "days_ahead", "stops"),
    [(40, 43, True), (40, 44, False), (83, 1, False), (82, 1, True)],
)
def test_a_window_that_holds_all_three_sessions_is_84_days_long(days_ago: int, days_ahead: int, stops: bool) -> None:
    around = {"earlier": past(BOTOX, 150, days_ago), "later": past(BOTOX, 150, -days_ahead)}
    found = keys(dosed(BOTOX, sites(100.5), MIGRAINE, **around))
    assert found.get("maximum-84") is (STOP if stops else None)


@pytest.mark.parametrize(("days", "warns"), [(83, False), (84, True), (91, True), (92, False)])
def test_the_week_after_twelve_weeks_warns_for_a_session_already_given_too(days: int, warns: bool) -> None:
    session = dosed(BOTOX, sites(200.5), MIGRAINE, later=past(BOTOX, 200, -days))
    assert keys(session).get("maximum-near-84") is (WARN if warns else None)
    if warns:
        assert "is already signed" in words(session, "maximum-near-84")


@pytest.mark.parametrize(("days", "warns"), [(1, True), (83, True), (84, False)])
def test_a_maximum_for_one_session_warns_with_a_later_session_too(days: int, warns: bool) -> None:
    session = dosed(DYSPORT, sites(701, 100, 1, "biceps"), ARM, later=past(DYSPORT, 800, -days))
    assert keys(session).get("rolling-total") is (WARN if warns else None)
    if warns:
        assert "is already signed" in words(session, "rolling-total")


@pytest.mark.parametrize(
    ("now", "before", "days_ago", "warns"),
    [
        (200, 200, 84, False),
        (200.5, 200, 84, True),
        (200.5, 200, 91, True),
        (200.5, 200, 92, False),
        (200.5, 200, 83, False),  # that one stops
    ],
)
def test_from_day_84_to_day_91_more_than_the_maximum_only_warns(
    now: float, before: int, days_ago: int, warns: bool
) -> None:
    found = keys(dosed(BOTOX, sites(now), MIGRAINE, earlier=past(BOTOX, before, days_ago)))
    assert found.get("maximum-near-84") is (WARN if warns else None)


@pytest.mark.parametrize(("long_ago", "warns"), [(0, False), (1, True)])
def test_a_maximum_just_reached_in_twelve_weeks_leaves_nothing_for_the_week_before(long_ago: int, warns: bool) -> None:
    earlier = past(BOTOX, 200, 83) + past(BOTOX, long_ago, 88)
    found = keys(dosed(BOTOX, sites(200), MIGRAINE, earlier=earlier))
    assert found.get("maximum-near-84") is (WARN if warns else None)


def test_an_ordinary_repeat_of_155_units_on_day_84_is_silent() -> None:
    course = replace(MIGRAINE, last_session_on=DAY - timedelta(days=84), eligible_on=DAY)
    assert keys(facts(courses=(course,), earlier=past(BOTOX, 155, 84), last_response="good")) == {}


def test_units_of_another_product_never_count() -> None:
    found = keys(facts(earlier=past(DYSPORT, 1500, 30) + past(XEOMIN, 400, 85)))
    assert not {key for key in found if key.startswith(("maximum", "rolling"))}


@pytest.mark.parametrize(
    ("product", "course", "most", "severity"),
    [
        (XEOMIN, NECK_COURSE, 400, STOP),  # R4 (A)
        (DYSPORT, ARM, 1500, STOP),  # R4 (A)
        (DYSPORT, NECK_COURSE, 1000, WARN),  # R4 (B)
        (DAXXIFY, NECK_COURSE, 250, WARN),  # R4: a range, not a stated maximum
        (MYOBLOC, NECK_COURSE, 5000, WARN),
    ],
)
def test_a_maximum_for_one_session(product: ProductFacts, course: CourseFacts, most: int, severity: Severity) -> None:
    def of(total: float) -> set[Severity]:
        found = keys(dosed(product, sites(total, 40, muscle="scalenus_post"), course))
        return {grade for key, grade in found.items() if key.startswith("maximum")}

    assert of(most - 0.5) == of(most) == set()
    assert of(most + 0.5) == {severity}


@pytest.mark.parametrize(
    ("product", "before", "says"),
    [
        (XEOMIN, (), "Xeomin: 401 U in this session, 1 U over the label's 400 U"),
        (XEOMIN, (50, 0), "Xeomin: 401 U now and 50 U earlier that day, 51 U over the label's 400 U"),
        (BOTOX, (), "BOTOX: 401 U now and 0 U in the 83 days before, 1 U over the label's 400 U"),
        (BOTOX, (50, 83), "BOTOX: 401 U now and 50 U in the 83 days before, 51 U over the label's 400 U"),
    ],
)
def test_the_words_say_what_was_counted(product: ProductFacts, before: tuple[int, ...], says: str) -> None:
    session = dosed(product, sites(401, 40, muscle="x"), earlier=past(product, *before) if before else ())
    (key,) = [key for key in keys(session) if key in ("maximum-0", "maximum-84")]
    assert says in words(session, key)


def test_dysport_counts_arm_and_leg_together() -> None:
    given_units = sites(1000, 100, 1, "biceps") + sites(600, 100, 2, "soleus")
    key = f"maximum-0-{UPPER}-{LOWER}"
    assert keys(dosed(DYSPORT, given_units, ARM, LEG))[key] is STOP
    assert key not in keys(dosed(DYSPORT, given_units[:-1], ARM, LEG))


@pytest.mark.parametrize(("before", "days_ago", "stops"), [(300, 0, True), (300, 1, False), (245, 0, False)])
def test_two_sessions_of_one_day_share_a_maximum_for_one_session(before: int, days_ago: int, stops: bool) -> None:
    found = keys(dosed(XEOMIN, sites(155), NECK_COURSE, earlier=past(XEOMIN, before, days_ago)))
    assert found.get("maximum-0") is (STOP if stops else None)


@pytest.mark.parametrize(
    ("now", "before", "days_ago", "warns"),
    [
        (700, 800, 83, False),
        (700.5, 800, 83, True),
        (800, 800, 84, False),
        (800, 800, 0, True),
        (1500, 0, 0, False),
    ],
)
def test_a_maximum_for_one_session_warns_over_twelve_weeks(now: float, before: int, days_ago: int, warns: bool) -> None:
    found = keys(dosed(DYSPORT, sites(now, 100, 1, "biceps"), ARM, earlier=past(DYSPORT, before, days_ago)))
    assert found.get("rolling-total") is (WARN if warns else None)
    if warns:
        session = dosed(DYSPORT, sites(now, 100, 1, "biceps"), ARM, earlier=past(DYSPORT, before, days_ago))
        assert "U in the 83 days before; the label's 1500 U is for one session" in words(session, "rolling-total")


@pytest.mark.parametrize(
    ("product", "course", "condition", "most", "severity"),
    [(DYSPORT, ARM, LOWER, 1500, STOP), (DYSPORT, NECK_COURSE, NECK, 1000, WARN)],
)
@pytest.mark.parametrize(("over", "days_ago", "counts"), [(0, 0, False), (0.5, 0, True), (0.5, 1, False)])
def test_two_sessions_of_one_day_share_a_maximum_for_one_use(
    product: ProductFacts,
    course: CourseFacts,
    condition: str,
    most: int,
    severity: Severity,
    over: float,
    days_ago: int,
    counts: bool,
) -> None:
    before = past(product, 600, days_ago, (condition, "right", 600))
    session = dosed(product, sites(most - 600 + over, 40, muscle="x"), course, earlier=before)
    (key,) = {f"maximum-0-{UPPER}-{LOWER}", f"maximum-0-{NECK}"} & {*keys(session)} or {""}
    assert keys(session).get(key) is (severity if counts else None)
    if counts:
        assert f"{units_of(most - 600 + over)} U now and 600 U earlier that day, 0.5 U over" in words(session, key)


def units_of(amount: float) -> str:
    return f"{amount:.1f}".removesuffix(".0")


def test_what_was_given_that_day_for_another_use_is_not_counted_for_this_one() -> None:
    before = past(DYSPORT, 900, 0, (NECK, "left", 900))
    found = keys(dosed(DYSPORT, sites(1000, 40, muscle="x"), ARM, earlier=before))
    assert not {key for key in found if key.startswith("maximum")}


@pytest.mark.parametrize(
    ("product", "course", "warns"),
    [
        (DYSPORT, BACK, True),
        (DAXXIFY, BACK, True),
        (MYOBLOC, MIGRAINE, True),
        (DYSPORT, ARM, False),
        (DYSPORT, NECK_COURSE, False),
        (BOTOX, BACK, False),  # all uses together have a maximum
        (XEOMIN, BACK, False),
    ],
)
def test_a_use_without_any_maximum_is_said(product: ProductFacts, course: CourseFacts, warns: bool) -> None:
    session = dosed(product, sites(2500, 500, muscle="x"), course)
    assert keys(session).get("no-maximum") is (WARN if warns else None)
    if warns:
        said = f"The reference has no maximum of {product.brand} for {course.condition_name}."
        assert said in words(session, "no-maximum")


# --- under 18: each row of R5 at, below and above what it allows at 20 kg, and where units are the lower of the two
