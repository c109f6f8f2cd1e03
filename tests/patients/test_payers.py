"""Payers: their names, what they ask for, and the page where administrators change them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import StaleVersionError
from patients.actions import add_coverage, add_payer, payer_named, update_coverage, update_payer
from patients.models import Coverage, Payer
from tests.cast import Cast
from tests.patients import made
from tests.scheduling.test_concurrency import at_once

SignIn = Callable[[User], Client]
VALUES = {
    "name": "Aetna",
    "min_interval_days": "90",
    "interval_source": "policy of 2026",
    "lead_days": "14",
    "authorization_required": "on",
    "portal": "",
    "phone": "",
    "fax": "",
    "note": "",
    "is_active": "on",
}


class TestNames:
    def test_a_name_is_found_however_it_is_written(self, cast: Cast):
        first = payer_named("  Northfield   Health ", by=cast.robin)
        assert first.name == "Northfield Health"
        assert payer_named("NORTHFIELD health", by=cast.robin) == first
        assert Payer.objects.count() == 1

    @pytest.mark.parametrize("name", ["", "   "])
    def test_no_name(self, cast: Cast, name: str):
        with pytest.raises(ValidationError):
            payer_named(name, by=cast.robin)

    def test_the_database_has_a_name_once(self, cast: Cast):
        made.payer("Aetna")
        with pytest.raises(IntegrityError), transaction.atomic():
            Payer.objects.create(name="AETNA")

    def test_a_new_name_typed_on_a_coverage_is_a_new_payer(self, cast: Cast, sign_in: SignIn):
        values = {"payer": "Brand New Plan", "member_id": "1", "starts_on": "", "ends_on": ""}
        answer = sign_in(cast.robin).post(reverse("patients:coverage-create", args=[cast.joye.pk]), values)
        assert answer.status_code == 302
        assert Coverage.objects.get().payer == Payer.objects.get(name="Brand New Plan")

    def test_the_list_offers_the_active_ones(self, cast: Cast, sign_in: SignIn):
        made.payer("Aetna")
        made.payer("Gone Mutual", is_active=False)
        page = sign_in(cast.robin).get(reverse("patients:coverage-create", args=[cast.joye.pk])).content.decode()
        assert '<option value="Aetna">' in page
        assert "Gone Mutual" not in page

    def test_a_payer_who_always_wants_one_wants_one_here(self, cast: Cast):
        made.payer("Aetna", authorization_required=True)
        row = add_coverage(patient=cast.joye, payer="aetna", by=cast.robin, authorization_required=False)
        assert row.authorization_required
        row = update_coverage(coverage=row, version=1, by=cast.robin, authorization_required=False, payer="Blue")
        assert (row.authorization_required, row.payer.name) == (False, "Blue")


class TestActions:
    @pytest.mark.parametrize(
        "values",
        [
            {"min_interval_days": 0},
            {"min_interval_days": 367},
            {"lead_days": 121},
            {"name": "  "},
            {"name": "BLUE"},
        ],
    )
    def test_what_is_refused(self, cast: Cast, values: dict[str, Any]):
        made.payer("Blue")
        with pytest.raises(ValidationError):
            add_payer(by=cast.ada, **{"name": "Aetna"} | values)

    @pytest.mark.parametrize(
        "values", [{"min_interval_days": 0}, {"min_interval_days": 367}, {"lead_days": 121}, {"name": ""}]
    )
    def test_the_database_says_the_same(self, cast: Cast, values: dict[str, Any]):
        payer = made.payer("Blue")
        with pytest.raises(IntegrityError), transaction.atomic():
            Payer.objects.filter(pk=payer.pk).update(**values)

    @pytest.mark.parametrize("days", [1, 84, 366])
    def test_the_bounds_are_allowed(self, cast: Cast, days: int):
        assert add_payer(by=cast.ada, name="Aetna", min_interval_days=days, lead_days=120).min_interval_days == days

    def test_a_stale_form_is_refused(self, cast: Cast):
        payer = made.payer("Aetna")
        update_payer(payer=payer, version=1, by=cast.ada, lead_days=5)
        with pytest.raises(StaleVersionError):
            update_payer(payer=payer, version=1, by=cast.ada, lead_days=6)


class TestPages:
    def test_one_is_added_changed_and_a_stale_form_is_told(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.ada)
        assert client.post(reverse("patients:payer-create"), VALUES).status_code == 302
        payer = Payer.objects.get()
        url = reverse("patients:payer-edit", args=[payer.pk])
        assert client.get(url).status_code == 200
        assert client.post(url, VALUES | {"version": 1, "min_interval_days": "84"}).status_code == 302
        stale = client.post(url, VALUES | {"version": 1, "lead_days": "7"})
        assert stale.status_code == 409
        assert "Saved meanwhile: 84" in stale.content.decode()
        payer.refresh_from_db()
        assert (payer.min_interval_days, payer.lead_days, payer.version) == (84, 14, 2)

    @pytest.mark.parametrize(
        ("change", "field", "words"),
        [
            ({"name": ""}, "name", "Enter who pays."),
            ({"min_interval_days": "0"}, "min_interval_days", "At least 1 day."),
            ({"min_interval_days": "367"}, "min_interval_days", "At most 366 days."),
            ({"lead_days": "121"}, "lead_days", "At most 120 days."),
            ({"interval_source": ""}, "interval_source", "Say where the interval is written: the policy and its date."),
        ],
    )
    def test_bad_input_is_told_beside_its_field(
        self, cast: Cast, sign_in: SignIn, change: dict[str, str], field: str, words: str
    ):
        answer = sign_in(cast.ada).post(reverse("patients:payer-create"), VALUES | change)
        assert answer.status_code == 422
        assert words in answer.context["form"].errors[field]
        assert 'value="14"' in answer.content.decode() or "lead_days" in change
        assert not Payer.objects.exists()

    def test_a_name_that_is_there_is_told(self, cast: Cast, sign_in: SignIn):
        made.payer("aetna")
        answer = sign_in(cast.ada).post(reverse("patients:payer-create"), VALUES)
        assert answer.status_code == 422
        assert "A payer of this name is there already." in answer.content.decode()

    def test_the_cost_does_not_grow(self, cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any):
        made.payer("Aetna")
        client = sign_in(cast.ada)
        url = reverse("patients:payer-list")
        client.get(url)
        with django_assert_max_num_queries(12) as few:
            client.get(url)
        for number in range(30):
            made.coverage(cast, paid_by=f"Payer {number}")
        with django_assert_max_num_queries(len(few)):
            assert len(client.get(url).context["payers"]) == 31


@pytest.mark.django_db(transaction=True)
def test_two_type_the_same_new_name_at_once(cast: Cast) -> None:
    results = at_once(
        lambda: add_coverage(patient=cast.joye, payer="Brand New", by=cast.robin),
        lambda: add_coverage(patient=cast.omar, payer="BRAND NEW", by=cast.ada),
    )
    assert all(isinstance(result, Coverage) for result in results), results
    assert Payer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", ["add", "rename"])
def test_who_gives_a_name_that_somebody_is_just_giving_is_told(cast: Cast, second: str) -> None:
    other, is_given = made.payer("Other"), threading.Event()

    def first() -> Payer:
        with transaction.atomic():
            payer = add_payer(name="Brand New", by=cast.ada)
            is_given.set()
            time.sleep(0.5)  # the second one has looked by now, and waits for this name
        return payer

    def late() -> Payer:
        is_given.wait(10)
        if second == "add":
            return add_payer(name="brand NEW", by=cast.ada)
        return update_payer(payer=other, version=other.version, name="brand NEW", by=cast.ada)

    won, told = at_once(first, late)
    assert isinstance(won, Payer)
    assert isinstance(told, ValidationError)
    assert "A payer of this name is there already." in told.messages
    assert Payer.objects.filter(name__iexact="brand new").count() == 1
