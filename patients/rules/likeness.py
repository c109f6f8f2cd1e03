"""How likely two records are one person's: by date of birth, names and phone. Plain functions on plain values.

Nothing here decides: it says why somebody should look. Two letters changed places, a day and a month swapped, a maiden
name: the slips that make a second record (FIELD.md, T44).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from patients.rules.names import fold

# Names of which less than this share is common are different names.
SIMILAR = 0.8
SHORTEST_PHONE = 7  # digits
COMPARED_PHONE = 10  # digits from the end: what is in front is a country's code


@dataclass(frozen=True)
class Who:
    """What two records are compared by."""

    given_name: str
    family_name: str
    former_name: str
    birth_date: date
    phone_digits: str


def likeness(first: Who, second: Who) -> str | None:
    """Why the two may be one person, in words, the strongest reason; None when nothing says so."""
    birth = first.birth_date == second.birth_date
    phone = _same_phone(first, second)
    given, family = _given(first, second), _family(first, second)
    if birth and given == family == "same":
        return "the same name and date of birth"
    if birth and _turned_round(first, second):
        return "the same date of birth, given and family name swapped"
    if birth and given and family:
        return "the same date of birth and a similar name"
    if birth and phone:
        return "the same date of birth and phone number"
    if given == family == "same" and (slip := birth_slip(first.birth_date, second.birth_date)):
        return f"the same name, and dates of birth with {slip}"
    if phone and given:
        return "the same phone number and given name"
    if birth and family == "same":
        return "the same date of birth and family name; perhaps twins"
    if phone:
        return "the same phone number"
    return None


def birth_slip(first: date, second: date) -> str:
    """The one slip of the pen that lies between two dates of birth, in words; empty when it takes more."""
    if (first.day, first.month, first.year) == (second.month, second.day, second.year) and first != second:
        return "day and month swapped"
    differs = [
        word
        for word, one, other in (
            ("another day", first.day, second.day),
            ("another month", first.month, second.month),
            ("another year", first.year, second.year),
        )
        if one != other
    ]
    return differs[0] if len(differs) == 1 else ""


def _same_phone(first: Who, second: Who) -> bool:
    one, other = first.phone_digits[-COMPARED_PHONE:], second.phone_digits[-COMPARED_PHONE:]
    return len(one) >= SHORTEST_PHONE and one == other


def _given(first: Who, second: Who) -> str:
    one, other = fold(first.given_name), fold(second.given_name)
    if one == other:
        return "same"
    one, other = one.split(" ")[0], other.split(" ")[0]
    initial = min(len(one), len(other)) == 1 and one[:1] == other[:1]
    return "similar" if one == other or initial or _similar(one, other) else ""


def _family(first: Who, second: Who) -> str:
    one, other = fold(first.family_name), fold(second.family_name)
    if one == other:
        return "same"
    former = {fold(first.former_name), fold(second.former_name)} - {""}
    if former & {one, other} or set(one.split()) & set(other.split()) - {"de", "van", "von", "del", "la"}:
        return "similar"
    return "similar" if _similar(one, other) else ""


def _similar(one: str, other: str) -> bool:
    if min(len(one), len(other)) >= 3 and (one.startswith(other) or other.startswith(one)):
        return True
    return SequenceMatcher(None, one, other).ratio() >= SIMILAR


def _turned_round(first: Who, second: Who) -> bool:
    return fold(first.given_name) == fold(second.family_name) and fold(first.family_name) == fold(second.given_name)
