"""What a dose must pass: each rule looks at the same facts and returns its findings.

A stop needs a change. A warning needs a reason, which is kept. A note only informs. A number that the clinical
reference marks B or C may warn but never stop (`capped`). Plain functions on plain values: no database, no clock.
Sources are named in each finding; the rule numbers R1 to R14 are those of docs/clinical-sources.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from treatments.rules.facts import Finding, SessionFacts, Severity

Rule = Callable[[SessionFacts], Iterable[Finding]]

# The shortest interval any label or policy here knows; the interval rule looks back this far at any toxin.
ANY_TOXIN_DAYS = 84
BOTOX = "onabotulinumtoxinA"
# Botulinum toxin units a site and in the sternocleidomastoid, BOTOX: R6, BOTOX-PI 2.4-2.7.
BOTOX_MOST_PER_SITE = Decimal(50)
BOTOX_MOST_SCM = Decimal(100)
PREEMPT_PER_SITE = Decimal(5)


def capped(severity: Severity, confidence: str) -> Severity:
    """A stop stays one only when the number behind it was read in a source (A or A-); otherwise it warns."""
    if severity is Severity.STOP and confidence not in ("A", "A-"):
        return Severity.WARN
    return severity


def units(amount: Decimal) -> str:
    """Units as people read them: 155 U, 2.5 U."""
    return f"{amount.normalize():f} U"


def day(value: date) -> str:
    return f"{value:%a} {value.day} {value:%b %Y}"


def something_to_sign(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R1 and R2: a product before any dose, units at every site, and a course for the session."""
    if facts.product is None:
        yield Finding("no-product", Severity.STOP, "Choose the product.", "product", "rule R1; all labels", "A")
    elif not facts.dilution_chosen:
        yield Finding("no-dilution", Severity.STOP, "Choose the dilution.", "dilution", "rule R2", "A")
    if not facts.sites:
        yield Finding("no-sites", Severity.STOP, "No site is charted yet.", "sites", "rule R2", "A")
    empty = sum(1 for site in facts.sites if site.units is None)
    if empty:
        yield Finding(
            "empty-sites",
            Severity.STOP,
            f"{empty} {'site has' if empty == 1 else 'sites have'} no units yet.",
            "sites",
            "rule R2",
            "A",
        )
    treated = {site.course_id for site in facts.sites}
    for course in facts.courses:
        if facts.sites and course.id not in treated:
            yield Finding(
                f"untreated-{course.id}",
                Severity.STOP,
                f"{course.condition_name} has no site: chart one or take the course out of this session.",
                "sites",
                "rule R2",
                "A",
            )


def signer(facts: SessionFacts) -> Iterable[Finding]:
    if facts.signing_problem:
        yield Finding("signer", Severity.STOP, facts.signing_problem, "signature", "clinic rule", "A")
    if facts.performed_on > facts.today:
        yield Finding("future", Severity.STOP, "The session lies in the future.", "signature", "clinic rule", "A")
    if facts.died_on is not None and facts.performed_on > facts.died_on:
        words = f"The patient died on {day(facts.died_on)}, before this session."
        yield Finding("died", Severity.STOP, words, "signature", "clinic rule", "A")
    if facts.charted_by:
        words = f"{facts.charted_by} charted this session; who signs it answers for it as its author."
        yield Finding("other-signer", Severity.WARN, words, "signature", "clinic rule", "A")
    if facts.is_touch_up and not facts.touch_up_reason.strip():
        yield Finding("touch-up", Severity.STOP, "Say why this is a touch-up.", "touch_up", "clinic rule", "A")


def interval(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R7: days since the last session, of each course and of any toxin; a warning that needs a reason."""
    if facts.is_touch_up:
        return
    named = set()
    for course in facts.courses:
        if course.eligible_on is not None and facts.performed_on < course.eligible_on:
            named.add(course.last_session_on)
            early = (course.eligible_on - facts.performed_on).days
            yield Finding(
                f"interval-{course.id}",
                Severity.WARN,
                f"{course.condition_name}: {early} {'day' if early == 1 else 'days'} before a repeat is allowed on "
                f"{day(course.eligible_on)} ({course.eligible_words}).",
                "interval",
                course.eligible_source,
                course.eligible_confidence,
            )
    # The sessions of those courses are said already; toxin given since for something else is not.
    recent = [
        past
        for past in facts.earlier
        if timedelta(0) <= facts.performed_on - past.performed_on < _days(ANY_TOXIN_DAYS)
        and not any(since is None or past.performed_on <= since for since in named)
    ]
    if recent:
        last = max(recent, key=lambda past: past.performed_on)
        ago = (facts.performed_on - last.performed_on).days
        yield Finding(
            "interval-any",
            Severity.WARN,
            f"Botulinum toxin {ago} days ago: {last.brand} {units(last.units)} on {day(last.performed_on)}.",
            "interval",
            "rule R7; all labels: the effect of toxins given within months of each other is unknown",
            "A",
        )


def label_maximum(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R3 and R4: totals of this product against its label; window_days counts back from this session.

    The maxima are an adult's; those of children (R5) all lie below, so what is too much for an adult stops here too.
    Two sessions of one day are one visit: a maximum for one session, all uses together, counts both.
    """
    if facts.product is None:
        return
    for maximum in facts.product.maxima:
        same_day = not maximum.window_days and not maximum.indications
        if maximum.window_days or same_day:
            first = facts.performed_on - _days(max(maximum.window_days - 1, 0))
            before = sum(
                (
                    past.units
                    for past in facts.earlier
                    if past.product == facts.product.key and first <= past.performed_on <= facts.performed_on
                ),
                Decimal(0),
            )
            total = facts.total + before
            when = f"in the {maximum.window_days - 1} days before" if maximum.window_days else "earlier that day"
            what = f"{units(facts.total)} now and {units(before)} {when}"
            if same_day and not before:
                what = f"{units(total)} in this session"
        else:
            total = facts.units_for(maximum.indications) if maximum.indications else facts.total
            what = f"{units(total)} in this session"
        if total > maximum.units:
            yield Finding(
                "maximum-" + "-".join([str(maximum.window_days), *maximum.indications]),
                capped(Severity.STOP, maximum.confidence),
                f"{facts.product.brand}: {what}, {units(total - maximum.units)} over the label's "
                f"{units(maximum.units)} ({maximum.words}).",
                "total",
                maximum.source,
                maximum.confidence,
            )


def rolling_total(facts: SessionFacts) -> Iterable[Finding]:
    """The same product in twelve weeks, all uses: where the label limits one session alone, more in two warns."""
    if facts.product is None or any(maximum.window_days for maximum in facts.product.maxima):
        return
    most = max((maximum.units for maximum in facts.product.maxima), default=None)
    first = facts.performed_on - _days(ANY_TOXIN_DAYS - 1)
    before = sum(
        (
            past.units
            for past in facts.earlier
            if past.product == facts.product.key and first <= past.performed_on <= facts.performed_on
        ),
        Decimal(0),
    )
    if most is not None and before and facts.total + before > most:
        yield Finding(
            "rolling-total",
            Severity.WARN,
            f"{facts.product.brand}: {units(facts.total)} now and {units(before)} in the {ANY_TOXIN_DAYS - 1} days "
            f"before; the label's {units(most)} is for one session.",
            "total",
            "rule R7; all labels: the effect of toxin given again within months is unknown",
            "A",
        )


def under_18(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R5 needs the weight, which is not recorded yet: above the adult's maxima it stops, below it is not sure."""
    if facts.age < 18:
        yield Finding(
            "under-18",
            Severity.WARN,
            "Under 18: maximum doses go by weight and are not checked here. Check the label.",
            "total",
            "rule R5",
            "A",
        )


def per_site(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R6, BOTOX: 5 U a site for migraine, at most 50 U a site otherwise, 100 U in the sternocleidomastoid."""
    if facts.product is None or facts.product.key != BOTOX:
        return
    conditions = {course.id: course.condition for course in facts.courses}
    brand = facts.product.brand
    migraine = [s for s in facts.sites if conditions.get(s.course_id) == "chronic_migraine" and s.units is not None]
    other = sum(1 for site in migraine if site.units != PREEMPT_PER_SITE)
    if other:
        yield Finding(
            "migraine-site",
            Severity.WARN,
            f"Chronic migraine: {other} {'site is' if other == 1 else 'sites are'} not {units(PREEMPT_PER_SITE)}.",
            "sites",
            "rule R6; BOTOX-PI 2.3",
            "A-",
        )
    limb_or_neck = {"cervical_dystonia", "upper_limb_spasticity", "lower_limb_spasticity"}
    high = [
        s for s in facts.sites if conditions.get(s.course_id) in limb_or_neck and (s.units or 0) > BOTOX_MOST_PER_SITE
    ]
    if high:
        yield Finding(
            "site-maximum",
            Severity.WARN,
            f"{len(high)} {'site' if len(high) == 1 else 'sites'} above {units(BOTOX_MOST_PER_SITE)} of {brand}.",
            "sites",
            "rule R6; BOTOX-PI 2.4-2.7",
            "A",
        )
    scm = sum((s.units for s in facts.sites if s.muscle == "scm" and s.units), Decimal(0))
    if scm > BOTOX_MOST_SCM:
        yield Finding(
            "scm-maximum",
            Severity.WARN,
            f"Sternocleidomastoid: {units(scm)} of {brand}, above {units(BOTOX_MOST_SCM)} (dysphagia).",
            "sites",
            "rule R6; BOTOX-PI 2.7",
            "A-",
        )


def vial_ledger(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R2 and R8: the vials close, hold this product, and may be used on the day."""
    if facts.product is None:
        return
    if not facts.vials:
        yield Finding("no-vials", Severity.STOP, "Pick the vials.", "vials", "rule R2", "A")
        return
    for vial in facts.vials:
        if vial.product != facts.product.key:
            yield Finding(
                f"vial-product-{vial.name}",
                Severity.STOP,
                f"{vial.name} is not {facts.product.brand}.",
                "vials",
                "rule R1; all labels",
                "A",
            )
        if vial.lot_problem:
            yield Finding(f"vial-lot-{vial.name}", Severity.STOP, vial.lot_problem, "vials", "rule R8", "A")
        if not vial.in_stock:
            yield Finding(
                f"vial-gone-{vial.name}",
                Severity.STOP,
                f"{vial.name} is no longer in stock: pick another.",
                "vials",
                "rule R8",
                "A",
            )
        if vial.given + vial.discarded != vial.units:
            yield Finding(
                f"vial-open-{vial.name}",
                Severity.STOP,
                f"{vial.name}: {units(vial.given)} given and {units(vial.discarded)} discarded are not "
                f"{units(vial.units)}.",
                "vials",
                "rule R2",
                "A",
            )
        if vial.given == 0:
            yield Finding(
                f"vial-unused-{vial.name}",
                Severity.STOP,
                f"{vial.name} is not needed: take it out.",
                "vials",
                "rule R2",
                "A",
            )
    given = sum((vial.given for vial in facts.vials), Decimal(0))
    if given != facts.total:
        yield Finding(
            "vials-short",
            Severity.STOP,
            f"The vials give {units(given)}, the sites need {units(facts.total)}.",
            "vials",
            "rule R2",
            "A",
        )


def patient(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R9 and the intake screening: what is known of the patient, and this product's ingredients."""
    for alert in facts.alerts:
        yield Finding(f"alert-{alert.code}", alert.severity, alert.words, "patient", alert.source, label=alert.label)
    if facts.product is None:
        return
    if "milk_protein" in facts.allergies and facts.product.contains_milk_protein:
        confidence = facts.product.milk_protein_confidence
        yield Finding(
            "milk-protein",
            capped(Severity.STOP, confidence),
            f"Allergic to cow's milk protein, which {facts.product.brand} may contain.",
            "patient",
            "rule R9; DYS-PI",
            confidence,
        )
    if "albumin" in facts.allergies and facts.product.contains_albumin:
        confidence = facts.product.albumin_confidence
        yield Finding(
            "albumin",
            capped(Severity.STOP, confidence),
            f"Allergic to human albumin, which {facts.product.brand} contains.",
            "patient",
            "rule R9; label, contraindications",
            confidence,
        )


def off_label(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R10: a use the label does not list is named as one."""
    if facts.product is None:
        return
    for course in facts.courses:
        if course.condition not in facts.product.labelled:
            yield Finding(
                f"off-label-{course.id}",
                Severity.NOTE,
                f"{course.condition_name} is not on the label of {facts.product.brand}.",
                "product",
                "rule R10",
                "A",
            )


RULES: Sequence[Rule] = (
    something_to_sign,
    signer,
    patient,
    interval,
    label_maximum,
    rolling_total,
    under_18,
    per_site,
    vial_ledger,
    off_label,
)

_ORDER = {Severity.STOP: 0, Severity.WARN: 1, Severity.NOTE: 2}


def find_all(facts: SessionFacts) -> list[Finding]:
    """All findings of a session, stops first; the same facts always give the same list."""
    found = [finding for rule in RULES for finding in rule(facts)]
    return sorted(found, key=lambda finding: _ORDER[finding.severity])


def unanswered(findings: Iterable[Finding], reasons: dict[str, str]) -> list[Finding]:
    """What still keeps a session from being signed: every stop, and each warning without a reason."""
    return [
        finding
        for finding in findings
        if finding.severity is Severity.STOP
        or (finding.severity is Severity.WARN and not reasons.get(finding.key, "").strip())
    ]


def _days(count: int) -> timedelta:
    return timedelta(days=count)
