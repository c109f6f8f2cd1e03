from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject

if TYPE_CHECKING:
    from accounts.models import User
    from treatments.models import AdverseEvent  # noqa: F401

# Over for the rules: nothing to ask about at the next session.
SETTLED = ("recovered", "fatal", "error")


class AdverseEventQuerySet(models.QuerySet["AdverseEvent"]):
    def visible_to(self, user: User) -> AdverseEventQuerySet:
        return self.filter(session__patient__site__in=user.sites.all())

    def unseen(self) -> AdverseEventQuerySet:
        return self.filter(seen_at=None).exclude(outcome="error")

    def waiting_for(self, user: User, *, day_began: datetime) -> AdverseEventQuerySet:
        """What nobody has seen and this provider should: their own, nobody's, and any left over from before today."""
        theirs = Q(provider=user) | Q(provider=None) | Q(provider__is_active=False) | Q(reported_at__lt=day_began)
        return self.visible_to(user).unseen().filter(theirs)

    def most_urgent_first(self) -> AdverseEventQuerySet:
        urgency = Case(
            *(When(triage=key, then=Value(place)) for place, key in enumerate(("danger", "same_day", "watch"))),
            default=Value(3),
        )
        return self.order_by(urgency, "reported_at", "id")

    def still_open(self) -> AdverseEventQuerySet:
        """Not recovered: what the next session has to take account of."""
        return self.exclude(outcome__in=SETTLED)

    def for_list(self) -> AdverseEventQuerySet:
        return self.select_related(
            "session__patient", "session__product", "course__condition", "provider", "reported_by", "seen_by"
        )

    def for_record(self) -> AdverseEventQuerySet:
        """What the page of one event shows."""
        return self.for_list().select_related("session__site", "session__provider", "follow_up", "muscle")


def events_of_session() -> ArraySubquery:
    """To annotate a session with: its adverse events as JSON, by their first days."""
    from treatments.models import AdverseEvent

    rows = AdverseEvent.objects.filter(session=OuterRef("pk")).order_by("onset_on", "pk")
    return ArraySubquery(
        rows.values(
            json=JSONObject(
                id="pk", onset_on="onset_on", words="words", outcome="outcome", seen=Q(seen_at__isnull=False)
            )
        )
    )


def open_events_before() -> ArraySubquery:
    """To annotate a session with: the patient's events of other sessions that began by its day and are not over."""
    from treatments.models import AdverseEvent

    rows = (
        AdverseEvent.objects.still_open()
        .filter(session__patient=OuterRef("patient"), onset_on__lte=OuterRef("performed_on"))
        .exclude(session=OuterRef("pk"))
        .order_by("onset_on", "pk")
    )
    return ArraySubquery(
        rows.values(
            json=JSONObject(
                id="pk",
                words="words",
                onset_on="onset_on",
                outcome="outcome",
            )
        )
    )
