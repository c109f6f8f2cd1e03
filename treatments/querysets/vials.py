"""Which vials a session may open, and which are open: inventory knows lots and sites, only here whose a vial is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from inventory.models import Product, Vial
from inventory.querysets import VialQuerySet

if TYPE_CHECKING:
    from accounts.models import User
    from treatments.models import InjectionSession, VialUse

_USE_BY = models.ExpressionWrapper(
    models.F("reconstituted_at") + models.F("vial__size__product__in_use_hours") * models.Value(timedelta(hours=1)),
    output_field=models.DateTimeField(),
)


class VialUseQuerySet(models.QuerySet["VialUse"]):
    def open_at_sites_of(self, user: User) -> VialUseQuerySet:
        """Vials of these sites that are reconstituted and not yet taken from stock, each with `use_by`, for a list.

        They are in drafts; or in drafts that were thrown away, and wait to be removed or opened for another session.
        """
        in_draft = Q(session__status="draft")
        thrown_away = Q(session__status="voided", session__signed_at=None, vial__status="in stock")
        return (
            self.filter(in_draft | thrown_away, vial__site__in=user.sites.all(), reconstituted_at__isnull=False)
            .annotate(use_by=_USE_BY)
            .select_related(
                "vial__lot", "vial__size__product", "vial__site", "session__patient", "session__provider",
                "reconstituted_by",
            )
        )  # fmt: skip

    def after(self, use: VialUse | None) -> VialUseQuerySet:
        """By the moment they run out, those that stand behind this one; call it on open_at_sites_of()."""
        rows = self.order_by("use_by", "pk")
        if use is None:
            return rows
        use_by = use.use_by  # type: ignore[attr-defined]
        return rows.filter(Q(use_by__gt=use_by) | Q(use_by=use_by, pk__gt=use.pk))


def vials_for(session: InjectionSession, *, product: Product) -> VialQuerySet:
    """Vials of the product that this session may open, first expiry first.

    Of those that came for one patient only the patient's own; one that nobody has named is offered to nobody. A session
    that replaces a voided one may also open what that one opened.
    """
    return Vial.objects.pickable(
        product=product, site=session.site, on=session.performed_on, also=_replaced(session)
    ).filter(for_patient_of(session))


def vials_here(session: InjectionSession, *, product: Product) -> VialQuerySet:
    """Vials of the product that are there for a session, with those that it may not open: see vials_for()."""
    replaced = _replaced(session)
    there = Q(status=Vial.Status.IN_STOCK)
    return Vial.objects.filter(
        there if replaced is None else there | Q(pk__in=replaced), site=session.site_id, size__product=product
    )


def for_patient_of(session: InjectionSession) -> Q:
    """Vials that are the patient's, or nobody's: one of a pharmacy that has no name yet is kept for somebody."""
    nobodys = Q(patient_vial=None) & ~Q(source=Vial.Source.PHARMACY)
    return Q(patient_vial__patient=session.patient_id) | nobodys


def _replaced(session: InjectionSession) -> models.QuerySet[Any, Any] | None:
    """Ids of the vials that the session opened which this one replaces."""
    from treatments.models import VialUse

    return VialUse.objects.filter(session=session.replaces_id).values("vial_id") if session.replaces_id else None


def may_open(session: InjectionSession, vial: Vial, *, product: Product) -> bool:
    """Whether `vials_for()` offers this vial, which is at hand with its lot, size and `patient_vial`; no query."""
    named_for = getattr(vial, "patient_vial", None)
    ours = named_for.patient_id == session.patient_id if named_for else vial.source != Vial.Source.PHARMACY
    there = vial.status == Vial.Status.IN_STOCK or vial.pk in session.beside.replaced_vials
    fits = vial.size.product_id == product.pk and vial.site_id == session.site_id
    return ours and there and fits and vial.lot.problem(on=session.performed_on) is None
