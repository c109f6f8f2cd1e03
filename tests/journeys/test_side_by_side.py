"""Six sessions side by side: the latest one is in sight on a desktop and on a tablet, without scrolling sideways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.cast import Cast
from tests.journeys.conftest import WIDTHS
from tests.outcomes.cycles import Visit, sign
from tests.outcomes.test_response_reviews import fading_course
from tests.treatments.charted import signed
from treatments.models import Muscle

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_latest_of_six_sessions_is_in_sight(
    page: Page, cast: Cast, log_in: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    course, today = cast.course(condition="upper_limb_spasticity"), cast.harbour.today()
    Muscle.objects.update(name="Flexor digitorum superficialis (sublimis)")
    visits = [Visit(course, today - timedelta(days=ago), cast.ito) for ago in range(610, 10, -100)]
    sign(visits, cast)
    log_in(page, cast.ito)
    page.goto(f"/courses/{course.pk}/side-by-side/")
    axe(page)
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        wide, room = page.eval_on_selector(".matrix", "it => [it.scrollWidth, it.parentElement.clientWidth]")
        assert wide <= room, width


def test_on_paper_a_side_stands_on_the_page_of_its_muscle(page: Page, cast: Cast, log_in: Callable[..., None]) -> None:
    course, today = cast.course(), cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=100))
    log_in(page, cast.ito)
    page.goto(f"/courses/{course.pk}/side-by-side/")
    for height in range(110, 150, 5):
        for sheet in PdfReader(BytesIO(page.pdf(width="210mm", height=f"{height}mm"))).pages:
            # Behind the day of the session, in the head of each page, comes the first row.
            words = sheet.extract_text().partition("Muscle, side")[2].split()[3:4]
            assert words not in (["left"], ["right"]), height


def test_the_mark_of_a_required_question_stands_beside_its_last_word(
    page: Page, cast: Cast, log_in: Callable[..., None]
) -> None:
    course = fading_course(cast)
    log_in(page, cast.ito)
    page.goto(f"/courses/{course.pk}/response-review/")
    for width in range(760, 1280, 40):
        page.set_viewport_size({"width": width, "height": 900})
        alone = page.eval_on_selector_all(
            ".asteriskField",
            """marks => marks.filter(mark => {
                const words = document.createRange();
                words.setStart(mark.parentElement, 0);
                words.setEndBefore(mark);
                const lines = [...words.getClientRects()].filter(line => line.width);
                return mark.getBoundingClientRect().top >= lines.at(-1).bottom - 2;
            }).map(mark => mark.parentElement.textContent.trim())""",
        )
        assert alone == [], width
