from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import record
from audit.models import Action, AuditEvent
from outcomes.models import Assessment, Export, Instrument
from outcomes.rules import score_problem
from outcomes.tasks import run_export
from treatments.actions.adverse_events import event_of_follow_up
from treatments.actions.follow_ups import record_follow_up
from treatments.models import FollowUp, TreatmentCourse

KEPT = timedelta(days=7)  # how long the file of an export lies here


@dataclass(frozen=True)
class Findings:
    """What a follow-up found, as it was told: days, impression (PGIC 1 to 7), adverse event, note.

    `spread` are the answers to the questions of rule R13, `event_onset_on` the first day of an adverse event.
    """

    onset_on: date | None = None
    peak_on: date | None = None
    wear_off_on: date | None = None
    impression: int | None = None
    adverse_event: bool | None = None
    adverse_event_text: str = ""
    spread: Mapping[str, str] = field(default_factory=dict)
    event_onset_on: date | None = None
    note: str = ""


@transaction.atomic
def record_assessment(
    *,
    course: TreatmentCourse,
    instrument: Instrument,
    assessed_on: date,
    value: Decimal,
    on: date,
    by: User,
    follow_up: FollowUp | None = None,
    note: str = "",
) -> Assessment:
    """Record one score of one day; the same score sent twice is one row, and the first is returned.

    `value` is in the instrument's coding (1+ on the MAS is 1.5), `on` today's date at the site. Raises ValidationError
    for a value the instrument cannot take, a day in the future or before the patient's birth, or a second score of a
    follow-up for the same instrument.
    """
    # The lock lets the second of two presses see the row of the first.
    TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    labels = instrument.grade_labels()
    problem = score_problem(
        value,
        minimum=instrument.minimum,
        maximum=instrument.maximum,
        step=instrument.step,
        grades=list(labels),
    )
    if problem:
        raise ValidationError({"value": problem})
    if assessed_on > on:
        raise ValidationError({"assessed_on": "This day lies in the future."})
    if assessed_on < course.patient.birth_date:
        raise ValidationError({"assessed_on": "This day lies before the patient's birth."})
    same_score = Assessment.objects.filter(course=course, instrument=instrument, assessed_on=assessed_on)
    if follow_up is not None:
        earlier = Assessment.objects.filter(follow_up=follow_up, instrument=instrument).first()
        if earlier is not None and earlier.value != value:
            raise ValidationError({"value": f"This follow-up already has a score of {earlier.shown}."})
    else:
        earlier = same_score.filter(value=value, note=note.strip()).first()
    if earlier is not None:
        return earlier
    assessment = Assessment(
        course=course,
        instrument=instrument,
        assessed_on=assessed_on,
        value=value,
        label=labels.get(value, ""),
        follow_up=follow_up,
        note=note.strip(),
        recorded_by=by,
    )
    assessment.full_clean()
    assessment.save()
    return assessment


@transaction.atomic
def record_scores(
    *,
    course: TreatmentCourse,
    scores: Mapping[Instrument, Decimal],
    assessed_on: date,
    on: date,
    by: User,
    follow_up: FollowUp | None = None,
    note: str = "",
) -> list[Assessment]:
    """Record the scores of one day, all or none; see record_assessment.

    Raises ValidationError without any score; a refused value is named by its instrument's key.
    """
    if not scores:
        raise ValidationError("Enter a score.")
    recorded = []
    for instrument, value in scores.items():
        try:
            recorded.append(
                record_assessment(
                    course=course,
                    instrument=instrument,
                    assessed_on=assessed_on,
                    value=value,
                    on=on,
                    by=by,
                    follow_up=follow_up,
                    note=note,
                )
            )
        except ValidationError as problem:
            if "value" in getattr(problem, "error_dict", {}):
                raise ValidationError({instrument.key: problem.message_dict["value"]}) from problem
            raise
    return recorded


@transaction.atomic
def record_follow_up_with_scores(
    *,
    follow_up: FollowUp,
    findings: Findings,
    scores: Mapping[Instrument, Decimal],
    version: int | None,
    done_on: date,
    on: date,
    by: User,
) -> FollowUp:
    """Record what a follow-up found, its scores and the adverse event it tells of, all or nothing; `on` is today.

    Raises StaleVersionError when someone else recorded it meanwhile, and ValidationError as record_follow_up and
    record_scores do, for an adverse event without its first day, or when the follow-up was cancelled or `done_on`
    lies in the future or before the session.
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
        adverse_event=findings.adverse_event,
        adverse_event_text=findings.adverse_event_text,
        spread_answers=findings.spread,
        note=findings.note,
    )
    event_of_follow_up(follow_up=recorded, onset_on=findings.event_onset_on, on=done_on, by=by)
    if scores:
        record_scores(
            course=follow_up.course,
            scores=scores,
            assessed_on=done_on,
            on=on,
            by=by,
            follow_up=recorded,
        )
    return recorded


def record_export(*, by: User, what: str) -> AuditEvent:
    """Note that somebody took figures or a list out of Cadence; `what` names the figure and the format, no person."""
    return record(action=Action.EXPORT, by=by, detail=what)


@transaction.atomic
def start_export(*, kind: str, query: str, on: date, by: User, now: datetime) -> Export:
    """Hand an export to the worker; `on` is today at the site. Files of this person older than a week are removed.

    Raises ValidationError for an unknown kind or an address too long, and while one of the same kind is being written.
    """
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    own = Export.objects.filter(asked_by=by)
    own.filter(status=Export.Status.READY, asked_at__lt=now - KEPT).update(status=Export.Status.REMOVED, data=None)
    if own.filter(kind=kind, status__in=[Export.Status.QUEUED, Export.Status.RUNNING]).exists():
        raise ValidationError("One is being written already. It stands below.")
    export = Export(kind=kind, query=query, on=on, asked_by=by)
    export.full_clean()
    export.save()
    what = "registry, without names" if kind == Export.Kind.REGISTRY else "outcome list, csv"
    record(action=Action.EXPORT, by=by, subject=export, detail=f"asked for: {what}")
    transaction.on_commit(lambda: run_export.enqueue(export.pk))
    return export


@transaction.atomic
def remove_export(*, export: Export, by: User) -> Export:
    """Take an export's file away; that it was made stays on record."""
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if export.status == Export.Status.READY:
        export.status, export.data = Export.Status.REMOVED, None
        export.save(update_fields=["status", "data"])
        record(action=Action.EXPORT, by=by, subject=export, detail="file removed")
    return export


def record_download(*, export: Export, by: User) -> AuditEvent:
    """Note that somebody took the file of an export."""
    return record(action=Action.EXPORT, by=by, subject=export, detail=f"downloaded: {export.get_kind_display()}")
