from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from messaging.actions.links import revoke_links
from messaging.actions.queue import queue_message, reach_of
from messaging.actions.rendering import DIARY_ABOUT
from messaging.models import Message, PatientLink, Purpose
from messaging.rules.channels import LETTER
from outcomes.models import Assessment, DiaryDay, InstrumentVersion
from outcomes.models.assessment import AnsweredBy
from outcomes.rules import plain
from outcomes.rules.diary import DAYS, DiaryEntry, diary_figures, entry_problem
from treatments.models import TreatmentCourse

# How long a link to the diary opens, and until when a message that brings a link is of use.
DIARY_LASTS = timedelta(days=45)
LINK_USE = timedelta(days=2)

CLOSED = "The course is closed."
BY_LETTER = "The patient wants letters, and a letter holds no link."
TOO_LATE = "It could not be sent before it is too late: the quiet hours last longer."


@dataclass(frozen=True)
class DayChange:
    """What a day becomes and what it was when it was looked at; None is not recorded."""

    was: DiaryEntry | None
    entry: DiaryEntry | None


@transaction.atomic
def save_diary_days(
    *,
    course: TreatmentCourse,
    changes: Mapping[date, DayChange],
    on: date,
    by: User | None,
    answered_by: str = AnsweredBy.STAFF,
) -> int:
    """Write down days of the headache diary, or take them back; return how many changed. `on` is today there.

    Raises ValidationError by day (2026-03-01) for one that is none, and for one that somebody else has saved
    otherwise meanwhile; then nothing is written.
    """
    # One writer at a time, so that the days compared below are those that are changed.
    TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    saved = {row.day: row for row in DiaryDay.objects.filter(course=course, day__in=changes)}
    problems: dict[str, str] = {}
    for day, change in changes.items():
        now = saved[day].as_entry() if day in saved else None
        if now not in (change.was, change.entry):
            problems[day.isoformat()] = "Somebody else saved this day meanwhile. Look at it again."
        elif change.entry is not None and (words := entry_problem(change.entry, on=on)):
            problems[day.isoformat()] = words
    if problems:
        raise ValidationError(problems)
    changed = 0
    for day, change in changes.items():
        row = saved.get(day)
        if change.entry == (row.as_entry() if row else None):
            continue
        changed += 1
        if change.entry is None:
            saved[day].delete()
            continue
        row = row or DiaryDay(course=course, day=day)
        entry = change.entry
        row.headache, row.migraine, row.severity = entry.headache, entry.migraine, entry.severity
        row.hours, row.acute_drug = entry.hours, entry.acute_drug
        row.recorded_by, row.answered_by = by, answered_by
        row.save()
    return changed


@transaction.atomic
def send_diary_link(*, course: TreatmentCourse, by: User, now: datetime) -> Message:
    """Send the patient a link to the diary, before the first session too; one sent before opens no more.

    Two presses queue one message. Raises ValidationError, in words, when nobody can be written to or the course is
    closed.
    """
    course = TreatmentCourse.objects.select_for_update(of=("self",)).select_related("patient", "site").get(pk=course.pk)
    if course.closed_on is not None:
        raise ValidationError(CLOSED)
    about = Message.objects.filter(about=DIARY_ABOUT, about_id=course.pk)
    waiting = about.filter(status__in=[Message.Status.QUEUED, Message.Status.SENDING]).first()
    if waiting is not None:
        return waiting
    choice = reach_of(course.patient, on=course.site.today(now=now))
    if choice.channel is None or choice.channel == LETTER:
        raise ValidationError(choice.why or BY_LETTER)
    revoke_links(purpose=PatientLink.Purpose.DIARY, about_id=course.pk)
    message = queue_message(
        patient=course.patient,
        site=course.site,
        purpose=Purpose.QUESTIONNAIRE,
        about=DIARY_ABOUT,
        about_id=course.pk,
        once=f"diary {course.pk}, {about.count()} before",
        send_after=now,
        send_before=now + LINK_USE,
        values={"link_until": now + DIARY_LASTS},
        channel=choice.channel,
        now=now,
        by=by,
    )
    if message is None:
        raise ValidationError(TOO_LATE)
    return message


def why_no_diary(course_id: int, *, since: datetime | None, now: datetime) -> str:
    """Why the patient keeps no diary of that course any more, in words; for a message that waits."""
    is_open = TreatmentCourse.objects.filter(pk=course_id, closed_on=None).exists()
    return "" if is_open else CLOSED


@transaction.atomic
def record_diary_score(
    *, course: TreatmentCourse, last: date, on: date, by: User | None, answered_by: str = AnsweredBy.STAFF
) -> Assessment:
    """Score the 28 days of the diary that end on `last` as headache days of that day; the same again is one row.

    The other counts of the diary are kept with it as its answers. Raises ValidationError when too few of the days
    were recorded, or the last lies in the future.
    """
    TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    if last > on:
        raise ValidationError("This day lies in the future.")
    days = DiaryDay.objects.filter(course=course, day__range=(last - timedelta(days=DAYS - 1), last))
    figures = diary_figures([row.as_entry() for row in days], last=last)
    if figures.headache.value is None:
        raise ValidationError(f"{figures.words}.")
    version = InstrumentVersion.objects.current().get(instrument__key="headache_days")
    answers = {"days_recorded": str(figures.recorded)} | {
        key: plain(figure.value) for key, figure in figures.by_key.items() if figure.value is not None
    }
    columns = {
        "course": course,
        "instrument": version.instrument,
        "assessed_on": last,
        "value": figures.headache.value,
        "answers": answers,
    }
    # A diary that was changed is scored anew; the later row of a day counts.
    newest = (
        Assessment.objects.filter(course=course, instrument=version.instrument, assessed_on=last)
        .order_by("-id")
        .first()
    )
    if newest is not None and (newest.value, newest.answers) == (columns["value"], answers):
        return newest
    assessment = Assessment(**columns, version=version, recorded_by=by, answered_by=answered_by)
    assessment.full_clean()
    assessment.save()
    return assessment
