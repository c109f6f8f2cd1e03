"""The vials: that they close, hold this product, and may be used for this patient at that hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from treatments.rules.facts import Finding, ProductFacts, SessionFacts, Severity, VialFacts
from treatments.rules.findings.wording import count, finding, units

SINGLE_DOSE = "labels: single-dose vial, one patient, one session"


def vial_ledger(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R2: given and discarded are the vial, and the vials give what the sites need."""
    if facts.product is None:
        return
    if not facts.vials:
        yield finding("no-vials", Severity.STOP, "Pick the vials.", about="vials", rule="R2")
        return
    for vial in facts.vials:
        if vial.given + vial.discarded != vial.units:
            words = (
                f"{vial.name}: {units(vial.given)} given and {units(vial.discarded)} discarded are not "
                f"{units(vial.units)}."
            )
            yield finding(f"vial-open-{vial.name}", Severity.STOP, words, about="vials", rule="R2")
        if vial.given == 0:
            words = f"{vial.name} is not needed: take it out."
            yield finding(f"vial-unused-{vial.name}", Severity.STOP, words, about="vials", rule="R2")
    given = sum((vial.given for vial in facts.vials), Decimal(0))
    if given != facts.total:
        words = f"The vials give {units(given)}, the sites need {units(facts.total)}."
        yield finding("vials-short", Severity.STOP, words, about="vials", rule="R2")


def vial_may_be_used(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R1 and R8: a vial of this product, in date, not recalled, not used, and nobody else's."""
    if facts.product is None:
        return
    for vial in facts.vials:
        if vial.product != facts.product.key:
            words = f"{vial.name} is not {facts.product.brand}."
            yield finding(
                f"vial-product-{vial.name}", Severity.STOP, words, about="vials", rule="R1", source="all labels"
            )
        if vial.lot_problem:
            yield finding(f"vial-lot-{vial.name}", Severity.STOP, vial.lot_problem, about="vials", rule="R8")
        if not vial.in_stock:
            words = f"{vial.name} is no longer in stock: pick another."
            yield finding(f"vial-gone-{vial.name}", Severity.STOP, words, about="vials", rule="R8")
        if vial.of_another_patient:
            words = f"{vial.name} is not this patient's: pick another."
            yield finding(
                f"vial-patient-{vial.name}", Severity.STOP, words, about="vials", rule="R8", source=SINGLE_DOSE
            )


def in_use_time(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R8: from reconstitution, or from diluting a solution, no longer than the label's hours."""
    product = facts.product
    if product is None or facts.given_by is None:
        return
    for vial in facts.vials:
        if vial.reconstituted_at is None:
            continue
        age = facts.given_by - vial.reconstituted_at
        if age < timedelta(0):
            mixed = f"{vial.name}: reconstituted at {vial.reconstituted_at:%H:%M on %-d %b}"
            words = f"{mixed}, after it can have been given. Correct the time of the vial."
            if facts.end_recorded:
                words = (
                    f"{mixed}, after the session ended at {facts.given_by:%H:%M}. Move the end of the session, or the "
                    "time of the vial."
                )
            yield finding(f"vial-clock-{vial.name}", Severity.STOP, words, about="vials", rule="R8")
        elif age > timedelta(hours=product.in_use_hours):
            # Without the session's end it counts as given now, or at the end of its day.
            when = "it was given" if facts.end_recorded else "the latest moment it can have been given"
            words = (
                f"{vial.name}: reconstituted {_ago(age)} before {when}; the label allows "
                f"{count(product.in_use_hours, 'hour')}."
            )
            if not facts.end_recorded:
                words += " Record when the session ended."
            yield finding(
                f"vial-hours-{vial.name}",
                Severity.STOP,
                words,
                about="vials",
                rule="R8",
                source=f"{product.brand} label, in-use time",
                confidence=product.in_use_confidence,
            )
        elif vial.reconstituted_at.date() != facts.performed_on:
            words = f"{vial.name}: reconstituted on {vial.reconstituted_at:%-d %b}, not on the day of the session."
            yield finding(f"vial-day-{vial.name}", Severity.NOTE, words, about="vials", rule="R8")


def reconstitution(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R8: when each vial was reconstituted. Said for some and not for others, it asks for a reason."""
    if facts.product is None:
        return
    silent = [vial for vial in facts.vials if _needs_a_time(vial, facts.product) and vial.reconstituted_at is None]
    if not silent:
        return
    some = any(vial.reconstituted_at is not None for vial in facts.vials)
    names = ", ".join(sorted(vial.name for vial in silent))
    yield finding(
        "reconstitution",
        Severity.WARN if some else Severity.NOTE,
        f"{names}: not said when it was reconstituted.",
        about="vials",
        rule="R8",
        source="labels, in-use time",
    )


def _needs_a_time(vial: VialFacts, product: ProductFacts) -> bool:
    return not (product.ready_to_use or vial.undiluted)


def _ago(age: timedelta) -> str:
    """26 hours, 24 h 5 min."""
    minutes = int(age.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else count(hours, "hour")
