"""What is done about a patient who should be called: a try to reach them, a row put away or brought back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from messaging.actions.queue import cancel_messages
from messaging.models import ContactPolicy, Purpose
from patients.actions.tasks import complete_task, open_task
from patients.models import Patient, Task
from scheduling.actions.claims import claim, release
from scheduling.models import AttemptOutcome, RecallAttempt, RecallHold
from scheduling.querysets import THIS_WINDOW
from scheduling.recall_page import LETTER_ABOUT
from scheduling.rules.recalls import LONGEST_HOLD_DAYS, hidden_until, letter_is_due, letter_words
from treatments.models import RetreatmentWindow, TreatmentCourse

Kind = RecallHold.Kind


@transaction.atomic
def log_attempt(
    *,
    course: TreatmentCourse,
    channel: str,
    outcome: str,
    by: User,
    note: str = "",
    now: datetime | None = None,
    take_over: bool = False,
) -> RecallAttempt:
    """Keep one try to reach the patient, for the window that is open now (none before a first session).

    Ends the person's claim on the patient, and opens the letter task once enough tries reached nobody. Raises
    ValidationError for an unknown channel or outcome, and ClaimedError while somebody else is calling the patient,
    unless the claim is taken over.
    """
    if channel not in Patient.Channel.values:
        raise ValidationError({"channel": "Choose how you tried."})
    came_of_it = AttemptOutcome.objects.filter(key=outcome, is_active=True).first()
    if came_of_it is None:
        raise ValidationError({"outcome": "Choose what came of it."})
    moment = now or timezone.now()
    claim(course=course, by=by, now=moment, take_over=take_over)
    # Locked, so that the window cannot close between reading and keeping it.
    course = TreatmentCourse.objects.select_for_update(of=("self",)).select_related("site").get(pk=course.pk)
    attempt = RecallAttempt.objects.create(
        course=course,
        window=_open_window(course),
        channel=channel,
        outcome=came_of_it,
        hidden_until=hidden_until(
            hide_days=came_of_it.hide_days,
            closes_cycle=came_of_it.closes_cycle,
            called_on=course.site.today(now=moment),
        ),
        note=note.strip(),
        at=moment,
        by=by,
    )
    cancel_messages(about="course", about_id=course.pk, purposes=[Purpose.RECALL], reason="Called meanwhile.")
    if came_of_it.patient_reached or channel == Patient.Channel.LETTER:
        words = "The patient was reached." if came_of_it.patient_reached else "A letter was logged."
        for task in Task.objects.filter(
            patient=course.patient_id, kind=Task.Kind.LETTER, about=LETTER_ABOUT, about_id=course.pk, done_at=None
        ):
            complete_task(task=task, note=words, by=by, now=moment)
    elif not came_of_it.closes_cycle:
        open_letter_if_due(course=course, by=by, now=moment)
    release(course=course, by=by)
    return attempt


def open_letter_if_due(*, course: TreatmentCourse, by: User | None, now: datetime) -> Task | None:
    """The task to write a letter, once per window, when as many attempts as the site allows have reached nobody."""
    window = _open_window(course)
    attempts = RecallAttempt.objects.of_this_window().filter(course=course).order_by()
    counts = attempts.aggregate(made=Count("pk"), reached=Count("pk", filter=Q(outcome__patient_reached=True)))
    policy = ContactPolicy.objects.filter(site=course.site_id).first() or ContactPolicy()
    if not letter_is_due(made=counts["made"], reached=counts["reached"], most=policy.max_attempts):
        return None
    once = f"letter for window {window.pk}" if window else f"letter for course {course.pk}"
    if Task.objects.filter(once=once).exists():
        return None
    return open_task(
        patient=course.patient,
        site=course.site,
        kind=Task.Kind.LETTER,
        words=letter_words(counts["made"]),
        due_on=course.site.today(now=now),
        once=once,
        about=LETTER_ABOUT,
        about_id=course.pk,
        by=by,
    )


@transaction.atomic
def put_away(
    *, course: TreatmentCourse, kind: str, until: date | None, reason: str, by: User, now: datetime
) -> RecallHold:
    """Keep a course off the lists to call: snoozed or paused until a day, when it comes back by itself, or stopped.

    A stop has no day: it lasts until somebody brings the course back, or its next session. Raises ValidationError for a
    day that is missing, not ahead or more than a year away, or without a reason.
    """
    problems: dict[str, str] = {}
    today = course.site.today(now=now)
    if kind not in (Kind.SNOOZE, Kind.PAUSE, Kind.STOP):
        problems["kind"] = "Choose snooze, pause or stop."
    elif kind == Kind.STOP:
        until = None
    elif until is None:
        problems["until"] = "Choose a day."
    elif until <= today:
        problems["until"] = "Choose a day after today."
    elif until > today + timedelta(days=LONGEST_HOLD_DAYS):
        problems["until"] = "At most a year ahead."
    if not reason.strip():
        problems["reason"] = "Say why."
    if problems:
        raise ValidationError(dict(problems))
    course = TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    release(course=course, by=by)
    cancel_messages(about="course", about_id=course.pk, purposes=[Purpose.RECALL], reason="Put away meanwhile.")
    return RecallHold.objects.create(
        course=course, window=_open_window(course), kind=kind, until=until, reason=reason.strip(), at=now, by=by
    )


def snooze(*, course: TreatmentCourse, until: date, reason: str, by: User, now: datetime) -> RecallHold:
    """Put a course away for a short time; see put_away."""
    return put_away(course=course, kind=Kind.SNOOZE, until=until, reason=reason, by=by, now=now)


def bring_back(*, course: TreatmentCourse, reason: str, by: User | None, now: datetime) -> RecallHold:
    """End whatever keeps a course off the lists to call, a hold or a call, from today on."""
    return RecallHold.objects.create(
        course=course,
        window=_open_window(course),
        kind=Kind.BACK,
        until=course.site.today(now=now),
        reason=reason,
        at=now,
        by=by,
    )


def is_out_for_good(*, course: TreatmentCourse, since: datetime) -> bool:
    """Whether somebody said after that moment that nobody is called any more for the window that is open now."""
    stop = RecallHold.objects.filter(THIS_WINDOW, course=course).order_by("-id").first()
    if stop is not None and stop.kind == Kind.STOP:
        return stop.at > since
    last = RecallAttempt.objects.of_this_window().filter(course=course).order_by("-id").first()
    if last is None or (stop is not None and stop.at >= last.at):
        return False
    return last.hidden_until == date.max and last.at > since


def _open_window(course: TreatmentCourse) -> RetreatmentWindow | None:
    return RetreatmentWindow.objects.filter(course=course, closed_by=None, voided=False).first()
