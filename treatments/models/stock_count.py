from __future__ import annotations

from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Site, User
from audit.models import Versioned
from inventory.models import Lot, Product, Vial, VialSize
from treatments.querysets.stock_counts import StockCountLineQuerySet, StockCountQuerySet

CLOSED_COUNT_IS_LOCKED = pgtrigger.Trigger(
    name="closed_stock_count_is_locked",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF OLD.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'A closed stock count cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    """,
)

# The count's row is locked against closing at the same moment.
_LINE_OF_AN_OPEN_COUNT = """
        SELECT closed_at IS NOT NULL INTO is_closed FROM treatments_stockcount WHERE id = {count} FOR SHARE;
        IF is_closed THEN
            RAISE EXCEPTION 'A closed stock count cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
"""


_COUNT_OF_THE_LINE = "SELECT count_id FROM treatments_stockcountline WHERE id = coalesce(NEW.line_id, OLD.line_id)"


class StockCount(models.Model):
    """What is physically in stock at a site, counted line by line against the record, and what came of differences.

    One at a time is open at a site. It is closed when every line is counted and every difference resolved, or called
    off with a reason; then nothing of it changes any more.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="stock_counts")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    called_off_reason = models.CharField("reason", max_length=200, blank=True)

    objects = StockCountQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(closed_at=None),
                name="stock_count_open_once",
                violation_error_message="The stock of this site is being counted already.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="stock_count_closed_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(called_off_reason="") | Q(closed_at__isnull=False), name="stock_count_called_off_is_closed"
            ),
        ]
        triggers = [CLOSED_COUNT_IS_LOCKED]

    def __str__(self) -> str:
        return f"Stock count {self.pk}"


@pghistory.track()
class StockCountLine(Versioned):
    """Vials of one lot, size and buyer: how many are there, and when they were counted.

    `in_record` and `opened` stay empty until the count is closed: until then both are read as of `counted_at`, so that
    what is charted later about earlier still counts.
    """

    count = models.ForeignKey(StockCount, on_delete=models.PROTECT, related_name="lines")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    size = models.ForeignKey(VialSize, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=10, choices=Vial.Source)
    counted = models.PositiveSmallIntegerField("vials there", null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    counted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    in_record = models.PositiveSmallIntegerField(null=True, editable=False)
    opened = models.PositiveSmallIntegerField(null=True, editable=False)

    if TYPE_CHECKING:
        # Annotated by with_record().
        recorded_now: int
        opened_now: int
        settled: int

    objects = StockCountLineQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["count", "lot", "size", "source"],
                name="stock_count_line_once",
                violation_error_message="These vials have a line already.",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["clinic", "pharmacy", "sample"]), name="stock_count_source_is_known"
            ),
            models.CheckConstraint(
                condition=Q(counted=None, counted_at=None, counted_by=None)
                | Q(counted__isnull=False, counted_at__isnull=False, counted_by__isnull=False),
                name="stock_count_line_counted_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(in_record=None, opened=None) | Q(in_record__gte=F("opened")),
                name="stock_count_opened_of_record",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="line_of_an_open_stock_count",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("is_closed", "boolean")],
                func=_LINE_OF_AN_OPEN_COUNT.format(count="coalesce(NEW.count_id, OLD.count_id)"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.size} lot {self.lot.number}"

    @property
    def is_counted(self) -> bool:
        return self.counted is not None

    @property
    def expected(self) -> int:
        """Unopened vials that the record says were on the shelf when the line was counted; see with_record()."""
        if self.in_record is not None and self.opened is not None:
            return self.in_record - self.opened
        return self.recorded_now - self.opened_now

    @property
    def open_count(self) -> int:
        """Of the vials in the record, those that were open when the line was counted; see with_record()."""
        return self.opened_now if self.opened is None else self.opened

    @property
    def difference(self) -> int:
        """Vials there beyond those expected; negative when some are missing. 0 before it is counted."""
        return 0 if self.counted is None else self.counted - self.expected

    @property
    def difference_words(self) -> str:
        if not self.difference:
            return "as recorded"
        return f"{abs(self.difference)} {'fewer' if self.difference < 0 else 'more'}"

    @property
    def remaining(self) -> int:
        """Of the difference, what nobody has resolved yet."""
        return 0 if self.counted is None else self.difference - self.settled


class StockCountResolution(models.Model):
    """What came of a difference, or a part of it: `change` is by how many vials it is explained, up or down."""

    class How(models.TextChoices):
        MISSING = "missing", "missing"
        BROKEN = "broken", "broken"
        EXPIRED = "expired", "expired, thrown away"
        RETURNED = "returned", "returned"
        RECALLED = "recalled", "recalled, sent back"
        OTHER = "other", "left the stock otherwise"
        FOUND = "found", "found"
        EXPLAINED = "explained", "the stock is right"

    line = models.ForeignKey(StockCountLine, on_delete=models.PROTECT, related_name="resolutions")
    how = models.CharField(max_length=10, choices=How)
    change = models.SmallIntegerField()
    note = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(how__in=["missing", "broken", "expired", "returned", "recalled", "other"], change__lt=0)
                | Q(how="found", change__gt=0)
                | Q(how="explained") & ~Q(change=0),
                name="stock_count_how_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(how__in=["missing", "other", "explained"]) | ~Q(note=""),
                name="stock_count_how_is_said",
                violation_error_message="Say why.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="resolution_of_an_open_stock_count",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("is_closed", "boolean")],
                func=_LINE_OF_AN_OPEN_COUNT.format(count=f"({_COUNT_OF_THE_LINE})"),
            )
        ]

    def __str__(self) -> str:
        return f"Resolution {self.pk}"

    @property
    def vials(self) -> int:
        return abs(self.change)
