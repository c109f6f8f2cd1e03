"""Units at one site and in one muscle: rule R6."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from treatments.rules.chosen import choose_weight, off_label_courses
from treatments.rules.facts import CourseFacts, Finding, MuscleRange, SessionFacts, Severity, SiteDose
from treatments.rules.findings.wording import count, finding, listed, units
from treatments.rules.labels import CONFIRMED, plain, span

BOTOX = "onabotulinumtoxinA"
DYSPORT = "abobotulinumtoxinA"
LIMBS = frozenset({"upper_limb_spasticity", "lower_limb_spasticity"})
LIMBS_OR_NECK = LIMBS | {"cervical_dystonia"}
# Units a site and in the sternocleidomastoid, BOTOX: R6, BOTOX-PI 2.3-2.7.
BOTOX_MOST_PER_SITE = Decimal(50)
BOTOX_MOST_SCM = Decimal(100)
PREEMPT_PER_SITE = Decimal(5)
# mL a site, Dysport: R6, DYSHCP. Adults in spasticity, children wherever it is given.
DYSPORT_MOST_ML = Decimal(1)
DYSPORT_MOST_ML_CHILD = Decimal("0.5")
# From the surest mark to the least sure.
_DOUBT = ("A", CONFIRMED, "A-", "B", "C")


def per_site(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R6, BOTOX: 5 U a site for migraine, at most 50 U a site otherwise, 100 U in the sternocleidomastoid."""
    if facts.product is None or facts.product.key != BOTOX:
        return
    conditions, brand = facts.condition_of, facts.product.brand
    migraine = [s for s in facts.sites if conditions.get(s.course_id) == "chronic_migraine" and s.units is not None]
    other = sum(1 for site in migraine if site.units != PREEMPT_PER_SITE)
    if other:
        yield finding(
            "migraine-site",
            Severity.WARN,
            f"Chronic migraine: {count(other, 'site is', 'sites are')} not {units(PREEMPT_PER_SITE)}.",
            about="sites",
            rule="R6",
            source="BOTOX-PI 2.3",
            confidence="A-",
        )
    high = [
        s for s in facts.sites if conditions.get(s.course_id) in LIMBS_OR_NECK and (s.units or 0) > BOTOX_MOST_PER_SITE
    ]
    if high:
        yield finding(
            "site-maximum",
            Severity.WARN,
            f"{count(len(high), 'site')} above {units(BOTOX_MOST_PER_SITE)} of {brand}.",
            about="sites",
            rule="R6",
            source="BOTOX-PI 2.4-2.7",
        )
    scm = sum((s.units for s in facts.sites if s.muscle == "scm" and s.units), Decimal(0))
    if scm > BOTOX_MOST_SCM:
        yield finding(
            "scm-maximum",
            Severity.WARN,
            f"Sternocleidomastoid: {units(scm)} of {brand}, above {units(BOTOX_MOST_SCM)} (dysphagia).",
            about="sites",
            rule="R6",
            source="BOTOX-PI 2.7",
            confidence="A-",
        )


def volume_per_site(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R6, Dysport: at most 1 mL a site in an adult's limb, 0.5 mL a site in a child."""
    if facts.product is None or facts.product.key != DYSPORT or not facts.units_per_ml:
        return
    most = DYSPORT_MOST_ML_CHILD if facts.is_child else DYSPORT_MOST_ML
    conditions = facts.condition_of
    high = [
        site
        for site in facts.sites
        # More units than the most mL hold; without dividing, so that a dilution like 500 U in 2.4 mL rounds nowhere.
        if site.units is not None
        and site.units > most * facts.units_per_ml
        and (facts.is_child or conditions.get(site.course_id) in LIMBS)
    ]
    if high:
        who = "a child" if facts.is_child else "an adult"
        yield finding(
            "site-volume",
            Severity.WARN,
            f"{count(len(high), 'site')} above {plain(most)} mL of {facts.product.brand}, the most a site in {who}: "
            "spread it over more sites or dilute it less.",
            about="sites",
            rule="R6",
            source="DYSHCP",
        )


def muscle_range(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R6: units and sites of a muscle outside what the label gives for it on one side, in one finding a course.

    What a study gives (a use off the label, or a row marked C) is a soft range: it is said and asks for nothing.
    """
    if facts.product is None:
        return
    beyond_label = {course.id for course in off_label_courses(facts)}
    for course in facts.courses:
        outside = [
            (row, words)
            for row in facts.product.muscle_ranges
            if row.condition == course.condition and row.under_18 == facts.is_child
            for words in _outside(row, course, facts)
        ]
        hard = [(row, words) for row, words in outside if row.confidence != "C" and course.id not in beyond_label]
        soft = [pair for pair in outside if pair not in hard]
        for key, severity, what, pairs in (
            ("muscle-range", Severity.WARN, f"the {facts.product.brand} label gives", hard),
            ("muscle-study", Severity.NOTE, "studies gave", soft),
        ):
            if pairs:
                yield finding(
                    f"{key}-{course.id}",
                    severity,
                    f"{course.condition_name}: outside what {what}: {'; '.join(sorted(words for _, words in pairs))}.",
                    about="sites",
                    rule="R6",
                    source=listed(sorted({row.source for row, _ in pairs})),
                    confidence=max((row.confidence for row, _ in pairs), key=_DOUBT.index),
                )


def _outside(row: MuscleRange, course: CourseFacts, facts: SessionFacts) -> Iterator[str]:
    known = choose_weight(facts)
    if row.per_kg and known is None:
        return
    times = known.kg if row.per_kg and known is not None else Decimal(1)
    low, high = (row.units_min * times if row.units_min is not None else None), row.units_max * times
    sides: dict[str, list[SiteDose]] = {}
    for site in facts.sites:
        if site.course_id == course.id and site.muscle in row.muscles and site.units is not None:
            sides.setdefault(site.side, []).append(site)
    for side, sites in sorted(sides.items()):
        total = sum((site.units for site in sites if site.units), Decimal(0))
        name = f"{side} {listed(sorted({site.name or site.muscle for site in sites}))}"
        said = ""
        if total > high or (low is not None and total < low):
            said = f" {units(total)} ({span(plain(low) if low is not None else '', plain(high))} U)"
        few, many = row.sites_min or 1, row.sites_max
        if many is not None and not few <= len(sites) <= many:
            said += f" in {count(len(sites), 'site')} ({span(str(row.sites_min or ''), str(many))})"
        if said:
            yield name + said
