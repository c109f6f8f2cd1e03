"""A payer's interval in the windows: the longest of label, policy and payer, at the day of signing and never after."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.models import Product
from patients.actions import update_payer
from patients.models import Payer
from tests.cast import Cast
from tests.patients import made
from tests.treatments.charted import BOTOX, moment, signed
from treatments.actions.sessions import record_outside_session, void_session
from treatments.models import RetreatmentWindow, TreatmentCourse
from treatments.rules.payers import kept, kept_rules, payer_rule

DAY = date(2026, 3, 2)


def outside(cast: Cast, course: TreatmentCourse, on: date, product: str = BOTOX) -> RetreatmentWindow:
    session = record_outside_session(
        course=course,
        performed_on=on,
        product=Product.objects.get(key=product),
        units=Decimal(155),
        source="letter",
        on=cast.harbour.today(),
        by=cast.ito,
    )
    return course.windows.get(session=session)


def why(window: RetreatmentWindow, name: str = "eligible_on") -> dict[str, str]:
    return next(reason for reason in window.reasons if reason["date"] == name)


@pytest.mark.parametrize(
    ("days", "eligible", "rule"),
    [
        (None, 84, "product label"),
        (1, 84, "product label"),
        (83, 84, "product label"),
        (84, 84, "product label"),  # of two equal ones the label is named
        (85, 85, "payer rule"),
        (89, 89, "payer rule"),
        (90, 90, "payer rule"),
        (91, 91, "payer rule"),
        (366, 366, "payer rule"),
    ],
)
def test_the_longest_decides(cast: Cast, days: int | None, eligible: int, rule: str) -> None:
    made.payer("Aetna", min_interval_days=days, interval_source="policy of 2026" if days else "")
    made.coverage(cast, paid_by="Aetna")
    window = outside(cast, cast.course(), DAY)
    assert window.eligible_on == DAY + timedelta(days=eligible)
    assert why(window)["rule"] == rule
    assert window.window_opens_on >= window.eligible_on
    assert window.target_on >= window.eligible_on
    if rule == "payer rule":
        assert why(window)["words"] == f"{days} days after the session: Aetna, {days} days"
        assert (why(window)["version"], why(window)["source"]) == ("1", "policy of 2026")


@pytest.mark.parametrize(
    ("starts", "ends", "counts"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (DAY + timedelta(days=1), None, False),
        (None, DAY - timedelta(days=1), False),
    ],
)
def test_only_who_pays_on_the_sessions_day(cast: Cast, starts: date | None, ends: date | None, counts: bool) -> None:
    made.payer("Aetna", min_interval_days=120)
    made.coverage(cast, paid_by="Aetna", starts_on=starts, ends_on=ends)
    window = outside(cast, cast.course(), DAY)
    assert window.eligible_on == DAY + timedelta(days=120 if counts else 84)


def test_the_longest_of_two_payers_and_both_are_kept(cast: Cast) -> None:
    for name, days in (("Aetna", 90), ("Blue", 100)):
        made.payer(name, min_interval_days=days)
        made.coverage(cast, paid_by=name)
    window = outside(cast, cast.course(), DAY)
    assert window.eligible_on == DAY + timedelta(days=100)
    assert [rule.words for rule in kept_rules(window.reasons)] == ["Aetna, 90 days", "Blue, 100 days"]


def test_a_changed_payer_moves_no_window_and_counts_for_the_next_session(cast: Cast) -> None:
    payer = made.payer("Aetna", min_interval_days=90, interval_source="old")
    made.coverage(cast, paid_by="Aetna")
    course = cast.course()
    first = outside(cast, course, DAY)
    before = (first.eligible_on, first.reasons)
    update_payer(payer=payer, version=1, by=cast.ada, min_interval_days=120, interval_source="new")
    first.refresh_from_db()
    course.refresh_from_db()
    assert (first.eligible_on, first.reasons) == before
    assert course.eligible_on == DAY + timedelta(days=90)
    second = outside(cast, course, DAY + timedelta(days=130))
    assert second.eligible_on == DAY + timedelta(days=250)
    assert why(second)["version"] == "2"
    first.refresh_from_db()
    assert (first.eligible_on, first.reasons) == before


def test_a_session_voided_on_the_same_day_keeps_the_payers_of_then(cast: Cast) -> None:
    payer = made.payer("Aetna", min_interval_days=90, interval_source="old")
    made.coverage(cast, paid_by="Aetna")
    course = cast.course()
    outside(cast, course, DAY)
    later = outside(cast, course, DAY, product="daxibotulinumtoxinA-lanm")
    update_payer(payer=payer, version=1, by=cast.ada, min_interval_days=150)
    void_session(session=later.session, reason="twice", by=cast.ito, now=moment(cast, cast.harbour.today()))
    course.refresh_from_db()
    assert course.eligible_on == DAY + timedelta(days=90)


def test_a_signed_session_gets_the_payers_interval(cast: Cast) -> None:
    made.payer("Aetna", min_interval_days=90)
    made.coverage(cast, paid_by="Aetna")
    course = cast.course()
    on = cast.harbour.today() - timedelta(days=100)
    signed(cast, course, on=on)
    course.refresh_from_db()
    assert course.eligible_on == on + timedelta(days=90)
    assert Payer.objects.get().name == "Aetna"


def test_kept_rules_come_back_as_they_were() -> None:
    rules = [payer_rule(payer=name, days=days, version=3, source="s") for name, days in (("A", 84), ("B", 90))]
    reasons = kept(rules)
    assert kept_rules([*reasons, {"date": "eligible_on"}]) == rules
    assert len({reason["date"] for reason in reasons}) == 2
