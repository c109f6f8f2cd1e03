"""Opening an adverse event, seeing it, and judging it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import lock_version
from patients.actions import open_task
from patients.models import Task
from treatments.models import AdverseEvent, FollowUp, InjectionSession, TreatmentCourse
from treatments.rules import toxin_spread

# What a provider judges; what was reported stays as it was told.
JUDGED = ("term", "onset_on", "severity", "serious", "criteria", "muscle", "relatedness", "outcome", "note")
CORRECTED = "The follow-up was corrected: no adverse event."
DAY_NOT_SAID = "The patient has not said on which day it began; this is the day of the answer."


@transaction.atomic
def report_adverse_event(
    *,
    session: InjectionSession,
    words: str,
    onset_on: date | None,
    on: date,
    by: User,
    answers: Mapping[str, str] | None = None,
    severity: str = "",
) -> AdverseEvent:
    """Open an event that somebody told of outside a follow-up; `on` is today at the site.

    The same told twice by one person is one event. Raises ValidationError for a session not given, nothing said at
    all, answers that are none, or a first day that is missing, before the session or in the future.
    """
    session = InjectionSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if session.status not in (InjectionSession.Status.SIGNED, InjectionSession.Status.RECORDED):
        raise ValidationError({"session": "Choose a session that was given."})
    event = _reported(session=session, words=words, answers=answers or {}, onset_on=onset_on, on=on)
    event.severity, event.reported_by = severity, by
    treated = list(TreatmentCourse.objects.filter(sessions=session)[:2])
    event.course = treated[0] if len(treated) == 1 else None
    event.provider = _told(session, event.course)
    told_before = AdverseEvent.objects.filter(
        session=session, follow_up=None, words=event.words, onset_on=event.onset_on, answers=event.answers,
        reported_by=by,
    ).first()  # fmt: skip
    if told_before is not None:
        return told_before
    event.full_clean()
    event.save()
    return event


@transaction.atomic
def event_of_follow_up(*, follow_up: FollowUp, onset_on: date | None, on: date, by: User) -> AdverseEvent | None:
    """The event that a recorded follow-up tells of: opened, corrected with it, or taken back when it tells of none.

    A correction has to be seen again. Raises ValidationError as report_adverse_event does, the first day as
    `event_onset_on`.
    """
    event = AdverseEvent.objects.select_for_update(of=("self",)).filter(follow_up=follow_up).first()
    if not follow_up.adverse_event and not toxin_spread.opens_event(follow_up.spread_answers):
        if event is not None and event.outcome != AdverseEvent.Outcome.ERROR:
            event.outcome, event.note = AdverseEvent.Outcome.ERROR, CORRECTED
            event.version += 1
            event.save()
        return event
    try:
        told = _reported(
            session=follow_up.session,
            words=follow_up.adverse_event_text,
            answers=follow_up.spread_answers,
            onset_on=onset_on,
            on=on,
        )
    except ValidationError as problem:
        names = {"onset_on": "event_onset_on"}
        said = {names.get(key, key): words for key, words in problem.message_dict.items()}
        raise ValidationError(said) from problem
    if event is None:
        told.follow_up, told.course, told.reported_by = follow_up, follow_up.course, by
        told.provider = _told(follow_up.session, follow_up.course)
        told.full_clean()
        told.save()
        return told
    again = ("words", "answers", "triage", "onset_on")
    if event.outcome == AdverseEvent.Outcome.ERROR and event.note == CORRECTED:
        event.outcome, event.note = AdverseEvent.Outcome.ONGOING, ""
    elif event.note == DAY_NOT_SAID:
        event.note = ""
    elif all(getattr(event, name) == getattr(told, name) for name in again):
        return event
    for name in (*again, "term"):
        setattr(event, name, getattr(told, name))
    event.seen_by = event.seen_at = None
    event.version += 1
    event.full_clean()
    event.save()
    return event


@transaction.atomic
def event_of_answers(
    *, follow_up: FollowUp, answers: Mapping[str, str], onset_on: date | None, on: date, source: str
) -> AdverseEvent | None:
    """The event that a patient's own answers tell of, opened at the first red one, without waiting for the rest.

    A yes stays in it when the patient takes it back: a person has to look. Each red answer that is new has to be seen
    again and puts a task for today on the list of the course's provider. None where no answer is red.
    """
    event = AdverseEvent.objects.select_for_update(of=("self",)).filter(follow_up=follow_up).first()
    told = dict(event.answers) if event is not None else {}
    said = {**told, **answers} | {key: toxin_spread.YES for key in told if told[key] == toxin_spread.YES}
    if not toxin_spread.opens_event(said):
        return event
    is_new = bool(toxin_spread.red_keys(said) - toxin_spread.red_keys(told))
    if event is None:
        event = _reported(session=follow_up.session, words="", answers=said, onset_on=onset_on or on, on=on)
        event.follow_up, event.course, event.source = follow_up, follow_up.course, source
        event.provider = _told(follow_up.session, follow_up.course)
        event.note = "" if onset_on else DAY_NOT_SAID
    elif is_new or onset_on not in (None, event.onset_on):
        fresh = _reported(session=follow_up.session, words="", answers=said, onset_on=onset_on or event.onset_on, on=on)
        for name in ("words", "answers", "triage", "onset_on", *(("term",) if is_new else ())):
            setattr(event, name, getattr(fresh, name))
        event.note = "" if onset_on and event.note == DAY_NOT_SAID else event.note
        event.version += 1
    else:
        return event
    if is_new:
        event.seen_by = event.seen_at = None
        provider = follow_up.course.provider
        open_task(
            patient=follow_up.course.patient,
            site=follow_up.course.site,
            kind=Task.Kind.RED_ANSWER,
            words="A marked answer to the questions between visits: call the patient today.",
            due_on=on,
            once=f"red answer {follow_up.pk}",
            about="follow-up",
            about_id=follow_up.pk,
            assigned_to=provider if provider.is_active else None,
        )
    event.full_clean()
    event.save()
    return event


@transaction.atomic
def see_adverse_event(*, event: AdverseEvent, by: User) -> AdverseEvent:
    """A provider has seen it; who saw it first stays."""
    event = AdverseEvent.objects.select_for_update(of=("self",)).get(pk=event.pk)
    if event.seen_at is None:
        event.seen_by, event.seen_at = by, timezone.now()
        event.version += 1
        event.save()
    return event


@transaction.atomic
def judge_adverse_event(
    *, event: AdverseEvent, judged: Mapping[str, Any], on: date, version: int | None, by: User
) -> AdverseEvent:
    """Write down severity, seriousness, relatedness, outcome and the rest of JUDGED; who judges has seen it.

    Raises StaleVersionError when somebody changed it meanwhile, ValidationError for what does not go together or a
    first day before the session or in the future.
    """
    event = lock_version(event, version=version)
    _check_onset(judged["onset_on"], session=event.session, on=on)
    for name in JUDGED:
        setattr(event, name, judged[name])
    if event.seen_at is None:
        event.seen_by, event.seen_at = by, timezone.now()
    event.full_clean()
    event.save()
    return event


def _reported(
    *, session: InjectionSession, words: str, answers: Mapping[str, str], onset_on: date | None, on: date
) -> AdverseEvent:
    """The event as it was told, not saved."""
    if problem := toxin_spread.answers_problem(answers):
        raise ValidationError({"answers": problem})
    said = words.strip() or toxin_spread.in_words(answers)
    if not said:
        raise ValidationError({"words": "Say what happened."})
    began_on = _check_onset(onset_on, session=session, on=on)
    return AdverseEvent(
        session=session,
        term=toxin_spread.term_of(answers),
        words=said,
        triage=toxin_spread.triage_of(answers),
        answers=dict(answers),
        onset_on=began_on,
    )


def _check_onset(onset_on: date | None, *, session: InjectionSession, on: date) -> date:
    if onset_on is None:
        raise ValidationError({"onset_on": "Say on which day it began."})
    if onset_on > on:
        raise ValidationError({"onset_on": "This day lies in the future."})
    if onset_on < session.performed_on:
        raise ValidationError({"onset_on": "Before the session."})
    return onset_on


def _told(session: InjectionSession, course: TreatmentCourse | None) -> User | None:
    """Who signed answers for the session; of one recorded from outside, who has the course."""
    return session.signed_by or (course.provider if course is not None else session.provider)
