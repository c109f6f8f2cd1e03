"""What the dose rules look at and what they say, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Severity(StrEnum):
    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing found. `key` names it among the findings of a session; `about` is the part of the page it is about.

    `label` is a word or two for a tag, where there is one.
    """

    key: str
    severity: Severity
    words: str
    about: str
    source: str = ""
    confidence: str = ""
    label: str = ""


@dataclass(frozen=True)
class Maximum:
    """The most units of the product a label allows; see inventory.LabelMaximum."""

    units: Decimal
    window_days: int
    indications: tuple[str, ...]
    words: str
    source: str
    confidence: str


@dataclass(frozen=True)
class ProductFacts:
    key: str
    brand: str
    maxima: tuple[Maximum, ...] = ()
    labelled: tuple[str, ...] = ()
    contains_albumin: bool = False
    albumin_confidence: str = "B"
    contains_milk_protein: bool = False
    milk_protein_confidence: str = "B"


@dataclass(frozen=True)
class CourseFacts:
    id: int
    condition: str
    condition_name: str
    eligible_on: date | None = None
    eligible_words: str = ""
    eligible_source: str = ""
    eligible_confidence: str = ""
    last_session_on: date | None = None


@dataclass(frozen=True)
class SiteDose:
    """Units at one injection site; None while a draft says none."""

    course_id: int
    muscle: str
    side: str
    units: Decimal | None


@dataclass(frozen=True)
class VialFacts:
    name: str
    product: str
    units: Decimal
    given: Decimal
    discarded: Decimal
    in_stock: bool = True
    lot_problem: str | None = None


@dataclass(frozen=True)
class Earlier:
    """A session the patient had before, here or elsewhere, with any toxin product."""

    performed_on: date
    product: str
    brand: str
    units: Decimal


@dataclass(frozen=True)
class Alert:
    """Something known of the patient that bears on treatment, already worded and graded."""

    code: str
    words: str
    severity: Severity
    source: str = ""
    label: str = ""


@dataclass(frozen=True)
class SessionFacts:
    """All that the rules look at, as plain values. Units are those of `product`.

    `charted_by` names the session's provider when somebody else signs.
    """

    performed_on: date
    today: date
    age: int
    product: ProductFacts | None = None
    dilution_chosen: bool = False
    courses: tuple[CourseFacts, ...] = ()
    sites: tuple[SiteDose, ...] = ()
    vials: tuple[VialFacts, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    alerts: tuple[Alert, ...] = ()
    allergies: frozenset[str] = field(default_factory=frozenset)
    is_touch_up: bool = False
    touch_up_reason: str = ""
    signing_problem: str | None = None
    charted_by: str = ""
    died_on: date | None = None

    @property
    def total(self) -> Decimal:
        return sum((site.units for site in self.sites if site.units is not None), Decimal(0))

    def units_for(self, conditions: Iterable[str]) -> Decimal:
        wanted = set(conditions)
        ids = {course.id for course in self.courses if course.condition in wanted}
        return sum((site.units for site in self.sites if site.units and site.course_id in ids), Decimal(0))
