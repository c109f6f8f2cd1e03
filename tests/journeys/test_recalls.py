"""A morning at the telephone: thirty calls by keyboard; two people on the same list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from patients.models import Patient
from scheduling.actions.recalls import snooze
from scheduling.models import RecallAttempt, RecallClaim, RecallHold
from tests.cast import Cast
from tests.journeys.conftest import WIDTHS
from tests.scheduling.made import dated
from treatments.models import TreatmentCourse

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = 30  # a morning


def due_courses(cast: Cast, count: int) -> list[TreatmentCourse]:
    """So many patients whose windows close one after the other, a day apart."""
    today = cast.harbour.today()
    made = []
    for number in range(count):
        patient = Patient.objects.create(
            given_name="Ana",
            family_name=f"Number{number:02}",
            birth_date=date(1970, 5, 5),
            site=cast.harbour,
            phone=f"+1 617 555 01{number:02}",
            language="Spanish" if number % 3 == 0 else "",
        )
        made.append(dated(cast.course(patient=patient), session_on=today - timedelta(days=240 - number)))
    return made


def test_a_morning_of_calls_by_keyboard(cast: Cast, page: Page, log_in: Callable[..., None]):
    """No answer, voicemail and so on; one is put away, one is closed again; the focus goes on with the next row."""
    courses = due_courses(cast, CALLS + 3)
    log_in(page, cast.robin)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_contain_text("Number00")

    def call(digit: str, name: str, said: str) -> None:
        expect(page.locator("tr.is-current")).to_contain_text(name)
        page.keyboard.press("c")
        expect(page.locator("tr.row-form button[name=outcome]").first).to_be_focused()
        page.keyboard.press(digit)
        expect(page.locator(f"[data-digit='{digit}']")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#recall-live")).to_contain_text(f"{name}, Ana: {said}")
        expect(page.locator("tr.row-form")).to_have_count(0)

    said = {"1": "no answer", "2": "left a voicemail", "3": "will call back"}
    for number in range(CALLS):
        digit = str(number % 3 + 1)
        call(digit, f"Number{number:02}", said[digit])
    assert RecallAttempt.objects.count() == CALLS
    assert not RecallClaim.objects.exists()

    # One opened and closed again is no call, and nobody else is kept from it.
    page.keyboard.press("c")
    expect(page.locator("tr.row-form button[name=outcome]").first).to_be_focused()
    with page.expect_response("**/release/"):
        page.keyboard.press("Escape")
    expect(page.locator("tr.is-current")).to_be_focused()
    assert not RecallClaim.objects.exists()

    page.keyboard.press("s")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("on holiday")
    page.keyboard.press("Enter")
    expect(page.locator("#recall-live")).to_contain_text("is back on the list")
    expect(page.locator("tr.is-current")).to_contain_text(f"Number{CALLS + 1}")
    assert RecallHold.objects.get().course == courses[CALLS]


@pytest.mark.parametrize("width", ["desktop", "tablet"])
def test_two_people_on_one_list(
    cast: Cast,
    open_context: Callable[..., BrowserContext],
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    width: str,
):
    course = due_courses(cast, 2)[0]
    robin, ito = (open_context(**WIDTHS[width]).new_page() for _ in range(2))
    log_in(robin, cast.robin)
    log_in(ito, cast.ito)
    ito.goto("/recalls/")
    expect(ito.locator(f"#claim-{course.pk}")).to_be_empty()
    row = robin.locator(f"#course-{course.pk}")
    box = row.bounding_box()
    assert box is not None
    assert box["height"] <= 56, "a screen shows a dozen patients"
    if width == "tablet":
        for action in ("book", "log", "hold", "why"):
            target = row.locator(f"[data-act={action}]").bounding_box()
            assert target is not None
            assert min(target["width"], target["height"]) >= 40, f"a finger meets {action}"
    number = row.locator(".recall-reach .num")
    assert number.evaluate("one => one.scrollWidth <= one.clientWidth + 1"), "a number to call stands whole"
    robin.locator(f"#course-{course.pk}").get_by_role("link", name="Log call").click()
    expect(robin.locator("tr.row-form button[name=outcome]").first).to_be_visible()
    axe(robin)
    fits(robin)

    # The open list asks by itself; here at once.
    ito.evaluate(
        "window.htmx.ajax('GET', document.querySelector('[data-changes]').getAttribute('hx-get'), {swap: 'none'})"
    )
    expect(ito.locator(f"#claim-{course.pk}")).to_contain_text("Robin Vale is calling this patient since")
    ito.locator(f"#course-{course.pk}").get_by_role("link", name="Log call").click()
    form = ito.locator("tr.row-form")
    expect(form).to_contain_text("Robin Vale is calling Number00, Ana since")
    expect(form.locator("button[name=outcome]")).to_have_count(0)
    axe(ito)
    fits(ito)
    form.get_by_role("button", name="Take over").click()
    expect(ito.locator("tr.row-form button[name=outcome]").first).to_be_focused()

    # Robin is told, and what Robin entered is kept.
    robin.locator("tr.row-form").get_by_label("Note").fill("rang twice")
    robin.locator("tr.row-form").get_by_role("button", name="No answer").click()
    expect(robin.locator("tr.row-form")).to_contain_text("Dr Kenji Ito is calling Number00, Ana since")
    expect(robin.locator("tr.row-form")).to_contain_text("rang twice")
    robin.get_by_role("button", name="Log it all the same").click()
    expect(robin.locator("#recall-said")).to_contain_text("no answer")

    # Why the dates are what they are, and the filters.
    second = robin.locator("tr[data-course]").first
    second.locator("[data-act=why]").click()
    expect(robin.locator(".recall-why")).to_contain_text("First allowed day")
    axe(robin)
    fits(robin)
    robin.locator("[data-close-row]").click()
    robin.get_by_text("More filters").click()
    robin.get_by_label("Language").focus()
    robin.get_by_label("Language").select_option("none")
    expect(robin.locator(".recall-narrowing")).to_contain_text("Language: Not recorded")
    expect(robin.locator("#id_language")).to_be_focused()
    axe(robin)
    fits(robin)


def test_a_second_filter_chosen_before_the_first_has_answered_counts_too(
    cast: Cast, page: Page, log_in: Callable[..., None]
):
    due_courses(cast, 2)
    log_in(page, cast.robin)
    page.goto("/recalls/")
    page.route("**/recalls/?tab=*", lambda route: (page.wait_for_timeout(600), route.continue_()))
    page.get_by_label("Provider").select_option(label=str(cast.ito))
    page.get_by_label("Order").select_option("name")
    expect(page).to_have_url(re.compile(r"sort=name&provider=\d+$"))
    expect(page.get_by_label("Provider", exact=True)).to_have_value(str(cast.ito.pk))


@pytest.mark.parametrize("size", [WIDTHS["tablet"], {"width": 1100, "height": 820}])
def test_every_row_of_a_tablet_is_as_high_as_the_next(
    cast: Cast, open_context: Callable[..., BrowserContext], log_in: Callable[..., None], size: dict[str, int]
):
    """Whatever is said in it: a long name, a letter to write, another language, a reason of many words."""
    first, second, third, *_ = due_courses(cast, 6)
    Patient.objects.filter(pk=first.patient_id).update(family_name="O'Shaughnessy", given_name="Amir")
    Patient.objects.filter(pk=second.patient_id).update(preferred_channel="text", language="Vietnamese")
    for course, reason in ((second, "On holiday."), (third, "Insurance changes next month; asks to be called " * 3)):
        until = cast.harbour.today() + timedelta(days=40)
        snooze(course=course, until=until, reason=reason[:200], by=cast.robin, now=timezone.now())
    page = open_context(**size).new_page()
    log_in(page, cast.robin)
    for tab, count in (("", 4), ("?tab=hidden", 2)):
        page.goto(f"/recalls/{tab}")
        rows = page.locator("tr[data-course]")
        expect(rows).to_have_count(count)
        heights = rows.evaluate_all("rows => rows.map((row) => Math.round(row.getBoundingClientRect().height))")
        assert set(heights) == {56}, tab
        starts = "(one) => Math.round(one.getBoundingClientRect().left)"
        cell, button = page.locator(".recall-actions").first, page.locator(".recall-actions .btn").first
        inside = button.evaluate(starts) >= cell.evaluate(starts)
        assert inside, "no button lies over the words beside it"
