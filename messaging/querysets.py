from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User
    from messaging.models import Message  # noqa: F401


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> MessageQuerySet:
        """Messages of this person's sites."""
        return self.filter(site__in=user.sites.all())

    def for_list(self) -> MessageQuerySet:
        """With what a row says; without the words that were sent."""
        return self.select_related("patient", "site").defer("body", "values")

    def behind(self, id: int) -> MessageQuerySet:
        """Those that follow this place in a list with the newest first."""
        return self.filter(pk__lt=id)

    def due(self, *, now: datetime) -> MessageQuerySet:
        """Waiting, and their time has come; the earliest first."""
        return self.filter(status="queued", send_after__lte=now).order_by("send_after", "id")
