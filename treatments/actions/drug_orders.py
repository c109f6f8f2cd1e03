"""Vials that a specialty pharmacy sends for one patient: ordered, shipped, here, or cancelled."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import Site, User
from audit.actions import lock_version
from inventory.actions import receive_vials
from inventory.models import Vial, VialSize
from patients.actions import complete_task, open_task
from patients.models import Patient, Task
from treatments.actions.vials import name_vial
from treatments.models import DrugOrder
from treatments.rules.drug_orders import late_words

ABOUT = "drug order"
LONGEST_WAIT = timedelta(days=366)


@transaction.atomic
def order_drug(
    *, patient: Patient, site: Site, size: VialSize, vials: int, pharmacy: str, on: date, by: User, **more: Any
) -> DrugOrder:
    """Note what was ordered for a patient. Raises ValidationError by field, also for another patient's course, and for
    an order that is on the list already: a second press, or somebody else's.
    """
    # Two who note the same order at once stand in line here.
    patient = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    if patient.died_on or patient.left_on:
        raise ValidationError("This patient has died or left the clinic.")
    order = DrugOrder(
        patient=patient,
        site=site,
        size=size,
        vials=vials,
        pharmacy=pharmacy.strip(),
        ordered_on=on,
        ordered_by=by,
        **more,
    )
    _check(order)
    same = ("patient", "size", "vials", "pharmacy", "order_number", "ordered_on", "course")
    if DrugOrder.objects.under_way().filter(**{name: getattr(order, name) for name in same}).exists():
        raise ValidationError("This order is listed already.")
    order.save()
    return order


@transaction.atomic
def update_order(*, order: DrugOrder, version: int | None, by: User, **values: Any) -> DrugOrder:
    """Save changed values of an order under way.

    Raises audit.models.StaleVersionError when the row is no longer at `version`, ValidationError once it is here or
    cancelled.
    """
    current = lock_version(order, version=version)
    _refuse_unless_under_way(current)
    for name, value in values.items():
        setattr(current, name, value)
    _check(current)
    current.save()
    return current


@transaction.atomic
def ship_order(
    *, order: DrugOrder, on: date, by: User, tracking_number: str = "", expected_on: date | None = None
) -> DrugOrder:
    """Note that the pharmacy has sent it; said again, what is new is kept."""
    current = lock_version(order, version=None)
    _refuse_unless_under_way(current)
    current.status = DrugOrder.Status.SHIPPED
    current.shipped_on = current.shipped_on or on
    current.tracking_number = tracking_number.strip() or current.tracking_number
    current.expected_on = expected_on or current.expected_on
    _check(current)
    current.save()
    return current


@transaction.atomic
def arrive_order(
    *, order: DrugOrder, number: str, expires_on: date, vials: int, on: date, by: User, now: datetime
) -> DrugOrder:
    """Take the vials into stock under this patient's name and the order is done; pressed twice, they are made once.

    `number` and `expires_on` are the lot's, which is made when it is new; `vials` are those in the box. Raises
    ValidationError by field, and for an order that was cancelled.
    """
    current = lock_version(order, version=None)
    if current.status == DrugOrder.Status.ARRIVED:
        return current
    _refuse_unless_under_way(current)
    made = receive_vials(
        product=current.size.product,
        number=number,
        expires_on=expires_on,
        size=current.size,
        vials=vials,
        site=current.site,
        on=on,
        by=by,
        source=Vial.Source.PHARMACY,
    )
    note = ", ".join(filter(None, [current.pharmacy, current.order_number]))[:120]
    for vial in made:
        name_vial(vial=vial, patient=current.patient, note=note, by=by)
    current.status, current.arrived_on = DrugOrder.Status.ARRIVED, on
    if vials != current.vials:
        current.note = f"{vials} of {current.vials} vials came. {current.note}".strip()[:200]
    current.save()
    _close_tasks(current, f"The vials are here since {on:%-d %b %Y}.", by=by, now=now)
    return current


@transaction.atomic
def cancel_order(*, order: DrugOrder, reason: str, by: User, now: datetime) -> DrugOrder:
    """End an order that will not come. Raises ValidationError without a reason and once the vials are here."""
    current = lock_version(order, version=None)
    if current.status == DrugOrder.Status.CANCELLED:
        return current
    _refuse_unless_under_way(current)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is cancelled."})
    current.status, current.cancelled_reason = DrugOrder.Status.CANCELLED, reason.strip()
    current.save()
    _close_tasks(current, "The order was cancelled.", by=by, now=now)
    return current


def chase_orders(*, now: datetime) -> int:
    """Open a task for each order that is late; how many were opened. Safe to run at any time.

    One that somebody has dealt with comes back on the next day that the order is still late, and not before.
    """
    opened = 0
    for site in Site.objects.all():
        today = site.today(now=now)
        asked = Task.objects.filter(about=ABOUT, about_id=OuterRef("pk")).filter(Q(done_at=None) | Q(due_on=today))
        for order in DrugOrder.objects.filter(~Exists(asked), site=site).late(on=today).for_list():
            opened += 1
            open_task(
                patient=order.patient,
                site=site,
                kind=Task.Kind.DRUG_ORDER,
                words=late_words(
                    expected_on=order.expected_on,
                    needed_on=order.needed_on,  # type: ignore[attr-defined]
                    on=today,
                ),
                due_on=today,
                once=f"{ABOUT} {order.pk}",
                about=ABOUT,
                about_id=order.pk,
            )
    return opened


def _close_tasks(order: DrugOrder, note: str, *, by: User, now: datetime) -> None:
    for task in Task.objects.open().filter(once=f"{ABOUT} {order.pk}"):
        complete_task(task=task, note=note, by=by, now=now)


def _refuse_unless_under_way(order: DrugOrder) -> None:
    if order.status == DrugOrder.Status.ARRIVED:
        raise ValidationError("The vials of this order are here already.")
    if order.status == DrugOrder.Status.CANCELLED:
        raise ValidationError("This order was cancelled.")


def _check(order: DrugOrder) -> None:
    order.full_clean()
    if order.course is not None and order.course.patient_id != order.patient_id:
        raise ValidationError({"course": "This course is another patient's."})
    if order.authorization is not None and order.authorization.patient_id != order.patient_id:
        raise ValidationError({"authorization": "This authorisation is another patient's."})
    if order.authorization is not None and order.authorization.product != order.size.product.key:
        raise ValidationError({"authorization": "This authorisation is for another product."})
    if order.expected_on is not None and order.expected_on < order.ordered_on:
        raise ValidationError({"expected_on": "It is expected before it was ordered."})
    if order.expected_on is not None and order.expected_on > order.ordered_on + LONGEST_WAIT:
        raise ValidationError({"expected_on": "More than a year after it was ordered: check the year."})
