"""How many presses the most frequent work takes, counted in the browser and printed (`pytest -s`).

A press is a finger or a mouse button going down, or a key; in the shorthand every character typed counts as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from inventory.models import Vial
from tests.cast import Cast
from tests.journeys.charting_page import map_held_still, saved
from tests.journeys.conftest import DESKTOP, TABLET, watched
from tests.treatments.charted import BOTOX, ready, signed, vials_in_stock
from treatments.models import InjectionSession, TreatmentCourse

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]

COUNTED = """
for (const kind of ["pointerdown", "keydown"])
  // Not on the window: a tap aimed at what moved meanwhile is taken back there, and made again.
  document.addEventListener(kind, (event) => {
    const modifier = ["Control", "Shift", "Alt", "Meta"].includes(event.key);
    if (event.isTrusted && !event.repeat && !modifier) window.countPress(kind === "keydown" ? event.key : kind);
  }, true);
"""


class Presses(list[str]):
    """What was pressed, in order, over all pages of the context."""

    def __init__(self, context: BrowserContext) -> None:
        super().__init__()
        context.expose_function("countPress", lambda what: self.append(what))
        context.add_init_script(COUNTED)

    @contextmanager
    def at_most(self, most: int, what: str) -> Iterator[None]:
        self.clear()
        yield
        print(f"\n{what}: {len(self)} presses ({' '.join(self)})")
        assert 0 < len(self) <= most


@pytest.fixture
def due(cast: Cast) -> TreatmentCourse:
    """Joye's migraine, due again; screened today, consent in date, vials in stock: nothing is unusual."""
    course = cast.course()
    today = cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=90))
    ready(cast, cast.joye, on=today)
    vials_in_stock(cast, 3)
    return course


def opened(context: BrowserContext, cast: Cast, log_in: LogIn) -> Page:
    page = context.new_page()
    log_in(page, cast.ito)
    page.goto(f"/patients/{cast.joye.pk}/")
    return page


def press(page: Page, *, touch: bool) -> Callable[..., None]:
    """Clicks or taps the first button of a name."""

    def on(name: str, role: Any = "button") -> None:
        target = page.get_by_role(role, name=name).locator("visible=true").first
        if touch:
            target.tap()
        else:
            target.click()

    return on


def assert_signed(course: TreatmentCourse, units: int, sites: int) -> InjectionSession:
    session = InjectionSession.objects.for_list().filter(status="signed", courses=course).order_by("-pk")[0]
    assert (session.units_total, session.site_count) == (units, sites)
    assert session.performed_on == session.site.today()
    assert [finding for finding in session.findings if finding["severity"] != "note"] == []
    return session


@pytest.mark.parametrize("touch", [False, True], ids=["mouse at 1280", "finger at 820"])
def test_preempt_from_the_chart_to_signed(
    open_context: Callable[..., BrowserContext], cast: Cast, due: TreatmentCourse, log_in: LogIn, touch: bool
) -> None:
    context = open_context(**(TABLET if touch else DESKTOP), has_touch=touch)
    presses = Presses(context)
    page = opened(context, cast, log_in)
    on = press(page, touch=touch)
    with watched(page), presses.at_most(6, f"PREEMPT by {'finger' if touch else 'mouse'}"):
        on("Start session")
        on("PREEMPT 31")
        expect(page.locator("#charting-totals")).to_contain_text("155 U")
        on("Open 1 × 200 U")
        page.get_by_text("Good", exact=True).tap() if touch else page.get_by_text("Good", exact=True).click()
        expect(page.locator("#charting-count")).to_contain_text("Nothing stands against signing")
        on("Review and sign")
        on("Sign as Dr Kenji Ito")
        expect(page.get_by_text("Next window, Chronic migraine")).to_be_visible()
    assert_signed(due, 155, 31)


def test_preempt_by_keyboard_alone(
    open_context: Callable[..., BrowserContext], cast: Cast, due: TreatmentCourse, log_in: LogIn
) -> None:
    context = open_context(**DESKTOP)
    presses = Presses(context)
    page = opened(context, cast, log_in)
    with watched(page), presses.at_most(6, "PREEMPT by keyboard alone"):
        page.keyboard.press("Control+Enter")
        expect(page.locator("#charting.is-live")).to_be_visible()
        page.keyboard.press("1")
        expect(page.locator("#charting-totals")).to_contain_text("155 U")
        expect(page.get_by_role("button", name="Open 1 × 200 U")).to_be_visible()
        page.keyboard.press("v")
        page.keyboard.press("b")
        expect(page.locator("#charting-count")).to_contain_text("Nothing stands against signing")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Review and sign", level=1)).to_be_visible()
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Next window, Chronic migraine")).to_be_visible()
    assert "pointerdown" not in presses
    assert_signed(due, 155, 31)


def test_same_as_last_time_with_two_changes(
    open_context: Callable[..., BrowserContext], cast: Cast, due: TreatmentCourse, log_in: LogIn
) -> None:
    """One site more in the right temporalis, and a corrugator of 5 U left out."""
    context = open_context(**DESKTOP)
    presses = Presses(context)
    page = opened(context, cast, log_in)
    on = press(page, touch=False)
    with watched(page), presses.at_most(10, "same as last time, two changes"):
        on("Start session")
        on("Same as last time")
        expect(page.locator("#charting-totals")).to_contain_text("155 U")
        page.locator("[data-view=head_front] .point").first.click()
        page.keyboard.press("Delete")
        expect(page.locator("#charting-totals")).to_contain_text("150 U")
        page.get_by_text("5 U", exact=True).click()
        region = page.locator("[data-view=head_right] .muscle[data-muscle=temporalis]")
        region.scroll_into_view_if_needed()
        box = region.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.2)
        expect(page.locator("#charting-totals")).to_contain_text("155 U")
        expect(page.get_by_role("button", name="Open 1 × 200 U")).to_be_visible()
        on("Open 1 × 200 U")
        page.get_by_text("Good", exact=True).click()
        expect(page.locator("#charting-count")).to_contain_text("Nothing stands against signing")
        on("Review and sign")
        on("Sign as Dr Kenji Ito")
        expect(page.get_by_text("Next window, Chronic migraine")).to_be_visible()
    session = assert_signed(due, 155, 31)
    assert session.injections.filter(muscle__key="corrugator").count() == 1
    assert session.injections.filter(muscle__key="temporalis", side="right").count() == 5


@pytest.fixture
def stroke(cast: Cast) -> TreatmentCourse:
    """Joye's right arm after a stroke: the first session, screened today, consent in date, vials in stock."""
    course = cast.course(condition="upper_limb_spasticity")
    ready(cast, cast.joye, on=cast.harbour.today())
    vials_in_stock(cast, 3)
    return course


def begin_spasticity(page: Page, on: Callable[..., None], presses: Presses) -> None:
    on("Start session")
    expect(page.locator("#charting.is-live")).to_be_visible()
    page.get_by_label("Product").select_option(label="BOTOX")
    page.get_by_label("Dilution").select_option("200:4")
    # The lists of a browser open outside the page: two presses each, that no page sees.
    presses += ["list", "choice"] * 2


def finish(page: Page, on: Callable[..., None], words: str) -> None:
    page.get_by_role("button", name="Open 1 ×").first.click()
    expect(page.locator("#charting-count")).to_contain_text("Nothing stands against signing")
    on("Review and sign")
    on("Sign as Dr Kenji Ito")
    expect(page.get_by_text(words)).to_be_visible()


@pytest.mark.parametrize("touch", [False, True], ids=["mouse at 1280", "finger at 820"])
def test_spasticity_on_the_body_map(
    open_context: Callable[..., BrowserContext], cast: Cast, stroke: TreatmentCourse, log_in: LogIn, touch: bool
) -> None:
    """Biceps 2 x 50 U, flexor carpi radialis 50 U and flexor digitorum profundus 50 U of the right arm, on the maps."""
    context = open_context(**(TABLET if touch else DESKTOP), has_touch=touch)
    presses = Presses(context)
    page = opened(context, cast, log_in)
    on = press(page, touch=touch)

    def place(muscle: str, down: float) -> None:
        region = page.locator(f".muscle[data-muscle={muscle}][data-side=right]").first
        region.scroll_into_view_if_needed()
        box = region.bounding_box()
        assert box
        at = box["x"] + box["width"] / 2, box["y"] + box["height"] * down
        if touch:
            page.touchscreen.tap(*at)
        else:
            page.mouse.click(*at)

    with watched(page), presses.at_most(16, f"spasticity on the map by {'finger' if touch else 'mouse'}"):
        begin_spasticity(page, on, presses)
        other = page.get_by_label("Other units")
        other.focus()
        other.press_sequentially("50")
        # An answer may come between any two taps, and moves nothing under the finger.
        with map_held_still(page):
            for muscle, down in [("biceps", 0.35), ("biceps", 0.65), ("fcr", 0.3), ("fdp", 0.4)]:
                before = page.locator("[data-site]").count()
                place(muscle, down)
                expect(page.locator("[data-site]")).to_have_count(before + 1)
            expect(page.locator("#charting-totals")).to_contain_text("200 U")
            saved(page)
        finish(page, on, "Next window, Upper-limb spasticity")
    session = assert_signed(stroke, 200, 4)
    charted = sorted(session.injections.values_list("muscle__key", "side", "units"))
    assert charted == [
        ("biceps", "right", Decimal(50)),
        ("biceps", "right", Decimal(50)),
        ("fcr", "right", Decimal(50)),
        ("fdp", "right", Decimal(50)),
    ]


def test_spasticity_by_shorthand(
    open_context: Callable[..., BrowserContext], cast: Cast, stroke: TreatmentCourse, log_in: LogIn
) -> None:
    context = open_context(**DESKTOP)
    presses = Presses(context)
    page = opened(context, cast, log_in)
    on = press(page, touch=False)
    with watched(page), presses.at_most(60, "spasticity by shorthand, typed characters included"):
        begin_spasticity(page, on, presses)
        page.get_by_label("Shorthand").press_sequentially("bi r 100/2 fcr r 50/1 fdp r 50/1")
        expect(page.locator("#shorthand-preview")).to_contain_text("200")
        page.keyboard.press("Enter")
        expect(page.locator("#charting-totals")).to_contain_text("200 U")
        finish(page, on, "Next window, Upper-limb spasticity")
    session = assert_signed(stroke, 200, 4)
    assert set(session.injections.values_list("side", flat=True)) == {"right"}
    used = Vial.objects.filter(status="used", lot__product__key=BOTOX)
    assert sum(vial.size.units for vial in used) == 200
