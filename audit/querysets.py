from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from audit.models import AuditEvent, Link


class _InTime(models.QuerySet[Any]):
    def between(self, begin: datetime | None, end: datetime | None) -> Self:
        """From a moment on and before another; None is open."""
        rows = self if begin is None else self.filter(at__gte=begin)
        return rows if end is None else rows.filter(at__lt=end)

    def older_than(self, row: Any) -> Self:
        """Newest first; with a row, those that stand behind it."""
        rows = self.order_by("-at", "-pk")
        return rows if row is None else rows.filter(Q(at__lt=row.at) | Q(at=row.at, pk__lt=row.pk), at__lte=row.at)


class AuditEventQuerySet(_InTime):
    if TYPE_CHECKING:
        model: type[AuditEvent]


class LinkQuerySet(_InTime):
    if TYPE_CHECKING:
        model: type[Link]

    def changes(self) -> Self:
        """Of rows that changed; what people did and saw is read from the events themselves."""
        return self.exclude(source__table_name="audit_auditevent")
