"""What a session's findings rest on beside its own rows, read by one query that is compiled once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject

from audit.compiled import CompiledQuery, Param
from inventory.models import LabelInterval, LabelMaximum
from treatments.querysets.adverse_events import open_events_before
from treatments.querysets.authorizations import counted_under, units_used, visits_used
from treatments.querysets.before import evaluation, last_session, session_count, window_before
from treatments.querysets.sessions import GIVEN
from treatments.rules.findings.interval import SHOWN_DAYS

LOOK_BACK = timedelta(days=182)
# A session entered late: as far as other toxin is shown.
LOOK_AHEAD = timedelta(days=SHOWN_DAYS)

Row = dict[str, Any]


@dataclass(frozen=True)
class BesideCourse:
    """What stood before the session for one course it treats; each None when there is none.

    `last` is its latest session signed here before this one, with its sites of the course; touch-ups left out.
    """

    session_count: int
    window_before: Row | None
    evaluation: Row | None
    last: Row | None


@dataclass(frozen=True)
class Beside:
    """What stands beside one session in the database, as JSON rows: dates are ISO text, decimals text.

    Of its product `label_maxima`, `label_intervals`, `muscle_doses` for what is treated, `labelled`, and `confirmed`:
    the numbers of the label that stand confirmed. Of each authorisation of the patient `authorizations_used`: the units
    and visits of signed sessions that count under it, this one left out. `open_events` of other sessions;
    `replaced_vials` are those of the session it replaces; `open_courses` the patient's; `others` the patient's given
    sessions around this one, as far as any rule looks; `windows` those it opened. `courses` go by the id of the course.
    """

    label_maxima: list[Row]
    label_intervals: list[Row]
    muscle_doses: list[Row]
    labelled: list[str]
    confirmed: list[Row]
    authorizations_used: list[Row]
    open_events: list[Row]
    replaced_vials: list[int]
    open_courses: list[Row]
    others: list[Row]
    windows: list[Row]
    courses: dict[int, BesideCourse]


def read_beside(session_id: int) -> Beside:
    """What stands beside that session now."""
    [row] = _BESIDE.rows(session=session_id)
    courses = {course.pop("course"): BesideCourse(**course) for course in row.pop("courses")}
    return Beside(**row, courses=courses)


def _beside() -> models.QuerySet[Any, Any]:
    from treatments.models import InjectionSession, RetreatmentWindow, SessionCourse, TreatmentCourse, VialUse
    from treatments.models.course import DATE_FIELDS

    treated = SessionCourse.objects.filter(session=OuterRef("pk")).order_by("pk")
    open_courses = TreatmentCourse.objects.filter(patient=OuterRef("patient"), closed_on=None).order_by("pk")
    windows = RetreatmentWindow.objects.filter(session=OuterRef("pk")).order_by("course", "pk")
    replaced = VialUse.objects.filter(session=OuterRef("replaces")).order_by("pk")
    return (
        InjectionSession.objects.filter(pk=Param("session", models.BigIntegerField()))
        .order_by()
        .values(
            json=JSONObject(
                **_label_rows(),
                authorizations_used=_authorizations_used(),
                open_events=open_events_before(),
                replaced_vials=ArraySubquery(replaced.values("vial_id")),
                open_courses=ArraySubquery(open_courses.values(json=JSONObject(pk="pk", name="condition__name"))),
                others=ArraySubquery(_others()),
                windows=ArraySubquery(
                    windows.values(json=JSONObject(**_same("id", "course_id", "closed_by_id", *DATE_FIELDS)))
                ),
                courses=ArraySubquery(
                    treated.values(
                        json=JSONObject(
                            course="course_id",
                            session_count=Subquery(session_count()),
                            window_before=Subquery(window_before()),
                            evaluation=Subquery(evaluation()),
                            last=Subquery(last_session()),
                        )
                    )
                ),
            )
        )
    )


_BESIDE = CompiledQuery(_beside)


def _others() -> models.QuerySet[Any, Any]:
    """The patient's other given sessions around this one, at every site and by every provider, each with its `limbs`.

    A session voided to be written again was given all the same: it counts until its replacement is signed, for every
    session but that replacement. One recorded from outside has no sites: `outside_condition` is what its units were
    for, the side unknown.
    """
    from treatments.models import Injection, InjectionSession, SessionCourse

    being_rewritten = Q(status="voided", signed_at__isnull=False, replaced_by__status="draft")
    given = Injection.objects.filter(session=OuterRef("pk"), units__isnull=False)
    limbs = (
        given.order_by("course__condition__key", "side")
        .values("course__condition__key", "side")
        .annotate(sum=models.Sum("units"))
    )
    treated = SessionCourse.objects.filter(session=OuterRef("pk"))
    return (
        InjectionSession.objects.filter(Q(status__in=GIVEN) | being_rewritten)
        .filter(
            patient=OuterRef("patient"),
            performed_on__gte=OuterRef("performed_on") - LOOK_BACK,
            performed_on__lte=OuterRef("performed_on") + LOOK_AHEAD,
            product__isnull=False,
        )
        .exclude(pk=OuterRef("pk"))
        .exclude(pk=Coalesce(OuterRef("replaces"), 0))
        .order_by("-performed_on", "-pk")
        .values(
            json=JSONObject(
                **_same("performed_on", "is_outside"),
                product="product__key",
                brand="product__brand",
                units=Cast(
                    Coalesce(
                        Subquery(given.order_by().values("session").annotate(sum=models.Sum("units")).values("sum")),
                        F("outside_units"),
                        Decimal(0),
                    ),
                    models.TextField(),
                ),
                courses=ArraySubquery(treated.order_by("course_id").values("course_id")),
                limbs=ArraySubquery(
                    limbs.values(
                        json=JSONObject(
                            condition="course__condition__key", side="side", units=Cast("sum", models.TextField())
                        )
                    )
                ),
                outside_condition=Subquery(treated.order_by("pk").values("course__condition__key")[:1]),
            )
        )
    )


def _label_rows() -> dict[str, Any]:
    """What the labels say of the session's product."""
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


def _authorizations_used() -> Any:
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
