"""A patient with a phone and a link, no account: says who it is, confirms, moves; in Spanish too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from messaging.actions.links import make_link
from scheduling.models import Appointment
from tests.cast import Cast
from tests.scheduling.made import booked, dated, moment, working

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}


def a_booked_visit(cast: Cast, *, language: str = "") -> tuple[Appointment, str]:
    cache.clear()
    cast.harbour.address, cast.harbour.phone = "12 Quay Street, Boston", "+1 617 555 0100"
    cast.harbour.save()
    cast.joye.birth_date, cast.joye.language = date(1982, 3, 2), language
    cast.joye.save()
    working(cast)
    course = dated(cast.course(), session_on=cast.harbour.today() - timedelta(days=80))
    appointment = booked(cast, course, starts_at=moment(cast.harbour, days=10, at=time(9)))
    _, token = make_link(
        patient=cast.joye, site=cast.harbour, purpose="appointment", about_id=appointment.pk,
        expires_at=timezone.now() + timedelta(days=10),
    )  # fmt: skip
    return appointment, token


def test_a_patient_confirms_and_moves_on_a_phone(
    cast: Cast, open_context: Callable[..., BrowserContext], axe: Callable[..., None], fits: Callable[..., None]
):
    appointment, token = a_booked_visit(cast)
    page = open_context(**PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto(reverse("messaging:link-open", args=[token]))
    expect(page.get_by_role("heading")).to_contain_text("Your date of birth")
    axe(page)
    fits(page)
    page.get_by_label("Month").select_option("3")
    page.get_by_label("Day").fill("1")
    page.get_by_label("Year").fill("1982")
    page.get_by_role("button", name="Continue").tap()
    expect(page.get_by_role("alert")).to_contain_text("does not match")
    page.get_by_label("Day").fill("2")
    page.get_by_role("button", name="Continue").tap()

    expect(page.get_by_role("heading")).to_have_text("Your appointment")
    axe(page)
    fits(page)
    page.get_by_role("button", name="I will come").tap()
    expect(page.get_by_role("status")).to_contain_text("We expect you")
    appointment.refresh_from_db()
    assert appointment.status == "confirmed"

    page.get_by_role("link", name="Choose another time").tap()
    expect(page.get_by_role("heading")).to_have_text("Choose a time")
    axe(page)
    fits(page)
    page.locator(".link-slots button").nth(5).tap()
    expect(page.get_by_role("status")).to_contain_text("is booked")
    appointment.refresh_from_db()
    assert appointment.status == "moved"
    assert appointment.moved_to.status == "booked"


def test_a_patient_cancels_in_spanish(
    cast: Cast, open_context: Callable[..., BrowserContext], axe: Callable[..., None]
):
    appointment, token = a_booked_visit(cast, language="Spanish")
    page = open_context(**PHONE, has_touch=True, is_mobile=True, java_script_enabled=False).new_page()
    page.goto(reverse("messaging:link-open", args=[token]))
    page.get_by_label("Mes").select_option("3")
    page.get_by_label("Día").fill("2")
    page.get_by_label("Año").fill("1982")
    page.get_by_role("button", name="Continuar").tap()
    expect(page.get_by_role("heading")).to_have_text("Su cita")
    page.get_by_text("No puedo asistir").tap()
    page.get_by_role("button", name="Cancelar la cita").tap()
    expect(page.get_by_role("heading")).to_have_text("Esta cita está cancelada")
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancelled_by) == ("cancelled", "patient")
