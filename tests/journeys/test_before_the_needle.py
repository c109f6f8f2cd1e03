"""Before the needle: the screening in few presses, the tablet in a patient's hands, a consent signed on the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from patients.models import Consent, Medication, Screening
from patients.rules.screening import QUESTIONS
from patients.rules.signature import clean_signature
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]


class Presses:
    """Counts what a hand does: each press on the page goes through here."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def on(self, role: str, name: str) -> None:
        self.count += 1
        self.page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]

    def label(self, question: str, answer: str) -> None:
        self.count += 1
        self.page.get_by_role("radiogroup", name=question).get_by_role("radio", name=answer).check()


def test_a_screening_with_nothing_unusual_is_three_presses_from_the_chart(
    cast: Cast, page: Page, log_in: LogIn, axe: Check, fits: Check
):
    cast.course()
    log_in(page, cast.ito)
    page.goto(f"/patients/{cast.joye.pk}/")
    expect(page.locator(".before-list")).to_contain_text("not asked today")
    axe(page)
    fits(page)
    presses = Presses(page)
    presses.on("link", "Ask the screening")
    axe(page)
    fits(page)
    presses.on("button", "All no")
    expect(page.locator("[data-count]")).to_have_text(f"{len(QUESTIONS)} of {len(QUESTIONS)} answered")
    presses.on("button", "Save the screening")
    expect(page.locator(".before-list")).to_contain_text("asked today, nothing to look at")
    print(f"screening, nothing unusual: {presses.count} presses")
    assert presses.count == 3
    presses.on("link", "Read the screening of today")
    axe(page)


def test_two_answers_that_differ_are_two_presses_more(cast: Cast, tablet: Page, log_in: LogIn, axe: Check, fits: Check):
    Medication.objects.create(patient=cast.joye, drug_class="anticoagulant", name="apixaban", noted_by=cast.ito)
    log_in(tablet, cast.ito)
    tablet.goto(f"/patients/{cast.joye.pk}/screenings/new/")
    expect(tablet.locator("[data-question=anticoagulants]")).to_contain_text("on file")
    presses = Presses(tablet)
    presses.on("button", "All no")
    presses.label("Anticoagulant, antiplatelet or bleeding disorder", "Yes")
    tablet.get_by_label("Note: Anticoagulant, antiplatelet or bleeding disorder").fill("apixaban 5 mg")
    presses.label("Heart disease", "Not sure")
    axe(tablet)
    fits(tablet)
    presses.on("button", "Save the screening")
    expect(tablet.locator(".notices")).to_contain_text("2 answers need a look")
    print(f"screening, two answers differ: {presses.count} presses and a note")
    assert presses.count == 4
    row = Screening.objects.get()
    assert row.answers["anticoagulants"] == {"answer": "yes", "note": "apixaban 5 mg"}
    assert row.answers["cardiac"]["answer"] == "unsure"


def test_the_screening_by_keyboard_alone(cast: Cast, page: Page, log_in: LogIn):
    log_in(page, cast.ito)
    page.goto(f"/patients/{cast.joye.pk}/screenings/new/")
    page.locator("input[name=answer_hypersensitivity]").first.focus()
    for place in range(len(QUESTIONS)):
        if place == 12:
            # A yes leads into its note, and Tab from there to the next question.
            page.keyboard.press("y")
            page.keyboard.type("stent 2019")
            page.keyboard.press("Tab")
        else:
            page.keyboard.press("n")
    expect(page.get_by_role("button", name="Save the screening")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".notices")).to_contain_text("1 answer needs a look")
    assert Screening.objects.get().answers["cardiac"] == {"answer": "yes", "note": "stent 2019"}


def test_what_has_no_answer_is_shown_and_taken_up(cast: Cast, page: Page, log_in: LogIn, axe: Check):
    log_in(page, cast.ito)
    page.goto(f"/patients/{cast.joye.pk}/screenings/new/")
    page.get_by_role("button", name="Save the screening").click()
    expect(page.get_by_role("alert")).to_contain_text("Some questions have no answer yet")
    axe(page)
    page.get_by_role("button", name="All no").click()
    page.get_by_role("button", name="Save the screening").click()
    expect(page.locator(".notices")).to_contain_text("nothing to look at")


def test_the_tablet_in_a_patients_hands_opens_nothing_else(
    cast: Cast, tablet: Page, log_in: LogIn, axe: Check, fits: Check
):
    # Robin hands it over,
    log_in(tablet, cast.robin)
    tablet.goto(f"/patients/{cast.joye.pk}/")
    tablet.get_by_role("link", name="Tablet: hand it to the patient").tap()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Hand over the tablet")
    axe(tablet)
    fits(tablet)
    tablet.get_by_role("button", name="Start and hand over").tap()

    # Joye answers, one press a question; nothing but the first name is hers to see by others.
    expect(tablet.locator("body")).to_contain_text(f"Joye, question 1 of {len(QUESTIONS)}")
    assert "Koch" not in tablet.content()
    axe(tablet)
    fits(tablet)
    taps = 0
    for number in range(1, len(QUESTIONS) + 1):
        expect(tablet.locator("body")).to_contain_text(f"question {number} of")
        tablet.get_by_role("button", name="Yes" if number == 13 else "No", exact=True).tap()
        taps += 1
        if number == 13:
            expect(tablet.get_by_role("heading")).to_have_text("Can you say more?")
            axe(tablet)
            tablet.get_by_label("Can you say more?").fill("a stent")
            tablet.get_by_role("button", name="Next").tap()
            taps += 1
        if number == 5:
            tablet.get_by_role("link", name="Back", exact=True).tap()
            expect(tablet.locator("body")).to_contain_text("question 5 of")
            expect(tablet.locator("[aria-current=true]")).to_have_text("No")
            tablet.get_by_role("button", name="No", exact=True).tap()

    # She tries other ways out: an address, and the browser's own Back.
    expect(tablet.get_by_role("heading")).to_have_text("Are these your answers?")
    check = tablet.url
    tablet.goto(f"/patients/{cast.joye.pk}/")
    expect(tablet.get_by_role("heading")).to_have_text("Please hand the tablet back.")
    axe(tablet)
    assert "Koch" not in tablet.content()
    while tablet.go_back() is not None:
        assert "Koch" not in tablet.content()
    assert "Koch" not in tablet.content()
    assert "Record number" not in tablet.content()

    tablet.goto(check)
    expect(tablet.get_by_role("heading")).to_have_text("Are these your answers?")
    axe(tablet)
    fits(tablet)
    tablet.get_by_role("button", name="Yes, send them").tap()
    taps += 1
    expect(tablet.get_by_role("heading")).to_have_text("Thank you. Please hand the tablet back.")
    axe(tablet)
    print(f"screening on the tablet, one yes: {taps} taps")
    assert taps == len(QUESTIONS) + 2

    # Robin has it again.
    tablet.get_by_label("For staff: password of Robin Vale").fill("guessed")
    tablet.get_by_role("button", name="Unlock").tap()
    expect(tablet.get_by_role("alert")).to_have_text("This password is wrong.")
    tablet.get_by_label("For staff: password of Robin Vale").fill(PASSWORD)
    tablet.get_by_role("button", name="Unlock").tap()
    expect(tablet.locator(".before-list")).to_contain_text("answered today")
    row = Screening.objects.get()
    assert (row.by_patient, row.recorded_by) == (True, cast.robin)
    assert row.answers["cardiac"] == {"answer": "yes", "note": "a stent"}


def draw(page: Page) -> None:
    """A line with the mouse, up and down across the field."""
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    places = [(0.1, 0.6), (0.2, 0.2), (0.3, 0.7), (0.45, 0.3), (0.6, 0.7), (0.85, 0.4)]
    page.mouse.move(box["x"] + places[0][0] * box["width"], box["y"] + places[0][1] * box["height"])
    page.mouse.down()
    for x, y in places[1:]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
    page.mouse.up()


def draw_by_finger(page: Page) -> None:
    """The same with a finger: what the browser's own touch input sends."""
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)

    def at(x: float, y: float) -> list[dict[str, float]]:
        return [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}]

    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(0.1, 0.6)})
    for step in range(1, 30):
        place = at(0.1 + 0.025 * step, 0.6 - 0.3 * (step % 6) / 6)
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": place})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    # A tap right behind so fast a stroke only stops the fling that the browser sees in it.
    page.wait_for_timeout(1000)


def test_a_consent_is_signed_with_the_mouse_read_and_withdrawn(
    cast: Cast, page: Page, log_in: LogIn, axe: Check, fits: Check
):
    cast.course()
    log_in(page, cast.robin)
    page.goto(f"/patients/{cast.joye.pk}/")
    page.get_by_role("link", name="Sign a consent").click()
    axe(page)
    fits(page)
    # Without a line it is not taken, and nothing that was typed is lost.
    page.get_by_label("Name of who signs").fill("Joye A. Koch")
    page.get_by_role("button", name="Save the consent").click()
    expect(page.get_by_role("alert")).to_have_text("The signature is missing.")
    expect(page.get_by_label("Name of who signs")).to_have_value("Joye A. Koch")
    axe(page)
    draw(page)
    page.get_by_role("button", name="Clear").click()
    assert page.locator("input[name=signature]").input_value() == ""
    draw(page)
    page.get_by_role("button", name="Save the consent").click()
    expect(page.locator(".notices")).to_contain_text("Consent signed.")
    row = Consent.objects.get()
    assert (row.signer_name, row.method, row.conditions) == ("Joye A. Koch", "screen", ["chronic_migraine"])
    assert clean_signature(row.signature) == row.signature

    page.get_by_role("link", name="Read the consent").click()
    line = page.locator(".signature-line path").bounding_box()
    assert line is not None
    assert line["width"] > 100
    axe(page)
    fits(page)
    page.get_by_text("The patient withdraws it").click()
    page.get_by_label("Why it is withdrawn").fill("is pregnant")
    page.get_by_role("button", name="Withdraw the consent").click()
    expect(page.locator("main")).to_contain_text("Withdrawn on")
    axe(page)


def test_a_consent_is_signed_with_a_finger(cast: Cast, tablet: Page, log_in: LogIn, axe: Check, fits: Check):
    cast.course(condition="tmj_bruxism")
    log_in(tablet, cast.robin)
    tablet.goto(f"/patients/{cast.joye.pk}/consents/new/")
    expect(tablet.locator("main")).to_contain_text("Use outside the label")
    axe(tablet)
    fits(tablet)
    draw_by_finger(tablet)
    tablet.get_by_role("button", name="Save the consent").tap()
    expect(tablet.locator(".notices")).to_contain_text("Consent signed.")
    row = Consent.objects.get()
    assert row.form.covers_off_label
    assert row.signature.count("Q") > 5


def test_without_javascript_it_is_signed_on_paper(
    cast: Cast, open_context: Callable[..., object], log_in: LogIn, axe: Check
):
    cast.course()
    page = open_context(java_script_enabled=False).new_page()  # type: ignore[attr-defined]
    log_in(page, cast.robin)
    page.goto(f"/patients/{cast.joye.pk}/consents/new/")
    expect(page.locator("main")).to_contain_text("Signing on the screen needs JavaScript.")
    page.get_by_role("radio", name="Signed on paper").check()
    page.get_by_role("button", name="Save the consent").click()
    expect(page.locator(".notices")).to_contain_text("Consent signed.")
    assert Consent.objects.get().method == "paper"


def test_the_small_forms_and_the_forms_to_sign(cast: Cast, page: Page, log_in: LogIn, axe: Check, fits: Check):
    cast.course()
    log_in(page, cast.ito)
    chart = f"/patients/{cast.joye.pk}/"
    for path in ("tried-treatments/new/", "weights/new/", "coverages/new/"):
        page.goto(chart + path)
        axe(page)
        fits(page)
    page.get_by_label("Payer and plan").fill("Northfield Health")
    page.get_by_label("The payer wants a prior authorisation").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".before-list")).to_contain_text("needed, none in date")
    page.locator(".before-list").get_by_role("link", name="Add a prior authorisation").click()
    axe(page)
    fits(page)

    page.context.clear_cookies()
    log_in(page, cast.ada)
    page.goto("/consent-forms/")
    axe(page)
    fits(page)
    page.get_by_role("link", name="Change Botulinum toxin treatment", exact=True).click()
    axe(page)
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator(".notices")).to_contain_text("Version 2 is the one to sign")
