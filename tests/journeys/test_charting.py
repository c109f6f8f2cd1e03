"""A provider charts: place, pick, sign; by finger, by keyboard, with a bad network and in two tabs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from inventory.models import StockMovement
from tests.cast import Cast
from tests.journeys.charting_page import cell, chart, draft, drag, place_preempt, rows, saved, value
from tests.journeys.conftest import DESKTOP, TABLET, watched
from tests.scheduling.made import booked, moment
from tests.treatments.charted import ready, vials_in_stock
from treatments.actions.sessions import start_session
from treatments.models import FollowUp, InjectionSession

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]
_fixtures = (chart, draft)


def test_todays_patient_from_my_day_to_the_next_window(
    open_context: Callable[..., Any], cast: Cast, log_in: LogIn, axe: Check, fits: Check
) -> None:
    vials_in_stock(cast, 2)
    ready(cast, cast.joye, on=cast.harbour.today())
    booked(cast, cast.course(), starts_at=moment(cast.harbour, days=0, at=time(23)))
    page = open_context(**DESKTOP, bypass_csp=True).new_page()
    log_in(page, cast.ito)
    page.goto("/my-day/")
    page.get_by_role("button", name="Start session").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Chronic migraine, session 1")
    axe(page)
    fits(page)

    place_preempt(page)
    page.get_by_label("Dilution").select_option("200:4")
    expect(page.locator("#charting-totals")).to_contain_text("3.1 mL")

    assert (value(page, 4, "muscle"), value(page, 4, "side"), value(page, 4, "x")) == ("frontalis", "right", "374")
    drag(page, "head_front", (374, 255), (410, 300))
    expect(rows(page).nth(3)).to_have_attribute("aria-selected", "true")
    assert abs(int(value(page, 4, "x")) - 410) <= 3
    assert abs(int(value(page, 4, "y")) - 300) <= 3
    assert value(page, 4, "muscle") == "frontalis"

    page.get_by_role("button", name="Open 1 × 200 U").click()
    expect(page.locator("#vial-ledger")).to_contain_text("155 given + 45 discarded = 200 U")
    page.get_by_role("button", name="Reconstituted now, 4 mL").click()
    expect(page.locator("#charting-count")).to_contain_text("Nothing stands against signing")
    axe(page)

    page.get_by_role("button", name="Review and sign").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review and sign")
    axe(page)
    fits(page)
    page.get_by_role("button", name="Sign as Dr Kenji Ito").dblclick()

    expect(page.get_by_text("Next window, Chronic migraine")).to_be_visible()
    expect(page.get_by_role("img", name="window").or_(page.locator("svg.strip-large"))).to_be_visible()
    expect(page.get_by_role("heading", name="Follow-ups")).to_be_visible()
    axe(page)
    fits(page)
    session = InjectionSession.objects.get()
    for follow_up in FollowUp.objects.filter(session=session):
        expect(page.get_by_text(follow_up.name)).to_be_visible()
    assert session.status == "signed"
    assert StockMovement.objects.filter(kind="used").count() == 1
    moved = session.injections.get(order=4)
    assert abs(moved.x - 410) <= 3

    page.goto("/my-day/")
    expect(page.get_by_role("link", name="Open note")).to_be_visible()


def test_the_table_is_driven_by_the_keyboard_alone(chart: Page) -> None:
    chart.keyboard.press("t")
    expect(chart.get_by_label("Muscle to add", exact=True)).to_be_focused()
    chart.keyboard.press("Escape")
    chart.keyboard.press("h")
    expect(chart.get_by_label("Shorthand")).to_be_focused()
    chart.keyboard.press("Escape")
    place_preempt(chart)
    chart.keyboard.press("t")
    expect(cell(chart, 31, "units")).to_be_focused()
    cell(chart, 1, "units").focus()
    chart.keyboard.press("ArrowDown")
    expect(cell(chart, 2, "units")).to_be_focused()
    chart.keyboard.type("7.5")
    assert value(chart, 2, "units") == "7.5"
    chart.keyboard.press("Enter")
    expect(cell(chart, 3, "units")).to_be_focused()
    chart.keyboard.press("ArrowLeft")
    expect(cell(chart, 3, "side")).to_be_focused()
    chart.keyboard.press("ArrowLeft")
    expect(cell(chart, 3, "muscle")).to_be_focused()
    cell(chart, 31, "units").focus()
    chart.keyboard.press("Enter")
    expect(rows(chart)).to_have_count(32)
    expect(cell(chart, 32, "units")).to_be_focused()
    assert value(chart, 32, "muscle") == value(chart, 31, "muscle")
    expect(chart.locator("#charting-totals")).to_contain_text("162.5 U")
    expect(cell(chart, 32, "units")).to_be_focused()
    chart.keyboard.press("Control+z")
    expect(rows(chart)).to_have_count(31)
    expect(cell(chart, 31, "units")).to_be_focused()
    cell(chart, 3, "side").focus()
    chart.keyboard.type("L")
    assert (value(chart, 3, "muscle"), value(chart, 3, "side")) == ("procerus", "midline")
    cell(chart, 3, "units").focus()
    chart.keyboard.press("Control+Enter")
    expect(chart.get_by_role("heading", level=1)).to_have_text("Review and sign")


def test_what_cannot_be_saved_is_told_beside_the_field_and_in_sight_of_it(chart: Page) -> None:
    place_preempt(chart)
    more = chart.get_by_role("button", name="One vial more of lot C1234")
    expect(more).to_be_visible()
    more.scroll_into_view_if_needed()
    place = more.bounding_box()
    chart.get_by_label("Vials of 200 U, lot C1234").fill("9")
    expect(chart.locator("#vials-panel")).to_contain_text("Only 3 in stock.")
    after = more.bounding_box()
    assert place
    assert after
    assert abs(after["x"] - place["x"]) < 5  # the words do not come between the field and its buttons
    chart.get_by_label("Vials of 200 U, lot C1234").fill("1")
    saved(chart)
    status = chart.locator("#charting-status")
    chart.locator("#id_notes").scroll_into_view_if_needed()
    expect(chart.get_by_role("heading", level=1)).not_to_be_in_viewport()
    expect(status).to_be_in_viewport(ratio=1)
    chart.locator("#id_notes").fill("She slept well.")
    expect(status).to_contain_text("Draft saved")
    expect(status).to_be_in_viewport(ratio=1)
    chart.evaluate("scrollTo(0, 0)")
    expect(status).to_have_css("position", "static")


def test_bad_input_is_named_beside_the_field_while_typing_goes_on(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    tools = chart.locator(".charting-tools").bounding_box()
    for number, typed in ((1, "abc"), (2, "-3"), (3, "1e9")):
        cell(chart, number, "units").fill(typed)
    for number, words in ((1, "Enter a number."), (2, "Units must be more than 0."), (3, "Enter a number.")):
        expect(rows(chart).nth(number - 1)).to_contain_text(words)
        expect(cell(chart, number, "units")).to_have_attribute("aria-invalid", "true")
    expect(chart.locator("#charting-status")).to_contain_text("without the marked fields")
    assert [value(chart, number, "units") for number in (1, 2, 3)] == ["abc", "-3", "1e9"]
    # What is told moves nothing: a page that jumps between a press and its release swallows the click.
    assert chart.locator(".charting-tools").bounding_box() == tools
    with chart.expect_response(lambda answer: "Tender" in (answer.request.post_data or "")):
        chart.locator("[name=notes]").fill("Tender on the left.")
    draft.refresh_from_db()
    expect(chart.locator("#id_version")).to_have_value(str(draft.version))
    assert draft.injections.filter(units=5).count() == 28
    assert draft.injections.filter(units=None).count() == 3

    # What is refused is in this browser only, and comes back to its page.
    chart.reload()
    expect(chart.locator("#charting-told")).to_contain_text("It was put back.")
    assert [value(chart, number, "units") for number in (1, 2, 3)] == ["abc", "-3", "1e9"]
    for number in (1, 2, 3):
        cell(chart, number, "units").fill("5")
    saved(chart)
    assert draft.injections.filter(units=5).count() == 31

    for number in (1, 2, 3):
        cell(chart, number, "units").fill("2.5")
    saved(chart)
    expect(chart.locator(".live-error")).to_have_count(0)
    assert draft.injections.filter(units=2.5).count() == 3


def test_an_error_that_came_with_the_page_goes_when_it_is_corrected(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    cell(chart, 1, "units").fill("99999")
    chart.get_by_role("button", name="Review and sign").first.click()
    # Not the review: the page again, as the server sends it.
    expect(chart.locator("#charting.is-live")).to_be_visible()
    expect(rows(chart).first).to_contain_text("At most 20000 U.")
    cell(chart, 1, "units").fill("50")
    saved(chart)
    expect(rows(chart).first).not_to_contain_text("At most")
    expect(cell(chart, 1, "units")).not_to_have_attribute("aria-invalid", "true")
    assert draft.injections.get(order=1).units == 50


def test_reasons_typed_on_the_review_stay_while_the_session_is_corrected(chart: Page) -> None:
    place_preempt(chart)
    saved(chart)
    # A slow machine: the link is pressed before what was typed is kept.
    chart.add_init_script("""
      const encrypt = SubtleCrypto.prototype.encrypt;
      SubtleCrypto.prototype.encrypt = async function (...given) {
        await new Promise((resolve) => setTimeout(resolve, 700));
        return encrypt.apply(this, given);
      };
    """)
    chart.get_by_role("button", name="Review and sign").first.click()
    reason = chart.locator("input[name^='reason:']").first
    expect(chart.locator("#signing.is-live")).to_be_visible()
    reason.fill("seen by the neurologist")
    chart.get_by_role("link", name="Correct it").first.click()
    expect(chart.locator("#charting.is-live")).to_be_visible()
    chart.get_by_role("button", name="Review and sign").first.click()
    expect(reason).to_have_value("seen by the neurologist")
    # Whoever opens the browser's storage reads nothing, and signing out leaves nothing.
    stored = "JSON.stringify({...localStorage, ...sessionStorage})"
    assert "reasons" in chart.evaluate(stored)
    assert "neurologist" not in chart.evaluate(stored)
    chart.locator("form[action$='/logout/'] button").first.dispatch_event("click")
    chart.wait_for_url("**/account/login/**")
    assert "cadence" not in chart.evaluate(stored)


@pytest.mark.parametrize("width", [1280, 820])
def test_every_muscle_is_read_to_its_end(chart: Page, width: int) -> None:
    place_preempt(chart)
    chart.set_viewport_size({"width": width, "height": 900})
    names = chart.locator("[data-site] [data-muscle-name]")
    for at in range(names.count()):
        chosen = cell(chart, at + 1, "muscle").evaluate("(list) => list.selectedOptions[0].text")
        expect(names.nth(at)).to_have_text(chosen)
    assert names.evaluate_all("(all) => all.filter((name) => name.scrollWidth > name.clientWidth + 1).length") == 0


def test_nothing_is_lost_when_the_network_is(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)

    def cut(route: Route) -> None:
        route.abort()

    chart.route("**/chart/", cut)
    cell(chart, 1, "units").fill("10")
    expect(chart.locator("#charting-status")).to_contain_text("Not saved: no connection")
    expect(chart.locator("#charting-status")).to_contain_text("nothing you typed is lost")
    # The totals are of what stands in the table, not of what was saved last.
    expect(chart.locator("#charting-totals")).to_contain_text("160 U")
    chart.unroute("**/chart/")
    chart.get_by_role("button", name="Save now").click()
    saved(chart)
    assert draft.injections.get(order=1).units == 10


def test_two_tabs_say_so_and_let_the_person_decide(
    chart: Page, draft: InjectionSession, open_context: Callable[..., Any]
) -> None:
    place_preempt(chart)
    saved(chart)
    other = chart.context.new_page()
    other.goto(chart.url)
    other.get_by_role("textbox", name="Notes").fill("from the other tab")
    saved(other)
    chart.get_by_role("textbox", name="Notes").fill("mine")
    expect(chart.locator("#charting-status")).to_contain_text("saved elsewhere")
    draft.refresh_from_db()
    assert draft.notes == "from the other tab"
    assert chart.get_by_role("textbox", name="Notes").input_value() == "mine"
    chart.get_by_role("button", name="Keep mine").click()
    saved(chart)
    draft.refresh_from_db()
    assert draft.notes == "mine"


def test_muscles_without_a_map_are_charted_in_the_table(page: Page, cast: Cast, log_in: LogIn) -> None:
    arm = start_session(
        patient=cast.joye,
        site=cast.harbour,
        courses=[cast.course(condition="upper_limb_spasticity")],
        on=cast.harbour.today(),
        by=cast.ito,
    )
    log_in(page, cast.ito)
    page.goto(f"/sessions/{arm.pk}/chart/")
    expect(page.get_by_text("Choose the product to see its protocols")).to_be_visible()
    page.get_by_label("Product").select_option(label="BOTOX")
    page.get_by_role("button", name="Arm and hand, right").click()
    expect(rows(page)).to_have_count(13)
    expect(cell(page, 1, "units")).to_have_attribute("placeholder", "60–200")
    assert value(page, 1, "units") == ""
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(0)
    saved(page)


def test_by_finger_on_a_tablet(
    open_context: Callable[..., Any], cast: Cast, draft: InjectionSession, log_in: LogIn, axe: Check, fits: Check
) -> None:
    page = open_context(**TABLET, has_touch=True, bypass_csp=True).new_page()
    with watched(page):
        log_in(page, cast.ito)
        page.goto(f"/sessions/{draft.pk}/chart/")
        page.get_by_role("button", name="PREEMPT 31").tap()
        expect(rows(page)).to_have_count(31)
        page.locator("[data-view=head_front] .muscle[data-muscle=frontalis][data-side=left]").tap(
            position={"x": 30, "y": 50}
        )
        expect(rows(page)).to_have_count(32)
        assert value(page, 32, "muscle") == "frontalis"
        # What they come to is said over the maps: the totals stand far below.
        expect(page.locator("[data-charting=sum]")).to_contain_text("32 sites, 160 U")
        page.get_by_role("button", name="Remove", exact=True).tap()
        expect(rows(page)).to_have_count(31)
        maps = page.locator(".charting-maps").bounding_box()
        table = page.locator("table.sites").bounding_box()
        assert maps
        assert table
        assert maps["y"] < table["y"]
        for name in ("More units", "Fewer units", "Undo"):
            box = page.get_by_role("button", name=name).bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 34
        page.get_by_role("button", name="Enlarge Head, front").tap()
        assert page.locator("[data-canvas=head_front]").bounding_box()["width"] > 600
        saved(page)
        axe(page)
        fits(page)


def test_without_scripts_the_table_does_it_all(
    open_context: Callable[..., Any], cast: Cast, draft: InjectionSession, log_in: LogIn
) -> None:
    page = open_context(java_script_enabled=False).new_page()
    log_in(page, cast.ito)
    page.goto(f"/sessions/{draft.pk}/chart/")
    page.get_by_role("button", name="PREEMPT 31").click()
    expect(rows(page)).to_have_count(31)
    expect(page.locator(".point")).to_have_count(31)
    page.get_by_label("Dilution").select_option("200:4")
    cell(page, 31, "units").fill("10")
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.locator("#charting-totals")).to_contain_text("160 U")
    page.get_by_role("button", name="Open 1 × 200 U").click()
    page.get_by_role("button", name="Review and sign").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review and sign")
