"""What is on file and what was answered, said once.

The facts on file and the questions of the screening are those of section 1.7 of the clinical reference; one question
there may ask for several kinds of fact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from patients.rules.alert import Alert, Severity
from patients.rules.screening import QUESTIONS

# Facts that one question asks about together, by the code of its own.
_ASKED_TOGETHER = {code: question.code for question in QUESTIONS for code in question.also}
_MEANINGS = {question.code: question.meaning for question in QUESTIONS}


def merged(*lists: Iterable[Alert]) -> list[Alert]:
    """Alerts of several sources with one for each question of the screening, the gravest first.

    Where two speak of the same thing the graver one stays, and what the other adds is said with it, once.
    """
    order = {Severity.STOP: 0, Severity.WARN: 1, Severity.NOTE: 2}
    found: dict[str, Alert] = {}
    for alert in (alert for alerts in lists for alert in alerts):
        kind = _ASKED_TOGETHER.get(alert.code, alert.code)
        known = found.get(kind)
        if known is None:
            found[kind] = alert
            continue
        first, second = (known, alert) if order[known.severity] <= order[alert.severity] else (alert, known)
        found[kind] = _joined(first, second, kind)
    return sorted(found.values(), key=lambda alert: order[alert.severity])


def _joined(first: Alert, second: Alert, kind: str) -> Alert:
    """Two alerts of one kind as one; an answer that is not sure is said beside what is on file."""
    booking = first.affects_booking or second.affects_booking
    if not (first.meaning and second.meaning):
        words = first.words if second.words in first.words else f"{first.words} {second.words}"
        return replace(first, words=words, affects_booking=booking, meaning="")
    same = first.code == second.code
    meaning = first.meaning if same else _MEANINGS[kind]
    details = list(first.details)
    for detail in second.details:
        if not any(detail.casefold() in said.casefold() for said in details):
            details = [said for said in details if said.casefold() not in detail.casefold()] + [detail]
    requires = first.requires or second.requires
    if requires.rstrip(".").casefold() in meaning.casefold():
        requires = ""
    return replace(
        first,
        code=first.code if same else kind,
        label=first.label if second.label in first.label else f"{first.label}, {second.label}",
        words=Alert.said(meaning, tuple(details), requires),
        affects_booking=booking,
        meaning=meaning,
        details=tuple(details),
        requires=requires,
    )
