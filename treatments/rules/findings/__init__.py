"""What a dose must pass: each rule looks at the same facts and returns its findings.

A stop needs a change. A warning needs a reason, which is kept. A note only informs. A number that the clinical
reference marks B or C may warn but never stop (`capped`), until a clinician of the clinic has confirmed a B against
the label. Plain functions on plain values: no database, no clock. Sources are named in each finding; the rule numbers
R1 to R14 are those of docs/clinical-sources.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from treatments.rules.facts import Finding, SessionFacts, Severity
from treatments.rules.findings.dose import (
    label_maximum,
    near_maximum,
    no_maximum,
    no_maximum_for_children,
    rolling_total,
    weight,
)
from treatments.rules.findings.interval import interval
from treatments.rules.findings.muscles import muscle_range, per_site, volume_per_site
from treatments.rules.findings.patient import alerts, consent, ingredients, off_label, open_events, screening
from treatments.rules.findings.record import (
    cycle_response,
    diagnosis,
    guidance,
    prior_authorization,
    response,
    signer,
    something_to_sign,
    suitability,
)
from treatments.rules.findings.vials import in_use_time, reconstitution, vial_ledger, vial_may_be_used
from treatments.rules.findings.wording import capped

Rule = Callable[[SessionFacts], Iterable[Finding]]

RULES: Sequence[Rule] = (
    something_to_sign,
    signer,
    suitability,
    alerts,
    ingredients,
    open_events,
    screening,
    consent,
    weight,
    interval,
    label_maximum,
    near_maximum,
    rolling_total,
    no_maximum_for_children,
    no_maximum,
    per_site,
    volume_per_site,
    muscle_range,
    vial_ledger,
    vial_may_be_used,
    in_use_time,
    reconstitution,
    guidance,
    response,
    cycle_response,
    diagnosis,
    prior_authorization,
    off_label,
)

_ORDER = {Severity.STOP: 0, Severity.WARN: 1, Severity.NOTE: 2}

__all__ = ["RULES", "capped", "find_all", "unanswered"]


def find_all(facts: SessionFacts) -> list[Finding]:
    """All findings of a session, stops first; the same facts in any order always give the same list."""
    found = [(place, finding) for place, rule in enumerate(RULES) for finding in rule(facts)]
    found.sort(key=lambda entry: (_ORDER[entry[1].severity], entry[0], entry[1].key))
    return [finding for _, finding in found]


def unanswered(findings: Iterable[Finding], reasons: Mapping[str, str]) -> list[Finding]:
    """What still keeps a session from being signed: every stop, and each warning without a reason."""
    return [
        finding
        for finding in findings
        if finding.severity is Severity.STOP
        or (finding.severity is Severity.WARN and not reasons.get(finding.key, "").strip())
    ]
