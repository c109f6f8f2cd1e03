"""What stood before a session for a course it treats, as subqueries of a query over treated rows (SessionCourse)."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Cast, JSONObject

# One site of a session or of a protocol, as JSON; units as text, because JSON knows no decimals.
SITE_VALUES = {
    "muscle": "muscle__key",
    "side": "side",
    "view": "view",
    "x": "x",
    "y": "y",
    "units": Cast("units", models.TextField()),
}


def window_before() -> models.QuerySet[Any, Any]:
    """Of a treated row: the course's latest window as it stood before that session.

    `responded` is whether what that window's session did is on file by then: an impression at one of its follow-ups,
    or a score since. `measured` is what rule R14 judges that session by, `first_session_on` the course's first.
    """
    from treatments.models import FollowUp, RetreatmentWindow, TreatmentCourse

    day = OuterRef(OuterRef("session__performed_on"))
    impressions = FollowUp.objects.filter(
        session=OuterRef("session"),
        course=OuterRef("course"),
        status=FollowUp.Status.DONE,
        impression__isnull=False,
        done_on__lte=day,
    )
    # Scores are rows of the app above, which the course knows by their related name.
    scores = TreatmentCourse.objects.filter(
        pk=OuterRef("course"),
        assessments__assessed_on__gt=OuterRef("last_session_on"),
        assessments__assessed_on__lte=day,
    )
    first = RetreatmentWindow.objects.filter(course=OuterRef("course"), voided=False).order_by("last_session_on")
    return (
        RetreatmentWindow.objects.filter(
            course=OuterRef("course"), voided=False, last_session_on__lte=OuterRef("session__performed_on")
        )
        .exclude(session=OuterRef("session"))
        .order_by("-last_session_on", "-eligible_on", "-session_id")
        .values(
            json=JSONObject(
                eligible_on="eligible_on",
                last_session_on="last_session_on",
                reasons="reasons",
                responded=Exists(impressions) | Exists(scores),
                first_session_on=Subquery(first.values("last_session_on")[:1]),
                measured=Subquery(_measured(day)),
            )
        )[:1]
    )


def _measured(day: OuterRef) -> models.QuerySet[Any, Any]:
    """Of a window: its condition's responder rule with its instrument, and the course's scores by it up to that day.

    Rule and scores are rows of the app above, known by their related names; none where no rule is agreed.
    """
    from treatments.models import TreatmentCourse

    rule = "condition__responder_rule__"
    scores = TreatmentCourse.objects.filter(
        pk=OuterRef("pk"),
        assessments__instrument=models.F(f"{rule}instrument"),
        assessments__assessed_on__lte=OuterRef(day),
    ).order_by("assessments__assessed_on", "assessments__pk")
    return (
        TreatmentCourse.objects.filter(pk=OuterRef("course"), condition__responder_rule__isnull=False)
        .order_by()
        .values(
            json=JSONObject(
                is_percent=f"{rule}is_percent",
                change=Cast(f"{rule}change", models.TextField()),
                from_day=f"{rule}from_day",
                to_day=f"{rule}to_day",
                better=f"{rule}instrument__better",
                name=f"{rule}instrument__short_name",
                unit=f"{rule}instrument__unit",
                scores=ArraySubquery(
                    scores.values(
                        json=JSONObject(
                            on="assessments__assessed_on",
                            value=Cast("assessments__value", models.TextField()),
                            order="assessments__pk",
                            label="assessments__label",
                        )
                    )
                ),
            )
        )
    )


def evaluation() -> models.QuerySet[Any, Any]:
    """Of a treated row: what the latest evaluation of its course by that day says of suitability, and why."""
    from treatments.models import Evaluation

    return (
        Evaluation.objects.filter(course=OuterRef("course"), evaluated_on__lte=OuterRef("session__performed_on"))
        .order_by("-evaluated_on", "-pk")
        .values(json=JSONObject(on="evaluated_on", suitability="suitability", why="suitability_reasons"))[:1]
    )


def session_count() -> models.QuerySet[Any, Any]:
    from treatments.models import TreatmentCourse

    counted: models.QuerySet[Any, Any] = TreatmentCourse.objects.filter(pk=OuterRef("course")).with_session_count()
    return counted.values("session_count")


def last_session() -> models.QuerySet[Any, Any]:
    """Of a treated row: the latest session signed here that treated its course before, touch-ups left out."""
    from treatments.models import Injection, InjectionSession

    sites = Injection.objects.filter(session=OuterRef("pk"), course=OuterRef(OuterRef("course"))).order_by("order")
    return (
        InjectionSession.objects.filter(
            status="signed",
            is_touch_up=False,
            treated__course=OuterRef("course"),
            performed_on__lte=OuterRef("session__performed_on"),
        )
        .exclude(pk=OuterRef("session"))
        .exclude(performed_on=OuterRef("session__performed_on"), pk__gt=OuterRef("session"))
        .order_by("-performed_on", "-pk")
        .values(
            json=JSONObject(
                pk="pk",
                performed_on="performed_on",
                product="product",
                brand="product__brand",
                guidance="guidance",
                guidance_reason="guidance_reason",
                numbing="numbing",
                aftercare_note="aftercare_note",
                dilution_units="dilution_units",
                dilution_ml=Cast("dilution_ml", models.TextField()),
                sites=ArraySubquery(sites.values(json=JSONObject(course="course", name="muscle__name", **SITE_VALUES))),
            )
        )[:1]
    )
