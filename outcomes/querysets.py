from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F

if TYPE_CHECKING:
    from accounts.models import User
    from outcomes.models import Assessment, Instrument  # noqa: F401
    from treatments.models import TreatmentCourse


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, user: User) -> AssessmentQuerySet:
        return self.filter(course__patient__site__in=user.sites.all())

    def for_list(self) -> AssessmentQuerySet:
        return self.select_related("instrument", "course__condition", "recorded_by")

    def of_course(self, course: TreatmentCourse) -> AssessmentQuerySet:
        """A course's scores with their instruments, oldest first, as a chart reads them."""
        return (
            self.filter(course=course)
            .select_related("instrument", "recorded_by")
            .order_by("instrument__position", "instrument_id", "assessed_on", "id")
        )

    def baselines(self) -> AssessmentQuerySet:
        """Of each course and instrument the last score on or before the course's first session: rules.baseline_of."""
        from treatments.models import RetreatmentWindow

        first = (
            RetreatmentWindow.objects.filter(course=models.OuterRef("course"), voided=False)
            .order_by()
            .values("course")
            .annotate(first=models.Min("last_session_on"))
            .values("first")
        )
        return (
            self.annotate(first_session_on=models.Subquery(first))
            .filter(assessed_on__lte=F("first_session_on"))
            .latest_of_each()
        )

    def latest_of_each(self) -> AssessmentQuerySet:
        """Only the last score of each course and instrument."""
        return self.order_by("course_id", "instrument_id", "-assessed_on", "-id").distinct("course_id", "instrument_id")
