"""Recalling: how long a call keeps a row off the list, when a letter is due, and what a row says, in words.

Plain functions on plain values: no database, no clock. Days are the site's.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

LONGEST_HOLD_DAYS = 366


def hidden_until(*, hide_days: int, closes_cycle: bool, called_on: date) -> date | None:
    """The day on which a row is to be called again after a try that day; None when it stays on the list.

    The last of all days when nobody is called any more for this window.
    """
    if closes_cycle:
        return date.max
    return called_on + timedelta(days=hide_days) if hide_days else None


def state_words(
    *,
    state: str,
    today: date,
    window_opens_on: date | None,
    window_closes_on: date | None,
    started_on: date | None = None,
) -> str:
    """How long a course has been in its state, as a front desk says it: "due 9 days", "opens in 5 days"."""
    if state == "new":
        return f"waiting {_days((today - started_on).days)}" if started_on and started_on <= today else "no session yet"
    if window_opens_on is None or window_closes_on is None:
        return ""
    if state in ("in effect", "opening"):
        return f"opens in {_days((window_opens_on - today).days)}"
    if state == "due":
        left = (window_closes_on - today).days
        if left <= 21:
            return f"closes in {_days(left)}" if left else "closes today"
        return f"due {_days((today - window_opens_on).days)}" if today > window_opens_on else "due from today"
    if state in ("overdue", "lapsed"):
        return f"closed {_days((today - window_closes_on).days)} ago"
    return ""


def contact_ways(*, channel: str, phone: str, email: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """How to reach a patient: the preferred channel with its number or address, and another way beside it.

    Each is (channel, number or address), "" where nothing is on file. The other way is the telephone, or what there is;
    who is best reached by telephone or text needs none.
    """
    known = {"phone": phone, "text": phone, "email": email, "letter": address}
    first = (channel, known.get(channel, ""))
    others = [(way, known[way]) for way in ("phone", "email", "letter") if known[way] and known[way] != first[1]]
    if channel in ("phone", "text") and first[1]:
        return first, ("", "")
    return first, others[0] if others else ("", "")


def letter_is_due(*, made: int, reached: int, most: int) -> bool:
    """Whether as many tries as are allowed for one window have been made and none reached the patient."""
    return made >= most and reached == 0


def letter_words(made: int) -> str:
    """What the letter task says; no clinical fact."""
    return f"Write a letter: {made} {'attempt has' if made == 1 else 'attempts have'} not reached the patient."


def claim_words(*, name: str, since: datetime, patient: str = "this patient") -> str:
    """Who is calling a patient, for everybody else; `since` in the site's time."""
    return f"{name} is calling {patient} since {since:%H:%M}"


def away_words(*, kind: str, until: date | None, outcome: str, hidden_until: date | None, today: date) -> str:
    """Why a row is off the lists to call: its hold when that still lasts, else the latest call."""
    if kind in ("snooze", "pause", "stop") and (until is None or until > today):
        return {"snooze": "Snoozed", "pause": "Paused", "stop": "Stopped"}[kind]
    if hidden_until is not None and hidden_until > today:
        return f"Called: {outcome[:1].lower()}{outcome[1:]}"
    return ""


def back_words(day: date | None) -> str:
    """When a row is back, where that is not a day: None or the last of all days."""
    return "until brought back or the next session" if day is None or day == date.max else ""


# What the order of a list means, by the key of the order; said above the list.
ORDERS = {
    "closes": "in the order their window closes, so the longest overdue come first",
    "started": "in the order they were started, so who has waited longest comes first",
    "target": "the earliest target date first",
    "contact": "whom nobody has tried yet first, then the longest since the last contact",
    "name": "by name",
    "attempts": "the fewest attempts for this window first",
}


def order_words(order: str, *, leaves_out: bool) -> str:
    """The sentence above a list. `leaves_out`: the list is one to call from, without the booked and the put away."""
    # Only the order by the window says who is the next best; the others are what somebody asked for.
    words = ORDERS[order]
    sentence = f"Next best first: {words}." if order in ("closes", "started") else f"{words[0].upper()}{words[1:]}."
    return f"{sentence} Who is booked or put away is left out." if leaves_out else sentence


def _days(count: int) -> str:
    if count < 28:
        return f"{count} day" if count == 1 else f"{count} days"
    if count < 84:
        return f"{count // 7} weeks"
    months = round(count / 30.44)
    return f"{months} months"
