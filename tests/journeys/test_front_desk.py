"""Robin at the front desk: find a due patient, log a call, book inside the window, see the row leave and come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from patients.models import Patient
from scheduling.models import Appointment, RecallAttempt
from tests.cast import Cast
from tests.journeys.conftest import WIDTHS
from tests.scheduling.made import booked, dated, moment, working
from treatments.models import TreatmentCourse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due(cast: Cast) -> TreatmentCourse:
    """Joye is due, others are overdue, opening and new; Dr Ito has a day with visits."""
    working(cast)
    today = cast.harbour.today()
    others = [("Ana", "Silva", 250), ("Otto", "Weiss", 80), ("Ruth", "Novak", 130)]
    for given, family, ago in others:
        patient = Patient.objects.create(
            given_name=given,
            family_name=family,
            birth_date=date(1970, 5, 5),
            site=cast.harbour,
            phone="+1 617 555 0100",
        )
        course = cast.course(patient=patient, condition="cervical_dystonia")
        dated(course, session_on=today - timedelta(days=ago))
    booked(
        cast,
        patient=patient,
        starts_at=moment(cast.harbour, days=0, at=time(0, 10)),
        minutes=15,
        override_reason="before hours",
        by=cast.ito,
    )
    return dated(cast.course(), session_on=today - timedelta(days=100))


@pytest.mark.parametrize("width", ["desktop", "tablet"])
def test_robin_calls_books_and_takes_it_back(
    due: TreatmentCourse,
    cast: Cast,
    open_context: Callable[..., BrowserContext],
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    width: str,
):
    page = open_context(**WIDTHS[width]).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    # Recalls is where the front desk lands.
    log_in(page, cast.robin)
    expect(page).to_have_url("/recalls/")
    row = page.locator(f"#course-{due.pk}")
    expect(row).to_contain_text("Koch, Joye")
    names = page.locator(".recall-name")
    expect(names.first).to_have_text("Silva, Ana")  # the most overdue first
    axe(page)
    fits(page)

    # In the list of those due.
    page.locator("[data-tab=due]").click()
    expect(page).to_have_url("/recalls/?tab=due")
    expect(names).to_have_count(2)

    # She logs a call: nobody there who would book now.
    row.get_by_role("link", name="Log call").click()
    form = page.locator(f"#row-form-{due.pk}")
    form.get_by_label("Note").fill("asked for a morning")
    axe(page)
    form.get_by_role("button", name="Agreed to book").click()
    expect(page.locator("#recall-said")).to_contain_text("Logged for Koch, Joye: agreed to book.")
    expect(row).to_contain_text("Agreed to book")

    # Two presses from row to booked.
    row.get_by_role("link", name="Book").click()
    side = page.locator("#side")
    expect(side).to_contain_text("First free times with Dr Kenji Ito")
    expect(side.get_by_label("Chronic migraine")).to_be_checked()
    axe(page)
    fits(page)
    side.locator("button[name=slot]").first.click()
    expect(page.locator("#recall-said")).to_contain_text("Booked: Koch, Joye")
    expect(row).to_have_count(0)
    expect(side).to_be_empty()
    expect(page.locator("[data-tab=due] .count")).to_have_text("1")
    axe(page)

    # And back, when the booking is taken back.
    page.get_by_role("button", name="Cancel this booking").click()
    expect(page.locator("#recall-said")).to_contain_text("Cancelled: Koch, Joye")
    expect(row).to_be_visible()
    expect(page.locator("[data-tab=due] .count")).to_have_text("2")

    assert errors == []
    appointment = Appointment.objects.get(patient=cast.joye)
    assert appointment.status == "cancelled"
    assert due.eligible_on <= appointment.on <= due.window_closes_on
    attempt = RecallAttempt.objects.get()
    assert (attempt.outcome_id, attempt.note, attempt.by) == ("agreed", "asked for a morning", cast.robin)


def test_the_keyboard_does_it_all(due: TreatmentCourse, cast: Cast, page: Page, log_in: Callable[..., None]):
    log_in(page, cast.robin)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_contain_text("Silva, Ana")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr.is-current")).to_contain_text("Silva, Ana")
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("tr.row-form").get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("tr.row-form")).to_have_count(0)
    page.keyboard.press("b")
    expect(page.locator("#side button[name=slot]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#recall-said")).to_contain_text("Booked: Silva, Ana")
    # The keys go on with the row that stands there now.
    expect(page.locator("tr.is-current")).not_to_contain_text("Silva, Ana")
    page.keyboard.press("c")
    expect(page.locator("tr.row-form button[name=outcome]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#recall-said")).to_contain_text("no answer")


def test_a_taken_time_is_said_in_the_panel(due: TreatmentCourse, cast: Cast, page: Page, log_in: Callable[..., None]):
    log_in(page, cast.robin)
    page.locator(f"#course-{due.pk}").get_by_role("link", name="Book").click()
    slot = page.locator("#side button[name=slot]").first
    expect(slot).to_be_visible()
    day, _, at = (slot.get_attribute("value") or "").partition("T")
    ahead = (date.fromisoformat(day) - cast.harbour.today()).days
    booked(
        cast,
        patient=cast.omar,
        site=cast.harbour,
        starts_at=moment(cast.harbour, days=ahead, at=time.fromisoformat(at)),
    )
    slot.click()
    expect(page.locator("#side")).to_contain_text("with another patient")
    expect(page.locator(f"#course-{due.pk}")).to_be_visible()
    page.locator("#side button[name=slot]").first.click()
    expect(page.locator("#recall-said")).to_contain_text("Booked: Koch, Joye")


@pytest.mark.parametrize("width", ["desktop", "tablet"])
def test_the_day_and_its_presses(
    due: TreatmentCourse,
    cast: Cast,
    open_context: Callable[..., BrowserContext],
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    width: str,
):
    page = open_context(**WIDTHS[width]).new_page()
    log_in(page, cast.robin)
    page.goto("/calendar/")
    axe(page)
    fits(page)
    page.get_by_role("link", name="Arrivals").click()
    expect(page.locator("li.arrival")).to_have_count(1)
    page.get_by_role("button", name="arrived", exact=True).click()
    expect(page.locator("[aria-pressed=true]")).to_have_text("arrived")
    axe(page)
    fits(page)
    page.locator("li.arrival a").first.click()
    expect(page.locator("h1")).to_contain_text("00:10-00:25")
    axe(page)
    fits(page)
    page.goto(f"/appointments/new/?patient={cast.joye.pk}")
    axe(page)
    fits(page)


def test_without_scripts_robin_books_too(
    due: TreatmentCourse,
    cast: Cast,
    browser: Browser,
    open_context: Callable[..., BrowserContext],
    log_in: Callable[..., None],
):
    page = open_context(java_script_enabled=False).new_page()
    log_in(page, cast.robin)
    page.locator(f"#course-{due.pk}").get_by_role("link", name="Book").click()
    expect(page.locator("h1")).to_have_text("Book an appointment")
    page.locator("button[name=slot]").first.click()
    expect(page.locator("#recall-said")).to_contain_text("Booked: Koch, Joye")
    expect(page.locator(f"#course-{due.pk}")).to_have_count(0)
    page.get_by_role("button", name="Cancel this booking").click()
    expect(page.locator(f"#course-{due.pk}")).to_be_visible()
