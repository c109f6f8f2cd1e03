"""A lot, and its recall."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from inventory.actions import use_vials
from inventory.models import Lot, Vial
from tests.cast import Cast
from tests.inventory.test_stock import receive


class TestLotDetail:
    def test_it_says_what_became_of_each_vial(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)
        used = lot.vials.first()
        use_vials(vials=[used], by=cast.ito)

        answer = sign_in(cast.robin).get(reverse("inventory:lot-detail", args=[lot.pk]))

        page = re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())
        assert re.search(r"Harbour Clinic +2 × 200 U +in stock", page)
        assert re.search(r"received +\d+ \w+ +by Ada Brandt *; +used +\d+ \w+ +by Dr Kenji Ito", page)
        assert [vial.status for vial in answer.context["vials"]] == ["used", "in stock", "in stock"]

    @pytest.mark.parametrize(
        ("lot_values", "words"),
        [
            ({"recalled_on": date(2020, 1, 1), "recall_reason": "FDA D-0123"}, "blocked: recalled"),
            ({"expires_on": date(2020, 1, 1)}, "blocked: expired"),
        ],
    )
    def test_a_vial_that_nobody_may_open_is_blocked_and_not_in_stock(
        self, cast: Cast, sign_in: Callable[[User], Client], lot_values: dict[str, Any], words: str
    ):
        lot = receive(cast)
        use_vials(vials=[lot.vials.first()], by=cast.ito)
        Lot.objects.filter(pk=lot.pk).update(**lot_values)

        answer = sign_in(cast.robin).get(reverse("inventory:lot-detail", args=[lot.pk]))

        page = re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())
        assert re.search(rf"Harbour Clinic +2 × 200 U +{words}, still to be removed", page)
        assert len(re.findall(rf"200 U +Harbour Clinic +{words} ", page)) == 2  # the third was used
        assert "in stock" not in page

    def test_vials_at_other_peoples_sites_are_not_shown(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)
        receive(cast, site=cast.elsewhere, vials=5)

        answer = sign_in(cast.robin).get(reverse("inventory:lot-detail", args=[lot.pk]))

        assert len(answer.context["vials"]) == 3

    def test_a_lot_that_came_to_none_of_ones_sites_is_not_found(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)

        assert sign_in(cast.max).get(reverse("inventory:lot-detail", args=[lot.pk])).status_code == 404

    def test_it_costs_the_same_with_one_and_with_many_vials(
        self, cast: Cast, sign_in: Callable[[User], Client], django_assert_num_queries
    ):
        url = reverse("inventory:lot-detail", args=[receive(cast, vials=1).pk])
        robin = sign_in(cast.robin)
        with django_assert_num_queries(7):  # session, person, their sites, the lot, its vials, their movements, counts
            robin.get(url)
        receive(cast, vials=80)
        with django_assert_num_queries(7):
            robin.get(url)

    def test_it_goes_on_behind_its_last_vial(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast, vials=120)
        robin = sign_in(cast.robin)
        url = reverse("inventory:lot-detail", args=[lot.pk])

        first = robin.get(url)
        link = re.search(r'href="\?(after=\d+)" rel="next"', first.content.decode()).group(1)
        rest = robin.get(f"{url}?{link}")

        shown = [vial.pk for page in (first, rest) for vial in page.context["vials"]]
        assert shown == list(lot.vials.order_by("pk").values_list("pk", flat=True))


class TestRecall:
    def url(self, lot: Lot) -> str:
        return reverse("inventory:lot-recall", args=[lot.pk])

    def test_a_recalled_lot_can_be_picked_nowhere(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)
        receive(cast, site=cast.elsewhere)
        today = cast.harbour.today()

        answer = sign_in(cast.ada).post(
            self.url(lot),
            {"version": 1, "recalled_on": today.isoformat(), "recall_reason": "FDA D-0123-2026"},
            follow=True,
        )

        assert answer.redirect_chain == [(reverse("treatments:lot-recall-start", args=[lot.pk]), 302)]
        page = sign_in(cast.ada).get(reverse("inventory:lot-detail", args=[lot.pk])).content.decode()
        assert "FDA D-0123-2026. Do not open a vial of this lot." in page
        for site in (cast.harbour, cast.elsewhere):
            assert not Vial.objects.pickable(product=lot.product, site=site, on=today).exists()
        event = AuditEvent.objects.get(action="lot-recalled")
        assert (event.actor_id, event.subject_type, event.subject_id) == (cast.ada.pk, "inventory.Lot", lot.pk)

    def test_a_recall_marked_by_mistake_is_taken_back(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)
        ada = sign_in(cast.ada)
        mark = {"version": 1, "recalled_on": "2026-01-01", "recall_reason": "wrong lot"}
        ada.post(self.url(lot), mark)

        answer = ada.post(self.url(lot), mark | {"version": 2, "withdraw": "1"})

        assert answer.status_code == 302
        lot.refresh_from_db()
        assert (lot.recalled_on, lot.recall_reason) == (None, "")

    @pytest.mark.parametrize(
        ("wrong", "field", "words"),
        [
            ({"recalled_on": ""}, "recalled_on", "required"),
            ({"recalled_on": "2090-01-01"}, "recalled_on", "still to come"),
            ({"recalled_on": "0206-01-01"}, "recalled_on", "More than 20 years ago"),
            ({"recall_reason": ""}, "recall_reason", "required"),
            ({"recall_reason": "x" * 201}, "recall_reason", "at most 200"),
        ],
    )
    def test_bad_input_is_told_beside_the_field(
        self, cast: Cast, sign_in: Callable[[User], Client], wrong: dict[str, str], field: str, words: str
    ):
        lot = receive(cast)

        answer = sign_in(cast.ada).post(
            self.url(lot), {"version": 1, "recalled_on": "2026-01-01", "recall_reason": "FDA"} | wrong
        )

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert words in answer.context["form"].errors[field][0]
        lot.refresh_from_db()
        assert lot.recalled_on is None

    def test_a_stale_form_is_refused_and_says_what_is_saved(self, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)
        ada = sign_in(cast.ada)
        ada.post(self.url(lot), {"version": 1, "recalled_on": "2026-01-01", "recall_reason": "first"})

        answer = ada.post(self.url(lot), {"version": 1, "recalled_on": "2026-01-01", "recall_reason": "second"})

        assert answer.status_code == 422
        assert answer.context["form"].errors["recall_reason"] == ["Saved meanwhile: first"]
        lot.refresh_from_db()
        assert lot.recall_reason == "first"

    @pytest.mark.parametrize("person", ["ito", "robin"])
    def test_only_an_administrator_recalls(self, person: str, cast: Cast, sign_in: Callable[[User], Client]):
        lot = receive(cast)
        client = sign_in(getattr(cast, person))

        assert (
            client.post(self.url(lot), {"version": 1, "recalled_on": "2026-01-01", "recall_reason": "x"}).status_code
            == 403
        )
        assert "Mark as recalled" not in client.get(reverse("inventory:lot-detail", args=[lot.pk])).content.decode()
