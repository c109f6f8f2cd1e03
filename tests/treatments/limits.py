"""Every rule of the catalogue with what it says below, at and above its limit; new rules bring their cases here.

Where a rule has no number, the three are what passes, the least that passes, and what does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

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
    NOON,
    UPPER,
    XEOMIN,
    dosed,
    facts,
    of_a_child,
    sites,
    vials,
)
from tests.treatments.test_findings_dose import BACK, past
from treatments.rules.facts import (
    Alert,
    AuthorizationFacts,
    ConsentFacts,
    CourseFacts,
    CoverageFacts,
    Earlier,
    OpenEvent,
    ProductFacts,
    ScreeningFacts,
    SessionFacts,
    Severity,
    SiteDose,
)
from treatments.rules.findings import Rule
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
from treatments.rules.response import Cycle, Outcome

STOP, WARN, NOTE = Severity.STOP, Severity.WARN, Severity.NOTE
BELOW, ABOVE, FROM, UP_TO, NOT_AT = {"below"}, {"above"}, {"at", "above"}, {"below", "at"}, {"below", "above"}
VIAL = "200 U vial 0"


@dataclass(frozen=True)
class Limit:
    """One limit of one check. `of` makes the session of each value, `found` says for which the finding is there."""

    rule: str
    check: Rule
    key: str
    severity: Severity
    of: Callable[[Any], SessionFacts]
    below: Any
    at: Any
    above: Any
    found: frozenset[str] | set[str] = frozenset(ABOVE)

    def __str__(self) -> str:
        return f"{self.rule}-{self.check.__name__}-{self.key}"  # type: ignore[attr-defined]


def vial(**changes: Any) -> SessionFacts:
    (one,) = vials(200, total=Decimal(155))
    return facts(vials=(replace(one, **changes),))


def mixed(product: ProductFacts, minutes: int) -> SessionFacts:
    """A vial reconstituted so many minutes before it was given."""
    session = dosed(product, sites(100, 50, muscle="x"))
    return replace(session, vials=(replace(session.vials[0], reconstituted_at=NOON - timedelta(minutes=minutes)),))


def neck(units: float, product: ProductFacts) -> SessionFacts:
    return dosed(product, sites(units, 40, muscle="scalenus_post"))


def child(units: float, product: ProductFacts = BOTOX, course: CourseFacts = ARM, kg: float = 20) -> SessionFacts:
    return of_a_child(dosed(product, sites(units, 10, course.id, "x"), course), kg=kg)


def since(days: int, **changes: Any) -> SessionFacts:
    """A repeat so many days after the last session, for which 84 days are asked."""
    last = DAY - timedelta(days=days)
    course = replace(MIGRAINE, last_session_on=last, eligible_on=last + timedelta(days=84), **changes)
    return facts(courses=(course,))


def after(days: int, product: ProductFacts = DYSPORT) -> SessionFacts:
    """Toxin for something else so many days before."""
    return facts(
        earlier=(Earlier(DAY - timedelta(days=days), product.key, product.brand, Decimal(100), frozenset({9})),)
    )


def elsewhere(ago: int) -> SessionFacts:
    session = after(ago)
    return replace(session, earlier=tuple(replace(row, is_outside=True) for row in session.earlier))


def childs_arm(ago: int, *limb: tuple[str, str, float]) -> SessionFacts:
    """160 U of Dysport in an arm of a child of 20 kg, who had some so many days before: 16 U/kg, 30 U/kg in all."""
    return replace(child(160, DYSPORT), earlier=past(DYSPORT, limb[0][2], ago, *limb))


def consented(**changes: Any) -> SessionFacts:
    return facts(consents=(replace(ConsentFacts(1, DAY, DAY), **changes),))


def approved(**changes: Any) -> SessionFacts:
    row = AuthorizationFacts(
        7, "PA-1", "Aetna", "approved", BOTOX.key, "chronic_migraine", DAY, DAY, 400, 2, Decimal(245), 1
    )
    return facts(authorizations=(replace(row, **changes),), coverages=(CoverageFacts(1, "Aetna", True),))


def judged(outcome: Outcome | None) -> SessionFacts:
    cycle = None if outcome is None else Cycle(outcome, "said")
    return facts(courses=(replace(MIGRAINE, last_session_on=DAY - timedelta(days=90), cycle=cycle),))


def days(number: int) -> timedelta:
    return timedelta(days=number)


LIMITS: tuple[Limit, ...] = (
    # R1: a product first, and only its own vials.
    Limit("R1", something_to_sign, "no-product", STOP, lambda row: facts(product=row), DYSPORT, BOTOX, None),
    Limit(
        "R1", vial_may_be_used, f"vial-product-{VIAL}", STOP,
        lambda key: vial(product=key), BOTOX.key, BOTOX.key, DYSPORT.key,
    ),
    # R2: the sums agree.
    Limit("R2", something_to_sign, "no-dilution", STOP, lambda x: facts(dilution_chosen=x), True, True, False),
    Limit("R2", something_to_sign, "no-sites", STOP, lambda x: facts(sites=sites(x)), 10, 5, 0),
    Limit(
        "R2", something_to_sign, "empty-sites", STOP,
        lambda x: facts(sites=(SiteDose(1, "frontalis", "left", x),)), Decimal(5), Decimal("0.5"), None,
    ),
    Limit(
        "R2", something_to_sign, "untreated-2", STOP,
        lambda to: facts(courses=(MIGRAINE, LEG), sites=sites(5) + sites(5, course=to)), 2, 2, 1,
    ),
    Limit(
        "R2", vial_ledger, f"vial-open-{VIAL}", STOP,
        lambda x: vial(discarded=Decimal(str(x))), 44.5, 45, 45.5, NOT_AT,
    ),
    Limit(
        "R2", vial_ledger, "vials-short", STOP,
        lambda x: facts(sites=sites(x), vials=vials(200, total=Decimal(155))), 154.5, 155, 155.5, NOT_AT,
    ),
    Limit("R2", vial_ledger, "no-vials", STOP, lambda x: facts(vials=vials(*x, total=Decimal(9))), (9, 9), (9,), ()),
    Limit("R2", vial_ledger, "vial-unused-9 U vial 1", STOP,
          lambda x: facts(vials=vials(9, 9, total=Decimal(str(x)))), 9.5, 9, 8.5, FROM),
    # R3: BOTOX over three months.
    Limit("R3", label_maximum, "maximum-84", STOP, lambda x: dosed(BOTOX, sites(x), MIGRAINE), 399.5, 400, 400.5),
    Limit("R3", label_maximum, "maximum-84", STOP,
          lambda ago: dosed(BOTOX, sites(200.5), MIGRAINE, earlier=past(BOTOX, 200, ago)), 83, 84, 85, BELOW),
    Limit("R3", label_maximum, "maximum-84", STOP,
          lambda ahead: dosed(BOTOX, sites(200.5), MIGRAINE, later=past(BOTOX, 200, -ahead)), 83, 84, 85, BELOW),
    Limit("R3", near_maximum, "maximum-near-84", WARN,
          lambda x: dosed(BOTOX, sites(x), MIGRAINE, earlier=past(BOTOX, 200, 84)), 199.5, 200, 200.5),
    Limit("R3", near_maximum, "maximum-near-84", WARN,
          lambda ago: dosed(BOTOX, sites(200.5), MIGRAINE, earlier=past(BOTOX, 200, ago)), 83, 84, 85, FROM),
    Limit("R3", near_maximum, "maximum-near-84", WARN,
          lambda ago: dosed(BOTOX, sites(200.5), MIGRAINE, earlier=past(BOTOX, 200, ago)), 90, 91, 92, UP_TO),
    # R4: one session.
    Limit("R4", label_maximum, "maximum-0", STOP, lambda x: neck(x, XEOMIN), 399.5, 400, 400.5),
    Limit("R4", label_maximum, f"maximum-0-{UPPER}-{LOWER}", STOP,
          lambda x: dosed(DYSPORT, sites(1000, 100) + sites(x, 100, 2), ARM, LEG), 499.5, 500, 500.5),
    Limit("R4", label_maximum, f"maximum-0-{NECK}", WARN, lambda x: neck(x, DYSPORT), 999.5, 1000, 1000.5),
    Limit("R4", label_maximum, f"maximum-0-{NECK}", WARN, lambda x: neck(x, DAXXIFY), 249.5, 250, 250.5),
    Limit("R4", label_maximum, f"maximum-0-{NECK}", WARN, lambda x: neck(x, MYOBLOC), 4999.5, 5000, 5000.5),
    Limit("R4", no_maximum, "no-maximum", WARN,
          lambda course: dosed(DYSPORT, sites(5), course), NECK_COURSE, ARM, BACK),
    # R5: under 18. Each shipped row is one more limit; see test_rule_limits.py.
    Limit("R5", label_maximum, f"maximum-0-{UPPER}-child", STOP, child, 119.5, 120, 120.5),
    Limit("R5", label_maximum, "maximum-84-child", WARN, lambda x: child(x, course=LEG, kg=12.5), 124.5, 125, 125.5),
    Limit("R5", weight, "weight", WARN,
          lambda ago: of_a_child(dosed(BOTOX, sites(5), ARM), kg=20, measured=ago), 29, 30, 31),
    Limit("R5", weight, "weight", WARN,
          lambda age: of_a_child(dosed(BOTOX, sites(5), ARM), kg=None, age=age), 17, 18, 19, BELOW),
    Limit("R5", no_maximum_for_children, "under-18", WARN,
          lambda course: child(5, DYSPORT, course), ARM, LEG, NECK_COURSE),
    # R6: one site and one muscle.
    Limit("R6", per_site, "migraine-site", WARN, lambda x: facts(sites=sites(x, x)), 4.5, 5, 5.5, NOT_AT),
    Limit("R6", per_site, "site-maximum", WARN, lambda x: dosed(BOTOX, sites(x, 100), ARM), 49.5, 50, 50.5),
    Limit("R6", per_site, "scm-maximum", WARN,
          lambda x: dosed(BOTOX, sites(50, 50, 1, "scm") + sites(x, 25, 1, "scm", "right")), 49.5, 50, 50.5),
    Limit("R6", volume_per_site, "site-volume", WARN,
          lambda x: dosed(DYSPORT, sites(x, 999), ARM, units_per_ml=Decimal(200)), 199.5, 200, 200.5),
    Limit("R6", volume_per_site, "site-volume", WARN,
          lambda x: replace(child(x, DYSPORT), sites=sites(x, 999), units_per_ml=Decimal(200)), 99.5, 100, 100.5),
    Limit("R6", muscle_range, "muscle-range-1", WARN,
          lambda x: dosed(BOTOX, sites(x, x / 2, muscle="biceps"), ARM), 59, 60, 61, BELOW),
    Limit("R6", muscle_range, "muscle-range-1", WARN,
          lambda x: dosed(BOTOX, sites(x, x / 4, muscle="biceps"), ARM), 199, 200, 201),
    Limit("R6", muscle_range, "muscle-range-1", WARN,
          lambda x: dosed(BOTOX, sites(60 * x, 60, muscle="biceps"), ARM), 1, 2, 3, BELOW),
    Limit("R6", muscle_range, "muscle-range-1", WARN,
          lambda x: dosed(BOTOX, sites(40 * x, 40, muscle="biceps"), ARM), 3, 4, 5),
    Limit("R6", muscle_range, "muscle-study-1", NOTE,
          lambda x: dosed(DYSPORT, sites(x, x, muscle="scm")), 349.5, 350, 350.5),
    # R7: time since the last toxin.
    Limit("R7", interval, "interval-1", WARN, since, 83, 84, 85, BELOW),
    Limit("R7", interval, "interval-any", WARN, after, 83, 84, 85, BELOW),
    Limit("R7", interval, "interval-other", NOTE, after, 83, 84, 85, FROM),
    Limit("R7", interval, "interval-other", NOTE, after, 111, 112, 113, UP_TO),
    Limit("R7", rolling_total, "rolling-total", WARN,
          lambda x: dosed(DYSPORT, sites(x, 100), ARM, earlier=past(DYSPORT, 800, 83)), 699.5, 700, 700.5),
    Limit("R7", rolling_total, "rolling-total", WARN,
          lambda ago: dosed(DYSPORT, sites(701, 100), ARM, earlier=past(DYSPORT, 800, ago)), 83, 84, 85, BELOW),
    Limit("R7", rolling_total, "rolling-total", WARN,
          lambda ago: replace(neck(200, DAXXIFY), earlier=past(DAXXIFY, 51, ago)), 89, 90, 91, BELOW),
    Limit("R7", rolling_total, f"rolling-0-{UPPER}-child", WARN,
          lambda ago: childs_arm(ago, (UPPER, "left", 161)), 111, 112, 113, BELOW),
    Limit("R7", rolling_total, f"rolling-0-{UPPER}-{LOWER}-child-several", WARN,
          lambda ago: childs_arm(ago, (LOWER, "left", 441)), 83, 84, 85, BELOW),
    # R8: a vial that may be used.
    Limit("R8", vial_may_be_used, f"vial-lot-{VIAL}", STOP, lambda x: vial(lot_problem=x), None, None, "Expired."),
    Limit("R8", vial_may_be_used, f"vial-gone-{VIAL}", STOP, lambda x: vial(in_stock=x), True, True, False),
    Limit("R8", vial_may_be_used, f"vial-patient-{VIAL}", STOP,
          lambda x: vial(of_another_patient=x), False, False, True),
    Limit("R8", in_use_time, "vial-hours-vial", STOP, lambda x: mixed(BOTOX, x), 1439, 1440, 1441),
    Limit("R8", in_use_time, "vial-hours-vial", WARN, lambda x: mixed(DYSPORT, x), 1439, 1440, 1441),
    Limit("R8", in_use_time, "vial-clock-vial", STOP, lambda x: mixed(BOTOX, x), -1, 0, 1, BELOW),
    Limit("R8", in_use_time, "vial-day-vial", NOTE, lambda x: mixed(BOTOX, x), 719, 720, 721),
    Limit("R8", reconstitution, "reconstitution", NOTE,
          lambda at: vial(reconstituted_at=at), NOON - days(1), NOON, None),
    # R9: contraindications.
    Limit("R9", alerts, "alert-site_infection", STOP,
          lambda grade: facts(alerts=(Alert("site_infection", "Infected.", grade, "rule R9 (A)"),)), NOTE, WARN, STOP),
    Limit("R9", ingredients, "milk-protein", WARN,
          lambda row: neck(5, row) if row is BOTOX else replace(neck(5, row), allergies=frozenset({"milk_protein"})),
          BOTOX, XEOMIN, DYSPORT),
    Limit("R9", ingredients, "albumin", STOP,
          lambda row: replace(neck(5, row), allergies=frozenset({"albumin"})), DAXXIFY, DAXXIFY, BOTOX),
    # R10: off the label.
    Limit("R10", off_label, "off-label-1", NOTE, lambda course: neck_of(course), NECK_COURSE, ARM, BACK),
    Limit("R10", off_label, "off-label-1", NOTE,
          lambda age: of_a_child(dosed(BOTOX, sites(5), ARM), kg=9, age=age), 1, 2, 3, BELOW),
    Limit("R10", consent, "consent-off-label", WARN,
          lambda covers: replace(neck_of(BACK), consents=consented(covers_off_label=covers).consents),
          True, True, False),
    # R13 and R14, as far as a finding says them.
    Limit("R13", open_events, "event-7", WARN,
          lambda ids: facts(open_events=tuple(OpenEvent(pk, "Hoarse", DAY, "Ongoing") for pk in ids)),
          (), (6,), (6, 7)),
    Limit("R14", cycle_response, "cycle-1", NOTE, judged, None, None, Outcome.MISSING),
    # Rules of the clinic.
    Limit("patient", alerts, "alert-prior_toxin", WARN,
          lambda ago: replace(elsewhere(ago), alerts=(Alert("prior_toxin", "Toxin.", WARN),)), 122, 123, 124),
    Limit("before", screening, "screening", WARN,
          lambda x: facts(screening=ScreeningFacts(1, DAY + days(x))), -1, 0, 1, NOT_AT),
    Limit("before", screening, "screening", WARN,
          lambda left: facts(screening=ScreeningFacts(1, DAY, unanswered=left)), 0, 0, 1),
    Limit("before", consent, "consent", WARN,
          lambda x: consented(signed_on=DAY - days(9), expires_on=DAY + days(x)), -1, 0, 1, BELOW),
    Limit("before", consent, "consent", WARN,
          lambda x: consented(signed_on=DAY + days(x), expires_on=DAY + days(9)), -1, 0, 1),
    Limit("signature", signer, "future", STOP, lambda x: facts(performed_on=DAY + days(x)), -1, 0, 1),
    Limit("signature", signer, "died", STOP, lambda x: facts(died_on=DAY - days(x)), -1, 0, 1),
    Limit("signature", signer, "signer", STOP, lambda x: facts(signing_problem=x), None, "", "No licence."),
    Limit("signature", signer, "other-signer", WARN, lambda x: facts(charted_by=x), "", "", "Dr Ito"),
    Limit("signature", signer, "touch-up", STOP,
          lambda x: facts(is_touch_up=True, touch_up_reason=x), "left brow", "b", " "),
    Limit("course", diagnosis, "diagnosis-1", WARN,
          lambda x: facts(courses=(replace(MIGRAINE, diagnosis=x),)), "G43.709", "G43", ""),
    Limit("course", suitability, "suitability-1", WARN,
          lambda x: facts(courses=(replace(MIGRAINE, unsuitable_on=x, unsuitable_why="Swallows badly."),)),
          None, None, DAY),
    Limit("visit", guidance, "guidance", WARN,
          lambda x: facts(guidance="emg", guidance_reason=x), "deep muscle", "d", " "),
    Limit("visit", response, "response", WARN,
          lambda x: replace(since(90), last_response=x), "good", "unknown", ""),
    Limit("payer", prior_authorization, "authorization-1", WARN,
          lambda x: approved(units_used=Decimal(str(x))), 244.5, 245, 245.5),
    Limit("payer", prior_authorization, "authorization-1", WARN, lambda x: approved(visits_used=x), 0, 1, 2),
    Limit("payer", prior_authorization, "authorization-1", WARN,
          lambda x: approved(starts_on=DAY - days(9), ends_on=DAY + days(x)), -1, 0, 1, BELOW),
    Limit("payer", prior_authorization, "authorization-1", WARN,
          lambda x: approved(starts_on=DAY + days(x), ends_on=DAY + days(9)), -1, 0, 1),
)  # fmt: skip


def neck_of(course: CourseFacts) -> SessionFacts:
    """A session of Dysport for that course."""
    return dosed(DYSPORT, sites(5), course)
