"""Who cancelled a visit, and when: from the history that triggers write."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from accounts.models import User
from scheduling.models import Appointment


def who_cancelled(appointment: Appointment) -> User | None:
    """The person at whose page it was cancelled; None where the patient did it by a link."""
    history: Any = apps.get_model("scheduling", "AppointmentEvent")
    cancelling = history.objects.filter(
        pgh_obj=appointment.pk, status=Appointment.Status.CANCELLED, status_since=appointment.status_since
    ).order_by("pgh_id")
    person = cancelling.values_list("pgh_context__metadata__user", flat=True).first()
    return User.objects.filter(pk=person).first()


def cancelled_words(appointment: Appointment, *, by: User | None) -> str:
    """ "Robin Vale, Tue 3 Feb, 14:05", in the site's time; what is not known is left out."""
    words = [str(by)] if by is not None else []
    if appointment.status_since is not None:
        at = appointment.site.localtime(appointment.status_since)
        words.append(f"{at:%a} {at.day} {at:%b}, {at:%H:%M}")
    return ", ".join(words)
