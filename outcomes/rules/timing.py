"""When a patient was treated again and when the effect wore off, in calendar days."""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class Timing(StrEnum):
    """How a re-treatment lay to the window it closed."""

    EARLY = "early"
    ON_TIME = "on time"
    LATE = "late"


def timing_of(*, retreated_on: date, eligible_on: date, window_closes_on: date) -> Timing:
    """On time is from the first day a repeat is allowed to the day the window closes, both included."""
    if retreated_on < eligible_on:
        return Timing.EARLY
    return Timing.ON_TIME if retreated_on <= window_closes_on else Timing.LATE


def wear_off_days(*, session_on: date, wear_off_on: date | None) -> int | None:
    """Days from a session until its effect was seen to wear off; None when nobody saw it."""
    return None if wear_off_on is None else (wear_off_on - session_on).days
