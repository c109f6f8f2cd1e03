"""Who is calling a patient right now, so that two people who work the same list do not call the same one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from patients.models import Patient
from scheduling.models import RecallClaim
from treatments.models import TreatmentCourse

CLAIM_LASTS = timedelta(minutes=10)


class ClaimedError(Exception):
    """Somebody else is calling this patient; `claim` says who and since when."""

    def __init__(self, claim: RecallClaim) -> None:
        super().__init__(str(claim))
        self.claim = claim


@transaction.atomic
def claim(*, course: TreatmentCourse, by: User, now: datetime, take_over: bool = False) -> RecallClaim:
    """Say that this person calls the course's patient now; opening it again makes it last on.

    Raises ClaimedError while somebody else does, about this or another course of the patient, unless it is taken over.
    """
    # Two who open the same patient at once stand in line here; the unique course of a claim is the second lock.
    Patient.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=course.patient_id)
    others = RecallClaim.objects.filter(course__patient=course.patient_id).exclude(by=by).select_related("by")
    if not take_over and (standing := others.filter(until__gt=now).order_by("at").first()):
        raise ClaimedError(standing)
    # What is left of others has run out or is taken over.
    RecallClaim.objects.filter(pk__in=[other.pk for other in others]).delete()
    own = RecallClaim.objects.filter(course=course, by=by).first()
    if own is None or own.until <= now:
        own, _ = RecallClaim.objects.update_or_create(
            course=course, defaults={"by": by, "at": now, "until": now + CLAIM_LASTS}
        )
    else:
        own.until = now + CLAIM_LASTS
        own.save(update_fields=["until"])
    return own


def release(*, course: TreatmentCourse, by: User) -> None:
    """End this person's claims on the course's patient; those of others stay."""
    RecallClaim.objects.filter(course__patient=course.patient_id, by=by).delete()
