"""A provider charts: place, move, pick, sign; by finger, by keyboard, with a bad network and in two tabs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from inventory.models import StockMovement
from tests.cast import Cast
from tests.journeys.conftest import DESKTOP, TABLET, watched
from tests.scheduling.made import booked, moment
from tests.treatments.charted import ready, vials_in_stock
from treatments.actions.sessions import start_session
from treatments.models import FollowUp, InjectionSession

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]


@pytest.fixture
def draft(cast: Cast) -> InjectionSession:
    vials_in_stock(cast, 3)
    return start_session(
        patient=cast.joye, site=cast.harbour, courses=[cast.course()], on=cast.harbour.today(), by=cast.ito
    )


@pytest.fixture
def chart(page: Page, cast: Cast, draft: InjectionSession, log_in: LogIn) -> Page:
    """The charting page of an empty migraine draft, by mouse."""
    log_in(page, cast.ito)
    page.goto(f"/sessions/{draft.pk}/chart/")
    return page


def rows(page: Page) -> Locator:
    return page.locator("[data-site]")


def cell(page: Page, number: int, name: str) -> Locator:
    return rows(page).nth(number - 1).locator(f"[data-field={name}]")


def value(page: Page, number: int, name: str) -> str:
    return cell(page, number, name).input_value()


def points(page: Page, view: str) -> Locator:
    return page.locator(f"[data-view={view}] .point")


def place_preempt(page: Page) -> None:
    page.get_by_role("button", name="PREEMPT 31").click()
    expect(rows(page)).to_have_count(31)
    expect(page.locator("#charting-totals")).to_contain_text("155 U")


def drag(page: Page, view: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    """From one place of a map to another, in its own 0 to 1000."""
    canvas = page.locator(f"[data-canvas={view}] svg")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box

    def spot(place: tuple[int, int]) -> tuple[float, float]:
        return box["x"] + place[0] * box["width"] / 1000, box["y"] + place[1] * box["height"] / 1000

    page.mouse.move(*spot(start))
    page.mouse.down()
    page.mouse.move(*spot(((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)))
    page.mouse.move(*spot(end))
    page.mouse.up()


def tap(page: Page, view: str, muscle: str, side: str) -> None:
    region = page.locator(f"[data-view={view}] .muscle[data-muscle={muscle}][data-side={side}]")
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def saved(page: Page) -> None:
    expect(page.locator("#charting-status")).to_contain_text("Draft saved")


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


def test_map_and_table_show_the_same(chart: Page) -> None:
    place_preempt(chart)
    for view, count in {"head_front": 7, "head_left": 4, "head_right": 4, "head_back": 10, "neck_back": 6}.items():
        expect(points(chart, view)).to_have_count(count)

    tap(chart, "head_front", "masseter", "left")
    expect(rows(chart)).to_have_count(32)
    assert (value(chart, 32, "muscle"), value(chart, 32, "side")) == ("masseter", "left")
    expect(points(chart, "head_front")).to_have_count(8)

    cell(chart, 32, "units").fill("12.5")
    expect(points(chart, "head_front").last.locator("text")).to_have_text("12.5")

    chart.get_by_role("button", name="mirror left and right").click()
    expect(rows(chart)).to_have_count(33)
    assert (value(chart, 33, "muscle"), value(chart, 33, "side")) == ("masseter", "right")
    assert int(value(chart, 33, "x")) == 1000 - int(value(chart, 32, "x"))

    chart.get_by_role("button", name="Remove", exact=True).click()
    expect(rows(chart)).to_have_count(32)
    chart.get_by_role("button", name="Undo").click()
    expect(rows(chart)).to_have_count(33)
    chart.get_by_role("button", name="Redo").click()
    expect(rows(chart)).to_have_count(32)
    chart.get_by_role("button", name="Clear").click()
    expect(rows(chart)).to_have_count(0)
    chart.keyboard.press("Control+z")
    expect(rows(chart)).to_have_count(32)
    saved(chart)
    chart.reload()
    expect(rows(chart)).to_have_count(32)
    expect(points(chart, "head_front")).to_have_count(8)


def test_a_dragged_point_takes_the_muscle_it_lands_on_unless_the_person_said_otherwise(chart: Page) -> None:
    place_preempt(chart)
    drag(chart, "head_front", (374, 255), (300, 640))
    assert (value(chart, 4, "muscle"), value(chart, 4, "side")) == ("masseter", "right")
    cell(chart, 4, "muscle").select_option("temporalis")
    drag(chart, "head_front", (300, 640), (626, 300))
    assert value(chart, 4, "muscle") == "temporalis"
    expect(chart.locator("[data-view=head_front] .point.is-selected")).to_have_class("point is-selected is-elsewhere")


def test_a_selected_point_is_moved_and_changed_by_keys(chart: Page) -> None:
    place_preempt(chart)
    points(chart, "head_front").nth(3).locator(".dot").click()
    x, y = int(value(chart, 4, "x")), int(value(chart, 4, "y"))
    chart.keyboard.press("ArrowLeft")
    chart.keyboard.press("Shift+ArrowDown")
    assert (int(value(chart, 4, "x")), int(value(chart, 4, "y"))) == (x - 4, y + 20)
    chart.keyboard.press("+")
    assert value(chart, 4, "units") == "7.5"
    chart.keyboard.press("-")
    chart.keyboard.press("-")
    assert value(chart, 4, "units") == "2.5"
    chart.keyboard.press("-")
    assert value(chart, 4, "units") == "2.5"
    chart.keyboard.press("Delete")
    expect(rows(chart)).to_have_count(30)


def test_the_table_is_driven_by_the_keyboard_alone(chart: Page) -> None:
    place_preempt(chart)
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


def test_bad_input_is_named_beside_the_field_while_typing_goes_on(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    for number, typed in ((1, "abc"), (2, "-3"), (3, "1e9")):
        cell(chart, number, "units").fill(typed)
    for number, words in ((1, "Enter a number."), (2, "Units must be more than 0."), (3, "Enter a number.")):
        expect(rows(chart).nth(number - 1)).to_contain_text(words)
        expect(cell(chart, number, "units")).to_have_attribute("aria-invalid", "true")
    expect(chart.locator("#charting-status")).to_contain_text("correct the marked fields")
    assert [value(chart, number, "units") for number in (1, 2, 3)] == ["abc", "-3", "1e9"]
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
    chart.get_by_role("button", name="Review and sign").first.click()
    reason = chart.locator("input[name^='reason:']").first
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


def test_every_point_of_the_protocols_lies_in_its_muscle_as_the_browser_draws_it(chart: Page) -> None:
    place_preempt(chart)
    expect(chart.locator(".point")).to_have_count(31)
    expect(chart.locator(".point.is-elsewhere")).to_have_count(0)


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


# --- units stay with their product


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
