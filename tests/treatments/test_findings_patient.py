"""Rules R9 and R10, the screening and the consent: the patient before the needle."""

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
    MIGRAINE,
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
from treatments.rules.chosen import record_links
from treatments.rules.facts import (
    Alert,
    ConsentFacts,
    CourseFacts,
    Earlier,
    ProductFacts,
    ScreeningFacts,
    Severity,
    WeightFacts,
)
from treatments.rules.findings import find_all

STOP, WARN, NOTE = Severity.STOP, Severity.WARN, Severity.NOTE
JAW = CourseFacts(1, "tmj_bruxism", "TMJ disorder / bruxism", diagnosis="M26.60")


# --- R9: alerts, allergies, ingredients


@pytest.mark.parametrize("severity", list(Severity))
def test_an_alert_keeps_its_severity_and_its_rule(severity: Severity) -> None:
    (found,) = find_all(facts(alerts=(Alert("site_infection", "Infected.", severity, "screening, rule R9 (A)"),)))
    assert (found.key, found.severity, found.rule) == ("alert-site_infection", severity, "R9")


@pytest.mark.parametrize(
    ("days", "severity"), [(None, WARN), (124, WARN), (123, NOTE), (84, NOTE), (0, NOTE), (-1, WARN)]
)
def test_toxin_the_patient_names_asks_no_reason_when_it_is_in_the_record(days: int | None, severity: Severity) -> None:
    """The question is about toxin given elsewhere: what was given here is no answer to it."""
    alert = Alert("prior_toxin", "Botulinum toxin elsewhere in the last 4 months.", WARN, "screening")
    earlier = (
        () if days is None else (Earlier(DAY - timedelta(days=days), BOTOX.key, "BOTOX", Decimal(155), frozenset({1})),)
    )
    assert keys(facts(alerts=(alert,), earlier=earlier))["alert-prior_toxin"] is WARN
    outside = tuple(replace(row, is_outside=True) for row in earlier)
    assert keys(facts(alerts=(alert,), earlier=outside))["alert-prior_toxin"] is severity
    # No other warning is answered by it.
    heart = Alert("cardiac", "Heart disease.", WARN)
    assert keys(facts(alerts=(heart,), earlier=outside))["alert-cardiac"] is WARN


@pytest.mark.parametrize(
    ("product", "allergy", "key", "severity"),
    [
        (BOTOX, "albumin", "albumin", STOP),  # A
        (DYSPORT, "albumin", "albumin", WARN),  # B
        (DAXXIFY, "albumin", "albumin", None),  # has none
        (DYSPORT, "milk_protein", "milk-protein", WARN),  # B
        (replace(DYSPORT, milk_protein_confidence="confirmed"), "milk_protein", "milk-protein", STOP),
        (BOTOX, "milk_protein", "milk-protein", None),
    ],
)
def test_ingredients_are_judged_against_the_product(
    product: ProductFacts, allergy: str, key: str, severity: Severity | None
) -> None:
    session = dosed(product, sites(100, 50, muscle="x"), allergies=frozenset({allergy}))
    assert keys(session).get(key) is severity
    assert key not in keys(replace(session, allergies=frozenset()))


@pytest.mark.parametrize(
    ("mark", "is_sure", "severity"),
    [("B", True, WARN), ("confirmed", True, STOP), ("A", True, STOP), ("confirmed", False, WARN)],
)
def test_a_milk_allergy_said_today_is_the_same_contraindication_as_on_file(
    mark: str, is_sure: bool, severity: Severity
) -> None:
    said = Alert("milk_protein", "Allergy to cow's milk protein.", WARN, "screening, rule R9 (B)", is_sure=is_sure)
    product = replace(DYSPORT, milk_protein_confidence=mark)
    session = dosed(product, sites(100, 50, muscle="x"), ingredient_alerts=(said,))
    (found,) = [row for row in find_all(session) if row.key == "alert-milk_protein"]
    assert (found.severity, found.rule) == (severity, "R9")
    assert "alert-milk_protein" not in keys(replace(session, product=XEOMIN))
    # An objection to albumin is none, whatever stands confirmed.
    objection = replace(said, code="albumin")
    assert keys(replace(session, ingredient_alerts=(objection,)))["alert-albumin"] is WARN


@pytest.mark.parametrize(("product", "warns"), [(BOTOX, True), (DAXXIFY, False)])
def test_an_objection_to_albumin_warns_where_there_is_some(product: ProductFacts, warns: bool) -> None:
    said = Alert("albumin", "Objection to human albumin.", WARN, "screening")
    session = dosed(product, sites(100, 50, muscle="x"), ingredient_alerts=(said,))
    assert keys(session).get("alert-albumin") is (WARN if warns else None)
    # The allergy on record says more, and says it once.
    assert "alert-albumin" not in keys(replace(session, allergies=frozenset({"albumin"})))


# --- R10: off the label


@pytest.mark.parametrize(
    ("product", "course", "said"),
    [(BOTOX, MIGRAINE, False), (BOTOX, JAW, True), (XEOMIN, MIGRAINE, True), (DYSPORT, NECK_COURSE, False)],
)
def test_a_use_off_the_label_is_named(product: ProductFacts, course: CourseFacts, said: bool) -> None:
    consents = (ConsentFacts(1, DAY, DAY, covers_off_label=True),)
    session = dosed(product, sites(5, 5, muscle="x"), course, consents=consents)
    found = keys(session)
    assert found == ({"off-label-1": NOTE} if said else {})
    assert not said or words(session, "off-label-1").endswith(f"is not on the label of {product.brand}.")


@pytest.mark.parametrize(
    ("product", "course", "age", "said"),
    [
        (BOTOX, ARM, 2, False),
        (BOTOX, ARM, 1, True),
        (BOTOX, MIGRAINE, 17, True),  # labelled for adults
        (BOTOX, MIGRAINE, 18, False),
        (XEOMIN, ARM, 8, False),
        (XEOMIN, replace(ARM, diagnosis="G80.1"), 8, True),  # not in cerebral palsy
        (XEOMIN, replace(ARM, diagnosis="G80.1"), 18, False),
        (BOTOX, replace(ARM, diagnosis="G80.1"), 8, False),
    ],
)
def test_the_label_of_a_child_is_another_one(product: ProductFacts, course: CourseFacts, age: int, said: bool) -> None:
    session = of_a_child(dosed(product, sites(5, 5, muscle="x"), course), kg=20, age=age)
    assert keys(session).get("off-label-1") is (NOTE if said else None)
    if said:
        assert f"on the label of {product.brand} for this patient's age and diagnosis." in words(session, "off-label-1")


# --- screening


@pytest.mark.parametrize(
    ("screening", "warns"),
    [
        (None, True),
        (ScreeningFacts(1, DAY), False),
        (ScreeningFacts(1, DAY - timedelta(days=1)), True),
        (ScreeningFacts(1, DAY + timedelta(days=1)), True),
        (ScreeningFacts(1, DAY, unanswered=1), True),
    ],
)
def test_the_screening_is_of_the_day_and_complete(screening: ScreeningFacts | None, warns: bool) -> None:
    session = facts(screening=screening)
    assert keys(session) == ({"screening": WARN} if warns else {})
    of_the_day = screening is not None and screening.answered_on == DAY
    assert record_links(session).screening_id == (1 if of_the_day else None)


# --- consent


def consent(signed: int = -10, expires: int = 10, **changes: object) -> ConsentFacts:
    row = ConsentFacts(1, DAY + timedelta(days=signed), DAY + timedelta(days=expires))
    return replace(row, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "warns"),
    [
        (consent(), False),
        (consent(signed=0, expires=0), False),
        (consent(expires=-1), True),
        (consent(signed=1), True),
        (consent(withdrawn_on=DAY), True),
        (consent(withdrawn_on=DAY + timedelta(days=1)), False),
        (consent(conditions=("chronic_migraine",)), False),
        (consent(conditions=("cervical_dystonia",)), True),
    ],
)
def test_a_consent_in_date_for_what_is_treated(row: ConsentFacts, warns: bool) -> None:
    session = facts(consents=(row,))
    assert keys(session) == ({"consent": WARN} if warns else {})
    assert record_links(session).consent_id == (None if warns else 1)
    assert keys(facts(consents=())) == {"consent": WARN}


@pytest.mark.parametrize(("covers", "key"), [(False, "consent-off-label"), (True, None)])
def test_use_off_the_label_needs_a_consent_that_says_so(covers: bool, key: str | None) -> None:
    session = dosed(BOTOX, sites(50, 25, muscle="x"), JAW, consents=(consent(covers_off_label=covers),))
    assert {k for k, severity in keys(session).items() if severity is WARN} == ({key} if key else set())
    # What the patient did agree to is kept with the record all the same.
    assert record_links(session).consent_id == 1


def test_the_consent_that_covers_all_is_taken_before_a_newer_one_that_does_not() -> None:
    whole = consent(id=1, covers_off_label=True)
    newer = consent(id=2, signed=-1)
    for rows in ((whole, newer), (newer, whole)):
        assert record_links(dosed(BOTOX, sites(50, 25, muscle="x"), JAW, consents=rows)).consent_id == 1


def test_a_missing_consent_is_marked_b_and_off_the_label_it_is_rule_r10() -> None:
    (missing,) = find_all(facts(consents=()))
    assert (missing.confidence, missing.rule) == ("B", "")
    session = dosed(BOTOX, sites(50, 25, muscle="x"), JAW)
    (beyond,) = [found for found in find_all(session) if found.key == "consent-off-label"]
    assert (beyond.confidence, beyond.rule) == ("B", "R10")


def test_a_child_does_not_sign_alone() -> None:
    session = of_a_child(dosed(BOTOX, sites(50, 12.5, muscle="x"), ARM), kg=20)
    assert keys(session) == {"weight-used": NOTE}
    alone = replace(session, consents=tuple(replace(row, signer="patient") for row in session.consents))
    assert keys(alone) == {"weight-used": NOTE, "consent": WARN}
    assert "parent" in words(alone, "consent")


def test_the_weight_that_counts_is_the_last_one_by_the_day() -> None:
    session = of_a_child(dosed(BOTOX, sites(121, 10, muscle="x"), ARM), kg=20)
    older = WeightFacts(5, Decimal(30), DAY - timedelta(days=20))
    ahead = WeightFacts(6, Decimal(30), DAY + timedelta(days=1))
    session = replace(session, weights=(older, *session.weights, ahead))
    assert keys(session)[f"maximum-0-{UPPER}-child"] is STOP
    assert record_links(session).weight_id == 1
