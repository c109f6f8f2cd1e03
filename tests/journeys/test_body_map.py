"""The body map by mouse and by keys: several sites at once, zoom, left and right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.journeys.charting_page import (
    begun,
    cell,
    chosen,
    dot,
    drag,
    place_preempt,
    points,
    rows,
    saved,
    tap,
    units,
    value,
)
from tests.treatments.charted import vials_in_stock

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]


@pytest.fixture
def chart(page: Page, cast: Cast, log_in: LogIn) -> Page:
    """The charting page of an empty migraine draft with BOTOX, by mouse."""
    vials_in_stock(cast, 2)
    log_in(page, cast.ito)
    page.goto(f"/sessions/{begun(cast).pk}/chart/")
    return page


def test_several_points_are_chosen_moved_changed_and_removed_as_one_step(chart: Page) -> None:
    place_preempt(chart)  # 4 to 7 are the frontalis: right, right, left, left
    dot(chart, "head_front", 3).click()
    assert chosen(chart) == [4]
    dot(chart, "head_front", 4).click(modifiers=["Control"])
    dot(chart, "head_front", 5).click(modifiers=["Shift"])
    assert chosen(chart) == [4, 5, 6]
    expect(chart.get_by_text("3 sites of Frontalis chosen, 15 U")).to_be_visible()

    before = [(int(value(chart, n, "x")), int(value(chart, n, "y"))) for n in (4, 5, 6, 7)]
    drag(chart, "head_front", before[0], (before[0][0] - 10, before[0][1] + 30))
    after = [(int(value(chart, n, "x")), int(value(chart, n, "y"))) for n in (4, 5, 6, 7)]
    for (x0, y0), (x1, y1) in zip(before[:3], after[:3], strict=True):
        assert abs(x1 - x0 + 10) <= 3
        assert abs(y1 - y0 - 30) <= 3
    assert after[3] == before[3]
    assert chosen(chart) == [4, 5, 6]

    chart.keyboard.press("+")
    assert units(chart, 4, 5, 6, 7) == ["7.5", "7.5", "7.5", "5"]
    chart.get_by_label("25 U").click()
    assert units(chart, 4, 5, 6, 7) == ["25", "25", "25", "5"]
    chart.get_by_role("button", name="Remove", exact=True).click()
    expect(rows(chart)).to_have_count(28)

    for left in (31, 31, 31, 31):  # removed, given 25, given 7.5, moved: each one press back
        chart.get_by_role("button", name="Undo").click()
        expect(rows(chart)).to_have_count(left)
    assert [(int(value(chart, n, "x")), int(value(chart, n, "y"))) for n in (4, 5, 6, 7)] == before
    assert units(chart, 4, 5, 6) == ["5", "5", "5"]
    for _ in range(4):
        chart.get_by_role("button", name="Redo").click()
    expect(rows(chart)).to_have_count(28)
    saved(chart)


def test_a_frame_drawn_from_skin_chooses_what_lies_within(chart: Page) -> None:
    place_preempt(chart)
    drag(chart, "head_front", (330, 200), (480, 300))
    assert chosen(chart) == [4, 5]
    expect(rows(chart)).to_have_count(31)
    expect(chart.locator(".bodymap .frame")).to_have_count(0)
    chart.keyboard.press("Escape")
    assert chosen(chart) == []
    chart.keyboard.press("a")
    assert chosen(chart) == [1, 2, 3, 4, 5, 6, 7]


def test_a_point_pressed_twice_chooses_its_muscle_on_both_sides(chart: Page) -> None:
    place_preempt(chart)
    dot(chart, "head_back", 0).dblclick()
    numbers = chosen(chart)
    assert len(numbers) == 6
    assert {value(chart, number, "muscle") for number in numbers} == {"occipitalis"}
    assert {value(chart, number, "side") for number in numbers} == {"left", "right"}


def test_a_dose_for_the_next_site_leaves_the_one_just_placed_alone(chart: Page) -> None:
    chart.get_by_label("5 U", exact=True).click()
    where = chart.locator("[data-canvas=head_front] svg")
    box = where.bounding_box()
    assert box
    chart.mouse.click(box["x"] + 0.35 * box["width"], box["y"] + 0.26 * box["height"])
    expect(rows(chart)).to_have_count(1)
    chart.get_by_label("10 U").click()
    assert units(chart, 1) == ["5"]
    chart.mouse.click(box["x"] + 0.65 * box["width"], box["y"] + 0.26 * box["height"])
    assert units(chart, 1, 2) == ["5", "10"]
    dot(chart, "head_front", 0).click()
    chart.get_by_label("25 U").click()
    assert units(chart, 1, 2) == ["25", "10"]


def test_all_that_is_chosen_is_mirrored(chart: Page) -> None:
    chart.get_by_label("Shorthand").fill("fr r 20/2 co r 5")
    chart.keyboard.press("Enter")
    expect(rows(chart)).to_have_count(3)
    assert chosen(chart) == [1, 2, 3]
    chart.get_by_role("button", name="mirror left and right").click()
    expect(rows(chart)).to_have_count(6)
    assert chosen(chart) == [4, 5, 6]
    for one, other in ((1, 4), (2, 5), (3, 6)):
        assert value(chart, other, "side") == "left"
        assert value(chart, other, "muscle") == value(chart, one, "muscle")
        assert int(value(chart, other, "x")) == 1000 - int(value(chart, one, "x"))
        assert value(chart, other, "y") == value(chart, one, "y")
        assert value(chart, other, "units") == value(chart, one, "units")
    chart.get_by_role("button", name="mirror left and right").click()
    expect(rows(chart)).to_have_count(6)  # they have their other side already
    said = chart.locator("[data-charting=chosen]")
    expect(said).to_have_text("Nothing mirrored: the other side is there already.")
    with chart.expect_response(lambda answer: answer.request.method == "POST"):
        chart.locator("[name=notes]").fill("She slept well.")
    saved(chart)
    expect(said).to_have_text("Nothing mirrored: the other side is there already.")  # also when a save comes back
    dot(chart, "head_front", 0).click()
    expect(said).to_contain_text("1 site of Frontalis chosen")
    expect(chart.locator(".point.is-elsewhere")).to_have_count(0)


def test_a_point_in_the_midline_is_not_mirrored_and_that_is_said(chart: Page) -> None:
    said = chart.locator("[data-charting=chosen]")
    chart.get_by_role("button", name="mirror left and right").click()
    expect(said).to_have_text("Nothing to mirror yet.")
    chart.get_by_label("Shorthand").fill("pr 5")
    chart.keyboard.press("Enter")
    expect(rows(chart)).to_have_count(1)
    saved(chart)
    chart.get_by_role("button", name="mirror left and right").click()
    expect(said).to_have_text("Nothing mirrored: the midline has no other side.")
    dot(chart, "head_front", 0).click()
    expect(said).to_contain_text("1 site of Procerus chosen")
    chart.keyboard.press("m")
    expect(said).to_have_text("Nothing mirrored: the midline has no other side.")


def test_a_point_dragged_to_another_muscle_takes_its_name_and_side(chart: Page) -> None:
    chart.get_by_label("Shorthand").fill("fr r 5")
    chart.keyboard.press("Enter")
    expect(rows(chart)).to_have_count(1)
    start = (int(value(chart, 1, "x")), int(value(chart, 1, "y")))
    drag(chart, "head_front", start, (700, 640))
    assert (value(chart, 1, "muscle"), value(chart, 1, "side")) == ("masseter", "left")
    chart.get_by_role("button", name="Undo").click()
    assert (value(chart, 1, "muscle"), value(chart, 1, "side")) == ("frontalis", "right")


def test_rows_of_the_table_are_chosen_and_filled_by_keys(chart: Page) -> None:
    place_preempt(chart)
    cell(chart, 4, "units").focus()
    for _ in range(3):
        chart.keyboard.press("Shift+ArrowDown")
    assert chosen(chart) == [4, 5, 6, 7]
    chart.keyboard.press("Shift+ArrowUp")
    assert chosen(chart) == [4, 5, 6]
    chart.keyboard.type("2.5")
    chart.keyboard.press("Control+d")
    assert units(chart, 4, 5, 6, 7) == ["2.5", "2.5", "2.5", "5"]
    rows(chart).nth(8).locator("[data-number]").click()
    rows(chart).nth(10).locator("[data-number]").click(modifiers=["Shift"])
    rows(chart).nth(0).locator("[data-number]").click(modifiers=["Control"])
    assert chosen(chart) == [1, 9, 10, 11]


def test_the_map_is_worked_by_keys_alone(chart: Page) -> None:
    place_preempt(chart)
    chart.locator("[data-canvas=head_front]").focus()
    chart.keyboard.press("n")
    assert chosen(chart) == [1]
    chart.keyboard.press("p")
    assert chosen(chart) == [7]
    chart.keyboard.press("z")
    box = [float(part) for part in chart.locator("[data-view=head_front]").get_attribute("viewBox").split()]
    assert box[2] < 500
    x, y = int(value(chart, 7, "x")), int(value(chart, 7, "y"))
    assert box[0] < x < box[0] + box[2]
    assert box[1] < y < box[1] + box[3]
    chart.keyboard.press("ArrowUp")
    assert int(value(chart, 7, "y")) == y - 4
    chart.keyboard.press("0")
    expect(chart.locator("[data-view=head_front]")).to_have_attribute("viewBox", "0 0 1000 1000")
    chart.keyboard.press("s")
    assert chosen(chart) == [4, 5, 6, 7]
    chart.keyboard.press("Delete")
    expect(rows(chart)).to_have_count(27)


def test_ctrl_and_the_wheel_zoom_and_points_keep_their_size(chart: Page) -> None:
    place_preempt(chart)
    svg = chart.locator("[data-view=head_front]")
    box = svg.bounding_box()
    assert box
    corner = svg.locator(".bodymap-sides text").first.bounding_box()
    small = dot(chart, "head_front", 3).bounding_box()
    assert corner
    assert small
    chart.mouse.move(small["x"] + small["width"] / 2, small["y"] + small["height"] / 2)
    chart.keyboard.down("Control")
    for _ in range(4):
        chart.mouse.wheel(0, -100)
    chart.keyboard.up("Control")
    expect(chart.get_by_role("button", name="Whole")).to_be_visible()
    shown = [float(part) for part in svg.get_attribute("viewBox").split()]
    assert shown[2] < 400
    large = dot(chart, "head_front", 3).bounding_box()
    assert large
    assert abs(large["x"] + large["width"] / 2 - small["x"] - small["width"] / 2) < 4  # it stays under the pointer
    assert large["width"] < 2 * small["width"]
    # The patient's right is still said, in its corner.
    expect(svg.locator(".bodymap-sides text").first).to_have_text("R")
    now = svg.locator(".bodymap-sides text").first.bounding_box()
    assert now
    assert max(abs(now[side] - corner[side]) for side in ("x", "y", "height")) < 2
    # A tap while zoomed lands where it shows.
    x, y = int(value(chart, 4, "x")), int(value(chart, 4, "y"))
    drag_on_screen(chart, large, 40, 0)
    moved = 40 * shown[2] / box["width"]
    assert abs(int(value(chart, 4, "x")) - x - moved) <= 3
    assert abs(int(value(chart, 4, "y")) - y) <= 3
    chart.get_by_role("button", name="Whole").click()
    expect(svg).to_have_attribute("viewBox", "0 0 1000 1000")


def drag_on_screen(page: Page, box: Any, across: float, down: float) -> None:
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across / 2, y + down / 2)
    page.mouse.move(x + across, y + down)
    page.mouse.up()


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
    # What the ring says stands there in words too, until it is right again.
    words = "its point lies on Frontalis, left"
    expect(rows(chart).nth(3)).to_contain_text(words)
    expect(chart.locator("[data-view=head_front] .point.is-selected title")).to_have_text(
        f"Temporalis, right, 5 U: {words}"
    )
    chart.keyboard.press("Control+z")
    expect(rows(chart).nth(3)).to_contain_text("its point lies on Masseter, right")
    chart.keyboard.press("Control+z")
    expect(rows(chart).nth(3)).not_to_contain_text("its point")


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


def test_every_point_of_the_protocols_lies_in_its_muscle_as_the_browser_draws_it(chart: Page) -> None:
    place_preempt(chart)
    expect(chart.locator(".point")).to_have_count(31)
    expect(chart.locator(".point.is-elsewhere")).to_have_count(0)
