from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from treatments import strip as strips
from treatments.rules.windows import Booking, IntervalRule, State, WindowPolicy, window_for
from treatments.templatetags import cadence

TODAY = date(2026, 11, 20)
NO_WINDOW = SimpleNamespace(
    last_session_on=None, eligible_on=None, window_opens_on=None, window_closes_on=None, target_on=None
)


def course(session_on: date, *, days: int = 84, wear_off_days: tuple[int, ...] = ()):
    interval = IntervalRule(days=days, rule="label", words="label", version="1", source="", confidence="")
    return window_for(session_on=session_on, intervals=[interval], policy=WindowPolicy(), wear_off_days=wear_off_days)


def text(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def render(source: str, **context: object) -> str:
    return Template("{% load cadence %}" + source).render(Context(context))


# States and bookings


@pytest.mark.parametrize("state", list(State))
def test_a_state_is_told_by_word_and_shape(state: State) -> None:
    html = render("{% state_pill state %}", state=state)
    assert text(html) == state.value
    assert f'pill-{state.value.replace(" ", "-")}"' in html
    assert cadence.SHAPES[state.value.replace(" ", "-")] in html


def test_no_two_states_share_a_shape() -> None:
    booked = [cadence.SHAPES[name] for name in ("booked", "early", "late")]
    shapes = [cadence.SHAPES[state.value.replace(" ", "-")] for state in State] + booked
    assert len(set(shapes)) == len(shapes)


def test_a_state_nobody_knows_is_shown_quietly_and_escaped() -> None:
    html = render("{% state_pill state %}", state="<b>odd")
    assert "<b>" not in html
    assert cadence.SHAPES["closed"] in html


@pytest.mark.parametrize(
    ("booking", "words", "look"),
    [
        (Booking.NONE, "not booked", "booking-none"),
        (Booking.IN_WINDOW, "booked 15 Jan 2027", "is-booked"),
        (Booking.TOO_EARLY, "booked too early 15 Jan 2027", "is-early"),
        (Booking.TOO_LATE, "booked too late 15 Jan 2027", "is-late"),
    ],
)
def test_a_booking_says_how_it_lies_to_the_window(booking: Booking, words: str, look: str) -> None:
    html = render("{% booking_pill booking on today %}", booking=booking, on=date(2027, 1, 15), today=TODAY)
    assert text(html) == words
    assert look in html


@pytest.mark.parametrize(
    ("on", "words"), [(date(2027, 3, 11), "too late 11 Mar"), (date(2027, 11, 1), "too late 1 Nov 2027")]
)
def test_in_a_row_the_year_of_a_near_booking_is_left_out(on: date, words: str) -> None:
    html = render("{% booking_pill booking on today short=True %}", booking=Booking.TOO_LATE, on=on, today=TODAY)
    assert text(html) == words
    assert f'title="{on:%A} {on.day} {on:%B %Y}"' in html


def test_a_booking_without_a_day() -> None:
    assert text(render("{% booking_pill booking %}", booking=Booking.TOO_EARLY)) == "booked too early"


# Dates as people say them


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 20), "today"),
        (date(2026, 11, 21), "tomorrow"),
        (date(2026, 11, 19), "yesterday"),
        (date(2026, 11, 29), "Sun 29 Nov, in 9 days"),
        (date(2026, 12, 4), "Fri 4 Dec, in 2 weeks"),
        (date(2026, 10, 30), "Fri 30 Oct, 3 weeks ago"),
        (date(2027, 2, 3), "Wed 3 Feb 2027, in 11 weeks"),
        (date(2026, 8, 20), "Thu 20 Aug, 13 weeks ago"),
        (date(2024, 2, 29), "Thu 29 Feb 2024, 3 years ago"),
    ],
)
def test_near(day: date, words: str) -> None:
    assert text(render("{{ day|near:today }}", day=day, today=TODAY)) == words


def test_near_keeps_the_exact_date_for_machines_and_for_hover() -> None:
    html = render("{{ day|near:today }}", day=date(2027, 2, 3), today=TODAY)
    assert 'datetime="2027-02-03"' in html
    assert 'title="Wednesday 3 February 2027"' in html


def test_near_takes_a_moment_in_site_time_and_nothing() -> None:
    moment = datetime.fromisoformat("2026-11-20T23:30:00-05:00")
    assert text(render("{{ moment|near:today }}", moment=moment, today=TODAY)) == "today"
    assert render("{{ moment|near:today }}", moment=None, today=TODAY) == ""


def test_short_forms_for_tables() -> None:
    assert text(render("{{ d|day:today }}", d=date(2026, 8, 14), today=TODAY)) == "14 Aug"
    assert text(render("{{ d|day:today }}", d=date(2025, 8, 14), today=TODAY)) == "14 Aug 2025"
    assert text(render("{{ d|ago:today }}", d=date(2026, 11, 6), today=TODAY)) == "2 weeks ago"


# The window strip


def strip(dates: object, *, booked_on: date | None = None, size: str = "small") -> ElementTree.Element:
    html = render(
        "{% window_strip dates today booked_on size %}", dates=dates, today=TODAY, booked_on=booked_on, size=size
    )
    return ElementTree.fromstring(html)  # noqa: S314  our own markup


def found(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [part for part in svg.iter() if name in part.get("class", "").split()]


def test_the_strip_shows_effect_wearing_off_window_today_and_booking() -> None:
    svg = strip(course(date(2026, 9, 4)), booked_on=date(2027, 1, 15))
    for part in ("strip-effect", "strip-wearing", "strip-window", "strip-today", "strip-booked"):
        assert len(found(svg, part)) == 1, part


def test_the_strip_says_all_of_it_in_words() -> None:
    svg = strip(course(date(2026, 9, 4)), booked_on=date(2027, 1, 15))
    assert svg.get("role") == "img"
    assert svg.findtext("title") == ("Window 4 December 2026 to 4 March 2027; opens in 2 weeks; booked 15 January 2027")
    assert svg.findtext("desc") == (
        "Last session 4 September 2026. A repeat is allowed from 27 November 2026. "
        "The window opens 4 December 2026 and closes 4 March 2027. "
        "Today is 20 November 2026, opens in 2 weeks. Booked for 15 January 2027, in the window."
    )


@pytest.mark.parametrize(
    ("session_on", "words"),
    [
        (date(2026, 8, 20), "open, closes in 13 weeks"),
        (date(2026, 5, 20), "open, closes today"),
        (date(2026, 5, 19), "closed 1 day ago"),
    ],
)
def test_the_strip_says_where_today_stands(session_on: date, words: str) -> None:
    assert words in strip(course(session_on)).findtext("title", "")


def test_the_mark_of_a_booking_outside_the_window_is_another_one() -> None:
    dates = course(date(2026, 9, 4))
    assert found(strip(dates, booked_on=date(2026, 11, 26)), "is-early")
    assert not found(strip(dates, booked_on=date(2026, 11, 27)), "is-early")
    assert not found(strip(dates, booked_on=date(2027, 3, 4)), "is-late")
    assert found(strip(dates, booked_on=date(2027, 3, 5)), "is-late")


def test_a_target_is_marked_only_when_it_is_not_the_opening_day() -> None:
    assert not found(strip(course(date(2026, 9, 4))), "strip-target")
    assert found(strip(course(date(2026, 9, 4), wear_off_days=(100,))), "strip-target")


@pytest.mark.parametrize("size", ["small", "large"])
def test_no_session_yet_is_said_in_words(size: str) -> None:
    html = render("{% window_strip dates today None size %}", dates=NO_WINDOW, today=TODAY, size=size)
    assert text(html) == "no session yet"


def test_the_strip_has_no_inline_style() -> None:
    """The content policy would refuse it."""
    html = render("{% window_strip d t b 'large' %}", d=course(date(2026, 9, 4)), t=TODAY, b=date(2026, 12, 9))
    assert "style=" not in html


days = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))


@given(
    session_on=days,
    interval=st.integers(1, 250),
    wear_off=st.none() | st.integers(1, 400),
    booked_after=st.none() | st.integers(0, 900),
    today_after=st.integers(-30, 1200),
)
def test_labels_never_touch_and_never_leave_the_picture(
    session_on: date, interval: int, wear_off: int | None, booked_after: int | None, today_after: int
) -> None:
    dates = course(session_on, days=interval, wear_off_days=(wear_off,) if wear_off else ())
    svg = ElementTree.fromstring(  # noqa: S314
        cadence.window_strip(
            dates,
            session_on + timedelta(days=today_after),
            None if booked_after is None else session_on + timedelta(days=booked_after),
            "large",
        )
    )
    rows: dict[str, list[tuple[float, float]]] = {}
    for label in svg.iter("text"):
        half = len(label.text or "") * strips.CHARACTER / 2
        x = float(label.get("x", ""))
        rows.setdefault(label.get("y", ""), []).append((x - half, x + half))
    assert len(rows) == 4
    for spans in rows.values():
        spans.sort()
        assert spans[0][0] >= -0.1
        assert spans[-1][1] <= strips.LARGE[0] + 0.1
        for (_, end), (begin, _) in pairwise(spans):
            assert end < begin


@given(session_on=days, today_after=st.integers(-400, 4000), booked_after=st.integers(-400, 4000))
def test_marks_stay_inside_the_small_strip(session_on: date, today_after: int, booked_after: int) -> None:
    html = cadence.window_strip(
        course(session_on), session_on + timedelta(days=today_after), session_on + timedelta(days=booked_after)
    )
    xs = [float(x) for x in re.findall(r' d="M(-?[\d.]+)', html)]
    assert all(0 <= x <= strips.SMALL[0] for x in xs)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "0 days"),
        (1, "1 day"),
        (13, "13 days"),
        (14, "2 weeks"),
        (83, "12 weeks"),
        (84, "12 weeks"),
        (107, "15 weeks"),
        (182, "26 weeks"),
        (183, "6 months"),
        (699, "23 months"),
        (700, "2 years"),
    ],
)
def test_lengths_of_time(days: int, words: str) -> None:
    assert strips.days_in_words(days) == words


# Small things


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Hanna Ito", "HI"), ("Dr Hanna Ito", "HI"), ("Wouter van der Meer", "WM"), ("Renée", "R"), ("", "")],
)
def test_initials(name: str, letters: str) -> None:
    assert cadence.initials(name) == letters


def test_an_icon_is_decoration_from_the_sprite() -> None:
    html = render("{% icon 'recalls' %}")
    assert 'aria-hidden="true"' in html
    assert "clinic/icons.svg#recalls" in html


@pytest.mark.parametrize(("minutes", "words"), [(0, "0 min"), (59, "59 min"), (60, "1 h 00"), (715, "11 h 55")])
def test_how_long_somebody_waits(minutes: int, words: str) -> None:
    assert cadence.waited(minutes) == words


def test_a_number_with_hyphens_stays_on_one_line() -> None:
    shown = Template("{% load cadence %}{{ words|unbroken }}").render(
        Context({"words": "Dr <i>Ito</i> & Co, licence MA-H-4410: author - alone"})
    )
    kept = '<span class="nowrap">MA-H-4410:</span>'
    assert shown == f"Dr &lt;i&gt;Ito&lt;/i&gt; &amp; Co, licence {kept} author - alone"
    assert text(cadence.unbroken("<b-b>")) == "&lt;b-b&gt;"
