"""Telling a patient of a visit after all, or not: decided where the desk reads what it has just done."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from messaging.actions.queue import cancel_messages
from messaging.models import Message
from scheduling.models import Appointment
from scheduling.reminders import ABOUT, NOTICES, WENT_OUT, appointment_changed, notices_about


@transaction.atomic
def tell_of_visit(*, appointment: Appointment, tells: bool, by: User, now: datetime) -> None:
    """Write to the patient about the visit as it stands, or take back what has not gone out yet.

    One message at most: what is waiting or went out already is not queued again.
    """
    # Two presses at once queue up here.
    current = (
        Appointment.objects.select_for_update(of=("self",)).select_related("patient", "site").get(pk=appointment.pk)
    )
    if not tells:
        cancel_messages(about=ABOUT, about_id=current.pk, purposes=NOTICES, reason="The desk took it back.")
    elif not notices_about(current).filter(status__in=[Message.Status.QUEUED, *WENT_OUT]).exists():
        appointment_changed(current, now=now, by=by, notify=True)
