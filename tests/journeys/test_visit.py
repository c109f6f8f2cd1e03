"""The vials and the visit's details on the charting page with its scripts: one press each, saved as it is pressed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.cast import Cast
from tests.treatments.charted import ready, signed, vials_in_stock
from treatments.actions.sessions import start_session
from treatments.forms.session import AFTERCARE
from treatments.models import InjectionSession

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., None]
Check = Callable[[Page], None]


@pytest.fixture
def draft(cast: Cast) -> InjectionSession:
    vials_in_stock(cast, 3, units=100)
    ready(cast, cast.joye, on=cast.harbour.today())
    return start_session(
        patient=cast.joye, site=cast.harbour, courses=[cast.course()], on=cast.harbour.today(), by=cast.ito
    )


def open_chart(page: Page, cast: Cast, draft: InjectionSession, log_in: LogIn) -> None:
    log_in(page, cast.ito)
    page.goto(f"/sessions/{draft.pk}/chart/")


def saved(page: Page) -> None:
    expect(page.locator("#charting-status")).to_contain_text("Draft saved")


def pill(page: Page, group: str, words: str) -> Locator:
    return page.locator(f"[data-pills={group}] label", has_text=words)


def with_vials(page: Page) -> None:
    page.get_by_role("button", name="PREEMPT 31").click()
    expect(page.locator("#charting-totals")).to_contain_text("155 U")
    page.select_option("#id_dilution", "200:4")
    page.locator("#vial-suggestion button").click()
    expect(page.locator("[data-vial]")).to_have_count(2)
    expect(page.locator("#ledger-total")).to_contain_text("155 given + 45 discarded = 200 U opened")


def test_one_press_reconstitutes_and_the_clock_runs(
    page: Page, cast: Cast, draft: InjectionSession, log_in: LogIn
) -> None:
    open_chart(page, cast, draft, log_in)
    with_vials(page)
    # Who is named for one vial stands for those still to be made ready; oneself at no press at all.
    page.locator(".ledger-more summary").first.click()
    page.select_option("[name=mixings-0-by]", str(cast.okafor.pk))
    expect(page.locator("[name=mixings-1-by]")).to_have_value(str(cast.okafor.pk))
    page.locator("[name=mixings-1-by]").evaluate("by => by.value = ''")
    page.get_by_role("button", name="All reconstituted now").click()
    expect(page.locator("[data-use-by]")).to_have_count(2)
    expect(page.locator("[data-use-by]").first).to_contain_text("h left")
    expect(page.locator(".ledger-mix").first).to_contain_text(f"2 mL by {cast.okafor}")
    expect(page.locator(".ledger-mix").last).to_contain_text("2 mL by Dr Kenji Ito")
    assert [use.reconstituted_by for use in draft.vial_uses.all()] == [cast.okafor, cast.ito]
    # The time of the site, whatever the browser's zone, and it stays through later changes.
    at = [use.reconstituted_at for use in draft.vial_uses.all()]
    page.locator("[data-site] [data-field=units]").first.fill("10")
    expect(page.locator("#ledger-total")).to_contain_text("160 given + 40 discarded")
    assert [use.reconstituted_at for use in draft.vial_uses.all()] == at
    page.reload()
    expect(page.locator("[data-use-by]")).to_have_count(2)


def test_a_wrong_time_opens_its_fields_and_says_why(
    page: Page, cast: Cast, draft: InjectionSession, log_in: LogIn
) -> None:
    open_chart(page, cast, draft, log_in)
    with_vials(page)
    page.locator(".ledger-more summary").first.click()
    page.locator("input[name=mixings-0-at]").fill("2999-01-01T10:00")
    expect(page.locator("#charting-status")).to_contain_text("without the marked field")
    expect(page.locator(".ledger-more").first).to_contain_text("This time is still to come.")
    # The rest is saved, and what was typed stays in its field through later saves.
    with page.expect_response(lambda answer: "Tender" in (answer.request.post_data or "")):
        page.locator("[name=notes]").fill("Tender on the left.")
    draft.refresh_from_db()
    expect(page.locator("#id_version")).to_have_value(str(draft.version))
    assert draft.notes == "Tender on the left."
    expect(page.locator("input[name=mixings-0-at]")).to_have_value("2999-01-01T10:00")
    page.locator("input[name=mixings-0-at]").fill("")
    saved(page)


def test_each_detail_is_one_press(
    tablet: Page, cast: Cast, draft: InjectionSession, log_in: LogIn, fits: Check
) -> None:
    open_chart(tablet, cast, draft, log_in)
    expect(tablet.locator("input[name=last_response][value=first]")).to_be_checked()
    for group, words in (("guidance", "EMG"), ("numbing", "Ice"), ("complication", "Faint"), ("bleeding", "Minor")):
        reason = tablet.locator(f"[data-pills={group}] .visit-note")
        if reason.count():
            expect(reason).to_be_hidden()
        pill(tablet, group, words).first.tap()
        if reason.count():
            expect(reason).to_be_visible()
    tablet.locator(".pills-scale label").nth(3).tap()
    tablet.get_by_text("Aftercare explained").tap()
    expect(tablet.locator("#id_aftercare_note")).to_have_value(AFTERCARE)
    tablet.get_by_text("Medication guide given").tap()
    tablet.locator("[data-now]").first.tap()
    tablet.wait_for_timeout(600)
    saved(tablet)
    draft.refresh_from_db()
    assert (draft.guidance, draft.numbing, draft.complication, draft.bleeding) == ("emg", "ice", "faint", "minor")
    assert (draft.discomfort, draft.aftercare_note, draft.medication_guide_given) == (3, AFTERCARE, True)
    assert draft.started_at is not None
    fits(tablet)
    # Pressed again, an answer is taken back where none is an answer too.
    tablet.locator(".pills-scale label").nth(3).tap()
    tablet.wait_for_timeout(600)
    saved(tablet)
    draft.refresh_from_db()
    assert draft.discomfort is None


def test_the_first_site_brings_the_time_it_started(
    page: Page, cast: Cast, draft: InjectionSession, log_in: LogIn
) -> None:
    open_chart(page, cast, draft, log_in)
    expect(page.locator("#id_started_at")).to_have_value("")
    page.get_by_role("button", name="PREEMPT 31").click()
    expect(page.locator("#id_started_at")).not_to_have_value("")


def test_same_as_last_time_proposes_guidance_and_numbing(page: Page, cast: Cast, log_in: LogIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    signed(
        cast,
        course,
        on=today - timedelta(days=90),
        guidance="emg",
        guidance_reason="depth",
        numbing="ice",
        discomfort=6,
    )
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    open_chart(page, cast, session, log_in)
    pill(page, "numbing", "Topical").first.click()
    page.get_by_role("button", name="Same as last time").click()
    expect(page.locator("input[name=guidance][value=emg]")).to_be_checked()
    expect(page.locator("#id_guidance_reason")).to_have_value("depth")
    expect(page.locator("input[name=numbing][value=topical]")).to_be_checked()
    expect(page.locator("input[name=discomfort]:checked")).to_have_count(0)


def test_vials_then_the_visit_then_the_findings_on_a_tablet(
    tablet: Page, cast: Cast, draft: InjectionSession, log_in: LogIn
) -> None:
    open_chart(tablet, cast, draft, log_in)

    def top(selector: str) -> float:
        box = tablet.locator(selector).bounding_box()
        assert box
        return box["y"]

    order = [".charting-maps", ".sites-scroll", "#vials-panel", ".visit", "#findings", ".charting-side > .cluster"]
    assert [top(selector) for selector in order] == sorted(top(selector) for selector in order)


def test_everybody_can_read_it(
    open_context: Callable[..., BrowserContext], cast: Cast, draft: InjectionSession, log_in: LogIn, axe: Check
) -> None:
    # Not watched: axe itself sets styles that the content security policy refuses.
    page = open_context().new_page()
    open_chart(page, cast, draft, log_in)
    with_vials(page)
    pill(page, "guidance", "EMG").first.click()
    page.locator(".ledger-more summary").first.click()
    axe(page)
