"""Drives a real Chromium against a real server. Take `page` and `log_in`; end with `axe(page)` where a page is new."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.journeys import chromium

# Playwright keeps an event loop in this thread; the ORM calls of a test are made between its steps, never inside.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

DESKTOP = {"width": 1280, "height": 900}
TABLET = {"width": 820, "height": 1180}
WIDTHS = {"desktop": DESKTOP, "tablet": TABLET}

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("journey")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium.find()
    if program is None:
        pytest.fail("No Chromium works here. Run: .venv/bin/python -m tests.journeys.chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_context(browser: Browser, live_server: Any) -> Iterator[Callable[..., BrowserContext]]:
    """`open_context(**TABLET)`: a fresh browser profile, for a second person or another width."""
    cache.clear()  # the flush between tests leaves the rate limits' table alone
    opened: list[BrowserContext] = []

    def open_one(*, width: int = DESKTOP["width"], height: int = DESKTOP["height"], **options: Any) -> BrowserContext:
        options.setdefault("viewport", {"width": width, "height": height})
        context = browser.new_context(base_url=live_server.url, locale="en-US", timezone_id="UTC", **options)
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    expect.set_options(timeout=10_000)
    yield open_one
    for context in opened:
        context.close()
    served_out()


def served_out(*, within: float = 10) -> None:
    """Waits until the server has answered what a closed page still asked of it, a last save for example.

    The tables are emptied next, which deadlocks with a request that still writes to them. The server holds a thread for
    each connection, and a closed browser profile closes its own.
    """
    until = time.monotonic() + within
    for thread in threading.enumerate():
        if "(process_request_thread)" in thread.name:
            thread.join(max(0, until - time.monotonic()))
            if thread.is_alive():
                pytest.fail(f"A request is still being served {within} s after its page was closed.", pytrace=False)


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """One page at 1280 pixels; the test fails on a script error or anything the content security policy refused."""
    page = open_context().new_page()
    with watched(page):
        yield page


@pytest.fixture
def tablet(open_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """The same at 820 pixels, with touch."""
    page = open_context(**TABLET, has_touch=True).new_page()
    with watched(page):
        yield page


class watched:  # noqa: N801 - reads as a statement
    """Collects script errors of a page and fails the test with them."""

    def __init__(self, page: Page) -> None:
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.problems.append(message.text)
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )

    def __enter__(self) -> watched:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is None and self.problems:
            pytest.fail("The page reported errors:\n" + "\n".join(self.problems), pytrace=False)


@pytest.fixture
def log_in(live_server: Any) -> Callable[..., None]:
    """`log_in(page, user)` signs the person in and ends on their landing page; test_signing_in.py uses the form."""

    def log_in(page: Page, user: Any) -> None:
        client = Client()
        client.force_login(user, backend="accounts.backends.StaffBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page.goto("/")

    return log_in


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """`axe(page)` fails on every serious or critical violation that axe finds, naming the elements."""
    script = (settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def axe(page: Page) -> None:
        page.wait_for_load_state()  # a page just come to may have no element yet
        page.evaluate(script)
        # Preloading style sheets would write inline styles, which the content security policy refuses and reports.
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations'], preload: false})")
        serious = [
            f"{violation['id']} ({violation['impact']}): {violation['help']}\n    "
            + "\n    ".join(node["html"][:200] for node in violation["nodes"][:5])
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]
        if serious:
            pytest.fail(f"axe on {page.url}:\n" + "\n".join(serious), pytrace=False)

    return axe


@pytest.fixture(scope="session")
def fits() -> Callable[[Page], None]:
    """`fits(page)` fails when the page scrolls sideways at its present width."""

    def fits(page: Page) -> None:
        wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        if wide > room:
            pytest.fail(f"{page.url} is {wide} px wide in {room} px.", pytrace=False)

    return fits


@pytest.fixture(scope="session")
def fits_everywhere(fits: Callable[[Page], None]) -> Callable[[Page], None]:
    """`fits_everywhere(page)` asks `fits` on a desktop and on a tablet, and leaves the page as wide as it was."""

    def fits_everywhere(page: Page) -> None:
        own = page.viewport_size
        for size in WIDTHS.values():
            page.set_viewport_size(size)
            fits(page)
        page.set_viewport_size(own or DESKTOP)

    return fits_everywhere
