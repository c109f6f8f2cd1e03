"""Vials that leave the stock unused, vials for one patient and samples, and Receive pressed twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from inventory.actions import VialTakenError, remove_vials, use_vials
from inventory.models import Lot, Receipt, StockMovement, Vial
from tests.cast import Cast
from tests.inventory.test_stock import RECEIVE, filled_in, receive

SignIn = Callable[[User], Client]


class TestReceivingTwice:
    def test_the_same_page_sent_twice_receives_once(self, cast: Cast, sign_in: SignIn):
        ito, sent = sign_in(cast.ito), filled_in(vials=4)
        answers = [ito.post(RECEIVE, sent) for _ in range(2)]
        lot = Lot.objects.get()
        assert [answer.url for answer in answers] == [reverse("inventory:lot-detail", args=[lot.pk])] * 2
        assert lot.vials.count() == 4
        assert StockMovement.objects.count() == 4
        assert Receipt.objects.get().by == cast.ito

    def test_the_page_opened_again_receives_again(self, cast: Cast, sign_in: SignIn):
        ito = sign_in(cast.ito)
        for _ in range(2):
            ito.post(RECEIVE, filled_in(vials=4))
        assert Lot.objects.get().vials.count() == 8

    def test_the_same_page_with_another_lot_is_refused_in_words(self, cast: Cast, sign_in: SignIn):
        ito, sent = sign_in(cast.ito), filled_in(vials=4)
        ito.post(RECEIVE, sent)
        answer = ito.post(RECEIVE, sent | {"number": "OTHER"})
        assert answer.status_code == 422
        assert "This page has received 4 of lot C1234 already." in answer.content.decode()
        assert Vial.objects.count() == 4
        assert not Lot.objects.filter(number="OTHER").exists()

    @pytest.mark.django_db(transaction=True)
    def test_pressed_twice_at_the_same_moment(self, cast: Cast):
        start, token = threading.Barrier(2), uuid4()
        problems: list[Exception] = []

        def work() -> None:
            start.wait()
            try:
                receive(cast, vials=5, token=token)
            except Exception as problem:
                problems.append(problem)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert problems == []
        assert Vial.objects.count() == 5


@pytest.mark.parametrize("source", ["clinic", "pharmacy", "sample"])
def test_who_bought_the_vials_is_kept(cast: Cast, sign_in: SignIn, source: str):
    sign_in(cast.ito).post(RECEIVE, filled_in(vials=2, source=source))
    assert set(Vial.objects.values_list("source", flat=True)) == {source}


@pytest.mark.parametrize(("field", "value"), [("source", "a friend"), ("source", ""), ("token", "x"), ("token", "")])
def test_a_damaged_page_receives_nothing(cast: Cast, sign_in: SignIn, field: str, value: str):
    answer = sign_in(cast.ito).post(RECEIVE, filled_in(**{field: value}))
    assert answer.status_code == 422
    assert not Vial.objects.exists()


class TestRemoving:
    def post(self, client: Client, lot: Lot, **changes: Any) -> Any:
        sent = {"vials": [lot.vials.order_by("pk").first().pk], "reason": "broken", "note": "fell down"} | changes  # type: ignore[union-attr]
        return client.post(reverse("inventory:vial-remove", args=[lot.pk]), sent, follow=True)

    def test_it_leaves_the_stock_once_with_its_reason(self, cast: Cast, sign_in: SignIn):
        lot = receive(cast)
        answer = self.post(sign_in(cast.ito), lot)
        assert answer.redirect_chain
        gone = lot.vials.get(status="removed")
        movement = gone.movements.get(kind="removed")
        assert (movement.reason, movement.note, movement.by) == ("broken", "fell down", cast.ito)
        assert lot.vials.filter(status="in stock").count() == 2
        assert "broken: fell down" in answer.content.decode()

    def test_several_at_once(self, cast: Cast, sign_in: SignIn):
        lot = receive(cast, expires_on=date(2021, 1, 31))
        self.post(sign_in(cast.ada), lot, vials=list(lot.vials.values_list("pk", flat=True)), reason="expired", note="")
        assert set(lot.vials.values_list("status", flat=True)) == {"removed"}
        assert set(StockMovement.objects.filter(kind="removed").values_list("reason", "note")) == {("expired", "")}

    def test_another_reason_stands_in_words(self, cast: Cast, sign_in: SignIn):
        lot = receive(cast)
        answer = self.post(sign_in(cast.ito), lot, reason="other", note="shown to students")
        assert ": shown to students</span>" in answer.content.decode()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"vials": []}, "Choose the vials."),
            ({"vials": ["999999"]}, "no longer in stock"),
            ({"vials": ["x"]}, "Choose vials of the list."),
            ({"reason": ""}, "Say why they leave the stock."),
            ({"reason": "bored"}, "valid choice"),
            ({"reason": "other", "note": ""}, "Say why they leave the stock."),
        ],
    )
    def test_bad_input_removes_nothing(self, cast: Cast, sign_in: SignIn, changes: dict[str, Any], words: str):
        lot = receive(cast)
        answer = self.post(sign_in(cast.ito), lot, **changes)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert set(lot.vials.values_list("status", flat=True)) == {"in stock"}

    def test_a_vial_of_another_lot_or_site_is_not_taken(self, cast: Cast, sign_in: SignIn):
        lot = receive(cast)
        others = [receive(cast, "OTHER").vials.first(), receive(cast, site=cast.elsewhere).vials.last()]
        for other in others:
            assert self.post(sign_in(cast.ito), lot, vials=[other.pk]).status_code == 422  # type: ignore[union-attr]
        assert not StockMovement.objects.filter(kind="removed").exists()

    def test_a_used_vial_is_not_removed(self, cast: Cast):
        lot = receive(cast)
        vials = list(lot.vials.order_by("pk"))
        use_vials(vials=vials[:1], by=cast.ito)
        with pytest.raises(VialTakenError):
            remove_vials(vials=vials, reason="broken", by=cast.ito)
        assert lot.vials.filter(status="in stock").count() == 2

    def test_the_front_desk_does_not(self, cast: Cast, sign_in: SignIn):
        lot = receive(cast)
        assert self.post(sign_in(cast.robin), lot).status_code == 403
        assert lot.vials.filter(status="in stock").count() == 3

    def test_a_stranger_finds_no_lot(self, cast: Cast, sign_in: SignIn):
        assert self.post(sign_in(cast.max), receive(cast)).status_code == 404


def test_rows_of_before_the_reasons_were_choices_say_what_they_said(cast: Cast):
    migration = import_module("inventory.migrations.0003_removal_reasons_and_costs")
    before = ["broken: fell down", "expired", "shown to students", "returned: to: the maker", "recalled by phone", ""]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE moved (kind text, reason text DEFAULT '', note text) ON COMMIT DROP")
        cursor.executemany("INSERT INTO moved (kind, note) VALUES ('removed', %s)", [[note] for note in before])
        cursor.execute("INSERT INTO moved (kind, note) VALUES ('received', 'broken')")
        cursor.execute(migration.REASONS_OUT_OF_NOTES.replace("inventory_stockmovement", "moved"))
        cursor.execute("SELECT kind, reason, note FROM moved")
        moved = [StockMovement(kind=kind, reason=reason, note=note) for kind, reason, note in cursor.fetchall()]
        assert sorted((movement.reason, movement.why) for movement in moved) == [
            ("", "broken"),
            ("broken", "broken: fell down"),
            ("expired", "expired"),
            ("other", "no reason on record"),
            ("other", "recalled by phone"),
            ("other", "shown to students"),
            ("returned", "returned: to: the maker"),
        ]
        cursor.execute(migration.REASONS_INTO_NOTES.replace("inventory_stockmovement", "moved"))
        cursor.execute("SELECT note FROM moved WHERE kind = 'removed'")
        assert sorted(note for (note,) in cursor.fetchall()) == sorted([*before[:-1], "no reason on record"])
