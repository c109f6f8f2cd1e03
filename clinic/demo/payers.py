"""The invented payers of the demo clinic, what each asks for, and what a specialty pharmacy is about to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from accounts.models import User
from inventory.models import VialSize
from patients.models import Payer
from treatments.actions.drug_orders import chase_orders
from treatments.models import DrugOrder, RetreatmentWindow, TreatmentCourse


@dataclass(frozen=True)
class Invented:
    """A payer of the demo. `days` is None where they name no interval; `weight` says how many patients have them."""

    name: str
    wants: bool
    lead_days: int = 0
    days: int | None = None
    weight: int = 1
    portal: str = ""


MEDICARE = "Medicare Part B"
PAYERS = (
    Invented(
        "Northfield Health Plan", wants=True, lead_days=21, days=84, weight=2, portal="providers.northfield.example"
    ),
    Invented("Summit State Employees", wants=True, lead_days=30, days=90),
    Invented("Harborlight Mutual", wants=True, lead_days=14),
    Invented("Cedar Valley Choice", wants=False),
    Invented(MEDICARE, wants=False, weight=0),
)


def make_payers() -> dict[str, Payer]:
    """The payers by name."""
    Payer.objects.bulk_create(
        Payer(
            name=row.name,
            authorization_required=row.wants,
            lead_days=row.lead_days,
            min_interval_days=row.days,
            interval_source="invented policy of the demo" if row.days else "",
            portal=row.portal,
        )
        for row in PAYERS
    )
    return {payer.name: payer for payer in Payer.objects.all()}


# Days from today on which each was ordered and is expected, and its status: one is late, one comes after its visit.
ORDERS = (
    (-12, -2, "shipped"),
    (-6, 3, "shipped"),
    (-4, 5, "ordered"),
    (-3, 30, "ordered"),
    (-1, None, "ordered"),
)


def make_drug_orders(*, by: User, now: datetime) -> None:
    """A few orders of a specialty pharmacy, for the courses that are booked next."""
    last = RetreatmentWindow.objects.filter(course=OuterRef("pk"), closed_by=None, voided=False)
    courses = (
        TreatmentCourse.objects.filter(closed_on=None, booked_until__gt=now.date())
        .annotate(product=Subquery(last.values("session__product")[:1]))
        .exclude(product=None)
        .select_related("patient", "site")
        .order_by("booked_until", "pk")
    )
    sizes: dict[int, VialSize] = {}
    for size in VialSize.objects.order_by("units"):
        sizes[size.product_id] = size
    for number, (course, (ordered, expected, status)) in enumerate(zip(courses[3:], ORDERS, strict=False)):
        today = course.site.today(now=now)
        DrugOrder.objects.create(
            patient=course.patient,
            course=course,
            site=course.site,
            size=sizes[course.product],
            vials=1,
            pharmacy="Cardinal Point Specialty Pharmacy",
            order_number=f"CP-{48210 + number}",
            tracking_number=f"1Z{7700 + number}" if status == "shipped" else "",
            status=status,
            ordered_on=today + timedelta(days=ordered),
            shipped_on=today + timedelta(days=ordered + 3) if status == "shipped" else None,
            expected_on=today + timedelta(days=expected) if expected is not None else None,
            ordered_by=by,
        )
    chase_orders(now=now)
