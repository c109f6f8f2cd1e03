"""A course begins with its evaluation, written at the desk and on the tablet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast
from treatments.models import Evaluation


@pytest.mark.parametrize("width", ["page", "tablet"])
def test_a_provider_starts_a_course_and_evaluates_it(
    width: str,
    request: pytest.FixtureRequest,
    cast: Cast,
    live_server: Any,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    transactional_db: None,
) -> None:
    page: Page = request.getfixturevalue(width)
    log_in(page, cast.ito)
    page.goto(f"/patients/{cast.joye.pk}/courses/new/")
    page.get_by_label("Condition").select_option(label="Chronic migraine")
    page.get_by_role("button", name="Start the course").click()

    # The clear next step, in one press.
    page.locator(".page-actions").get_by_role("link", name="Write the evaluation").click()
    axe(page)
    fits(page)
    page.get_by_label("Symptoms").fill("Headache on most days.")
    page.get_by_role("button", name="Save the evaluation").click()
    # What is missing is said beside its field, and what was typed is there.
    expect(page.get_by_text("This field is required.")).to_have_count(3)
    expect(page.get_by_label("Symptoms")).to_have_value("Headache on most days.")
    axe(page)

    page.get_by_label("Suitable", exact=True).check()
    page.get_by_label("Why").fill("Two preventives failed.")
    page.get_by_label("Goals").fill("Work a full week")
    page.get_by_role("button", name="All said").click()
    for words in ("days to two weeks", "three to six months", "may be partial", "when to seek help"):
        expect(page.get_by_label(words)).to_be_checked()
    page.get_by_role("button", name="Save the evaluation").click()

    expect(page.get_by_role("heading", name="Evaluation", exact=True)).to_be_visible()
    axe(page)
    fits(page)
    evaluation = Evaluation.objects.get()
    assert (evaluation.goals, evaluation.told_risks) == ("Work a full week", True)
    page.get_by_role("link", name="Chronic migraine").click()
    expect(page.locator("#evaluations-head")).to_be_visible()
    expect(page.locator(".page-actions").get_by_role("button", name="Start session")).to_be_visible()


def test_what_was_typed_is_not_left_behind_unasked(cast: Cast, page: Page, log_in: Callable[..., None]) -> None:
    course = cast.course()
    log_in(page, cast.ito)
    page.goto(f"/courses/{course.pk}/evaluations/new/")
    page.get_by_label("Symptoms").fill("Headache on most days.")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    # A treatment tried before is entered on a page of its own.
    page.get_by_role("link", name="Add a tried treatment").click(no_wait_after=True)
    expect(page.get_by_label("Symptoms")).to_have_value("Headache on most days.")
    page.get_by_role("button", name="Save the evaluation").click()
    expect(page.get_by_text("This field is required.")).to_have_count(3)
    page.get_by_label("Suitable", exact=True).check()
    page.get_by_label("Why").fill("Two preventives failed.")
    page.get_by_label("Goals").fill("Work a full week")
    page.get_by_role("button", name="Save the evaluation").click()
    expect(page.get_by_text("The evaluation is saved.")).to_be_visible()
    assert asked == ["beforeunload"]
