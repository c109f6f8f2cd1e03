"""What a vial costs, as the administrator enters it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from inventory.models import VialCost
from tests.cast import Cast
from tests.inventory.test_stock import size

SignIn = Callable[[User], Client]
COSTS = "/stock/costs/"


def entered(**changes: object) -> dict[str, object]:
    return {"size": size().pk, "amount": "1200.50", "holds_from": "2026-01-01"} | changes


def test_it_is_entered_corrected_and_taken_back(cast: Cast, sign_in: SignIn):
    ada = sign_in(cast.ada)
    ada.post(COSTS, entered())
    ada.post(COSTS, entered(amount="1250"))
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


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "0"}, "More than 0."),
        ({"amount": "-5"}, "More than 0."),
        ({"amount": "12.345"}, "2 decimal places"),
        ({"amount": "cheap"}, "Enter a number"),
        ({"size": ""}, "required"),
        ({"holds_from": "soon"}, "valid date"),
    ],
)
def test_bad_input_enters_nothing_and_keeps_what_was_typed(
    cast: Cast, sign_in: SignIn, changes: dict[str, object], words: str
):
    answer = sign_in(cast.ada).post(COSTS, entered(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not VialCost.objects.exists()
