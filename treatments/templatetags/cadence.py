"""How states, bookings, dates and windows look. Presentation only: nothing here decides anything."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from treatments import strip as strips
from treatments.forms.session import plain

register = template.Library()

# Marks of a number that no clinician has confirmed yet; see treatments.rules.labels.
UNCONFIRMED = ("B", "C")

# Each state has a shape of its own, in a square of 10 px, so that it can be told without colour.
SHAPES = {
    "new": "M5 .5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zm0 1.6a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8z",
    "in-effect": "M5 .5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
    "opening": "M1.5 .5 9.5 5l-8 4.5z",
    "due": "M1 1h8v8H1z",
    "overdue": "M0 1h10L5 9.7z",
    "lapsed": "M1 .5h8L6 5l3 4.5H1L4 5z",
    "booked": "M5 0l5 5-5 5-5-5z",
    "early": "M8.5 .5v9l-8-4.5z",
    "late": "M0 .5 5 5 0 9.5zM5 .5 10 5 5 9.5z",
    "closed": "M1 3.7h8v2.6H1z",
    "note": "M5 .5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
    "warn": "M5 0l5 9.5H0z",
    "stop": "M3 0h4l3 3v4l-3 3H3L0 7V3z",
}

BOOKINGS = {
    "booked in the window": ("booked", "booked"),
    "booked too early": ("early", "booked too early"),
    "booked too late": ("late", "booked too late"),
}


@register.filter
def is_wrong_unseen(form: Any) -> bool:
    """Whether something is wrong with what a form sends and nobody sees: no error stands beside that.

    What the page itself says an error of, the form names as `told_by_page`.
    """
    if not form or not form.is_bound:
        return False
    told = getattr(form, "told_by_page", ())
    return any(field.errors for field in form.hidden_fields() if field.name not in told)


@register.filter
def unbroken(text: object) -> SafeString:
    """Words with hyphens, such as the number of a licence, each on one line."""
    return mark_safe(re.sub(r"[^\s<>]*\w-\w[^\s<>]*", r'<span class="nowrap">\g<0></span>', conditional_escape(text)))  # noqa: S308 - escaped just before


def _slug(state: object) -> str:
    return str(state).strip().lower().replace("_", "-").replace(" ", "-")


@register.simple_tag
def state_shape(state: object) -> SafeString:
    """The shape of a state alone, in its colour; for tabs and legends where the word stands beside it."""
    slug = _slug(state)
    return format_html(
        '<svg class="shape is-{}" viewBox="0 0 10 10" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        slug,
        SHAPES.get(slug, SHAPES["closed"]),
    )


@register.simple_tag
def state_pill(state: object) -> SafeString:
    """A state as word, colour and shape. `state` is the word, for example "in effect"."""
    slug = _slug(state)
    return format_html('<span class="pill pill-{}">{}{}</span>', slug, state_shape(slug), slug.replace("-", " "))


@register.simple_tag
def booking_pill(booking: object, on: date | None = None, today: date | None = None, short: bool = False) -> SafeString:
    """The booking beside a state: mark, words and the day. With `today`, another year than its own is shown.

    `short` leaves out what stands in the head of its column, "too early" for "booked too early", and the year of a day
    within eleven months, so that it stands on one line.
    """
    known = BOOKINGS.get(str(booking))
    if known is None:
        return format_html('<span class="booking booking-none">{}</span>', "not booked")
    slug, words = known
    if short:
        words = words.replace("booked too", "too")
        if on and today and on - today < timedelta(days=335):
            today = on
    when = format_html(" {}", _time(on, strips.short_date(on, today=today or on))) if on else ""
    return format_html('<span class="booking is-{}">{}<span>{}{}</span></span>', slug, state_shape(slug), words, when)


@register.simple_tag
def window_strip(course: Any, today: date, booked_on: date | None = None, size: str = "small") -> SafeString:
    """The strip of a course or window: anything with the window's dates as attributes, each a date or None.

    `size` is "small" for rows or "large" with words and dates for pages.
    """
    large = size == "large"
    strip = strips.of(course, today=today, booked_on=booked_on or None)
    if strip is None:
        return format_html('<span class="strip-empty{}">{}</span>', " is-large" if large else "", strips.NO_SESSION)
    parts = strips.large(strip) if large else strips.small(strip)
    width, height = strips.LARGE if large else strips.SMALL
    return format_html(
        '<svg class="strip strip-{}" viewBox="0 0 {} {}" role="img" focusable="false">'
        "<title>{}</title><desc>{}</desc>{}</svg>",
        "large" if large else "small",
        width,
        height,
        strips.title(strip),
        strips.description(strip),
        # The parts hold numbers and fixed words only.
        format_html_join("", "{}", ((SafeString(part),) for part in parts)),
    )


def _time(day: date, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', day.isoformat(), f"{day:%A} {strips.long_date(day)}", words
    )


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _relative(days: int) -> str:
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in named:
        return named[days]
    length = strips.days_in_words(abs(days))
    return f"in {length}" if days > 0 else f"{length} ago"


@register.filter
def near(value: date | datetime | None, today: date) -> SafeString | str:
    """A date as people say it: "Tue 3 Feb, in 2 weeks"; the exact date on hover. A moment must be in site time."""
    if not value:
        return ""
    day = _day(value)
    relative = _relative((day - today).days)
    if relative in ("today", "tomorrow", "yesterday"):
        return _time(day, relative)
    return _time(day, f"{day:%a} {strips.short_date(day, today=today)}, {relative}")


@register.filter
def day(value: date | datetime | None, today: date) -> SafeString | str:
    """A date for a dense table: "3 Feb", with the year when it is not today's; the exact date on hover."""
    return _time(_day(value), strips.short_date(_day(value), today=today)) if value else ""


@register.filter
def ago(value: date | datetime | None, today: date) -> SafeString | str:
    """How long since, or until: "12 weeks ago", "in 3 days"; the exact date on hover."""
    return _time(_day(value), _relative((_day(value) - today).days)) if value else ""


@register.filter
def waited(minutes: int) -> str:
    """How long somebody has waited: "12 min", "1 h 05"; as static/scheduling/calendar.js says it on."""
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite static/clinic/icons.svg; decoration only, so words must stand beside it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        " icon-mark" if name == "mark" else "",
        static("clinic/icons.svg"),
        name,
    )


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and the last part of a name, titles like "Dr" left out."""
    parts = [part for part in str(name).split() if part.rstrip(".").lower() not in {"dr", "mr", "ms", "mrs", "prof"}]
    return conditional_escape("".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper())


@register.filter
def units(number: Decimal | None) -> str:
    """An amount as people write it, without its sign: 5 not 5.00."""
    return plain(None if number is None else abs(number))


# What a person does about a finding, by the beginning of its key: the page, and the words of the link to it.
_STEPS = {
    "screening": ("patients:screening-create", "Screen now"),
    "consent": ("clinic:consent-create", "Take the consent"),
    "weight": ("patients:weight-create", "Enter the weight"),
}


@register.simple_tag
def finding_step(finding: Any, patient_id: int) -> dict[str, str] | None:
    """Where a finding is put right outside the session, as {url, words}; None for those put right within it."""
    page = _STEPS.get(finding.key.partition("-")[0])
    return {"url": reverse(page[0], args=[patient_id]), "words": page[1]} if page else None


@register.simple_tag
def finding_source(finding: Any) -> SafeString:
    """The rule in a word, with its source behind it; what nobody has read on a label yet says so."""
    source = f"{finding.source[:1].upper()}{finding.source[1:]}"
    return format_html(
        '<span class="notice-source"><a href="{}#{}" title="{}">{}</a>{}</span>',
        reverse("treatments:rule-list"),
        finding.rule or finding.about,
        f"{source}, confidence {finding.confidence}" if finding.confidence else source,
        finding.rule or "Rule",
        " not confirmed" if finding.confidence in UNCONFIRMED else "",
    )


@register.simple_tag
def sentence(words: str) -> str:
    """What somebody typed as a sentence, with one full stop whether or not they typed it."""
    said = str(words).strip()
    return said if said.endswith((".", "!", "?")) else f"{said}."
