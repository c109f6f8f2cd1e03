"""Stock counts, and what the record says was on the shelf when a line was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.models import StockMovement, Vial
from inventory.querysets import VialQuerySet

if TYPE_CHECKING:
    from accounts.models import User
    from treatments.models import StockCount, StockCountLine  # noqa: F401

THERE = ("received", "found")


class StockCountQuerySet(models.QuerySet["StockCount"]):
    def visible_to(self, user: User) -> StockCountQuerySet:
        return self.filter(site__in=user.sites.all())

    def still_open(self) -> StockCountQuerySet:
        return self.filter(closed_at=None)

    def for_list(self) -> StockCountQuerySet:
        """With the numbers of lines, of lines counted and of vials that left or came by it."""
        from treatments.models import StockCountResolution

        resolved = StockCountResolution.objects.filter(line__count=OuterRef("pk")).exclude(how="explained").order_by()
        changed = resolved.values("line__count")

        def vials(condition: Q) -> Subquery:
            return Subquery(changed.annotate(sum=Sum("change", filter=condition)).values("sum"))

        return self.select_related("site", "product", "started_by", "closed_by").annotate(
            line_count=Count("lines"),
            counted_count=Count("lines__counted"),
            lost=Coalesce(-vials(Q(change__lt=0)), 0),
            found=Coalesce(vials(Q(change__gt=0)), 0),
        )


class StockCountLineQuerySet(models.QuerySet["StockCountLine"]):
    def with_record(self) -> StockCountLineQuerySet:
        """Each with `recorded_now`, `opened_now` and `settled`: the record as of the moment the line was counted.

        In the record are vials that had come by then and not left. Of these, opened are those that by then were
        reconstituted for a session, whenever that was charted: they are no longer on the shelf. Drafts that were thrown
        away open nothing. Settled is what was resolved since.
        """
        from treatments.models import StockCountResolution, VialUse

        last = StockMovement.objects.filter(vial=OuterRef("pk"), at__lte=OuterRef(OuterRef("counted_at")))
        there = (
            Vial.objects.filter(
                site=OuterRef("count__site"), lot=OuterRef("lot"), size=OuterRef("size"), source=OuterRef("source")
            )
            .annotate(last=Subquery(last.order_by("-at", "-pk").values("kind")[:1]))
            .filter(last__in=THERE)
            .order_by()
        )
        mixed = VialUse.objects.filter(
            Q(session__status__in=["draft", "signed"]) | Q(vial__status="used"),
            vial=OuterRef("pk"),
            reconstituted_at__lte=OuterRef(OuterRef("counted_at")),
        )
        since = StockCountResolution.objects.filter(line=OuterRef("pk"), at__gt=OuterRef("counted_at")).order_by()
        return self.annotate(
            recorded_now=_number_of(there),
            opened_now=_number_of(there.filter(Exists(mixed))),
            settled=Coalesce(Subquery(since.values("line").annotate(sum=Sum("change")).values("sum")), 0),
        )

    def for_list(self) -> StockCountLineQuerySet:
        return self.select_related("lot", "size__product", "counted_by").order_by("pk")


def _number_of(vials: VialQuerySet) -> Coalesce:
    return Coalesce(Subquery(vials.values("lot").annotate(number=Count("pk")).values("number")), 0)


def missing_candidates(line: StockCountLine) -> VialQuerySet:
    """Vials of a line that may be said to have left: in stock, and in no draft, where a session waits for them."""
    from treatments.models import VialUse

    in_draft = VialUse.objects.filter(vial=OuterRef("pk"), session__status="draft")
    return (
        Vial.objects.in_stock()
        .filter(~Exists(in_draft), site=line.count.site_id, lot=line.lot_id, size=line.size_id, source=line.source)
        .for_list()
        .order_by("pk")
    )


def lost_before(line: StockCountLine) -> VialQuerySet:
    """Vials of a line that were said to be missing, the latest first: a found one is taken to be one of them."""
    return (
        Vial.objects.filter(status="missing", site=line.count.site_id, lot=line.lot_id, size=line.size_id)
        .filter(source=line.source)
        .order_by("-pk")
    )


def in_stock_lines(vials: VialQuerySet) -> models.QuerySet[Any, Any]:
    """The lots, sizes and buyers of these vials in the order of the shelf: product, first expiry."""
    return (
        vials.in_stock()
        .order_by("size__product__brand", "lot__expires_on", "lot__number", "size__units", "source")
        .values("lot_id", "size_id", "source")
        .distinct()
    )
