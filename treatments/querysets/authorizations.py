"""What signed sessions have used of a payer's authorisation: the one place that counts it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Sum, TextField, Value, When
from django.db.models.functions import Cast, Coalesce


def counted_under() -> models.QuerySet[Any, Any]:
    """Injections that count under an authorisation; for a subquery of a query over authorisations.

    A session may treat several conditions, each with an authorisation of its own, so the sites are counted: those of
    its product, for its condition. A session counts under one authorisation alone: the one it was signed with; where it
    was signed with none for that product and condition, the one that was approved and in date on its day, of several
    the one that ends first (see rules.chosen.permission_for).
    """
    from patients.models import PriorAuthorization
    from treatments.models import Injection, InjectionSession

    signed_under_another = Q(
        session__authorization__isnull=False,
        session__authorization__product=OuterRef("product"),
        session__authorization__condition=OuterRef("condition"),
    )
    before_this_one = (
        PriorAuthorization.objects.filter(
            patient=OuterRef(OuterRef("patient")),
            product=OuterRef(OuterRef("product")),
            condition=OuterRef(OuterRef("condition")),
            starts_on__lte=OuterRef("session__performed_on"),
            ends_on__gte=OuterRef("session__performed_on"),
        )
        .order_by()
        .annotate(waits=_waits("status"), waits_here=_waits(OuterRef(OuterRef("status"))))
        .filter(
            Q(waits__lt=models.F("waits_here"))
            | Q(waits=models.F("waits_here"), ends_on__lt=OuterRef(OuterRef("ends_on")))
            | Q(
                waits=models.F("waits_here"),
                ends_on=OuterRef(OuterRef("ends_on")),
                pk__lt=OuterRef(OuterRef("pk")),
            )
        )
    )
    return (
        Injection.objects.filter(
            Q(session__authorization=OuterRef("pk"))
            | (
                Q(session__performed_on__range=(OuterRef("starts_on"), OuterRef("ends_on")))
                & ~signed_under_another
                & ~Exists(before_this_one)
            ),
            session__patient=OuterRef("patient"),
            session__status=InjectionSession.Status.SIGNED,
            session__product__key=OuterRef("product"),
            course__condition__key=OuterRef("condition"),
        )
        .order_by()
        .values("session__patient")
    )


def _waits(status: Any) -> Case:
    """0 for an approved one, which comes before all others."""
    expression = models.F(status) if isinstance(status, str) else status
    return Case(
        When(models.lookups.Exact(expression, Value("approved")), then=Value(0)),
        default=Value(1),
        output_field=models.IntegerField(),
    )


def units_used(counted: models.QuerySet[Any, Any]) -> Subquery:
    """The units as text, as JSON knows no decimals; null where nothing was used."""
    return Subquery(counted.annotate(found=Sum("units")).values(text=Cast("found", TextField())))


def visits_used(counted: models.QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(counted.annotate(found=Count("session", distinct=True)).values("found")), Value(0))
