"""What a journey does on the charting page, and the drafts it begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inventory.models import Product
from tests.cast import Cast
from tests.treatments.charted import BOTOX, vials_in_stock
from treatments.actions.sessions import start_session
from treatments.models import InjectionSession, TreatmentCourse

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


def begun(cast: Cast, *courses: TreatmentCourse) -> InjectionSession:
    courses = courses or (cast.course(),)
    session = start_session(patient=cast.joye, site=cast.harbour, courses=courses, on=cast.harbour.today(), by=cast.ito)
    InjectionSession.objects.filter(pk=session.pk).update(product=Product.objects.get(key=BOTOX))
    return session


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


def chosen(page: Page) -> list[int]:
    """The numbers of the chosen rows."""
    return page.evaluate(
        """[...document.querySelectorAll("[data-site]")]
            .flatMap((row, at) => row.ariaSelected === "true" ? [at + 1] : [])"""
    )


def units(page: Page, *numbers: int) -> list[str]:
    return [value(page, number, "units") for number in numbers]


def dot(page: Page, view: str, at: int) -> Any:
    return points(page, view).nth(at).locator(".dot")


WATCH = """
() => {
  const place = () => {
    const { x, y, width } = document.querySelector("[data-canvas]").getBoundingClientRect();
    return [x + scrollX, y + scrollY, width].map(Math.round).join(" ");
  };
  window.places = new Set([place()]);
  const look = () => { window.places.add(place()); requestAnimationFrame(look); };
  requestAnimationFrame(look);
}
"""


@contextmanager
def map_held_still(page: Page) -> Iterator[None]:
    """Fails when the first map stood elsewhere on the page at any moment of what is done within."""
    page.evaluate(WATCH)
    yield
    places = page.evaluate("[...window.places]")
    assert len(places) == 1, f"the map moved: {places}"


def middle(box: Any) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def shown(page: Page, view: str) -> list[float]:
    return [float(part) for part in page.locator(f"[data-view={view}]").get_attribute("viewBox").split()]
