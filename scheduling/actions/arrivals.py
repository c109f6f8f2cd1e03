"""Patients through the day: into a room."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actions import lock_version
from scheduling.actions.appointments import set_status
from scheduling.actions.placing import lock_people, refusal
from scheduling.models import Appointment, Room

Status = Appointment.Status


def seat_patient(*, appointment: Appointment, room: Room, by: User, now: datetime) -> Appointment:
    """The patient goes into this room: the visit gets it and is "in room"; of one that is, only the room changes.

    Raises ValidationError for a step the rules do not know, a room of another site, and a room that is booked by
    another visit at this visit's time, which the database decides.
    """
    current = appointment
    try:
        with transaction.atomic():
            lock_people(patient_id=appointment.patient_id, provider=appointment.provider, room=room)
            current = lock_version(appointment, version=None)
            if room.site_id != current.site_id or not room.is_active:
                raise ValidationError(f"{room} is not a room of {current.site} that can be used.")
            if current.status in (Status.DONE, Status.CANCELLED, Status.MISSED, Status.MOVED):
                raise ValidationError(f"This appointment is {current.get_status_display()}.")
            if current.room_id != room.pk:
                current.room = room
                current.save()
            return set_status(appointment=current, status=Status.IN_ROOM, by=by, now=now)
    except IntegrityError as error:
        raise refusal(error, current) from error
