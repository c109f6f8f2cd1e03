"""What several forms of the diary are made of."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Site, User
from accounts.permissions import Role
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES

_SPAN = f"From {SHORTEST_MINUTES} minutes to {LONGEST_MINUTES // 60} hours."
MINUTES_WORDS = {"min_value": _SPAN, "max_value": _SPAN, "required": _SPAN}


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
