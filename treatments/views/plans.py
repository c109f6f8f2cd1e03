"""What a press places or adds: doses of the palette, sites of a protocol or of an earlier session."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from inventory.models import Product
from treatments.forms.session import plain
from treatments.models import InjectionSession, Muscle, Protocol

# What the palette offers and the step of + and -, for each product's own units. A convenience, not a dose.
PALETTES = {
    "onabotulinumtoxinA": (["2.5", "5", "10", "25"], "2.5"),
    "incobotulinumtoxinA": (["2.5", "5", "10", "25"], "2.5"),
    "daxibotulinumtoxinA": (["2.5", "5", "10", "25"], "2.5"),
    "daxibotulinumtoxinA-lanm": (["2.5", "5", "10", "25"], "2.5"),
    "abobotulinumtoxinA": (["10", "20", "40", "50"], "5"),
    "rimabotulinumtoxinB": (["250", "500", "1000", "2500"], "250"),
}


LAST_SESSION = "The last session"


def range_words(low: Decimal | None, high: Decimal | None) -> str:
    return plain(high) if low == high else f"{plain(low)}–{plain(high)}" if low else f"up to {plain(high)}"


def plain_name(protocol: Protocol) -> str:
    """Its name without the product in brackets: that is chosen above."""
    return re.sub(r" \([^()]*\)$", "", protocol.name)


def whose(what: str, brand: str) -> str:
    """What is said of a plan that another product is chosen for; no dose goes across products."""
    return f"{what} {'was with' if what == LAST_SESSION else 'is for'} {brand}"


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
    """The latest session signed here that treated one course before this one, with its sites of that course."""

    id: int
    product_id: int
    brand: str
    performed_on: date
    sites: list[PlannedSite]
    guidance: str
    guidance_reason: str
    numbing: str
    aftercare_note: str

    @property
    def visit(self) -> dict[str, str]:
        """What "same as last time" proposes beside the sites: nothing that was found or done on that day."""
        return {"guidance": self.guidance, "guidance_reason": self.guidance_reason, "numbing": self.numbing}


def last_sessions(session: InjectionSession, muscles: Mapping[str, Muscle]) -> dict[int, LastSession]:
    """By course."""
    return {
        course_id: LastSession(
            id=last["pk"],
            product_id=last["product"],
            brand=last["brand"],
            performed_on=date.fromisoformat(last["performed_on"]),
            sites=[planned_site(site, muscles) for site in last["sites"]],
            **{name: last[name] for name in ("guidance", "guidance_reason", "numbing", "aftercare_note")},
        )
        for course_id, last in ((key, course.last) for key, course in session.beside.courses.items())
        if last
    }


def same_again(lasts: Mapping[int, LastSession], product: Product | None) -> list[LastSession]:
    """The last sessions to place again, one for each course: those with the product chosen now, or, before one is
    chosen, with that of the newest. No dose goes across products.
    """
    found = [last for last in lasts.values() if last.sites]
    if not found:
        return []
    wanted = product.pk if product else max(found, key=lambda last: (last.performed_on, last.id)).product_id
    return [last for last in found if last.product_id == wanted]


def newest(lasts: Iterable[LastSession]) -> LastSession | None:
    return max(lasts, key=lambda last: (last.performed_on, last.id), default=None)


def same_again_plan(found: list[LastSession]) -> dict[str, Any] | None:
    if not found:
        return None
    sites = [site for last in found for site in last.sites]
    units = plain(sum((site.units or Decimal(0) for site in sites), Decimal(0)))
    days = " and ".join(f"{day:%-d %b %Y}" for day in sorted({last.performed_on for last in found}))
    return {
        "title": f"{found[0].brand}, {units} U on {days}",
        "plan": {
            "product": found[0].product_id,
            "whose": whose(LAST_SESSION, found[0].brand),
            "sites": [plan_site(site, site.course_id or 0) for site in sites],
            "visit": max(found, key=lambda last: (last.performed_on, last.id)).visit,
        },
    }


@dataclass
class ProtocolGroup:
    """Protocols that are one but for the side: "Neck muscles" with a right and a left, or a single one."""

    name: str
    buttons: list[dict[str, Any]] = field(default_factory=list)
    is_own: bool = False


def protocol_groups(protocols: Iterable[Protocol], *, brands: Mapping[int, str]) -> list[ProtocolGroup]:
    """The buttons that place these protocols, those of the clinic last. Each protocol carries its `course_id`.

    `brands` are the names of the products by their ids.
    """
    groups: dict[str, ProtocolGroup] = {}
    for protocol in sorted(protocols, key=lambda row: row.made_by_id is not None):
        name = plain_name(protocol)
        sided = re.fullmatch(r"(.+), (right|left)", name)
        group = groups.setdefault(
            sided[1] if sided and not protocol.made_by_id else f"{name}-{protocol.pk}",
            ProtocolGroup(sided[1] if sided and not protocol.made_by_id else name, is_own=bool(protocol.made_by_id)),
        )
        group.buttons.append(
            {
                "pk": protocol.pk,
                "label": sided[2].capitalize() if sided and not protocol.made_by_id else name,
                "name": name,
                "title": f"{protocol.note} {protocol.source} ({protocol.confidence})".strip(),
                "units": plain(sum((row.units for row in protocol.site_list if row.units), Decimal(0)) or None),
                "script_id": f"plan-{protocol.pk}",
                "plan": {
                    "protocol": protocol.pk,
                    "product": protocol.product_id,
                    "whose": whose(name, brands.get(protocol.product_id or 0, "")),
                    "sites": [plan_site(row, protocol.course_id) for row in protocol.site_list],
                },
            }
        )
    for group in groups.values():
        # Right before left, as the patient's right is on the left of a front view. A lone side keeps its whole name.
        group.buttons.sort(key=lambda button: str(button["label"]), reverse=True)
        if len(group.buttons) == 1:
            group.buttons[0]["label"] = group.buttons[0]["name"]
    return list(groups.values())


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
