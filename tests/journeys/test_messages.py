"""An administrator changes a text and is refused for a health word; the desk does its tasks by keyboard and prints."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from messaging.models import MessageTemplate
from patients.actions import open_task
from patients.models import Task
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_administrator_changes_a_text(
    cast: Cast,
    page: Page,
    log_in: Callable[..., None],
    axe: Callable[..., None],
    fits: Callable[..., None],
):
    text = MessageTemplate.objects.get(purpose="reminder", channel="text", language="en")
    log_in(page, cast.ada)
    page.goto(reverse("messaging:message-list"))
    axe(page)
    page.get_by_role("link", name="Texts", exact=True).click()
    axe(page)
    fits(page)
    page.goto(reverse("messaging:template-edit", args=[text.pk]))
    preview = page.locator("#preview")
    expect(preview).to_contain_text("in 2 parts")
    axe(page)

    field = page.get_by_label("Text", exact=True)
    field.fill("{clinic}: your Botox visit is on {day} at {time}. {link}")
    # Marked while it is typed, with nothing pressed.
    expect(preview.locator(".mark-health")).to_have_text("Botox")
    axe(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_body_errors")).to_contain_text("Take out: Botox")
    expect(field).to_have_value("{clinic}: your Botox visit is on {day} at {time}. {link}")
    axe(page)

    field.fill("{clinic}: we see you on {day} at {time}. Confirm or change: {link}")
    expect(preview).to_contain_text("May be sent.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Messages that wait go out with these words.")).to_be_visible()
    text.refresh_from_db()
    assert text.body.startswith("{clinic}: we see you")
    page.get_by_role("link", name="Contact policy").click()
    axe(page)
    fits(page)


def test_the_desk_does_a_task_by_keyboard(
    cast: Cast,
    page: Page,
    log_in: Callable[..., None],
    axe: Callable[..., None],
    fits: Callable[..., None],
):
    task = open_task(
        patient=cast.joye,
        site=cast.harbour,
        kind=Task.Kind.ASKED_TO_CALL,
        words="Asks to be called in the morning.",
        due_on=cast.harbour.today(),
    )
    log_in(page, cast.robin)
    page.keyboard.press("g")
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    axe(page)
    fits(page)
    take = page.get_by_role("button", name=re.compile("^Take ?: The patient asks to be called, Koch, Joye"))
    take.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Leave it")).to_be_visible()

    page.get_by_label("Note: The patient asks to be called").focus()
    page.keyboard.type("Comes on Monday.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing to do here.")).to_be_visible()
    axe(page)
    task.refresh_from_db()
    assert (task.done_by, task.done_note) == (cast.robin, "Comes on Monday.")

    page.goto(reverse("messaging:consent-record", args=[cast.joye.pk]))
    axe(page)
    fits(page)
    page.get_by_role("button", name=re.compile("^Agreed ?: Text message")).click()
    expect(page.get_by_text("Text message: agreed.").first).to_be_visible()
    page.goto(reverse("clinic:letter-list"))
    axe(page)
    fits(page)
