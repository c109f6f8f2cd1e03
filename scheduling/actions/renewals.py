"""Asking a payer for the authorisation of the next session."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from patients.actions import add_authorization
from patients.models import Coverage, Patient, PriorAuthorization
from patients.rules.authorization import next_span
from treatments.models import RetreatmentWindow, TreatmentCourse

# As long as most are given for, where no earlier one says it; whoever enters the answer enters the days given.
USUAL_DAYS = 364


@transaction.atomic
def ask_for_authorization(
    *, course: TreatmentCourse, coverage: Coverage, next_on: date, on: date, by: User
) -> tuple[PriorAuthorization, bool]:
    """Note that the payer was asked today: an authorisation that waits for its answer, for the session on `next_on`.

    Returns it and whether it is new: it begins as the last one of this coverage, condition and product; pressed again,
    or by two at once, there is one.
    Raises ValidationError when nobody has said yet which product it is for.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=course.patient_id)
    condition = course.condition.key
    mine = patient.authorizations.filter(condition=condition)
    waiting = mine.filter(status=PriorAuthorization.Status.SUBMITTED, ends_on__gte=next_on).order_by("pk").first()
    if waiting is not None:
        return waiting, False
    window = RetreatmentWindow.objects.filter(course=course, closed_by=None, voided=False)
    given = window.values_list("session__product__key", flat=True).first()
    before = mine.filter(product=given) if given else mine
    last = before.order_by("-ends_on", "-pk").first()
    product = given or (last.product if last else "")
    if not product:
        raise ValidationError("Nobody has said which product: enter the authorisation with its product.")
    values: dict[str, Any] = {"units_approved": None, "visits_approved": None}
    starts_on, ends_on = on, on + timedelta(days=USUAL_DAYS)
    if last is not None:
        starts_on, ends_on = next_span(starts_on=last.starts_on, ends_on=last.ends_on, on=on)
        values = {"units_approved": last.units_approved, "visits_approved": last.visits_approved}
    # Asked for early because visits or units run out, it begins before the one that is still running ends.
    if starts_on > next_on:
        starts_on, ends_on = next_on, next_on + (ends_on - starts_on)
    made = add_authorization(
        patient=patient,
        by=by,
        coverage=coverage,
        status=PriorAuthorization.Status.SUBMITTED,
        submitted_on=on,
        product=product,
        condition=condition,
        starts_on=starts_on,
        ends_on=max(ends_on, next_on),
        **values,
    )
    return made, True


@transaction.atomic
def take_back_asking(*, authorization: PriorAuthorization, by: User) -> None:
    """Undo `ask_for_authorization`. Raises ValidationError once somebody has written anything more into it."""
    current = PriorAuthorization.objects.select_for_update(of=("self",)).filter(pk=authorization.pk).first()
    if current is None:
        return
    if current.status != PriorAuthorization.Status.SUBMITTED or current.version != 1 or current.document_name:
        raise ValidationError("Somebody has entered more of it meanwhile: change it on the chart.")
    current.delete()
