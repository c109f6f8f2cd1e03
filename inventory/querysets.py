from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.functions import Coalesce

from inventory.rules import EXPIRES_SOON

if TYPE_CHECKING:
    from accounts.models import Site, User
    from inventory.models import Lot, Product, ReorderLevel, Vial, VialCost  # noqa: F401


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

    def needing_attention(self, *, on: date) -> models.QuerySet[Any, Any]:
        """Rows of lot, site, vial size and number of vials that are recalled, expired or expire soon."""
        return (
            self.in_stock()
            .filter(
                models.Q(lot__expires_on__lte=on + timedelta(days=EXPIRES_SOON)) | models.Q(lot__recalled_on__lte=on)
            )
            .order_by()
            .values(
                "lot_id", "lot__number", "lot__expires_on", "lot__recalled_on",
                "site_id", "site__name", "size__units", "size__product__brand",
            )
            .annotate(vials=models.Count("id"))
            .order_by("lot__expires_on", "lot_id", "site__name", "size__units")
        )  # fmt: skip

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


class ReorderLevelQuerySet(models.QuerySet["ReorderLevel"]):
    def reached(self, *, on: date) -> ReorderLevelQuerySet:
        """Levels that the usable vials of their site and size have come down to on that date; `left` says how many.

        Vials that came for one patient are nobody else's, so they are not counted.
        """
        usable = (
            _vials()
            .in_stock()
            .filter(site=models.OuterRef("site"), size=models.OuterRef("size"), lot__expires_on__gte=on)
            .exclude(lot__recalled_on__lte=on)
            .exclude(source="pharmacy")
        )
        count = usable.order_by().values("size").annotate(vials=models.Count("id")).values("vials")
        return (
            self.annotate(left=Coalesce(models.Subquery(count), 0))
            .filter(left__lte=models.F("vials"))
            .select_related("site", "size__product")
            .order_by("size__product__brand", "size__units", "site__name")
        )


def _vials() -> VialQuerySet:
    from inventory.models import Vial

    return Vial.objects.all()


class VialCostQuerySet(models.QuerySet["VialCost"]):
    def after(self, cost: VialCost | None) -> VialCostQuerySet:
        """By product and vial size, the latest first, those that stand behind the cost."""
        rows = self.select_related("size__product", "by").order_by(
            "size__product__brand", "size__units", "size_id", "-holds_from"
        )
        if cost is None:
            return rows
        brand, units = cost.size.product.brand, cost.size.units
        same = models.Q(size__product__brand=brand, size__units=units)
        return rows.filter(
            models.Q(size__product__brand__gt=brand)
            | models.Q(size__product__brand=brand, size__units__gt=units)
            | same & models.Q(size__gt=cost.size_id)
            | models.Q(size=cost.size_id, holds_from__lt=cost.holds_from)
        )
