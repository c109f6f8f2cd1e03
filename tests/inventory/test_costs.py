"""What a vial costs, as the administrator enters it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from inventory.actions import enter_cost
from inventory.models import VialCost, VialSize
from inventory.views import keeping
from tests.cast import Cast
from tests.inventory.test_stock import size

SignIn = Callable[[User], Client]
COSTS = "/stock/costs/"


def entered(**changes: object) -> dict[str, object]:
    return {"size": size().pk, "amount": "1200.50", "holds_from": "2026-01-01"} | changes


def test_it_is_entered_corrected_and_taken_back(cast: Cast, sign_in: SignIn):
    ada = sign_in(cast.ada)
    ada.post(COSTS, entered())
    corrected = ada.post(COSTS, entered(amount="1250"), follow=True).content.decode()
    assert "$1,250 from 1 Jan 2026, instead of $1,200.50." in corrected
    ada.post(COSTS, entered(amount="1300", holds_from="2026-06-01"))
    assert list(VialCost.objects.values_list("amount", "holds_from", "by")) == [
        (Decimal(1300), date(2026, 6, 1), cast.ada.pk),
        (Decimal(1250), date(2026, 1, 1), cast.ada.pk),
    ]
    page = ada.get(COSTS).content.decode()
    assert "$1,250.00" in page
    assert "no cost entered" in page
    ada.post(f"{COSTS}{VialCost.objects.first().pk}/remove/")
    assert [cost.amount for cost in VialCost.objects.all()] == [Decimal(1250)]


def test_the_list_goes_on_behind_its_last_row_and_asks_no_more_for_many(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keeping, "PAGE", 4)
    ada = sign_in(cast.ada)
    sizes = list(VialSize.objects.order_by("product__brand", "units", "pk"))
    enter_cost(size=sizes[0], holds_from=date(2026, 1, 1), amount=Decimal(100), by=cast.ada)
    with CaptureQueriesContext(connection) as few:
        ada.get(COSTS)
    for one in sizes[:3]:
        for month in (1, 2, 3):
            enter_cost(size=one, holds_from=date(2026, month, 1), amount=Decimal(100 + month), by=cast.ada)
    with CaptureQueriesContext(connection) as many:
        page = ada.get(COSTS)
    assert len(many) <= len(few) <= 12
    seen, url = [], COSTS
    while url:
        page = ada.get(url)
        seen += [(cost.size, cost.holds_from.month) for cost in page.context["costs"]]
        is_last = page.context["last"] is None
        assert ("no cost entered" in page.content.decode()) == is_last
        url = "" if is_last else f"{COSTS}?after={page.context['last'].pk}"
    assert seen == [(one, month) for one in sizes[:3] for month in (3, 2, 1)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "0"}, "More than 0."),
        ({"amount": "-5"}, "More than 0."),
        ({"amount": "12.345"}, "2 decimal places"),
        ({"amount": "cheap"}, "Enter a number"),
        ({"size": ""}, "required"),
        ({"holds_from": "soon"}, "valid date"),
        ({"holds_from": "9999-12-31"}, "check the year"),
        ({"holds_from": "0206-01-01"}, "check the year"),
    ],
)
def test_bad_input_enters_nothing_and_keeps_what_was_typed(
    cast: Cast, sign_in: SignIn, changes: dict[str, object], words: str
):
    answer = sign_in(cast.ada).post(COSTS, entered(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not VialCost.objects.exists()
