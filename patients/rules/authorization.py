"""What a payer's authorisation says on a day, and what of it is left. Plain functions on plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

APPROVED, SUBMITTED, DENIED, APPEAL = "approved", "submitted", "denied", "appeal"
# Computed, never stored: an authorisation expires by itself.
EXPIRED = "expired"
# Longer than any payer gives one for: a slip in the year.
LONGEST = timedelta(days=5 * 366)


def status_on(*, status: str, ends_on: date, on: date) -> str:
    """The status on that day: past its last day an approved one has expired; the others stay what was decided."""
    return EXPIRED if status == APPROVED and ends_on < on else status


def is_over(*, status: str, ends_on: date, on: date) -> bool:
    """Whether it is of the past: its time is over, or it was denied and nobody appealed."""
    return ends_on < on or status == DENIED


def share(used: Decimal | int, approved: int | None) -> int | None:
    """How much of it is used, in whole per cent up to 100; None where it names no number."""
    if not approved:
        return None
    return min(100, int(Decimal(used) * 100 / approved))


class Held(Protocol):
    """What a renewal takes over from the authorisation before."""

    coverage_id: int
    status: str
    product: str
    condition: str
    units_approved: int | None
    visits_approved: int | None
    starts_on: date
    ends_on: date


def renewed(row: Held, *, on: date) -> dict[str, object]:
    """What the next authorisation begins with: the same for the time after, asked for today and not decided.

    After a denial there is no time after: it is asked for the same days, from today on.
    """
    first, last = next_span(starts_on=row.starts_on, ends_on=row.ends_on, on=on)
    if row.status == DENIED:
        first = max(row.starts_on, on)
        last = first + (row.ends_on - row.starts_on)
    return {
        "coverage": row.coverage_id,
        "product": row.product,
        "condition": row.condition,
        "units_approved": row.units_approved,
        "visits_approved": row.visits_approved,
        "status": SUBMITTED,
        "submitted_on": on,
        "starts_on": first,
        "ends_on": last,
    }


def next_span(*, starts_on: date, ends_on: date, on: date) -> tuple[date, date]:
    """The days to ask for next: from the day after it ends, or from today where that has passed, as long as it was."""
    first = max(ends_on + timedelta(days=1), on)
    return first, first + (ends_on - starts_on)


def problems_of(values: Mapping[str, object], *, on: date) -> dict[str, str]:
    """What does not stand together, by field: what a status needs beside it, days in their order and none to come.

    `on` is today at the patient's site.
    """
    found = {}
    for name in ("units_approved", "visits_approved"):
        if values.get(name) == 0:
            found[name] = "At least 1. Leave it empty where the payer names no number."
    starts, ends = values.get("starts_on"), values.get("ends_on")
    if isinstance(starts, date) and isinstance(ends, date) and ends - starts > LONGEST:
        found["ends_on"] = "More than five years: check the year."
    for name in ("submitted_on", "decided_on", "appealed_on"):
        day = values.get(name)
        if isinstance(day, date) and day > on:
            found[name] = "This day has not come yet."
    status = values.get("status")
    if status == APPROVED and not values.get("number"):
        found["number"] = "An approved authorisation has a number."
    if status in (DENIED, APPEAL) and not values.get("denial_reason"):
        found["denial_reason"] = "Say why it was denied."
    if status == APPEAL and not values.get("appealed_on"):
        found["appealed_on"] = "Enter the day of the appeal."
    submitted, decided = values.get("submitted_on"), values.get("decided_on")
    if isinstance(submitted, date) and isinstance(decided, date) and decided < submitted:
        found["decided_on"] = "It was decided before it was asked for."
    appealed = values.get("appealed_on")
    if isinstance(submitted, date) and isinstance(appealed, date) and appealed < submitted:
        found["appealed_on"] = "It was appealed before it was asked for."
    return found
