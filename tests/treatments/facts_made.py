"""Sessions as plain facts, for the tests of the dose rules: one that passes everything, to be changed in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from treatments.rules.facts import (
    ConsentFacts,
    CourseFacts,
    Maximum,
    MuscleRange,
    ProductFacts,
    ScreeningFacts,
    SessionFacts,
    Severity,
    ShortestInterval,
    SiteDose,
    VialFacts,
    WeightFacts,
)
from treatments.rules.findings import find_all
from treatments.rules.vials import draw_from

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
UPPER, LOWER, NECK = "upper_limb_spasticity", "lower_limb_spasticity", "cervical_dystonia"


def child(
    per_kg: int, units: int, *indications: str, limbs: str = "", window: int = 0, confidence: str = "A"
) -> Maximum:
    return Maximum(Decimal(units), window, indications, "children", "label", confidence, True, Decimal(per_kg), limbs)


# The numbers are written out here, as the clinical reference has them: the rules are tested against them by hand.
BOTOX = ProductFacts(
    "onabotulinumtoxinA",
    "BOTOX",
    maxima=(
        Maximum(Decimal(400), 84, (), "3-month interval, all uses", "label", "A"),
        child(6, 200, UPPER),
        child(8, 300, LOWER, confidence="B"),
        child(10, 340, window=84, confidence="B"),
    ),
    muscle_ranges=(
        MuscleRange(UPPER, ("biceps",), Decimal(200), Decimal(60), 2, 4, False, False, "BOTOX-PI 2.5", "B"),
        MuscleRange(UPPER, ("biceps",), Decimal(3), Decimal("1.5"), 4, 4, True, True, "BOTOXONE", "A"),
        MuscleRange("tmj_bruxism", ("masseter",), Decimal(50), Decimal(25), 2, 3, False, False, "TMDREV24", "C"),
    ),
    intervals=(
        ShortestInterval("", None, 84),
        ShortestInterval("chronic_migraine", None, 84),
        ShortestInterval(UPPER, True, 84),
        ShortestInterval(LOWER, True, 84),
    ),
    labelled=("chronic_migraine", NECK, UPPER, LOWER),
    in_use_confidence="A",
    contains_albumin=True,
    albumin_confidence="A",
)
DYSPORT = ProductFacts(
    "abobotulinumtoxinA",
    "Dysport",
    maxima=(
        Maximum(Decimal(1500), 0, (UPPER, LOWER), "upper + lower limb", "label", "A"),
        Maximum(Decimal(1000), 0, (NECK,), "per session", "label", "B"),
        child(16, 640, UPPER),
        child(15, 1000, LOWER, limbs="one"),
        child(30, 1000, UPPER, LOWER, limbs="several"),
    ),
    muscle_ranges=(
        MuscleRange(
            LOWER, ("gastroc_med", "gastroc_lat"), Decimal(9), Decimal(6), None, 4, True, True, "DYS-PI 2.5", "B"
        ),
        MuscleRange(NECK, ("scm",), Decimal(350), Decimal(50), None, None, False, False, "DYS-PI 14.1", "C"),
    ),
    intervals=(
        ShortestInterval("", None, 84),
        ShortestInterval(UPPER, False, 84),
        ShortestInterval(UPPER, True, 112),
        ShortestInterval(LOWER, None, 84),
    ),
    labelled=(NECK, UPPER, LOWER),
    in_use_confidence="B",
    contains_albumin=True,
    contains_milk_protein=True,
)
XEOMIN = ProductFacts(
    "incobotulinumtoxinA",
    "Xeomin",
    maxima=(
        Maximum(Decimal(400), 0, (), "in one session", "label", "A"),
        child(8, 200, UPPER, limbs="one"),
        child(16, 400, UPPER, limbs="several", confidence="B"),
    ),
    intervals=(ShortestInterval("", None, 84),),
    labelled=(NECK, UPPER),
    in_use_confidence="A",
)
DAXXIFY = ProductFacts(
    "daxibotulinumtoxinA-lanm",
    "Daxxify",
    maxima=(Maximum(Decimal(250), 0, (NECK,), "upper end of a range", "label", "C"),),
    intervals=(ShortestInterval("", None, 90),),
    labelled=(NECK,),
    in_use_hours=72,
    in_use_confidence="B",
)
MYOBLOC = ProductFacts(
    "rimabotulinumtoxinB",
    "Myobloc",
    maxima=(Maximum(Decimal(5000), 0, (NECK,), "upper end of a range", "label", "C"),),
    intervals=(ShortestInterval("", None, 84),),
    labelled=(NECK,),
    in_use_hours=4,
    in_use_confidence="B",
    ready_to_use=True,
)

MIGRAINE = CourseFacts(1, "chronic_migraine", "Chronic migraine", diagnosis="G43.709")
NECK_COURSE = CourseFacts(1, NECK, "Cervical dystonia", diagnosis="G24.3")
ARM = CourseFacts(1, UPPER, "Upper-limb spasticity", diagnosis="G81.11")
LEG = CourseFacts(2, LOWER, "Lower-limb spasticity", diagnosis="G81.11")


def sites(
    total: float, each: float = 5, course: int = 1, muscle: str = "frontalis", side: str = "left"
) -> tuple[SiteDose, ...]:
    """So many units in sites of `each`, the last one taking what is left."""
    left, doses = Decimal(str(total)), []
    while left > 0:
        doses.append(min(left, Decimal(str(each))))
        left -= doses[-1]
    return tuple(SiteDose(course, muscle, side, dose, muscle) for dose in doses)


def vials(*sizes: int, total: Decimal, product: str = BOTOX.key) -> tuple[VialFacts, ...]:
    draws = draw_from([Decimal(size) for size in sizes], total=total)
    return tuple(
        VialFacts(
            f"{size} U vial {place}",
            product,
            Decimal(size),
            draw.given,
            draw.discarded,
            reconstituted_at=NOON - timedelta(hours=1),
        )
        for place, (size, draw) in enumerate(zip(sizes, draws, strict=True))
    )


def facts(**changes: object) -> SessionFacts:
    """A plain PREEMPT session that passes everything: screened that day, consented, four years after the last."""
    return replace(
        SessionFacts(
            performed_on=DAY,
            today=DAY,
            age=44,
            born=date(1982, 8, 25),
            given_by=NOON,
            product=BOTOX,
            dilution_chosen=True,
            units_per_ml=Decimal(50),
            courses=(MIGRAINE,),
            sites=sites(155),
            vials=vials(200, total=Decimal(155)),
            screening=ScreeningFacts(1, DAY),
            consents=(ConsentFacts(1, DAY - timedelta(days=100), DAY + timedelta(days=265)),),
        ),
        **changes,  # type: ignore[arg-type]
    )


def dosed(product: ProductFacts, given: Iterable[SiteDose], *courses: CourseFacts, **changes: object) -> SessionFacts:
    """A session of that product whose vials give exactly what the sites need."""
    rows = tuple(given)
    total = sum((row.units for row in rows if row.units), Decimal(0))
    vial = VialFacts("vial", product.key, total, total, Decimal(0), reconstituted_at=NOON - timedelta(hours=1))
    return facts(
        **{"product": product, "sites": rows, "courses": courses or (NECK_COURSE,), "vials": (vial,), **changes}
    )


def of_a_child(session: SessionFacts, *, kg: float | None, measured: int = 0, age: int = 8) -> SessionFacts:
    """The same session in a child who was weighed so many days before, for whom a parent signed."""
    weights = () if kg is None else (WeightFacts(1, Decimal(str(kg)), DAY - timedelta(days=measured)),)
    consents = tuple(replace(row, signer="parent") for row in session.consents)
    return replace(session, age=age, born=date(DAY.year - age, 1, 1), weights=weights, consents=consents)


def keys(session: SessionFacts) -> dict[str, Severity]:
    return {finding.key: finding.severity for finding in find_all(session)}


def words(session: SessionFacts, key: str) -> str:
    return next(finding.words for finding in find_all(session) if finding.key == key)
