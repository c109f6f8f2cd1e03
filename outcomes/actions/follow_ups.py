from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from outcomes.actions.assessments import Entry, record_scores
from outcomes.models import InstrumentVersion
from outcomes.models.questionnaire import ABOUT
from patients.actions import complete_task
from patients.models import Task
from treatments.actions.adverse_events import event_of_follow_up
from treatments.actions.follow_ups import record_follow_up
from treatments.actions.windows import choose_target
from treatments.models import FollowUp


@dataclass(frozen=True)
class Findings:
    """What a follow-up found, as it was told: days, impression (PGIC 1 to 7), satisfaction, adverse event, note.

    `spread` are the answers to the questions of rule R13, `event_onset_on` the first day of an adverse event;
    `target_on` and its reason are the day to aim the next session at.
    """

    onset_on: date | None = None
    peak_on: date | None = None
    wear_off_on: date | None = None
    impression: int | None = None
    satisfaction: int | None = None
    adverse_event: bool | None = None
    adverse_event_text: str = ""
    spread: Mapping[str, str] = field(default_factory=dict)
    event_onset_on: date | None = None
    note: str = ""
    target_on: date | None = None
    target_reason: str = ""


@transaction.atomic
def record_follow_up_with_scores(
    *,
    follow_up: FollowUp,
    findings: Findings,
    scores: Mapping[InstrumentVersion, Entry],
    version: int | None,
    done_on: date,
    on: date,
    by: User,
) -> FollowUp:
    """Record what a follow-up found: its scores, the adverse event it tells of, the next target. `on` is today.

    All or nothing. Raises StaleVersionError when someone else recorded it meanwhile, and ValidationError as
    record_follow_up and record_scores do, for an adverse event without its first day, a target that cannot be aimed
    at, or when the follow-up was cancelled or `done_on` lies in the future or before the session.
    """
    if follow_up.status == FollowUp.Status.CANCELLED:
        raise ValidationError("This follow-up was cancelled.")
    if done_on > on:
        raise ValidationError({"done_on": "This day lies in the future."})
    if done_on < follow_up.session.performed_on:
        raise ValidationError({"done_on": "Before the session."})
    recorded = record_follow_up(
        follow_up=follow_up,
        by=by,
        version=version,
        on=done_on,
        onset_on=findings.onset_on,
        peak_on=findings.peak_on,
        wear_off_on=findings.wear_off_on,
        impression=findings.impression,
        satisfaction=findings.satisfaction,
        adverse_event=findings.adverse_event,
        adverse_event_text=findings.adverse_event_text,
        spread_answers=findings.spread,
        note=findings.note,
    )
    event_of_follow_up(follow_up=recorded, onset_on=findings.event_onset_on, on=done_on, by=by)
    for task in Task.objects.open().filter(kind=Task.Kind.RED_ANSWER, about=ABOUT, about_id=recorded.pk):
        complete_task(task=task, note="The follow-up was recorded.", by=by, now=timezone.now())
    if scores:
        record_scores(
            course=follow_up.course,
            scores=scores,
            assessed_on=done_on,
            on=on,
            by=by,
            follow_up=recorded,
        )
    if findings.target_on is not None:
        try:
            choose_target(
                course=follow_up.course,
                target_on=findings.target_on,
                reason=findings.target_reason,
                on=on,
                by=by,
            )
        except ValueError as problem:
            name = "target_on" if findings.target_reason.strip() else "target_reason"
            raise ValidationError({name: str(problem)}) from problem
    return recorded
