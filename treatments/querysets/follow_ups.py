from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

if TYPE_CHECKING:
    from accounts.models import User
    from treatments.models import FollowUp  # noqa: F401


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: User) -> FollowUpQuerySet:
        return self.filter(course__patient__site__in=user.sites.all())

    def planned(self) -> FollowUpQuerySet:
        return self.filter(status="planned")

    def still_wanted(self) -> FollowUpQuerySet:
        """Planned follow-ups that somebody should do.

        Left out: patients who died or left, and what a later session of the course has made pointless.
        """
        return self.planned().filter(
            course__patient__died_on=None,
            course__patient__left_on=None,
            session__performed_on__gte=F("course__last_session_on"),
        )

    def of(self, user: User) -> FollowUpQuerySet:
        """Those that this person has to do: taken on, or of their courses and taken on by nobody."""
        return self.filter(models.Q(owner=user) | models.Q(owner=None, course__provider=user))

    def due(self, *, on: date) -> FollowUpQuerySet:
        """Planned follow-ups, still wanted, whose day has come."""
        return self.still_wanted().filter(due_on__lte=on)

    def upcoming(self, *, on: date) -> FollowUpQuerySet:
        """Planned follow-ups, still wanted, of later days."""
        return self.still_wanted().filter(due_on__gt=on)

    def for_list(self) -> FollowUpQuerySet:
        return self.select_related("course__patient", "course__condition", "course__provider", "owner", "session")

    def for_record(self) -> FollowUpQuerySet:
        """What the page of one follow-up shows."""
        return self.for_list().select_related(
            "course__site", "session__product", "session__provider", "done_by", "adverse_event_record"
        )


def planned_contacts() -> ArraySubquery:
    """To annotate a session with: its follow-ups as JSON, by their days."""
    from treatments.models import FollowUp

    rows = FollowUp.objects.filter(session=OuterRef("pk")).order_by("due_on", "pk")
    return ArraySubquery(
        rows.values(
            json=JSONObject(
                due_on="due_on",
                name="name",
                purpose="purpose",
                course="course",
                status="status",
            )
        )
    )
