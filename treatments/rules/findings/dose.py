"""Units of a session against the label: totals, and maxima by weight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from treatments.rules.chosen import choose_weight
from treatments.rules.counted import Counted, most_counted
from treatments.rules.facts import Finding, Maximum, SessionFacts, Severity
from treatments.rules.findings.wording import already_signed, count, day, finding, listed, units
from treatments.rules.labels import plain

TWELVE_WEEKS = 84
# Rule R3: from day 84 to day 91 the twelve weeks have passed and three calendar months may not have.
THREE_MONTHS_AT_MOST = 91
# Rule R5: a child's weight older than this is not relied on.
WEIGHT_DAYS = 30


def label_maximum(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R3, R4 and R5: totals of this product against its label, in any window of its days that holds this session.

    An adult's maxima hold for a child too: what is too much for an adult stops here as well. Two sessions of one day
    are one visit: a maximum for one session counts both. A session entered late counts with those given after it.
    """
    product = facts.product
    if product is None:
        return
    for maximum in _applying(facts):
        most, how = _most(maximum, facts)
        for counted in most_counted(maximum, facts, days=max(maximum.window_days, 1)):
            if counted.units > most:
                over = counted.units - most
                yield finding(
                    _key("maximum", maximum, counted.which),
                    Severity.STOP,
                    f"{product.brand}: {_words(counted)}, {units(over)} over the label's {units(most)}{how} "
                    f"({maximum.words}).",
                    about="total",
                    rule=_rule(maximum),
                    source=maximum.source,
                    confidence=maximum.confidence,
                )


def near_maximum(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R3: a label's three months are read as 84 days; from day 84 to day 91 what they would exceed only warns."""
    product = facts.product
    if product is None:
        return
    for maximum in _applying(facts):
        if maximum.window_days != TWELVE_WEEKS:
            continue
        most, how = _most(maximum, facts)
        within = {counted.which: counted.units for counted in most_counted(maximum, facts, days=TWELVE_WEEKS)}
        for counted in most_counted(maximum, facts, days=THREE_MONTHS_AT_MOST + 1):
            if within[counted.which] <= most < counted.units:
                yield finding(
                    _key("maximum-near", maximum, counted.which),
                    Severity.WARN,
                    f"{product.brand}: {_words(counted)}. The label's {units(most)}{how} is for three months: twelve "
                    "weeks have passed, three calendar months may not have.",
                    about="total",
                    rule=_rule(maximum),
                    source=maximum.source,
                    confidence=maximum.confidence,
                )


def rolling_total(facts: SessionFacts) -> Iterable[Finding]:
    """The same product within the label's interval: where the label limits one session alone, more in two warns.

    A child's maxima for one session are compared each on its own, limb by limb; otherwise all uses are held against
    the largest.
    """
    if facts.product is None:
        return
    childrens = list(_rolling_rows(facts))
    yield from childrens
    if childrens or any(maximum.window_days for maximum in facts.product.maxima):
        return
    applying = list(_applying(facts))
    # A child's own maxima, where the label has any, are what two sessions of a child are held against.
    rows = [maximum for maximum in applying if maximum.under_18] or applying
    if not rows:
        return
    largest = max(rows, key=lambda maximum: _most(maximum, facts)[0])
    most, _ = _most(largest, facts)
    days = _interval_days(largest, facts)
    (counted,) = most_counted(replace(largest, indications=(), limbs=""), facts, days=days)
    if counted.units > most and counted.units > counted.now:
        yield _rolling("rolling-total", counted, f"; the label's {units(most)} is for one session", facts)


def _rolling_rows(facts: SessionFacts) -> Iterator[Finding]:
    """What of a child passes a maximum for one session only together with sessions of other days."""
    for maximum in _applying(facts):
        if not maximum.under_18 or maximum.window_days:
            continue
        most, how = _most(maximum, facts)
        of_the_day = {counted.which: counted.units for counted in most_counted(maximum, facts, days=1)}
        for counted in most_counted(maximum, facts, days=_interval_days(maximum, facts), any_side=True):
            if of_the_day.get(counted.which, Decimal(0)) <= most < counted.units:
                over = f", {units(counted.units - most)} over the label's {units(most)}{how} for one session"
                yield _rolling(_key("rolling", maximum, counted.which), counted, over, facts)


def _interval_days(maximum: Maximum, facts: SessionFacts) -> int:
    """How long two sessions count together: the interval the label asks for between those of the maximum's use.

    Of several uses the shortest, so that what the label allows for one of them asks for nothing.
    """
    assert facts.product is not None  # noqa: S101 - the callers have asked
    rows = [row for row in facts.product.intervals if row.under_18 in (None, facts.is_child)]
    return min(
        max((row.days for row in rows if row.condition in ("", use)), default=TWELVE_WEEKS)
        for use in maximum.indications or ("",)
    )


def _rolling(key: str, counted: Counted, over: str, facts: SessionFacts) -> Finding:
    assert facts.product is not None  # noqa: S101 - the callers have asked
    return finding(
        key,
        Severity.WARN,
        f"{facts.product.brand}: {_words(counted)}{over}.",
        about="total",
        rule="R7",
        source="all labels: the effect of toxin given again within months is unknown",
    )


def weight(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R5: under 18 a weight of the last 30 days; without it the maxima by weight cannot be relied on."""
    if not facts.is_child:
        return
    known = choose_weight(facts)
    if known is None:
        words = "Under 18, and no weight is recorded: only what the label allows at any weight is checked."
    elif (days := (facts.performed_on - known.measured_on).days) > WEIGHT_DAYS:
        words = f"Under 18, and the last weight, {plain(known.kg)} kg, is {days} days old: weigh again."
    else:
        # Seen by who signs: a slip in a child's weight lifts every maximum that goes by it.
        words = f"Under 18: counted with {plain(known.kg)} kg, {day(known.measured_on)}, at {facts.age} years."
        yield finding("weight-used", Severity.NOTE, words, about="before", rule="R5", source="labels, children")
        return
    yield finding("weight", Severity.WARN, words, about="before", rule="R5", source="labels, children")


def no_maximum_for_children(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R5: where the reference knows no child's maximum for the product and condition, that is said."""
    if not facts.is_child or facts.product is None:
        return
    without = _without_maximum(facts, [maximum for maximum in facts.product.maxima if maximum.under_18])
    # Where an adult has none either, no_maximum says so.
    names = [name for name in without if name not in _without_maximum(facts, facts.product.maxima)]
    if names:
        yield finding(
            "under-18",
            Severity.WARN,
            f"Under 18: the reference has no maximum of {facts.product.brand} for a child with {listed(names)}. "
            "Only the adult's is checked.",
            about="total",
            rule="R5",
            source="labels, children",
        )


def no_maximum(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R4: a use off the label for which the reference knows no maximum of the product at all is said."""
    if facts.product is None:
        return
    without = _without_maximum(facts, list(_applying(facts)))
    if without:
        yield finding(
            "no-maximum",
            Severity.WARN,
            f"The reference has no maximum of {facts.product.brand} for {listed(without)}.",
            about="total",
            rule="R4",
            source="labels",
        )


def _without_maximum(facts: SessionFacts, rows: Iterable[Maximum]) -> list[str]:
    """The names of the treated conditions that none of these maxima is about."""
    rows = list(rows)
    if any(not maximum.indications for maximum in rows):
        return []
    covered = {key for maximum in rows for key in maximum.indications}
    return sorted({course.condition_name for course in facts.courses if course.condition not in covered})


def _applying(facts: SessionFacts) -> Iterator[Maximum]:
    assert facts.product is not None  # noqa: S101 - the callers have asked
    for maximum in facts.product.maxima:
        if facts.is_child or not maximum.under_18:
            yield maximum


def _most(maximum: Maximum, facts: SessionFacts) -> tuple[Decimal, str]:
    """The most units for this patient, with how that comes about: the lower of the maximum and units for each kg."""
    known = choose_weight(facts)
    if maximum.per_kg is None or known is None or maximum.per_kg * known.kg >= maximum.units:
        return maximum.units, ""
    how = f" ({plain(maximum.per_kg)} U/kg at {plain(known.kg)} kg, {day(known.measured_on)})"
    return maximum.per_kg * known.kg, how


def _words(counted: Counted) -> str:
    """What was counted: now, before and, of a session entered late, after it."""
    if counted.days == 1 and not counted.before:
        return f"{units(counted.now)}{counted.where or ' in this session'}"
    now = f"{units(counted.now)} now{counted.where}"
    if counted.days == 1:
        return f"{now} and {units(counted.before)} earlier that day"
    before = f"{units(counted.before)} in the {count(counted.days_before, 'day')} before"
    if not counted.later_days:
        return f"{now} and {before}"
    return f"{now}, {before} and {units(counted.after)} after it ({already_signed(counted.later_days)})"


def _rule(maximum: Maximum) -> str:
    return "R5" if maximum.under_18 else "R3" if maximum.window_days else "R4"


def _key(kind: str, maximum: Maximum, which: str = "") -> str:
    parts = [kind, str(maximum.window_days), *maximum.indications]
    parts += ["child"] if maximum.under_18 else []
    return "-".join(part for part in (*parts, maximum.limbs, which) if part)
