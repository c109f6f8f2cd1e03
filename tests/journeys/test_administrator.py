"""Ada's main job: she reads how treatment went, and opens the people behind a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.outcomes.cycles import Visit, migraine_cycles, sign
from treatments.models import FollowUp

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(cast: Cast) -> Cast:
    """Twelve migraine cycles: seven responders, three not, two without a score; and one patient treated twice."""
    today = cast.harbour.today()
    migraine_cycles(cast, scores=[8] * 7 + [15] * 3 + [None] * 2, first_on=today - relativedelta(months=10))
    course = cast.course()
    visits = [Visit(course, today - relativedelta(months=months), cast.ito) for months in (6, 2)]
    sign(visits, cast)
    FollowUp.objects.create(
        course=course,
        session=visits[-1].session,
        step="evaluation",
        name="Week 11 evaluation",
        due_on=today,
        purpose="Response of the cycle.",
    )
    return cast


def test_she_reads_responders_and_opens_the_list_behind_a_figure(
    open_context: Callable[..., Any],
    clinic: Cast,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits_everywhere: Callable[[Page], None],
) -> None:
    page = open_context(bypass_csp=True).new_page()

    # Given she signs in, she stands on Outcomes.
    log_in(page, clinic.ada)
    expect(page.get_by_role("heading", name="Outcomes", level=1)).to_be_visible()

    # Then she reads the rate with what it is made of.
    migraine = page.get_by_role("row").filter(has_text="Chronic migraine")
    expect(migraine).to_contain_text("70 %")
    expect(migraine).to_contain_text("7 of 10 assessed")
    expect(migraine).to_contain_text("2 missing")
    expect(migraine).to_contain_text("95 % CI 40–89 %")
    expect(migraine).to_contain_text("at least 50 % fewer headache days")
    axe(page)
    fits_everywhere(page)

    # When she opens the figure, the list has as many rows, and a row leads to the course with its chart.
    migraine.get_by_role("link", name="7", exact=True).click()
    expect(page.get_by_role("heading", name="Responders", level=1)).to_be_visible()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(8)
    axe(page)
    fits_everywhere(page)
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Chronic migraine")).to_be_visible()
    expect(page.locator("svg.score-chart").first).to_be_visible()
    axe(page)
    fits_everywhere(page)


def test_she_narrows_what_is_counted_and_comes_back_to_it(
    page: Page, clinic: Cast, log_in: Callable[..., None]
) -> None:
    log_in(page, clinic.ada)
    page.get_by_label("Provider", exact=True).select_option(label=clinic.okafor.name)
    migraine = page.get_by_role("row").filter(has_text="Chronic migraine")
    expect(migraine).to_contain_text("none assessed")
    assert f"provider={clinic.okafor.pk}" in page.url
    page.get_by_label("Provider", exact=True).select_option(label=clinic.ito.name)
    expect(migraine).to_contain_text("7 of 10 assessed")
    page.locator("#on-time .plot a").first.click()
    expect(page.get_by_role("heading", name="Re-treatments", level=1)).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("Koch, Joye")
    page.get_by_role("link", name="Outcomes").last.click()
    expect(page.get_by_label("Provider", exact=True)).to_have_value(str(clinic.ito.pk))


def test_she_reads_follow_ups_and_is_offered_nothing_to_record(
    page: Page, clinic: Cast, log_in: Callable[..., None]
) -> None:
    log_in(page, clinic.ada)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Follow-ups").click()
    page.get_by_role("link", name="Koch, Joye").click()
    expect(page.get_by_text("Not recorded yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Record follow-up")).to_have_count(0)
    page.get_by_role("link", name="Open the course").click()
    expect(page.get_by_role("heading", name="Chronic migraine")).to_be_visible()
    expect(page.get_by_role("link", name="Record a score")).to_have_count(0)
    expect(page.get_by_role("button", name="Start session")).to_have_count(0)


def test_a_provider_records_a_follow_up_with_its_scores(
    open_context: Callable[..., Any],
    clinic: Cast,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits_everywhere: Callable[[Page], None],
) -> None:
    page = open_context(bypass_csp=True).new_page()
    log_in(page, clinic.ito)
    page.goto("/follow-ups/")
    axe(page)
    fits_everywhere(page)
    page.get_by_role("link", name="Koch, Joye").click()
    page.get_by_label("Headache days per 28 days").fill("29")
    page.locator("input[name=adverse_event][value=yes]").check()
    page.get_by_role("button", name="Record follow-up").click()

    # What is wrong stands beside its field, and what was typed is kept.
    expect(page.get_by_text("From 0 to 28.")).to_be_visible()
    expect(page.get_by_text("Say what happened.")).to_be_visible()
    expect(page.get_by_label("Headache days per 28 days")).to_have_value("29")
    axe(page)
    fits_everywhere(page)

    page.get_by_label("Headache days per 28 days").fill("9")
    page.get_by_label("It began on").fill(clinic.harbour.today().isoformat())
    page.get_by_label("What happened").fill("Neck pain for three days, mild")
    page.get_by_label("Compared with before").select_option(label="Much improved")
    page.get_by_role("button", name="Record follow-up").click()
    expect(page.get_by_text("Week 11 evaluation recorded.")).to_be_visible()
    expect(page.get_by_text("Neck pain for three days, mild")).to_be_visible()
    expect(page.locator("svg.score-chart").first).to_contain_text("9")
    page.get_by_role("link", name="Record a score").click()
    axe(page)
    fits_everywhere(page)


def test_long_values_of_the_trail_stay_in_their_column_on_a_tablet(
    cast: Cast, tablet: Page, log_in: Callable[..., None]
):
    cast.harbour.address = "x" * 200
    cast.harbour.save()
    log_in(tablet, cast.ada)
    tablet.goto("/audit/changes/")
    expect(tablet.get_by_text("x" * 100)).to_be_visible()
    wide, room = tablet.locator(".grid-scroll").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= room
