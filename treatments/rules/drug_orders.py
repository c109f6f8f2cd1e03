"""When an order of a specialty pharmacy is late, and in which words. Plain functions on plain values."""

from __future__ import annotations

from datetime import date


def is_late(*, expected_on: date | None, needed_on: date | None, on: date) -> bool:
    """Past the day it was expected, or on the way for a visit that comes first; `needed_on` is the booked visit."""
    if expected_on is not None and expected_on < on:
        return True
    return needed_on is not None and (needed_on <= on or (expected_on is not None and expected_on > needed_on))


def late_words(*, expected_on: date | None, needed_on: date | None, on: date) -> str:
    """Why an order is late; empty when it is not. No product and no dose: a task is read by everybody."""
    if not is_late(expected_on=expected_on, needed_on=needed_on, on=on):
        return ""
    parts = []
    if expected_on is not None:
        parts.append(f"expected {_day(expected_on)}" + (", not here" if expected_on < on else ""))
    else:
        parts.append("no day of delivery known")
    if needed_on is not None:
        parts.append(f"needed for the visit on {_day(needed_on)}")
    return f"Vials ordered: {'; '.join(parts)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
