"""No order in which a session was charted changes what is found of it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

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
    NECK_COURSE,
    NOON,
    UPPER,
    XEOMIN,
    facts,
    keys,
    of_a_child,
)
from treatments.rules.chosen import record_links
from treatments.rules.facts import (
    Alert,
    AuthorizationFacts,
    ConsentFacts,
    CourseFacts,
    CoverageFacts,
    Earlier,
    LimbUnits,
    ProductFacts,
    ScreeningFacts,
    SessionFacts,
    Severity,
    SiteDose,
    VialFacts,
    WeightFacts,
)
from treatments.rules.findings import find_all

PRODUCTS = (BOTOX, DYSPORT, XEOMIN, DAXXIFY, MYOBLOC)
MUSCLES = ("frontalis", "scm", "biceps", "gastroc_med", "gastroc_lat", "soleus", "masseter")
COURSES = (MIGRAINE, replace(NECK_COURSE, id=2), replace(ARM, id=3), replace(LEG, id=4, diagnosis=""))

units = st.one_of(st.none(), st.integers(1, 1600).map(lambda half: Decimal(half) / 2))
near = st.integers(-1, 130).map(lambda days: DAY - timedelta(days=days))
ahead = st.integers(1, 130).map(lambda days: DAY + timedelta(days=days))
limbs = st.builds(
    LimbUnits, st.sampled_from([UPPER, LOWER, "cervical_dystonia"]), st.sampled_from(["left", "right", ""]),
    st.integers(1, 900).map(Decimal),
)  # fmt: skip


@st.composite
def others(draw: st.DrawFn, day: st.SearchStrategy[date]) -> tuple[Earlier, ...]:
    """Other sessions of those days, of any products."""
    return tuple(
        Earlier(
            draw(day),
            row.key,
            row.brand,
            sum((limb.units for limb in where), Decimal(0)),
            frozenset(draw(st.sets(st.integers(1, 5)))),
            tuple(where),
        )
        for row in draw(st.lists(st.sampled_from(PRODUCTS), max_size=5))
        for where in [draw(st.lists(limbs, max_size=3))]
    )


@st.composite
def courses(draw: st.DrawFn) -> tuple[CourseFacts, ...]:
    chosen = draw(st.lists(st.sampled_from(COURSES), min_size=1, max_size=4, unique_by=lambda course: course.id))
    return tuple(
        replace(course, last_session_on=since, eligible_on=since + timedelta(days=84), eligible_words="label")
        if (since := draw(st.none() | near)) is not None
        else course
        for course in chosen
    )


@st.composite
def sessions(draw: st.DrawFn) -> SessionFacts:
    """Any session: of any product, with any number of things wrong with it."""
    treated = draw(courses())
    ids = [course.id for course in treated]
    site = st.builds(
        SiteDose, st.sampled_from(ids), st.sampled_from(MUSCLES), st.sampled_from(["left", "right"]), units
    )
    product = draw(st.none() | st.sampled_from(PRODUCTS))
    many = {"max_size": 5}
    vial_units = draw(st.lists(st.tuples(units, units, st.none() | st.integers(-2, 100)), **many))
    return facts(
        product=product,
        age=draw(st.sampled_from([1, 8, 17, 18, 44])),
        units_per_ml=draw(st.sampled_from([None, Decimal(50), Decimal(200)])),
        courses=treated,
        sites=tuple(draw(st.lists(site, max_size=12))),
        vials=tuple(
            VialFacts(
                f"vial {place}",
                draw(st.sampled_from([product.key if product else "", BOTOX.key])),
                Decimal(200),
                given or Decimal(0),
                thrown or Decimal(0),
                lot_problem=draw(st.sampled_from([None, "Lot X was recalled."])),
                of_another_patient=draw(st.booleans()),
                reconstituted_at=None if hours is None else NOON - timedelta(hours=hours),
            )
            for place, (given, thrown, hours) in enumerate(vial_units)
        ),
        earlier=draw(others(near)),
        later=draw(others(ahead)),
        alerts=tuple(
            Alert(code, code, draw(st.sampled_from(list(Severity))))
            for code in draw(st.lists(st.sampled_from(["cardiac", "surgery", "prior_toxin"]), unique=True))
        ),
        allergies=frozenset(draw(st.sets(st.sampled_from(["milk_protein", "albumin", "latex"])))),
        screening=draw(st.none() | st.builds(ScreeningFacts, st.just(1), near, st.integers(0, 3))),
        consents=tuple(
            ConsentFacts(
                pk,
                DAY - timedelta(days=draw(st.integers(0, 400))),
                DAY + timedelta(days=draw(st.integers(-5, 300))),
                None,
                (),
                draw(st.booleans()),
            )
            for pk in range(draw(st.integers(0, 3)))
        ),
        weights=tuple(
            WeightFacts(pk, draw(st.integers(8, 60).map(Decimal)), draw(near)) for pk in range(draw(st.integers(0, 3)))
        ),
        coverages=tuple(CoverageFacts(pk, f"Payer {pk}", draw(st.booleans())) for pk in range(draw(st.integers(0, 2)))),
        authorizations=tuple(
            AuthorizationFacts(
                pk,
                f"PA-{pk}",
                "Payer",
                draw(st.sampled_from(["approved", "denied"])),
                draw(st.sampled_from([row.key for row in PRODUCTS])),
                draw(st.sampled_from(["chronic_migraine", UPPER, LOWER])),
                DAY - timedelta(days=9),
                DAY + timedelta(days=draw(st.integers(-1, 9))),
                units_approved=draw(st.none() | st.integers(1, 900)),
            )
            for pk in range(draw(st.integers(0, 4)))
        ),
        last_response=draw(st.sampled_from(["", "good", "first"])),
    )


@given(sessions(), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_the_same_facts_in_any_order_find_the_same_list(session: SessionFacts, chance: object) -> None:
    shuffled = {}
    for name in (
        "courses",
        "sites",
        "vials",
        "earlier",
        "later",
        "alerts",
        "consents",
        "weights",
        "coverages",
        "authorizations",
    ):
        rows = list(getattr(session, name))
        chance.shuffle(rows)  # type: ignore[attr-defined]
        shuffled[name] = tuple(rows)
    if session.product is not None:
        maxima, ranges = list(session.product.maxima), list(session.product.muscle_ranges)
        chance.shuffle(maxima)  # type: ignore[attr-defined]
        chance.shuffle(ranges)  # type: ignore[attr-defined]
        shuffled["product"] = replace(session.product, maxima=tuple(maxima), muscle_ranges=tuple(ranges))
    other = replace(session, **shuffled)
    assert find_all(other) == find_all(session)
    assert record_links(other) == record_links(session)


@given(
    st.sampled_from([BOTOX, DYSPORT, XEOMIN]),
    st.integers(1, 130),
    st.integers(1, 400),
    st.integers(1, 400),
    st.booleans(),
)
@settings(max_examples=300)
def test_which_of_two_sessions_is_entered_last_changes_no_maximum(
    product: ProductFacts, days: int, first: int, second: int, child: bool
) -> None:
    """Two sessions of an arm so many days apart: found of the second after the first, and of the first entered late."""

    def found(amount: int, **others: tuple[Earlier, ...]) -> dict[str, Severity]:
        session = facts(
            product=product, courses=(ARM,), sites=(SiteDose(ARM.id, "biceps", "left", Decimal(amount)),), **others
        )
        grades = keys(of_a_child(session, kg=20) if child else session)
        return {key: grade for key, grade in grades.items() if key.startswith(("maximum", "rolling"))}

    def other(amount: int, on: date) -> tuple[Earlier, ...]:
        where = (LimbUnits(UPPER, "left", Decimal(amount)),)
        return (Earlier(on, product.key, product.brand, Decimal(amount), frozenset({ARM.id}), where),)

    # What one passes alone is found of that one.
    assume(not found(first) and not found(second))
    in_turn = found(second, earlier=other(first, DAY - timedelta(days=days)))
    late = found(first, later=other(second, DAY + timedelta(days=days)))
    assert in_turn == late


@given(sessions())
@settings(max_examples=200)
def test_stops_stand_first_and_each_finding_has_a_key_of_its_own(session: SessionFacts) -> None:
    found = find_all(session)
    grades = [["stop", "warn", "note"].index(finding.severity) for finding in found]
    assert grades == sorted(grades)
    assert len({finding.key for finding in found}) == len(found)
    for finding in found:
        assert finding.words
        assert finding.severity != "stop" or finding.confidence in ("A", "A-", "confirmed", "")
        # What no reading backs never stops; an alert is graded where its words are.
        assert finding.source or finding.key.startswith("alert-")
