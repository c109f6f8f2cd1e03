"""What a list is narrowed to, as its address says it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import Truncator

SHOWN = 40  # letters of what somebody wrote into an address


def left_out_words(text: str) -> str:
    """What is said beside a filter whose choice nobody knows, which leaves it out."""
    return f"“{Truncator(text).chars(SHOWN)}” is not known here, so it is left out."


class FilterForm(forms.Form):
    """The filters of a list, from its address: a choice nobody knows, or a day that is none, is left out and said so.

    What is right stays in `cleaned_data`, also where another filter has an error.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            text = str(self.data.get(name, ""))
            if isinstance(field, forms.ChoiceField):
                # Django fills in what was sent by "%".
                field.error_messages["invalid_choice"] = left_out_words(text).replace("%", "%%")
            elif isinstance(field, forms.DateField):
                field.error_messages["invalid"] = (
                    f"“{Truncator(text).chars(SHOWN)}” is not a day of the calendar, so it is left out."
                )
