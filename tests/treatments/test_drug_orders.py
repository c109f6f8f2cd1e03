"""Orders of specialty pharmacies: from ordered to here, late ones, and two people who press at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import StaleVersionError
from inventory.models import Lot, Vial, VialSize
from patients.actions import complete_task
from patients.models import Task
from tests.cast import Cast
from tests.patients import made
from tests.scheduling.test_concurrency import at_once
from treatments.actions.drug_orders import (
    arrive_order,
    cancel_order,
    chase_orders,
    order_drug,
    ship_order,
    update_order,
)
from treatments.models import DrugOrder, PatientVial
from treatments.rules.drug_orders import is_late, late_words

SignIn = Callable[[User], Client]
TODAY = date(2026, 11, 21)
ON = TODAY + timedelta(days=5)


def ordered(cast: Cast, **fields: Any) -> DrugOrder:
    values: dict[str, Any] = {
        "patient": cast.joye,
        "site": cast.harbour,
        "size": VialSize.objects.get(product__key="onabotulinumtoxinA", units=200),
        "vials": 2,
        "pharmacy": "Far Pharmacy",
        "order_number": "F-1",
        "on": cast.harbour.today(),
        "by": cast.robin,
    }
    return order_drug(**values | fields)


def arrive(cast: Cast, order: DrugOrder, **fields: Any) -> DrugOrder:
    values: dict[str, Any] = {
        "number": "c9999",
        "expires_on": date(2040, 1, 31),
        "vials": 2,
        "on": cast.harbour.today(),
        "by": cast.robin,
        "now": timezone.now(),
    }
    return arrive_order(order=order, **values | fields)


@pytest.mark.parametrize(
    ("expected", "needed", "late"),
    [
        (None, None, False),
        (TODAY, None, False),
        (TODAY - timedelta(days=1), None, True),
        (ON, ON, False),
        (ON + timedelta(days=1), ON, True),
        (ON, ON + timedelta(days=1), False),
        (None, TODAY, True),
        (None, ON, False),
        (ON, TODAY, True),
    ],
)
def test_late(expected: date | None, needed: date | None, late: bool) -> None:
    assert is_late(expected_on=expected, needed_on=needed, on=TODAY) is late
    assert bool(late_words(expected_on=expected, needed_on=needed, on=TODAY)) is late


def test_late_words() -> None:
    words = late_words(expected_on=TODAY - timedelta(days=1), needed_on=ON, on=TODAY)
    assert words == "Vials ordered: expected 20 Nov 2026, not here; needed for the visit on 26 Nov 2026"


class TestActions:
    def test_from_ordered_to_here(self, cast: Cast):
        today = cast.harbour.today()
        order = ordered(cast)
        order = ship_order(order=order, on=today, tracking_number="T1", expected_on=today, by=cast.robin)
        assert (order.status, order.shipped_on, order.tracking_number) == ("shipped", today, "T1")
        order = arrive(cast, order)
        assert (order.status, order.arrived_on) == ("arrived", today)
        lot = Lot.objects.get(number="C9999")
        vials = list(Vial.objects.filter(lot=lot))
        assert [(vial.source, vial.status, vial.site) for vial in vials] == [("pharmacy", "in stock", cast.harbour)] * 2
        assert {(row.patient, row.note) for row in PatientVial.objects.all()} == {(cast.joye, "Far Pharmacy, F-1")}

    def test_a_lot_that_is_there_gets_more_vials(self, cast: Cast):
        arrive(cast, ordered(cast))
        arrive(cast, ordered(cast, order_number="F-2"), vials=1)
        assert Lot.objects.filter(number="C9999").count() == 1
        assert PatientVial.objects.count() == 3
        assert DrugOrder.objects.get(order_number="F-2").note == "1 of 2 vials came."

    def test_pressed_twice_the_vials_are_made_once(self, cast: Cast):
        order = ordered(cast)
        arrive(cast, order)
        arrive(cast, order, number="other")
        assert PatientVial.objects.count() == Vial.objects.count() == 2

    def test_a_refused_box_makes_nothing(self, cast: Cast):
        order = ordered(cast)
        with pytest.raises(ValidationError) as refused:
            arrive(cast, order, expires_on=date(2020, 1, 1))
        assert "expires_on" in refused.value.message_dict
        order.refresh_from_db()
        assert order.status == "ordered"
        assert not Vial.objects.exists()

    def test_cancelled_with_a_reason_and_then_never_here(self, cast: Cast):
        order = ordered(cast)
        with pytest.raises(ValidationError):
            cancel_order(order=order, reason=" ", by=cast.robin, now=timezone.now())
        cancel_order(order=order, reason="changed product", by=cast.robin, now=timezone.now())
        for refused in (
            lambda: arrive(cast, order),
            lambda: ship_order(order=order, on=TODAY, by=cast.robin),
            lambda: update_order(order=order, version=None, by=cast.robin, vials=1),
        ):
            with pytest.raises(ValidationError):
                refused()

    def test_what_is_refused(self, cast: Cast):
        other = cast.course(cast.omar)
        wrong = made.authorization(cast, product="incobotulinumtoxinA")
        for fields, name in (
            ({"course": other}, "course"),
            ({"authorization": wrong}, "authorization"),
            ({"vials": 0}, "__all__"),
            ({"vials": 21}, "__all__"),
            ({"pharmacy": " "}, "pharmacy"),
            ({"expected_on": date(2020, 1, 1)}, "expected_on"),
        ):
            with pytest.raises(ValidationError) as refused:
                ordered(cast, **fields)
            assert name in refused.value.message_dict, fields
        assert not DrugOrder.objects.exists()

    def test_a_stale_form_is_refused(self, cast: Cast):
        order = ordered(cast)
        update_order(order=order, version=1, by=cast.robin, vials=3)
        with pytest.raises(StaleVersionError):
            update_order(order=order, version=1, by=cast.robin, vials=4)

    @pytest.mark.parametrize("values", [{"status": "arrived"}, {"status": "shipped"}, {"status": "cancelled"}])
    def test_the_database_says_the_same(self, cast: Cast, values: dict[str, str]):
        order = ordered(cast)
        with pytest.raises(IntegrityError), transaction.atomic():
            DrugOrder.objects.filter(pk=order.pk).update(**values)


class TestChasing:
    def test_a_task_for_each_late_one_and_once(self, cast: Cast):
        today = cast.harbour.today()
        late = ordered(cast, on=today - timedelta(days=9), expected_on=today - timedelta(days=1))
        ordered(cast, order_number="F-2", expected_on=today)
        assert [chase_orders(now=timezone.now()) for _ in range(2)] == [1, 0]
        (task,) = Task.objects.all()
        assert (task.kind, task.about_id, task.patient) == ("drug_order", late.pk, cast.joye)
        assert "BOTOX" not in task.words
        arrive(cast, late)
        task.refresh_from_db()
        assert task.done_at is not None
        assert chase_orders(now=timezone.now()) == 0

    def test_one_that_was_dealt_with_comes_back_on_the_next_day(self, cast: Cast):
        now, today = timezone.now(), cast.harbour.today()
        ordered(cast, on=today - timedelta(days=9), expected_on=today - timedelta(days=1))
        assert chase_orders(now=now) == 1
        complete_task(task=Task.objects.get(), note="they promise Friday", by=cast.robin, now=now)
        assert chase_orders(now=now) == 0
        assert chase_orders(now=now + timedelta(days=1)) == 1

    def test_the_database_finds_late_what_the_rule_calls_late(self, cast: Cast):
        today = cast.harbour.today()
        course = cast.course()
        days = [None, today - timedelta(days=1), today, today + timedelta(days=3), today + timedelta(days=9)]
        for number, expected in enumerate(days):
            ordered(
                cast, on=today - timedelta(days=20), expected_on=expected, course=course, order_number=f"N-{number}"
            )
        for booked in ([], [today], [today + timedelta(days=3)], [today + timedelta(days=4)]):
            type(course).objects.filter(pk=course.pk).update(
                booked_dates=booked, booked_until=max(booked, default=None)
            )
            found = set(DrugOrder.objects.all().late(on=today).values_list("expected_on", flat=True))
            needed = min(booked, default=None)
            assert found == {day for day in days if is_late(expected_on=day, needed_on=needed, on=today)}, booked


class TestPages:
    def test_ordered_shipped_and_here_by_the_front_desk(self, cast: Cast, sign_in: SignIn):
        client = sign_in(cast.robin)
        today = cast.harbour.today()
        size = VialSize.objects.get(product__key="onabotulinumtoxinA", units=200)
        url = reverse("treatments:drug-order-create", args=[cast.joye.pk])
        bad = client.post(url, {"size": size.pk, "vials": "", "pharmacy": "Far", "ordered_on": today.isoformat()})
        assert bad.status_code == 422
        assert bad.context["form"].errors == {"vials": ["Enter how many vials."]}
        assert 'value="Far"' in bad.content.decode()
        values = {"size": size.pk, "vials": 1, "pharmacy": "Far", "ordered_on": today.isoformat()}
        assert client.post(url, values).status_code == 302
        order = DrugOrder.objects.get()
        assert "Far" in client.get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()
        assert client.post(reverse("treatments:drug-order-ship", args=[order.pk]), {}).status_code == 302
        for day, words in (("2020-01-01", "This lot has expired"), ("2208-01-01", "More than 20 years ahead")):
            refused = client.post(
                reverse("treatments:drug-order-arrive", args=[order.pk]),
                {"number": "C1", "expires_on": day, "vials": 1},
            )
            assert refused.status_code == 422
            assert words in refused.content.decode()
        box = {"number": "C1", "expires_on": "2040-01-31", "vials": 1}
        assert client.post(reverse("treatments:drug-order-arrive", args=[order.pk]), box).status_code == 302
        assert PatientVial.objects.get().patient == cast.joye
        page = client.get(reverse("treatments:drug-order-list"), {"tab": "done"})
        assert "Koch" in page.content.decode()

    @pytest.mark.parametrize(
        ("slip", "field", "words"),
        [
            ({"ordered_on": "2050-01-01"}, "ordered_on", "This day has not come yet."),
            ({"ordered_on": "0001-01-01"}, "ordered_on", "More than a year ago: check the year."),
            ({"expected_on": "9999-12-31"}, "expected_on", "More than a year after it was ordered: check the year."),
            ({"vials": "-1"}, "vials", "From 1 to 20 vials."),
            ({"vials": "0"}, "vials", "From 1 to 20 vials."),
            ({"vials": "99999"}, "vials", "From 1 to 20 vials."),
        ],
    )
    def test_a_slip_is_said_beside_its_field(
        self, cast: Cast, sign_in: SignIn, slip: dict[str, str], field: str, words: str
    ):
        size = VialSize.objects.get(product__key="onabotulinumtoxinA", units=200)
        values = {"size": size.pk, "vials": 1, "pharmacy": "Far", "ordered_on": cast.harbour.today().isoformat()}
        answer = sign_in(cast.robin).post(reverse("treatments:drug-order-create", args=[cast.joye.pk]), values | slip)
        assert answer.status_code == 422
        assert answer.context["form"].errors == {field: [words]}
        assert not DrugOrder.objects.exists()

    def test_a_stale_form_is_told(self, cast: Cast, sign_in: SignIn):
        order = ordered(cast)
        client = sign_in(cast.robin)
        url = reverse("treatments:drug-order-edit", args=[order.pk])
        values = {
            "size": order.size_id,
            "vials": 3,
            "pharmacy": "Far",
            "ordered_on": order.ordered_on.isoformat(),
            "version": 1,
        }
        assert client.post(url, values).status_code == 302
        stale = client.post(url, values | {"vials": 4})
        assert stale.status_code == 409
        assert "Saved meanwhile: 3" in stale.content.decode()

    def test_the_cost_does_not_grow(self, cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any):
        ordered(cast)
        client = sign_in(cast.robin)
        url = reverse("treatments:drug-order-list")
        client.get(url)
        with django_assert_max_num_queries(12) as few:
            client.get(url)
        for number in range(60):
            ordered(cast, order_number=f"N-{number}", course=None)
        with django_assert_max_num_queries(len(few)):
            page = client.get(url)
        assert len(page.context["orders"]) == 50
        after = client.get(url, {"after": page.context["after"]})
        assert len(after.context["orders"]) == 11
        assert not {row.pk for row in after.context["orders"]} & {row.pk for row in page.context["orders"]}


@pytest.mark.django_db(transaction=True)
def test_two_people_press_arrived_at_once(cast: Cast) -> None:
    order = ordered(cast)
    results = at_once(*(lambda by=by: arrive(cast, order, by=by) for by in (cast.robin, cast.ito, cast.okafor)))
    assert [getattr(result, "status", result) for result in results] == ["arrived"] * 3
    assert Vial.objects.count() == PatientVial.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_order_noted_twice_at_once_is_one(cast: Cast) -> None:
    results = at_once(*(lambda by=by: ordered(cast, by=by) for by in (cast.robin, cast.robin, cast.ito)))
    refused = [result for result in results if isinstance(result, ValidationError)]
    assert [error.messages for error in refused] == [["This order is listed already."]] * 2
    assert DrugOrder.objects.count() == 1
    ordered(cast, order_number="F-2")
