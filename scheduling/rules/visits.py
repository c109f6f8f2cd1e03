"""What may follow what in the life of a visit, how long it takes, and when it comes too early.

Plain functions on plain values: no database, no clock. Days are the site's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

# Statuses in which nobody comes: the time is free again and the patient is back on the recall list.
INACTIVE = frozenset({"cancelled", "missed", "moved"})

# Where a visit goes next, and back where a press was a slip. A cancelled visit stays cancelled, a moved one moved.
NEXT_STATUSES: Mapping[str, tuple[str, ...]] = {
    "booked": ("confirmed", "arrived", "in_room", "done", "missed", "cancelled"),
    "confirmed": ("booked", "arrived", "in_room", "done", "missed", "cancelled"),
    "arrived": ("booked", "confirmed", "in_room", "done", "missed", "cancelled"),
    "in_room": ("arrived", "done", "cancelled"),
    "done": ("in_room", "arrived"),
    "missed": ("booked", "arrived"),
    "cancelled": (),
    "moved": (),
}

# The one press that is most likely next, for the button on a card.
LIKELY_NEXT: Mapping[str, str] = {
    "booked": "arrived",
    "confirmed": "arrived",
    "arrived": "in_room",
    "in_room": "done",
}

# Usual lengths in minutes, offered first.
USUAL_MINUTES: Mapping[str, int] = {"session": 30, "follow_up": 15, "consultation": 30}
SHORTEST_MINUTES = 5
LONGEST_MINUTES = 8 * 60
FURTHEST_AHEAD = timedelta(days=731)


def status_problem(*, current: str, new: str, on: date, today: date, has_started: bool) -> str | None:
    """Why a visit of day `on` may not go from one status to another, in words, or None when it may."""
    if new == current:
        return None
    if new not in NEXT_STATUSES.get(current, ()):
        if current == "cancelled":
            return "This appointment was cancelled. Book a new one."
        if current == "moved":
            return "This appointment was moved to another time."
        return f"An appointment that is {_word(current)} cannot become {_word(new)}."
    if new in ("arrived", "in_room", "done") and on > today:
        return f"The appointment is on {on.day} {on:%B %Y}: nobody can be {_word(new)} yet."
    if new == "missed" and not has_started:
        return "It has not begun yet. Cancel it if the patient will not come."
    return None


def _word(status: str) -> str:
    return status.replace("_", " ")


def is_too_early(*, on: date, eligible_on: date | None, last_session_on: date | None) -> bool:
    """Whether a visit of that day comes before a repeat is allowed; the last session's own visit does not."""
    return eligible_on is not None and last_session_on is not None and last_session_on < on < eligible_on


def repeats(*, on: date, booked: date, today: date, interval: timedelta | None) -> bool:
    """Whether a session on that day would be given twice: before the booked one, or sooner after it than allowed.

    `interval` is the shortest time between two sessions, None before a first one: then any other day ahead is one.
    """
    return on <= booked or (booked > today if interval is None else on < booked + interval)
