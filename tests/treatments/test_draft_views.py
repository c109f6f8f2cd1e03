"""Saving while charting, what a draft's pages cost, and units that stay with their product."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Product
from patients.models import Allergy
from tests.cast import Cast
from tests.treatments.charted import BOTOX, draft, migraine_sites, ready, signed, vials_in_stock
from tests.treatments.test_session_views import SCRIPT, as_botox, chart_url, fields, preempt, press
from treatments.actions.sessions import start_session
from treatments.models import InjectionSession, Protocol, TreatmentCourse

DYSPORT = "abobotulinumtoxinA"


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


def test_an_autosave_answers_with_the_parts_that_changed(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    posted = fields(ito.get(chart_url(session)).content.decode()) | {"dilution": "200:4", "action": "autosave"}
    answer = ito.post(chart_url(session), posted, **SCRIPT)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in html
    for part in ("charting-status", "id_version", "charting-totals", "findings", "vials-panel", "protocol-buttons"):
        assert f'id="{part}"' in html
    assert "Draft saved" in html
    assert "3.1 mL" in html
    session.refresh_from_db()
    assert f'value="{session.version}"' in html


def test_an_autosave_that_cannot_be_names_the_fields(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    posted = fields(ito.get(chart_url(session)).content.decode()) | {"injections-2-units": "abc", "action": "autosave"}
    answer = ito.post(chart_url(session), posted, **SCRIPT)
    assert answer.status_code == 422
    assert '<li data-for="injections-2-units">Enter a number.</li>' in answer.content.decode()


def test_one_refused_number_keeps_nothing_else_out_of_the_draft(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    page = fields(ito.get(chart_url(session)).content.decode()) | {"action": "autosave"}
    wrong = page | {"injections-2-units": "abc", "injections-3-units": "7.5", "notes": "mine"}
    answer = ito.post(chart_url(session), wrong, **SCRIPT)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "without the marked field." in html
    session.refresh_from_db()
    assert session.notes == "mine"
    assert f'value="{session.version}"' in html
    # Nothing stands for what was refused, neither the old number nor a guess: signing waits for it.
    assert list(session.injections.values_list("units", flat=True))[2:4] == [None, Decimal("7.5")]
    assert any(finding.severity == "stop" for finding in answer.context["findings"])


def wrong_everywhere(page: dict[str, str]) -> dict[str, str]:
    """One refused field of each part of the page."""
    count = next(name for name in page if name.startswith("vials-") and name.endswith("-count"))
    typed = {"discomfort": "11", "started_at": "25:00", "injections-5-side": "", "mixings-0-ml": "abc", count: "99"}
    return page | typed


def test_whatever_is_refused_the_rest_of_the_draft_is_saved(cast: Cast, ito: Client, session: InjectionSession) -> None:
    vials_in_stock(cast, 2)
    press(ito, session, f"place:{preempt().pk}")
    press(ito, session, "suggest-vials")
    press(ito, session, "save", dilution="200:4")
    press(ito, session, "reconstitute", discomfort="3", started_at="09:30")
    page = fields(ito.get(chart_url(session)).content.decode()) | {"action": "autosave"}
    sent = wrong_everywhere(page)
    answer = ito.post(chart_url(session), sent | {"notes": "kept", "injections-1-units": "2.5"}, **SCRIPT)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "without the marked fields." in html
    for name in (name for name in sent if sent[name] != page[name]):
        assert f'<li data-for="{name}">' in html
    session.refresh_from_db()
    (use,) = session.vial_uses.all()
    # What is refused stays as it was stored.
    assert (session.discomfort, f"{session.started_at:%H:%M}", use.diluent_ml) == (3, "09:30", 4)
    assert (session.notes, session.injections.count()) == ("kept", 31)
    assert session.injections.filter(units=Decimal("2.5")).count() == 1
    assert f'id="id_version" value="{session.version}"' in html


SAID = ("muscle__key", "side", "units", "view", "x", "y")


@pytest.mark.parametrize("emptied", [{"side"}, {"muscle"}, {"side", "muscle"}])
def test_sites_without_side_or_muscle_stay_as_they_are_stored(
    ito: Client, session: InjectionSession, emptied: set[str]
) -> None:
    press(ito, session, f"place:{preempt().pk}")
    page = fields(ito.get(chart_url(session)).content.decode()) | {"action": "autosave"}
    stored = sorted(session.injections.values_list(*SAID))
    refused = {f"injections-{row}-{name}": "" for row in (4, 5, 11) for name in emptied}
    answer = ito.post(chart_url(session), page | refused | {"injections-0-units": "2.5"}, **SCRIPT)
    assert {name for name, _ in answer.context["errors"]} == refused.keys()
    kept = sorted(session.injections.values_list(*SAID))
    assert len(kept) == len(stored) == 31
    (changed,) = set(stored) - set(kept)
    assert set(kept) - set(stored) == {(*changed[:2], Decimal("2.5"), *changed[3:])}


def test_a_site_without_a_side_of_which_nothing_is_stored_is_left_out(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    page = fields(ito.get(chart_url(session)).content.decode()) | {"action": "autosave"}
    new = {"injections-TOTAL_FORMS": "32", "injections-31-muscle": "frontalis", "injections-31-units": "7"}
    answer = ito.post(chart_url(session), page | new | {"injections-31-course": page["injections-0-course"]}, **SCRIPT)
    assert {name for name, _ in answer.context["errors"]} == {"injections-31-side"}
    assert session.injections.count() == 31


def test_what_is_refused_for_another_field_is_left_out_with_it(ito: Client, session: InjectionSession) -> None:
    page = fields(ito.get(chart_url(session)).content.decode()) | {"action": "autosave", "is_touch_up": "on"}
    sent = page | {"started_at": "10:30", "ended_at": "10:10", "notes": "kept"}
    answer = ito.post(chart_url(session), sent, **SCRIPT)
    assert {name for name, _ in answer.context["errors"]} == {"touch_up_reason", "ended_at"}
    session.refresh_from_db()
    assert (session.notes, session.is_touch_up, session.started_at) == ("kept", False, None)


def test_nothing_is_saved_without_a_product_that_is_one(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    page = fields(ito.get(chart_url(session)).content.decode()) | {"action": "autosave"}
    assert ito.post(chart_url(session), page | {"product": "0", "notes": "mine"}, **SCRIPT).status_code == 422
    session.refresh_from_db()
    assert (session.notes, session.injections.filter(units=5).count()) == ("", 31)


def test_a_stale_page_does_not_overwrite(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    old = fields(ito.get(chart_url(session)).content.decode())
    press(ito, session, "save", notes="from the other tab")
    answer = ito.post(chart_url(session), old | {"notes": "mine", "action": "autosave"}, **SCRIPT)
    html = answer.content.decode()
    session.refresh_from_db()
    assert answer.status_code == 409
    assert session.notes == "from the other tab"
    assert f'data-current-version="{session.version}"' in html

    kept = ito.post(
        chart_url(session), old | {"notes": "mine", "version": session.version, "action": "autosave"}, **SCRIPT
    )
    session.refresh_from_db()
    assert kept.status_code == 200
    assert session.notes == "mine"


def test_without_scripts_a_stale_page_keeps_what_was_typed(ito: Client, session: InjectionSession) -> None:
    press(ito, session, "save", **as_botox())
    old = fields(ito.get(chart_url(session)).content.decode())
    press(ito, session, "save", notes="from the other tab")
    answer = ito.post(chart_url(session), old | {"notes": "mine", "action": "save"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "mine" in html
    assert "saved elsewhere" in html


def test_a_vial_that_another_draft_took_is_not_picked_when_there_is_another(cast: Cast, ito: Client) -> None:
    vials_in_stock(cast, 2)
    used = []
    for patient in (cast.joye, cast.omar):
        course = cast.course(patient, site=cast.harbour)
        session = start_session(
            patient=patient, site=cast.harbour, courses=[course], on=cast.harbour.today(), by=cast.ito
        )
        press(ito, session, f"place:{preempt().pk}")
        press(ito, session, "suggest-vials")
        used += session.vial_uses.values_list("vial", flat=True)
    assert len(used) == len(set(used)) == 2


# --- queries

QUERIES = {
    # Session, person with credential, sites; the draft, its courses, injections, vials; audit, pick lists, stock;
    # facts of the patient, what stands beside the draft.
    "session-chart": 12,
    "session-review": 11,  # the same without pick lists and stock, and with what an auditor asks for
    "session-detail": 12,  # with what an auditor asks for
}
AUTOSAVE = 21  # of a draft that says the same already


@pytest.mark.parametrize("earlier", [0, 3])
@pytest.mark.parametrize("both", [False, True], ids=["one course", "two courses"])
def test_the_number_of_queries_is_the_same_for_any_draft(
    cast: Cast, ito: Client, course: TreatmentCourse, both: bool, earlier: int
) -> None:
    def queries(ask: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert ask().status_code == 200
        return len(seen)

    today = cast.harbour.today()
    for place in range(earlier):
        signed(cast, course, on=today - timedelta(days=300 - 90 * place))
    Allergy.objects.create(patient=cast.joye, substance="latex")
    treated = [course, cast.course(condition="tmj_bruxism")] if both else [course]
    session = start_session(patient=cast.joye, site=cast.harbour, courses=treated, on=today, by=cast.ito)
    for sites in (migraine_sites(course)[:1], migraine_sites(course) * 2):
        draft(cast, *treated, on=today, vials=vials_in_stock(cast, len(sites) // 31 + 1), sites=sites)
        for name, count in QUERIES.items():
            assert queries(lambda name=name: ito.get(reverse(f"treatments:{name}", args=[session.pk]))) == count, name
        posted = fields(ito.get(chart_url(session)).content.decode()) | {"action": "autosave"}
        assert queries(lambda posted=posted: ito.post(chart_url(session), posted, **SCRIPT)) == AUTOSAVE


def test_a_long_list_of_protocols_waits_for_the_product(cast: Cast, ito: Client) -> None:
    arm = cast.course(condition="upper_limb_spasticity")
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[arm], on=cast.harbour.today(), by=cast.ito)
    page = ito.get(chart_url(session)).content.decode()
    assert "Choose the product to see its protocols" in page
    assert 'value="place:' not in page


def test_an_alert_is_a_tag_of_a_word_or_two(cast: Cast, ito: Client, session: InjectionSession) -> None:
    Allergy.objects.create(patient=cast.joye, substance="other", name="penicillin", reaction="rash")
    page = ito.get(chart_url(session)).content.decode()
    assert ">Allergy: penicillin</span>" in page


# --- units stay with their product


def as_dysport(**more: Any) -> dict[str, Any]:
    return {"product": str(Product.objects.get(key=DYSPORT).pk), **more}


@pytest.mark.parametrize("stored", [None, BOTOX, DYSPORT])
@pytest.mark.parametrize("own", [False, True])
def test_a_protocol_of_another_product_than_the_chosen_one_is_refused(
    cast: Cast, ito: Client, session: InjectionSession, stored: str | None, own: bool
) -> None:
    product = Product.objects.filter(key=stored).first()
    InjectionSession.objects.filter(pk=session.pk).update(product=product)
    protocol = preempt()
    if own:
        sites = protocol.sites.values("order", "muscle_id", "side", "units")
        made = Protocol.objects.create(
            key="ours", version=1, name="Ours", condition=protocol.condition, product=protocol.product, made_by=cast.ito
        )
        made.sites.bulk_create([made.sites.model(protocol=made, **site) for site in sites])
        protocol = made
    page = press(ito, session, f"place:{protocol.pk}", **as_dysport(notes="As agreed."))
    html = page.content.decode()
    name = "Ours" if own else "PREEMPT 31"
    assert page.status_code == 422
    assert f'<p class="field-error">{name} is for BOTOX; the product chosen is Dysport.</p>' in html
    assert fields(html)["notes"] == "As agreed."
    assert fields(html)["product"] == as_dysport()["product"]
    session.refresh_from_db()
    assert (session.product, session.notes, session.injections.count()) == (product, "", 0)


def test_the_last_session_with_another_product_is_refused(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=100), sites=migraine_sites(course)[:3])
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    page = press(ito, session, "last-time", **as_dysport())
    assert page.status_code == 422
    assert "The last session was with BOTOX; the product chosen is Dysport." in page.content.decode()
    assert not session.injections.exists()


def test_same_as_last_time_chooses_the_product_of_its_units(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=100), sites=migraine_sites(course)[:3])
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    InjectionSession.objects.filter(pk=session.pk).update(product=None, dilution_units=None, dilution_ml=None)
    assert press(ito, session, "last-time").status_code == 200
    session.refresh_from_db()
    assert (session.product.key, session.injections.count()) == (BOTOX, 3)


def test_units_do_not_cross_when_the_product_is_left_to_the_protocol(ito: Client, session: InjectionSession) -> None:
    press(ito, session, "save", **as_dysport())
    press(ito, session, "add-row", **{"add__muscle": "frontalis", "add__units": "60"})
    press(ito, session, f"place:{preempt().pk}", product="")
    session.refresh_from_db()
    assert (session.product.key, {row.units for row in session.injections.all()}) == (BOTOX, {None})


def test_a_protocol_is_let_go_with_its_product(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}")
    press(ito, session, "save", **as_dysport())
    session.refresh_from_db()
    assert (session.product.key, session.protocol) == (DYSPORT, None)
