"""What is sent to patients on the days of the follow-up plan: a link to questions, put into the queue of messages."""

from __future__ import annotations

from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.models import Site
from messaging.actions.queue import Reach
from messaging.claims import PLANNING, is_alone
from messaging.models import ContactPolicy, Message, Purpose
from messaging.rules.channels import LETTER
from messaging.rules.quiet import wall_moment
from outcomes.actions.diary import LINK_USE
from outcomes.actions.questionnaires import ask_patient, link_until
from outcomes.models.questionnaire import ABOUT
from treatments.models import FollowUp

# By the clock at the site; quiet hours may move it.
ASK_AT = time(10)


def plan_questionnaires(*, now: datetime) -> int:
    """Queue the questions of each follow-up whose day has come and whose patient agreed to be written to.

    Once for each follow-up, however often this runs and by however many at once; returns how many are new. One that
    nobody can be sent to is left to a person.
    """
    with transaction.atomic():
        if not is_alone(PLANNING):
            return 0
        return sum(_plan(follow_up, reach=reach, now=now) for follow_up, reach in _due(now=now))


def once(follow_up: FollowUp) -> str:
    """What makes the planned message one."""
    return f"questions {follow_up.pk}"


def _due(*, now: datetime) -> list[tuple[FollowUp, Reach]]:
    off = ContactPolicy.objects.filter(questionnaires_on=False).values("site")
    days = Q(pk=None)
    for site in Site.objects.exclude(pk__in=off):
        today = site.today(now=now)
        days |= Q(course__site=site, due_on__range=(today - LINK_USE, today))
    found = list(
        FollowUp.objects.still_wanted()
        .filter(days, questionnaire=None)
        .select_related("session", "course__patient", "course__site", "course__condition", "course__provider")
        .order_by("due_on", "pk")
    )
    reach = Reach.of({row.course.patient_id: row.course.patient for row in found}.values())
    return [(row, reach) for row in found]


def _plan(follow_up: FollowUp, *, reach: Reach, now: datetime) -> bool:
    course = follow_up.course
    site = course.site
    choice = reach.choice(course.patient, on=site.today(now=now))
    send_after = wall_moment(follow_up.due_on, ASK_AT, zone=site.zone())
    if choice.channel in (None, LETTER) or send_after + LINK_USE <= now:
        return False
    message = reach.message(
        patient=course.patient,
        site=site,
        purpose=Purpose.QUESTIONNAIRE,
        about=ABOUT,
        about_id=follow_up.pk,
        once=once(follow_up),
        send_after=send_after,
        send_before=send_after + LINK_USE,
        channel=choice.channel,
        now=now,
    )
    if message is None:
        return False
    try:
        questionnaire = ask_patient(follow_up=follow_up, by=None, now=now)
    except ValidationError:
        # Done or cancelled since it was looked up.
        return False
    message.values["link_until"] = link_until(questionnaire, now=message.send_after).isoformat()
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return True
