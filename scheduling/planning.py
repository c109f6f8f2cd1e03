"""What the diary and the recall list have to say to patients, put into the queue of messages."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from messaging.claims import PLANNING, is_alone
from scheduling.invitations import log_invitations, plan_invitations, withdraw_invitations
from scheduling.reminders import plan_reminders


def plan_messages(*, now: datetime) -> dict[str, int]:
    """Plan everything that is due to be planned; returns how many of what. Safe to repeat, also by two at once.

    While somebody else plans, this returns nothing: what it finds is queued once in any case, by `Message.once`.
    """
    with transaction.atomic():
        if not is_alone(PLANNING):
            return {}
        return {
            "attempts": log_invitations(now=now),
            "withdrawn": withdraw_invitations(now=now),
            "reminders": plan_reminders(now=now),
            "invitations": plan_invitations(now=now),
        }
