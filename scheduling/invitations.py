"""Invitations to book, for courses whose window opens or is open and that have no booking. Nothing here sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery

from accounts.models import Site
from messaging.actions.queue import Reach
from messaging.actions.sending import NOT_IN_TIME
from messaging.models import ContactConsent, ContactPolicy, Message, Purpose
from messaging.rules.channels import LETTER
from messaging.rules.quiet import wall_moment
from scheduling.actions.recalls import open_letter_if_due
from scheduling.models import Appointment, AttemptOutcome, RecallAttempt, RecallClaim, RecallHold
from scheduling.querysets import THIS_WINDOW
from scheduling.recall_list import TABS, needs_booking, recall_courses
from scheduling.reminders import BOOKED, REMIND_AT
from scheduling.rules.recalls import hidden_until
from treatments.models import RetreatmentWindow, TreatmentCourse
from treatments.querysets.courses import TreatmentCourseQuerySet

Status = Message.Status

ABOUT = "course"
# An invitation that has not gone out by then is dropped; a letter waits for somebody to print it.
USE, LETTER_USE = timedelta(days=2), timedelta(days=14)
LINK_LASTS = timedelta(days=21)

# What a message that went out counts as; its row says how long the course is off the lists to call.
OUTCOME, LETTER_OUTCOME = "message_sent", "letter_sent"

AGAIN = " again "
CLOSED = "The course is closed, or the patient is gone."
NO_LONGER = "Booked, called or put away meanwhile."
# Cancelled for one of these reasons, an invitation may be queued anew when the course waits again. One that a person
# cancelled, or a call, is not.
MAY_COME_AGAIN = Q(problem__in=[NO_LONGER, BOOKED]) | Q(problem__startswith=NOT_IN_TIME)


def plan_invitations(*, now: datetime) -> int:
    """Queue an invitation for each patient whom a person would call now, where the site invites; returns how many.

    Never for a course that is hidden, paused, stopped, booked or being called; never more than the site's attempts for
    one window; never sooner after an attempt, a cancelled visit or another invitation of the same patient than an
    invitation keeps a course off the lists; and never to one patient about two courses at once. Safe to repeat.
    """
    policies = {policy.site_id: policy for policy in ContactPolicy.objects.filter(recalls_on=True)}
    sites = list(Site.objects.filter(pk__in=list(policies)))
    if not sites:
        return 0
    courses = list(_to_invite(sites, now=now))
    attempts, cancelled = _attempts_without_answer(courses), _cancelled(courses)
    reach = Reach.of(course.patient for course in courses)
    planned: dict[str, Message] = {}
    invited: set[int] = set()
    for course in courses:
        window_id: int = course.open_window  # type: ignore[attr-defined]
        attempt = attempts.get(window_id, 0) + 1
        if course.patient_id in invited or attempt > policies[course.site_id].max_attempts:
            continue
        zone, today = course.site.zone(), course.site.today(now=now)
        send_after = max(now, wall_moment(today, REMIND_AT, zone=zone))
        once = f"invitation {course.pk} window {window_id} attempt {attempt}"
        if again := cancelled[once]:
            once = f"{once}{AGAIN}{again}"
        by_letter = reach.choice(course.patient, on=today).channel == LETTER
        message = reach.message(
            patient=course.patient,
            site=course.site,
            purpose=Purpose.RECALL,
            attempt=attempt,
            about=ABOUT,
            about_id=course.pk,
            once=once,
            send_after=send_after,
            send_before=send_after + (LETTER_USE if by_letter else USE),
            values={"link_until": now + LINK_LASTS, "window": window_id},
            now=now,
        )
        if message is not None:
            planned[once] = message
            invited.add(course.patient_id)
    known = set(Message.objects.filter(once__in=list(planned)).values_list("once", flat=True)) if planned else set()
    fresh = [message for once, message in planned.items() if once not in known]
    Message.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def why_not_invited(course_id: int, *, since: datetime | None, now: datetime) -> str:
    """Why nobody is invited for that course any more, in words; "" where it still waits for a booking.

    A call since the invitation was queued speaks against it too.
    """
    course = TreatmentCourse.objects.filter(pk=course_id).select_related("site").first()
    if course is None:
        return CLOSED
    row: Any = recall_courses(user=None, sites=[course.site], now=now).filter(pk=course_id).first()
    if row is None:
        return CLOSED
    if not needs_booking(row.state_now, row.booking_now):
        return BOOKED
    hold = RecallHold.objects.filter(THIS_WINDOW, course=course_id).order_by("-id").first()
    if hold is not None and hold.lasts(on=course.site.today(now=now)):
        return "Put away meanwhile."
    called = RecallAttempt.objects.filter(course=course_id, source=RecallAttempt.Source.PERSON)
    return "Called meanwhile." if since is not None and called.filter(at__gt=since).exists() else ""


def not_while_called(course_id: int, *, now: datetime) -> datetime | None:
    """Until when somebody has claimed the course's patient to call them; None: nobody does."""
    patient = TreatmentCourse.objects.filter(pk=course_id).values("patient")
    claims = RecallClaim.objects.filter(course__patient__in=patient, until__gt=now)
    return claims.order_by("-until").values_list("until", flat=True).first()


@transaction.atomic
def withdraw_invitations(*, now: datetime) -> int:
    """Cancel what is unsent for courses that nobody would call any more; returns how many."""
    queued = Message.objects.filter(purpose=Purpose.RECALL, about=ABOUT, status=Status.QUEUED)
    course_ids = list(queued.values_list("about_id", flat=True))
    if not course_ids:
        return 0
    sites = Site.objects.filter(contact_policy__recalls_on=True)
    called = set(_called(sites, now=now).filter(pk__in=course_ids).values_list("pk", flat=True))
    gone = [pk for pk in course_ids if pk not in called]
    return queued.filter(about_id__in=gone).update(status=Status.CANCELLED, problem=NO_LONGER)


def log_invitations(*, now: datetime) -> int:
    """Keep each invitation that went out as an attempt to reach the patient, once; returns how many are new.

    Opens the task to write a letter when that was the last attempt the site allows.
    """
    sent = Message.objects.filter(purpose=Purpose.RECALL, about=ABOUT, status=Status.SENT, recall_attempt=None)
    outcomes = AttemptOutcome.objects.in_bulk([OUTCOME, LETTER_OUTCOME], field_name="key")
    logged = 0
    for pk in list(sent.order_by("sent_at", "pk").values_list("pk", flat=True)):
        with transaction.atomic():
            # The lock, and the look after it, keep a second planner from logging the same.
            message = (
                sent.filter(pk=pk).select_for_update(of=("self",), skip_locked=True).select_related("site").first()
            )
            if message is None or message.sent_at is None:
                continue
            outcome = outcomes.get(LETTER_OUTCOME if message.channel == LETTER else OUTCOME)
            course = TreatmentCourse.objects.filter(pk=message.about_id).select_related("patient", "site").first()
            if outcome is None or course is None:
                continue
            RecallAttempt.objects.create(
                window_id=message.values.get("window") or None,
                course=course,
                channel=message.channel,
                outcome=outcome,
                hidden_until=hidden_until(
                    hide_days=outcome.hide_days,
                    closes_cycle=outcome.closes_cycle,
                    called_on=message.site.localtime(message.sent_at).date(),
                ),
                at=message.sent_at,
                source=RecallAttempt.Source.MESSAGE,
                message=message,
            )
            if message.channel != LETTER and not outcome.closes_cycle:
                open_letter_if_due(course=course, by=None, now=now)
            logged += 1
    return logged


def _called(sites: Iterable[Site], *, now: datetime) -> TreatmentCourseQuerySet:
    """The courses a person would call now: opening, due or overdue, not hidden, without a booking that serves."""
    return recall_courses(user=None, sites=sites, now=now).filter(TABS["to-call"].condition)


def _to_invite(sites: Iterable[Site], *, now: datetime) -> TreatmentCourseQuerySet:
    """Of these, with their open window, those whose patient may perhaps be written to, the earliest closing first."""
    since = now - _spacing()
    claimed = RecallClaim.objects.filter(course=OuterRef("pk"), until__gt=now)
    tried = RecallAttempt.objects.filter(course=OuterRef("pk"), at__gt=since)
    fell_out = Appointment.objects.filter(
        patient=OuterRef("patient"), status__in=["cancelled", "missed"], status_since__gt=since
    )
    agreed = ContactConsent.objects.filter(patient=OuterRef("patient"), agreed=True)
    lately = Message.objects.filter(patient=OuterRef("patient"), purpose=Purpose.RECALL).filter(
        Q(status__in=[Status.QUEUED, Status.SENDING, Status.UNKNOWN]) | Q(sent_at__gt=since)
    )
    window = RetreatmentWindow.objects.filter(course=OuterRef("pk"), closed_by=None, voided=False)
    return (
        _called(sites, now=now)
        .filter(Q(patient__preferred_channel=LETTER) | Exists(agreed))
        .exclude(Exists(claimed))
        .exclude(Exists(tried))
        .exclude(Exists(fell_out))
        .exclude(Exists(lately))
        .annotate(open_window=Subquery(window.values("pk")[:1]))
        .filter(open_window__isnull=False)
        .select_related("patient", "site")
        .order_by("window_closes_on", "pk")
    )


def _spacing() -> timedelta:
    outcome = AttemptOutcome.objects.filter(key=OUTCOME).first()
    return timedelta(days=max(1, outcome.hide_days if outcome else 0))


def _cancelled(courses: Iterable[TreatmentCourse]) -> Counter[str]:
    """How often each invitation was queued and cancelled because the course did not wait any more, by its `once`."""
    rows = Message.objects.filter(
        MAY_COME_AGAIN,
        purpose=Purpose.RECALL,
        about=ABOUT,
        about_id__in=[course.pk for course in courses],
        status=Status.CANCELLED,
    )
    return Counter(once.partition(AGAIN)[0] for once in rows.values_list("once", flat=True))


def _attempts_without_answer(courses: Iterable[TreatmentCourse]) -> dict[int, int]:
    """How often each open window's patient was not reached, by window."""
    windows = [course.open_window for course in courses]  # type: ignore[attr-defined]
    rows = RecallAttempt.objects.filter(window__in=windows, outcome__patient_reached=False).order_by()
    return dict(rows.values_list("window").annotate(count=Count("pk")))
