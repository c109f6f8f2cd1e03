"""What stands on every page: rail, search box, menus, errors; by keyboard, at both widths, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import WIDTHS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
def test_pages_for_those_who_cannot_sign_in(
    open_context: Callable[..., Any], axe: Callable[[Page], None], fits: Callable[[Page], None], width: str, scheme: str
) -> None:
    page = open_context(**WIDTHS[width], color_scheme=scheme, bypass_csp=True).new_page()
    for path in ("/account/password/reset/", "/account/password/reset/done/"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        axe(page)
        fits(page)


def test_the_search_box_is_reached_by_slash_and_driven_by_arrows(
    page: Page, cast: Any, log_in: Callable[..., None]
) -> None:
    log_in(page, cast.ito)
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Find a patient")
    expect(box).to_be_focused()
    page.keyboard.type(cast.joye.family_name[:3])
    option = page.get_by_role("option").first
    expect(option).to_contain_text(cast.joye.family_name)
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.type(cast.joye.family_name[3:4])
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{cast.joye.pk}/")


def test_what_is_searched_never_stands_in_the_address(page: Page, cast: Any, log_in: Callable[..., None]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, cast.ito)
    page.get_by_role("combobox", name="Find a patient").fill(cast.joye.family_name)
    expect(page.get_by_role("option").first).to_be_visible()
    assert not [url for url in asked if cast.joye.family_name.lower() in url.lower()]


def test_a_menu_closes_on_escape_and_gives_the_focus_back(page: Page, cast: Any, log_in: Callable[..., None]) -> None:
    log_in(page, cast.ito)
    menu = page.locator("details.menu", has_text="Sign out")
    menu.locator("summary").click()
    expect(menu.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


@pytest.mark.parametrize("width", list(WIDTHS))
def test_what_is_ticked_in_a_menu_goes_by_its_words(
    open_context: Callable[..., Any], cast: Any, log_in: Callable[..., None], width: str
) -> None:
    """A press on them gives the focus to the content around the menu, which closes nothing."""
    cast.course(), cast.course(condition="tmj_bruxism")
    page = open_context(**WIDTHS[width]).new_page()
    log_in(page, cast.ito)
    page.goto(f"/patients/{cast.joye.pk}/")
    menu = page.locator("details.menu", has_text="What is treated today")
    menu.locator("summary").click()
    menu.get_by_text("Chronic migraine").click()
    expect(menu.get_by_label("Chronic migraine")).not_to_be_checked()
    menu.get_by_text("What is treated today").click()
    menu.get_by_role("button", name="Start").click()
    page.wait_for_url("**/chart/")
    page.go_back()
    page.get_by_text("Continue the draft").click()
    page.get_by_role("heading", level=1).click()
    expect(menu.get_by_text("What is treated today")).to_be_hidden()


def test_another_site_is_one_press_away(page: Page, cast: Any, log_in: Callable[..., None]) -> None:
    log_in(page, cast.ito)
    menu = page.locator("details.menu", has_text="another site")
    before = menu.locator("summary").inner_text()
    menu.locator("summary").click()
    menu.locator("button:not([aria-current])").click()
    expect(menu.locator("summary")).not_to_have_text(before)


def test_the_keyboard_reaches_the_content_first(page: Page, cast: Any, log_in: Callable[..., None]) -> None:
    log_in(page, cast.ito)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_g_and_a_letter_go_to_a_page(page: Page, cast: Any, log_in: Callable[..., None]) -> None:
    log_in(page, cast.ito)
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/patients/")
    expect(page.locator(".rail a[aria-current=page]")).to_have_text("Patients")


def test_errors_look_like_the_rest(
    open_context: Callable[..., Any], cast: Any, log_in: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    page = open_context(bypass_csp=True).new_page()
    log_in(page, cast.robin)
    for path, words in (("/nowhere/", "Nothing here"), ("/staff/", "You may not open this")):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(words)
        axe(page)


def test_a_swap_copies_no_style_that_the_content_policy_would_refuse(
    page: Page, cast: Any, log_in: Callable[..., None]
) -> None:
    """htmx carries the attributes of a part over to the one that takes its place; `page` fails on a refusal."""
    log_in(page, cast.ito)
    swapped = page.evaluate(
        """async () => {
            const main = document.querySelector("#main");
            main.style.outline = "1px solid";
            await htmx.ajax("GET", location.href, { target: "#main", select: "#main", swap: "outerHTML" });
            return document.querySelector("#main") !== main;
        }"""
    )
    assert swapped
    page.wait_for_timeout(200)  # settling, when the attributes are carried over
