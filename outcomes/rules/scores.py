"""What a score may be, and how numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def score_problem(
    value: Decimal, *, minimum: Decimal, maximum: Decimal, step: Decimal, grades: Sequence[Decimal] = ()
) -> str | None:
    """Why this is no score of an instrument with these bounds, in words, or None. Grades, where given, decide alone."""
    if not value.is_finite():
        return "A number is needed."
    if grades:
        return None if value in grades else "Choose one of the grades."
    if not minimum <= value <= maximum:
        return f"From {plain(minimum)} to {plain(maximum)}."
    if step and (value - minimum) % step:
        return "Whole numbers only." if step == 1 else f"In steps of {plain(step)}."
    return None


def plain(value: Decimal) -> str:
    """A number as people write it: 19 and not 19.00."""
    return f"{value.normalize():f}" if value else "0"


def signed(change: Decimal | int) -> str:
    """+2, −11 with a true minus sign, or 0."""
    return "0" if change == 0 else f"{'+' if change > 0 else '−'}{plain(abs(Decimal(change)))}"
