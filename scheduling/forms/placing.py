from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from scheduling.forms.fields import providers_of
from scheduling.models import Appointment, Room
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES


class PlaceForm(forms.Form):
    """Where a visit was put in the calendar: a moment, because a wall time may come twice, and what else changes.

    A room or note that is not sent stays as it is; an empty one is given up.
    """

    starts_at = forms.DateTimeField()
    minutes = forms.IntegerField(min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES)
    provider = forms.ModelChoiceField(User.objects.none())
    room = forms.ModelChoiceField(Room.objects.none(), required=False)
    override_reason = forms.CharField(max_length=200, required=False)
    note = forms.CharField(max_length=200, required=False)
    version = forms.IntegerField()
    notify = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict, *, appointment: Appointment) -> None:
        super().__init__(data)
        self.appointment = appointment
        self.fields["provider"].queryset = providers_of([appointment.site])  # type: ignore[attr-defined]
        self.fields["room"].queryset = Room.objects.filter(site=appointment.site, is_active=True)  # type: ignore[attr-defined]

    @property
    def chosen_room(self) -> Room | None:
        return self.cleaned_data["room"] if "room" in self.data else self.appointment.room

    @property
    def chosen_note(self) -> str | None:
        return self.cleaned_data["note"] if "note" in self.data else None

    @property
    def words(self) -> str:
        """What is wrong with it, in one line."""
        return " ".join(f"{self.fields[name].label or name}: {' '.join(told)}" for name, told in self.errors.items())


def as_sent(moment: datetime) -> str:
    """A moment as the form reads it back."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def undo_of(moved: Appointment, *, before: Appointment) -> dict[str, Any]:
    """What one press sends to put a moved visit back where it was: {url, words, fields}."""
    return {
        "url": reverse("scheduling:appointment-place", args=[moved.pk]),
        "words": f"Put it back to {before.when_words}",
        "fields": {
            "starts_at": as_sent(before.starts_at),
            "minutes": before.minutes,
            "provider": before.provider_id,
            "room": before.room_id or "",
            "override_reason": before.override_reason,
            "note": before.note,
            "version": moved.version,
            "undo": 1,
        },
    }


class WantedForm(forms.Form):
    """A free time that was pressed in the calendar: the site's day and wall time, and with whom."""

    site = forms.IntegerField()
    provider = forms.IntegerField()
    day = forms.DateField()
    time = forms.TimeField()
