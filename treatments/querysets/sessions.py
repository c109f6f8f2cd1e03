from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Subquery
from django.db.models.functions import Cast, JSONObject

from treatments.querysets.adverse_events import open_events_before
from treatments.querysets.label_rows import authorizations_used, label_rows

if TYPE_CHECKING:
    from accounts.models import User
    from inventory.models import Lot
    from treatments.models import InjectionSession, TreatmentCourse

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

    def at_sites_of(self, user: User) -> InjectionSessionQuerySet:
        """Sessions given at this person's sites, or to their patients: a patient may have moved on since.

        For lists that go by what was given where (claims, a lot); a chart is opened by visible_to() alone.
        """
        sites = user.sites.all()
        return self.filter(models.Q(site__in=sites) | models.Q(patient__site__in=sites))

    def drafts(self) -> InjectionSessionQuerySet:
        return self.filter(status="draft", is_outside=False)

    def unsigned_for(self, user: User) -> InjectionSessionQuerySet:
        """Drafts that wait for this person: one's own, of trainees too for a provider, all for an administrator."""
        drafts = self.drafts()
        if user.has_role("administrator"):
            return drafts
        mine = models.Q(provider=user)
        if not user.has_role("provider"):
            return drafts.filter(mine)
        trainees = models.Q(provider__roles__contains=["trainee"]) & ~models.Q(provider__roles__contains=["provider"])
        return drafts.filter(mine | trainees | models.Q(provider=None))

    def with_condition_names(self) -> InjectionSessionQuerySet:
        """Each row with `condition_names`, what it treats, in short."""
        from treatments.models import SessionCourse

        treated = SessionCourse.objects.filter(session=OuterRef("pk")).order_by("pk")
        return self.annotate(condition_names=ArraySubquery(treated.values("course__condition__short_name")))

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

    def opened_from(self, lot: Lot) -> InjectionSessionQuerySet:
        """Sessions with a vial of the lot, drafts too: a draft that picked one is not to use it."""
        from treatments.models import VialUse

        return self.filter(models.Exists(VialUse.objects.filter(session=OuterRef("pk"), vial__lot=lot)))

    def given_beside(self, session: InjectionSession, *, first: date, last: date) -> InjectionSessionQuerySet:
        """The patient's other given sessions of those days, at every site and by every provider.

        A session voided to be written again was given all the same: it counts until its replacement is signed, for
        every session but that replacement.
        """
        being_rewritten = models.Q(status="voided", signed_at__isnull=False, replaced_by__status="draft")
        return (
            self.filter(models.Q(status__in=GIVEN) | being_rewritten)
            .filter(patient_id=session.patient_id, performed_on__range=(first, last))
            .exclude(pk__in=[pk for pk in (session.pk, session.replaces_id) if pk is not None])
        )

    def for_list(self) -> InjectionSessionQuerySet:
        return self.select_related("product", "provider", "site", "patient").annotate(
            units_total=models.functions.Coalesce(
                models.Subquery(self._units()), "outside_units", output_field=models.DecimalField()
            ),
            site_count=models.functions.Coalesce(models.Subquery(self._sites()), 0, output_field=models.IntegerField()),
        )

    def for_chart(self, *, compare: bool = False) -> InjectionSessionQuerySet:
        """Everything one session's pages show and its findings rest on, in four queries for any number of rows.

        The session carries the columns of `label_rows()`, `authorizations_used`, `open_events` and `replaced_vials`
        (those of the session it replaces), each treated row `window_before`, `session_count` and `evaluation`; all of
        them as they stand in the database now. With `compare` each treated row also carries `last`: the course's latest
        session signed here before this one with its sites of the course, as JSON.
        """
        from treatments.models import SessionCourse, VialUse

        treated = SessionCourse.objects.select_related("course__condition", "course__diagnosis").annotate(
            window_before=Subquery(_window_before()),
            session_count=Subquery(_session_count()),
            evaluation=Subquery(_evaluation()),
        )
        return (
            self.select_related("product", "provider", "site", "patient", "protocol", "signed_by")
            .annotate(
                **label_rows(),
                authorizations_used=authorizations_used(),
                open_events=open_events_before(),
                replaced_vials=ArraySubquery(
                    VialUse.objects.filter(session=OuterRef("replaces")).order_by("pk").values("vial_id")
                ),
            )
            .prefetch_related(
                Prefetch("treated", treated.annotate(last=Subquery(_last_session())) if compare else treated),
                *sites_and_vials(),
            )
        )

    def for_snapshot(self) -> InjectionSessionQuerySet:
        """With the rows whose words are kept when a session is signed, in five queries for any number of them."""
        from treatments.models import Injection, SessionCourse, VialUse

        return self.select_related(
            "patient",
            "product",
            "provider__credential",
            "signed_by__credential",
            "authorization__coverage__payer",
            "screening__recorded_by",
            "consent__witness",
        ).prefetch_related(
            "patient__coverages",
            Prefetch("treated", SessionCourse.objects.select_related("course__condition", "course__diagnosis")),
            Prefetch("injections", Injection.objects.select_related("muscle").order_by("order")),
            Prefetch("vial_uses", VialUse.objects.select_related("vial__lot", "vial__size", "reconstituted_by")),
        )

    def for_charting(self) -> InjectionSessionQuerySet:
        """Also what the charting page offers beside the draft, in the same four queries.

        Each treated row carries `last` as in for_chart(compare=True); `open_courses` are the patient's, as JSON.
        """
        from treatments.models import TreatmentCourse

        open_courses = TreatmentCourse.objects.filter(patient=OuterRef("patient"), closed_on=None).order_by("pk")
        return self.for_chart(compare=True).annotate(
            open_courses=ArraySubquery(open_courses.values(json=JSONObject(pk="pk", name="condition__name"))),
        )

    def with_course_ids(self) -> InjectionSessionQuerySet:
        """Each row with `course_ids`, the courses it treated."""
        from treatments.models import SessionCourse

        treated = SessionCourse.objects.filter(session=OuterRef("pk")).order_by("course_id")
        return self.annotate(course_ids=ArraySubquery(treated.values("course_id")))

    def with_limbs(self) -> InjectionSessionQuerySet:
        """Each row with `limbs`, its units by condition and side, as JSON; units are text.

        A session recorded from outside has no sites: `outside_condition` is what its units were for, the side unknown.
        """
        from treatments.models import Injection, SessionCourse

        sites = (
            Injection.objects.filter(session=OuterRef("pk"), units__isnull=False)
            .order_by("course__condition__key", "side")
            .values("course__condition__key", "side")
            .annotate(sum=models.Sum("units"))
        )
        treated = SessionCourse.objects.filter(session=OuterRef("pk")).order_by("pk")
        return self.annotate(
            limbs=ArraySubquery(
                sites.values(
                    json=JSONObject(
                        condition="course__condition__key", side="side", units=Cast("sum", models.TextField())
                    )
                )
            ),
            outside_condition=Subquery(treated.values("course__condition__key")[:1]),
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


def sites_and_vials() -> tuple[Prefetch, Prefetch]:  # type: ignore[type-arg]
    """The sites of a session and its vials, as for_chart() reads them; to read them again once they were saved."""
    from treatments.models import Injection, VialUse

    return (
        Prefetch("injections", Injection.objects.select_related("muscle").order_by("order")),
        Prefetch(
            "vial_uses",
            VialUse.objects.select_related(
                "vial__lot__product", "vial__size__product", "vial__patient_vial", "reconstituted_by"
            ),
        ),
    )


def _window_before() -> models.QuerySet:  # type: ignore[type-arg]
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


def _measured(day: OuterRef) -> models.QuerySet:  # type: ignore[type-arg]
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


def _evaluation() -> models.QuerySet:  # type: ignore[type-arg]
    """Of a treated row: what the latest evaluation of its course by that day says of suitability, and why."""
    from treatments.models import Evaluation

    return (
        Evaluation.objects.filter(course=OuterRef("course"), evaluated_on__lte=OuterRef("session__performed_on"))
        .order_by("-evaluated_on", "-pk")
        .values(json=JSONObject(on="evaluated_on", suitability="suitability", why="suitability_reasons"))[:1]
    )


def _session_count() -> models.QuerySet:  # type: ignore[type-arg]
    from treatments.models import TreatmentCourse

    counted: models.QuerySet = TreatmentCourse.objects.filter(pk=OuterRef("course")).with_session_count()  # type: ignore[type-arg]
    return counted.values("session_count")


def _last_session() -> models.QuerySet:  # type: ignore[type-arg]
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
