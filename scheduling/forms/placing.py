from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.http import QueryDict

from accounts.models import User
from scheduling.forms.fields import providers_of
from scheduling.models import Appointment, Room
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES


class PlaceForm(forms.Form):
    """Where a visit was put in the calendar: a moment, because a wall time may come twice, and what else changes.

    A room that is not sent stays as it is; an empty one is given up.
    """

    starts_at = forms.DateTimeField()
    minutes = forms.IntegerField(min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES)
    provider = forms.ModelChoiceField(User.objects.none())
    room = forms.ModelChoiceField(Room.objects.none(), required=False)
    override_reason = forms.CharField(max_length=200, required=False)
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
    def words(self) -> str:
        """What is wrong with it, in one line."""
        return " ".join(f"{self.fields[name].label or name}: {' '.join(told)}" for name, told in self.errors.items())


def as_sent(moment: datetime) -> str:
    """A moment as the form reads it back."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


class WantedForm(forms.Form):
    """A free time that was pressed in the calendar: the site's day and wall time, and with whom."""

    site = forms.IntegerField()
    provider = forms.IntegerField()
    day = forms.DateField()
    time = forms.TimeField()
