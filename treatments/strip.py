"""The window strip as a picture: one line of SVG for the rhythm of a course, and the same in words.

Drawn from dates alone. Colours come from the style sheet by class, so the strip follows light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

SMALL = (184, 20)  # width and height, px
LARGE = (660, 102)
NO_SESSION = "no session yet"
SMALL_BAR = (4, 8)  # y and height, px
LARGE_BAR = (42, 14)
TAIL = 0.25  # how much room after the window closes, as a share of the time from D to closing
CHARACTER = 7.2  # px; wider than any run of Inter at 12 px, so that a label never outgrows its place
LABEL_GAP = 10  # px between two labels


@dataclass(frozen=True)
class Strip:
    """The dates of one course on one day."""

    today: date
    last_session_on: date
    eligible_on: date
    window_opens_on: date
    window_closes_on: date
    target_on: date | None = None
    booked_on: date | None = None

    @property
    def shown_target(self) -> date | None:
        """The target, when it says more than the day the window opens."""
        return None if self.target_on == self.window_opens_on else self.target_on

    @property
    def booking_class(self) -> str:
        """How the booking lies to the window, as the class of its mark."""
        if self.booked_on is None:
            return ""
        if self.booked_on < self.eligible_on:
            return " is-early"
        return " is-late" if self.booked_on > self.window_closes_on else ""


def of(dates: Any, *, today: date, booked_on: date | None) -> Strip | None:
    """The strip of anything with a window's dates as attributes; None when a session has not opened one yet."""
    names = ("last_session_on", "eligible_on", "window_opens_on", "window_closes_on")
    known = {name: day for name in names if (day := getattr(dates, name, None)) is not None}
    if len(known) < len(names):
        return None
    return Strip(today=today, booked_on=booked_on, target_on=getattr(dates, "target_on", None), **known)


@dataclass(frozen=True)
class Label:
    """Words that belong to a point of the bar; `x` is where they stand, `at` the point itself, both in px."""

    at: float
    word: str
    day: str
    x: float = 0.0

    @property
    def width(self) -> float:
        return max(len(self.word), len(self.day)) * CHARACTER


def short_date(day: date, *, today: date) -> str:
    """ "4 Dec", with the year when it is not today's."""
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def long_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def days_in_words(days: int) -> str:
    """A length of time as people say it: days up to two weeks, weeks up to half a year, then months and years.

    Weeks go that far because labels and payers count in them. `days` is not negative.
    """
    if days < 14:
        count, unit = days, "day"
    elif days <= 182:
        count, unit = round(days / 7), "week"
    elif days < 700:
        count, unit = round(days / 30.44), "month"
    else:
        count, unit = round(days / 365.25), "year"
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def title(strip: Strip) -> str:
    """The strip in one short line."""
    words = f"Window {long_date(strip.window_opens_on)} to {long_date(strip.window_closes_on)}; {_where(strip)}"
    return f"{words}; booked {long_date(strip.booked_on)}" if strip.booked_on else words


def description(strip: Strip) -> str:
    """Everything the picture shows, in words."""
    sentences = [
        f"Last session {long_date(strip.last_session_on)}.",
        f"A repeat is allowed from {long_date(strip.eligible_on)}.",
        f"The window opens {long_date(strip.window_opens_on)} and closes {long_date(strip.window_closes_on)}.",
    ]
    if strip.shown_target:
        sentences.append(f"Target {long_date(strip.shown_target)}.")
    sentences.append(f"Today is {long_date(strip.today)}, {_where(strip)}.")
    if strip.booked_on is None:
        sentences.append("Nothing is booked.")
    else:
        how = {"": "in the window", " is-early": "too early", " is-late": "too late"}[strip.booking_class]
        sentences.append(f"Booked for {long_date(strip.booked_on)}, {how}.")
    return " ".join(sentences)


def _where(strip: Strip) -> str:
    if strip.today < strip.window_opens_on:
        return f"opens in {days_in_words((strip.window_opens_on - strip.today).days)}"
    if strip.today > strip.window_closes_on:
        return f"closed {days_in_words((strip.today - strip.window_closes_on).days)} ago"
    left = (strip.window_closes_on - strip.today).days
    return f"open, closes in {days_in_words(left)}" if left else "open, closes today"


@dataclass(frozen=True)
class Scale:
    """Days to px along the bar. What lies beyond either end stands at that end."""

    first: date
    days: int
    left: float
    right: float

    def __call__(self, day: date) -> float:
        share = (day - self.first).days / self.days
        return round(self.left + (self.right - self.left) * min(max(share, 0.0), 1.0), 1)

    def is_beyond(self, day: date) -> bool:
        return (day - self.first).days > self.days


def scale_of(strip: Strip, *, left: float, right: float) -> Scale:
    """From D to a little after the window closes: the same for every course, so that rows can be compared."""
    days = max((strip.window_closes_on - strip.last_session_on).days, 1)
    return Scale(first=strip.last_session_on, days=round(days * (1 + TAIL)), left=left, right=right)


def small(strip: Strip) -> Iterator[str]:
    """The elements of the small strip, 184 x 20 px, without words."""
    to_x = scale_of(strip, left=1, right=SMALL[0] - 6)
    yield from _bar(strip, to_x, *SMALL_BAR)
    yield from _marks(strip, to_x, *SMALL_BAR, mark=4.5)


def large(strip: Strip) -> Iterator[str]:
    """The elements of the large strip, 660 x 102 px: dates of the window above the bar, of today and booking below."""
    y, height = LARGE_BAR
    to_x = scale_of(strip, left=1, right=LARGE[0] - 10)
    yield from _bar(strip, to_x, y, height)
    yield from _words(_above(strip, to_x), bar_edge=y, word_y=10, day_y=25, elbow_y=36)
    bottom = y + height
    yield from _words(
        _below(strip, to_x), bar_edge=bottom + 10, word_y=bottom + 29, day_y=bottom + 44, elbow_y=bottom + 14
    )
    yield from _marks(strip, to_x, y, height, mark=6)


def _bar(strip: Strip, to_x: Scale, y: float, height: float) -> Iterator[str]:
    start, eligible = to_x(strip.last_session_on), to_x(strip.eligible_on)
    opens, closes = to_x(strip.window_opens_on), to_x(strip.window_closes_on)
    middle = y + height / 2
    away = ' stroke-dasharray="2 3"' if to_x.is_beyond(strip.today) else ""
    yield f'<path class="strip-rest" d="M{closes} {middle}H{to_x.right + 5:g}"{away}/>'
    yield f'<rect class="strip-effect" x="{start}" y="{y}" width="{eligible - start:.1f}" height="{height}"/>'
    if opens > eligible:
        yield (
            f'<path class="strip-wearing" d="M{eligible} {middle}H{opens}"'
            f' stroke-width="{height}" stroke-dasharray="1.5 1"/>'
        )
    yield f'<rect class="strip-window" x="{opens}" y="{y}" width="{closes - opens:.1f}" height="{height}"/>'
    yield (f'<path class="strip-hatch" d="M{opens} {middle}H{closes}" stroke-width="{height}" stroke-dasharray="1 3"/>')
    yield f'<path class="strip-edge" d="M{closes} {y}v{height}"/>'


def _marks(strip: Strip, to_x: Scale, y: float, height: float, *, mark: float) -> Iterator[str]:
    """Booking on the bar, today below it, the target as a ring when it is not simply the opening day."""
    middle, bottom = y + height / 2, y + height
    if strip.shown_target:
        yield f'<circle class="strip-target" cx="{to_x(strip.shown_target)}" cy="{middle}" r="{mark - 1.5}"/>'
    if strip.booked_on:
        x = to_x(strip.booked_on)
        yield (
            f'<path class="strip-booked{strip.booking_class}"'
            f' d="M{x} {middle - mark}l{mark} {mark}-{mark} {mark}-{mark}-{mark}z"/>'
        )
    half = mark - 0.5
    yield f'<path class="strip-today" d="M{to_x(strip.today)} {bottom + 0.5}l{half} {mark + 2}h-{2 * half}z"/>'


def _above(strip: Strip, to_x: Scale) -> list[Label]:
    return [
        Label(to_x(day), word, short_date(day, today=strip.today))
        for word, day in (
            ("session", strip.last_session_on),
            ("eligible", strip.eligible_on),
            ("opens", strip.window_opens_on),
            ("closes", strip.window_closes_on),
        )
    ]


def _below(strip: Strip, to_x: Scale) -> list[Label]:
    labels = [Label(to_x(strip.today), "today", short_date(strip.today, today=strip.today))]
    if strip.shown_target:
        labels.append(Label(to_x(strip.shown_target), "target", short_date(strip.shown_target, today=strip.today)))
    if strip.booked_on:
        labels.append(Label(to_x(strip.booked_on), "booked", short_date(strip.booked_on, today=strip.today)))
    return sorted(labels, key=lambda label: label.at)


def _words(labels: Sequence[Label], *, bar_edge: float, word_y: float, day_y: float, elbow_y: float) -> Iterator[str]:
    """The labels and, from each, a hairline to the point it belongs to."""
    text_edge = day_y + 4 if day_y < bar_edge else word_y - 11
    for label in place(labels, width=LARGE[0]):
        yield f'<path class="strip-leader" d="M{label.at} {bar_edge}V{elbow_y}L{label.x} {text_edge}"/>'
        yield f'<text x="{label.x}" y="{word_y}">{label.word}</text>'
        yield f'<text class="strip-date" x="{label.x}" y="{day_y}">{label.day}</text>'


def place(labels: Sequence[Label], *, width: float) -> list[Label]:
    """Each label as near its point as it can stand without touching a neighbour or leaving the picture.

    Labels come in the order of their points. Those that would touch form a block that is centred on its points.
    """
    offsets, reach = [], 0.0
    for label in labels:
        offsets.append(reach + label.width / 2)
        reach += label.width + LABEL_GAP
    # In terms of "where the row would begin", not touching means not decreasing: merge neighbours that decrease.
    blocks: list[tuple[float, int]] = []
    for label, offset in zip(labels, offsets, strict=True):
        begin, size = label.at - offset, 1
        while blocks and blocks[-1][0] > begin:
            other, count = blocks.pop()
            begin, size = (other * count + begin * size) / (count + size), count + size
        blocks.append((begin, size))
    furthest = max(width - (reach - LABEL_GAP), 0.0)
    begins = [min(max(begin, 0.0), furthest) for begin, size in blocks for _ in range(size)]
    return [
        Label(label.at, label.word, label.day, round(begin + offset, 1))
        for label, begin, offset in zip(labels, begins, offsets, strict=True)
    ]
