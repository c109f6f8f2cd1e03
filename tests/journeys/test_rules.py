"""A provider reads what the rules rest on, and confirms a number against the label."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast
from treatments.models import LabelConfirmation

pytestmark = pytest.mark.django_db(transaction=True)


def test_he_confirms_a_number_and_reads_the_rule_behind_a_finding(
    open_context: Callable[..., Any],
    cast: Cast,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits_everywhere: Callable[[Page], None],
) -> None:
    page = open_context(bypass_csp=True).new_page()
    log_in(page, cast.ito)

    # Given he opens the numbers of Dysport that nobody has confirmed yet.
    page.get_by_role("link", name="Rules").click()
    page.get_by_role("link", name="Not confirmed").click()
    dysport = page.locator("#abobotulinumtoxinA")
    row = dysport.get_by_role("row").filter(has_text="Adult cervical dystonia")
    expect(row).to_contain_text("1000 U")
    axe(page)
    fits_everywhere(page)

    # When he forgets to say which label he read, it is said and what he ticked stays.
    row.get_by_role("checkbox").check()
    dysport.get_by_role("button", name="Confirm the ticked numbers").click()
    expect(page.get_by_role("alert").first).to_contain_text("Say which revision")
    expect(row.get_by_role("checkbox")).to_be_checked()
    axe(page)

    # Then he says it, and the number stands confirmed with his name.
    dysport.get_by_label("Revision of the label").fill("7/2023")
    dysport.get_by_role("button", name="Confirm the ticked numbers").click()
    expect(page.get_by_text("1 number confirmed.")).to_be_visible()
    page.get_by_label("Which numbers").get_by_role("link", name="All").click()
    dysport.locator("summary").click()
    expect(row).to_contain_text("B, confirmed")
    expect(row).to_contain_text("Dr Kenji Ito")
    axe(page)
    fits_everywhere(page)
    assert LabelConfirmation.objects.get().value == "1000 U"

    # And a link of a finding leads to its rule.
    page.goto("/rules/#R5")
    expect(page.locator("#R5")).to_be_in_viewport()
    expect(page.locator("#R5")).to_contain_text("Children go by weight")


def test_enter_in_a_field_confirms_and_takes_nothing_back(page: Page, cast: Cast, log_in: Callable[..., None]) -> None:
    """Enter presses the first button of a form, and each confirmed number has one that takes it back."""
    log_in(page, cast.ito)
    for words in ("Adult cervical dystonia", "Cow's milk protein"):
        page.goto("/rules/")
        dysport = page.locator("#abobotulinumtoxinA")
        dysport.locator("summary").click()
        dysport.get_by_role("row").filter(has_text=words).get_by_role("checkbox").check()
        dysport.get_by_label("Revision of the label").fill("7/2023")
        dysport.get_by_label("Revision of the label").press("Enter")
        expect(page.get_by_text("1 number confirmed.")).to_be_visible()
    assert LabelConfirmation.objects.filter(withdrawn_at=None).count() == 2
