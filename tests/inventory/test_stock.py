"""Stock: lots received, listed, looked into and recalled."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from inventory.actions import receive_lot, use_vials
from inventory.models import Lot, Product, StockMovement, Vial, VialSize
from tests.cast import Cast

STOCK = "/stock/"
RECEIVE = "/stock/receive/"
BOTOX, DYSPORT = "onabotulinumtoxinA", "abobotulinumtoxinA"


def size(product: str = BOTOX, units: int = 200) -> VialSize:
    return VialSize.objects.select_related("product").get(product__key=product, units=units)


def receive(cast: Cast, number: str = "C1234", vials: int = 3, **changes: Any) -> Lot:
    chosen = changes.pop("size", None) or size()
    values = {
        "product": chosen.product,
        "number": number,
        "expires_on": date(2040, 1, 31),
        "size": chosen,
        "vials": vials,
        "site": cast.harbour,
        "on": date(2020, 1, 1),
        "by": cast.ada,
    }
    return receive_lot(**(values | changes))


def rows(response) -> list[tuple[str, str, str, list[tuple[str, int, int]]]]:
    return [
        (
            product.brand,
            row["lot"].number,
            row["standing"],
            [(count["site__name"], count["size__units"], count["vials"]) for count in row["counts"]],
        )
        for product, group in response.context["products"]
        for row in group
    ]


class TestStockList:
    def test_it_counts_the_vials_left_by_product_lot_and_size(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast, "B2", vials=4)
        receive(cast, "B2", vials=2, size=size(units=100))
        receive(cast, "A1", vials=1, expires_on=date(2039, 1, 31))
        receive(cast, "D1", vials=5, size=size(DYSPORT, 300))
        use_vials(vials=lot.vials.filter(size=size())[:1], by=cast.ito)

        assert rows(sign_in(cast.robin).get(STOCK)) == [
            ("BOTOX", "A1", "good", [("Harbour Clinic", 200, 1)]),
            ("BOTOX", "B2", "good", [("Harbour Clinic", 100, 2), ("Harbour Clinic", 200, 3)]),
            ("Dysport", "D1", "good", [("Harbour Clinic", 300, 5)]),
        ]

    def test_it_marks_what_is_expiring_expired_and_recalled(self, cast: Cast, sign_in: Callable[[User], Client]):
        today = cast.harbour.today()
        receive(cast, "GONE", expires_on=today - timedelta(days=1))
        receive(cast, "SOON", expires_on=today + timedelta(days=60))
        receive(cast, "LATER", expires_on=today + timedelta(days=61))
        receive(cast, "BACK")
        Lot.objects.filter(number="BACK").update(recalled_on=today, recall_reason="FDA notice")

        answer = sign_in(cast.robin).get(STOCK)

        assert [(number, standing) for _, number, standing, _ in rows(answer)] == [
            ("GONE", "expired"),
            ("SOON", "expiring"),
            ("LATER", "good"),
            ("BACK", "recalled"),
        ]
        page = answer.content.decode()
        assert "expired" in page
        assert "expires" in page
        assert "recalled" in page

    def test_here_and_at_all_of_ones_sites(self, cast: Cast, sign_in: Callable[[User], Client]):
        receive(cast, "HERE")
        receive(cast, "THERE", site=cast.mesa)
        receive(cast, "FAR", site=cast.elsewhere)
        robin = sign_in(cast.robin)

        assert [row[1] for row in rows(robin.get(STOCK))] == ["HERE"]
        assert [row[1] for row in rows(robin.get(STOCK, {"sites": "all"}))] == ["HERE", "THERE"]
        assert [row[1] for row in rows(sign_in(cast.max).get(STOCK, {"sites": "all"}))] == ["FAR"]

    def test_what_is_used_up_is_gone_from_the_list(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast, vials=1)
        use_vials(vials=lot.vials.all(), by=cast.ito)

        page = sign_in(cast.robin).get(STOCK).content.decode()

        assert "No vials in stock at Harbour Clinic" in page

    def test_it_costs_the_same_with_one_and_with_many(
        self, cast: Cast, sign_in: Callable[[User], Client], django_assert_num_queries
    ):
        receive(cast, "L")
        robin = sign_in(cast.robin)
        # session, person, their sites, the lots, their vials counted, what needs attention: lots, and levels
        with django_assert_num_queries(7):
            robin.get(STOCK, {"sites": "all"})
        for number in range(40):
            receive(cast, f"L{number}", vials=2, site=cast.mesa if number % 2 else cast.harbour)
        with django_assert_num_queries(7):
            robin.get(STOCK, {"sites": "all"})

    def test_it_goes_on_behind_its_last_lot(self, cast: Cast, sign_in: Callable[[User], Client]):
        chosen = size()
        expiries = [date(2040, 1, 31), date(2040, 2, 28)]
        lots = Lot.objects.bulk_create(
            Lot(product=chosen.product, number=f"L{number:03}", expires_on=expiries[number % 2])
            for number in range(130)
        )
        Vial.objects.bulk_create(
            Vial(lot=lot, size=chosen, site=cast.harbour, received_on=date(2026, 1, 5)) for lot in lots
        )
        robin = sign_in(cast.robin)

        first = robin.get(STOCK)
        link = re.search(r'href="\?(after=\d+)" rel="next"', first.content.decode()).group(1)
        rest = robin.get(f"{STOCK}?{link}")

        numbers = [row[1] for row in rows(first) + rows(rest)]
        assert numbers == [f"L{n:03}" for n in range(0, 130, 2)] + [f"L{n:03}" for n in range(1, 130, 2)]
        assert 'rel="next"' not in rest.content.decode()


def filled_in(**changes: Any) -> dict[str, Any]:
    """What the page sends; each time it is opened it brings another token."""
    values = {"size": size().pk, "number": " c1234 ", "expires_on": "2040-01-31", "vials": 10, "source": "clinic"}
    return values | {"token": str(uuid4())} | changes


class TestReceiving:
    def test_vials_come_into_the_stock_of_the_site_one_works_at(self, cast: Cast, sign_in: Callable[[User], Client]):
        client = sign_in(cast.ito)
        client.post("/site/switch/", {"site": cast.mesa.pk})

        answer = client.post(RECEIVE, filled_in(), follow=True)

        lot = Lot.objects.get()
        assert answer.redirect_chain == [(reverse("inventory:lot-detail", args=[lot.pk]), 302)]
        assert "10 vials of BOTOX 200 U, lot C1234, came into stock at Mesa Clinic." in answer.content.decode()
        assert (lot.number, lot.expires_on) == ("C1234", date(2040, 1, 31))
        assert lot.vials.filter(site=cast.mesa, status="in stock", received_on=cast.mesa.today()).count() == 10
        assert StockMovement.objects.filter(kind="received", by=cast.ito).count() == 10

    def test_the_same_lot_again_gets_more_vials(self, cast: Cast, sign_in: Callable[[User], Client]):
        client = sign_in(cast.ito)
        client.post(RECEIVE, filled_in())
        client.post(RECEIVE, filled_in(number="C1234", vials=2))
        client.post(RECEIVE, filled_in(number="C1234", vials=1, size=size(units=100).pk))

        assert Lot.objects.get().vials.count() == 13

    def test_two_products_may_have_a_lot_of_the_same_number(self, cast: Cast, sign_in: Callable[[User], Client]):
        client = sign_in(cast.ito)
        client.post(RECEIVE, filled_in())
        client.post(RECEIVE, filled_in(size=size(DYSPORT, 300).pk))

        assert Lot.objects.filter(number="C1234").count() == 2

    def test_one_select_offers_each_size_under_its_product(self, cast: Cast, sign_in: Callable[[User], Client]):
        page = sign_in(cast.ito).get(RECEIVE).content.decode()

        for product in Product.objects.all():
            assert f'<optgroup label="{product.brand}">' in page
        assert page.count("<option ") == VialSize.objects.count() + 1

    @pytest.mark.parametrize(
        ("wrong", "field", "words"),
        [
            ({"size": ""}, "size", "required"),
            ({"size": "0"}, "size", "valid choice"),
            ({"number": ""}, "number", "required"),
            ({"number": "   "}, "number", "required"),
            ({"number": "<script>"}, "number", "as printed on the box"),
            ({"number": "L" * 41}, "number", "at most 40"),
            ({"expires_on": ""}, "expires_on", "required"),
            ({"expires_on": "31/01/2040 or so"}, "expires_on", "valid date"),
            ({"expires_on": "2020-01-31"}, "expires_on", "This lot has expired"),
            ({"expires_on": "2208-01-31"}, "expires_on", "More than 20 years ahead: check the year."),
            ({"vials": ""}, "vials", "required"),
            ({"vials": "0"}, "vials", "From 1 to 500"),
            ({"vials": "501"}, "vials", "From 1 to 500"),
            ({"vials": "ten"}, "vials", "whole number"),
        ],
    )
    def test_bad_input_is_told_beside_the_field_and_nothing_is_received(
        self, cast: Cast, sign_in: Callable[[User], Client], wrong: dict[str, str], field: str, words: str
    ):
        answer = sign_in(cast.ito).post(RECEIVE, filled_in(**wrong))

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert words in answer.context["form"].errors[field][0]
        assert not Lot.objects.exists()
        if field != "vials":
            assert 'value="10"' in answer.content.decode()

    def test_another_expiry_than_the_one_on_file_is_told(self, cast: Cast, sign_in: Callable[[User], Client]):
        receive(cast)

        answer = sign_in(cast.ito).post(RECEIVE, filled_in(expires_on="2041-01-31"))

        assert answer.context["form"].errors == {
            "expires_on": ["Lot C1234 is on file with expiry 31 Jan 2040. Check the vial."]
        }
        assert Vial.objects.count() == 3

    def test_a_recalled_lot_is_not_received(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)
        Lot.objects.filter(pk=lot.pk).update(recalled_on=date(2026, 1, 1), recall_reason="FDA notice")

        answer = sign_in(cast.ito).post(RECEIVE, filled_in())

        assert answer.context["form"].errors == {"number": ["Lot C1234 was recalled on 1 Jan 2026."]}

    def test_somebody_without_a_site_is_told(self, cast: Cast, sign_in: Callable[[User], Client]):
        cast.ito.sites.clear()

        answer = sign_in(cast.ito).post(RECEIVE, filled_in())

        assert "You work at no site." in answer.content.decode()
        assert not Lot.objects.exists()

    def test_the_front_desk_does_not_receive(self, cast: Cast, sign_in: Callable[[User], Client]):
        client = sign_in(cast.robin)

        assert client.post(RECEIVE, filled_in()).status_code == 403
        assert "Receive a lot" not in client.get(STOCK).content.decode()
        assert not Lot.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_receive_the_same_lot_at_once_make_one_lot_with_both_their_vials(cast: Cast):
    start = threading.Barrier(2)
    problems: list[Exception] = []

    def work(by: User) -> None:
        start.wait()
        try:
            receive(cast, by=by, vials=7)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[person]) for person in (cast.ito, cast.ada)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert problems == []
    assert Lot.objects.get().vials.count() == 14
    assert StockMovement.objects.count() == 14
