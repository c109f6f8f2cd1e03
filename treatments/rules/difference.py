"""What a session does otherwise than the one before it: by muscle and side, in the units of one product.

Units of different products are never set against each other (PRODUCT.md, What a dose must pass): between products only
the sites are compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MORE = "more"
    FEWER = "fewer"
    SITES = "sites"  # the same units in another number of sites
    SAME = "same"


@dataclass(frozen=True)
class Dose:
    """One site: units of the session's product, None until they are given."""

    muscle: str
    side: str
    units: Decimal | None = None


@dataclass(frozen=True)
class Row:
    """One muscle and side. `units_before` and `units_after` are None between products, where nothing is compared."""

    muscle: str
    side: str
    change: Change
    sites_before: int
    sites_after: int
    units_before: Decimal | None
    units_after: Decimal | None

    @property
    def units(self) -> Decimal | None:
        """How many units more; negative for fewer, None between products."""
        if self.units_before is None or self.units_after is None:
            return None
        return self.units_after - self.units_before


def difference(before: Iterable[Dose], after: Iterable[Dose], *, same_product: bool = True) -> list[Row]:
    """One row for each muscle and side of either session, in the order of `after`, then what is only in `before`.

    Sites without units count as sites of 0 U. The order of the sites of a muscle, and where they lie, mean nothing.
    """
    then, now = _summed(before), _summed(after)
    rows = []
    for key in [*now, *(key for key in then if key not in now)]:
        sites_before, units_before = then.get(key, (0, Decimal(0)))
        sites_after, units_after = now.get(key, (0, Decimal(0)))
        rows.append(
            Row(
                *key,
                _change(sites_before, sites_after, units_after - units_before if same_product else Decimal(0)),
                sites_before,
                sites_after,
                units_before if same_product else None,
                units_after if same_product else None,
            )
        )
    return rows


def changed(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.change is not Change.SAME]


def _summed(doses: Iterable[Dose]) -> dict[tuple[str, str], tuple[int, Decimal]]:
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for dose in doses:
        sites, units = found.get((dose.muscle, dose.side), (0, Decimal(0)))
        found[dose.muscle, dose.side] = (sites + 1, units + (dose.units or Decimal(0)))
    return found


def _change(sites_before: int, sites_after: int, units: Decimal) -> Change:
    if not sites_before:
        return Change.ADDED
    if not sites_after:
        return Change.REMOVED
    if units:
        return Change.MORE if units > 0 else Change.FEWER
    return Change.SAME if sites_before == sites_after else Change.SITES
