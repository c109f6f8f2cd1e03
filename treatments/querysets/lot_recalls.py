from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

if TYPE_CHECKING:
    from accounts.models import User
    from inventory.models import Lot
    from treatments.models import InjectionSession, LotRecall, LotRecallPatient  # noqa: F401

# What tasks and messages call one patient of a lot recall.
ABOUT = "lot recall"


class LotRecallQuerySet(models.QuerySet["LotRecall"]):
    def visible_to(self, user: User) -> LotRecallQuerySet:
        """Lot recalls with a patient of this person's sites, or of a lot that came to one of them."""
        from inventory.models import Lot
        from treatments.models import LotRecallPatient

        theirs = LotRecallPatient.objects.visible_to(user).filter(recall=OuterRef("pk"))
        return self.filter(Exists(theirs) | Q(lot__in=Lot.objects.visible_to(user)))

    def standing(self) -> LotRecallQuerySet:
        """Without those called off: the one recall of a lot."""
        return self.filter(called_off_reason="")

    def for_list(self) -> LotRecallQuerySet:
        """With how many patients each has and how many of them were told."""
        return self.select_related("lot__product", "started_by", "closed_by").annotate(
            patient_count=Count("patients"),
            told_count=Count("patients", filter=Q(patients__acknowledged_at__isnull=False)),
        )


class LotRecallPatientQuerySet(models.QuerySet["LotRecallPatient"]):
    def visible_to(self, user: User) -> LotRecallPatientQuerySet:
        """Patients of the sites this person works at; one whose record was merged since stays on the list."""
        return self.filter(patient__site__in=user.sites.all())

    def open(self) -> LotRecallPatientQuerySet:
        return self.filter(acknowledged_at=None)

    def told(self) -> LotRecallPatientQuerySet:
        return self.exclude(acknowledged_at=None)

    def by_name(self) -> LotRecallPatientQuerySet:
        return self.order_by("patient__name_sort", "pk")

    def behind(self, row: LotRecallPatient) -> LotRecallPatientQuerySet:
        """Those who follow this one in the order of names."""
        name = row.patient.name_sort
        return self.filter(Q(patient__name_sort__gt=name) | Q(patient__name_sort=name, pk__gt=row.pk))

    def for_list(self) -> LotRecallPatientQuerySet:
        """With whose task it is and how far the latest letter is, as {status, sent_at, pk} or None."""
        from messaging.models import Message
        from patients.models import Task

        tasks = Task.objects.open().filter(about=ABOUT, about_id=OuterRef("pk"))
        letters = Message.objects.filter(about=ABOUT, about_id=OuterRef("pk")).exclude(status="cancelled")
        return self.select_related("patient__site", "called_by", "acknowledged_by").annotate(
            owner=Subquery(tasks.values("assigned_to__name")[:1]),
            letter=Subquery(
                letters.order_by("-pk").values(json=JSONObject(pk="pk", status="status", sent_at="sent_at"))[:1]
            ),
        )


def sessions_with(lot: Lot) -> models.QuerySet[InjectionSession]:
    """Every session in which the lot may have been given, at any site, whatever became of its record.

    Sessions that opened or picked a vial of it, drafts and voided ones too; and outside sessions of the product whose
    lot number, as somebody wrote it down, has this one in it.
    """
    from treatments.models import InjectionSession, VialUse

    opened = VialUse.objects.filter(vial__lot=lot).values("session")
    named = InjectionSession.objects.filter(
        Q(product=lot.product_id) | Q(product=None),
        is_outside=True,
        outside_lot__iregex=rf"(^|[^[:alnum:]]){re.escape(lot.number)}([^[:alnum:]]|$)",
    )
    return InjectionSession.objects.filter(Q(pk__in=opened) | Q(pk__in=named.values("pk")))
