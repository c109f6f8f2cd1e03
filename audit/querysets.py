from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from audit.models import AuditEvent  # noqa: F401


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def before(self, event_id: int | None) -> Self:
        """Newest first; with an id, those older than that event."""
        rows = self.order_by("-pk")
        return rows if event_id is None else rows.filter(pk__lt=event_id)
