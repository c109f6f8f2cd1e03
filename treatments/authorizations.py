"""On which days a payer's authorisation covers a course: what booking may aim for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
from treatments.rules.allowance import Allowance, Span, spread
from treatments.rules.chosen import APPROVED


@dataclass(frozen=True)
class Authorized:
    """What authorisations say about the visits of one course.

    `further` are the days, both ends included, on which one more visit would be covered; `unused` those before the
    booked visits took theirs; `uncovered` are the booked days to come that none covers.
    """

    further: list[Span]
    unused: list[Span]
    uncovered: list[date]


def authorized(
    courses: Iterable[TreatmentCourse], *, on: date, giving_up: Mapping[int, date] | None = None
) -> dict[int, Authorized | None]:
    """What approved authorisations cover, by the course's id; in one query.

    None where no coverage in force on that day wants an authorisation. An authorisation that has ended, or whose
    visits or units are used up by signed sessions, covers nothing; each booked visit to come takes one more, but for
    the day that the course is `giving_up`. The courses need their condition loaded.
    """
    wanted = list(courses)
    found: dict[int, Authorized | None] = {course.pk: None for course in wanted}
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
            rows = [row for row in by_patient[course.patient_id] if row["condition"] == course.condition.key]
            allowances = [_allowance(row) for row in rows if _is_left(row)]
            given_up = (giving_up or {}).get(course.pk)
            promised = spread(allowances, (day for day in course.booked_ahead(on=on) if day != given_up))
            found[course.pk] = Authorized(
                further=promised.further(allowances),
                unused=spread(allowances, []).further(allowances),
                uncovered=promised.uncovered,
            )
    return found


def authorized_spans(
    courses: Iterable[TreatmentCourse], *, on: date, giving_up: Mapping[int, date] | None = None
) -> dict[int, list[Span] | None]:
    """The days on which one more visit would be covered, as `authorized` finds them."""
    found = authorized(courses, on=on, giving_up=giving_up)
    return {pk: one.further if one is not None else None for pk, one in found.items()}


def _approved(*, on: date) -> ArraySubquery:
    """The patient's approved authorisations that have not ended, as JSON, with the units and visits used under each."""
    counted = counted_under()
    return ArraySubquery(
        PriorAuthorization.objects.filter(patient=OuterRef("patient"), status=APPROVED, ends_on__gte=on)
        .order_by("pk")
        .values(
            json=JSONObject(
                id="pk",
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


def _allowance(row: dict[str, Any]) -> Allowance:
    visits = row["visits_approved"]
    return Allowance(
        id=row["id"],
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=date.fromisoformat(row["ends_on"]),
        visits_left=None if visits is None else visits - row["visits"],
    )


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
    visits_booked: int = 0

    @property
    def units_left(self) -> Decimal:
        return max((self.units_approved or 0) - self.units_used, Decimal(0))

    @property
    def visits_left(self) -> int:
        """Neither used nor booked."""
        return max((self.visits_approved or 0) - self.visits_used - self.visits_booked, 0)


_COUNTED = ("brand", "units_used", "visits_used", "visits_booked")


def authorizations_of_patient() -> ArraySubquery:
    """Of a patient: the authorisations as JSON, those that end last first; `held` reads them."""
    used = counted_under()
    plain = {name: name for name in Held.__dataclass_fields__ if name not in _COUNTED}
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


def held(rows: Iterable[dict[str, Any]], *, courses: Iterable[TreatmentCourse] = (), on: date) -> list[Held]:
    """The authorisations out of JSON; those of `courses`, with their condition, know how many visits are booked."""
    days = [name for name in Held.__dataclass_fields__ if name.endswith("_on")]
    found = [
        Held(
            **row
            | {name: date.fromisoformat(row[name]) if row[name] else None for name in days}
            | {"units_used": Decimal(row["units_used"] or 0), "brand": row["brand"] or ""}
        )
        for row in rows
    ]
    booked: dict[int, int] = {}
    for course in courses:
        allowances = [
            Allowance(row.id, row.starts_on, row.ends_on, None if row.visits_approved is None else row.visits_left)
            for row in found
            if row.status == APPROVED
            and row.condition == course.condition.key
            and (row.units_approved is None or row.units_left > 0)
        ]
        promised = spread(allowances, course.booked_ahead(on=on)).days
        booked |= {pk: len(taken) for pk, taken in promised.items() if taken}
    return [replace(row, visits_booked=booked.get(row.id, 0)) for row in found]


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
