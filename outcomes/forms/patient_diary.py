from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from outcomes.forms.diary import TYPED
from outcomes.rules import plain
from outcomes.rules.diary import DiaryEntry


class HoursField(forms.DecimalField):
    """Hours as people type them: a comma is a point."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class DiaryDayForm(forms.Form):
    """One day of the headache diary as a patient tells it."""

    worst = forms.ChoiceField(
        label=_("How strong was your worst headache?"),
        choices=[
            ("0", _("No headache")),
            ("1", _("Mild")),
            ("2", _("Moderate")),
            ("3", _("Severe")),
            ("y", _("Headache, I do not know how strong")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the answers."), "invalid_choice": _("Choose one of the answers.")},
    )
    migraine = forms.BooleanField(
        label=_("It was a migraine: throbbing, with nausea, or light and noise hurt"), required=False
    )
    hours = HoursField(
        label=_("About how many hours did it last?"),
        required=False,
        min_value=0,
        max_value=24,
        max_digits=4,
        decimal_places=2,
        error_messages={
            name: _("A number of hours from 0 to 24.")
            for name in ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits")
        },
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": "5"}),
    )
    acute_drug = forms.BooleanField(label=_("I took a medicine against it"), required=False)

    def __init__(self, *args: Any, day: date, was: DiaryEntry | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        if was is not None:
            self.initial = {
                "worst": str(was.severity or "y") if was.headache else "0",
                "migraine": was.migraine,
                "hours": plain(was.hours) if was.hours is not None else "",
                "acute_drug": was.acute_drug,
            }

    def entry(self) -> DiaryEntry:
        """The day as it is kept; of a day without headache nothing but the medicine."""
        headache, severity = TYPED[self.cleaned_data["worst"]]
        return DiaryEntry(
            on=self.day,
            headache=headache,
            migraine=headache and self.cleaned_data["migraine"],
            severity=severity,
            hours=self.cleaned_data["hours"] if headache else None,
            acute_drug=self.cleaned_data["acute_drug"],
        )
