from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import lock_version, record
from audit.models import Action
from inventory.models import Lot, Product, Receipt, StockMovement, Vial, VialSize

MOST_VIALS_AT_ONCE = 500


class VialTakenError(Exception):
    """A vial that was to be used is no longer in stock; `vials` are the ones gone."""

    def __init__(self, vials: list[Vial]) -> None:
        super().__init__("Already taken from stock: " + "; ".join(str(vial) for vial in vials))
        self.vials = vials


@transaction.atomic
def receive_lot(
    *,
    product: Product,
    number: str,
    expires_on: date,
    size: VialSize,
    vials: int,
    site: Site,
    on: date,
    by: User,
    source: str = Vial.Source.CLINIC,
    token: UUID | None = None,
) -> Lot:
    """Put `vials` new vials of a lot into a site's stock; a lot seen before gets more vials.

    `source` says who bought them. With a `token` it is received once, however often it is pressed. Raises
    ValidationError when the size is another product's, the count is not 1 to 500, the lot is expired, recalled or on
    file with another expiry date, or the token received something else.
    """
    lot = _open_lot(product=product, number=number, expires_on=expires_on, size=size, vials=vials, on=on, source=source)
    if token is not None:
        receipt, is_new = Receipt.objects.get_or_create(token=token, defaults={"lot": lot, "vials": vials, "by": by})
        if not is_new and (receipt.lot_id, receipt.vials) != (lot.pk, vials):
            raise ValidationError(
                f"This page has received {receipt.vials} of lot {receipt.lot.number} already. "
                "Open Receive again for what is new."
            )
        if not is_new:
            return receipt.lot
    _add_vials(lot, size=size, vials=vials, site=site, on=on, source=source, by=by)
    return lot


@transaction.atomic
def receive_vials(
    *,
    product: Product,
    number: str,
    expires_on: date,
    size: VialSize,
    vials: int,
    site: Site,
    on: date,
    by: User,
    source: str = Vial.Source.CLINIC,
) -> list[Vial]:
    """As `receive_lot`, for those who need the vials that came rather than their lot."""
    lot = _open_lot(product=product, number=number, expires_on=expires_on, size=size, vials=vials, on=on, source=source)
    return _add_vials(lot, size=size, vials=vials, site=site, on=on, source=source, by=by)


def _open_lot(
    *, product: Product, number: str, expires_on: date, size: VialSize, vials: int, on: date, source: str
) -> Lot:
    """The lot that so many vials are received into, made when it is new; raises ValidationError as receive_lot says."""
    if size.product_id != product.pk:
        raise ValidationError({"size": f"{size} is not a vial of {product.brand}."})
    if not 1 <= vials <= MOST_VIALS_AT_ONCE:
        raise ValidationError({"vials": f"From 1 to {MOST_VIALS_AT_ONCE} vials at a time."})
    if expires_on < on:
        raise ValidationError({"expires_on": "This lot has expired; it cannot be taken into stock."})
    if source not in Vial.Source.values:
        raise ValidationError({"source": "Say who bought the vials."})
    lot, _ = Lot.objects.get_or_create(
        product=product, number=number.strip().upper(), defaults={"expires_on": expires_on}
    )
    if lot.expires_on != expires_on:
        raise ValidationError(
            {"expires_on": f"Lot {lot.number} is on file with expiry {lot.expires_on:%-d %b %Y}. Check the vial."}
        )
    if problem := lot.problem(on=on):
        raise ValidationError({"number": problem})
    return lot


def _add_vials(lot: Lot, *, size: VialSize, vials: int, site: Site, on: date, source: str, by: User) -> list[Vial]:
    rows = Vial.objects.bulk_create(
        Vial(lot=lot, size=size, site=site, received_on=on, source=source) for _ in range(vials)
    )
    StockMovement.objects.bulk_create(
        StockMovement(vial=vial, kind=StockMovement.Kind.RECEIVED, by=by) for vial in rows
    )
    return rows


@transaction.atomic
def remove_vials(*, vials: Iterable[Vial], reason: str, by: User, note: str = "") -> list[Vial]:
    """Take vials out of stock that no session used: broken, expired, returned, recalled, or as the note says.

    Raises ValidationError without vials or a reason, VialTakenError when any is no longer in stock; then none is taken.
    """
    if reason not in StockMovement.Reason.values:
        raise ValidationError({"reason": "Say why."})
    if reason == StockMovement.Reason.OTHER and not note.strip():
        raise ValidationError({"note": "Say why."})
    wanted = {vial.pk for vial in vials}
    if not wanted:
        raise ValidationError({"vials": "Choose the vials."})
    kind = StockMovement.Kind.REMOVED
    return _take(wanted, status=Vial.Status.REMOVED, kind=kind, reason=reason, note=note.strip(), by=by)


@transaction.atomic
def lose_vials(*, vials: Iterable[Vial], note: str, by: User) -> list[Vial]:
    """Take vials out of stock that are not there and nobody knows where; found, they come back.

    Raises VialTakenError when any is no longer in stock; then none is taken.
    """
    wanted = {vial.pk for vial in vials}
    return _take(wanted, status=Vial.Status.MISSING, kind=StockMovement.Kind.MISSING, note=note, by=by)


@transaction.atomic
def bring_back_vials(*, vials: Iterable[Vial], note: str, by: User) -> list[Vial]:
    """Put vials back that were missing and are found. Those used or removed never come back.

    Raises ValidationError when any is not missing; then none is put back.
    """
    wanted = {vial.pk for vial in vials}
    locked = list(Vial.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk"))
    if any(vial.status != Vial.Status.MISSING for vial in locked):
        raise ValidationError("Only a vial that was missing comes back into stock.")
    Vial.objects.filter(pk__in=wanted).update(status=Vial.Status.IN_STOCK)
    StockMovement.objects.bulk_create(
        StockMovement(vial=vial, kind=StockMovement.Kind.FOUND, by=by, note=note) for vial in locked
    )
    return locked


@transaction.atomic
def recall_lot(*, lot: Lot, version: int | None, on: date, reason: str, by: User) -> Lot:
    """Mark a lot as recalled from a date on, at every site; its vials can no longer be picked.

    Raises StaleVersionError when somebody saved the lot meanwhile.
    """
    current = lock_version(lot, version=version)
    current.recalled_on, current.recall_reason = on, reason
    current.save()
    record(action=Action.LOT_RECALLED, by=by, subject=current, detail=f"from {on.isoformat()}")
    return current


@transaction.atomic
def withdraw_recall(*, lot: Lot, version: int | None, by: User) -> Lot:
    """Take back a recall that was marked by mistake.

    Raises StaleVersionError when somebody saved the lot meanwhile.
    """
    current = lock_version(lot, version=version)
    current.recalled_on, current.recall_reason = None, ""
    current.save()
    record(action=Action.LOT_RECALLED, by=by, subject=current, detail="taken back")
    return current


def use_vials(*, vials: Iterable[Vial], by: User) -> list[Vial]:
    """Take vials out of stock because a session used them; call it inside that session's transaction.

    The rows are locked in the order of their ids, so that two signers never wait for each other in a ring.
    Raises VialTakenError when any is no longer in stock; then nothing is taken.
    """
    wanted = {vial.pk for vial in vials}
    return _take(wanted, status=Vial.Status.USED, kind=StockMovement.Kind.USED, by=by)


def _take(wanted: set[int], *, status: str, kind: str, by: User, reason: str = "", note: str = "") -> list[Vial]:
    locked = list(Vial.objects.select_for_update(of=("self",)).filter(pk__in=wanted).for_list().order_by("pk"))
    gone = [vial for vial in locked if vial.status != Vial.Status.IN_STOCK]
    if gone:
        raise VialTakenError(gone)
    Vial.objects.filter(pk__in=wanted).update(status=status)
    StockMovement.objects.bulk_create(
        StockMovement(vial=vial, kind=kind, reason=reason, by=by, note=note) for vial in locked
    )
    return locked
