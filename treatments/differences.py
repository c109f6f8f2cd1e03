"""What a session does otherwise than the last one of each of its courses, ready for the pages and the printed note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from treatments.models import InjectionSession, TreatmentCourse
from treatments.rules.difference import Change, Dose, Row, changed, difference

if TYPE_CHECKING:
    from treatments.views.plans import LastSession


@dataclass(frozen=True)
class CourseDifference:
    """Of one course: the session before, and the rows that changed, each with the muscle's name.

    `units_before` is of the brand of that session; where the products differ no units are compared.
    """

    course: TreatmentCourse
    last_id: int
    last_on: date
    brand: str
    same_product: bool
    rows: list[tuple[str, Row]]
    same: int
    sites_before: int
    sites_after: int
    units_before: Decimal
    units_after: Decimal

    @property
    def units(self) -> Decimal:
        return self.units_after - self.units_before


def differences_of(
    session: InjectionSession, *, lasts: Mapping[int, LastSession] | None = None
) -> list[CourseDifference]:
    """One for each course of the session that was treated here before and has sites now.

    `lasts` says what was before, where the page has it already.
    """
    found = []
    for treated in session.treated.all():
        course_id = treated.course_id
        last = _last(session.beside.courses[course_id].last) if lasts is None else _as_read(lasts.get(course_id))
        now = [row for row in session.injections.all() if row.course_id == treated.course_id]
        if last is None or not now:
            continue
        before = [Dose(key, side, units) for key, _, side, units in last["sites"]]
        after = [Dose(row.muscle.key, row.side, row.units) for row in now]
        names = {key: name for key, name, _, _ in last["sites"]} | {row.muscle.key: row.muscle.name for row in now}
        same_product = session.product_id == last["product"]
        rows = difference(before, after, same_product=same_product)
        found.append(
            CourseDifference(
                course=treated.course,
                last_id=last["pk"],
                last_on=last["performed_on"],
                brand=last["brand"],
                same_product=same_product,
                rows=[(names[row.muscle], row) for row in changed(rows)],
                same=sum(row.change is Change.SAME for row in rows),
                sites_before=len(before),
                sites_after=len(after),
                units_before=sum((dose.units or Decimal(0) for dose in before), Decimal(0)),
                units_after=sum((dose.units or Decimal(0) for dose in after), Decimal(0)),
            )
        )
    return found


def _last(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The session before, from its JSON; a site is (muscle, its name, side, units)."""
    if row is None:
        return None
    return {
        "pk": row["pk"],
        "performed_on": date.fromisoformat(row["performed_on"]),
        "product": row["product"],
        "brand": row["brand"],
        "sites": [
            (site["muscle"], site["name"], site["side"], Decimal(site["units"]) if site["units"] else None)
            for site in row["sites"]
        ],
    }


def _as_read(last: LastSession | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {
        "pk": last.id,
        "performed_on": last.performed_on,
        "product": last.product_id,
        "brand": last.brand,
        "sites": [(site.muscle.key, site.muscle.name, site.side, site.units) for site in last.sites],
    }
