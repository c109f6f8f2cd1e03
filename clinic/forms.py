"""What people type in on the pages that combine apps."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.merging.courses import Twins
from clinic.merging.preview import FieldRow

SIDES = [("kept", "the kept record's"), ("merged", "the other record's")]


class MergeForm(forms.Form):
    """Which value of each field stays, which course of a condition goes on, and how it is known to be one person.

    Carries the versions of both records, so that nobody merges what they have not seen.
    """

    kept_version = forms.IntegerField(widget=forms.HiddenInput)
    merged_version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="How do you know that this is one person?",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "textinput form-control", "autocomplete": "off"}),
        error_messages={"required": "Say how you know that this is one person."},
    )

    def __init__(self, *args: Any, fields: list[FieldRow], twins: list[Twins], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows, self.twins = fields, twins
        for row in fields:
            if row.is_choice:
                self.fields[f"take_{row.name}"] = forms.ChoiceField(choices=SIDES, initial="kept", label=row.label)
        for pair in twins:
            self.fields[f"course_{pair.condition_id}"] = forms.TypedChoiceField(
                choices=[(course.pk, str(course.pk)) for course in pair.may_go_on],
                coerce=int,
                initial=pair.latest.pk,
                label=pair.name,
                error_messages={
                    "required": f"Choose the course of {pair.name} that goes on.",
                    "invalid_choice": f"Choose the course of {pair.name} that goes on.",
                },
            )

    def take(self) -> dict[str, bool]:
        """By field, whether the other record's value stays, where a person chose."""
        return {
            row.name: self.cleaned_data[f"take_{row.name}"] == "merged"
            for row in self.rows
            if f"take_{row.name}" in self.cleaned_data
        }

    def goes_on(self) -> dict[int, int]:
        """By condition, the course that goes on."""
        return {pair.condition_id: self.cleaned_data[f"course_{pair.condition_id}"] for pair in self.twins}

    def table(self) -> list[tuple[FieldRow, Any]]:
        """Each field of both records with its choice, where there is one."""
        return [(row, self[f"take_{row.name}"] if row.is_choice else None) for row in self.rows]

    def courses(self) -> list[tuple[Twins, Any]]:
        return [(pair, self[f"course_{pair.condition_id}"]) for pair in self.twins]


class TakeApartForm(forms.Form):
    reason = forms.CharField(
        label="Why are they two people?",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "textinput form-control", "autocomplete": "off"}),
        error_messages={"required": "Say why they are two people."},
    )


class PairForm(forms.Form):
    """Two records that are two people."""

    first = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    second = forms.IntegerField(min_value=1, max_value=2**63 - 1)
