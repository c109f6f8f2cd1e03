"""Charting through the pages, as a browser without scripts sees them; the journeys add the scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from inventory.actions import use_vials
from inventory.models import Product
from tests.cast import Cast
from tests.treatments.charted import BOTOX, draft, migraine_sites, planned_steps, ready, signed, vials_in_stock
from treatments.actions.sessions import start_session
from treatments.models import FollowUp, InjectionSession, Protocol, TreatmentCourse

DYSPORT = "abobotulinumtoxinA"
SCRIPT = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return cast.course()


@pytest.fixture
def session(cast: Cast, course: TreatmentCourse) -> InjectionSession:
    ready(cast, cast.joye, on=cast.harbour.today())
    return start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=cast.harbour.today(), by=cast.ito)


@pytest.fixture
def ito(cast: Cast, sign_in: Callable[..., Client]) -> Client:
    return sign_in(cast.ito)


def chart_url(session: InjectionSession) -> str:
    return reverse("treatments:session-chart", args=[session.pk])


def fields(html: str) -> dict[str, str]:
    """What a browser would post from the charting form, as it was served."""
    html = re.sub(r"<template.*?</template>", "", html, flags=re.S)
    form = html[html.index('id="charting"') : html.index("</form>", html.index('id="charting"'))]
    posted = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        name, kind = attributes.get("name"), attributes.get("type", "text")
        if name and (kind not in {"checkbox", "radio"} or " checked" in tag):
            posted[name] = unescape(attributes.get("value", ""))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, flags=re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        posted[name] = unescape(chosen[1]) if chosen else ""
    for name, text in re.findall(r'<textarea name="([^"]+)".*?>(.*?)</textarea>', form, flags=re.S):
        posted[name] = unescape(text).strip()
    return posted


def press(client: Client, session: InjectionSession, action: str, *, page: Any = None, **changes: Any) -> Any:
    """Load the page unless it is the one given, change some fields, press a button; the page that follows."""
    page = page or client.get(chart_url(session))
    posted = fields(page.content.decode()) | {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(chart_url(session), posted | {"action": action}, follow=True)


def preempt() -> Protocol:
    return Protocol.objects.get(key="preempt_155", is_current=True)


def as_botox(**more: Any) -> dict[str, Any]:
    return {"product": str(Product.objects.get(key=BOTOX).pk), "dilution": "200:4", **more}


# --- who may


@pytest.mark.parametrize("name", ["session-chart", "session-review", "session-detail"])
def test_a_provider_of_another_site_finds_nothing(
    cast: Cast, sign_in: Callable[..., Client], session: InjectionSession, name: str
) -> None:
    assert sign_in(cast.max).get(reverse(f"treatments:{name}", args=[session.pk])).status_code == 404


@pytest.mark.parametrize("name", ["session-chart", "session-review", "session-detail"])
def test_the_front_desk_sees_no_clinical_note(
    cast: Cast, sign_in: Callable[..., Client], session: InjectionSession, name: str
) -> None:
    assert sign_in(cast.robin).get(reverse(f"treatments:{name}", args=[session.pk])).status_code == 403


def test_an_administrator_reads_and_does_not_chart(
    cast: Cast, sign_in: Callable[..., Client], session: InjectionSession
) -> None:
    ada = sign_in(cast.ada)
    assert ada.get(reverse("treatments:session-detail", args=[session.pk])).status_code == 200
    assert ada.get(chart_url(session)).status_code == 403
    assert ada.post(reverse("treatments:session-review", args=[session.pk])).status_code == 403


def test_each_reading_is_recorded(cast: Cast, ito: Client, session: InjectionSession) -> None:
    ito.get(chart_url(session))
    ito.get(reverse("treatments:session-detail", args=[session.pk]))
    reads = AuditEvent.objects.filter(action="chart-read", actor_id=cast.ito.pk, patient_id=cast.joye.pk)
    assert reads.filter(subject_id=session.pk).count() == 2


# --- starting


def test_starting_makes_one_draft_for_the_chosen_courses(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    jaw = cast.course(condition="tmj_bruxism")
    url = reverse("treatments:session-start", args=[cast.joye.pk])
    for _ in range(2):
        answer = ito.post(url, {"courses": [course.pk, jaw.pk]})
    (session,) = InjectionSession.objects.all()
    assert answer.url == chart_url(session)
    assert set(session.courses.all()) == {course, jaw}
    assert session.performed_on == cast.harbour.today()


@pytest.mark.parametrize("courses", [[], ["x"], ["999999999999999999999"]])
def test_starting_without_a_course_says_so(cast: Cast, ito: Client, courses: list[str]) -> None:
    answer = ito.post(reverse("treatments:session-start", args=[cast.joye.pk]), {"courses": courses})
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["Choose what this session treats."]
    assert not InjectionSession.objects.exists()


def test_a_course_of_somebody_else_is_not_taken(cast: Cast, ito: Client) -> None:
    other = cast.course(cast.omar)
    ito.post(reverse("treatments:session-start", args=[cast.joye.pk]), {"courses": [other.pk]})
    assert not InjectionSession.objects.exists()


# --- charting without scripts


def test_a_migraine_session_is_placed_vialed_and_signed(cast: Cast, ito: Client, session: InjectionSession) -> None:
    vials_in_stock(cast, 2)
    press(ito, session, f"place:{preempt().pk}")
    page = press(ito, session, "suggest-vials", dilution="200:4").content.decode()
    session.refresh_from_db()
    assert session.product.key == BOTOX
    assert session.protocol == preempt()
    assert (session.injections.count(), sum(row.units for row in session.injections.all())) == (31, 155)
    (use,) = session.vial_uses.all()
    assert (use.units_given, use.units_discarded) == (Decimal(155), Decimal(45))
    assert "3.1 mL" in page

    review = press(ito, session, "review")
    assert review.request["PATH_INFO"] == reverse("treatments:session-review", args=[session.pk])
    session.refresh_from_db()
    signing = {"version": session.version}
    done = ito.post(reverse("treatments:session-review", args=[session.pk]), signing, follow=True).content.decode()
    session.refresh_from_db()
    assert session.status == "signed"
    assert "Next window, Chronic migraine" in done
    for follow_up in FollowUp.objects.filter(session=session):
        assert follow_up.name in done
    assert FollowUp.objects.filter(session=session).count() == planned_steps(session)


def test_placing_twice_places_once(ito: Client, session: InjectionSession) -> None:
    for _ in range(2):
        press(ito, session, f"place:{preempt().pk}")
    assert session.injections.count() == 31


def test_follow_the_pain_on_top_of_the_fixed_sites_adds_what_is_missing(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    fixed = list(session.injections.values_list("muscle__key", "side", "view", "x", "y", "units").order_by("order"))
    press(ito, session, f"place:{Protocol.objects.get(key='preempt_195', is_current=True).pk}")
    sites = list(session.injections.values_list("muscle__key", "side", "view", "x", "y", "units").order_by("order"))
    assert sites[:31] == fixed
    assert len(sites) == len(set(sites)) == 39
    assert sum(units for *_, units in sites) == 195
    session.refresh_from_db()
    assert session.protocol is not None
    assert session.protocol.key == "preempt_195"


def test_rows_are_added_removed_and_cleared(ito: Client, session: InjectionSession) -> None:
    press(ito, session, "save", **as_botox())
    press(ito, session, "add-row", **{"add__muscle": "masseter", "add__side": "left", "add__units": "12.5"})
    press(ito, session, "add-row", **{"add__muscle": "procerus", "add__side": "left"})
    rows = [(row.muscle.key, row.side, row.units) for row in session.injections.all()]
    assert rows == [("masseter", "left", Decimal("12.5")), ("procerus", "midline", None)]
    press(ito, session, "save", **{"injections__0__DELETE": "on"})
    assert [row.muscle.key for row in session.injections.all()] == ["procerus"]
    press(ito, session, "clear")
    assert not session.injections.exists()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("abc", "Enter a number."),
        ("-3", "Units must be more than 0."),
        ("0", "Units must be more than 0."),
        ("1e9", "Enter a number."),
        ("nan", "Enter a number."),
        ("5.123", "At most two decimals."),
    ],
)
def test_a_bad_dose_is_named_beside_its_field_and_kept(
    ito: Client, session: InjectionSession, typed: str, message: str
) -> None:
    press(ito, session, f"place:{preempt().pk}")
    before = session.injections.count()
    answer = press(ito, session, "save", injections__4__units=typed, notes="kept too")
    html = answer.content.decode()
    assert answer.status_code == 422
    beside = html[html.index('name="injections-4-units"') :][:700]
    assert f'value="{typed}"' in beside
    assert message in beside
    assert "kept too" in html
    assert session.injections.count() == before


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("discomfort", "11", "From 0 to 10."),
        ("discomfort", "much", "A whole number from 0 to 10."),
        ("product", "999", "Select a valid choice"),
        ("injections__0__muscle", "elbow", "Choose a muscle of the list."),
        ("injections__0__side", "midline", "Frontalis has a left and a right."),
        ("vials__0__count", "x", "A whole number."),
        ("vials__0__count", "9", "Only 1 in stock."),
        ("vials__0__count", "-1", "0 or more."),
    ],
)
def test_other_bad_input(
    cast: Cast, ito: Client, session: InjectionSession, field: str, typed: str, message: str
) -> None:
    vials_in_stock(cast)
    press(ito, session, "save", **as_botox())
    press(ito, session, "add-row", **{"add__muscle": "frontalis", "add__side": "left", "add__units": "5"})
    answer = press(ito, session, "save", **{field: typed})
    assert answer.status_code == 422
    assert message in unescape(answer.content.decode())


@pytest.mark.parametrize("field", ["notes", "aftercare_note", "guidance_reason", "complication_note"])
def test_words_that_cannot_be_kept_are_refused_beside_their_field(
    ito: Client, session: InjectionSession, field: str
) -> None:
    html = press(ito, session, "save", **{field: "a\0b"}).content.decode()
    assert re.search(rf'name="{field}"[^>]*>([^<]*</textarea>)?\s*<p class="field-error">Null characters', html)


@pytest.mark.parametrize("field", ["injections-TOTAL_FORMS", "vials-TOTAL_FORMS", "version", "injections-0-x"])
@pytest.mark.parametrize("typed", ["x", "-1", "99999999999999999999", ""])
def test_a_damaged_form_is_refused_in_words(ito: Client, session: InjectionSession, field: str, typed: str) -> None:
    press(ito, session, f"place:{preempt().pk}")
    posted = fields(ito.get(chart_url(session)).content.decode())
    answer = ito.post(chart_url(session), posted | {field: typed, "action": "save"})
    assert answer.status_code in {302, 409, 422}


def test_units_wait_for_the_product(ito: Client, session: InjectionSession) -> None:
    answer = press(ito, session, "add-row", **{"add__muscle": "frontalis", "add__units": "5"})
    assert "Choose the product before any units." in answer.content.decode()
    assert not session.injections.exists()


def test_units_do_not_cross_to_another_product(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    answer = press(ito, session, "save", product=str(Product.objects.get(key=DYSPORT).pk))
    session.refresh_from_db()
    assert session.product.key == DYSPORT
    assert {row.units for row in session.injections.all()} == {None}
    assert session.dilution_ml is None
    assert "The units are emptied" in answer.content.decode()


def test_a_protocol_of_another_product_is_not_offered(ito: Client, session: InjectionSession) -> None:
    html = press(ito, session, "save", product=str(Product.objects.get(key=DYSPORT).pk)).content.decode()
    assert "PREEMPT" not in html


def test_same_as_last_time(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    sites = [*migraine_sites(course)[:3]]
    signed(cast, course, on=today - timedelta(days=100), sites=sites)
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    page = ito.get(chart_url(session)).content.decode()
    assert "Same as last time" in page
    assert "Chronic migraine, session 2" in page
    press(ito, session, "last-time")
    session.refresh_from_db()
    assert [(row.muscle_id, row.side, row.x, row.units) for row in session.injections.all()] == [
        (site.muscle_id, site.side, site.x, site.units) for site in sites
    ]
    assert (session.product.key, session.dilution_units, session.dilution_ml) == (BOTOX, 200, 4)


def test_two_courses_share_a_session_and_each_site_names_its_own(
    cast: Cast, ito: Client, course: TreatmentCourse
) -> None:
    jaw = cast.course(condition="tmj_bruxism")
    session = start_session(
        patient=cast.joye, site=cast.harbour, courses=[course, jaw], on=cast.harbour.today(), by=cast.ito
    )
    press(ito, session, f"place:{preempt().pk}")
    page = press(ito, session, f"place:{Protocol.objects.get(key='tmj_rct_100').pk}").content.decode()
    assert session.injections.filter(course=course).count() == 31
    assert session.injections.filter(course=jaw).count() == 10
    assert "255 U" in page
    assert 'data-view="head_left"' in page


def test_a_course_is_taken_out_and_put_in_again(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    jaw = cast.course(condition="tmj_bruxism")
    session = start_session(
        patient=cast.joye, site=cast.harbour, courses=[course, jaw], on=cast.harbour.today(), by=cast.ito
    )
    press(ito, session, f"place:{preempt().pk}")
    press(ito, session, "courses", courses=[str(jaw.pk)])
    assert list(session.courses.all()) == [jaw]
    assert not session.injections.exists()
    press(ito, session, "courses", courses=[str(jaw.pk), str(course.pk)])
    assert set(session.courses.all()) == {course, jaw}
    nothing = press(ito, session, "courses", courses=[])
    assert nothing.status_code == 422
    assert "one or several courses" in nothing.content.decode()


def test_a_vial_used_by_another_session_is_replaced_on_the_way_to_signing(
    cast: Cast, ito: Client, course: TreatmentCourse
) -> None:
    first, second = vials_in_stock(cast, 2)
    session = draft(cast, course, on=cast.harbour.today(), vials=[first])
    use_vials(vials=[first], by=cast.okafor)
    review = press(ito, session, "review").content.decode()
    assert "Sign as" in review
    assert list(session.vial_uses.values_list("vial", flat=True)) == [second.pk]


def test_a_product_added_to_the_reference_is_offered_at_once(ito: Client, session: InjectionSession) -> None:
    assert "Newbrand" not in ito.get(chart_url(session)).content.decode()
    product = Product.objects.get(key=BOTOX)
    product.pk, product.key, product.brand = None, "new", "Newbrand"
    product.save()
    assert "Newbrand" in ito.get(chart_url(session)).content.decode()


# --- saving while charting
