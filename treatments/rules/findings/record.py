"""What the record needs to be one: a product, units, courses, a signature, and what a payer reads first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from treatments.rules.chosen import authorization_of, authorization_problem
from treatments.rules.facts import CourseFacts, Finding, SessionFacts, Severity
from treatments.rules.findings.wording import count, day, finding, listed

# The key of what the scores say of a course begins with it.
CYCLE = "cycle-"
LIMBS = {"upper_limb_spasticity": "upper limb", "lower_limb_spasticity": "lower limb"}


def something_to_sign(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R1 and R2: a product before any dose, units at every site, and a course for the session."""
    if facts.product is None:
        yield finding(
            "no-product", Severity.STOP, "Choose the product.", about="product", rule="R1", source="all labels"
        )
    elif not facts.dilution_chosen:
        yield finding("no-dilution", Severity.STOP, "Choose the dilution.", about="dilution", rule="R2")
    if not facts.sites:
        yield finding("no-sites", Severity.STOP, "No site is charted yet.", about="sites", rule="R2")
    empty = sum(1 for site in facts.sites if site.units is None)
    if empty:
        words = f"{count(empty, 'site has', 'sites have')} no units yet."
        yield finding("empty-sites", Severity.STOP, words, about="sites", rule="R2")
    treated = {site.course_id for site in facts.sites}
    for course in facts.courses:
        if facts.sites and course.id not in treated:
            words = f"{course.condition_name} has no site: chart one or take the course out of this session."
            yield finding(f"untreated-{course.id}", Severity.STOP, words, about="sites", rule="R2")


def signer(facts: SessionFacts) -> Iterable[Finding]:
    """Clinic rules: who signs may sign, for a day that has come, of a patient who lived then."""
    if facts.signing_problem:
        yield finding("signer", Severity.STOP, facts.signing_problem, about="signature")
    if facts.performed_on > facts.today:
        yield finding("future", Severity.STOP, "The session lies in the future.", about="signature")
    if facts.died_on is not None and facts.performed_on > facts.died_on:
        words = f"The patient died on {day(facts.died_on)}, before this session."
        yield finding("died", Severity.STOP, words, about="signature")
    if facts.charted_by:
        words = f"{facts.charted_by} charted this session; who signs it answers for it as its author."
        yield finding("other-signer", Severity.WARN, words, about="signature")
    if facts.is_touch_up and not facts.touch_up_reason.strip():
        yield finding("touch-up", Severity.STOP, "Say why this is a touch-up.", about="signature")


def guidance(facts: SessionFacts) -> Iterable[Finding]:
    """PRODUCT, ready to sign: guidance and its reason."""
    if facts.guidance != "none" and not facts.guidance_reason.strip():
        words = "Guidance is chosen without saying why it was needed."
        yield finding("guidance", Severity.WARN, words, about="visit", source="ready to sign; payers")


def response(facts: SessionFacts) -> Iterable[Finding]:
    """PRODUCT, ready to sign: a repeat session says how the one before worked.

    An impression at a follow-up of that session says it too, and so does a score since; completeness.py asks the same.
    What the scores say is another matter: `cycle_response`.
    """
    if facts.is_touch_up:
        return
    repeated = sorted(
        (course for course in facts.courses if course.last_session_on is not None), key=lambda course: course.id
    )
    names = listed(course.condition_name for course in repeated)
    unknown = [course for course in repeated if not course.responded]
    if unknown and not facts.last_response:
        names = listed(course.condition_name for course in unknown)
        yield finding(
            "response",
            Severity.WARN,
            f"{names}: the response to the last session is not recorded.",
            about="visit",
            source="ready to sign; payers",
        )
    elif repeated and facts.last_response == "first" and len(repeated) == len(facts.courses):
        yield finding(
            "response",
            Severity.WARN,
            f"{names}: recorded as the first session, and there was one before.",
            about="visit",
            source="ready to sign; payers",
        )


def cycle_response(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R14: what the scores say of the session before, or why they say nothing: a report that asks for nothing."""
    if facts.is_touch_up:
        return
    for course in facts.courses:
        if course.cycle is None or course.last_session_on is None:
            continue
        words = f"{course.condition_name}, session of {day(course.last_session_on)}: {course.cycle.words}."
        yield finding(
            f"{CYCLE}{course.id}",
            Severity.NOTE,
            words,
            about="visit",
            rule="R14",
            source="trial designs",
            label="response",
        )


def measured_responses(findings: Iterable[tuple[str, str]]) -> list[str]:
    """Of findings, as key and words, what the scores say of the session before: to stand beside what was recorded."""
    return [words for key, words in findings if key.startswith(CYCLE)]


def diagnosis(facts: SessionFacts) -> Iterable[Finding]:
    """PRODUCT, ready to sign: each treated course has its diagnosis code, without which no claim is paid.

    Where a limb's code names a limb or a side, it is that of the course, and some site is on that side.
    """
    for course in facts.courses:
        if not course.diagnosis:
            words = f"{course.condition_name} has no diagnosis code: the claim needs one."
            yield finding(f"diagnosis-{course.id}", Severity.WARN, words, about="course", source="claim documentation")
        others = {limb for limb in LIMBS.values() if limb in course.diagnosis_words.lower()}
        if course.condition in LIMBS and others and LIMBS[course.condition] not in others:
            words = f"{course.condition_name}: the diagnosis, {course.diagnosis}, is of the {listed(sorted(others))}."
            yield finding(
                f"diagnosis-limb-{course.id}", Severity.WARN, words, about="course", source="claim documentation"
            )
        sides = {site.side for site in facts.sites if site.course_id == course.id}
        said = {side for side in ("right", "left") if re.search(rf"\b{side}\b", course.diagnosis_words.lower())}
        if course.condition in LIMBS and len(said) == 1 and sides and not said & sides:
            words = f"The diagnosis says {said.pop()}; all sites are on the {listed(sorted(sides))}."
            yield finding(
                f"diagnosis-side-{course.id}", Severity.WARN, words, about="course", source="claim documentation"
            )


def suitability(facts: SessionFacts) -> Iterable[Finding]:
    """Clinic rule: a course whose latest evaluation says not suitable is not treated without a reason."""
    for course in facts.courses:
        if course.unsuitable_on is not None:
            words = (
                f"{course.condition_name}: the evaluation of {day(course.unsuitable_on)} says not suitable: "
                f"{course.unsuitable_why.strip().rstrip('.')}."
            )
            yield finding(f"suitability-{course.id}", Severity.WARN, words, about="course", source="the evaluation")


def prior_authorization(facts: SessionFacts) -> Iterable[Finding]:
    """PRODUCT: prior authorisation present, in date, right product, enough units left.

    Asked for when a coverage of that day wants one, or when there is one for this product and condition.
    """
    if facts.product is None or not facts.sites:
        return
    wanted_by = sorted(
        coverage.payer
        for coverage in facts.coverages
        if coverage.authorization_required
        and (coverage.starts_on is None or coverage.starts_on <= facts.performed_on)
        and (coverage.ends_on is None or facts.performed_on <= coverage.ends_on)
    )
    for course in facts.courses:
        words = _authorization_words(facts, course, wanted_by)
        if words:
            yield finding(
                f"authorization-{course.id}",
                Severity.WARN,
                f"{course.condition_name}: {words}",
                about="payer",
                source="the payer's rule",
            )


def _authorization_words(facts: SessionFacts, course: CourseFacts, wanted_by: list[str]) -> str:
    chosen = authorization_of(facts, course)
    if chosen is not None:
        units_now = facts.units_for([course.condition])
        words = authorization_problem(chosen, on=facts.performed_on, units=units_now)
        return words[0].lower() + words[1:] if words else ""
    if not wanted_by or facts.product is None:
        return ""
    others = sorted({row.product for row in facts.authorizations if row.condition == course.condition})
    if others:
        return f"the prior authorisation is for {listed(others)}, not for {facts.product.brand}."
    return f"{listed(wanted_by)} {'wants' if len(wanted_by) == 1 else 'want'} a prior authorisation; none is on file."
