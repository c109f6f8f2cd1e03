"""A questionnaire from its asking to its end. What a patient answers is kept at once, one answer at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import record
from messaging.actions.links import revoke_links
from messaging.actions.queue import cancel_messages, queue_message, reach_of
from messaging.models import Message, PatientLink, Purpose
from messaging.rules.channels import LETTER
from outcomes.actions.assessments import Entry, record_assessment
from outcomes.actions.diary import BY_LETTER, DIARY_LASTS, LINK_USE, TOO_LATE, record_diary_score
from outcomes.models import InstrumentVersion, Questionnaire
from outcomes.models.questionnaire import ABOUT
from outcomes.questions import days_after, has_diary, questions_of_version
from outcomes.rules.instruments import Scoring, score_answers
from outcomes.rules.patient_questions import (
    EVENT_ONSET,
    PASSED,
    PEAK_FROM,
    SPREAD,
    TOTAL,
    Question,
    days_of,
    given_problem,
    instrument_answers,
)
from treatments.actions.adverse_events import event_of_answers
from treatments.models import FollowUp, FollowUpStep, TreatmentCourse

# How long after the day of the follow-up a link opens; one to a diary until the next one is there.
LINK_LASTS = timedelta(days=21)

DONE = "The follow-up was done."
CANCELLED = "The follow-up was cancelled."
FINISHED = "The patient has answered."
WITHDRAWN = "The questions were withdrawn."
PASSED_OVER = "A later session, or the patient is gone."


class ClosedError(Exception):
    """The questionnaire takes no answer any more: finished, withdrawn, or its follow-up is over."""


def why_closed(follow_up: FollowUp, questionnaire: Questionnaire | None) -> str:
    """Why the patient is asked nothing about this follow-up, in words; "" where the questions are open."""
    if follow_up.status != FollowUp.Status.PLANNED:
        return DONE if follow_up.status == FollowUp.Status.DONE else CANCELLED
    if questionnaire is not None and questionnaire.finished_at is not None:
        return FINISHED
    return WITHDRAWN if questionnaire is not None and questionnaire.withdrawn_at is not None else ""


def why_not_asked(follow_up_id: int, *, since: datetime | None, now: datetime) -> str:
    """The same of a follow-up by its number, for a message that waits."""
    follow_up = FollowUp.objects.select_related("questionnaire").filter(pk=follow_up_id).first()
    if follow_up is None:
        return CANCELLED
    if why := why_closed(follow_up, getattr(follow_up, "questionnaire", None)):
        return why
    return "" if FollowUp.objects.still_wanted().filter(pk=follow_up_id).exists() else PASSED_OVER


def versions_to_ask(follow_up: FollowUp) -> list[InstrumentVersion]:
    """What its step asks for and a patient can answer, and the diary of its condition."""
    window = follow_up.session.windows.filter(course=follow_up.course_id).first()
    steps = FollowUpStep.objects.filter(policy=window.policy_id if window else None, key=follow_up.step)
    asked = {key for keys in steps.values_list("instruments", flat=True) for key in keys}
    return [
        version
        for version in InstrumentVersion.objects.asked_of(follow_up.course.condition)
        if version.scoring == Scoring.DIARY or (version.instrument.key in asked and questions_of_version(version))
    ]


@transaction.atomic
def ask_patient(*, follow_up: FollowUp, by: User | None, now: datetime) -> Questionnaire:
    """The questionnaire of that follow-up, made where there is none; asked again by a person, one withdrawn reopens.

    Raises ValidationError when the follow-up is over or the patient has answered.
    """
    follow_up = _locked(follow_up)
    standing = Questionnaire.objects.select_for_update(of=("self",)).filter(follow_up=follow_up).first()
    if standing is not None and standing.withdrawn_at is not None and by is not None:
        standing.withdrawn_at = standing.withdrawn_by = None
        standing.asked_at, standing.asked_by = now, by
        standing.save()
    if why := why_closed(follow_up, standing):
        raise ValidationError(why)
    if standing is not None:
        return standing
    questionnaire = Questionnaire.objects.create(follow_up=follow_up, asked_at=now, asked_by=by)
    questionnaire.versions.set(versions_to_ask(follow_up))
    return questionnaire


@transaction.atomic
def send_questions(*, follow_up: FollowUp, by: User, now: datetime) -> Message:
    """Send the link now, at somebody's press; a link sent before opens no more. Two presses queue one message.

    Raises ValidationError, in words, when nobody can be written to or the follow-up is over.
    """
    questionnaire = ask_patient(follow_up=follow_up, by=by, now=now)
    about = Message.objects.filter(about=ABOUT, about_id=follow_up.pk)
    waiting = about.filter(status__in=[Message.Status.QUEUED, Message.Status.SENDING]).first()
    if waiting is not None:
        return waiting
    course = questionnaire.follow_up.course
    choice = reach_of(course.patient, on=course.site.today(now=now))
    if choice.channel is None or choice.channel == LETTER:
        raise ValidationError(choice.why or BY_LETTER)
    revoke_links(purpose=PatientLink.Purpose.QUESTIONNAIRE, about_id=follow_up.pk)
    message = queue_message(
        patient=course.patient,
        site=course.site,
        purpose=Purpose.QUESTIONNAIRE,
        about=ABOUT,
        about_id=follow_up.pk,
        once=f"questions {follow_up.pk} by hand, {about.count()} before",
        send_after=now,
        send_before=now + LINK_USE,
        values={"link_until": link_until(questionnaire, now=now)},
        channel=choice.channel,
        now=now,
        by=by,
    )
    if message is None:
        raise ValidationError(TOO_LATE)
    return message


def link_until(questionnaire: Questionnaire, *, now: datetime) -> datetime:
    return now + (DIARY_LASTS if has_diary(questionnaire) else LINK_LASTS)


@transaction.atomic
def withdraw_questions(*, questionnaire: Questionnaire, by: User, now: datetime) -> Questionnaire:
    """Ask no more: the link opens nothing and what is unsent stays so; what was answered stays.

    Raises ValidationError when the patient has finished.
    """
    _locked(questionnaire.follow_up)
    current = Questionnaire.objects.select_for_update(of=("self",)).get(pk=questionnaire.pk)
    if current.finished_at is not None:
        raise ValidationError(FINISHED)
    if current.withdrawn_at is None:
        current.withdrawn_at, current.withdrawn_by = now, by
        current.save()
    cancel_messages(about=ABOUT, about_id=current.follow_up_id, reason=WITHDRAWN)
    revoke_links(purpose=PatientLink.Purpose.QUESTIONNAIRE, about_id=current.follow_up_id)
    return current


@transaction.atomic
def open_questionnaire(*, questionnaire: Questionnaire, source: str, now: datetime, by: User | None = None) -> None:
    """The patient looks at the questions: by a link, or on a tablet that `by` handed over. Kept in the audit trail."""
    Questionnaire.objects.filter(pk=questionnaire.pk, opened_at=None).update(opened_at=now)
    record(
        action="questions-opened",
        by=by,
        patient_id=questionnaire.follow_up.course.patient_id,
        subject=questionnaire,
        detail=source,
    )


@transaction.atomic
def keep_answer(
    *, questionnaire: Questionnaire, question: Question, given: str, source: str, now: datetime
) -> Questionnaire:
    """Keep one answer, the latest of a question counts; empty text passes it over.

    A red answer opens the adverse event and the task for the provider at once. Raises ClosedError when nothing is
    asked any more, ValidationError (with the code of given_problem, or "together") for what is no answer.
    """
    given = given.strip()
    current = _open(questionnaire)
    follow_up = current.follow_up
    today = follow_up.course.site.today(now=now)
    if given != PASSED:
        first = follow_up.session.performed_on
        if problem := given_problem(question, given, first=first, today=today):
            raise ValidationError("This is no answer.", code=problem)
        if question.item is not None and _clashes(current, question, given):
            raise ValidationError("This does not go together with another answer.", code="together")
    current.answers = {**current.answers, question.key: given}
    current.answered_at, current.answered_by = now, source
    current.opened_at = current.opened_at or now
    current.save()
    if question.key.startswith(SPREAD) or question.key == EVENT_ONSET:
        event_of_answers(
            follow_up=follow_up,
            answers=current.spread,
            onset_on=days_of(current.answers).get(EVENT_ONSET),
            on=today,
            source=source,
        )
    return current


@transaction.atomic
def finish_questionnaire(*, questionnaire: Questionnaire, source: str, now: datetime) -> Questionnaire:
    """Record what the patient answered as scores of the follow-up, and close the questionnaire; twice is once.

    What was left open is missing, as the instrument says. Raises ClosedError when nothing is asked any more.
    """
    # The course first, as recording a follow-up does.
    TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=questionnaire.follow_up.course_id)
    if Questionnaire.objects.filter(pk=questionnaire.pk, finished_at__isnull=False).exists():
        return questionnaire
    current = _open(questionnaire)
    follow_up = current.follow_up
    today = follow_up.course.site.today(now=now)
    for version in current.versions.all():
        _record(current, version, today=today, source=source)
    current.finished_at = now
    current.answered_at, current.answered_by = current.answered_at or now, source
    current.opened_at = current.opened_at or now
    current.save()
    cancel_messages(about=ABOUT, about_id=follow_up.pk, reason=FINISHED)
    return current


def _record(questionnaire: Questionnaire, version: InstrumentVersion, *, today: date, source: str) -> None:
    follow_up = questionnaire.follow_up
    if version.scoring == Scoring.DIARY:
        if days_after(follow_up) >= PEAK_FROM:
            _record_diary(follow_up.course, today=today, source=source)
        return
    answers = instrument_answers(questionnaire.answers, key=version.instrument.key)
    total = answers.pop(TOTAL, None)
    if not answers and total is None:
        return
    record_assessment(
        course=follow_up.course,
        version=version,
        entry=Entry(answers=answers, total=total),
        assessed_on=today,
        on=today,
        by=None,
        answered_by=source,
        follow_up=follow_up,
    )


def _record_diary(course: TreatmentCourse, *, today: date, source: str) -> None:
    """The 28 days up to the last one written down, today or yesterday; too few of them give no score, and no zero."""
    days: Iterable[date] = course.diary_days.filter(day__range=(today - timedelta(days=1), today)).values_list(
        "day", flat=True
    )
    for last in sorted(days, reverse=True)[:1]:
        try:
            with transaction.atomic():
                record_diary_score(course=course, last=last, on=today, by=None, answered_by=source)
        except ValidationError:
            return


def _clashes(questionnaire: Questionnaire, question: Question, given: str) -> bool:
    """Whether the sum of some answers would be more than the instrument allows."""
    key, _, item = question.key.partition(".")
    version = next((row for row in questionnaire.versions.all() if row.instrument.key == key), None)
    if version is None or item == TOTAL:
        return False
    answers = instrument_answers({**questionnaire.answers, question.key: given}, key=key)
    return bool(score_answers(version.definition(), answers).problems)


def _open(questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire with its follow-up, both locked; raises ClosedError when it takes nothing any more."""
    follow_up = _locked(questionnaire.follow_up)
    current = (
        Questionnaire.objects.select_for_update(of=("self",))
        .prefetch_related("versions__instrument", "versions__texts")
        .get(pk=questionnaire.pk)
    )
    current.follow_up = follow_up
    if why_closed(follow_up, current):
        raise ClosedError
    return current


def _locked(follow_up: FollowUp) -> FollowUp:
    return (
        FollowUp.objects.select_for_update(of=("self",), no_key=True)
        .select_related("session", "course__patient", "course__site", "course__condition", "course__provider")
        .get(pk=follow_up.pk)
    )
