from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from datetime import date, time
from typing import Any

from django import forms
from django.http import QueryDict

from scheduling.forms.fields import MINUTES_WORDS, DateInput, TimeInput
from scheduling.lengths import Lengths, VisitOf
from scheduling.models import Availability, VisitKind
from scheduling.rules.hours import week_problems
from scheduling.rules.times import clock
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES, USUAL_MINUTES
from treatments.models import Condition

PAST = "This day is past: check the year."
YEARS_AHEAD = 5
SPANS = 3  # a day: morning, afternoon, evening


class ClockField(forms.TimeField):
    """A time of day as it is typed; the end of the day is 24:00."""

    def to_python(self, value: Any) -> time | None:
        return time.max if value in ("24", "24:00", "24.00", "2400") else super().to_python(value)


class WeekForm(forms.Form):
    """A provider's week at one site: up to three spans a day, empty ones left out. Carries the week it began with."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, week: Iterable[tuple[int, time, time]], seen: str) -> None:
        by_day: dict[int, list[tuple[time, time]]] = {weekday: [] for weekday, _ in Availability.Weekday.choices}
        for weekday, begin, end in week:
            by_day[weekday].append((begin, end))
        initial: dict[str, Any] = {"seen": seen}
        # A day that somehow has more keeps them all.
        self.spans = max([SPANS, *(len(spans) for spans in by_day.values())])
        for weekday, spans in by_day.items():
            for number, (begin, end) in enumerate(spans):
                initial[f"from-{weekday}-{number}"], initial[f"until-{weekday}-{number}"] = clock(begin), clock(end)
        super().__init__(data, initial=initial)
        for weekday, name in Availability.Weekday.choices:
            for number in range(self.spans):
                for which in ("from", "until"):
                    self.fields[f"{which}-{weekday}-{number}"] = ClockField(
                        required=False,
                        label=f"{name}, {which}",
                        # Plain text: a week is typed faster than picked, and always reads in 24 hours.
                        input_formats=["%H:%M", "%H.%M", "%H", "%H%M"],
                        widget=forms.TimeInput(
                            format="%H:%M",
                            attrs={
                                "aria-label": f"{name}, {which}, {number + 1}",
                                "inputmode": "numeric",
                                "size": 5,
                                "maxlength": 5,
                                "autocomplete": "off",
                            },
                        ),
                        error_messages={"invalid": f"{name}: enter times as 09:00."},
                    )

    def rows(self) -> Iterator[tuple[str, list[tuple[forms.BoundField, forms.BoundField]]]]:
        """Each weekday with its pairs of fields, for the page."""
        for weekday, name in Availability.Weekday.choices:
            yield (
                name,
                [(self[f"from-{weekday}-{number}"], self[f"until-{weekday}-{number}"]) for number in range(self.spans)],
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        week: dict[str, tuple[int, time, time]] = {}
        for weekday, _ in Availability.Weekday.choices:
            for number in range(self.spans):
                place = f"{weekday}-{number}"
                begin, end = cleaned.get(f"from-{place}"), cleaned.get(f"until-{place}")
                if begin is not None and end is not None:
                    week[place] = (weekday, begin, end)
                elif (begin is None) != (end is None) and not {f"from-{place}", f"until-{place}"} & set(self.errors):
                    self.add_error(f"{'from' if begin is None else 'until'}-{place}", "Give both times, or neither.")
        problems = week_problems(week.values())
        for place, span in week.items():
            for words in dict.fromkeys(words for wrong, words in problems if wrong == span):
                self.add_error(f"until-{place}", words)
        cleaned["week"] = list(week.values())
        return cleaned


class ExceptionForm(forms.Form):
    """Days on which the week does not hold."""

    is_away = forms.TypedChoiceField(
        label="What",
        choices=[("1", "Away"), ("0", "Extra hours")],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
        initial="1",
    )
    starts_on = forms.DateField(label="From", widget=DateInput(), error_messages={"required": "Choose a day."})
    ends_on = forms.DateField(label="Until", widget=DateInput(), required=False, help_text="Empty: that day only.")
    starts_at = forms.TimeField(label="From time", widget=TimeInput(), required=False)
    ends_at = forms.TimeField(
        label="Until time", widget=TimeInput(), required=False, help_text="Both empty: the whole day."
    )
    everywhere = forms.BooleanField(label="At all sites", required=False)
    reason = forms.CharField(label="Reason", max_length=120, required=False)

    def __init__(self, data: QueryDict | None = None, *, today: date, **kwargs: Any) -> None:
        super().__init__(data, initial={"starts_on": today}, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["ends_on"] = cleaned.get("ends_on") or cleaned.get("starts_on")
        if cleaned["ends_on"] is not None and cleaned["ends_on"] < self.today and "ends_on" not in self.errors:
            # It would stand nowhere: nobody is away in a past that is shown no more.
            self.add_error("ends_on" if self["ends_on"].value() else "starts_on", PAST)
        if cleaned.get("is_away") is False and (not cleaned.get("starts_at") or not cleaned.get("ends_at")):
            self.add_error("starts_at", "Extra hours need their times.")
        elif not {"starts_at", "ends_at"} & set(self.errors):
            if (cleaned.get("starts_at") is None) != (cleaned.get("ends_at") is None):
                missing = "starts_at" if cleaned.get("starts_at") is None else "ends_at"
                self.add_error(missing, "Give both times, or neither.")
            elif cleaned.get("starts_at") and cleaned["ends_at"] <= cleaned["starts_at"]:
                self.add_error("ends_at", "It ends before it starts.")
        return cleaned


class HolidayForm(forms.Form):
    on = forms.DateField(label="Day", widget=DateInput(), error_messages={"required": "Choose a day."})
    name = forms.CharField(label="Name", max_length=80, error_messages={"required": "Give it a name."})

    def __init__(self, data: QueryDict | None = None, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on < self.today:
            raise forms.ValidationError(PAST)
        if on.year > self.today.year + YEARS_AHEAD:
            raise forms.ValidationError(f"More than {YEARS_AHEAD} years ahead: check the year.")
        return on


class RoomForm(forms.Form):
    name = forms.CharField(label="Name", max_length=60, error_messages={"required": "Give the room a name."})
    is_active = forms.BooleanField(label="Can be booked", required=False)
    seen = forms.CharField(required=False, max_length=60, strip=False, widget=forms.HiddenInput)


class LengthsForm(forms.Form):
    """How long each kind of visit takes, and one more line for a condition of its own. Carries what it began with."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, lengths: Lengths) -> None:
        super().__init__(data, initial={"seen": _mark(lengths)})
        conditions = {row.pk: row for row in Condition.objects.order_by("name")}
        self.began = lengths if data is None else _read_mark(data.get("seen", ""), conditions)
        # What somebody else took away meanwhile keeps its line, with what was typed into it.
        typed = _read_mark(";".join(f"{name}=0" for name in data or ()), conditions)
        self.lines: list[tuple[str, VisitOf]] = []
        for kind, name in VisitKind.choices:
            self._minutes((kind, None), name, lengths.get((kind, None)), placeholder=str(USUAL_MINUTES[kind]))
        for kind, condition in lengths | typed:
            if condition is not None:
                words = f"{VisitKind(kind).label}: {conditions[condition].name}"
                self._minutes((kind, condition), words, lengths.get((kind, condition)))
        self.fields["new_kind"] = forms.ChoiceField(label="Kind", choices=VisitKind.choices, required=False)
        self.fields["new_condition"] = forms.ChoiceField(
            label="Condition",
            choices=[("", "Choose"), *((str(pk), row.name) for pk, row in conditions.items())],
            required=False,
        )
        self._field("new_minutes", "Minutes", None)

    def _minutes(self, visit: VisitOf, words: str, minutes: int | None, placeholder: str = "") -> None:
        self._field(_name(visit), f"{words}, minutes", minutes, placeholder=placeholder)
        self.lines.append((words, visit))

    def _field(self, name: str, label: str, minutes: int | None, placeholder: str = "") -> None:
        self.fields[name] = forms.IntegerField(
            label=label,
            required=False,
            initial=minutes,
            min_value=SHORTEST_MINUTES,
            max_value=LONGEST_MINUTES,
            error_messages=MINUTES_WORDS,
            widget=forms.NumberInput(attrs={"placeholder": placeholder}),
        )

    def rows(self) -> Iterator[tuple[str, forms.BoundField]]:
        return ((words, self[_name(visit)]) for words, visit in self.lines)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # A line that this form did not show yet was not emptied.
        lengths = {visit: cleaned.get(_name(visit)) for _, visit in self.lines if _name(visit) in self.data}
        if cleaned.get("new_condition") and self["new_minutes"].value() in (None, ""):
            self.add_error("new_minutes", "Say how many minutes.")
        if cleaned.get("new_minutes") is not None:
            if not cleaned.get("new_condition"):
                self.add_error("new_condition", "Choose the condition it is for.")
            else:
                kind = cleaned.get("new_kind") or VisitKind.SESSION
                lengths[kind, int(cleaned["new_condition"])] = cleaned["new_minutes"]
        cleaned["lengths"] = lengths
        return cleaned

    def show_changed(self, *, current: Lengths, others: Iterable[VisitOf]) -> None:
        """Say beside each line what somebody else set; the other lines take theirs, and saving again puts mine in."""
        data: QueryDict = self.data.copy()  # type: ignore[assignment]
        data["seen"] = _mark(current)
        mine = self.cleaned_data["lengths"]
        for _, visit in self.lines:
            if _name(visit) not in data or mine.get(visit) == self.began.get(visit):
                data[_name(visit)] = str(current.get(visit, ""))
        for visit in others:
            theirs = f"to {current[visit]} minutes" if visit in current else "back to the usual"
            is_new = self.cleaned_data.get(_name(visit)) != mine[visit]
            words = f"Somebody set it {theirs} meanwhile. Save again to put yours in."
            self.add_error("new_minutes" if is_new else _name(visit), words)
        self.data = data


def _name(visit: VisitOf) -> str:
    return f"{visit[0]}-{visit[1] or ''}"


def _mark(lengths: Lengths) -> str:
    """What the form carries to tell what somebody else changed meanwhile."""
    return ";".join(f"{_name(visit)}={minutes}" for visit, minutes in lengths.items())


def _read_mark(mark: str, conditions: Container[int]) -> Lengths:
    """The lengths of a mark; what cannot be read was not seen."""
    found: Lengths = {}
    for kind, condition, minutes in re.findall(r"(?:^|;)([a-z_]+)-(\d{0,9})=(\d{1,4})(?=;|$)", mark):
        if kind in VisitKind.values and (not condition or int(condition) in conditions):
            found[kind, int(condition) if condition else None] = int(minutes)
    return found
