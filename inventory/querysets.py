from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Site, User
    from inventory.models import Lot, Product, Vial  # noqa: F401


class LotQuerySet(models.QuerySet["Lot"]):
    def visible_to(self, user: User) -> LotQuerySet:
        """Lots of which a vial came to a site the person works at."""
        return self.having(_vials().filter(site__in=user.sites.all()))

    def having(self, vials: VialQuerySet) -> LotQuerySet:
        """Lots with at least one of these vials."""
        return self.filter(models.Exists(vials.filter(lot=models.OuterRef("pk"))))

    def after(self, lot: Lot | None) -> LotQuerySet:
        """By product and first expiry, those that stand behind the lot."""
        rows = self.select_related("product").order_by("product__brand", "product_id", "expires_on", "number", "pk")
        if lot is None:
            return rows
        same = models.Q(product=lot.product_id)
        return rows.filter(
            models.Q(product__brand__gt=lot.product.brand)
            | models.Q(product__brand=lot.product.brand, product__gt=lot.product_id)
            | same & models.Q(expires_on__gt=lot.expires_on)
            | same & models.Q(expires_on=lot.expires_on, number__gt=lot.number)
            | same & models.Q(expires_on=lot.expires_on, number=lot.number, pk__gt=lot.pk)
        )

    def usable(self, *, on: date) -> LotQuerySet:
        """Lots neither expired nor recalled on that date."""
        return self.filter(expires_on__gte=on).exclude(recalled_on__lte=on)


class VialQuerySet(models.QuerySet["Vial"]):
    def visible_to(self, user: User) -> VialQuerySet:
        return self.filter(site__in=user.sites.all())

    def in_stock(self) -> VialQuerySet:
        return self.filter(status="in stock")

    def pickable(
        self, *, product: Product, site: Site, on: date, also: models.QuerySet[Any, Any] | None = None
    ) -> VialQuerySet:
        """Vials of the product that may be opened at the site on that date, first expiry first.

        `also` holds ids of vials that were opened already for what is being recorded.
        """
        there = self.in_stock() if also is None else self.filter(models.Q(status="in stock") | models.Q(pk__in=also))
        return (
            there.filter(site=site, size__product=product, lot__expires_on__gte=on)
            .exclude(lot__recalled_on__lte=on)
            .for_list()
            .order_by("lot__expires_on", "size__units", "id")
        )

    def for_list(self) -> VialQuerySet:
        return self.select_related("lot__product", "size__product", "site")

    def with_movements(self) -> VialQuerySet:
        """With the movements of each and who made them."""
        from inventory.models import StockMovement

        movements = StockMovement.objects.select_related("by").order_by("pk")
        return self.for_list().prefetch_related(models.Prefetch("movements", queryset=movements))

    def counted_by_lot(self, lots: Iterable[Lot]) -> models.QuerySet[Any, dict[str, Any]]:
        """Rows of lot, site, vial size and the number of these vials."""
        return (
            self.filter(lot__in=lots)
            .values("lot_id", "site_id", "site__name", "size__units")
            .annotate(vials=models.Count("id"))
            .order_by("lot_id", "site__name", "size__units")
        )


def _vials() -> VialQuerySet:
    from inventory.models import Vial

    return Vial.objects.all()
