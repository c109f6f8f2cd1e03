"""Waste: remainders and removals by reason, product and month, with costs that are said to be missing and never 0."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from inventory.actions import enter_cost, remove_vials
from inventory.models import Lot, StockMovement, Vial
from outcomes.waste import Asked, counts, rows, voided_vials
from tests.cast import Cast
from tests.inventory.test_stock import DYSPORT, receive, size
from tests.treatments.charted import draft, signed, vials_in_stock
from treatments.actions.sessions import void_session

SignIn = Callable[[User], Client]
WASTE, LIST = "/stock/waste/", "/stock/waste/list/"
ALWAYS = {"period": "own", "first": "2020-01-01", "last": "2039-12-31"}


def asked(cast: Cast, **changes: Any) -> Asked:
    return replace(Asked(sites=(cast.harbour.pk,), first=date(2020, 1, 1), last=date(2039, 12, 31)), **changes)


def cost(cast: Cast, amount: str, *, since: date = date(2019, 1, 1), units: int = 200) -> None:
    enter_cost(size=size(units=units), holds_from=since, amount=Decimal(amount), by=cast.ada)


def gone(cast: Cast, lot: Lot, reason: str, *, count: int = 1, at: datetime | None = None, note: str = "") -> None:
    vials = list(lot.vials.filter(status="in stock").order_by("pk")[:count])
    remove_vials(vials=vials, reason=reason, note=note, by=cast.ada)
    if at is not None:
        StockMovement.objects.filter(vial__in=vials, kind="removed").update(at=at)


def test_of_an_opened_vial_the_remainder_is_waste_and_costs_its_part(cast: Cast):
    cost(cast, "1200")
    session = signed(cast, cast.course(), on=cast.harbour.today())  # 155 of 200 U
    (count,) = counts(asked(cast))
    assert (count.reason, count.opened, count.vials) == ("remainder", 1, 1)
    assert (count.given, count.wasted, count.cost, count.unpriced) == (155, 45, Decimal("270.00"), 0)
    (row,) = rows(asked(cast), limit=9)
    assert (row.session_id, row.wasted, row.cost) == (session.pk, 45, Decimal("270.00"))


def test_a_removed_vial_is_waste_whole_by_its_reason(cast: Cast):
    cost(cast, "1200")
    lot = receive(cast, vials=6)
    for reason in ("broken", "expired", "returned", "recalled"):
        gone(cast, lot, reason)
    gone(cast, lot, "other", note="shown to students")
    found = {count.reason: (count.vials, count.wasted, count.cost) for count in counts(asked(cast))}
    assert found == {
        reason: (1, 200, Decimal("1200.00")) for reason in ("broken", "expired", "returned", "recalled", "other")
    }


def test_the_cost_is_the_one_that_held_when_the_vial_was_received(cast: Cast):
    cost(cast, "1000", since=date(2020, 1, 1))
    cost(cast, "1500", since=date(2020, 6, 1))
    for number, on in enumerate((date(2019, 12, 31), date(2020, 1, 1), date(2020, 5, 31), date(2020, 6, 1))):
        gone(cast, receive(cast, f"L{number}", vials=1, on=on), "broken")
    assert [row.cost for row in rows(asked(cast), limit=9)] == [1500, 1000, 1000, None]
    (count,) = counts(asked(cast))
    assert (count.vials, count.cost, count.unpriced) == (4, Decimal(3500), 1)
    assert [row.cost for row in rows(asked(cast, unpriced=True), limit=9)] == [None]


def test_samples_and_vials_of_one_patient_cost_nothing_and_lack_nothing(cast: Cast):
    cost(cast, "1200")
    for source in ("sample", "pharmacy"):
        gone(cast, receive(cast, source, vials=1, source=source), "broken")
    assert {(c.source, c.vials, c.cost, c.unpriced) for c in counts(asked(cast))} == {
        ("sample", 1, 0, 0),
        ("pharmacy", 1, 0, 0),
    }


def test_a_day_is_that_of_the_site(cast: Cast):
    lot = receive(cast, vials=1)
    gone(cast, lot, "broken", at=datetime(2026, 3, 1, 4, 30, tzinfo=UTC))  # 28 February in New York
    assert [count.month for count in counts(asked(cast))] == [date(2026, 2, 1)]
    assert counts(asked(cast, first=date(2026, 3, 1))) == []


def test_a_voided_session_counts_no_waste_and_its_vial_is_named(cast: Cast):
    session = signed(cast, cast.course(), on=cast.harbour.today())
    assert voided_vials(asked(cast)) == 0
    void_session(session=session, reason="another patient", by=cast.ito, now=timezone.now())
    assert counts(asked(cast)) == []
    assert voided_vials(asked(cast)) == 1


def test_a_draft_wastes_nothing_yet(cast: Cast):
    draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast))
    assert counts(asked(cast)) == []


class TestPage:
    def test_every_figure_with_its_rows_and_what_lacks_a_cost(self, cast: Cast, sign_in: SignIn):
        cost(cast, "1200")
        signed(cast, cast.course(), on=cast.harbour.today())
        gone(cast, receive(cast, "B1", vials=3), "broken", count=2)
        gone(cast, receive(cast, "D1", vials=1, size=size(DYSPORT, 300)), "expired")
        gone(cast, receive(cast, "S1", vials=1, source="sample"), "broken")
        page = sign_in(cast.ada).get(WASTE, ALWAYS)
        total = page.context["figures"]["total"]
        assert (total.vials, total.opened, total.cost, total.unpriced) == (4, 1, Decimal("2670.00"), 1)
        words = page.content.decode()
        assert "$2,670.00 and 1 without a cost" in words
        assert "no cost entered" in words
        assert "Samples and patients’ own vials" in words
        for heading, count in (("reason=broken", 2), ("reason=expired", 1), ("reason=remainder", 1), ("unpriced=1", 1)):
            assert heading in words
            query = dict([heading.split("=")])
            assert len(sign_in(cast.ada).get(LIST, ALWAYS | query).context["rows"]) == count
        assert len(sign_in(cast.ada).get(LIST, ALWAYS | {"source": "sample"}).context["rows"]) == 1
        assert len(sign_in(cast.ada).get(LIST, ALWAYS | {"reason": "whole"}).context["rows"]) == 3

    def test_without_any_cost_none_is_made_up(self, cast: Cast, sign_in: SignIn):
        gone(cast, receive(cast, vials=1), "broken")
        words = sign_in(cast.ada).get(WASTE, ALWAYS).content.decode()
        assert "no cost entered" in words
        assert "$" not in words.split('id="figures"')[1].split("</section>")[0]

    def test_nothing_wasted_is_said(self, cast: Cast, sign_in: SignIn):
        assert "No vial that the clinic bought was opened or removed" in sign_in(cast.ada).get(WASTE).content.decode()

    @pytest.mark.parametrize(
        ("period", "first", "last"),
        [
            ("month", date(2026, 2, 1), date(2026, 2, 28)),
            ("last-month", date(2026, 1, 1), date(2026, 1, 31)),
            ("quarter", date(2026, 1, 1), date(2026, 3, 31)),
            ("last-quarter", date(2025, 10, 1), date(2025, 12, 31)),
        ],
    )
    def test_the_days_of_a_period(self, period: str, first: date, last: date):
        from outcomes.waste.form import WasteForm

        form = WasteForm({"period": period}, products={}, sites={"1": "Here"}, today=date(2026, 2, 17))
        assert form.is_valid()
        assert form.days() == (first, last)

    @pytest.mark.parametrize(
        "query",
        [
            {"period": "own"},
            {"period": "own", "first": "2026-02-01", "last": "2026-01-01"},
            {"period": "ever"},
            {"site": "0"},
        ],
    )
    def test_a_wrong_filter_counts_nothing(self, cast: Cast, sign_in: SignIn, query: dict[str, str]):
        ada = sign_in(cast.ada)
        assert "Nothing is counted until the filter is right" in ada.get(WASTE, query).content.decode()
        assert ada.get(LIST, query).status_code == 404

    @pytest.mark.parametrize("query", [{"after": "x"}, {"after": "2026-01-01.x.1"}, {"reason": "x"}, {"month": "x"}])
    def test_a_wrong_address_of_the_list(self, cast: Cast, sign_in: SignIn, query: dict[str, str]):
        assert sign_in(cast.ada).get(LIST, query).status_code == 404

    def test_only_ones_own_sites(self, cast: Cast, sign_in: SignIn):
        gone(cast, receive(cast, vials=1, site=cast.elsewhere), "broken")
        assert sign_in(cast.ada).get(WASTE, ALWAYS).context["figures"]["total"].vials == 0
        assert sign_in(cast.ada).get(WASTE, {"site": cast.elsewhere.pk}).context["form"].errors

    def test_it_costs_the_same_with_one_and_with_many_and_the_list_goes_on(
        self, cast: Cast, sign_in: SignIn, django_assert_num_queries: Any
    ):
        lot, ada = receive(cast, vials=70), sign_in(cast.ada)
        gone(cast, lot, "broken")
        for page, queries in ((WASTE, 6), (LIST, 5)):
            with django_assert_num_queries(queries):
                ada.get(page, ALWAYS)
        gone(cast, lot, "broken", count=69)
        with django_assert_num_queries(6):
            ada.get(WASTE, ALWAYS)
        with django_assert_num_queries(5):
            first = ada.get(LIST, ALWAYS)
        rest = ada.get(first.context["older"])
        seen = [row.vial_id for page in (first, rest) for row in page.context["rows"]]
        assert len(seen) == len(set(seen)) == 70

    def test_the_rows_as_csv(self, cast: Cast, sign_in: SignIn):
        cost(cast, "1200")
        gone(cast, receive(cast, "B1", vials=1), "broken", note="=1+1", at=datetime(2026, 3, 3, 12, tzinfo=UTC))
        gone(
            cast, receive(cast, "B2", vials=1, size=size(units=100)), "expired", at=datetime(2026, 3, 2, 12, tzinfo=UTC)
        )
        answer = sign_in(cast.ada).get(LIST, ALWAYS | {"format": "csv"})
        lines = list(csv.DictReader(StringIO(b"".join(answer).decode())))
        assert [(line["Day"], line["Lot"], line["Why"], line["Note"], line["Cost, $"]) for line in lines] == [
            ("2026-03-03", "B1", "Broken", "'=1+1", "1200.00"),
            ("2026-03-02", "B2", "Expired", "", ""),
        ]
        assert AuditEvent.objects.get(action="export").detail == "waste, csv"


def test_the_sum_of_the_figures_is_that_of_the_vials(cast: Cast):
    """Against sums in plain Python over the rows of the models."""
    cost(cast, "999.99")
    for patient in (cast.joye, cast.omar):
        signed(cast, cast.course(patient), on=cast.harbour.today())
    gone(cast, receive(cast, "X1", vials=2), "expired", count=2)
    expected = Decimal(0)
    for vial in Vial.objects.exclude(status="in stock").prefetch_related("uses"):
        units = sum(use.units_discarded for use in vial.uses.all()) if vial.status == "used" else vial.size.units
        expected += (Decimal("999.99") * units / vial.size.units).quantize(Decimal("0.01"))
    assert sum(count.cost for count in counts(asked(cast))) == expected
