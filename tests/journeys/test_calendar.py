"""The calendar by mouse, finger and keys: the diary decides, and says why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect

from scheduling.models import Appointment, Room
from tests.cast import Cast
from tests.journeys.conftest import TABLET, watched
from tests.scheduling.diary import at, at_midday, away, both_work, full_day, next_monday, person, today_in_progress
from tests.scheduling.made import booked

pytestmark = pytest.mark.django_db(transaction=True)

ITO, OKAFOR = 0, 1  # columns, in the order of names
TALL: ViewportSize = {"width": 1280, "height": 1400}  # the whole day without scrolling


@pytest.fixture
def monday(cast: Cast) -> date:
    both_work(cast)
    return next_monday(cast.harbour)


def card(page: Page, name: str) -> Locator:
    return page.locator(".card-visit", has_text=name)


def spot(page: Page, column: int, hour: float) -> tuple[float, float]:
    """The middle of a column at that hour of a day that is drawn from 8 to 17."""
    box = page.locator(".day-cards").nth(column).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * (hour - 8) / 9


def drag(page: Page, name: str, *, column: int, hour: float, edge: bool = False) -> None:
    """Take the card at its top (or its lower edge) and let it go where that lies at `hour`."""
    box = card(page, name).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + (box["height"] - 2 if edge else 2))
    page.mouse.down()
    page.mouse.move(*spot(page, column, hour), steps=5)
    page.mouse.up()


def stands_at(page: Page, name: str, words: str) -> None:
    expect(card(page, name).locator(".card-name")).to_contain_text(words)


def test_dragged_onto_free_time_it_is_booked_there_and_can_be_put_back(
    page: Page, log_in: Callable[..., None], cast: Cast, monday: date, axe: Callable[[Page], None]
):
    visit = booked(cast, starts_at=at(cast.harbour, monday, 9))
    page.set_viewport_size(TALL)
    log_in(page, cast.robin)
    page.goto(f"/calendar/?day={monday}")
    drag(page, "Koch", column=OKAFOR, hour=14)
    expect(page.get_by_role("status").filter(has_text="moved to")).to_contain_text("14:00-14:30, Dr Ngozi Okafor")
    stands_at(page, "Koch", "14:00")
    expect(page.locator(".day-gone")).to_contain_text("moved to")
    axe(page)
    visit.refresh_from_db()
    assert (visit.status, visit.moved_to.provider) == ("moved", cast.okafor)
    drag(page, "Koch", column=OKAFOR, hour=15, edge=True)
    expect(page.locator(".day-said")).to_contain_text("14:00-15:00")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".day-said")).to_contain_text("14:00-14:30")
    now = Appointment.objects.active().get()
    assert (now.minutes, now.starts_at) == (30, at(cast.harbour, monday, 14))


def test_dragged_onto_taken_time_it_is_refused_in_words_and_goes_back(
    page: Page, log_in: Callable[..., None], cast: Cast, monday: date, axe: Callable[[Page], None]
):
    room = Room.objects.create(site=cast.harbour, name="Room 1")
    booked(cast, room=room, starts_at=at(cast.harbour, monday, 9))
    other = person(cast, "Lund")
    booked(cast, patient=other, provider=cast.okafor, room=room, starts_at=at(cast.harbour, monday, 11))
    page.set_viewport_size(TALL)
    log_in(page, cast.robin)
    page.goto(f"/calendar/?day={monday}")
    drag(page, "Koch", column=OKAFOR, hour=11)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Not moved. Koch, Joye stays at")
    expect(alert).to_contain_text("Dr Ngozi Okafor has 11:00-11:30 with another patient.")
    expect(alert).to_contain_text("Room 1 is taken 11:00-11:30.")
    stands_at(page, "Koch", "09:00")
    expect(card(page, "Koch").locator(".card-grip")).to_be_focused()
    axe(page)
    assert Appointment.objects.count() == 2
    # A finger that slips and a change of mind move nothing.
    page.mouse.move(*spot(page, ITO, 9.05))
    page.mouse.down()
    page.mouse.move(*spot(page, ITO, 15), steps=3)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".is-ghost")).to_have_count(0)
    stands_at(page, "Koch", "09:00")
    assert Appointment.objects.count() == 2


def test_moved_by_keys_alone(page: Page, log_in: Callable[..., None], cast: Cast, monday: date):
    booked(cast, starts_at=at(cast.harbour, monday, 9))
    log_in(page, cast.robin)
    page.goto(f"/calendar/?day={monday}")
    said = page.locator("#day-live")
    page.get_by_role("button", name="Move Koch, Joye").focus()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Moving Koch, Joye: 09:00 to 09:30, Dr Kenji Ito")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(said).to_contain_text("stays at 09:00")
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(said).to_contain_text("09:10 to 09:45, Dr Ngozi Okafor")
    page.keyboard.press("Enter")
    expect(page.locator(".day-said")).to_contain_text("09:10-09:45, Dr Ngozi Okafor")
    expect(page.get_by_role("button", name="Move Koch, Joye, 09:10-09:45")).to_be_focused()
    moved = Appointment.objects.active().get()
    assert (moved.provider, moved.minutes, moved.starts_at) == (cast.okafor, 35, at(cast.harbour, monday, 9, 10))


def test_two_people_see_what_the_other_moved(
    page: Page, open_context: Callable[..., BrowserContext], log_in: Callable[..., None], cast: Cast, monday: date
):
    booked(cast, starts_at=at(cast.harbour, monday, 9))
    second = open_context(**TALL).new_page()
    with watched(second):
        for one, who in ((page, cast.robin), (second, cast.ito)):
            one.set_viewport_size(TALL)
            log_in(one, who)
            one.goto(f"/calendar/?day={monday}")
        drag(page, "Koch", column=OKAFOR, hour=14)
        expect(page.locator(".day-said")).to_contain_text("14:00")
        # Before the page has refreshed itself: the card is stale, and its reader is told where the visit is.
        stands_at(second, "Koch", "09:00")
        drag(second, "Koch", column=ITO, hour=15)
        expect(second.get_by_role("alert")).to_contain_text("Someone else changed this appointment meanwhile")
        stands_at(second, "Koch", "14:00")
        # And without touching anything, the next refresh brings what the first moved.
        drag(page, "Koch", column=OKAFOR, hour=10)
        expect(page.locator(".day-said")).to_contain_text("10:00")
        expect(card(second, "Koch").locator(".card-name")).to_contain_text("10:00", timeout=25_000)


def test_by_finger_on_a_tablet(tablet: Page, log_in: Callable[..., None], cast: Cast, monday: date):
    """A finger on the handle moves the visit; one anywhere else scrolls, as everywhere."""
    booked(cast, starts_at=at(cast.harbour, monday, 9))
    log_in(tablet, cast.robin)
    tablet.goto(f"/calendar/?day={monday}")
    grip = tablet.get_by_role("button", name="Move Koch, Joye").bounding_box()
    assert grip is not None
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    target_x, target_y = spot(tablet, ITO, 11)
    touch = tablet.context.new_cdp_session(tablet)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": left, "y": top} for left, top in points]},
        )

    send("touchStart", (x, y))
    for step in range(1, 6):
        send("touchMove", (x + (target_x - x) * step / 5, y + (target_y - y) * step / 5))
    send("touchEnd")
    expect(tablet.locator(".day-said")).to_contain_text("moved to")
    assert Appointment.objects.active().get().starts_at > at(cast.harbour, monday, 10)


def test_free_time_pressed_opens_booking_there(page: Page, log_in: Callable[..., None], cast: Cast, monday: date):
    both = booked(cast, patient=person(cast, "Lund"), starts_at=at(cast.harbour, monday, 9))
    page.set_viewport_size(TALL)
    log_in(page, cast.robin)
    page.goto(f"/calendar/?day={monday}")
    page.mouse.click(*spot(page, OKAFOR, 14.3))
    expect(page.get_by_text("14:15, Dr Ngozi Okafor: whom is it for?")).to_be_visible()
    page.goto(f"/appointments/new/?patient={both.patient_id}")
    expect(page.locator("input[name=time]")).to_have_value("14:15")


def test_the_arrivals_board_through_a_morning(
    tablet: Page,
    log_in: Callable[..., None],
    cast: Cast,
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
):
    at_midday(cast.harbour)
    both_work(cast)
    visits = today_in_progress(cast)
    log_in(tablet, cast.robin)
    tablet.goto("/calendar/?view=arrivals")
    axe(tablet)
    fits(tablet)
    # One press: the late patient has come.
    late = tablet.get_by_role("listitem").filter(has_text="Evans")
    expect(late).to_contain_text("late")
    late.get_by_role("button", name="arrived").click()
    expect(tablet.locator(".board-arrived")).to_contain_text("Evans, Ana")
    # Into a room: the one that is offered, in one press, or another.
    row = tablet.get_by_role("listitem").filter(has_text="Diallo")
    tablet.get_by_label("Room for Diallo, Ana").select_option("Room 3")
    row.get_by_role("button", name="in room").click()
    expect(tablet.locator(".board-in_room")).to_contain_text("Diallo, Ana")
    expect(tablet.locator(".board-rooms")).to_contain_text("Room 3 Diallo, Ana")
    visits[3].refresh_from_db()
    assert visits[3].room is not None
    assert visits[3].room.name == "Room 3"
    # A slip is one press back.
    done = tablet.locator(".board-done").get_by_role("button", name="in room")
    done.click()
    expect(tablet.locator(".board-in_room")).to_contain_text("Abara, Ana")


@pytest.mark.parametrize("width", ["desktop", "tablet"])
def test_every_view_can_be_read_by_all(
    open_context: Callable[..., BrowserContext],
    log_in: Callable[..., None],
    cast: Cast,
    monday: date,
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    width: str,
):
    full_day(cast, monday)
    away(cast, monday + timedelta(days=2), starts_at=time(10), ends_at=time(12))
    page = open_context(**(TABLET | {"has_touch": True} if width == "tablet" else {})).new_page()
    with watched(page):
        log_in(page, cast.robin)
        for query in ("", "&view=week", "&view=arrivals"):
            page.goto(f"/calendar/?day={monday}{query}")
            axe(page)
            fits(page)
        page.goto(f"/calendar/?day={monday + timedelta(days=2)}")
        axe(page)


def test_on_paper_there_is_a_list_for_each_provider(page: Page, log_in: Callable[..., None], cast: Cast, monday: date):
    full_day(cast, monday)
    log_in(page, cast.robin)
    page.goto(f"/calendar/?day={monday}")
    page.emulate_media(media="print")
    expect(page.locator(".paper-day")).to_be_visible()
    expect(page.locator(".day-grid")).to_be_hidden()
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator(".paper-day h2")).to_have_count(2)
    expect(page.locator(".paper-day")).to_contain_text("Room 1")
    expect(page.locator(".paper-day")).not_to_contain_text("Migraine")
