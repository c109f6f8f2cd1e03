"""A passkey made and used, and being signed out without losing what was typed, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import Site
from audit.models import AuditEvent
from tests.cast import PASSWORD, Cast


def virtual_device(page: Page) -> None:
    """A device with a fingerprint reader that always says yes, as browsers offer for tests."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def give_password(page: Page, email: str) -> None:
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")


def test_an_administrator_makes_a_passkey_when_asked_and_signs_in_with_it_alone(
    cast: Cast, page: Page, axe: Callable[[Page], None], fits: Callable[[Page], None]
):
    Site.objects.update(second_factor="administrators")
    virtual_device(page)
    page.goto("/account/login/?next=/staff/")
    give_password(page, cast.ada.email)
    expect(page.get_by_text("Set one up to go on working")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Work laptop")
    axe(page)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    axe(page)
    page.goto("/staff/")
    expect(page.get_by_role("heading", name="Staff")).to_be_visible()

    page.goto("/account/logout/")
    page.click("main form button")
    expect(page).to_have_url("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).not_to_have_url("/account/login/")
    page.goto("/account/second-factor/")
    expect(page.get_by_role("cell", name="Work laptop")).to_be_visible()
    assert AuditEvent.objects.filter(action="sign-in", actor_id=cast.ada.pk).count() == 2


def test_a_passkey_that_nobody_named_has_a_name(cast: Cast, page: Page):
    virtual_device(page)
    page.goto("/account/login/")
    give_password(page, cast.robin.email)
    page.goto("/account/second-factor/webauthn/add/")
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/account/second-factor/")
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_role("heading", name="Remove Passkey?")).to_be_visible()


def test_a_passkey_that_is_not_there_is_told_in_words(cast: Cast, page: Page):
    virtual_device(page)
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Try again")


def wait(page: Page, minutes: float) -> None:
    """Lets the browser's clock run on; the server keeps its own."""
    page.clock.fast_forward(int(minutes * 60_000))


@pytest.fixture
def robin(cast: Cast, open_context: Callable[..., BrowserContext], log_in: Any) -> Page:
    page = open_context().new_page()
    page.clock.install(time=timezone.now())
    log_in(page, cast.robin)
    return page


def test_nobody_is_signed_out_without_a_warning_and_nothing_typed_is_lost(
    cast: Cast, robin: Page, axe: Callable[[Page], None]
):
    robin.goto("/patients/new/")
    robin.get_by_label("Given name").fill("Nia")
    wait(robin, 13.5)
    expect(robin.get_by_role("heading", name="Still there?")).to_be_visible()
    axe(robin)
    robin.get_by_role("button", name="Stay signed in").click()
    expect(robin.get_by_role("heading", name="Still there?")).to_be_hidden()

    with robin.expect_response("**/account/logout/"):
        wait(robin, 15.1)
    expect(robin.get_by_role("heading", name="You were signed out")).to_be_visible()
    axe(robin)
    expect(robin.get_by_label("Given name")).to_have_value("Nia")

    with robin.expect_popup() as opened:
        robin.get_by_role("link", name="Sign in again").click()
    again = opened.value
    give_password(again, cast.robin.email)
    expect(again.get_by_role("heading", name="You are signed in")).to_be_visible()
    wait(robin, 0.1)
    expect(robin.get_by_role("heading", name="You were signed out")).to_be_hidden()
    robin.fill("#id_family_name", "Berg")
    robin.press("#id_family_name", "Enter")
    expect(robin).not_to_have_url("/account/login/")
    expect(robin.get_by_label("Given name")).to_have_value("Nia")
