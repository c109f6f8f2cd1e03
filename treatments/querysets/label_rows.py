"""What a session's findings rest on beside its own rows, as columns of the session's query."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Value
from django.db.models.functions import Cast, Concat, JSONObject

from inventory.models import LabelInterval, LabelMaximum
from treatments.querysets.authorizations import counted_under, units_used, visits_used


def label_rows() -> dict[str, Any]:
    """Of a session's product, as JSON: `label_maxima`, `label_intervals`, `labelled`, `confirmed`, and `muscle_doses`.

    The doses are those for what is treated; `confirmed` are the numbers of the product's label that stand confirmed.
    Decimals are text, as JSON knows none.
    """
    from treatments.models import Condition, LabelConfirmation, MuscleDose, SessionCourse

    maxima = LabelMaximum.objects.filter(product=OuterRef("product")).order_by(
        "under_18", "indications", "window_days", "limbs"
    )
    intervals = LabelInterval.objects.filter(product=OuterRef("product")).order_by("pk")
    treated = SessionCourse.objects.filter(session=OuterRef(OuterRef("pk"))).order_by().values("course__condition")
    doses = MuscleDose.objects.filter(product=OuterRef("product"), condition__in=treated).order_by("pk")
    labelled = Condition.objects.filter(on_label_products=OuterRef("product")).order_by("pk")
    confirmed = LabelConfirmation.objects.filter(
        withdrawn_at=None, subject__startswith=Concat(OuterRef("product__key"), Value("/"))
    ).order_by("subject")
    return {
        "label_maxima": ArraySubquery(
            maxima.values(
                json=JSONObject(
                    **_same("window_days", "indications", "under_18", "limbs", "words", "source", "confidence"),
                    **_as_text("units", "per_kg"),
                )
            )
        ),
        "label_intervals": ArraySubquery(intervals.values(json=JSONObject(**_same("indication", "under_18", "days")))),
        "muscle_doses": ArraySubquery(
            doses.values(
                json=JSONObject(
                    condition="condition__key",
                    **_same("muscles", "under_18", "per_kg", "sites_min", "sites_max", "source", "confidence"),
                    **_as_text("units_min", "units_max"),
                )
            )
        ),
        "labelled": ArraySubquery(labelled.values("key")),
        "confirmed": ArraySubquery(confirmed.values(json=JSONObject(**_same("subject", "value")))),
    }


def authorizations_used() -> Any:
    """Of each authorisation of the patient, as JSON: the units and visits of signed sessions that count under it.

    The session itself is left out.
    """
    from patients.models import PriorAuthorization

    counted = counted_under().exclude(session=OuterRef(OuterRef("pk")))
    return ArraySubquery(
        PriorAuthorization.objects.filter(patient=OuterRef("patient"))
        .order_by("pk")
        .values(json=JSONObject(authorization="pk", units=units_used(counted), visits=visits_used(counted)))
    )


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _as_text(*names: str) -> dict[str, Cast]:
    return {name: Cast(name, models.TextField()) for name in names}
