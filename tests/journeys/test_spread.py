"""Rule R13 as people meet it: a swallowing answer, the emergency words at once, the event on My day, and Seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.outcomes.cycles import Visit, sign
from treatments.models import AdverseEvent, FollowUp

pytestmark = pytest.mark.django_db(transaction=True)
EMERGENCY = "call 911 or go to the nearest emergency department now"


@pytest.fixture
def follow_up(cast: Cast) -> FollowUp:
    """Two weeks after a session for cervical dystonia, due today."""
    today = cast.harbour.today()
    course = cast.course(condition="cervical_dystonia")
    visit = Visit(course, today - timedelta(days=14), cast.ito)
    sign([visit], cast)
    return FollowUp.objects.create(
        course=course, session=visit.session, step="onset", name="Week 2 contact", due_on=today, purpose="Spread."
    )


def tab_to(page: Page, selector: str, *, most: int = 90) -> None:
    """Press Tab until that control has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"{selector} is not reached by Tab", pytrace=False)


def shot(page: Page, name: str) -> None:
    """A picture of the page, where somebody asked for pictures."""
    if folder := os.environ.get("CADENCE_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_swallowing_answer_is_an_emergency_at_once_and_an_event_until_it_is_seen(
    open_context: Callable[..., Any],
    cast: Cast,
    follow_up: FollowUp,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits_everywhere: Callable[[Page], None],
) -> None:
    page = open_context(bypass_csp=True).new_page()
    log_in(page, cast.ito)
    page.goto(f"/follow-ups/{follow_up.pk}/")
    words = page.locator("[data-spread-danger]")
    expect(words).to_be_hidden()

    # When she answers with the keyboard that swallowing is hard, the words stand there before anything is sent.
    tab_to(page, "input[name=spread_dysphagia]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=spread_dysphagia][value=yes]")).to_be_checked()
    expect(words).to_be_visible()
    expect(words).to_contain_text(EMERGENCY)
    expect(page.locator("input[name=adverse_event][value=yes]")).to_be_checked()
    axe(page)
    fits_everywhere(page)
    shot(page, "follow-up")

    # Without the first day it is refused, and the answer is kept.
    page.keyboard.press("Enter")
    expect(page.get_by_text("Say on which day it began.")).to_be_visible()
    expect(page.locator("input[name=spread_dysphagia][value=yes]")).to_be_checked()
    expect(page.locator("[data-spread-danger]")).to_be_visible()
    tab_to(page, "input[name=event_onset_on]")
    page.keyboard.type((cast.harbour.today() - timedelta(days=3)).strftime("%m%d%Y"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Week 2 contact recorded.")).to_be_visible()
    expect(page.get_by_text(EMERGENCY)).to_be_visible()
    event = AdverseEvent.objects.get()
    assert (event.triage, event.provider_id, event.words) == ("danger", cast.ito.pk, "Trouble swallowing")

    # Then it stands on My day, and its page says the emergency words first.
    page.goto("/my-day/")
    expect(page.get_by_role("heading", name="Adverse events nobody has seen 1")).to_be_visible()
    axe(page)
    fits_everywhere(page)
    shot(page, "my-day")
    tab_to(page, f'main a[href$="/{event.pk}/"]')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Trouble swallowing")).to_be_visible()
    expect(page.get_by_text(EMERGENCY)).to_be_visible()
    axe(page)
    fits_everywhere(page)
    shot(page, "event")

    # When she presses Seen, it leaves My day and stays open on the record.
    tab_to(page, 'form[action$="/seen/"] button')
    page.keyboard.press("Enter")
    expect(page.get_by_text("Seen. It stays open until it is written down as recovered.")).to_be_visible()
    expect(page.get_by_text("Adverse events nobody has seen")).to_have_count(0)
    event.refresh_from_db()
    assert (event.seen_by_id, event.outcome) == (cast.ito.pk, "ongoing")
