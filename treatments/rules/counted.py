"""What one maximum of a label counts: units of this session, and of others of the product on the days around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from treatments.rules.facts import Earlier, Maximum, SessionFacts


@dataclass(frozen=True)
class Counted:
    """Units that count together; `others` are (day, units) of other sessions, `days` how many days the window has.

    `which` tells apart what one maximum counts more than once (each limb); `where` says it in words.
    """

    now: Decimal
    others: tuple[tuple[date, Decimal], ...]
    performed_on: date
    days: int
    ends_on: date
    which: str = ""
    where: str = ""

    @property
    def units(self) -> Decimal:
        return self.now + self.before + self.after

    @property
    def before(self) -> Decimal:
        """Units of the sessions of this window up to this session's day."""
        return sum((amount for on, amount in self.others if on <= self.performed_on), Decimal(0))

    @property
    def after(self) -> Decimal:
        return sum((amount for on, amount in self.others if on > self.performed_on), Decimal(0))

    @property
    def later_days(self) -> tuple[date, ...]:
        """The days after this session's that have units in the window."""
        return tuple(sorted({on for on, amount in self.others if on > self.performed_on and amount}))

    @property
    def days_before(self) -> int:
        return self.days - 1 - (self.ends_on - self.performed_on).days


def most_counted(maximum: Maximum, facts: SessionFacts, *, days: int, any_side: bool = False) -> list[Counted]:
    """The most that any window of so many days with this session in it holds, for each amount the maximum looks at.

    A window ends on this session's day or on that of a later one. `any_side` counts units of an unknown side for
    either limb.
    """
    most: dict[str, Counted] = {}
    for ends_on, others in _windows(facts, days):
        for counted in _amounts(maximum, facts, others, days, ends_on, any_side=any_side):
            if counted.which not in most or counted.units > most[counted.which].units:
                most[counted.which] = counted
    return list(most.values())


def _windows(facts: SessionFacts, days: int) -> Iterator[tuple[date, tuple[Earlier, ...]]]:
    """The last day and the other sessions of this product of each window; the one that ends today comes first."""
    product = facts.product.key if facts.product is not None else ""
    given = [other for other in (*facts.earlier, *facts.later) if other.product == product]
    today = facts.performed_on
    length = timedelta(days=days)
    ends = {today} | {other.performed_on for other in given if today < other.performed_on < today + length}
    for ends_on in sorted(ends):
        yield ends_on, tuple(other for other in given if ends_on - length < other.performed_on <= ends_on)


def _amounts(
    maximum: Maximum, facts: SessionFacts, others: tuple[Earlier, ...], days: int, ends_on: date, *, any_side: bool
) -> Iterator[Counted]:
    if not maximum.indications:
        given = tuple((other.performed_on, other.units) for other in others)
        yield Counted(facts.total, given, facts.performed_on, days, ends_on)
        return
    limbs = facts.units_by_limb(maximum.indications)
    if maximum.limbs == "one":
        names = {course.condition: course.condition_name for course in facts.courses}
        for (condition, side), amount in limbs.items():
            sides = {side, ""} if any_side else {side}
            given = _given(others, {condition: sides})
            which, where = f"{condition}-{side}", f" on the {side} ({names[condition]})"
            yield Counted(amount, given, facts.performed_on, days, ends_on, which, where)
        return
    several = _limb_count(limbs, maximum, others)
    if limbs and (maximum.limbs != "several" or several > 1):
        given = _given(others, dict.fromkeys(maximum.indications))
        where = f" in {several} limbs" if maximum.limbs == "several" else ""
        yield Counted(sum(limbs.values(), Decimal(0)), given, facts.performed_on, days, ends_on, "", where)


def _given(others: tuple[Earlier, ...], wanted: Mapping[str, set[str] | None]) -> tuple[tuple[date, Decimal], ...]:
    """Day and units of the other sessions for those conditions, on those sides; None is every side."""
    return tuple(
        (other.performed_on, limb.units)
        for other in others
        for limb in other.limbs
        if limb.condition in wanted and ((sides := wanted[limb.condition]) is None or limb.side in sides)
    )


def _limb_count(limbs: Mapping[tuple[str, str], Decimal], maximum: Maximum, others: tuple[Earlier, ...]) -> int:
    """How many limbs were treated; of an unknown side is one only where no other limb of the condition is known."""
    treated = set(limbs) | {
        (limb.condition, limb.side) for other in others for limb in other.limbs if limb.condition in maximum.indications
    }
    known = {condition for condition, side in treated if side}
    return sum(1 for condition, side in treated if side or condition not in known)
