"""What is done about a patient who should be called: a try to reach them, a row put away or brought back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from patients.models import Patient
from scheduling.models import RecallAttempt, Snooze
from scheduling.rules import LONGEST_SNOOZE_DAYS
from treatments.models import RetreatmentWindow, TreatmentCourse


@transaction.atomic
def log_attempt(*, course: TreatmentCourse, channel: str, outcome: str, by: User, note: str = "") -> RecallAttempt:
    """Keep one try to reach the patient, for the window that is open now (none before a first session).

    Raises ValidationError for an unknown channel or outcome.
    """
    if channel not in Patient.Channel.values:
        raise ValidationError({"channel": "Choose how you tried."})
    if outcome not in RecallAttempt.Outcome.values:
        raise ValidationError({"outcome": "Choose what came of it."})
    # Locked, so that the window cannot close between reading and keeping it.
    course = TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    return RecallAttempt.objects.create(
        course=course,
        window=RetreatmentWindow.objects.filter(course=course, closed_by=None, voided=False).first(),
        channel=channel,
        outcome=outcome,
        note=note.strip(),
        by=by,
    )


def snooze(*, course: TreatmentCourse, until: date, reason: str, by: User, now: datetime) -> Snooze:
    """Keep a course off the lists to call until that day, when it comes back by itself.

    Raises ValidationError for a day that is not ahead or more than a year away, or without a reason.
    """
    problems: dict[str, str] = {}
    today = course.site.today(now=now)
    if until <= today:
        problems["until"] = "Choose a day after today."
    elif until > today + timedelta(days=LONGEST_SNOOZE_DAYS):
        problems["until"] = "At most a year ahead."
    if not reason.strip():
        problems["reason"] = "Say why."
    if problems:
        raise ValidationError(dict(problems))
    return Snooze.objects.create(course=course, until=until, reason=reason.strip(), by=by)


def bring_back(*, course: TreatmentCourse, reason: str, by: User, now: datetime) -> Snooze:
    """End whatever keeps a course off the lists to call, snooze or call, from today on."""
    return Snooze.objects.create(course=course, until=course.site.today(now=now), reason=reason, by=by)
