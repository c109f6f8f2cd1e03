"""Ties a visit that was booked ahead for a step of the plan to the follow-up that signing the session planned."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from scheduling.models import Appointment
from scheduling.rules.visits import INACTIVE
from treatments.models import FollowUp


@transaction.atomic
def attach_follow_ups(*, patients: Iterable[int]) -> int:
    """Give visits booked with a session the follow-up of their step, once that session is signed; returns how many.

    Signing belongs to an app that knows no diary, so this is done when somebody next looks at or works on the visits.
    Doing it again changes nothing.
    """
    waiting = (
        Appointment.objects.exclude(status__in=INACTIVE)
        .filter(patient__in=list(patients), follow_up=None, planned_with__session__isnull=False)
        .exclude(plan_step="")
        .select_related("planned_with")
        .prefetch_related("planned")
    )
    done = 0
    for visit in waiting:
        assert visit.planned_with is not None  # noqa: S101 - asked for
        found = FollowUp.objects.filter(
            session=visit.planned_with.session_id,
            step=visit.plan_step,
            status=FollowUp.Status.PLANNED,
            course__in=[row.course_id for row in visit.planned.all()],
        ).first()
        if found is not None:
            done += Appointment.objects.filter(pk=visit.pk, follow_up=None).update(follow_up=found)
    return done
