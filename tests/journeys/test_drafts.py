"""A draft is never lost: without a network, in a closed tab, in two tabs, and with two people at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.cast import Cast
from tests.journeys.charting_page import cell, chart, draft, place_preempt, saved
from tests.journeys.conftest import DESKTOP, TABLET
from treatments.models import InjectionSession

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
_fixtures = (chart, draft)


def notes(page: Page) -> Any:
    return page.locator("textarea[name=notes]")


def status(page: Page) -> Any:
    return page.locator("#charting-status")


def cut(route: Route) -> None:
    """Nothing is posted; pages can still be read."""
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


def kept(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries(Object.entries(localStorage).filter(([name]) => name.startsWith('cadence:draft:')))"
    )
    return found


def test_a_closed_tab_without_a_network_loses_nothing(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    url, context = chart.url, chart.context
    context.set_offline(True)
    notes(chart).fill("wishes no needle near the left temple")
    cell(chart, 2, "units").fill("7.5")
    expect(status(chart)).to_contain_text("Not saved: no connection")
    expect(status(chart)).to_contain_text("nothing you typed is lost")
    # What waits cannot be read by whoever opens the browser's storage.
    (waiting,) = kept(chart).values()
    assert "temple" not in waiting
    chart.close()
    draft.refresh_from_db()
    assert draft.notes == ""

    context.set_offline(False)
    page = context.new_page()
    page.goto(url)
    expect(notes(page)).to_have_value("wishes no needle near the left temple")
    expect(page.locator("#charting-told")).to_contain_text("had not been saved. It was put back")
    saved(page)
    draft.refresh_from_db()
    assert draft.notes == "wishes no needle near the left temple"
    assert draft.injections.get(order=2).units == 7.5
    assert kept(page) == {}


def test_it_is_sent_by_itself_when_the_network_is_back(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    chart.context.set_offline(True)
    notes(chart).fill("typed in the lift")
    expect(status(chart)).to_contain_text("Not saved")
    chart.context.set_offline(False)
    saved(chart)
    draft.refresh_from_db()
    assert draft.notes == "typed in the lift"


def test_a_reload_while_nothing_can_be_saved_keeps_what_was_typed(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    chart.route("**/chart/", cut)
    notes(chart).fill("typed before the reload")
    expect(status(chart)).to_contain_text("Not saved")
    chart.reload()
    expect(notes(chart)).to_have_value("typed before the reload")
    expect(status(chart)).to_contain_text("Not saved")
    chart.unroute("**/chart/")
    chart.get_by_role("button", name="Save now").click()
    saved(chart)
    draft.refresh_from_db()
    assert draft.notes == "typed before the reload"


def test_an_answer_lost_on_the_way_is_no_conflict(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    lost = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    chart.route("**/chart/", lose_the_answer)
    notes(chart).fill("saved, and nobody heard")
    expect(status(chart)).to_contain_text("Not saved")
    saved(chart)
    assert lost == [200]
    expect(chart.locator("#charting-conflict")).to_have_count(0)
    draft.refresh_from_db()
    assert draft.notes == "saved, and nobody heard"


def test_a_second_tab_is_told_at_once(chart: Page, draft: InjectionSession) -> None:
    expect(chart.locator("#charting-elsewhere")).to_have_count(0)
    other = chart.context.new_page()
    other.goto(chart.url)
    for page in (chart, other):
        expect(page.locator("#charting-elsewhere")).to_contain_text("open in another tab")
    place_preempt(other)
    saved(other)
    expect(status(chart)).to_contain_text("just saved in another tab")
    chart.get_by_role("link", name="Load the saved one").click()
    expect(chart.locator("[data-site]")).to_have_count(31)
    other.close(run_before_unload=True)
    expect(chart.locator("#charting-elsewhere")).to_have_count(0)


@pytest.mark.parametrize("choice", ["each", "mine", "saved"])
def test_two_people_choose_what_counts(
    open_context: Callable[..., Any], chart: Page, cast: Cast, draft: InjectionSession, log_in: LogIn, choice: str
) -> None:
    place_preempt(chart)
    notes(chart).fill("as before")
    saved(chart)
    theirs = open_context(**DESKTOP).new_page()
    log_in(theirs, cast.okafor)
    theirs.goto(chart.url)
    cell(theirs, 1, "units").fill("9")
    notes(theirs).fill("from Dr Okafor")
    saved(theirs)

    notes(chart).fill("from Dr Ito")
    cell(chart, 4, "units").fill("2.5")
    box = chart.locator("#charting-conflict")
    expect(box).to_be_visible()
    expect(status(chart)).to_contain_text("saved elsewhere")
    expect(box.get_by_role("row").filter(has_text="from Dr Ito")).to_contain_text("from Dr Okafor")
    expect(box).to_contain_text("9 U")
    expect(box).to_contain_text("2.5 U")
    draft.refresh_from_db()
    assert draft.notes == "from Dr Okafor"

    if choice == "each":
        box.get_by_role("row").filter(has_text="9 U").get_by_role("radio").nth(1).check()
        box.get_by_role("button", name="Save what is chosen").click()
    elif choice == "mine":
        box.get_by_role("button", name="Keep mine").click()
    else:
        box.get_by_role("button", name="Load the saved one").click()
        expect(notes(chart)).to_have_value("from Dr Okafor")
    expect(box).to_have_count(0)
    saved(chart)
    draft.refresh_from_db()
    units = sorted(draft.injections.exclude(units=5).values_list("units", flat=True))
    assert (draft.notes, units) == {
        "each": ("from Dr Ito", [2.5, 9]),
        "mine": ("from Dr Ito", [2.5]),
        "saved": ("from Dr Okafor", [9]),
    }[choice]
    assert draft.injections.count() == 31


def test_what_was_typed_before_somebody_else_saved_stands_beside_it_after_a_reload(
    open_context: Callable[..., Any], chart: Page, cast: Cast, draft: InjectionSession, log_in: LogIn
) -> None:
    place_preempt(chart)
    saved(chart)
    chart.route("**/chart/", cut)
    notes(chart).fill("typed offline")
    expect(status(chart)).to_contain_text("Not saved")
    theirs = open_context(**DESKTOP).new_page()
    log_in(theirs, cast.okafor)
    theirs.goto(chart.url)
    notes(theirs).fill("typed by a colleague")
    saved(theirs)
    chart.unroute("**/chart/")
    chart.reload()
    box = chart.locator("#charting-conflict")
    expect(box.get_by_role("row").filter(has_text="typed offline")).to_contain_text("typed by a colleague")
    box.get_by_role("button", name="Keep mine").click()
    saved(chart)
    draft.refresh_from_db()
    assert draft.notes == "typed offline"


def test_without_a_network_the_review_waits_and_the_page_stays(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    chart.context.set_offline(True)
    chart.get_by_role("button", name="Review and sign").first.click()
    expect(status(chart)).to_contain_text("No connection: your draft is kept here")
    expect(chart.locator("[data-site]")).to_have_count(31)
    chart.context.set_offline(False)
    chart.get_by_role("button", name="Review and sign").first.click()
    expect(chart.get_by_role("heading", level=1)).to_have_text("Review and sign")
    chart.wait_for_load_state()
    chart.context.set_offline(True)
    told = chart.locator("#signing-told")
    chart.locator("#signing").evaluate("(form) => form.requestSubmit()")
    expect(told).to_contain_text("nothing is signed")
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_press_for_the_review_waits_for_the_save_that_is_under_way(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    answers: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        """The server has saved it, and its answer is on the way: the page still has the version of before."""
        if "action=autosave" in (route.request.post_data or "") and not answers:
            answers.append((route, route.fetch()))
        else:
            route.continue_()

    chart.route("**/chart/", hold)
    with chart.expect_request(lambda request: "action=autosave" in (request.post_data or "")):
        cell(chart, 2, "units").fill("7.5")
    while not answers:
        chart.wait_for_timeout(20)
    chart.get_by_role("button", name="Review and sign").first.click()
    chart.wait_for_timeout(300)
    [(route, answer)] = answers
    route.fulfill(response=answer)
    chart.wait_for_url("**/review/")
    draft.refresh_from_db()
    assert draft.injections.get(order=2).units == 7.5


def test_signing_out_leaves_nothing_in_the_browser(chart: Page, draft: InjectionSession) -> None:
    place_preempt(chart)
    saved(chart)
    chart.route("**/chart/", cut)
    notes(chart).fill("never sent")
    expect(status(chart)).to_contain_text("Not saved")
    assert len(kept(chart)) == 1
    chart.goto("/my-day/")
    chart.locator("form[action$='/logout/'] button").first.dispatch_event("click")
    chart.wait_for_url("**/account/login/**")
    assert kept(chart) == {}


def test_the_choice_can_be_made_on_a_tablet(
    open_context: Callable[..., Any], chart: Page, cast: Cast, draft: InjectionSession, log_in: LogIn,
    axe: Callable[[Page], None], fits: Callable[[Page], None],
) -> None:  # fmt: skip
    place_preempt(chart)
    saved(chart)
    tablet = open_context(**TABLET, has_touch=True, bypass_csp=True).new_page()
    log_in(tablet, cast.okafor)
    tablet.goto(chart.url)
    notes(chart).fill("desktop")
    saved(chart)
    notes(tablet).fill("tablet")
    expect(tablet.locator("#charting-conflict")).to_be_visible()
    axe(tablet)
    fits(tablet)
