from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from outcomes.actions import DayChange
from outcomes.rules import plain
from outcomes.rules.diary import DiaryEntry, entry_problem

# What is typed for a day: the worst severity, or that there was a headache and nothing more is known.
TYPED = {"0": (False, None), "1": (True, 1), "2": (True, 2), "3": (True, 3), "y": (True, None)}


class DiaryMonthForm(forms.Form):
    """A month of the headache diary, a row for each day up to today; an empty row is a day not recorded."""

    def __init__(self, *args: Any, month: date, saved: Mapping[date, DiaryEntry], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        last = monthrange(month.year, month.month)[1]
        self.days = [day for number in range(1, last + 1) if (day := month.replace(day=number)) <= today]
        for day in self.days:
            entry = saved.get(day)
            name = f"{day:%d}"
            self.fields[f"typed_{name}"] = forms.CharField(
                required=False,
                max_length=1,
                initial=_typed(entry),
                widget=forms.TextInput(
                    attrs={
                        "inputmode": "numeric",
                        "autocomplete": "off",
                        "class": "diary-key form-control form-control-sm",
                        "aria-label": f"Worst headache on {_day(day)}: 0 none, 1 mild, 2 moderate, 3 severe, y yes",
                        "data-diary-key": "",
                    }
                ),
            )
            self.fields[f"migraine_{name}"] = forms.BooleanField(
                required=False,
                initial=entry is not None and entry.migraine,
                widget=forms.CheckboxInput(attrs={"aria-label": f"Migraine on {_day(day)}"}),
            )
            self.fields[f"drug_{name}"] = forms.BooleanField(
                required=False,
                initial=entry is not None and entry.acute_drug,
                widget=forms.CheckboxInput(attrs={"aria-label": f"Acute drug on {_day(day)}"}),
            )
            self.fields[f"hours_{name}"] = forms.DecimalField(
                required=False,
                min_value=0,
                max_value=24,
                max_digits=4,
                decimal_places=2,
                initial=plain(entry.hours) if entry and entry.hours is not None else None,
                error_messages={"max_value": "A day has 24 hours.", "min_value": "Not below zero."},
                widget=forms.NumberInput(
                    attrs={
                        "class": "form-control form-control-sm",
                        "step": "0.25",
                        "min": "0",
                        "max": "24",
                        "aria-label": f"Hours of headache on {_day(day)}",
                    }
                ),
            )
            # What the page showed: a day that was not touched is never written over somebody else's.
            self.fields[f"was_{name}"] = forms.CharField(
                required=False, initial=_kept(entry), max_length=20, widget=forms.HiddenInput
            )

    def rows(self) -> list[tuple[date, dict[str, Any]]]:
        """Each day with its fields and what is wrong with it, for the template."""
        return [
            (
                day,
                {part: self[f"{part}_{day:%d}"] for part in ("typed", "migraine", "drug", "hours", "was")}
                | {"errors": [words for part in ("typed", "migraine", "drug", "hours", "was")
                              for words in self.errors.get(f"{part}_{day:%d}", [])]},
            )
            for day in self.days
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for day in self.days:
            name = f"typed_{day:%d}"
            if name in self.errors or f"hours_{day:%d}" in self.errors:
                continue
            typed = cleaned[name].lower()
            if typed and typed not in TYPED:
                self.add_error(name, "0, 1, 2, 3 or y.")
                continue
            if not typed and (cleaned[f"migraine_{day:%d}"] or cleaned[f"drug_{day:%d}"] or cleaned[f"hours_{day:%d}"]):
                self.add_error(name, "Say first whether there was a headache.")
                continue
            entry = self._entry(day)
            if entry is not None and (words := entry_problem(entry, on=self.today)):
                self.add_error(name, words)
        return cleaned

    def changes(self) -> dict[date, DayChange]:
        """The days that differ from what the page showed; call it on a valid form."""
        found = {}
        for day in self.days:
            was, entry = _unkept(day, self.cleaned_data[f"was_{day:%d}"]), self._entry(day)
            if was != entry:
                found[day] = DayChange(was=was, entry=entry)
        return found

    def add_day_errors(self, problem: ValidationError) -> None:
        """Put what the action refused beside its days."""
        for key, messages in problem.message_dict.items():
            for message in messages:
                self.add_error(f"typed_{key[-2:]}", message)

    def _entry(self, day: date) -> DiaryEntry | None:
        typed = self.cleaned_data[f"typed_{day:%d}"].lower()
        if not typed:
            return None
        headache, severity = TYPED[typed]
        hours = self.cleaned_data[f"hours_{day:%d}"]
        return DiaryEntry(
            on=day,
            headache=headache,
            migraine=self.cleaned_data[f"migraine_{day:%d}"],
            severity=severity,
            # A nought beside a day without headache is no hour of it.
            hours=hours if headache or hours else None,
            acute_drug=self.cleaned_data[f"drug_{day:%d}"],
        )


def _typed(entry: DiaryEntry | None) -> str:
    if entry is None:
        return ""
    if not entry.headache:
        return "0"
    return str(entry.severity or "y")


def _kept(entry: DiaryEntry | None) -> str:
    """A day as one short text: severity, m, d, hours."""
    if entry is None:
        return ""
    hours = "" if entry.hours is None else plain(entry.hours)
    return f"{_typed(entry)},{'m' if entry.migraine else ''},{'d' if entry.acute_drug else ''},{hours}"


def _unkept(day: date, text: str) -> DiaryEntry | None:
    typed, *rest = [*text.split(","), "", "", ""][:4]
    if typed not in TYPED:
        return None
    headache, severity = TYPED[typed]
    try:
        hours = Decimal(rest[2]) if rest[2] else None
    except ArithmeticError:
        hours = None
    return DiaryEntry(day, headache, rest[0] == "m", severity, hours, rest[1] == "d")


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
