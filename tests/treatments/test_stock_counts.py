"""Counting the stock: each line against the record as it stood when the line was counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import StaleVersionError
from inventory.actions import bring_back_vials, lose_vials, remove_vials, use_vials
from inventory.models import Lot, StockMovement, Vial
from outcomes.waste import Asked, counts
from tests.cast import Cast
from tests.inventory.test_stock import DYSPORT, receive, size
from tests.treatments.charted import draft, vials_in_stock
from treatments.actions.sessions import sign_session, void_session
from treatments.actions.stock_counts import (
    add_line,
    call_off_count,
    close_count,
    count_line,
    resolve_difference,
    start_count,
)
from treatments.models import InjectionSession, StockCount, StockCountLine, VialUse

SignIn = Callable[[User], Client]
COUNTS = "/stock/counts/"


def minutes(ago: float) -> datetime:
    return timezone.now() - timedelta(minutes=ago)


def long_there(lot: Lot) -> Lot:
    """As if it had been received a day ago."""
    StockMovement.objects.filter(vial__lot=lot).update(at=minutes(24 * 60))
    return lot


def begun(cast: Cast, *, ago: float = 60) -> StockCount:
    return start_count(site=cast.harbour, product=None, by=cast.ito, now=minutes(ago))


def line_of(count: StockCount) -> StockCountLine:
    return count.lines.with_record().get()


def tell(cast: Cast, line: StockCountLine, counted: int, *, ago: float = 30, by: User | None = None) -> StockCountLine:
    at = minutes(ago)
    count_line(line=line, counted=counted, at=at, version=line.version, by=by or cast.ito, now=timezone.now())
    return StockCountLine.objects.with_record().get(pk=line.pk)


def resolve(cast: Cast, line: StockCountLine, how: str, vials: int, note: str = "", **more: Any) -> StockCountLine:
    resolve_difference(line=line, how=how, vials=vials, note=note, by=cast.ito, now=timezone.now(), **more)
    return StockCountLine.objects.with_record().get(pk=line.pk)


def opened(cast: Cast, *, ago: float | None) -> InjectionSession:
    """A draft of one vial, reconstituted so many minutes ago."""
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast))
    VialUse.objects.filter(session=session).update(reconstituted_at=None if ago is None else minutes(ago))
    return session


def sign(cast: Cast, session: InjectionSession, *, ago: float) -> None:
    """Signed so many minutes ago; its vial left the stock then."""
    use_vials(vials=[use.vial for use in session.vial_uses.all()], by=cast.ito)
    StockMovement.objects.filter(kind="used").update(at=minutes(ago))


class TestBeginning:
    def test_a_line_for_every_lot_size_and_buyer_in_stock_here(self, cast: Cast):
        lot = receive(cast, "B1", vials=3)
        receive(cast, "B1", vials=1, source="sample")
        receive(cast, "B1", vials=1, size=size(units=100))
        receive(cast, "D1", size=size(DYSPORT, 300))
        receive(cast, "FAR", site=cast.mesa)
        use_vials(vials=receive(cast, "GONE", vials=1).vials.all(), by=cast.ito)
        found = [(line.lot.number, line.size.units, line.source) for line in begun(cast).lines.all()]
        assert found == [("B1", 100, "clinic"), ("B1", 200, "clinic"), ("B1", 200, "sample"), ("D1", 300, "clinic")]
        call_off_count(count=StockCount.objects.get(), reason="only BOTOX", by=cast.ito, now=timezone.now())
        only = start_count(site=cast.harbour, product=lot.product, by=cast.ito, now=timezone.now())
        assert only.lines.count() == 3

    def test_one_at_a_time_at_a_site(self, cast: Cast):
        receive(cast)
        assert begun(cast) == begun(cast)
        start_count(site=cast.mesa, product=None, by=cast.ito, now=timezone.now())
        assert StockCount.objects.count() == 2
        with pytest.raises(IntegrityError), transaction.atomic():
            StockCount.objects.create(site=cast.harbour, started_at=timezone.now(), started_by=cast.ito)

    @pytest.mark.django_db(transaction=True)
    def test_two_who_begin_at_the_same_moment_share_one(self, cast: Cast):
        receive(cast)
        start, found, problems = threading.Barrier(2), set(), []

        def work(person: User) -> None:
            start.wait()
            try:
                found.add(start_count(site=cast.harbour, product=None, by=person, now=timezone.now()).pk)
            except Exception as problem:
                problems.append(problem)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=[person]) for person in (cast.ito, cast.okafor)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert problems == []
        assert len(found) == StockCount.objects.count() == 1
        assert StockCountLine.objects.count() == 1


class TestTheMomentDecides:
    """Signing, receiving and removing while counting make no difference that is not there."""

    @pytest.mark.parametrize(("signed_ago", "expected"), [(40, 2), (20, 3)])
    def test_a_session_signed_before_or_after_a_line_was_counted(self, cast: Cast, signed_ago: int, expected: int):
        lot = long_there(receive(cast, vials=3))
        count = begun(cast)
        use_vials(vials=lot.vials.all()[:1], by=cast.okafor)
        StockMovement.objects.filter(kind="used").update(at=minutes(signed_ago))
        assert tell(cast, line_of(count), expected).difference == 0

    @pytest.mark.parametrize(("mixed_ago", "expected"), [(40, 2), (20, 3), (None, 3)])
    def test_a_vial_open_in_a_draft_is_not_on_the_shelf(self, cast: Cast, mixed_ago: int | None, expected: int):
        session = opened(cast, ago=mixed_ago)
        receive(cast, vials=2)  # more of the lot that the draft picked from
        StockMovement.objects.update(at=minutes(24 * 60))
        assert session.vial_uses.get().vial.status == "in stock"
        assert tell(cast, line_of(begun(cast)), expected).difference == 0

    def test_what_is_charted_later_about_earlier_takes_the_difference_away(self, cast: Cast):
        session = opened(cast, ago=None)
        StockMovement.objects.update(at=minutes(24 * 60))
        line = tell(cast, line_of(begun(cast)), 0, ago=30)
        assert line.difference == -1
        VialUse.objects.filter(session=session).update(reconstituted_at=minutes(50))
        line = StockCountLine.objects.with_record().get(pk=line.pk)
        assert (line.difference, line.expected, line.open_count) == (0, 0, 1)
        sign(cast, session, ago=1)
        assert StockCountLine.objects.with_record().get(pk=line.pk).difference == 0

    def test_a_vial_opened_for_a_draft_that_was_thrown_away_differs(self, cast: Cast):
        session = opened(cast, ago=50)
        StockMovement.objects.update(at=minutes(24 * 60))
        void_session(session=session, reason="did not come", by=cast.ito, now=timezone.now())
        assert tell(cast, line_of(begun(cast)), 0).difference == -1

    def test_received_and_removed_after_it_was_counted(self, cast: Cast):
        lot = long_there(receive(cast, vials=3))
        line = tell(cast, line_of(begun(cast)), 3)
        receive(cast, vials=5)
        remove_vials(vials=lot.vials.all()[:1], reason="broken", by=cast.ito)
        assert StockCountLine.objects.with_record().get(pk=line.pk).difference == 0

    def test_a_session_signed_for_real_while_counting(self, cast: Cast):
        session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast))
        VialUse.objects.filter(session=session).update(reconstituted_at=minutes(0.01))
        StockMovement.objects.update(at=minutes(24 * 60))
        line = tell(cast, line_of(begun(cast)), 1, ago=5)
        always = type("Always", (dict,), {"get": lambda *_: "yes", "__getitem__": lambda *_: "yes"})()
        sign_session(session=session, by=cast.ito, version=session.version, reasons=always, now=timezone.now())
        assert StockCountLine.objects.with_record().get(pk=line.pk).difference == 0


class TestCounting:
    def test_counted_again_it_is_the_later_moment_that_counts(self, cast: Cast):
        lot = long_there(receive(cast, vials=3))
        line = tell(cast, line_of(begun(cast)), 2)
        assert line.difference == -1
        use_vials(vials=lot.vials.all()[:1], by=cast.okafor)
        assert tell(cast, line, 2, ago=0).counted == 2
        StockMovement.objects.filter(kind="used").update(at=minutes(10))
        assert tell(cast, StockCountLine.objects.with_record().get(pk=line.pk), 2, ago=0).counted_by == cast.ito

    def test_two_people_and_two_numbers(self, cast: Cast):
        long_there(receive(cast))
        line = line_of(begun(cast))
        tell(cast, line, 3)
        with pytest.raises(StaleVersionError):
            tell(cast, line, 2, by=cast.okafor)
        # The same number twice is no conflict, and the first who said it stays.
        assert tell(cast, line, 3, by=cast.okafor).counted_by == cast.ito

    @pytest.mark.parametrize("ago", [90, -5])
    def test_not_before_the_count_began_nor_in_the_future(self, cast: Cast, ago: int):
        long_there(receive(cast))
        with pytest.raises(ValidationError, match="after the count began"):
            tell(cast, line_of(begun(cast)), 3, ago=ago)

    def test_vials_that_have_no_line(self, cast: Cast):
        count = begun(cast)
        lot = receive(cast, "OLD", vials=1)
        line = add_line(count=count, lot=lot, size=size(), source="clinic")
        assert add_line(count=count, lot=lot, size=size(), source="clinic") == line
        with pytest.raises(ValidationError):
            add_line(count=count, lot=lot, size=size(DYSPORT, 300), source="clinic")


class TestResolving:
    def test_missing_ones_leave_found_ones_come_back_and_the_waste_follows(self, cast: Cast):
        long_there(receive(cast, vials=3))
        asked = Asked(sites=(cast.harbour.pk,), first=cast.harbour.today(), last=cast.harbour.today())
        count = begun(cast)
        line = resolve(cast, tell(cast, line_of(count), 1), "missing", 2, "searched the fridge")
        assert (line.difference, line.remaining) == (-2, 0)
        assert Vial.objects.filter(status="missing").count() == 2
        assert [(row.reason, row.vials) for row in counts(asked)] == [("missing", 2)]
        note = StockMovement.objects.filter(kind="missing").first().note
        assert note == f"stock count {count.pk}: searched the fridge"

        close_count(count=count, by=cast.ito, now=timezone.now())
        again = start_count(site=cast.harbour, product=None, by=cast.ito, now=timezone.now())
        line = tell(cast, line_of(again), 2, ago=0)
        assert line.remaining == 1
        assert resolve(cast, line, "found", 1).remaining == 0
        assert Vial.objects.count() == 3
        assert Vial.objects.filter(status="in stock").count() == 2
        assert [(row.reason, row.vials) for row in counts(asked)] == [("missing", 1)]

    def test_in_parts_and_with_several_reasons(self, cast: Cast):
        long_there(receive(cast, vials=4))
        line = tell(cast, line_of(begun(cast)), 1)
        line = resolve(cast, line, "broken", 1)
        assert line.remaining == -2
        line = resolve(cast, line, "explained", 1, "in the other room")
        line = resolve(cast, line, "missing", 1, "nobody knows")
        assert line.remaining == 0
        assert sorted(Vial.objects.values_list("status", flat=True)) == ["in stock", "in stock", "missing", "removed"]
        assert StockMovement.objects.get(kind="removed").reason == "broken"

    def test_counted_again_after_resolving_starts_from_the_new_record(self, cast: Cast):
        long_there(receive(cast, vials=3))
        line = resolve(cast, tell(cast, line_of(begun(cast)), 2), "missing", 1, "gone")
        with pytest.raises(ValidationError, match="resolved after that moment"):
            tell(cast, line, 3, ago=20)
        line = tell(cast, line, 2, ago=0)
        assert (line.expected, line.difference, line.remaining) == (2, 0, 0)

    def test_found_beyond_what_was_missing_is_received_anew_by_its_rules(self, cast: Cast):
        lot = long_there(receive(cast, vials=1))
        count = begun(cast)
        line = resolve(cast, tell(cast, line_of(count), 3), "found", 2)
        assert line.remaining == 0
        assert lot.vials.filter(status="in stock").count() == 3
        Lot.objects.update(expires_on=cast.harbour.today() - timedelta(days=1))
        with pytest.raises(ValidationError, match="cannot come into stock"):
            resolve(cast, tell(cast, line, 4, ago=0), "found", 1)

    def test_a_used_vial_never_comes_back(self, cast: Cast):
        lot = receive(cast, vials=1)
        use_vials(vials=lot.vials.all(), by=cast.ito)
        with pytest.raises(ValidationError):
            bring_back_vials(vials=lot.vials.all(), note="", by=cast.ito)
        with pytest.raises(IntegrityError, match="stays used"), transaction.atomic():
            Vial.objects.update(status="in stock")

    def test_a_vial_goes_missing_and_is_found_again_and_again_and_is_used_once(self, cast: Cast):
        vials = receive(cast, vials=1).vials.all()
        for _ in range(2):
            lose_vials(vials=vials, note="", by=cast.ito)
            bring_back_vials(vials=vials, note="", by=cast.ito)
        use_vials(vials=vials, by=cast.ito)
        assert StockMovement.objects.count() == 6

    def test_a_vial_that_a_draft_waits_for_is_not_taken(self, cast: Cast):
        opened(cast, ago=None)
        StockMovement.objects.update(at=minutes(24 * 60))
        with pytest.raises(ValidationError, match="Drafts that are not signed"):
            resolve(cast, tell(cast, line_of(begun(cast)), 0), "missing", 1, "gone")

    def test_whose_vial_is_missing_is_asked(self, cast: Cast):
        lot = long_there(receive(cast, vials=2, source="pharmacy"))
        line = tell(cast, line_of(begun(cast)), 1)
        with pytest.raises(ValidationError, match="Choose which: 1 vial"):
            resolve(cast, line, "missing", 1, "gone")
        second = lot.vials.order_by("pk").last()
        resolve(cast, line, "missing", 1, "gone", chosen=[second])
        assert Vial.objects.get(status="missing") == second

    @pytest.mark.parametrize(
        ("how", "vials", "note", "words"),
        [
            ("found", 1, "", "what came of it"),
            ("lost", 1, "", "what came of it"),
            ("missing", 1, " ", "Say why"),
            ("explained", 1, "", "Say why"),
            ("broken", 2, "", "From 1 to 1"),
            ("broken", 0, "", "From 1 to 1"),
        ],
    )
    def test_what_does_not_fit_the_difference_changes_nothing(
        self, cast: Cast, how: str, vials: int, note: str, words: str
    ):
        long_there(receive(cast, vials=2))
        with pytest.raises(ValidationError, match=words):
            resolve(cast, tell(cast, line_of(begun(cast)), 1), how, vials, note)
        assert set(Vial.objects.values_list("status", flat=True)) == {"in stock"}


class TestClosing:
    def test_only_when_all_is_counted_and_resolved_then_nothing_changes(self, cast: Cast):
        long_there(receive(cast, "A"))
        long_there(receive(cast, "B"))
        count = begun(cast)
        first, second = count.lines.with_record()
        with pytest.raises(ValidationError, match="Not yet: 2 lines not counted"):
            close_count(count=count, by=cast.ito, now=timezone.now())
        tell(cast, first, 3)
        second = tell(cast, second, 2)
        with pytest.raises(ValidationError, match="Not yet: 1 difference not resolved"):
            close_count(count=count, by=cast.ito, now=timezone.now())
        second = resolve(cast, second, "explained", 1, "lent to Mesa")
        closed = close_count(count=count, by=cast.okafor, now=timezone.now())
        assert closed.closed_by == cast.okafor
        assert [(line.in_record, line.opened) for line in count.lines.all()] == [(3, 0), (3, 0)]
        with pytest.raises(ValidationError, match="closed"):
            tell(cast, second, 3, ago=0)
        for change in (
            lambda: StockCountLine.objects.update(counted=9),
            lambda: StockCount.objects.update(closed_at=None, closed_by=None),
            lambda: second.resolutions.all().delete(),
            lambda: StockCountLine.objects.create(count=count, lot=first.lot, size=size(units=100), source="clinic"),
        ):
            with pytest.raises(IntegrityError, match="closed stock count"), transaction.atomic():
                change()

    def test_called_off_with_a_reason_another_may_begin(self, cast: Cast):
        count = begun(cast)
        with pytest.raises(ValidationError):
            call_off_count(count=count, reason=" ", by=cast.ito, now=timezone.now())
        call_off_count(count=count, reason="fire drill", by=cast.ito, now=timezone.now())
        assert begun(cast) != count


class TestPages:
    def test_a_closed_count_offers_no_calling_off(self, cast: Cast, sign_in: SignIn):
        count, ito = begun(cast), sign_in(cast.ito)
        url = f"{COUNTS}{count.pk}/call-off/"
        assert ito.get(url).status_code == 200
        call_off_count(count=count, reason="fire drill", by=cast.ada, now=timezone.now())
        answer = ito.get(url, follow=True)
        assert answer.redirect_chain == [(f"{COUNTS}{count.pk}/", 302)]
        assert "This count is closed." in answer.content.decode()

    def test_from_the_first_press_to_the_closed_count(self, cast: Cast, sign_in: SignIn):
        lot = long_there(receive(cast))
        ito = sign_in(cast.ito)
        answer = ito.post(COUNTS, {"product": ""})
        count = StockCount.objects.get()
        assert answer.url == f"{COUNTS}{count.pk}/"
        sheet = ito.get(f"{answer.url}sheet/").content.decode()
        assert lot.number in sheet
        assert "<td>3</td>" not in sheet
        line = count.lines.get()
        url = f"{COUNTS}lines/{line.pk}/"
        assert "expected" not in ito.get(answer.url).content.decode().split("<table")[1]

        saved = ito.post(url, {"counted": "2", "version": line.version}, HTTP_HX_REQUEST="true")
        assert saved.status_code == 200
        row = saved.content.decode()
        assert "1 fewer" in row
        assert "3 expected" in row
        assert "1 of 1 lines counted" in row
        assert 'hx-swap-oob="true"' in row
        assert "Not yet" in ito.post(f"{answer.url}close/", follow=True).content.decode()
        resolving = ito.post(f"{url}resolve/", {"how": "missing", "vials": "1", "note": ""})
        assert resolving.status_code == 422
        assert "Say why." in resolving.content.decode()
        ito.post(f"{url}resolve/", {"how": "missing", "vials": "1", "note": "searched"})
        page = ito.get(answer.url).content.decode()
        assert "1 missing: searched" in page
        assert "Close the count" in page
        ito.post(f"{answer.url}close/")
        page = ito.get(COUNTS).content.decode()
        assert "1 left" in page
        assert "by Dr Kenji Ito" in page
        assert "Close the count" not in ito.get(answer.url).content.decode()
        assert ito.get(f"{url}resolve/").status_code == 302

    def test_the_second_who_resolves_is_told_what_the_first_said_and_reads_what_was_typed(
        self, cast: Cast, sign_in: SignIn
    ):
        long_there(receive(cast, vials=3))
        line = tell(cast, line_of(begun(cast)), 2)
        url = f"{COUNTS}lines/{line.pk}/resolve/"
        sign_in(cast.okafor).post(url, {"how": "explained", "vials": "1", "note": "lent to Mesa"})
        second = sign_in(cast.ito).post(
            url, {"how": "missing", "vials": "1", "note": "searched the fridge"}, follow=True
        )
        page = second.content.decode()
        assert f"{cast.okafor.name} said: 1 the stock is right, lent to Mesa." in page
        assert "Not kept, as you wrote it: searched the fridge" in page

    @pytest.mark.parametrize("typed", ["", "x", "-1", "1.5", "10000"])
    @pytest.mark.parametrize("htmx", [True, False])
    def test_a_wrong_number_is_kept_with_its_reason(self, cast: Cast, sign_in: SignIn, typed: str, htmx: bool):
        long_there(receive(cast))
        line = begun(cast).lines.get()
        headers = {"HTTP_HX_REQUEST": "true"} if htmx else {}
        answer = sign_in(cast.ito).post(f"{COUNTS}lines/{line.pk}/", {"counted": typed, "version": 1}, **headers)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "A whole number from 0 to 9999." in page
        assert f'name="counted" value="{typed}"' in page
        assert not StockCountLine.objects.get().is_counted

    def test_two_people_two_numbers_both_are_shown(self, cast: Cast, sign_in: SignIn):
        long_there(receive(cast))
        line = begun(cast).lines.get()
        tell(cast, StockCountLine.objects.with_record().get(pk=line.pk), 3)
        url = f"{COUNTS}lines/{line.pk}/"
        answer = sign_in(cast.okafor).post(url, {"counted": "2", "version": line.version}, HTTP_HX_REQUEST="true")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Dr Kenji Ito counted 3 meanwhile. You typed 2" in page
        assert 'name="counted" value="2"' in page
        sign_in(cast.okafor).post(url, {"counted": "2", "version": line.version + 1})
        assert StockCountLine.objects.get().counted == 2

    def test_a_sheet_is_entered_as_of_the_time_on_it(self, cast: Cast, sign_in: SignIn):
        lot = long_there(receive(cast))
        count = begun(cast, ago=120)
        use_vials(vials=lot.vials.all()[:1], by=cast.okafor)
        at = cast.harbour.localtime(minutes(60)).strftime("%Y-%m-%dT%H:%M")
        ito = sign_in(cast.ito)
        page = ito.get(f"{COUNTS}{count.pk}/", {"at": at})
        assert "Lines are saved as counted on" in page.content.decode()
        sent = page.context["rows"][0]["at"]
        ito.post(f"{COUNTS}lines/{count.lines.get().pk}/", {"counted": "3", "version": "1", "at": sent})
        line = StockCountLine.objects.with_record().get()
        assert cast.harbour.localtime(line.counted_at).strftime("%Y-%m-%dT%H:%M") == at
        assert line.difference == 0
        for wrong in ("2020-01-01T10:00", "2039-01-01T10:00", "noon"):
            page = ito.get(f"{COUNTS}{count.pk}/", {"at": wrong})
            assert "field-error" in page.content.decode()
            assert page.context["rows"][0]["at"] == ""

    def test_a_lot_that_was_never_received_is_not_counted(self, cast: Cast, sign_in: SignIn):
        count = begun(cast)
        url, ito = f"{COUNTS}{count.pk}/add/", sign_in(cast.ito)
        answer = ito.post(url, {"number": "NEW", "size": size().pk, "source": "clinic"})
        assert "No such lot of this product was ever received." in answer.content.decode()
        receive(cast, "NEW", site=cast.mesa)
        ito.post(url, {"number": "new", "size": size().pk, "source": "clinic"})
        assert count.lines.get().lot.number == "NEW"

    def test_it_costs_the_same_with_one_line_and_with_many(
        self, cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any
    ):
        for number in range(120):
            receive(cast, f"L{number:03}", vials=1)
        count, ito = begun(cast), sign_in(cast.ito)
        with django_assert_max_num_queries(8):
            page = ito.get(f"{COUNTS}{count.pk}/")
        rest = ito.get(f"{COUNTS}{count.pk}/", {"after": page.context["next"]})
        assert len(page.context["rows"]) + len(rest.context["rows"]) == 120
        with django_assert_max_num_queries(5):
            ito.get(COUNTS)
