from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import lock_version
from treatments.actions.windows import retarget
from treatments.models import FollowUp, TreatmentCourse
from treatments.rules.toxin_spread import answers_problem


@transaction.atomic
def record_follow_up(
    *,
    follow_up: FollowUp,
    by: User,
    version: int | None,
    on: date,
    onset_on: date | None = None,
    peak_on: date | None = None,
    wear_off_on: date | None = None,
    impression: int | None = None,
    satisfaction: int | None = None,
    adverse_event: bool | None = None,
    adverse_event_text: str = "",
    spread_answers: Mapping[str, str] | None = None,
    note: str = "",
) -> FollowUp:
    """Record what a follow-up found on that day; a wear-off sets the open window's target.

    Raises StaleVersionError when someone else recorded it meanwhile, ValidationError for one that was cancelled, a date
    before the session or after `on`, an adverse event without words, or answers that are none.
    """
    # The course first: signing and voiding lock it before the follow-ups, too.
    course = (TreatmentCourse.objects.select_for_update(of=("self",)).select_related("condition", "patient")).get(
        pk=follow_up.course_id
    )
    follow_up = lock_version(follow_up, version=version)
    if follow_up.status == FollowUp.Status.CANCELLED:
        raise ValidationError("This follow-up was cancelled.")
    problems: dict[str, str] = {}
    for name, value in (("onset_on", onset_on), ("peak_on", peak_on), ("wear_off_on", wear_off_on)):
        if value is not None and value < follow_up.session.performed_on:
            problems[name] = "Before the session."
        if value is not None and value > on:
            problems[name] = "This day lies in the future."
    if adverse_event and not adverse_event_text.strip():
        problems["adverse_event_text"] = "Say what happened."
    if words := answers_problem(spread_answers or {}):
        problems["spread_answers"] = words
    if problems:
        raise ValidationError(problems)
    follow_up.onset_on, follow_up.peak_on, follow_up.wear_off_on = onset_on, peak_on, wear_off_on
    follow_up.impression, follow_up.note = impression, note.strip()
    follow_up.satisfaction, follow_up.adverse_event = satisfaction, adverse_event
    follow_up.adverse_event_text = adverse_event_text.strip() if adverse_event else ""
    follow_up.spread_answers = dict(spread_answers or {})
    follow_up.status, follow_up.done_on, follow_up.done_by = FollowUp.Status.DONE, on, by
    follow_up.full_clean()
    follow_up.save()
    retarget(course=course)
    return follow_up


@transaction.atomic
def take_follow_up(*, follow_up: FollowUp, owner: User, by: User) -> FollowUp:
    """Say who does a planned follow-up; the course's provider is who does it when nobody took it on.

    Raises ValidationError for one that is not planned, or an owner who may not record it or does not work there.
    """
    follow_up = FollowUp.objects.select_for_update(of=("self",)).get(pk=follow_up.pk)
    if follow_up.status != FollowUp.Status.PLANNED:
        raise ValidationError(f"This follow-up is {follow_up.get_status_display()} already.")
    if not owner.is_active or not owner.has_perm("outcomes.record_follow_up"):
        raise ValidationError({"owner": f"{owner.name} may not record follow-ups."})
    if not owner.sites.filter(pk=follow_up.course.patient.site_id).exists():
        raise ValidationError({"owner": f"{owner.name} does not work at this site."})
    # The version stays: a form that is open somewhere records as well for a new owner.
    follow_up.owner = None if owner.pk == follow_up.course.provider_id else owner
    follow_up.save(update_fields=["owner"])
    return follow_up
