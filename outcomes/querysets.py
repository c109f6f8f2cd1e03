from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User
    from outcomes.models import Assessment, Instrument, InstrumentVersion, Questionnaire  # noqa: F401
    from treatments.models import Condition, TreatmentCourse


class InstrumentQuerySet(models.QuerySet["Instrument"]):
    def offered(self) -> InstrumentQuerySet:
        return self.filter(is_retired=False)


class InstrumentVersionQuerySet(models.QuerySet["InstrumentVersion"]):
    def current(self) -> InstrumentVersionQuerySet:
        """The version that is used now, of instruments not retired, with the instrument, in their order."""
        return (
            self.filter(is_current=True, instrument__is_retired=False)
            .select_related("instrument")
            .order_by("instrument__position", "instrument__name")
        )

    def asked_of(self, condition: Condition) -> InstrumentVersionQuerySet:
        """What is scored of a condition now, with the texts a clinic has loaded."""
        return self.current().filter(instrument__conditions=condition).prefetch_related("texts")


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, user: User) -> AssessmentQuerySet:
        return self.filter(course__patient__site__in=user.sites.all())

    def for_list(self) -> AssessmentQuerySet:
        return self.select_related("instrument", "version__instrument", "course__condition", "recorded_by")

    def of_course(self, course: TreatmentCourse) -> AssessmentQuerySet:
        """A course's scores with their instruments, oldest first, as a chart reads them."""
        return (
            self.filter(course=course)
            .select_related("instrument", "version__instrument", "recorded_by")
            .order_by("instrument__position", "instrument_id", "assessed_on", "id")
        )

    def with_first_session(self) -> AssessmentQuerySet:
        """Each with the day of its course's first session as `first_session_on`, or None."""
        from treatments.models import RetreatmentWindow

        first = (
            RetreatmentWindow.objects.filter(course=models.OuterRef("course"), voided=False)
            .order_by()
            .values("course")
            .annotate(first=models.Min("last_session_on"))
            .values("first")
        )
        return self.annotate(first_session_on=models.Subquery(first))


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def visible_to(self, user: User) -> QuestionnaireQuerySet:
        return self.filter(follow_up__course__patient__site__in=user.sites.all())

    def for_asking(self) -> QuestionnaireQuerySet:
        """What the patient's pages need: the follow-up with its course, and each version with its loaded texts."""
        return self.select_related(
            "follow_up__session", "follow_up__course__patient", "follow_up__course__site",
            "follow_up__course__condition", "follow_up__course__provider",
        ).prefetch_related("versions__instrument", "versions__texts")  # fmt: skip
