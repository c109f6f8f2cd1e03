from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Prefetch

if TYPE_CHECKING:
    from accounts.models import User
    from inventory.models import Lot
    from treatments.models import InjectionSession, TreatmentCourse  # noqa: F401

GIVEN = ("signed", "recorded")


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

    def for_list(self) -> InjectionSessionQuerySet:
        return self.select_related("product", "provider", "site", "patient").annotate(
            units_total=models.functions.Coalesce(
                models.Subquery(self._units()), "outside_units", output_field=models.DecimalField()
            ),
            site_count=models.functions.Coalesce(models.Subquery(self._sites()), 0, output_field=models.IntegerField()),
        )

    def for_chart(self) -> InjectionSessionQuerySet:
        """A session's own rows for its pages, in four queries for any number of them; its `beside` has the rest."""
        from treatments.models import SessionCourse

        return self.select_related("product", "provider", "site", "patient", "protocol", "signed_by").prefetch_related(
            Prefetch("treated", SessionCourse.objects.select_related("course__condition", "course__diagnosis")),
            *sites_and_vials(),
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
