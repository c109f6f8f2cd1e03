"""A lot recall from the lot's number to the last patient told: Ada begins it, Robin calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from patients.models import Patient, Task
from tests.cast import Cast
from tests.journeys.conftest import TABLET
from tests.treatments.charted import signed
from treatments.models import LotRecall

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_lot_number_to_the_last_patient_told(
    page: Page,
    open_context: Callable[..., Any],
    cast: Cast,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
) -> None:
    day = cast.harbour.today() - timedelta(days=3)
    ana = Patient.objects.create(
        given_name="Ana", family_name="Ruiz", birth_date=date(1970, 5, 5), site=cast.harbour, phone="+1 617 555 0155"
    )
    for patient in (cast.joye, ana):
        signed(cast, cast.course(patient), on=day)

    # Given Ada reads the notice: she finds the lot, though its vials are used up, marks it and makes the list.
    log_in(page, cast.ada)
    page.get_by_role("link", name="Stock", exact=True).click()
    page.get_by_role("link", name="Lot recalls").click()
    page.get_by_label("Lot number").fill("c1234")
    page.get_by_role("button", name="Find the lot").click()
    axe(page)
    page.get_by_role("link", name="BOTOX lot C1234").click()
    page.get_by_role("link", name="Mark as recalled").click()
    page.get_by_label("Reason").fill("Potency below specification")
    page.get_by_role("button", name="Mark as recalled").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tell the patients of lot C1234")
    page.get_by_label("Who sees to it").select_option(label="Robin Vale")
    axe(page)
    fits(page)
    page.get_by_role("button", name="Make the list of 2 patients").click()
    expect(page.get_by_text("0 of 2 told")).to_be_visible()
    axe(page)
    fits(page)

    # When Robin calls: one does not answer, the note that is missing is asked for beside its field, then both are told.
    desk = open_context(**TABLET, bypass_csp=True).new_page()
    log_in(desk, cast.robin)
    desk.get_by_role("link", name="Stock", exact=True).click()
    desk.get_by_role("link", name="Lot recalls").click()
    desk.get_by_role("link", name="C1234").click()
    axe(desk)
    fits(desk)
    desk.get_by_role("button", name=re.compile(r"^No answer\s*: Ruiz, Ana")).click()
    expect(desk.get_by_text("1 call without answer")).to_be_visible()
    desk.get_by_role("button", name=re.compile(r"^Could not be reached\s*: Ruiz, Ana")).click()
    expect(desk.get_by_text("Say what was tried")).to_be_visible()
    axe(desk)
    fits(desk)
    desk.get_by_label("Note: Ruiz, Ana").fill("four calls, her sister knows of no other number")
    desk.get_by_role("button", name=re.compile(r"^Could not be reached\s*: Ruiz, Ana")).click()
    expect(desk.get_by_text("1 of 2 told")).to_be_visible()
    desk.get_by_role("button", name=re.compile(r"^Reached\s*: Koch, Joye")).click()

    # Then it is at 100 %, closed by Robin, and nobody has a task of it left.
    expect(desk.get_by_text("100 %")).to_be_visible()
    expect(desk.get_by_text("Everybody is told. The last was written down")).to_be_visible()
    fits(desk)
    recall = LotRecall.objects.get()
    assert recall.closed_by == cast.robin
    assert not Task.objects.open().filter(kind="lot_recall").exists()

    # And an answer given by mistake is taken back.
    desk.get_by_role("button", name=re.compile(r"^Undo\s*: Koch, Joye")).click()
    expect(desk.get_by_text("1 of 2 told")).to_be_visible()
