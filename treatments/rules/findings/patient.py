"""What is known of the patient, and what was asked and agreed before the needle."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from patients.rules import consent_problem
from treatments.rules.chosen import choose_consent, choose_screening, off_label_courses
from treatments.rules.facts import Alert, Finding, SessionFacts, Severity
from treatments.rules.findings.wording import capped, count, day, finding

# "The last 4 months" of the screening question about toxin: as many days as four months at most have.
FOUR_MONTHS = 123


def alerts(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R9 and the intake screening: what is known of the patient, graded where the words are."""
    for alert in facts.alerts:
        yield _of_alert(alert, _severity(alert, facts))


def _severity(alert: Alert, facts: SessionFacts) -> Severity:
    """Toxin elsewhere in the last 4 months that stands in the record is counted there already: said, not asked about.

    The patient is asked for what was given elsewhere, so only a session from elsewhere answers it.
    """
    first = facts.performed_on - timedelta(days=FOUR_MONTHS)
    known = any(past.is_outside and first <= past.performed_on <= facts.performed_on for past in facts.earlier)
    if alert.code == "prior_toxin" and alert.severity is Severity.WARN and known:
        return Severity.NOTE
    return alert.severity


def _of_alert(alert: Alert, severity: Severity, confidence: str = "") -> Finding:
    rule = "R9" if "rule R9" in alert.source else ""
    return Finding(f"alert-{alert.code}", severity, alert.words, "patient", alert.source, confidence, alert.label, rule)


def ingredients(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R9: what this product contains, against the patient's allergies and the answers of the screening."""
    product = facts.product
    if product is None:
        return
    contained = {"milk_protein": product.contains_milk_protein, "albumin": product.contains_albumin}
    if "milk_protein" in facts.allergies and contained["milk_protein"]:
        yield finding(
            "milk-protein",
            Severity.STOP,
            f"Allergic to cow's milk protein, which {product.brand} may contain.",
            about="patient",
            rule="R9",
            source="DYS-PI",
            confidence=product.milk_protein_confidence,
        )
    if "albumin" in facts.allergies and contained["albumin"]:
        yield finding(
            "albumin",
            Severity.STOP,
            f"Allergic to human albumin, which {product.brand} contains.",
            about="patient",
            rule="R9",
            source="label, contraindications",
            confidence=product.albumin_confidence,
        )
    for alert in facts.ingredient_alerts:
        if not contained.get(alert.code) or alert.code in facts.allergies:
            continue
        if alert.code == "milk_protein" and alert.is_sure:
            # Said today, it is the same contraindication as on file.
            mark = product.milk_protein_confidence
            yield _of_alert(alert, capped(Severity.STOP, mark), mark)
        else:
            yield _of_alert(alert, Severity.WARN)


def open_events(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R13: an adverse event after an earlier session that is not over is taken account of before more is given."""
    for event in sorted(facts.open_events, key=lambda event: (event.onset_on, event.id)):
        yield finding(
            f"event-{event.id}",
            Severity.WARN,
            f"Adverse event since {day(event.onset_on)}, {event.outcome.lower()}: {event.words.rstrip('.')}.",
            about="patient",
            rule="R13",
            source="boxed warning; spread questionnaire 6.2",
        )


def off_label(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R10: a use the label does not list is named as one."""
    if facts.product is None:
        return
    for course in off_label_courses(facts):
        who = " for this patient's age and diagnosis" if course.condition in facts.product.labelled else ""
        words = f"{course.condition_name} is not on the label of {facts.product.brand}{who}."
        yield finding(
            f"off-label-{course.id}", Severity.NOTE, words, about="product", rule="R10", source="label, indications"
        )


def screening(facts: SessionFacts) -> Iterable[Finding]:
    """The screening of the day of injection, complete; without it a reason. Clinical reference 1.7."""
    words = ""
    chosen = choose_screening(facts)
    if facts.screening is None:
        words = "The screening questions have not been answered."
    elif chosen is None:
        words = f"The last screening is of {day(facts.screening.answered_on)}, not of the day of this session."
    elif chosen.unanswered:
        words = f"{count(chosen.unanswered, 'screening question has', 'screening questions have')} no answer."
    if words:
        yield finding("screening", Severity.WARN, words, about="before", source="intake screening 1.7")


def consent(facts: SessionFacts) -> Iterable[Finding]:
    """A consent in date for all that is treated, and for use off the label where that is what it is (R10).

    Source: clinical reference 1.7, row consent (B).
    """
    beyond_label = {course.condition for course in off_label_courses(facts)}
    words = consent_problem(
        facts.consents,
        on=facts.performed_on,
        conditions=facts.conditions,
        off_label=beyond_label,
        born=facts.born,
    )
    if words:
        covered_but_for_that = choose_consent(facts) is not None
        yield finding(
            "consent-off-label" if covered_but_for_that else "consent",
            Severity.WARN,
            words,
            about="before",
            rule="R10" if covered_but_for_that else "",
            source="intake screening 1.7",
            confidence="B",
        )
