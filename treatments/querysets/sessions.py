from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Prefetch, Subquery
from django.db.models.functions import Cast, JSONObject

from inventory.models import LabelMaximum

if TYPE_CHECKING:
    from accounts.models import User
    from treatments.models import InjectionSession, TreatmentCourse  # noqa: F401

GIVEN = ("signed", "recorded")

# One site of a session or of a protocol, as JSON; units as text, because JSON knows no decimals.
SITE_VALUES = {
    "muscle": "muscle__key",
    "side": "side",
    "view": "view",
    "x": "x",
    "y": "y",
    "units": Cast("units", models.TextField()),
}


class InjectionSessionQuerySet(models.QuerySet["InjectionSession"]):
    def visible_to(self, user: User) -> InjectionSessionQuerySet:
        """Sessions of the patients this person may see."""
        return self.filter(patient__site__in=user.sites.all())

    def drafts(self) -> InjectionSessionQuerySet:
        return self.filter(status="draft", is_outside=False)

    def given(self) -> InjectionSessionQuerySet:
        """Sessions that count as treatment: signed here or recorded from outside, not voided."""
        return self.filter(status__in=GIVEN)

    def treating(self, course: TreatmentCourse) -> InjectionSessionQuerySet:
        """The given sessions that move this course's window, oldest first: touch-ups do not.

        Of one day, the one signed last is the latest: its window counts the labels of all of them.
        """
        return (
            self.given()
            .filter(treated__course=course, is_touch_up=False)
            .select_related("product")
            .order_by("performed_on", models.F("signed_at").asc(nulls_first=True), "id")
        )

    def given_between(self, *, patient_id: int, first: date, last: date) -> InjectionSessionQuerySet:
        """The patient's given sessions of those days, at every site and by every provider."""
        return self.given().filter(patient_id=patient_id, performed_on__range=(first, last))

    def for_list(self) -> InjectionSessionQuerySet:
        return self.select_related("product", "provider", "site", "patient").annotate(
            units_total=models.functions.Coalesce(
                models.Subquery(self._units()), "outside_units", output_field=models.DecimalField()
            ),
            site_count=models.functions.Coalesce(models.Subquery(self._sites()), 0, output_field=models.IntegerField()),
        )

    def for_chart(self) -> InjectionSessionQuerySet:
        """Everything one session's pages show and its findings rest on, in four queries for any number of rows.

        The session carries `label_maxima` and `labelled` of its product, each treated row `window_before` and
        `session_count`; all of them as they stand in the database now.
        """
        from treatments.models import Condition, Injection, SessionCourse, VialUse

        maxima = LabelMaximum.objects.filter(product=OuterRef("product")).order_by("indications", "window_days")
        labelled = Condition.objects.filter(on_label_products=OuterRef("product")).order_by("pk")
        return (
            self.select_related("product", "provider", "site", "patient", "protocol", "signed_by")
            .annotate(
                label_maxima=ArraySubquery(
                    maxima.values(
                        json=JSONObject(
                            units="units",
                            window_days="window_days",
                            indications="indications",
                            words="words",
                            source="source",
                            confidence="confidence",
                        )
                    )
                ),
                labelled=ArraySubquery(labelled.values("key")),
            )
            .prefetch_related(
                Prefetch(
                    "treated",
                    SessionCourse.objects.select_related("course__condition", "course__diagnosis").annotate(
                        window_before=Subquery(_window_before()), session_count=Subquery(_session_count())
                    ),
                ),
                Prefetch("injections", Injection.objects.select_related("muscle").order_by("order")),
                Prefetch("vial_uses", VialUse.objects.select_related("vial__lot__product", "vial__size__product")),
            )
        )

    def for_charting(self) -> InjectionSessionQuerySet:
        """Also what the charting page offers beside the draft, in the same four queries.

        `last` is the latest signed session of one of the treated courses with its sites, `open_courses` are the
        patient's, both as JSON.
        """
        from treatments.models import TreatmentCourse

        open_courses = TreatmentCourse.objects.filter(patient=OuterRef("patient"), closed_on=None).order_by("pk")
        return self.for_chart().annotate(
            last=Subquery(_last_session()),
            open_courses=ArraySubquery(open_courses.values(json=JSONObject(pk="pk", name="condition__name"))),
        )

    @staticmethod
    def _units() -> models.QuerySet:  # type: ignore[type-arg]
        from treatments.models import Injection

        return (
            Injection.objects.filter(session=models.OuterRef("pk"))
            .order_by()
            .values("session")
            .annotate(total=models.Sum("units"))
            .values("total")
        )

    @staticmethod
    def _sites() -> models.QuerySet:  # type: ignore[type-arg]
        from treatments.models import Injection

        return (
            Injection.objects.filter(session=models.OuterRef("pk"))
            .order_by()
            .values("session")
            .annotate(total=models.Count("pk"))
            .values("total")
        )


def _window_before() -> models.QuerySet:  # type: ignore[type-arg]
    """Of a treated row: the course's latest window as it stood before that session."""
    from treatments.models import RetreatmentWindow

    return (
        RetreatmentWindow.objects.filter(
            course=OuterRef("course"), voided=False, last_session_on__lte=OuterRef("session__performed_on")
        )
        .exclude(session=OuterRef("session"))
        .order_by("-last_session_on", "-eligible_on", "-session_id")
        .values(json=JSONObject(eligible_on="eligible_on", last_session_on="last_session_on", reasons="reasons"))[:1]
    )


def _session_count() -> models.QuerySet:  # type: ignore[type-arg]
    from treatments.models import TreatmentCourse

    counted: models.QuerySet = TreatmentCourse.objects.filter(pk=OuterRef("course")).with_session_count()  # type: ignore[type-arg]
    return counted.values("session_count")


def _last_session() -> models.QuerySet:  # type: ignore[type-arg]
    """Of a draft: the latest session signed here that treated one of its courses, touch-ups left out."""
    from treatments.models import Injection, InjectionSession, SessionCourse

    treated = SessionCourse.objects.filter(session=OuterRef(OuterRef("pk"))).order_by().values("course")
    sites = Injection.objects.filter(session=OuterRef("pk")).order_by("order")
    return (
        InjectionSession.objects.filter(status="signed", is_touch_up=False, treated__course__in=treated)
        .order_by("-performed_on", "-pk")
        .values(
            json=JSONObject(
                performed_on="performed_on",
                product="product",
                brand="product__brand",
                dilution_units="dilution_units",
                dilution_ml=Cast("dilution_ml", models.TextField()),
                sites=ArraySubquery(sites.values(json=JSONObject(course="course", **SITE_VALUES))),
            )
        )[:1]
    )
