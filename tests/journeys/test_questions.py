"""A patient between two visits, on a phone without scripts: the questions in Spanish, a danger answer, the diary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from outcomes.models import DiaryDay, Questionnaire
from tests.cast import Cast
from tests.outcomes.asked import asked, due, link_to
from treatments.models import AdverseEvent

pytestmark = pytest.mark.django_db(transaction=True)

OpenContext = Callable[..., BrowserContext]


@pytest.fixture
def phone(open_context: OpenContext) -> Callable[[], Page]:
    """A fresh phone: a browser that has seen nothing."""

    def fresh(*, scripts: bool = False) -> Page:
        cache.clear()
        context = open_context(
            width=390, height=844, has_touch=True, is_mobile=True, java_script_enabled=scripts, bypass_csp=True
        )
        return context.new_page()

    return fresh


def enter(page: Page, token: str) -> None:
    """Open the link and give the date of birth."""
    page.goto(reverse("messaging:link-open", args=[token]))
    page.get_by_label("Mes").select_option("3")
    page.get_by_label("Día").fill("2")
    page.get_by_label("Año").fill("1982")
    page.get_by_role("button", name="Continuar").tap()


def test_a_patient_answers_in_spanish_closes_the_phone_goes_on_and_finishes(
    cast: Cast, phone: Callable[..., Page]
) -> None:
    follow_up = due(cast, condition="low_back_pain", days_ago=84, step="evaluation", language="Spanish")
    asked(follow_up)
    token = link_to(cast, follow_up)
    page = phone()
    enter(page, token)
    expect(page.get_by_role("heading")).to_have_text("Hola, Joye. ¿Cómo está desde su última visita?")
    page.get_by_role("link", name="Empezar").tap()
    page.get_by_label("¿Qué día notó por primera vez un efecto?").fill(cast.harbour.today().isoformat())
    page.get_by_role("button", name="Siguiente").tap()
    page.get_by_role("button", name="No lo sé").tap()
    expect(page.get_by_text("Pregunta 3 de 7")).to_be_visible()
    page.context.close()

    # On another day, on another phone.
    page = phone()
    enter(page, token)
    expect(page.get_by_text("2 de 7 preguntas están hechas.")).to_be_visible()
    page.get_by_role("link", name="Seguir").tap()
    page.get_by_role("button", name="Todavía funciona, o no lo sé").tap()
    page.get_by_role("button", name="Bastante mejor").tap()
    page.get_by_role("button", name="Muy satisfecho/a").tap()
    page.get_by_role("button", name="3", exact=True).tap()
    page.get_by_role("button", name="Siguiente").tap()
    expect(page.get_by_role("heading")).to_have_text("¿Son estas sus respuestas?")
    page.get_by_role("button", name="Enviar mis respuestas").tap()
    expect(page.get_by_role("heading")).to_have_text("Gracias. Hemos recibido sus respuestas.")
    kept = Questionnaire.objects.get()
    assert kept.finished_at is not None
    assert {key: kept.answers[key] for key in ("impression", "satisfaction", "nrs.total")} == {
        "impression": "2", "satisfaction": "1", "nrs.total": "3",
    }  # fmt: skip


def test_a_danger_answer_shows_the_emergency_words_before_anything_else(
    cast: Cast, phone: Callable[..., Page], axe: Callable[[Page], None], fits: Callable[[Page], None]
) -> None:
    follow_up = due(cast, language="Spanish")
    asked(follow_up)
    page = phone(scripts=True)
    enter(page, link_to(cast, follow_up))
    expect(page.get_by_role("heading")).to_contain_text("Hola, Joye")
    axe(page)
    page.get_by_role("link", name="Empezar").tap()
    expect(page.get_by_text("Pregunta 1 de 14")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("button", name="No", exact=True).tap()
    expect(page.get_by_role("heading")).to_have_text("¿Le cuesta tragar, se atraganta o se le cae la saliva?")
    page.get_by_role("button", name="Sí").tap()
    expect(page.get_by_role("alert")).to_contain_text("llame al 911")
    expect(page.get_by_role("link", name="Llamar al 911")).to_have_attribute("href", "tel:911")
    axe(page)
    fits(page)
    event = AdverseEvent.objects.get()
    assert (event.triage, event.source, event.provider) == ("danger", "link", cast.ito)
    page.get_by_role("link", name="Lo he leído").tap()
    expect(page.get_by_text("Pregunta 3 de 15")).to_be_visible()


def test_an_answer_given_without_a_line_waits_and_arrives(
    cast: Cast, phone: Callable[..., Page], axe: Callable[[Page], None], fits: Callable[[Page], None]
) -> None:
    follow_up = due(cast, condition="low_back_pain", days_ago=84, step="evaluation", language="Spanish")
    asked(follow_up)
    page = phone(scripts=True)
    enter(page, link_to(cast, follow_up))
    page.get_by_role("link", name="Empezar").tap()
    day = page.get_by_label("¿Qué día notó por primera vez un efecto?")
    day.fill(cast.harbour.today().isoformat())
    page.context.set_offline(True)
    page.get_by_role("button", name="Siguiente").tap()
    expect(page.get_by_role("alert")).to_contain_text("Sin conexión. Su respuesta espera")
    expect(day).to_have_value(cast.harbour.today().isoformat())
    axe(page)
    fits(page)
    page.context.set_offline(False)
    expect(page.get_by_text("Pregunta 2 de 7")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert list(Questionnaire.objects.get().answers.values()) == [cast.harbour.today().isoformat()]

    # The page that took its place is one like any other: the next answer, a reload, the way back.
    page.get_by_role("button", name="No lo sé").tap()
    expect(page.get_by_text("Pregunta 3 de 7")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Pregunta 3 de 7")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Pregunta 2 de 7")).to_be_visible()


def test_the_patient_fills_in_the_diary_and_sees_the_month(
    cast: Cast,
    phone: Callable[..., Page],
    open_context: OpenContext,
    log_in: Callable[..., None],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
) -> None:
    follow_up = due(cast, condition="chronic_migraine", language="Spanish")
    asked(follow_up)
    page = phone(scripts=True)
    enter(page, link_to(cast, follow_up))
    page.get_by_role("link", name="Mi diario de dolor de cabeza").tap()
    expect(page.get_by_role("heading")).to_have_text("Mi diario de dolor de cabeza")
    axe(page)
    fits(page)
    page.get_by_role("link", name="Anotar el día de hoy").tap()
    expect(page.get_by_text("¿Qué tan fuerte fue su peor dolor de cabeza?")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_label("Moderado").check()
    page.get_by_label("Tomé un medicamento para ello").check()
    page.get_by_label("¿Cuántas horas duró, más o menos?").fill("3,5")
    page.get_by_role("button", name="Guardar este día").tap()
    expect(page.get_by_role("status")).to_have_text("Guardado.")
    expect(page.get_by_text("Ha anotado 1 de los últimos 28 días.")).to_be_visible()
    today = page.locator(".is-today")
    expect(today).to_contain_text("Moderado, con medicamento")
    axe(page)
    row = DiaryDay.objects.get()
    assert (row.day, row.severity, str(row.hours), row.answered_by) == (cast.harbour.today(), 2, "3.50", "link")

    # And the provider: a month with a moderate day on its own ground.
    last = cast.harbour.today().replace(day=1) - timedelta(days=1)
    DiaryDay.objects.create(course=row.course, day=last, headache=True, severity=2, recorded_by=cast.ito)
    provider = open_context(bypass_csp=True).new_page()
    log_in(provider, cast.ito)
    provider.goto(reverse("outcomes:diary", args=[row.course_id]) + f"?month={last:%Y-%m}")
    expect(provider.locator(".diary-month .is-2")).to_contain_text(f"{last.day}2")
    axe(provider)
