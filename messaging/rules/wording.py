"""The words of messages: placeholders and what is put in their place, and what a text must and must not hold.

There is no template language: a placeholder is a name in braces, and nothing else is understood. Plain functions on
plain values: no database, no clock.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, time
from math import ceil

from messaging.rules.channels import EMAIL, LETTER, TEXT
from messaging.rules.health_words import health_words
from messaging.rules.times import day_words, time_words

__all__ = [
    "MissingValueError",
    "fill",
    "for_text_message",
    "health_words",
    "known_placeholders",
    "placeholders",
    "segments",
    "template_problems",
]

# What each placeholder becomes, for the people who edit the texts.
PLACEHOLDERS: Mapping[str, str] = {
    "clinic": "the clinic's name in messages",
    "phone": "the site's telephone number; a line with it is left out where there is none",
    "day": "the day, for example Monday 30 November",
    "time": "the time, for example 2:30 pm",
    "link": "the patient's own link",
    "name": "the patient's name (letters only)",
    "address": "the patient's postal address (letters only)",
}
_ONLY_LETTERS = frozenset({"name", "address"})
_ONLY_ELECTRONIC = frozenset({"link"})
_WITH_A_TIME = frozenset({"reminder", "booked", "moved", "cancelled", "waiting_offer"})
_WITH_A_LINK = frozenset({"reminder", "booked", "moved", "recall", "waiting_offer", "questionnaire"})

# What the reader cannot do without; {link} only where there can be one.
_NEEDED: Mapping[str, frozenset[str]] = {
    "reminder": frozenset({"day", "time"}),
    "booked": frozenset({"day", "time"}),
    "moved": frozenset({"day", "time"}),
    "cancelled": frozenset({"day"}),
    "recall": frozenset(),
    "waiting_offer": frozenset({"day", "time", "link"}),
    "questionnaire": frozenset({"link"}),
    "lot_recall": frozenset(),
}
# Of these, one at least: how to answer.
_ANSWER = frozenset({"link", "phone"})

MAX_SEGMENTS = 3

# Left out with its line where it is empty; every other placeholder has to have its words.
_MAY_BE_EMPTY = frozenset({"phone"})

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACE = re.compile(_PLACEHOLDER.pattern + r"(\.?)")  # with the full stop behind it


class MissingValueError(ValueError):
    """There is nothing to put in the place of a placeholder; the message names it."""


def known_placeholders(*, purpose: str, channel: str) -> list[str]:
    """The placeholders that a text of that purpose on that channel may use, in the order of PLACEHOLDERS."""

    def fits(name: str) -> bool:
        if name in _ONLY_LETTERS:
            return channel == LETTER
        if name in _ONLY_ELECTRONIC:
            return channel != LETTER and purpose in _WITH_A_LINK
        return name not in ("day", "time") or purpose in _WITH_A_TIME

    return [name for name in PLACEHOLDERS if fits(name)]


def placeholders(text: str) -> list[str]:
    """What stands in braces in a text, each once, in its order; known or not."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder replaced; a value is never read for placeholders again.

    Raises MissingValueError for a placeholder without a value.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not (found := values.get(name, "")):
            raise MissingValueError(f"There is nothing to write for {{{name}}}.")
        return _before(found, match)

    lines = []
    for line in text.splitlines():
        if any(name in _MAY_BE_EMPTY and not values.get(name) for name in placeholders(line)):
            continue
        lines.append(_PLACE.sub(value, line))
    return "\n".join(lines).strip()


def template_problems(*, purpose: str, channel: str, language: str, subject: str, body: str) -> dict[str, list[str]]:
    """What is wrong with the words of a template, by field, in words; empty when it may be used."""
    problems: dict[str, list[str]] = {}

    def refuse(field: str, words: str) -> None:
        problems.setdefault(field, []).append(words)

    known = known_placeholders(purpose=purpose, channel=channel)
    for field, text in (("subject", subject), ("body", body)):
        for name in placeholders(text):
            if name not in known:
                refuse(field, f"{{{name}}} means nothing here. Known: {', '.join(f'{{{one}}}' for one in known)}.")
        if set(_PLACEHOLDER.sub("", text)) & {"{", "}"}:
            refuse(field, "A brace stands alone. Braces are for placeholders, for example {clinic}.")
        if found := health_words(_PLACEHOLDER.sub(" ", text)):
            refuse(field, f"A message says nothing about health. Take out: {', '.join(found)}.")
    if not body.strip():
        refuse("body", "A text is needed.")
    if "\n" in subject or "\r" in subject:
        refuse("subject", "One line.")
    if channel == EMAIL and not subject.strip():
        refuse("subject", "An e-mail needs a subject.")
    if channel == TEXT and subject.strip():
        refuse("subject", "A text message has no subject.")
    used = set(placeholders(body))
    for name in sorted(_NEEDED.get(purpose, frozenset()) & set(known) - used):
        refuse("body", f"{{{name}}} is missing: {PLACEHOLDERS[name]}.")
    if "clinic" not in used and "clinic" not in placeholders(subject):
        refuse("body", "{clinic} is missing: the reader has to know who writes.")
    if purpose in _WITH_A_LINK and not used & _ANSWER:
        refuse("body", "Say how to answer: {link} or {phone}.")
    if channel == TEXT and (count := segments(for_text_message(fill_roughly(body, language=language)))) > MAX_SEGMENTS:
        refuse("body", f"Too long: it would go out in {count} parts, and {MAX_SEGMENTS} is the most.")
    return problems


def usual_values(language: str) -> dict[str, str]:
    """As long as they usually are; for the length of a text message before it is filled, and for a preview."""
    return {
        "clinic": "Harbour Clinic",
        "phone": "+1 617 555 0134",
        "day": day_words(date(2026, 9, 30), language),
        "time": time_words(time(10, 30), language),
        "link": "https://clinic.example.org/l/" + "x" * 32,
        "name": "Alexandra Weatherby",
        "address": "12 Mill Road\nBoston, MA 02118",
    }


def fill_roughly(text: str, *, language: str) -> str:
    """The text as it would look for somebody who reads that language; what is unknown stays as it stands."""
    values = usual_values(language)
    return _PLACE.sub(lambda match: _before(values.get(match.group(1), f"{{{match.group(1)}}}"), match), text)


def _before(value: str, match: re.Match[str]) -> str:
    """A value with the full stop that stands behind its place; "10:30 a. m." ends a sentence by itself."""
    return value if value.endswith(".") else value + match.group(2)


# --- text messages

# GSM 03.38, the alphabet of text messages; with any other letter a message is sent as UCS-2, less than half as long.
_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE = frozenset("^{}\\[~]|€\f")  # take the room of two
_TYPOGRAPHIC = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "}


def for_text_message(text: str) -> str:
    """The text in the letters of text messages where that only costs an accent: á becomes a; é, ñ and ¿ stay."""
    letters = []
    for letter in unicodedata.normalize("NFC", text):
        plain = _TYPOGRAPHIC.get(letter, letter)
        if not _in_gsm7(plain):
            bare = unicodedata.normalize("NFKD", letter)[0]
            plain = bare if _in_gsm7(bare) else letter
        letters.append(plain)
    return "".join(letters)


def segments(text: str) -> int:
    """In how many parts a text message goes out: 160 letters of GSM-7 or 70 of UCS-2 alone, 153 or 67 in parts."""
    if _in_gsm7(text):
        length = sum(2 if letter in _GSM7_TWICE else 1 for letter in text)
        return 1 if length <= 160 else ceil(length / 153)
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= 70 else ceil(units / 67)


def _in_gsm7(text: str) -> bool:
    return all(letter in _GSM7 or letter in _GSM7_TWICE for letter in text)


# --- who writes

_UNNAMED = {"en": "your clinic", "es": "su clínica"}


def clinic_name(*, sender_name: str, site_name: str, language: str) -> str:
    """What messages call the clinic: the name chosen for them, else the site's unless that has a health word."""
    name = sender_name.strip() or site_name.strip()
    return name if name and not health_words(name) else _UNNAMED[language]
