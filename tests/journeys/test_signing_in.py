from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.permissions import Role
from tests.cast import PASSWORD
from tests.journeys.conftest import WIDTHS


@pytest.fixture
def robin(db: None) -> User:
    return User.objects.create_user("robin@example.org", PASSWORD, name="Robin Vale", roles=[Role.FRONT_DESK])


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD, name="Ada Brandt", roles=[Role.ADMINISTRATOR])


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sign_in_page_is_sound_at_both_widths(open_context, axe, fits, width: str):
    page = open_context(**WIDTHS[width]).new_page()
    page.goto("/account/login/")
    axe(page)
    fits(page)


def test_a_person_signs_in_and_out_again(page: Page, robin: User):
    page.goto("/account/password/change/")
    expect(page).to_have_url("/account/login/?next=/account/password/change/")
    page.fill("input[name=login]", "Robin@Example.org")  # as people type it
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    expect(page).to_have_url("/account/password/change/")

    page.goto("/account/logout/")
    page.click("main button[type=submit], main form button")
    page.goto("/account/password/change/")
    expect(page).to_have_url("/account/login/?next=/account/password/change/")


def test_five_failures_lock_one_account_out_and_no_other(page: Page, robin: User, ada: User):
    def attempt(email: str, password: str) -> None:
        page.goto("/account/login/")
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")

    for _ in range(5):
        attempt(robin.email, "wrong")
        expect(page.locator("input[name=login]")).to_have_value(robin.email)
    attempt(robin.email, PASSWORD)
    expect(page.get_by_text("Too many")).to_be_visible()
    expect(page).to_have_url("/account/login/")

    attempt(ada.email, PASSWORD)
    expect(page).not_to_have_url("/account/login/")
