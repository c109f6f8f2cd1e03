"""How a reference number is named and written where a clinician of the clinic confirms it against the label.

`subject` names the row, `value` is the number as it stands: a confirmation holds as long as both are the same.
Subjects begin with the key of the product, so that those of one product are found together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

CONFIRMED = "confirmed"


def mark(confidence: str, *, subject: str, value: str, confirmed: Mapping[str, str]) -> str:
    """The confidence the rules go by: "confirmed" for a B row whose number stands confirmed, else the mark it has.

    `confirmed` are the values confirmed, by subject. C is uncertain or no limit at all, and stays C.
    """
    if confidence == "B" and confirmed.get(subject) == value:
        return CONFIRMED
    return confidence


def plain(amount: Decimal) -> str:
    """A number without trailing zeros: 155, 12.5."""
    return f"{amount.normalize():f}"


def maximum_subject(product: str, *, indications: Collection[str], window_days: int, under_18: bool, limbs: str) -> str:
    who = "child" if under_18 else "adult"
    return f"{product}/maximum/{who}/{'+'.join(sorted(indications)) or 'all'}/{window_days}/{limbs or 'any'}"


def maximum_value(*, units: Decimal, per_kg: Decimal | None) -> str:
    return f"{plain(units)} U" if per_kg is None else f"lower of {plain(per_kg)} U/kg and {plain(units)} U"


def muscle_subject(product: str, *, condition: str, muscles: Collection[str], under_18: bool) -> str:
    return f"{product}/muscle/{'child' if under_18 else 'adult'}/{condition}/{'+'.join(sorted(muscles))}"


def muscle_value(
    *, units_min: Decimal | None, units_max: Decimal, per_kg: bool, sites_min: int | None, sites_max: int | None
) -> str:
    low = plain(units_min) if units_min is not None else ""
    units = span(low, plain(units_max)) + (" U/kg" if per_kg else " U")
    if sites_max is None:
        return units
    return f"{units}, {span(str(sites_min or ''), str(sites_max))} {'site' if sites_max == 1 else 'sites'}"


def span(low: str, high: str) -> str:
    """60–200, 50 when both are the same, "up to 200" without a lowest."""
    if not low:
        return f"up to {high}"
    return high if low == high else f"{low}–{high}"


def in_use_subject(product: str) -> str:
    return f"{product}/in-use"


def in_use_value(hours: int) -> str:
    return f"{hours} h"


def interval_subject(product: str, *, indication: str, under_18: bool | None) -> str:
    who = {None: "any", True: "child", False: "adult"}[under_18]
    return f"{product}/interval/{who}/{indication or 'all'}"


def interval_value(days: int) -> str:
    return f"{days} days"


def ingredient_subject(product: str, ingredient: str) -> str:
    return f"{product}/ingredient/{ingredient}"


def ingredient_value(contains: bool) -> str:
    return "contained" if contains else "not contained"
