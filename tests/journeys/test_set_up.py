"""A clinic from nothing: set up, first colleague, first lot."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.middleware import SetUpMiddleware
from clinic.reference import load_reference
from tests.cast import PASSWORD, Cast
from tests.inventory.test_stock import receive
from tests.journeys.conftest import TABLET
from tests.journeys.test_second_factor import virtual_device


@pytest.fixture
def nobody_yet(clinic_is_set_up: None, transactional_db: None) -> None:
    load_reference()
    SetUpMiddleware.done = False


def test_an_administrator_sets_up_opens_an_account_and_receives_a_lot(nobody_yet: None, page: Page, open_context):
    virtual_device(page)
    page.goto("/")
    expect(page.get_by_role("heading", name="Set up Cadence")).to_be_visible()
    page.fill("[name=site_name]", "Harbour Clinic")
    page.select_option("[name=time_zone]", label="Eastern time (New York)")
    page.fill("[name=name]", "Ada Brandt")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", "not the same at all")
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_text("The two passwords differ.")).to_be_visible()
    expect(page.locator("[name=site_name]")).to_have_value("Harbour Clinic")
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_text("Cadence is set up.")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Reception")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    page.goto("/staff/")
    page.get_by_role("link", name="Add a person").click()
    page.fill("[name=name]", "Dr Kenji Ito")
    page.fill("[name=email]", "ito@example.org")
    page.check("[name=roles][value=provider]")
    page.fill("[name=title]", "MD")
    page.fill("[name=licence_number]", "L12345")
    page.fill("[name=licence_expires_on]", "2040-01-31")
    page.fill("[name=npi]", "1234567890")
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_text("its last one is a check digit")).to_be_visible()
    page.fill("[name=npi]", "1234567893")
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_text("Dr Kenji Ito has an account.")).to_be_visible()
    page.get_by_role("button", name="Show the link, to hand it over").click()
    link = page.get_by_label("Address").input_value()
    page.goto("/staff/")
    expect(page.get_by_role("row", name="Dr Kenji Ito")).to_contain_text("Provider")

    page.goto("/stock/")
    page.get_by_role("main").get_by_role("link", name="Receive a lot").first.click()
    page.select_option("[name=size]", label="BOTOX 200 U")
    page.fill("[name=number]", "c1234")
    page.fill("[name=expires_on]", "2040-01-31")
    page.fill("[name=vials]", "12")
    page.get_by_role("button", name="Receive").click()
    expect(page.get_by_text("12 vials of BOTOX 200 U, lot C1234, came into stock at Harbour Clinic.")).to_be_visible()

    ito = open_context(**TABLET).new_page()
    ito.goto(link)
    ito.fill("[name=password1]", PASSWORD)
    ito.fill("[name=password2]", PASSWORD)
    ito.press("[name=password2]", "Enter")
    ito.goto("/account/login/")
    ito.fill("[name=login]", "ito@example.org")
    ito.fill("[name=password]", PASSWORD)
    ito.press("[name=password]", "Enter")
    expect(ito).to_have_url("/my-day/")


def test_the_set_up_page_is_sound_at_both_widths(nobody_yet: None, open_context, axe, fits_everywhere):
    page = open_context(bypass_csp=True).new_page()
    page.goto("/")
    axe(page)
    fits_everywhere(page)
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    axe(page)


def test_the_pages_of_staff_stock_and_audit_are_sound_at_both_widths(
    transactional_db: None, cast: Cast, open_context, log_in, axe, fits_everywhere
):
    lot = receive(cast)
    page = open_context(bypass_csp=True).new_page()
    log_in(page, cast.ada)
    for path in (
        "/staff/",
        "/staff/new/",
        f"/staff/{cast.ito.pk}/",
        "/account/sessions/",
        "/account/second-factor/",
        "/site/",
        f"/site/{cast.mesa.pk}/",
        "/audit/",
        "/audit/changes/",
        "/stock/?sites=all",
        "/stock/receive/",
        f"/stock/lots/{lot.pk}/",
        f"/stock/lots/{lot.pk}/recall/",
        "/account/me/",
        "/account/password/change/",
    ):
        page.goto(path)
        axe(page)
        fits_everywhere(page)
