"""How a finding is made and worded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from treatments.rules.facts import Finding, Severity
from treatments.rules.labels import CONFIRMED, plain

# Marks of a number that may stop: read in a source, or confirmed against the label by a clinician of the clinic.
MAY_STOP = ("A", "A-", CONFIRMED)


def capped(severity: Severity, confidence: str) -> Severity:
    """A stop stays one only when the number behind it was read (A or A-) or confirmed; otherwise it warns."""
    if severity is Severity.STOP and confidence not in MAY_STOP:
        return Severity.WARN
    return severity


def finding(
    key: str,
    severity: Severity,
    words: str,
    *,
    about: str,
    rule: str = "",
    source: str = "",
    confidence: str = "A",
    label: str = "",
) -> Finding:
    """A finding whose severity obeys the confidence of its source; `rule` is R1 to R14, or empty for the clinic's."""
    said = "; ".join(part for part in (f"rule {rule}" if rule else "", source) if part)
    return Finding(key, capped(severity, confidence), words, about, said or "clinic rule", confidence, label, rule)


def units(amount: Decimal) -> str:
    """Units as people read them: 155 U, 2.5 U."""
    return f"{plain(amount)} U"


def day(value: date) -> str:
    return f"{value:%a} {value.day} {value:%b %Y}"


def count(number: int, one: str, many: str = "") -> str:
    """1 day, 2 days."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(parts: Iterable[str]) -> str:
    """a, b and c."""
    some: Sequence[str] = list(parts)
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} and {some[-1]}" if some else ""


def already_signed(days: Sequence[date]) -> str:
    """What a session entered late is told of those after it; begins in lower case."""
    if len(days) == 1:
        return f"a later session of {day(days[0])} is already signed"
    return f"later sessions of {listed(day(on) for on in days)} are already signed"
