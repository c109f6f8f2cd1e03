from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from accounts.filters import FilterForm
from accounts.models import Site, User
from scheduling.forms.fields import MINUTES_WORDS, DateInput, providers_of
from scheduling.models import Appointment, Availability, WaitingEntry
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES
from treatments.models import TreatmentCourse


class WaitingForm(forms.Form):
    """What somebody who waits would take."""

    kind = forms.ChoiceField(label="Kind of visit", choices=Appointment.Kind.choices)
    course = forms.ModelChoiceField(TreatmentCourse.objects.none(), label="Treats", required=False, empty_label="-")
    site = forms.ModelChoiceField(Site.objects.none(), label="At", empty_label=None)
    provider = forms.ModelChoiceField(User.objects.none(), label="With", required=False, empty_label="Anyone")
    minutes = forms.IntegerField(
        label="Minutes", min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES, error_messages=MINUTES_WORDS
    )
    earliest_on = forms.DateField(label="Comes from", widget=DateInput(), error_messages={"required": "Choose a day."})
    latest_on = forms.DateField(
        label="Until",
        widget=DateInput(),
        error_messages={"required": "Choose a day."},
        help_text="After this day the entry ends by itself.",
    )
    weekdays = forms.TypedMultipleChoiceField(
        label="Days of the week",
        coerce=int,
        choices=Availability.Weekday.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: any day.",
    )
    part_of_day = forms.ChoiceField(
        label="Part of the day", choices=WaitingEntry.PartOfDay.choices, widget=forms.RadioSelect
    )
    is_urgent = forms.BooleanField(label="Urgent: offered before all others", required=False)
    note = forms.CharField(label="Note", max_length=200, required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        sites: list[Site],
        courses: list[TreatmentCourse],
        instead_of: Appointment | None,
        initial: dict[str, Any],
    ) -> None:
        super().__init__(data, initial={"part_of_day": WaitingEntry.PartOfDay.ANY} | initial)
        self.fields["site"].queryset = Site.objects.filter(pk__in=[site.pk for site in sites])  # type: ignore[attr-defined]
        self.fields["provider"].queryset = providers_of(sites)  # type: ignore[attr-defined]
        self.fields["course"].queryset = TreatmentCourse.objects.filter(  # type: ignore[attr-defined]
            pk__in=[course.pk for course in courses]
        ).select_related("condition")
        self.fields["course"].label_from_instance = lambda course: course.condition.name  # type: ignore[attr-defined]
        if not courses:
            del self.fields["course"]
        if instead_of is not None:
            for name in ("kind", "course", "site"):
                self.fields.pop(name, None)


class FreedTimeForm(forms.Form):
    """What goes with booking a freed time for somebody who waits."""

    override_reason = forms.CharField(max_length=200, required=False)
    notify = forms.BooleanField(label="Tell the patient", required=False, initial=True)


class WaitingFilterForm(FilterForm):
    """Which entries the waiting list shows; lives in the URL and holds ids only."""

    site = forms.ChoiceField(required=False)
    provider = forms.ChoiceField(required=False)
    show = forms.ChoiceField(
        required=False, choices=[("", "Waiting"), ("ended", "Ended"), ("booked", "Booked"), ("withdrawn", "Withdrawn")]
    )

    def __init__(self, params: QueryDict, *, sites: list[Site], here: Site | None) -> None:
        usual = str(here.pk) if here is not None else ""
        data = {name: params.get(name, "") for name in self.base_fields}
        super().__init__(data | {"site": params.get("site", usual)})
        providers = {str(row.pk): row for row in providers_of(sites)}
        self.fields["site"].choices = [("", "All my sites"), *((str(site.pk), site.name) for site in sites)]  # type: ignore[attr-defined]
        self.fields["provider"].choices = [("", "All providers"), *((pk, str(row)) for pk, row in providers.items())]  # type: ignore[attr-defined]
        self.is_valid()
        known = getattr(self, "cleaned_data", {})
        chosen = known.get("site", usual)
        self.sites = [site for site in sites if not chosen or str(site.pk) == chosen]
        self.chosen_provider: User | None = providers.get(known.get("provider", ""))
        self.shown: str = known.get("show", "")
