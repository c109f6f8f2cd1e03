from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.permissions import Role

if TYPE_CHECKING:
    from accounts.models import Site, User


class SiteQuerySet(models.QuerySet["Site"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The sites a person works at; an administrator keeps all of them."""
        if user.has_perm("accounts.manage_staff"):
            return self
        return self.filter(staff=user.pk)

    def with_staff_counts(self) -> Self:
        """Adds `people`: how many open accounts work at the site."""
        return self.annotate(people=models.Count("staff", filter=Q(staff__is_active=True)))

    def after(self, row: Site | None) -> Self:
        """By name, those that stand behind the row."""
        return _after(self.order_by("name", "pk"), row)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Staff records a person may open: an administrator all of them, anybody else their own."""
        if user.has_perm("accounts.manage_staff"):
            return self
        return self.filter(pk=user.pk)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def providers(self) -> Self:
        """Active people who may be booked and may chart."""
        return self.active().filter(roles__contains=[Role.PROVIDER])

    def administrators(self) -> Self:
        """Active people who may manage staff."""
        return self.active().filter(roles__contains=[Role.ADMINISTRATOR])

    def for_list(self) -> Self:
        return self.select_related("credential").prefetch_related("sites")

    def after(self, row: User | None) -> Self:
        """By name, those that stand behind the row."""
        return _after(self.order_by("name", "pk"), row)


Rows = TypeVar("Rows", bound=models.QuerySet[Any])


def _after(rows: Rows, row: Site | User | None) -> Rows:
    if row is None:
        return rows
    return rows.filter(Q(name__gt=row.name) | Q(name=row.name, pk__gt=row.pk))
