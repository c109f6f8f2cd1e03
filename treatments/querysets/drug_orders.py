from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

if TYPE_CHECKING:
    from accounts.models import User
    from treatments.models import DrugOrder  # noqa: F401

Today = date | Mapping[int, date]


class DrugOrderQuerySet(models.QuerySet["DrugOrder"]):
    def visible_to(self, user: User) -> DrugOrderQuerySet:
        """Orders for patients of this person's sites."""
        return self.filter(patient__site__in=user.sites.all())

    def under_way(self) -> DrugOrderQuerySet:
        """Ordered or shipped, not here yet."""
        return self.filter(status__in=["ordered", "shipped"])

    def for_list(self) -> DrugOrderQuerySet:
        return self.select_related("patient", "site", "size__product", "course__condition", "authorization")

    def with_needed(self, *, on: Today) -> DrugOrderQuerySet:
        """Annotate `today` at the order's site, `needed_on`, the next booked session of its course, and `wanted_on`.

        `wanted_on` is the earlier of that day and the one it is expected on; the day it was ordered without both.
        """
        from treatments.models import TreatmentCourse

        today = Value(on, output_field=models.DateField()) if isinstance(on, date) else _of_site(on)
        courses: Any = TreatmentCourse.objects.filter(pk=OuterRef("course"), closed_on=None).with_state(on=on)
        booked = courses.values("next_booked_on")
        return self.annotate(today=today, needed_on=Subquery(booked, output_field=models.DateField())).annotate(
            wanted_on=Coalesce(Least("expected_on", "needed_on"), "ordered_on")
        )

    def late(self, *, on: Today) -> DrugOrderQuerySet:
        """Those under way that are late; the twin of rules.drug_orders.is_late."""
        return self.under_way().with_needed(on=on).filter(LATE)


LATE = Q(expected_on__lt=F("today")) | Q(needed_on__lte=F("today")) | Q(needed_on__lt=F("expected_on"))


def _of_site(on: Mapping[int, date]) -> Case:
    return Case(*(When(site_id=site, then=Value(day)) for site, day in on.items()), output_field=models.DateField())
