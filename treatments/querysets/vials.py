"""Which vials a session may open: inventory knows lots and sites, only here is it known whose a vial is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from inventory.models import Product, Vial
from inventory.querysets import VialQuerySet

if TYPE_CHECKING:
    from treatments.models import InjectionSession


def vials_for(session: InjectionSession, *, product: Product) -> VialQuerySet:
    """Vials of the product that this session may open, first expiry first.

    Of those that came for one patient only the patient's own; one that nobody has named is offered to nobody. A session
    that replaces a voided one may also open what that one opened.
    """
    from treatments.models import VialUse

    replaced = VialUse.objects.filter(session=session.replaces_id).values("vial_id") if session.replaces_id else None
    nobodys = Q(patient_vial=None) & ~Q(source=Vial.Source.PHARMACY)
    return Vial.objects.pickable(product=product, site=session.site, on=session.performed_on, also=replaced).filter(
        Q(patient_vial__patient=session.patient_id) | nobodys
    )
