"""What was asked of the patient about a follow-up, as staff see it: sent, opened, answered, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.dateparse import parse_datetime

from accounts.models import Site
from messaging.actions.queue import Reach, consents_said
from messaging.models import Message
from messaging.rules.channels import CHANNEL_WORDS, LETTER
from outcomes.actions.diary import BY_LETTER
from outcomes.models import Questionnaire
from outcomes.models.questionnaire import ABOUT
from treatments.models import FollowUp
from treatments.querysets.follow_ups import FollowUpQuerySet
from treatments.rules import toxin_spread


@dataclass(frozen=True)
class Asked:
    """The state in words with its moment at the site; `level` is ok, note or warn, for its mark.

    `is_over`: the patient has answered. `may_send`: a link can go to this patient, and none waits to go out.
    """

    words: str
    at: datetime | None = None
    level: str = "note"
    is_open: bool = False
    is_over: bool = False
    was_sent: bool = False
    may_send: bool = False
    red: str = ""


def with_questions(follow_ups: FollowUpQuerySet) -> FollowUpQuerySet:
    """Each follow-up with its questionnaire, the latest message about it and what the patient said of channels."""
    latest = Message.objects.filter(about=ABOUT, about_id=OuterRef("pk")).order_by("-pk")
    as_json = JSONObject(status="status", channel="channel", sent_at="sent_at", send_after="send_after")
    return follow_ups.select_related("questionnaire").annotate(
        message=Subquery(latest.values(json=as_json)[:1]), said=consents_said("course__patient")
    )


def questionnaire_of(follow_up: FollowUp) -> Questionnaire | None:
    return getattr(follow_up, "questionnaire", None)


def why_not_sent(follow_up: Any) -> str:
    """Why no link can be sent to this patient now, in words; needs `with_questions`, no query."""
    course = follow_up.course
    choice = Reach.by_said(course.patient, follow_up.said or []).choice(course.patient, on=course.site.today())
    return BY_LETTER if choice.channel == LETTER else choice.why


def asked_of(follow_up: Any, *, site: Site) -> Asked:
    """What was asked about a follow-up that comes `with_questions`."""
    questionnaire, message = questionnaire_of(follow_up), follow_up.message or {}
    status = message.get("status", "")
    may_send = status not in (Message.Status.QUEUED, Message.Status.SENDING) and not why_not_sent(follow_up)
    if questionnaire is None:
        return Asked("not sent", may_send=may_send)
    red = toxin_spread.in_words(
        {
            key: given
            for key, given in questionnaire.spread.items()
            if key in toxin_spread.red_keys(questionnaire.spread)
        }
    )

    def said(words: str, at: datetime | None, level: str = "note", *, is_open: bool = True) -> Asked:
        moment = site.localtime(at) if at else None
        is_over = questionnaire.finished_at is not None
        return Asked(words, moment, level, is_open, is_over, bool(message), may_send and not is_over, red)

    if questionnaire.finished_at is not None:
        return said(
            f"answered by {questionnaire.get_answered_by_display()}".replace("by the patient, ", ""),
            questionnaire.finished_at, "ok", is_open=False,
        )  # fmt: skip
    if questionnaire.withdrawn_at is not None:
        return said("withdrawn", questionnaire.withdrawn_at, is_open=False)
    if questionnaire.answered_at is not None:
        count = questionnaire.answered
        return said(f"{count} answer{'' if count == 1 else 's'} so far", questionnaire.answered_at)
    if questionnaire.opened_at is not None:
        return said("opened, no answer yet", questionnaire.opened_at)
    channel = CHANNEL_WORDS.get(message.get("channel", ""), "")
    if status == Message.Status.SENT:
        return said(f"sent by {channel}", parse_datetime(message["sent_at"]))
    if status in (Message.Status.QUEUED, Message.Status.SENDING):
        return said(f"goes out by {channel}", parse_datetime(message["send_after"]))
    if status == Message.Status.UNKNOWN:
        return said("perhaps sent", questionnaire.asked_at, "warn")
    if status:
        return said("did not arrive", questionnaire.asked_at, "warn")
    return said("ready, not sent", questionnaire.asked_at)
