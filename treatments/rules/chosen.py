"""Which of a patient's papers a session goes by: screening, consent, weight, authorisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeVar

from patients.rules import valid_consent
from treatments.rules.facts import (
    AuthorizationFacts,
    ConsentFacts,
    CourseFacts,
    ScreeningFacts,
    SessionFacts,
    WeightFacts,
)

XEOMIN = "incobotulinumtoxinA"
CEREBRAL_PALSY = "G80"  # and its codes below, ICD-10-CM
# The youngest that any label of a product here names: BOTOX and Dysport spasticity, 2 years; Xeomin 2 to 17.
YOUNGEST = 2
APPROVED = "approved"


@dataclass(frozen=True)
class RecordLinks:
    """The papers' ids, kept with the session when it is signed."""

    screening_id: int | None
    consent_id: int | None
    weight_id: int | None
    authorization_id: int | None


def record_links(facts: SessionFacts) -> RecordLinks:
    """What the signed session refers to; None where there is no such paper."""
    screening, consent, weight = choose_screening(facts), choose_consent(facts), choose_weight(facts)
    authorization = next(iter(authorizations_by_course(facts).values()), None)
    return RecordLinks(
        screening.id if screening else None,
        consent.id if consent else None,
        weight.id if weight and facts.is_child else None,
        authorization.id if authorization else None,
    )


def choose_screening(facts: SessionFacts) -> ScreeningFacts | None:
    """The screening of the session's own day."""
    if facts.screening is not None and facts.screening.answered_on == facts.performed_on:
        return facts.screening
    return None


def choose_consent(facts: SessionFacts) -> ConsentFacts | None:
    """The consent that covers most of this session, where all of it is covered, be it but for use off the label."""
    for off_label in ({course.condition for course in off_label_courses(facts)}, set[str]()):
        found = valid_consent(
            sorted(facts.consents, key=lambda consent: consent.id, reverse=True),
            on=facts.performed_on,
            conditions=facts.conditions,
            off_label=off_label,
            born=facts.born,
        )
        if found is not None:
            return found
    return None


def choose_weight(facts: SessionFacts) -> WeightFacts | None:
    """The last weight measured on or before the session's day."""
    known = [weight for weight in facts.weights if weight.measured_on <= facts.performed_on]
    return max(known, key=lambda weight: (weight.measured_on, weight.id), default=None)


def off_label_courses(facts: SessionFacts) -> list[CourseFacts]:
    """The treated courses whose condition is not on the product's label for this patient's age, by their id.

    Source: rule R10; the lists of labelled uses in section 1 of the clinical reference. Under 18 those that give a
    child's maximum for the condition, from 2 years on; Xeomin's leaves out cerebral palsy.
    """
    return [course for course in sorted(facts.courses, key=lambda course: course.id) if not _labelled(facts, course)]


def _labelled(facts: SessionFacts, course: CourseFacts) -> bool:
    product = facts.product
    if product is None or not facts.is_child:
        return product is None or course.condition in product.labelled
    childrens = {key for row in product.maxima if row.under_18 for key in row.indications}
    return (
        facts.age >= YOUNGEST
        and course.condition in product.labelled
        and course.condition in childrens
        and not (product.key == XEOMIN and course.diagnosis.startswith(CEREBRAL_PALSY))
    )


def authorization_of(facts: SessionFacts, course: CourseFacts) -> AuthorizationFacts | None:
    if facts.product is None:
        return None
    return choose_authorization(
        facts.authorizations,
        product=facts.product.key,
        condition=course.condition,
        on=facts.performed_on,
        units=facts.units_for([course.condition]),
    )


def choose_authorization(
    authorizations: Iterable[AuthorizationFacts], *, product: str, condition: str, on: date, units: Decimal
) -> AuthorizationFacts | None:
    """The authorisation for that product and condition: one without a problem, of several the one that ends first.

    Without such a one the best there is: approved before others, in date before others, the latest. None when there
    is none for both.
    """
    fitting = [row for row in authorizations if row.product == product and row.condition == condition]
    good = [row for row in fitting if not authorization_problem(row, on=on, units=units)]
    if good:
        return min(good, key=lambda row: (row.ends_on, row.id))
    return max(
        fitting,
        key=lambda row: (row.status == APPROVED, row.starts_on <= on <= row.ends_on, row.ends_on, row.id),
        default=None,
    )


def authorizations_by_course(facts: SessionFacts) -> dict[int, AuthorizationFacts]:
    """The authorisation that each treated course goes by, by the course's id; a course without one is left out."""
    found = {}
    for course in sorted(facts.courses, key=lambda course: course.id):
        chosen = authorization_of(facts, course)
        units = facts.units_for([course.condition])
        if chosen is not None and authorization_problem(chosen, on=facts.performed_on, units=units) == "":
            found[course.id] = chosen
    return found


class Permission(Protocol):
    """What both AuthorizationFacts and a stored PriorAuthorization say."""

    @property
    def id(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def product(self) -> str: ...
    @property
    def condition(self) -> str: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...


AnyPermission = TypeVar("AnyPermission", bound=Permission)


def permission_for(
    rows: Iterable[AnyPermission], *, product: str, condition: str, on: date, first: int | None = None
) -> AnyPermission | None:
    """Of a session that is signed: the authorisation it was given under for one condition, without the units left.

    Approved, in date, for that product and condition; the one with the id `first`, which the session kept, before
    others, and then the one that ends first.
    """
    good = [
        row
        for row in rows
        if row.status == APPROVED
        and (row.product, row.condition) == (product, condition)
        and row.starts_on <= on <= row.ends_on
    ]
    return min(good, key=lambda row: (row.id != first, row.ends_on, row.id), default=None)


def authorization_problem(row: AuthorizationFacts, *, on: date, units: Decimal) -> str:
    """Why the authorisation does not cover so many units on that day, in words; empty when it does.

    Source: PRODUCT "What a dose must pass": present, in date, right product, enough units left.
    """
    name = f"The prior authorisation {row.number}".rstrip()
    if row.status != APPROVED:
        words = {"submitted": "is submitted and not decided", "denied": "was denied", "appeal": "is in appeal"}
        return f"{name} {words.get(row.status, 'is not approved')}."
    if on < row.starts_on:
        return f"{name} begins on {_day(row.starts_on)}, after this session."
    if on > row.ends_on:
        return f"{name} ended on {_day(row.ends_on)}."
    if row.visits_approved is not None and row.visits_used >= row.visits_approved:
        return f"{name}: all {row.visits_approved} {'visit is' if row.visits_approved == 1 else 'visits are'} used."
    if row.units_approved is not None and row.units_used + units > row.units_approved:
        left = max(Decimal(row.units_approved) - row.units_used, Decimal(0))
        return f"{name} has {left.normalize():f} U left; this session gives {units.normalize():f} U."
    return ""


def _day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"
