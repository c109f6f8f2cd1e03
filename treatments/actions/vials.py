"""What happens to vials in treatments: drawn from for a session, reconstituted, named for one patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from inventory.models import Vial
from patients.models import Patient
from treatments.models import InjectionSession, PatientVial, VialUse
from treatments.rules.vials import draw_from


@dataclass(frozen=True)
class Mixing:
    """How one vial was reconstituted; all empty when nobody has said so. Without `by`, by the person who says it."""

    diluent: str = ""
    ml: Decimal | None = None
    at: datetime | None = None
    by: User | None = None


def draw_vials(
    *,
    session: InjectionSession,
    vials: Sequence[Vial],
    total: Decimal,
    mixings: Mapping[int, Mixing],
    by: User,
) -> None:
    """Spread `total` units over the vials in their order; call it inside the transaction that saves the draft.

    A vial the draft has already keeps how, when and by whom it was reconstituted, unless `mixings` says otherwise by
    its id. Raises ValidationError for a vial of another product, of a lot
    that has expired or was recalled, or of another patient.
    """
    _refuse_wrong(session, vials)
    uses = {use.vial_id: use for use in session.vial_uses.all()}
    draws = draw_from([Decimal(vial.size.units) for vial in vials], total=total)
    kept: set[int] = set()
    new: list[VialUse] = []
    for vial, draw in zip(vials, draws, strict=True):
        use = uses.get(vial.pk) or VialUse(session=session, vial=vial)
        before = _values(use)
        use.units_given, use.units_discarded = draw.given, draw.discarded
        if vial.pk in mixings:
            _mix(use, mixings[vial.pk], by=by)
        if use.pk is None:
            new.append(use)
        else:
            kept.add(use.pk)
            if _values(use) != before:
                use.save()
    if gone := [use.pk for use in uses.values() if use.pk not in kept]:
        session.vial_uses.filter(pk__in=gone).delete()
    VialUse.objects.bulk_create(new)


def _values(use: VialUse) -> tuple[object, ...]:
    return (
        use.units_given,
        use.units_discarded,
        use.diluent,
        use.diluent_ml,
        use.reconstituted_at,
        use.reconstituted_by_id,
    )


def _mix(use: VialUse, mixing: Mixing, *, by: User) -> None:
    if mixing.at is None:
        use.reconstituted_by = None
    elif mixing.by or use.reconstituted_at != mixing.at:
        use.reconstituted_by = mixing.by or by
    use.diluent, use.diluent_ml, use.reconstituted_at = mixing.diluent, mixing.ml, mixing.at


def _refuse_wrong(session: InjectionSession, vials: Sequence[Vial]) -> None:
    for vial in vials:
        if vial.size.product_id != session.product_id:
            raise ValidationError(f"A vial of {vial.size} is not of the product of this session.")
        if problem := vial.lot.problem(on=session.performed_on):
            raise ValidationError(problem)
    if not vials:
        return
    named = dict(PatientVial.objects.filter(vial__in=vials).values_list("vial_id", "patient_id"))
    for vial in vials:
        if named.get(vial.pk, session.patient_id) != session.patient_id:
            raise ValidationError(f"Vial {vial.pk} of lot {vial.lot.number} belongs to another patient.")
        if vial.source == Vial.Source.PHARMACY and vial.pk not in named:
            raise ValidationError(
                f"Vial {vial.pk} of lot {vial.lot.number} came for one patient: name it for that patient first."
            )


@transaction.atomic
def name_vial(*, vial: Vial, patient: Patient, note: str, by: User) -> PatientVial:
    """Say whose vial this is, which came from a specialty pharmacy; said again of the same patient, the note changes.

    Raises ValidationError for a vial that is no longer in stock, did not come for one patient, or belongs to another.
    """
    # Locked against the signing that takes it from stock at the same moment.
    vial = Vial.objects.select_for_update(of=("self",)).for_list().get(pk=vial.pk)
    if vial.source != Vial.Source.PHARMACY:
        raise ValidationError("Only a vial that came from a specialty pharmacy for one patient is named.")
    if vial.status != Vial.Status.IN_STOCK:
        raise ValidationError("This vial is no longer in stock.")
    if patient.died_on or patient.left_on:
        raise ValidationError("This patient has died or left the clinic.")
    named = PatientVial.objects.filter(vial=vial).first()
    if named is not None and named.patient_id != patient.pk:
        raise ValidationError("This vial is named for another patient. Take that name off first.")
    if named is None:
        return PatientVial.objects.create(vial=vial, patient=patient, note=note.strip(), named_by=by)
    named.note = note.strip()
    named.save()
    return named


@transaction.atomic
def release_vial(*, vial: Vial, by: User) -> None:
    """Take the patient's name off a vial that was named by mistake; until it is named again nobody is given of it.

    Raises ValidationError for a vial that is no longer in stock.
    """
    vial = Vial.objects.select_for_update(of=("self",)).get(pk=vial.pk)
    if vial.status != Vial.Status.IN_STOCK:
        raise ValidationError("This vial is no longer in stock.")
    # Out of the drafts that picked it, or they could no longer be saved or signed.
    VialUse.objects.filter(vial=vial, session__status=InjectionSession.Status.DRAFT).delete()
    PatientVial.objects.filter(vial=vial).delete()
