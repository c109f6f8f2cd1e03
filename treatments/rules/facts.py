"""What the dose rules look at and what they say, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from treatments.rules.response import Cycle


class Severity(StrEnum):
    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing found. `key` names it among the findings of a session; `about` is the part of the page it is about.

    `label` is a word or two for a tag, where there is one; `rule` is R1 to R14 where the clinical reference has one.
    """

    key: str
    severity: Severity
    words: str
    about: str
    source: str = ""
    confidence: str = ""
    label: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Maximum:
    """The most units of the product a label allows; see inventory.LabelMaximum.

    `limbs` is "one" for each limb on its own, "several" for all of them together when more than one is treated, empty
    for however many. `confidence` is the mark of the reference, or "confirmed"; see `rules.labels.mark`.
    """

    units: Decimal
    window_days: int
    indications: tuple[str, ...]
    words: str
    source: str
    confidence: str
    under_18: bool = False
    per_kg: Decimal | None = None
    limbs: str = ""


@dataclass(frozen=True)
class ShortestInterval:
    """The shortest time between sessions a label allows, for a condition or, empty, every use; see LabelInterval."""

    condition: str
    under_18: bool | None
    days: int


@dataclass(frozen=True)
class MuscleRange:
    """What a label, or a study, gives for muscles of one side together; see treatments.MuscleDose."""

    condition: str
    muscles: tuple[str, ...]
    units_max: Decimal
    units_min: Decimal | None
    sites_min: int | None
    sites_max: int | None
    per_kg: bool
    under_18: bool
    source: str
    confidence: str


@dataclass(frozen=True)
class ProductFacts:
    key: str
    brand: str
    maxima: tuple[Maximum, ...] = ()
    muscle_ranges: tuple[MuscleRange, ...] = ()
    intervals: tuple[ShortestInterval, ...] = ()
    labelled: tuple[str, ...] = ()
    in_use_hours: int = 24
    in_use_confidence: str = "B"
    ready_to_use: bool = False
    contains_albumin: bool = False
    albumin_confidence: str = "B"
    contains_milk_protein: bool = False
    milk_protein_confidence: str = "B"


@dataclass(frozen=True)
class CourseFacts:
    """A treated course with the window that was open before this session; `diagnosis` is its ICD-10-CM code.

    `responded` is whether a follow-up or a score says what the session before did; `cycle` is that session judged by
    its scores, None where no measure is agreed for the condition or this is the same visit. `unsuitable_on` is the day
    of its latest evaluation by then, if that says not suitable, and `unsuitable_why` what it gives as the reasons.
    """

    id: int
    condition: str
    condition_name: str
    eligible_on: date | None = None
    eligible_words: str = ""
    eligible_source: str = ""
    eligible_confidence: str = ""
    last_session_on: date | None = None
    responded: bool = False
    cycle: Cycle | None = None
    diagnosis: str = ""
    diagnosis_words: str = ""
    unsuitable_on: date | None = None
    unsuitable_why: str = ""


@dataclass(frozen=True)
class SiteDose:
    """Units at one injection site; None while a draft says none. `name` is the muscle's for people."""

    course_id: int
    muscle: str
    side: str
    units: Decimal | None
    name: str = ""


@dataclass(frozen=True)
class VialFacts:
    """One vial of the session. `undiluted` is a product supplied as a solution, used as it came.

    `of_another_patient` is a vial that came for one patient, and not for this one.
    """

    name: str
    product: str
    units: Decimal
    given: Decimal
    discarded: Decimal
    in_stock: bool = True
    lot_problem: str | None = None
    of_another_patient: bool = False
    undiluted: bool = False
    reconstituted_at: datetime | None = None


@dataclass(frozen=True)
class LimbUnits:
    """Units given for a condition on one side; of a session recorded from outside the side is not known, and empty."""

    condition: str
    side: str
    units: Decimal


@dataclass(frozen=True)
class Earlier:
    """Another session the patient had, here or elsewhere, with any toxin product.

    `courses` are those it treated; `limbs` say where its units went, as far as that is known. `is_outside` is one given
    elsewhere or before Cadence, recorded by hand or from a file.
    """

    performed_on: date
    product: str
    brand: str
    units: Decimal
    courses: frozenset[int] = frozenset()
    limbs: tuple[LimbUnits, ...] = ()
    is_outside: bool = False


@dataclass(frozen=True)
class Alert:
    """Something known of the patient that bears on treatment, already worded and graded.

    `is_sure` is False for an answer of the screening that is neither yes nor no.
    """

    code: str
    words: str
    severity: Severity
    source: str = ""
    label: str = ""
    is_sure: bool = True


@dataclass(frozen=True)
class OpenEvent:
    """An adverse event after another session that is not over; `outcome` in words."""

    id: int
    words: str
    onset_on: date
    outcome: str


@dataclass(frozen=True)
class ScreeningFacts:
    id: int
    answered_on: date
    unanswered: int = 0


@dataclass(frozen=True)
class ConsentFacts:
    """A consent as `patients.rules.valid_consent` takes it."""

    id: int
    signed_on: date
    expires_on: date
    withdrawn_on: date | None = None
    conditions: tuple[str, ...] = ()
    covers_off_label: bool = False
    signer: str = "patient"


@dataclass(frozen=True)
class WeightFacts:
    id: int
    kg: Decimal
    measured_on: date


@dataclass(frozen=True)
class CoverageFacts:
    id: int
    payer: str
    authorization_required: bool = False
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class AuthorizationFacts:
    """A payer's permission, with what signed sessions have used of it. `product` and `condition` are keys."""

    id: int
    number: str
    payer: str
    status: str
    product: str
    condition: str
    starts_on: date
    ends_on: date
    units_approved: int | None = None
    visits_approved: int | None = None
    units_used: Decimal = Decimal(0)
    visits_used: int = 0


@dataclass(frozen=True)
class SessionFacts:
    """All that the rules look at, as plain values. Units are those of `product`.

    `given_by` is the latest moment the injections can have been given: the end of the session where it is recorded,
    otherwise the moment of looking, and never after the session's day; `end_recorded` says which. `charted_by`
    names the session's provider when somebody else signs. `ingredient_alerts` are answers of the screening about
    what only some products contain. `earlier` are the patient's other sessions up to this one's day, that day
    included; `later` those given after it, which a session entered late has to count.
    """

    performed_on: date
    today: date
    age: int
    born: date | None = None
    given_by: datetime | None = None
    end_recorded: bool = True
    product: ProductFacts | None = None
    dilution_chosen: bool = False
    units_per_ml: Decimal | None = None
    courses: tuple[CourseFacts, ...] = ()
    sites: tuple[SiteDose, ...] = ()
    vials: tuple[VialFacts, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    later: tuple[Earlier, ...] = ()
    alerts: tuple[Alert, ...] = ()
    ingredient_alerts: tuple[Alert, ...] = ()
    open_events: tuple[OpenEvent, ...] = ()
    allergies: frozenset[str] = field(default_factory=frozenset)
    screening: ScreeningFacts | None = None
    consents: tuple[ConsentFacts, ...] = ()
    weights: tuple[WeightFacts, ...] = ()
    coverages: tuple[CoverageFacts, ...] = ()
    authorizations: tuple[AuthorizationFacts, ...] = ()
    guidance: str = "none"
    guidance_reason: str = ""
    last_response: str = ""
    is_touch_up: bool = False
    touch_up_reason: str = ""
    signing_problem: str | None = None
    charted_by: str = ""
    died_on: date | None = None

    @property
    def total(self) -> Decimal:
        return sum((site.units for site in self.sites if site.units is not None), Decimal(0))

    @property
    def is_child(self) -> bool:
        return self.age < 18

    @property
    def condition_of(self) -> dict[int, str]:
        return {course.id: course.condition for course in self.courses}

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(sorted({course.condition for course in self.courses}))

    def units_for(self, conditions: Iterable[str]) -> Decimal:
        wanted = set(conditions)
        ids = {course.id for course in self.courses if course.condition in wanted}
        return sum((site.units for site in self.sites if site.units and site.course_id in ids), Decimal(0))

    def units_by_limb(self, conditions: Iterable[str]) -> dict[tuple[str, str], Decimal]:
        """Units of each limb treated for these conditions; a limb is the condition, upper or lower, and the side."""
        wanted, condition_of = set(conditions), self.condition_of
        limbs: dict[tuple[str, str], Decimal] = {}
        for site in self.sites:
            condition = condition_of.get(site.course_id, "")
            if site.units and condition in wanted:
                limbs[condition, site.side] = limbs.get((condition, site.side), Decimal(0)) + site.units
        return dict(sorted(limbs.items()))
