"""Units stay with their product while a session is charted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.cast import Cast
from tests.journeys.charting_page import cell, chart, draft, map_held_still, place_preempt, rows, saved, tap, value
from treatments.models import InjectionSession

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]
_fixtures = (chart, draft)


def test_another_product_empties_the_units(chart: Page) -> None:
    place_preempt(chart)
    chart.get_by_label("Product").select_option(label="Dysport")
    expect(chart.get_by_text("The units were emptied")).to_be_visible()
    expect(chart.locator("#charting-totals")).to_contain_text("0 U")
    assert value(chart, 1, "units") == ""
    expect(chart.get_by_role("button", name="PREEMPT 31")).to_have_count(0)
    expect(chart.get_by_role("button", name="Undo")).to_be_disabled()


def test_no_dose_before_the_product(chart: Page) -> None:
    tap(chart, "head_front", "frontalis", "left")
    expect(chart.get_by_text("Choose the product first: units belong to a product.")).to_be_visible()
    expect(rows(chart)).to_have_count(0)
    expect(chart.get_by_label("Product")).to_be_focused()


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, {"width": 820, "height": 1180}])
def test_the_map_keeps_its_place_while_the_product_is_chosen(chart: Page, size: dict[str, int]) -> None:
    chart.set_viewport_size(size)
    chart.reload()
    product = chart.get_by_label("Product")
    with map_held_still(chart):
        tap(chart, "head_front", "frontalis", "left")
        expect(product).to_be_focused()
        product.select_option(label="BOTOX")
        saved(chart)
        chart.locator("[name=add-muscle]").select_option(label="Frontalis")
        chart.locator("[name=add-units]").fill("5")
        chart.get_by_role("button", name="Add", exact=True).click()
        expect(rows(chart)).to_have_count(1)
        product.select_option(label="Myobloc")  # no protocol is there for it
        expect(chart.get_by_text("The units were emptied")).to_be_visible()
        expect(chart.locator("#protocol-buttons button")).to_have_count(0)
        saved(chart)


REFUSED = "PREEMPT 31 is for BOTOX; the product chosen is Dysport."


def test_a_protocol_of_another_product_is_refused_on_the_page(chart: Page, draft: InjectionSession) -> None:
    chart.context.set_offline(True)  # the buttons stay those of the page as it was served
    chart.get_by_label("Product").select_option(label="Dysport")
    chart.get_by_role("button", name="PREEMPT 31").click()
    expect(chart.get_by_text(REFUSED)).to_be_visible()
    expect(rows(chart)).to_have_count(0)
    chart.evaluate("document.activeElement.blur()")
    chart.keyboard.press("1")
    expect(rows(chart)).to_have_count(0)
    assert chart.locator("[name=protocol]").input_value() == ""
    chart.get_by_label("Product").select_option(label="BOTOX")
    expect(chart.get_by_text(REFUSED)).to_be_hidden()
    chart.get_by_role("button", name="PREEMPT 31").click()
    expect(rows(chart)).to_have_count(31)


def test_what_was_kept_brings_its_product_with_it(chart: Page, draft: InjectionSession) -> None:
    chart.get_by_label("Product").select_option(label="BOTOX")
    saved(chart)
    chart.route("**/chart/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    chart.get_by_label("Product").select_option(label="Dysport")
    # The words of the lost network move the page below them: not while a finger is on its way.
    expect(chart.locator("#charting-status")).to_contain_text("Kept in this browser")
    tap(chart, "head_front", "frontalis", "right")
    cell(chart, 1, "units").fill("60")
    cell(chart, 1, "units").press("Tab")
    expect(chart.locator("#charting-status")).to_contain_text("Kept in this browser")
    chart.reload()
    expect(rows(chart)).to_have_count(1)
    assert value(chart, 1, "units") == "60"
    chart.get_by_label("Product").select_option(label="BOTOX")
    assert value(chart, 1, "units") == ""


def test_the_dose_of_a_plan_is_that_of_the_next_site(chart: Page) -> None:
    chart.get_by_label("Product").select_option(label="BOTOX")
    expect(chart.locator("[data-charting=palette]")).to_contain_text("2.5 U")
    place_preempt(chart)
    saved(chart)
    assert chart.locator("[data-charting=palette] input:checked").input_value() == "5"
    tap(chart, "head_front", "masseter", "right")
    expect(rows(chart)).to_have_count(32)
    assert value(chart, 32, "units") == "5"


@pytest.mark.parametrize("stored", [False, True])
def test_a_change_made_before_the_scripts_were_ready_is_saved(
    page: Page, cast: Cast, draft: InjectionSession, log_in: LogIn, stored: bool
) -> None:
    log_in(page, cast.ito)
    page.goto(f"/sessions/{draft.pk}/chart/")
    if stored:
        place_preempt(page)
        saved(page)
    held: list[Route] = []
    page.route("**/charting*.js", lambda route: held.append(route))
    page.goto(f"/sessions/{draft.pk}/chart/", wait_until="commit")
    page.get_by_label("Product").select_option(label="Dysport")
    page.get_by_role("textbox", name="Notes").fill("Touched early.")
    while not held:
        page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    expect(page.locator("#protocol-buttons")).not_to_contain_text("PREEMPT")
    saved(page)
    draft.refresh_from_db()
    assert (draft.product.key, draft.notes) == ("abobotulinumtoxinA", "Touched early.")
    assert {row.units for row in draft.injections.all()} == ({None} if stored else set())
