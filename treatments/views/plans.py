"""What a press places or adds: doses of the palette, sites of a protocol or of an earlier session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from treatments.forms.session import plain
from treatments.models import Muscle

# What the palette offers and the step of + and -, for each product's own units. A convenience, not a dose.
PALETTES = {
    "onabotulinumtoxinA": (["2.5", "5", "10", "25"], "2.5"),
    "incobotulinumtoxinA": (["2.5", "5", "10", "25"], "2.5"),
    "daxibotulinumtoxinA": (["2.5", "5", "10", "25"], "2.5"),
    "daxibotulinumtoxinA-lanm": (["2.5", "5", "10", "25"], "2.5"),
    "abobotulinumtoxinA": (["10", "20", "40", "50"], "5"),
    "rimabotulinumtoxinB": (["250", "500", "1000", "2500"], "250"),
}


def range_words(low: Decimal | None, high: Decimal | None) -> str:
    return plain(high) if low == high else f"{plain(low)}–{plain(high)}" if low else f"up to {plain(high)}"


@dataclass(frozen=True)
class PlannedSite:
    """One site of a protocol or of an earlier session; units are those of the product of its plan."""

    muscle: Muscle
    side: str
    units: Decimal | None
    view: str
    x: int | None
    y: int | None
    course_id: int | None = None
    units_min: Decimal | None = None
    units_max: Decimal | None = None


def planned_site(row: Mapping[str, Any], muscles: Mapping[str, Muscle]) -> PlannedSite:
    """The site from its JSON, see SITE_VALUES."""
    units, lowest, highest = (
        Decimal(row[name]) if row.get(name) else None for name in ("units", "units_min", "units_max")
    )
    muscle = muscles[row["muscle"]]
    return PlannedSite(muscle, row["side"], units, row["view"], row["x"], row["y"], row.get("course"), lowest, highest)


@dataclass(frozen=True)
class LastSession:
    """The latest session signed here that treated one of the courses of a draft, with its sites of those courses."""

    product_id: int
    brand: str
    performed_on: date
    dilution_units: int | None
    dilution_ml: Decimal | None
    sites: list[PlannedSite]


def last_session(
    row: Mapping[str, Any] | None, muscles: Mapping[str, Muscle], *, courses: set[int]
) -> LastSession | None:
    """The session from its JSON, see for_charting()."""
    if row is None:
        return None
    return LastSession(
        product_id=row["product"],
        brand=row["brand"],
        performed_on=date.fromisoformat(row["performed_on"]),
        dilution_units=row["dilution_units"],
        dilution_ml=Decimal(row["dilution_ml"]) if row["dilution_ml"] else None,
        sites=[planned_site(site, muscles) for site in row["sites"] if site["course"] in courses],
    )


def plan_site(row: PlannedSite, course_id: int) -> dict[str, Any]:
    return {
        "course": course_id,
        "muscle": row.muscle.key,
        "side": row.side,
        "units": plain(row.units),
        "view": row.view,
        "x": "" if row.x is None else row.x,
        "y": "" if row.y is None else row.y,
    }
