"""What a demo session injects: sites from the shipped protocols, with invented units inside plausible ranges.

These are pictures of records and not advice: Cadence never chooses a dose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from math import ceil
from random import Random

from inventory.models import Vial
from treatments.models import DiagnosisCode, Protocol
from treatments.views.regions import spots

BOTOX, DYSPORT, XEOMIN = "onabotulinumtoxinA", "abobotulinumtoxinA", "incobotulinumtoxinA"
MYOBLOC, DAXXIFY = "rimabotulinumtoxinB", "daxibotulinumtoxinA-lanm"


@dataclass(frozen=True)
class Dose:
    """One site: muscle key, the patient's side, a point on a body map or none, and units of the product."""

    muscle: str
    side: str
    view: str
    x: int | None
    y: int | None
    units: Decimal
    units_min: Decimal | None = None
    units_max: Decimal | None = None


Protocols = Mapping[str, Sequence[Dose]]

# The muscles treated for a stiff arm or leg, most often first; the range of each is its protocol's.
ARM = ("biceps", "fds", "fdp", "fcr", "brachialis", "fcu", "brachioradialis", "pronator_teres")
LEG = ("gastroc_med", "gastroc_lat", "soleus", "tib_post", "fdl", "fhl")
# Most units that one demo session gives to a limb, by product: alone, and when arm and leg are treated together.
LIMB_MOST = {BOTOX: (300, 200), DYSPORT: (1000, 700), XEOMIN: (400, 400)}
# Units for the five or more neck sites of a demo session, from the lowest to the highest.
NECK_TOTAL = {BOTOX: (140, 220), DYSPORT: (400, 700), XEOMIN: (120, 200), MYOBLOC: (2500, 5000), DAXXIFY: (125, 200)}
STEP = {BOTOX: 5, DYSPORT: 10, XEOMIN: 5, MYOBLOC: 250, DAXXIFY: 5}
# Most units at one limb site: BOTOX-PI 2.4-2.7 for BOTOX; for the others about 1 mL.
SITE_MOST = {BOTOX: 50, DYSPORT: 200, XEOMIN: 50}


def doses(
    rng: Random, protocols: Protocols, *, condition: str, product: str, side: str, is_child: bool, with_other: bool
) -> list[Dose]:
    """The sites of one course in one session; `rng` is the patient's own, whose habits these are."""
    if condition == "chronic_migraine":
        return list(protocols["preempt_155"])
    if condition == "tmj_bruxism":
        return list(protocols["tmj_rct_100"])
    if condition == "low_back_pain":
        return list(protocols[f"lumbar_foster_{side}"])
    if condition == "myofascial_neck_shoulder":
        units = Decimal(25 if with_other else rng.choice([25, 30, 40]))
        return [replace(site, units=units) for site in protocols["myofascial_trapezius_levator"]]
    if condition == "cervical_dystonia":
        return _neck(rng, protocols, product=product, side=side)
    return _limb(
        rng, protocols, condition=condition, product=product, side=side, is_child=is_child, with_other=with_other
    )


def _neck(rng: Random, protocols: Protocols, *, product: str, side: str) -> list[Dose]:
    key = f"cd_{product.lower()}_{side}"
    sites = protocols.get(key) or protocols[f"cd_{BOTOX.lower()}_{side}"]
    low, high = NECK_TOTAL[product]
    share = Decimal(rng.randrange(low, high + 1)) / len(sites)
    step = STEP[product]
    return [replace(site, units=_stepped(share * Decimal(rng.choice(["0.85", "1", "1.1"])), step)) for site in sites]


def _limb(
    rng: Random,
    protocols: Protocols,
    *,
    condition: str,
    product: str,
    side: str,
    is_child: bool,
    with_other: bool,
) -> list[Dose]:
    prefix, wanted = ("uls", ARM) if condition == "upper_limb_spasticity" else ("lls", LEG)
    rows = {site.muscle: site for site in protocols[f"{prefix}_{product.lower()}_{side}"]}
    left = Decimal(LIMB_MOST[product][with_other]) / (4 if is_child else 1)
    step, most = STEP[product], SITE_MOST[product]
    given: list[Dose] = []
    for muscle in wanted[: rng.choice([4, 5, 6])]:
        row = rows.get(muscle)
        if row is None or row.units_min is None or row.units_max is None:
            continue
        middle = row.units_min + (row.units_max - row.units_min) * Decimal(rng.choice(["0", "0.25", "0.5"]))
        units = _stepped(middle / (4 if is_child else 1), step)
        if units > left:
            continue
        left -= units
        parts = ceil(units / most)
        places = spots(row.muscle, row.side, (row.view,), parts) if parts > 1 else ()
        for part in range(parts):
            share = _stepped(units / parts, step) if part else units - _stepped(units / parts, step) * (parts - 1)
            at = dict(zip(("view", "x", "y"), places[part], strict=True)) if places else {}
            given.append(replace(row, units=share, **at))
    return given


def _stepped(units: Decimal, step: int) -> Decimal:
    """Units rounded to the step in which the product is drawn up, at least one step."""
    return max(Decimal(round(units / step)) * step, Decimal(step))


def of_side(codes: Iterable[DiagnosisCode], *, condition: str, side: str) -> list[DiagnosisCode]:
    """The codes that name neither the other side of the body than the one treated, nor the other limb."""
    others = ["left" if side == "right" else "right", *_OTHER_LIMB.get(condition, ())]
    return [code for code in codes if not any(other in code.display.lower() for other in others)]


_OTHER_LIMB = {
    "upper_limb_spasticity": ("lower limb", "paraplegia"),
    "lower_limb_spasticity": ("upper limb", "shoulder"),
}


# How a product is prepared in the demo clinic: mL for each vial size.
DILUTION_ML: dict[str, dict[int, str]] = {
    BOTOX: {100: "2", 200: "4"},
    DYSPORT: {300: "1.5", 500: "2.5"},
    XEOMIN: {50: "1", 100: "2", 200: "4"},
    MYOBLOC: {2500: "0.5", 5000: "1", 10000: "2"},
    DAXXIFY: {50: "0.6", 100: "1.2"},
}


def mixed_with(product: str, vial: Vial) -> tuple[str, Decimal] | None:
    """The diluent of a vial and its mL; None for a product that comes as a solution."""
    return None if product == MYOBLOC else ("saline", Decimal(DILUTION_ML[product][vial.size.units]))


# A vial of a demo session is prepared so long before it is signed.
MIXED_BEFORE = timedelta(minutes=25)


def current_protocols() -> Protocols:
    """The current protocols by key, as doses; units are 0 where the protocol gives none."""
    return {
        protocol.key: [
            Dose(
                muscle=site.muscle.key,
                side=site.side,
                view=site.view,
                x=site.x,
                y=site.y,
                units=site.units or Decimal(0),
                units_min=site.units_min,
                units_max=site.units_max,
            )
            for site in protocol.sites.select_related("muscle").order_by("order")
        ]
        for protocol in Protocol.objects.filter(is_current=True)
    }
