from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict

from accounts.models import Site, User
from accounts.permissions import Role
from patients.models import Patient
from scheduling.models import Appointment, RecallAttempt, Room
from scheduling.querysets import TABS
from scheduling.rules import (
    LONGEST_MINUTES,
    LONGEST_SNOOZE_DAYS,
    SHORTEST_MINUTES,
    USUAL_MINUTES,
    TimeDoesNotExistError,
    local_moment,
)
from treatments.models import Condition, FollowUp, TreatmentCourse


def providers_of(sites: list[Site]) -> Any:
    """Active providers who work at any of these sites."""
    return User.objects.filter(is_active=True, roles__contains=[Role.PROVIDER], sites__in=sites).distinct()


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attributes: Any) -> None:
        super().__init__(format="%Y-%m-%d", attrs=attributes)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, **attributes: Any) -> None:
        super().__init__(format="%H:%M", attrs={"step": 300} | attributes)


# Lengths of a visit that are offered, in minutes; the form takes any other.
LENGTHS = (15, 20, 30, 45, 60, 90)


def list_query(text: str) -> str:
    """What of a query string the recall list may be given back: known words and numbers, nothing else."""
    params = QueryDict(text[:500])
    kept = {"tab": params.get("tab", "")} if params.get("tab") in TABS else {}
    for name in ("condition", "provider", "site", "after", "before"):
        value = params.get(name, "")
        if re.fullmatch(r"[0-9]{1,18}|all", value):
            kept[name] = value
    return urlencode(kept)


class RecallFilterForm(forms.Form):
    """Which rows of the recall list are shown; lives in the URL and holds ids only."""

    tab = forms.ChoiceField(choices=[(key, tab.words) for key, tab in TABS.items()], widget=forms.HiddenInput)
    condition = forms.ChoiceField(required=False)
    provider = forms.ChoiceField(required=False)
    site = forms.ChoiceField(required=False)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, params: QueryDict, *, request: HttpRequest) -> None:
        data = {name: params.get(name, "") for name in self.base_fields}
        data["tab"] = data["tab"] or "to-call"
        sites, here = request.sites, request.site  # type: ignore[attr-defined]
        if here is not None:
            data["site"] = data["site"] or str(here.pk)
        super().__init__(data)
        # Each read once, for the menu and for the choice made in it.
        conditions = {str(row.pk): row for row in Condition.objects.all()}
        providers = {str(row.pk): row for row in providers_of(sites)}
        self.fields["condition"].choices = [("", "All conditions"), *((pk, str(row)) for pk, row in conditions.items())]  # type: ignore[attr-defined]
        self.fields["provider"].choices = [("", "All providers"), *((pk, str(row)) for pk, row in providers.items())]  # type: ignore[attr-defined]
        self.fields["site"].choices = [  # type: ignore[attr-defined]
            *((str(site.pk), site.name) for site in sites),
            *([("all", "All my sites")] if len(sites) > 1 else []),
        ]
        self.is_valid()
        # A filter that is not understood is left out; the message beside it says so.
        known = getattr(self, "cleaned_data", {})
        self.active_tab = TABS[known.get("tab") or "to-call"]
        self.chosen_condition: Condition | None = conditions.get(known.get("condition", ""))
        self.chosen_provider: User | None = providers.get(known.get("provider", ""))
        self.page_after: int | None = known.get("after")
        self.page_before: int | None = known.get("before")
        chosen = known.get("site") or (str(here.pk) if here else "")
        self.sites: list[Site] = [site for site in sites if chosen == "all" or str(site.pk) == chosen]
        self._kept = {
            "condition": self.chosen_condition.pk if self.chosen_condition else None,
            "provider": self.chosen_provider.pk if self.chosen_provider else None,
            "site": chosen if here and chosen != str(here.pk) else None,
        }

    def query(self, **changes: Any) -> str:
        """The query string of this list, with changes; only ids and known words can be in it."""
        values: dict[str, Any] = {"tab": self.active_tab.key} | self._kept | changes
        if values["tab"] == "to-call":
            values["tab"] = None
        return urlencode({name: value for name, value in values.items() if value is not None})

    @property
    def is_narrowed(self) -> bool:
        return self.chosen_condition is not None or self.chosen_provider is not None


class AttemptForm(forms.Form):
    channel = forms.ChoiceField(label="How", choices=Patient.Channel.choices)
    outcome = forms.ChoiceField(
        label="What came of it",
        choices=RecallAttempt.Outcome.choices,
        error_messages={"required": "Choose what came of it."},
    )
    note = forms.CharField(label="Note", max_length=200, required=False)


class SnoozeForm(forms.Form):
    until = forms.DateField(label="Until", widget=DateInput(), error_messages={"required": "Choose a day."})
    reason = forms.CharField(label="Reason", max_length=200, error_messages={"required": "Say why."})

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("until", today + timedelta(days=14))
        self.fields["until"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(),
            "max": (today + timedelta(days=LONGEST_SNOOZE_DAYS)).isoformat(),
        }


class BookingOptionsForm(forms.Form):
    """With whom, where, how long and from when free times are looked for; lives in the URL and holds ids only.

    What is missing or not understood becomes the usual: the course's provider, its site, the kind's length.
    """

    provider = forms.ChoiceField()
    site = forms.ChoiceField()
    minutes = forms.TypedChoiceField(coerce=int, choices=[(count, f"{count} min") for count in LENGTHS])
    looking_from = forms.DateField(required=False, widget=DateInput())

    def __init__(
        self, params: QueryDict, *, sites: list[Site], usual_site: Site, usual_provider_id: int | None, kind: str
    ) -> None:
        self.chosen_site = next((site for site in sites if str(site.pk) == params.get("site")), usual_site)
        providers = {str(row.pk): row for row in providers_of([self.chosen_site])}
        wanted = [params.get("provider", ""), str(usual_provider_id), *providers]
        self.chosen_provider = next((providers[pk] for pk in wanted if pk in providers), None)
        super().__init__(
            {
                "provider": self.chosen_provider.pk if self.chosen_provider else "",
                "site": self.chosen_site.pk,
                "minutes": params.get("minutes") or USUAL_MINUTES[kind],
                "looking_from": params.get("looking_from", ""),
            }
        )
        self.fields["provider"].choices = [(pk, str(row)) for pk, row in providers.items()]  # type: ignore[attr-defined]
        self.fields["site"].choices = [(str(site.pk), site.name) for site in sites]  # type: ignore[attr-defined]
        self.is_valid()
        self.chosen_minutes: int | None = self.cleaned_data.get("minutes")
        self.chosen_day: date | None = self.cleaned_data.get("looking_from")


class AppointmentTimeForm(forms.Form):
    """The time of a visit, in the site's own time."""

    day = forms.DateField(label="Day", widget=DateInput(), error_messages={"required": "Choose a day."})
    time = forms.TimeField(label="Time", widget=TimeInput(), error_messages={"required": "Choose a time."})
    room = forms.ModelChoiceField(Room.objects.none(), required=False, empty_label="Decided on the day")
    early_reason = forms.CharField(label="Reason to book early", max_length=200, required=False)
    note = forms.CharField(label="Note", max_length=200, required=False)

    # Where the action's words about a field that this form has under another name are shown.
    shown_at = {"starts_at": "time"}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
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
            field = self.shown_at.get(name, name)
            self.add_error(field if field in self.fields else None, problems)


class BookingForm(AppointmentTimeForm):
    """A visit to book. A pressed free time is sent as `slot` and stands for day and time."""

    kind = forms.ChoiceField(choices=Appointment.Kind.choices, widget=forms.HiddenInput)
    provider = forms.ModelChoiceField(User.objects.none(), widget=forms.HiddenInput)
    minutes = forms.IntegerField(min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES, widget=forms.HiddenInput)
    courses = forms.ModelMultipleChoiceField(
        TreatmentCourse.objects.none(), label="Treats", required=False, widget=forms.CheckboxSelectMultiple
    )
    follow_up = forms.ModelChoiceField(FollowUp.objects.none(), label="Follow-up", required=False, empty_label="Other")

    field_order = ["kind", "provider", "minutes", "courses", "follow_up", "day", "time", "room", "early_reason", "note"]

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        kind: str,
        courses: list[TreatmentCourse],
        follow_ups: list[FollowUp],
        site: Site,
        asked_follow_up: str | None = None,
    ) -> None:
        if data is not None and (slot := data.get("slot")):
            data = data.copy()
            data["day"], _, data["time"] = slot.partition("T")
        first = courses[:1] if kind == Appointment.Kind.SESSION else []
        super().__init__(
            data,
            site=site,
            initial={
                "courses": [course.pk for course in first],
                "follow_up": asked_follow_up or next((row.pk for row in follow_ups), None),
            },
        )
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

    @property
    def shows_early_reason(self) -> bool:
        return "early_reason" in self.errors or bool(self["early_reason"].value()) or self.may_be_early

    may_be_early = False


class MoveForm(AppointmentTimeForm):
    """Another time, provider or room for a visit; carries the version it was opened on."""

    provider = forms.ModelChoiceField(User.objects.none(), label="With", empty_label=None)
    minutes = forms.IntegerField(label="Minutes", min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, appointment: Appointment) -> None:
        start = appointment.local_start
        super().__init__(
            data,
            site=appointment.site,
            initial={
                "day": start.date(),
                "time": start.time(),
                "minutes": appointment.minutes,
                "room": appointment.room_id,
                "provider": appointment.provider_id,
                "early_reason": appointment.early_reason,
                "note": appointment.note,
                "version": appointment.version,
            },
        )
        self.fields["provider"].queryset = providers_of([appointment.site])  # type: ignore[attr-defined]


class CancelForm(forms.Form):
    reason = forms.CharField(label="Reason", max_length=200, error_messages={"required": "Say why it is cancelled."})


class DayForm(forms.Form):
    day = forms.DateField(widget=DateInput(), required=False)
