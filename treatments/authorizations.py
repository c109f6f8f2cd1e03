"""On which days a payer's authorisation covers a course: what booking may aim for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from inventory.models import Product
from patients.models import Coverage, PriorAuthorization
from treatments.models import DrugOrder, TreatmentCourse
from treatments.querysets.authorizations import counted_under, units_used, visits_used
from treatments.rules.chosen import APPROVED

Span = tuple[date, date]


def authorized_spans(courses: Iterable[TreatmentCourse], *, on: date) -> dict[int, list[Span] | None]:
    """The days, both ends included, that approved authorisations cover, by the course's id; in one query.

    None where no coverage in force on that day wants an authorisation. An authorisation that has ended, or whose
    visits or units are used up by signed sessions, covers nothing. The courses need their condition loaded.
    """
    wanted = list(courses)
    found: dict[int, list[Span] | None] = {course.pk: None for course in wanted}
    if not wanted:
        return found
    by_patient: dict[int, list[dict[str, Any]]] = {}
    coverages = (
        Coverage.objects.filter(
            Q(starts_on=None) | Q(starts_on__lte=on),
            Q(ends_on=None) | Q(ends_on__gte=on),
            patient__in={course.patient_id for course in wanted},
            authorization_required=True,
        )
        .order_by()
        .annotate(rows=_approved(on=on))
        .values_list("patient", "rows")
    )
    for patient, rows in coverages:
        by_patient[patient] = rows
    for course in wanted:
        if course.patient_id in by_patient:
            spans = {
                (date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"]))
                for row in by_patient[course.patient_id]
                if row["condition"] == course.condition.key and _is_left(row)
            }
            found[course.pk] = sorted(spans)
    return found


def _approved(*, on: date) -> ArraySubquery:
    """The patient's approved authorisations that have not ended, as JSON, with the units and visits used under each."""
    counted = counted_under()
    return ArraySubquery(
        PriorAuthorization.objects.filter(patient=OuterRef("patient"), status=APPROVED, ends_on__gte=on)
        .order_by("pk")
        .values(
            json=JSONObject(
                condition="condition",
                starts_on="starts_on",
                ends_on="ends_on",
                units_approved="units_approved",
                visits_approved="visits_approved",
                units=units_used(counted),
                visits=visits_used(counted),
            )
        )
    )


def _is_left(row: dict[str, Any]) -> bool:
    visits, units = row["visits_approved"], row["units_approved"]
    return (visits is None or row["visits"] < visits) and (units is None or Decimal(row["units"] or 0) < units)


@dataclass(frozen=True)
class Held:
    """An authorisation of a patient with what of it is used, for a page. `brand` is the product's."""

    id: int
    status: str
    number: str
    brand: str
    condition: str
    units_approved: int | None
    visits_approved: int | None
    starts_on: date
    ends_on: date
    submitted_on: date | None
    decided_on: date | None
    appealed_on: date | None
    denial_reason: str
    document_name: str
    units_used: Decimal
    visits_used: int

    @property
    def units_left(self) -> Decimal:
        return max((self.units_approved or 0) - self.units_used, Decimal(0))

    @property
    def visits_left(self) -> int:
        return max((self.visits_approved or 0) - self.visits_used, 0)


def authorizations_of_patient() -> ArraySubquery:
    """Of a patient: the authorisations as JSON, those that end last first; `held` reads them."""
    used = counted_under()
    plain = {name: name for name in Held.__dataclass_fields__ if name not in ("brand", "units_used", "visits_used")}
    return ArraySubquery(
        PriorAuthorization.objects.filter(patient=OuterRef("pk"))
        .order_by("-ends_on", "-pk")
        .values(
            json=JSONObject(
                **plain,
                brand=Subquery(Product.objects.filter(key=OuterRef("product")).values("brand")),
                units_used=units_used(used),
                visits_used=visits_used(used),
            )
        )
    )


def held(rows: Iterable[dict[str, Any]]) -> list[Held]:
    """The authorisations out of JSON."""
    days = [name for name in Held.__dataclass_fields__ if name.endswith("_on")]
    return [
        Held(
            **row
            | {name: date.fromisoformat(row[name]) if row[name] else None for name in days}
            | {"units_used": Decimal(row["units_used"] or 0), "brand": row["brand"] or ""}
        )
        for row in rows
    ]


def orders_of_patient() -> ArraySubquery:
    """Of a patient: the orders of specialty pharmacies under way, as JSON, those expected first in front."""
    orders = DrugOrder.objects.under_way().filter(patient=OuterRef("pk")).order_by("expected_on", "pk")
    return ArraySubquery(
        orders.values(
            json=JSONObject(
                id="pk",
                brand="size__product__brand",
                units="size__units",
                **{name: name for name in ("vials", "status", "pharmacy", "expected_on")},
            )
        )
    )
