"""A stock count from the first press to the closed count, with a session signed in between and a colleague beside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from inventory.actions import use_vials
from inventory.models import StockMovement, Vial
from tests.cast import Cast
from tests.inventory.test_stock import DYSPORT, receive, size
from tests.journeys.conftest import TABLET
from treatments.models import StockCount

pytestmark = pytest.mark.django_db(transaction=True)


def test_counted_resolved_and_closed(
    page: Page,
    open_context: Callable[..., Any],
    cast: Cast,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
) -> None:
    botox = receive(cast, "B1", vials=3)
    receive(cast, "D1", vials=2, size=size(DYSPORT, 300))
    StockMovement.objects.update(at=timezone.now() - timedelta(days=1))

    # Given Dr Ito begins a count and looks at the sheet.
    log_in(page, cast.ito)
    page.get_by_role("link", name="Stock", exact=True).click()
    page.get_by_role("link", name="Counts").click()
    axe(page)
    page.get_by_role("button", name="Count the stock of Harbour Clinic").click()
    expect(page.get_by_text("0 of 2 lines counted")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("link", name="Sheet to print").click()
    axe(page)
    page.go_back()

    # When he counts by keyboard, each line is saved as he goes, and a session signed after that changes nothing.
    first = page.get_by_label("Unopened vials of BOTOX 200 U, lot B1")
    first.fill("3")
    first.press("Enter")
    expect(page.get_by_text("1 of 2 lines counted")).to_be_visible()
    with transaction.atomic():
        use_vials(vials=botox.vials.all()[:1], by=cast.okafor)
    second = page.get_by_label("Unopened vials of Dysport 300 U, lot D1")
    second.fill("1")
    second.press("Tab")
    expect(page.get_by_text("2 of 2 lines counted")).to_be_visible()
    expect(page.get_by_text("as recorded")).to_be_visible()
    expect(page.get_by_text("1 fewer")).to_be_visible()
    axe(page)
    page.reload()
    expect(first).to_have_value("3")
    expect(page.get_by_text("1 to resolve")).to_be_visible()

    # And Dr Okafor, who had the page open with nothing counted, types another number: both are shown.
    other = open_context(**TABLET).new_page()
    log_in(other, cast.okafor)
    other.goto(page.url)
    fits(other)
    first.fill("1")
    first.press("Enter")
    expect(page.get_by_text("2 to resolve")).to_be_visible()
    theirs = other.get_by_label("Unopened vials of BOTOX 200 U, lot B1")
    theirs.fill("2")
    theirs.press("Enter")
    expect(other.get_by_text("Dr Kenji Ito counted 1 meanwhile. You typed 2")).to_be_visible()
    axe(other)
    fits(other)
    # Counted now, after the session: two are there and two are expected, so nothing differs any more.
    theirs.press("Enter")
    expect(other.get_by_text("1 to resolve")).to_be_visible()

    # Then the missing vial asks for a reason beside its field, leaves the stock, and the count is closed.
    other.get_by_role("link", name="Resolve").click()
    axe(other)
    other.get_by_label("Missing: nobody knows where").check()
    other.get_by_role("button", name="Resolve").click()
    expect(other.get_by_text("Say why.")).to_be_visible()
    axe(other)
    other.get_by_role("textbox", name="Reason").fill("searched both fridges")
    other.get_by_role("button", name="Resolve").click()
    expect(other.get_by_text("1 missing: searched both fridges")).to_be_visible()
    other.get_by_role("button", name="Close the count").click()
    expect(other.get_by_text("The count is closed.")).to_be_visible()
    axe(other)
    page.goto("/stock/counts/")
    expect(page.get_by_text("1 left")).to_be_visible()
    assert StockCount.objects.get().closed_by == cast.okafor
    assert Vial.objects.filter(status="missing").count() == 1
