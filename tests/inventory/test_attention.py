"""What of the stock needs somebody, and the reorder levels that an administrator sets."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from inventory.actions import set_reorder_levels, use_vials
from inventory.models import Lot, ReorderLevel, Vial
from tests.cast import Cast
from tests.inventory.test_stock import DYSPORT, STOCK, receive, size

SignIn = Callable[[User], Client]
LEVELS = "/stock/levels/"


def said(response: Any) -> list[str]:
    return [concern.words for concern in response.context["attention"]]


class TestAttention:
    def test_a_stock_in_order_says_nothing(self, cast: Cast, sign_in: SignIn):
        receive(cast, expires_on=cast.harbour.today() + timedelta(days=61))
        answer = sign_in(cast.ito).get(STOCK)
        assert said(answer) == []
        assert "Needs attention" not in answer.content.decode()

    def test_the_gravest_first_by_count_with_its_next_step(self, cast: Cast, sign_in: SignIn):
        today = cast.harbour.today()
        soon = receive(cast, "SOON", expires_on=today + timedelta(days=60))
        gone = receive(cast, "GONE", vials=1, expires_on=today - timedelta(days=1))
        back = receive(cast, "BACK", vials=2)
        Lot.objects.filter(pk=back.pk).update(recalled_on=today, recall_reason="FDA notice")
        set_reorder_levels(site=cast.harbour, levels={size(): 3, size(DYSPORT, 300): 2, size(units=100): None})

        answer = sign_in(cast.ito).get(STOCK)

        assert said(answer) == [
            "2 vials recalled: blocked, still to be removed",
            "1 vial expired: blocked, still to be removed",
            "2 vial sizes at or below the reorder level",
            "3 vials expiring within 60 days",
        ]
        page = answer.content.decode()
        for lot, reason in ((gone, "expired"), (back, "recalled")):
            assert f'href="/stock/lots/{lot.pk}/remove/?reason={reason}"' in page
        assert f"/stock/lots/{soon.pk}/remove/?reason" not in page
        assert f'href="/stock/receive/?size={size(DYSPORT, 300).pk}"' in page

    def test_expired_recalled_used_and_named_vials_do_not_hold_off_an_order(self, cast: Cast, sign_in: SignIn):
        today = cast.harbour.today()
        receive(cast, "GONE", vials=5, expires_on=today - timedelta(days=1))
        receive(cast, "HERS", vials=5, source="pharmacy")
        receive(cast, "FAR", vials=5, site=cast.mesa)
        good = receive(cast, "GOOD", vials=3)
        use_vials(vials=good.vials.all()[:1], by=cast.ito)
        set_reorder_levels(site=cast.harbour, levels={size(): 2})
        low = sign_in(cast.ito).get(STOCK).context["attention"][1].rows[0]
        assert (low.left, low.vials) == (2, 2)
        receive(cast, "MORE", vials=1)
        assert said(sign_in(cast.ito).get(STOCK)) == ["5 vials expired: blocked, still to be removed"]

    def test_the_front_desk_sees_it_without_the_steps(self, cast: Cast, sign_in: SignIn):
        receive(cast, "GONE", expires_on=cast.harbour.today() - timedelta(days=1))
        answer = sign_in(cast.robin).get(STOCK)
        assert said(answer) == ["3 vials expired: blocked, still to be removed"]
        assert "/remove/" not in answer.content.decode()

    def test_many_rows_of_a_kind_are_counted_not_listed(self, cast: Cast, sign_in: SignIn):
        for number in range(8):
            receive(cast, f"GONE{number}", vials=1, expires_on=cast.harbour.today() - timedelta(days=1))
        answer = sign_in(cast.ito).get(STOCK)
        assert said(answer) == ["8 vials expired: blocked, still to be removed"]
        assert "and 2 more, marked in the list below" in answer.content.decode()

    def test_the_step_of_an_expired_lot_has_all_its_vials_ticked(self, cast: Cast, sign_in: SignIn):
        lot = receive(cast, "GONE", expires_on=cast.harbour.today() - timedelta(days=1))
        page = sign_in(cast.ito).get(reverse("inventory:vial-remove", args=[lot.pk]), {"reason": "expired"})
        ticked = re.findall(r"<input[^>]*checked[^>]*>", page.content.decode())
        assert len(ticked) == 4  # three vials and the reason


class TestLevels:
    def test_they_are_set_and_taken_away(self, cast: Cast, sign_in: SignIn):
        ada, name = sign_in(cast.ada), f"size_{size().pk}"
        assert ada.post(LEVELS, {name: "5"}).url == STOCK
        assert list(ReorderLevel.objects.values_list("site", "size", "vials")) == [(cast.harbour.pk, size().pk, 5)]
        ada.post(LEVELS, {name: "", f"initial-{name}": "5"})
        assert not ReorderLevel.objects.exists()
        # Who took it away, when, and what it was, stays.
        answer = ada.get(LEVELS)
        assert [(row.is_removed, row.vials, row.size, row.by) for row in answer.context["changes"]] == [
            (True, 5, size(), cast.ada), (False, 5, size(), cast.ada),
        ]  # fmt: skip
        assert "removed; it was 5" in answer.content.decode()

    def test_what_a_colleague_set_meanwhile_stays(self, cast: Cast, sign_in: SignIn):
        other = f"size_{size(DYSPORT, 300).pk}"
        set_reorder_levels(site=cast.harbour, levels={size(DYSPORT, 300): 4})
        sign_in(cast.ada).post(LEVELS, {f"size_{size().pk}": "5", other: "", f"initial-{other}": ""})
        assert sorted(ReorderLevel.objects.values_list("vials", flat=True)) == [4, 5]

    def test_a_level_that_a_colleague_set_meanwhile_is_said_and_not_overwritten(self, cast: Cast, sign_in: SignIn):
        client, name = sign_in(cast.ada), f"size_{size().pk}"
        set_reorder_levels(site=cast.harbour, levels={size(): 5})

        refused = client.post(LEVELS, {name: "7", f"initial-{name}": ""})

        assert refused.status_code == 422
        form = refused.context["form"]
        assert form.errors == {name: ["Saved meanwhile: 5. Save again to put yours in its place."]}
        assert form[name].value() == "7"
        assert ReorderLevel.objects.get().vials == 5
        seen = re.search(rf'name="initial-{name}" value="(\d+)"', refused.content.decode())
        assert seen is not None
        assert client.post(LEVELS, {name: "7", f"initial-{name}": seen[1]}).status_code == 302
        assert ReorderLevel.objects.get().vials == 7

    @pytest.mark.parametrize("typed", ["0", "-1", "1.5", "many", "10000"])
    def test_bad_input_saves_nothing_and_keeps_what_was_typed(self, cast: Cast, sign_in: SignIn, typed: str):
        answer = sign_in(cast.ada).post(LEVELS, {f"size_{size().pk}": typed})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "From 1 to 9999 vials, or empty." in page
        assert f'value="{typed}"' in page
        assert not ReorderLevel.objects.exists()

    @pytest.mark.parametrize("was", ["9" * 5000, "²", "-1", "NaN"])
    def test_what_the_page_says_it_began_with_may_be_anything(self, cast: Cast, sign_in: SignIn, was: str):
        name = f"size_{size().pk}"
        answer = sign_in(cast.ada).post(LEVELS, {name: "3", f"initial-{name}": was})
        assert answer.status_code == 302
        assert ReorderLevel.objects.get().vials == 3

    def test_removing_by_the_recalled_reason(self, cast: Cast, sign_in: SignIn):
        lot = receive(cast, vials=1)
        sign_in(cast.ito).post(
            reverse("inventory:vial-remove", args=[lot.pk]),
            {"vials": [lot.vials.get().pk], "reason": "recalled", "note": ""},
        )
        assert Vial.objects.get().status == "removed"
