"""A course that goes on in the place of another one of the same person and condition: one rhythm out of two windows.

Plain functions on plain values. Source of the definitions: docs/clinical-sources.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

# The rule of a reason that another course set; such a reason keeps what it took the place of, under "before".
RULE = "another course"


def one_rhythm(own: Mapping[str, date], other: Mapping[str, date]) -> dict[str, date]:
    """The dates of a window that heeds both: the later session leads, and the longer wait decides."""
    led = dict(other if other["last_session_on"] > own["last_session_on"] else own)
    eligible_on = max(own["eligible_on"], other["eligible_on"])
    opens_on = max(led["window_opens_on"], eligible_on)
    closes_on = max(led["window_closes_on"], opens_on)
    return {
        "last_session_on": led["last_session_on"],
        "eligible_on": eligible_on,
        "opening_on": led["opening_on"] + (opens_on - led["window_opens_on"]),
        "window_opens_on": opens_on,
        "window_closes_on": closes_on,
        "lapses_on": led["lapses_on"] + (closes_on - led["window_closes_on"]),
        "target_on": max(led["target_on"], eligible_on),
    }


def with_reasons(
    reasons: list[dict[str, Any]], *, before: Mapping[str, date], after: Mapping[str, date], words: str
) -> list[dict[str, Any]]:
    """The reasons of a window whose dates went from `before` to `after`; what each was at first is kept in it."""
    kept = {reason["date"]: reason for reason in reasons}
    for name, day in after.items():
        if day == before[name]:
            continue
        old = kept.get(name)
        own = (
            old["before"]
            if old is not None and old["rule"] == RULE
            else {"day": before[name].isoformat(), "reason": old}
        )
        kept[name] = {
            "date": name,
            "words": words,
            "rule": RULE,
            "version": "",
            "source": "the other record of this person",
            "confidence": "",
            "before": own,
        }
    return list(kept.values())


def own_dates(reasons: list[dict[str, Any]]) -> tuple[dict[str, date], list[dict[str, Any]]]:
    """What another course set, taken back: the dates as they were before, and the reasons."""
    dates: dict[str, date] = {}
    own = []
    for reason in reasons:
        if reason["rule"] != RULE:
            own.append(reason)
            continue
        dates[reason["date"]] = date.fromisoformat(reason["before"]["day"])
        if reason["before"]["reason"] is not None:
            own.append(reason["before"]["reason"])
    return dates, own
