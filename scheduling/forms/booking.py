from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.models import Site, User
from scheduling.forms.fields import MINUTES_WORDS, DateInput, TimeInput, providers_of
from scheduling.lengths import Place, place_of
from scheduling.models import Appointment, Room
from scheduling.rules.times import TimeDoesNotExistError, local_moment
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES
from treatments.models import FollowUp, TreatmentCourse

# Lengths of a visit that are offered, in minutes; the form takes any other.
LENGTHS = (15, 20, 30, 45, 60, 90)


class BookingOptionsForm(forms.Form):
    """With whom, where, how long and from when free times are looked for; lives in the URL and holds ids only.

    What is missing or not understood becomes the usual: the course's provider, its site, the kind's length.
    """

    provider = forms.ChoiceField()
    site = forms.ChoiceField()
    minutes = forms.TypedChoiceField(coerce=int)
    looking_from = forms.DateField(required=False, widget=DateInput())

    def __init__(
        self,
        params: QueryDict,
        *,
        sites: list[Site],
        usual_site: Site,
        usual_provider_id: int | None,
        kind: str,
        treated: TreatmentCourse | None,
    ) -> None:
        self.chosen_site = next((site for site in sites if str(site.pk) == params.get("site")), usual_site)
        providers = {str(row.pk): row for row in providers_of([self.chosen_site])}
        wanted = [params.get("provider", ""), str(usual_provider_id), *providers]
        self.chosen_provider = next((providers[pk] for pk in wanted if pk in providers), None)
        self.place = place_of(self.chosen_site, kind=kind)
        usual = self.place.minutes([treated] if treated else [])
        super().__init__(
            {
                "provider": self.chosen_provider.pk if self.chosen_provider else "",
                "site": self.chosen_site.pk,
                "minutes": params.get("minutes") or usual,
                "looking_from": params.get("looking_from", ""),
            }
        )
        self.fields["minutes"].choices = [(count, f"{count} min") for count in sorted({*LENGTHS, usual})]  # type: ignore[attr-defined]
        self.fields["provider"].choices = [(pk, str(row)) for pk, row in providers.items()]  # type: ignore[attr-defined]
        self.fields["site"].choices = [(str(site.pk), site.name) for site in sites]  # type: ignore[attr-defined]
        self.is_valid()
        self.chosen_minutes: int | None = self.cleaned_data.get("minutes")
        self.chosen_day: date | None = self.cleaned_data.get("looking_from")


class AppointmentTimeForm(forms.Form):
    """The time of a visit, in the site's own time. Who may set a rule aside is asked for the reason; nobody else is."""

    day = forms.DateField(label="Day", widget=DateInput(), error_messages={"required": "Choose a day."})
    time = forms.TimeField(label="Time", widget=TimeInput(), error_messages={"required": "Choose a time."})
    room = forms.ModelChoiceField(Room.objects.none(), required=False, empty_label="Decided on the day")
    override_reason = forms.CharField(
        label="Reason to book all the same",
        max_length=200,
        required=False,
        help_text="For a time against a rule: too early, booked already, a holiday, outside hours or authorisation.",
    )
    note = forms.CharField(label="Note", max_length=200, required=False)
    notify = forms.BooleanField(label="Tell the patient", required=False, initial=True)

    # Where the action's words about a field that this form has under another name are shown.
    # Who may set no rule aside has no field for the reason: the rules stand above the form, one below the other.
    shown_at = {"starts_at": ("time",)}

    def __init__(self, *args: Any, site: Site, may_override: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        if not may_override:
            del self.fields["override_reason"]
        self.fields["room"].queryset = Room.objects.filter(site=site, is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day, at = cleaned.get("day"), cleaned.get("time")
        if day is not None and at is not None:
            try:
                cleaned["starts_at"]: datetime = local_moment(day, at, zone=self.site.zone())
            except TimeDoesNotExistError as problem:
                self.add_error("time", str(problem))
            except OverflowError:
                self.add_error("day", "Choose a day nearer to today.")
        return cleaned

    def show_refusal(self, error: ValidationError) -> None:
        """Put the words of an action that refused beside the fields they are about."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, problems in error.error_dict.items():
            places = (place for place in self.shown_at.get(name, (name,)) if place in self.fields)
            self.add_error(next(places, None), problems)


def with_pressed_time(data: QueryDict | None) -> QueryDict | None:
    """A pressed free time, "2026-11-30T09:00/7" with its room, in the place of what stands in day, time and room."""
    if data is None or not (slot := data.get("slot")):
        return data
    data = data.copy()
    moment, _, data["room"] = slot.partition("/")
    data["day"], _, data["time"] = moment.partition("T")
    return data


class BookingForm(AppointmentTimeForm):
    """A visit to book. A pressed free time is sent as `slot` and stands for day and time."""

    # Chosen above, where free times are looked for.
    told_by_page = ("provider", "minutes")

    kind = forms.ChoiceField(choices=Appointment.Kind.choices, widget=forms.HiddenInput)
    provider = forms.ModelChoiceField(User.objects.none(), widget=forms.HiddenInput)
    minutes = forms.IntegerField(min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES, widget=forms.HiddenInput)
    courses = forms.ModelMultipleChoiceField(
        TreatmentCourse.objects.none(), label="Treats", required=False, widget=forms.CheckboxSelectMultiple
    )
    follow_up = forms.ModelChoiceField(FollowUp.objects.none(), label="Follow-up", required=False, empty_label="Other")
    steps = forms.MultipleChoiceField(
        label="Also book the follow-ups", required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of the follow-ups is not planned any more. Tick them again."},
    )  # fmt: skip

    field_order = [
        "kind",
        "provider",
        "minutes",
        "courses",
        "follow_up",
        "day",
        "time",
        "room",
        "override_reason",
        "note",
    ]

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        kind: str,
        courses: list[TreatmentCourse],
        follow_ups: list[FollowUp],
        site: Site,
        place: Place,
        may_override: bool,
        steps: list[tuple[str, str]],
        asked_follow_up: str | None = None,
    ) -> None:
        data = with_pressed_time(data)
        first = courses[:1] if kind == Appointment.Kind.SESSION else []
        super().__init__(
            data,
            site=site,
            may_override=may_override,
            initial={
                "courses": [course.pk for course in first],
                "follow_up": asked_follow_up or next((row.pk for row in follow_ups), None),
            },
        )
        # Read already, with the lengths: the field's own look at its rows is for what is sent.
        self.fields["room"].choices = [("", "Decided on the day"), *place.rooms]  # type: ignore[attr-defined]
        self.fields["provider"].queryset = providers_of([site])  # type: ignore[attr-defined]
        self.fields["courses"].queryset = TreatmentCourse.objects.filter(pk__in=[row.pk for row in courses])  # type: ignore[attr-defined]
        planned = {follow_up.pk: follow_up for follow_up in follow_ups}
        self.fields["follow_up"].queryset = FollowUp.objects.filter(pk__in=planned)  # type: ignore[attr-defined]
        self.fields["follow_up"].label_from_instance = lambda row: (  # type: ignore[attr-defined]
            f"{row.name}, {planned[row.pk].course.condition.short_name}, {row.due_on.day} {row.due_on:%b}"
        )
        if kind != Appointment.Kind.FOLLOW_UP:
            del self.fields["follow_up"]
        if not courses:
            del self.fields["courses"]
        self.fields["steps"].choices = steps  # type: ignore[attr-defined]
        if not steps:
            del self.fields["steps"]


class MoveForm(AppointmentTimeForm):
    """Another time, provider or room for a visit; carries the version it was opened on."""

    provider = forms.ModelChoiceField(User.objects.none(), label="With", empty_label=None)
    minutes = forms.IntegerField(
        label="Minutes", min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES, error_messages=MINUTES_WORDS
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, appointment: Appointment, may_override: bool) -> None:
        start = appointment.local_start
        super().__init__(
            with_pressed_time(data),
            site=appointment.site,
            may_override=may_override,
            initial={
                "day": start.date(),
                "time": start.time(),
                "minutes": appointment.minutes,
                "room": appointment.room_id,
                "provider": appointment.provider_id,
                "override_reason": appointment.override_reason,
                "note": appointment.note,
                "version": appointment.version,
            },
        )
        self.fields["provider"].queryset = providers_of([appointment.site])  # type: ignore[attr-defined]


class CancelForm(forms.Form):
    cancelled_by = forms.ChoiceField(
        label="Who cancels",
        choices=Appointment.CancelledBy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say who cancels: the patient or the clinic."},
    )
    reason = forms.CharField(label="Reason", max_length=200, error_messages={"required": "Say why it is cancelled."})
    notify = forms.BooleanField(label="Tell the patient", required=False, initial=True)


class DayForm(forms.Form):
    day = forms.DateField(widget=DateInput(), required=False)
