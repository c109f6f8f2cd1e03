"""What a payer's authorisation says on a day, and what the next one asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest

from patients.rules.authorization import is_over, next_span, problems_of, renewed, share, status_on

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("status", "days", "says", "over"),
    [
        ("approved", -1, "expired", True),
        ("approved", 0, "approved", False),
        ("approved", 1, "approved", False),
        ("submitted", -1, "submitted", True),
        ("submitted", 0, "submitted", False),
        ("appeal", -1, "appeal", True),
        ("appeal", 0, "appeal", False),
        ("denied", -1, "denied", True),
        ("denied", 1, "denied", True),
    ],
)
def test_only_an_approved_one_expires_after_its_last_day(status: str, days: int, says: str, over: bool) -> None:
    ends_on = DAY + timedelta(days=days)
    assert status_on(status=status, ends_on=ends_on, on=DAY) == says
    assert is_over(status=status, ends_on=ends_on, on=DAY) is over


@pytest.mark.parametrize(
    ("used", "approved", "percent"),
    [
        (0, 400, 0),
        (Decimal("3.9"), 400, 0),
        (4, 400, 1),
        (399, 400, 99),
        (400, 400, 100),
        (401, 400, 100),
        (1, 2, 50),
        (5, None, None),
        (5, 0, None),
    ],
)
def test_the_share_is_whole_per_cent_and_never_rounded_up(
    used: Decimal | int, approved: int | None, percent: int | None
) -> None:
    assert share(used, approved) == percent


@pytest.mark.parametrize(
    ("ended", "first"),  # days from today
    [(-2, 0), (-1, 0), (0, 1), (1, 2)],
)
def test_the_next_one_follows_on_the_one_before_and_never_lies_in_the_past(ended: int, first: int) -> None:
    ends_on = DAY + timedelta(days=ended)
    span = next_span(starts_on=ends_on - timedelta(days=179), ends_on=ends_on, on=DAY)
    assert span == (DAY + timedelta(days=first), DAY + timedelta(days=first + 179))


@dataclass
class Held:
    coverage_id: int = 3
    status: str = "approved"
    product: str = "onabotulinumtoxinA"
    condition: str = "chronic_migraine"
    units_approved: int | None = 400
    visits_approved: int | None = 2
    starts_on: date = DAY - timedelta(days=100)
    ends_on: date = DAY + timedelta(days=79)


def test_a_renewal_asks_for_the_same_and_is_not_decided() -> None:
    assert renewed(Held(), on=DAY) == {
        "coverage": 3,
        "product": "onabotulinumtoxinA",
        "condition": "chronic_migraine",
        "units_approved": 400,
        "visits_approved": 2,
        "status": "submitted",
        "submitted_on": DAY,
        "starts_on": DAY + timedelta(days=80),
        "ends_on": DAY + timedelta(days=259),
    }


@pytest.mark.parametrize(("begins", "first"), [(-20, 0), (0, 0), (15, 15)])
def test_what_was_denied_is_asked_anew_for_its_own_days(begins: int, first: int) -> None:
    starts_on = DAY + timedelta(days=begins)
    anew = renewed(Held(status="denied", starts_on=starts_on, ends_on=starts_on + timedelta(days=364)), on=DAY)
    assert anew["starts_on"] == DAY + timedelta(days=first)
    assert anew["ends_on"] == DAY + timedelta(days=first + 364)


BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"status": "approved"}, {"number"}),
        ({"status": "approved", "number": "PA-1"}, set()),
        ({"status": "submitted"}, set()),
        ({"status": "denied"}, {"denial_reason"}),
        ({"status": "denied", "denial_reason": "units"}, set()),
        ({"status": "appeal", "denial_reason": "units"}, {"appealed_on"}),
        ({"status": "appeal", "appealed_on": DAY}, {"denial_reason"}),
        ({"status": "appeal", "denial_reason": "units", "appealed_on": DAY}, set()),
        ({"submitted_on": DAY, "decided_on": BEFORE}, {"decided_on"}),
        ({"submitted_on": DAY, "decided_on": DAY}, set()),
        ({"submitted_on": DAY, "appealed_on": BEFORE}, {"appealed_on"}),
        ({"submitted_on": DAY, "appealed_on": DAY}, set()),
        ({"submitted_on": None, "decided_on": BEFORE, "appealed_on": BEFORE}, set()),
        ({"submitted_on": DAY, "decided_on": None, "appealed_on": None}, set()),
        ({"submitted_on": AFTER}, {"submitted_on"}),
        ({"decided_on": AFTER, "appealed_on": AFTER}, {"decided_on", "appealed_on"}),
        ({"units_approved": 0, "visits_approved": 0}, {"units_approved", "visits_approved"}),
        ({"units_approved": 1, "visits_approved": None}, set()),
        ({"starts_on": DAY, "ends_on": DAY + timedelta(days=5 * 366)}, set()),
        ({"starts_on": DAY, "ends_on": DAY + timedelta(days=5 * 366 + 1)}, {"ends_on"}),
    ],
)
def test_what_does_not_stand_together(values: dict[str, object], fields: set[str]) -> None:
    assert problems_of(values, on=DAY).keys() == fields
