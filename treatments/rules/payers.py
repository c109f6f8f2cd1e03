"""The shortest interval between sessions that a payer asks for.

Plain functions on plain values: no database, no clock. A payer's number is entered by the clinic with where it is
written (section 5 of the clinical reference: most texts say 84 days, some 90); none is shipped. Every coverage in force
on the session's day counts, and the longest of label, policy and payer decides (rule R7).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from treatments.rules.windows import IntervalRule

RULE = "payer rule"
# Under such a name a window keeps each payer's interval it was made with, also one that did not decide.
KEPT_AS = "payer "


def payer_rule(*, payer: str, days: int, version: int, source: str) -> IntervalRule:
    """A payer's interval as one of those that make a window."""
    return IntervalRule(
        days=days, rule=RULE, words=f"{payer}, {days} days", version=str(version), source=source, confidence=""
    )


def kept(rules: Iterable[IntervalRule]) -> list[dict[str, Any]]:
    """The payers' intervals as a window keeps them among its reasons."""
    return [{"date": f"{KEPT_AS}{place}"} | asdict(rule) for place, rule in enumerate(rules, 1)]


def kept_rules(reasons: Iterable[dict[str, Any]]) -> list[IntervalRule]:
    """The payers' intervals that a window was made with, whatever the payers ask for by now."""
    names = IntervalRule.__dataclass_fields__
    return [
        IntervalRule(**{name: reason[name] for name in names})
        for reason in reasons
        if reason["date"].startswith(KEPT_AS)
    ]
