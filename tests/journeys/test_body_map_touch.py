"""The body map by fingers, on a tablet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.cast import Cast
from tests.journeys.charting_page import begun, chosen, dot, middle, rows, shown, value
from tests.treatments.charted import signed, vials_in_stock

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]


@pytest.fixture
def fingers(tablet: Page, cast: Cast, log_in: LogIn) -> Page:
    """The charting page of a migraine draft with the fixed protocol, by touch at 820 px."""
    vials_in_stock(cast, 2)
    log_in(tablet, cast.ito)
    tablet.goto(f"/sessions/{begun(cast).pk}/chart/")
    tablet.get_by_role("button", name="PREEMPT 31").tap()
    expect(rows(tablet)).to_have_count(31)
    tablet.locator("[data-canvas=head_front]").scroll_into_view_if_needed()
    return tablet


class Touch:
    """Fingers on the screen, as the browser's own input sees them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cdp: CDPSession = page.context.new_cdp_session(page)

    def send(self, kind: str, *places: tuple[float, float]) -> None:
        touching = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(places)]
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touching})

    def swipe(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.send("touchStart", start)
        for step in range(1, 9):
            self.send(
                "touchMove", (start[0] + (end[0] - start[0]) * step / 8, start[1] + (end[1] - start[1]) * step / 8)
            )
        self.send("touchEnd")

    def two(self, starts: list[tuple[float, float]], ends: list[tuple[float, float]]) -> None:
        self.send("touchStart", starts[0])
        self.send("touchStart", *starts)
        for step in range(1, 9):
            self.send(
                "touchMove",
                *[
                    (x0 + (x1 - x0) * step / 8, y0 + (y1 - y0) * step / 8)
                    for (x0, y0), (x1, y1) in zip(starts, ends, strict=True)
                ],
            )
        self.send("touchEnd")


def test_two_fingers_zoom_and_move_the_map_and_one_still_works_the_points(fingers: Page) -> None:
    touch = Touch(fingers)
    box = fingers.locator("[data-view=head_front]").bounding_box()
    x, y = middle(box)
    scrolled = fingers.evaluate("scrollY")
    touch.two([(x - 40, y), (x + 40, y)], [(x - 120, y), (x + 120, y)])
    zoomed = shown(fingers, "head_front")
    assert 300 < zoomed[2] < 370  # three times as large
    assert abs(zoomed[0] + zoomed[2] / 2 - 500) < 15
    assert fingers.evaluate("[scrollY, visualViewport.scale]") == [scrolled, 1]
    expect(rows(fingers)).to_have_count(31)

    touch.two([(x - 60, y), (x + 60, y)], [(x - 60, y + 100), (x + 60, y + 100)])
    panned = shown(fingers, "head_front")
    assert abs(panned[2] - zoomed[2]) < 2
    assert panned[1] < zoomed[1] - 60
    assert fingers.evaluate("scrollY") == scrolled
    assert chosen(fingers) == []

    # One finger drags a point, in the measure of what is shown.
    fingers.get_by_role("button", name="Whole").tap()
    before = int(value(fingers, 4, "x"))
    spot = middle(dot(fingers, "head_front", 3).bounding_box())
    touch.swipe(spot, (spot[0] - 20, spot[1]))
    assert abs(int(value(fingers, 4, "x")) - before + 20 * 1000 / box["width"]) <= 4
    assert chosen(fingers) == [4]

    # Two fingers that come down on two points mean neither, however long they rest.
    spots = [middle(dot(fingers, "head_front", at).bounding_box()) for at in (3, 6)]
    touch.send("touchStart", spots[0])
    touch.send("touchStart", *spots)
    fingers.wait_for_timeout(600)
    touch.send("touchEnd")
    assert chosen(fingers) == [4]


def test_one_finger_on_skin_scrolls_the_page_and_a_tap_places(fingers: Page) -> None:
    touch = Touch(fingers)
    x, y = middle(fingers.locator("[data-view=head_front]").bounding_box())
    before = fingers.evaluate("scrollY")
    touch.swipe((x, y + 60), (x, y - 140))
    fingers.wait_for_function(f"scrollY > {before + 60}")
    expect(rows(fingers)).to_have_count(31)
    assert shown(fingers, "head_front") == [0, 0, 1000, 1000]

    fingers.locator("[data-view=head_front] .muscle[data-muscle=masseter][data-side=left]").tap()
    expect(rows(fingers)).to_have_count(32)
    assert (value(fingers, 32, "muscle"), value(fingers, 32, "side")) == ("masseter", "left")


def test_a_long_press_chooses_one_more(fingers: Page) -> None:
    touch = Touch(fingers)
    places = [middle(dot(fingers, "head_front", at).bounding_box()) for at in (3, 5)]
    for place in places:
        touch.send("touchStart", place)
        fingers.wait_for_timeout(600)
        touch.send("touchEnd")
    assert chosen(fingers) == [4, 6]
    expect(rows(fingers)).to_have_count(31)
    touch.send("touchStart", places[0])
    fingers.wait_for_timeout(600)
    touch.send("touchEnd")
    assert chosen(fingers) == [6]


def test_maps_to_be_read_stand_two_in_a_row(tablet: Page, cast: Cast, log_in: LogIn) -> None:
    session = signed(cast, cast.course(), on=cast.harbour.today())
    log_in(tablet, cast.ito)
    tablet.goto(f"/sessions/{session.pk}/")
    first, second = (tablet.locator(".maps-read .map").nth(at).bounding_box() for at in (0, 1))
    assert first
    assert second
    assert first["y"] == second["y"]
    # The name of the product is not broken.
    name = tablet.locator("aside .facts").get_by_text("onabotulinumtoxinA").bounding_box()
    assert name
    assert name["height"] < 24
