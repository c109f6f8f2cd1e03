from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User
    from interop.models import ImportJob  # noqa: F401


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def visible_to(self, user: User) -> ImportJobQuerySet:
        return self.filter(site__in=user.sites.all())

    def for_list(self) -> ImportJobQuerySet:
        return self.select_related("site", "uploaded_by", "provider")
