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


class LoggedError(Exception):
    """Somebody logged another try since the form was opened; `attempt` is that one."""

    def __init__(self, attempt: RecallAttempt) -> None:
        super().__init__(str(attempt))
        self.attempt = attempt


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
    seen: int | None = None,
) -> RecallAttempt:
    """Keep one try to reach the patient, for the window that is open now (none before a first session).

    Ends the person's claim on the patient, and opens the letter task once enough tries reached nobody. `seen` is the
    newest try that the person had before them, 0 for none: the same press sent twice keeps one try. Raises
    ValidationError for an unknown channel or outcome; unless it is taken over, ClaimedError while somebody else is
    calling the patient, and LoggedError when somebody has logged another try since.
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
    newest = RecallAttempt.objects.filter(pk=newest_attempt(course)).select_related("outcome", "by").first()
    if newest is not None and seen is not None and newest.pk > seen:
        if (newest.by, newest.channel, newest.outcome, newest.note) == (by, channel, came_of_it, note.strip()):
            release(course=course, by=by)
            return newest
        if not take_over:
            raise LoggedError(newest)
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


def newest_attempt(course: TreatmentCourse) -> int:
    """The id of the try that a person logged last; 0 for none."""
    tries = RecallAttempt.objects.filter(course=course, source=RecallAttempt.Source.PERSON)
    return tries.order_by("-pk").values_list("pk", flat=True).first() or 0


def newest_hold(course: TreatmentCourse) -> int:
    """The id of what somebody did last to keep the course off the lists or bring it back; 0 for nothing."""
    return RecallHold.objects.filter(course=course).values_list("pk", flat=True).first() or 0


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
    *,
    course: TreatmentCourse,
    kind: str,
    until: date | None,
    reason: str,
    by: User,
    now: datetime,
    seen: int | None = None,
) -> RecallHold:
    """Keep a course off the lists to call: snoozed or paused until a day, when it comes back by itself, or stopped.

    A stop has no day: it lasts until somebody brings the course back, or its next session. `seen` is the newest hold
    that the person had before them, 0 for none: the same press sent twice keeps one hold. Raises ValidationError for a
    day that is missing, not ahead or more than a year away, without a reason, and ("stale") when somebody put the
    course away or brought it back since.
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
    newest = RecallHold.objects.filter(pk=newest_hold(course)).select_related("by").first()
    if newest is not None and seen is not None and newest.pk > seen:
        if (newest.by, newest.kind, newest.until, newest.reason) == (by, kind, until, reason.strip()):
            return newest
        raise ValidationError(
            f"{newest.by or 'The program'} has changed this row meanwhile: {newest.get_kind_display().lower()}, "
            f"“{newest.reason}”. Put away again to set yours in its place.",
            code="stale",
        )
    release(course=course, by=by)
    cancel_messages(about="course", about_id=course.pk, purposes=[Purpose.RECALL], reason="Put away meanwhile.")
    return RecallHold.objects.create(
        course=course, window=_open_window(course), kind=kind, until=until, reason=reason.strip(), at=now, by=by
    )


def snooze(*, course: TreatmentCourse, until: date, reason: str, by: User, now: datetime) -> RecallHold:
    """Put a course away for a short time; see put_away."""
    return put_away(course=course, kind=Kind.SNOOZE, until=until, reason=reason, by=by, now=now)


@transaction.atomic
def bring_back(*, course: TreatmentCourse, reason: str, by: User | None, now: datetime) -> RecallHold:
    """End what keeps a course off the lists to call, a hold or a call, from today on; twice is as once."""
    TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    newest = RecallHold.objects.filter(THIS_WINDOW, course=course).first()
    if newest is not None and newest.kind == Kind.BACK and not course.attempts.filter(at__gt=newest.at).exists():
        return newest
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
