"""Which rooms of a site nobody has at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import Site
from scheduling.models import Appointment, Room


def free_room(
    *, site: Site, starts_at: datetime, minutes: int, without: Appointment | None = None, rather: Room | None = None
) -> Room | None:
    """A room that nobody has then, `rather` that one; None where the site has no rooms, or none is free.

    `without` is a visit whose room is free by then, as it is the one that moves.
    """
    ends_at = starts_at + timedelta(minutes=minutes)
    taken = Appointment.objects.overlapping(starts_at=starts_at, ends_at=ends_at).filter(room__isnull=False)
    if without is not None:
        taken = taken.exclude(pk=without.pk)
    free = list(Room.objects.filter(site=site, is_active=True).exclude(pk__in=taken.values("room")).order_by("name"))
    return rather if rather in free else next(iter(free), None)


def has_rooms(site: Site) -> bool:
    """Whether visits of this site take place in rooms that are booked."""
    return Room.objects.filter(site=site, is_active=True).exists()
