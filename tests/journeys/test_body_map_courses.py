"""The body map of a visit with several courses, and against the last session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cast import Cast
from tests.journeys.charting_page import begun, cell, middle, rows, saved, value
from tests.journeys.conftest import TABLET, watched
from tests.treatments.charted import signed, vials_in_stock

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]


def test_two_courses_side_by_side_with_their_subtotals(
    open_context: Callable[..., Any], cast: Cast, log_in: LogIn, axe: Check, fits: Check
) -> None:
    page = open_context(**TABLET, has_touch=True, bypass_csp=True).new_page()
    with watched(page):
        log_in(page, cast.ito)
        session = begun(cast, cast.course(), cast.course(condition="myofascial_neck_shoulder"))
        page.goto(f"/sessions/{session.pk}/chart/")
        page.get_by_label("Shorthand").fill("fr 20/4 neck: tr 60/6")
        page.get_by_role("button", name="Apply").tap()
        expect(rows(page)).to_have_count(10)
        migraine, neck = (treated.course_id for treated in session.treated.all())
        for course, given in ((migraine, "20 U"), (neck, "60 U")):
            for heading in page.locator(f"[data-course-units='{course}']").all():
                expect(heading).to_have_text(given)
        assert {value(page, number, "course") for number in range(5, 11)} == {str(neck)}
        expect(page.locator(".point.group-1[data-point]")).to_have_count(6)
        axe(page)
        fits(page)


def test_what_changed_since_the_last_session_is_shown_live(page: Page, cast: Cast, log_in: LogIn) -> None:
    course = cast.course()
    signed(cast, course, on=cast.harbour.today() - timedelta(days=91))
    log_in(page, cast.ito)
    page.goto(f"/sessions/{begun(cast, course).pk}/chart/")
    page.get_by_role("button", name="Same as last time").click()
    expect(rows(page)).to_have_count(31)
    block = page.get_by_role("region", name="Against the last session")
    expect(block).to_contain_text("nothing changed")
    cell(page, 4, "units").fill("7.5")
    expect(block).to_contain_text("2.5 U more")
    page.get_by_label("Shorthand").fill("ma l 10/2")
    page.keyboard.press("Enter")
    expect(block).to_contain_text("Masseter, left")
    expect(block).to_contain_text("added")
    expect(block).to_contain_text("31 → 33 sites, 155 → 167.5 U")
    saved(page)


# --- a muscle of several courses


def shared(cast: Cast, page: Page, log_in: LogIn, *conditions: str) -> list[str]:
    """The charting page of a visit with a course of each condition, a dose of 5 U pressed; the keys of the courses."""
    vials_in_stock(cast, 2)
    session = begun(cast, *(cast.course(condition=condition) for condition in conditions))
    log_in(page, cast.ito)
    page.goto(f"/sessions/{session.pk}/chart/")
    expect(page.locator("#charting.is-live")).to_be_visible()
    page.locator("[data-charting=palette] label", has_text="5 U").nth(1).click()
    return [str(treated.course_id) for treated in session.treated.all()]


# Places well inside a muscle, of 1000.
SPOTS = {
    ("head_left", "temporalis", "left"): (420, 330),
    ("jaw_left", "temporalis", "left"): (480, 250),
    ("head_left", "masseter", "left"): (420, 680),
    ("neck_back", "trapezius_upper", "left"): (225, 587),
    ("neck_back", "trapezius_upper", "right"): (775, 587),
    ("neck_back", "levator_scapulae", "left"): (369, 518),
    ("neck_front", "trapezius_upper", "left"): (850, 645),
    ("neck_front", "trapezius_upper", "right"): (150, 645),
    ("neck_front", "scm", "left"): (614, 557),
}


def tap(page: Page, *where: str) -> None:
    canvas = page.locator(f"[data-canvas={where[0]}] svg")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    x, y = SPOTS[where]
    page.mouse.click(box["x"] + x * box["width"] / 1000, box["y"] + y * box["height"] / 1000)


def question(page: Page) -> Locator:
    return page.get_by_role("dialog")


def test_the_map_of_one_course_decides_for_which_a_tap_is(page: Page, cast: Cast, log_in: LogIn) -> None:
    migraine, jaw = shared(cast, page, log_in, "chronic_migraine", "tmj_bruxism")
    tap(page, "head_left", "temporalis", "left")
    tap(page, "jaw_left", "temporalis", "left")
    # Only one of the courses treats it: whose map it is does not matter.
    tap(page, "head_left", "masseter", "left")
    expect(rows(page)).to_have_count(3)
    assert [value(page, number, "course") for number in (1, 2, 3)] == [migraine, jaw, jaw]
    expect(question(page)).to_have_count(0)
    expect(page.locator("[data-view=head_left] .point.group-1[data-point]")).to_have_count(1)
    saved(page)


def test_on_a_map_of_both_the_person_is_asked_once(
    open_context: Callable[..., Any], cast: Cast, log_in: LogIn, axe: Check
) -> None:
    page = open_context(bypass_csp=True).new_page()
    dystonia, pain = shared(cast, page, log_in, "cervical_dystonia", "myofascial_neck_shoulder")
    tap(page, "neck_back", "trapezius_upper", "right")
    expect(question(page)).to_have_accessible_name("Trapezius (upper), right: for which course?")
    expect(page.locator(".bodymap .pending")).to_have_count(1)
    expect(rows(page)).to_have_count(0)
    expect(question(page).get_by_role("button", name="Cervical dystonia")).to_be_focused()
    axe(page)
    # It cancels, and nothing is remembered of it.
    page.keyboard.press("Escape")
    expect(question(page)).to_have_count(0)
    expect(page.locator(".bodymap .pending")).to_have_count(0)
    expect(rows(page)).to_have_count(0)
    expect(page.locator("[data-canvas=neck_back]")).to_be_focused()

    tap(page, "neck_back", "trapezius_upper", "right")
    page.keyboard.press("ArrowDown")
    expect(question(page).get_by_role("button", name="Neck/shoulder pain")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    assert (value(page, 1, "course"), value(page, 1, "units")) == (pain, "5")
    expect(page.get_by_text("1 site of Trapezius (upper) for Neck/shoulder pain chosen, 5 U")).to_be_visible()
    expect(page.locator("[data-canvas=neck_back]")).to_be_focused()

    # The next taps of this visit are for the same course, another muscle of both too, and after a reload.
    tap(page, "neck_back", "trapezius_upper", "left")
    tap(page, "neck_back", "levator_scapulae", "left")
    # What only one course treats needs no question and changes none.
    tap(page, "neck_front", "scm", "left")
    expect(rows(page)).to_have_count(4)
    assert [value(page, number, "course") for number in (2, 3, 4)] == [pain, pain, dystonia]
    saved(page)
    page.reload()
    expect(page.locator("#charting.is-live")).to_be_visible()
    working = page.locator("[data-work]")
    expect(working.nth(1)).to_have_attribute("aria-pressed", "true")
    axe(page)

    # The course worked on is pressed above the map, and can be changed there, or left open again.
    working.nth(0).click()
    cell(page, 1, "units").focus()
    tap(page, "neck_front", "trapezius_upper", "right")
    expect(rows(page)).to_have_count(5)
    assert value(page, 5, "course") == dystonia
    working.nth(0).click()
    tap(page, "neck_front", "trapezius_upper", "left")
    page.keyboard.press("2")
    expect(rows(page)).to_have_count(6)
    assert value(page, 6, "course") == pain
    saved(page)


def test_asked_by_finger_beside_the_point(tablet: Page, cast: Cast, log_in: LogIn, fits: Check) -> None:
    migraine, pain = shared(cast, tablet, log_in, "chronic_migraine", "myofascial_neck_shoulder")
    region = tablet.locator("[data-view=neck_back] .muscle[data-muscle=trapezius_upper][data-side=left]")
    region.scroll_into_view_if_needed()
    spot = {"x": 60, "y": 75}
    region.tap(position=spot)
    at = middle(tablet.locator(".bodymap .pending").bounding_box())
    asked = question(tablet).bounding_box()
    assert asked
    assert abs(asked["x"] - at[0]) < 300
    assert abs(asked["y"] - at[1]) < 200
    assert 0 <= asked["x"] <= TABLET["width"] - asked["width"]
    for button in question(tablet).get_by_role("button").all():
        assert button.bounding_box()["height"] >= 44
    fits(tablet)
    # A tap beside the question takes it back.
    tablet.touchscreen.tap(20, 20)
    expect(question(tablet)).to_have_count(0)
    expect(rows(tablet)).to_have_count(0)
    region.tap(position=spot)
    question(tablet).get_by_role("button", name="Neck/shoulder pain").tap()
    expect(rows(tablet)).to_have_count(1)
    assert value(tablet, 1, "course") == pain
    # The table changes it.
    cell(tablet, 1, "course").select_option(migraine)
    expect(tablet.locator("[data-view=neck_back] .point.group-1[data-point]")).to_have_count(0)
    saved(tablet)


@pytest.mark.parametrize("width", [1280, 820])
def test_every_course_is_read_to_its_end(page: Page, cast: Cast, log_in: LogIn, width: int) -> None:
    shared(cast, page, log_in, "cervical_dystonia", "myofascial_neck_shoulder")
    page.get_by_label("Shorthand").fill("scm r 5 neck: tr 60/6")
    page.get_by_role("button", name="Apply").click()
    expect(rows(page)).to_have_count(7)
    page.set_viewport_size({"width": width, "height": 900})
    names = page.locator("[data-site] [data-course-name]")
    said = [name.replace("\u200b", "") for name in names.all_text_contents()]
    assert said == ["Cervical dystonia", *["Neck/shoulder pain"] * 6]
    assert names.evaluate_all("(all) => all.filter((name) => name.scrollWidth > name.clientWidth + 1).length") == 0


def test_what_no_course_treats_stands_back_with_its_fibres(page: Page, cast: Cast, log_in: LogIn) -> None:
    shared(cast, page, log_in, "chronic_migraine")
    look = "(part) => getComputedStyle(part).stroke"
    for part, of in (("muscle", "data-muscle"), ("fibres", "data-of")):
        treated, untreated = (
            page.locator(f"[data-view=head_left] .{part}[{of}={muscle}]") for muscle in ("temporalis", "masseter")
        )
        expect(untreated).to_have_class(f"{part} is-untreated")
        assert treated.evaluate(look) != untreated.evaluate(look)


def test_points_of_two_courses_in_one_place_are_both_seen(page: Page, cast: Cast, log_in: LogIn) -> None:
    shared(cast, page, log_in, "cervical_dystonia", "myofascial_neck_shoulder")
    page.get_by_role("button", name="Neck muscles, right").click()
    page.get_by_role("button", name="Upper trapezius").click()
    expect(rows(page)).to_have_count(9)
    where = [tuple(value(page, number, name) for name in ("view", "x", "y")) for number in range(1, 10)]
    assert len(set(where)) == 7  # trapezius and levator of the right side are in both
    dots = page.locator("[data-view=neck_back] .point[data-point] .dot")
    expect(dots).to_have_count(8)
    centres = [middle(at.bounding_box()) for at in dots.all()]
    for at, (x, y) in enumerate(centres):
        for other_x, other_y in centres[:at]:
            assert abs(x - other_x) + abs(y - other_y) > 10
