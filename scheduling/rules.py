"""Rules of the diary and of recalling: free times, what may follow what, how long a call keeps a row off the list.

Plain functions on plain values: no database, no clock. Moments are aware datetimes; days and wall times are the site's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")

# Statuses in which nobody comes: the time is free again and the patient is back on the recall list.
INACTIVE = frozenset({"cancelled", "missed"})

# Where a visit goes next, and back where a press was a slip. A cancelled visit stays cancelled: book a new one.
NEXT_STATUSES: Mapping[str, tuple[str, ...]] = {
    "booked": ("confirmed", "arrived", "in_room", "done", "missed", "cancelled"),
    "confirmed": ("booked", "arrived", "in_room", "done", "missed", "cancelled"),
    "arrived": ("booked", "confirmed", "in_room", "done", "missed", "cancelled"),
    "in_room": ("arrived", "done", "cancelled"),
    "done": ("in_room", "arrived"),
    "missed": ("booked", "arrived"),
    "cancelled": (),
}

# The one press that is most likely next, for the button on a card.
LIKELY_NEXT: Mapping[str, str] = {
    "booked": "arrived",
    "confirmed": "arrived",
    "arrived": "in_room",
    "in_room": "done",
}

# Days that a call's outcome keeps a row off the lists to call; it is back on the morning of that day. Nobody is called
# twice a day for nothing, and who said no is left alone for a month. 0: the row stays, because there is still work:
# who agreed has to be booked, a wrong number has to be put right.
HIDE_DAYS: Mapping[str, int] = {
    "no_answer": 1,
    "voicemail": 3,
    "will_call_back": 7,
    "declined": 30,
    "agreed": 0,
    "wrong_number": 0,
}
LONGEST_HIDE_DAYS = max(HIDE_DAYS.values())
LONGEST_SNOOZE_DAYS = 366

# Usual lengths in minutes, offered first.
USUAL_MINUTES: Mapping[str, int] = {"session": 30, "follow_up": 15, "consultation": 30}
SHORTEST_MINUTES = 5
LONGEST_MINUTES = 8 * 60
FURTHEST_AHEAD = timedelta(days=731)

# How far ahead free times are looked for when nothing closes the search, in days.
SEARCH_DAYS = 120


class TimeDoesNotExistError(ValueError):
    """The clocks go forward over this wall time; the message says so."""


def local_moment(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """That wall time at the site, as an aware moment.

    Of a time that comes twice when the clocks go back, the first is meant. Raises TimeDoesNotExistError for one that
    is skipped when they go forward.
    """
    moment = datetime.combine(day, at, tzinfo=zone)
    back = moment.astimezone(UTC).astimezone(zone)
    if back.replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise TimeDoesNotExistError(
            f"There is no {clock(at)} on {day.day} {day:%B %Y}: the clocks go forward that night."
        )
    return moment


def clock(at: time | datetime) -> str:
    """A time of day in 24 hours, as every page says it: "09:00"."""
    return f"{at:%H:%M}"


def span_words(starts_at: datetime, ends_at: datetime) -> str:
    """ "09:00-09:30", for two moments of one zone."""
    return f"{clock(starts_at)}-{clock(ends_at)}"


@dataclass(frozen=True)
class Hours:
    """When a provider works at a site on one weekday (Monday 0), in the site's wall time."""

    weekday: int
    starts_at: time
    ends_at: time


@dataclass(frozen=True)
class Search:
    """The days that free times are looked for on, both included, in the order of preference."""

    first: date
    last: date


def searches_for(
    *,
    today: date,
    eligible_on: date | None,
    window_closes_on: date | None,
    target_on: date | None,
) -> list[Search]:
    """Where to look for a session's free times: from the day to aim at to the closing of the window, then from the
    first allowed day, then after the window. Without a window (a first session), from today on.
    """
    if eligible_on is None or window_closes_on is None:
        return [Search(today, today + timedelta(days=SEARCH_DAYS))]
    earliest = max(today, eligible_on)
    if earliest > window_closes_on:
        return [Search(earliest, earliest + timedelta(days=SEARCH_DAYS))]
    aim = max(earliest, target_on or earliest)
    found = []
    if aim <= window_closes_on:
        found.append(Search(aim, window_closes_on))
    if earliest < aim:
        found.append(Search(earliest, min(aim - timedelta(days=1), window_closes_on)))
    found.append(Search(window_closes_on + timedelta(days=1), window_closes_on + timedelta(days=SEARCH_DAYS)))
    return found


def free_slots(
    *,
    hours: Sequence[Hours],
    busy: Iterable[tuple[datetime, datetime]],
    first: date,
    last: date,
    minutes: int,
    zone: ZoneInfo,
    now: datetime,
    limit: int = 12,
    per_day: int = 4,
) -> list[datetime]:
    """The first free starts on the days from `first` to `last`, both included, as moments in `zone`.

    A slot lies inside the working hours, touches no busy time and starts after `now`; slots do not overlap each other.
    At most `per_day` of one day, so that a choice of days is shown, and `limit` in all.
    """
    taken = sorted(busy)
    length = timedelta(minutes=minutes)
    found: list[datetime] = []
    day = first
    while day <= last and len(found) < limit:
        today: list[datetime] = []
        for span in sorted((span for span in hours if span.weekday == day.weekday()), key=lambda s: s.starts_at):
            today += _free_in(span, day=day, taken=taken, length=length, zone=zone, now=now, after=today)
        found += today[:per_day]
        day += timedelta(days=1)
    return found[:limit]


def _free_in(
    span: Hours,
    *,
    day: date,
    taken: Sequence[tuple[datetime, datetime]],
    length: timedelta,
    zone: ZoneInfo,
    now: datetime,
    after: Sequence[datetime],
) -> list[datetime]:
    """Free starts in one span of working hours, each as early as the one before allows."""
    # Clocks may change in between: arithmetic on moments is done in UTC, where an hour is an hour.
    opens = datetime.combine(day, span.starts_at, tzinfo=zone).astimezone(UTC)
    closes = datetime.combine(day, span.ends_at, tzinfo=zone).astimezone(UTC)
    if after:
        opens = max(opens, after[-1].astimezone(UTC) + length)
    step = timedelta(minutes=5)
    start, found = opens, []
    while start + length <= closes:
        clash = next((end for begin, end in taken if begin < start + length and start < end), None)
        if clash is not None:
            # On to the end of what is in the way, on the 5-minute grid that starts with the span.
            behind = clash.astimezone(UTC) - opens
            start = opens + max(-(-behind // step), 1) * step
        elif start <= now:
            start += step
        else:
            found.append(start.astimezone(zone))
            start += length
    return found


def status_problem(*, current: str, new: str, on: date, today: date, has_started: bool) -> str | None:
    """Why a visit of day `on` may not go from one status to another, in words, or None when it may."""
    if new == current:
        return None
    if new not in NEXT_STATUSES.get(current, ()):
        if current == "cancelled":
            return "This appointment was cancelled. Book a new one."
        return f"An appointment that is {_word(current)} cannot become {_word(new)}."
    if new in ("arrived", "in_room", "done") and on > today:
        return f"The appointment is on {on.day} {on:%B %Y}: nobody can be {_word(new)} yet."
    if new == "missed" and not has_started:
        return "It has not begun yet. Cancel it if the patient will not come."
    return None


def _word(status: str) -> str:
    return status.replace("_", " ")


def back_on(outcome: str, *, called_on: date) -> date:
    """The first day on which a row whose last call had this outcome is to be called again."""
    return called_on + timedelta(days=HIDE_DAYS[outcome])


def is_too_early(*, on: date, eligible_on: date | None, last_session_on: date | None) -> bool:
    """Whether a visit of that day comes before a repeat is allowed; the last session's own visit does not."""
    return eligible_on is not None and last_session_on is not None and last_session_on < on < eligible_on


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


def _days(count: int) -> str:
    if count < 28:
        return f"{count} day" if count == 1 else f"{count} days"
    if count < 84:
        return f"{count // 7} weeks"
    months = round(count / 30.44)
    return f"{months} months"
