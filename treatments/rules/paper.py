"""What the paper of a session holds, and the lights over it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Light(StrEnum):
    MET = "met"
    MISSING = "missing"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True)
class Item:
    """One thing asked for. `place` names the page where a missing one is filled in, with the course it is about."""

    key: str
    title: str
    light: Light
    words: str
    source: str
    place: str = ""
    course_id: int | None = None


@dataclass(frozen=True)
class CoursePaper:
    """What is on file for one treated course on the day of the session."""

    id: int
    condition: str
    name: str
    diagnosis: str = ""
    sessions_before: int = 0
    last_was_outside: bool = False
    evaluated: bool = False
    not_suitable: bool = False  # the latest evaluation by that day says so
    guide_given: bool = False
    baseline: str = ""
    headache_days: Decimal | None = None
    impression_since: bool = False
    scores_since: int = 0
    side_effects_asked: bool = False
    on_label: bool = True
    off_label_agreed: bool = False  # a consent in force on the day covers this condition, and use outside the label


@dataclass(frozen=True)
class SitePaper:
    muscle: str
    side: str
    units: Decimal | None


@dataclass(frozen=True)
class VialPaper:
    ndc: str
    lot: str
    expires: bool
    units: Decimal
    given: Decimal
    discarded: Decimal


@dataclass(frozen=True)
class SessionPaper:
    """One session as its paper sees it. `consent` and `screening` say whether one of that day is linked and holds.

    `authorization_problem` is None where no payer asks for one, and empty where one is there that holds.
    """

    is_draft: bool = False
    signature: str = ""
    product: str = ""
    diluted: bool = False
    supplied_as_solution: bool = False
    guidance: str = ""
    guidance_used: bool = False
    guidance_reason: str = ""
    complication: str = ""
    bleeding: str = ""
    last_response: str = ""
    tried_treatments: int = 0
    screened: bool = False
    consented: bool = False
    guide_given: bool = False
    aftercare_given: bool = False
    authorization_problem: str | None = None
    is_touch_up: bool = False
    touch_up_reason: str = ""
    courses: tuple[CoursePaper, ...] = ()
    sites: tuple[SitePaper, ...] = ()
    vials: tuple[VialPaper, ...] = ()

    @property
    def units(self) -> Decimal:
        return sum((site.units for site in self.sites if site.units is not None), Decimal(0))


@dataclass(frozen=True)
class Completeness:
    """The whole list, in the order of the packet."""

    items: tuple[Item, ...]

    @property
    def met(self) -> int:
        return sum(item.light == Light.MET for item in self.items)

    @property
    def asked(self) -> int:
        """How many of the items this session needs."""
        return sum(item.light != Light.NOT_NEEDED for item in self.items)

    @property
    def missing(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.light == Light.MISSING)

    def __str__(self) -> str:
        return f"{self.met} of {self.asked}"
