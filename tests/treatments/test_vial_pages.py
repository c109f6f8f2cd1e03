"""Vials on the charting page: whose they are, how they were reconstituted, and what is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from inventory.actions import recall_lot, remove_vials, use_vials
from inventory.models import Lot, Product, Vial
from patients.models import Patient
from tests.cast import Cast
from tests.treatments.charted import BOTOX, draft, signed, vials_in_stock
from tests.treatments.test_session_views import as_botox, chart_url, fields, preempt, press
from treatments.actions.sessions import start_session
from treatments.actions.vials import draw_vials, name_vial, release_vial
from treatments.models import InjectionSession, PatientVial
from treatments.querysets.vials import may_open, vials_for

SignIn = Callable[[User], Client]


@pytest.fixture
def session(cast: Cast) -> InjectionSession:
    return start_session(
        patient=cast.joye, site=cast.harbour, courses=[cast.course()], on=cast.harbour.today(), by=cast.ito
    )


@pytest.fixture
def ito(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.ito)


def pharmacy_vials(cast: Cast, count: int = 1, **more: Any) -> list[Vial]:
    vials = vials_in_stock(cast, count, **more)
    Vial.objects.filter(pk__in=[vial.pk for vial in vials]).update(source="pharmacy")
    return list(Vial.objects.filter(pk__in=[vial.pk for vial in vials]).for_list())


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def offered(ito: Client, session: InjectionSession) -> list[tuple[int, int, int]]:
    """Units, how many are there, and how many of them are the patient's own."""
    press(ito, session, "save", **as_botox())
    page = ito.get(chart_url(session))
    return [(form.line.units, form.line.available, form.line.own) for form in page.context["vials"].forms]


# --- whose vial


def test_a_named_vial_is_offered_to_its_patient_first_and_to_nobody_else(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    vials_in_stock(cast, 2)
    (own,) = pharmacy_vials(cast, units=100)
    (anothers,) = pharmacy_vials(cast, units=100)
    name_vial(vial=own, patient=cast.joye, note="Order 7", by=cast.ito)
    name_vial(vial=anothers, patient=cast.omar, note="", by=cast.ito)
    assert offered(ito, session) == [(100, 1, 1), (200, 2, 0)]
    omars = start_session(
        patient=cast.omar,
        site=cast.harbour,
        courses=[cast.course(cast.omar)],
        on=cast.harbour.today(),
        by=cast.ito,
    )
    assert offered(ito, omars) == [(100, 1, 1), (200, 2, 0)]


def test_one_that_nobody_has_named_is_offered_to_nobody(cast: Cast, ito: Client, session: InjectionSession) -> None:
    pharmacy_vials(cast)
    assert offered(ito, session) == []


def test_what_is_not_offered_is_said_with_why(cast: Cast, ito: Client, session: InjectionSession) -> None:
    today = cast.harbour.today()
    vials_in_stock(cast, 2)
    press(ito, session, "save", **as_botox())
    assert "not offered" not in text_of(ito.get(chart_url(session)))
    botox = Product.objects.get(key=BOTOX)
    expired, recalled, others = vials_in_stock(cast), vials_in_stock(cast, 2), pharmacy_vials(cast, 2)
    for vials, number, state in (
        (expired, "X1", {"expires_on": today - timedelta(days=1)}),
        (recalled, "X2", {"recalled_on": today}),
    ):
        lot = Lot.objects.create(**{"product": botox, "number": number, "expires_on": date(2040, 1, 1), **state})
        Vial.objects.filter(pk__in=[vial.pk for vial in vials]).update(lot=lot)
    name_vial(vial=others[0], patient=cast.omar, note="", by=cast.ito)
    assert offered(ito, session) == [(200, 2, 0)]
    words = text_of(ito.get(chart_url(session)))
    assert "2 lots are not offered: " in words
    assert f"Lot X1 expired on {today - timedelta(days=1):%-d %b %Y}." in words
    assert f"Lot X2 was recalled on {today:%-d %b %Y}." in words
    assert "2 vials are kept for other patients." in words
    Vial.objects.exclude(lot__number__in=["X1"]).filter(status="in stock").update(site=cast.mesa)
    words = text_of(ito.get(chart_url(session)))
    assert "No vial of BOTOX is in stock" in words
    assert "1 lot is not offered: Lot X1 expired on" in words


def test_of_one_lot_the_patients_own_is_opened_before_the_clinics(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    vials_in_stock(cast, 2)
    (own,) = pharmacy_vials(cast)
    name_vial(vial=own, patient=cast.joye, note="", by=cast.ito)
    press(ito, session, "save", **as_botox())
    press(ito, session, f"place:{preempt().pk}")
    press(ito, session, "suggest-vials")
    assert [use.vial for use in session.vial_uses.all()] == [own]


def refused(session: InjectionSession, vial: Vial, cast: Cast) -> str:
    session.product = Product.objects.get(key=BOTOX)
    with pytest.raises(ValidationError) as problem, transaction.atomic():
        draw_vials(session=session, vials=[vial], total=Decimal(5), mixings={}, by=cast.ito)
    assert not session.vial_uses.exists()
    return problem.value.messages[0]


def test_the_wrong_vial_is_refused_in_words(cast: Cast, session: InjectionSession) -> None:
    (anothers,), (nobodys,) = pharmacy_vials(cast), pharmacy_vials(cast)
    name_vial(vial=anothers, patient=cast.omar, note="", by=cast.ito)
    assert refused(session, anothers, cast) == f"Vial {anothers.pk} of lot C1234 belongs to another patient."
    assert "name it for that patient first" in refused(session, nobodys, cast)
    (dysport,) = vials_in_stock(cast, units=500, product="abobotulinumtoxinA")
    assert "not of the product of this session" in refused(session, dysport, cast)
    (good,) = vials_in_stock(cast)
    good.lot.expires_on = cast.harbour.today() - timedelta(days=1)
    assert "expired" in refused(session, good, cast)
    good.lot.expires_on, good.lot.recalled_on = date(2040, 1, 1), cast.harbour.today()
    assert "recalled" in refused(session, good, cast)


def test_a_vial_at_hand_is_judged_as_those_on_the_shelf(cast: Cast, session: InjectionSession) -> None:
    today, botox = cast.harbour.today(), Product.objects.get(key=BOTOX)
    good, used, expired, recalled, away = vials_in_stock(cast, 5)
    vials_in_stock(cast, units=500, product="abobotulinumtoxinA")
    _, anothers, ours = pharmacy_vials(cast, 3)
    name_vial(vial=anothers, patient=cast.omar, note="", by=cast.ito)
    name_vial(vial=ours, patient=cast.joye, note="", by=cast.ito)
    use_vials(vials=[used], by=cast.ito)
    for vial, state in ((expired, {"expires_on": today - timedelta(days=1)}), (recalled, {"recalled_on": today})):
        lot = Lot.objects.create(**{"product": botox, "number": f"X{vial.pk}", "expires_on": date(2040, 1, 1), **state})
        Vial.objects.filter(pk=vial.pk).update(lot=lot)
    Vial.objects.filter(pk=away.pk).update(site=cast.mesa)
    at_hand = Vial.objects.select_related("lot__product", "size__product", "patient_vial")
    may = {vial.pk for vial in at_hand if may_open(session, vial, product=botox)}
    assert may == set(vials_for(session, product=botox).values_list("pk", flat=True)) == {good.pk, ours.pk}


def test_a_lot_recalled_while_it_was_picked_is_told_beside_it(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    (vial,) = vials_in_stock(cast)
    press(ito, session, "save", **as_botox())
    press(ito, session, "save", **{"vials__0__count": "1"})
    recall_lot(lot=vial.lot, version=None, on=cast.harbour.today(), reason="FDA notice", by=cast.ada)
    answer = press(ito, session, "save")
    assert answer.status_code == 422
    assert "was recalled on" in text_of(answer)
    assert "Take it out and open another." in text_of(answer)
    # Taken out, the rest is saved.
    assert press(ito, session, "save", **{"vials__0__count": "0", "notes": "another lot"}).status_code == 200
    session.refresh_from_db()
    assert session.notes == "another lot"
    assert not session.vial_uses.exists()


def test_a_vial_gone_since_the_page_was_opened_is_told(cast: Cast, ito: Client, session: InjectionSession) -> None:
    (vial,) = vials_in_stock(cast)
    press(ito, session, "save", **as_botox())
    opened = fields(ito.get(chart_url(session)).content.decode())
    remove_vials(vials=[vial], reason="broken", by=cast.ada)
    answer = ito.post(chart_url(session), opened | {"vials-0-count": "1", "action": "save"})
    assert answer.status_code == 422
    assert "No vial of lot C1234 is left here: used or removed." in text_of(answer)


@pytest.mark.parametrize(
    ("whose", "words"), [("omar", "is another patient's"), ("", "waits for its patient's name"), ("joye", "")]
)
def test_why_a_vial_of_a_pharmacy_is_refused_is_told(
    cast: Cast, ito: Client, session: InjectionSession, whose: str, words: str
) -> None:
    """It was the clinic's when the page was opened."""
    (vial,) = vials_in_stock(cast)
    press(ito, session, "save", **as_botox())
    opened = fields(ito.get(chart_url(session)).content.decode())
    Vial.objects.filter(pk=vial.pk).update(source="pharmacy")
    if whose:
        name_vial(vial=Vial.objects.get(pk=vial.pk), patient=getattr(cast, whose), note="", by=cast.ito)
    answer = ito.post(chart_url(session), opened | {"vials-0-count": "1", "notes": "typed", "action": "save"})
    assert (answer.status_code == 422) is bool(words)
    if words:
        assert f"What is left of lot C1234 here {words}" in text_of(answer)
        assert ">\ntyped</textarea>" in text_of(answer)


def test_the_database_itself_refuses_to_sign_with_anothers_vial(cast: Cast) -> None:
    today = cast.harbour.today()
    (vial,) = vials_in_stock(cast)
    session = draft(cast, cast.course(), on=today, vials=[vial])
    # Past every check of ours, as somebody with a database shell could.
    Vial.objects.filter(pk=vial.pk).update(source="pharmacy")
    named = PatientVial.objects.create(vial=vial, patient=cast.omar, named_by=cast.ito)
    lock = {"status": "signed", "signed_at": timezone.now(), "signed_by": cast.ito}
    with pytest.raises(IntegrityError, match="belongs to another patient"), transaction.atomic():
        InjectionSession.objects.filter(pk=session.pk).update(**lock)
    named.delete()
    with pytest.raises(IntegrityError, match="belongs to another patient"), transaction.atomic():
        InjectionSession.objects.filter(pk=session.pk).update(**lock)
    PatientVial.objects.create(vial=vial, patient=cast.joye, named_by=cast.ito)
    InjectionSession.objects.filter(pk=session.pk).update(**lock)


# --- naming


def test_naming_from_the_patients_side(cast: Cast, ito: Client) -> None:
    (vial,) = pharmacy_vials(cast)
    url = reverse("treatments:patient-vials", args=[cast.joye.pk])
    assert ito.post(url, {"vial": vial.pk, "note": "Order 7"}).status_code == 302
    named = PatientVial.objects.get()
    assert (named.vial, named.patient, named.note, named.named_by) == (vial, cast.joye, "Order 7", cast.ito)
    assert "Order 7" in text_of(ito.get(url))
    assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk).exists()
    Lot.objects.filter(pk=vial.lot_id).update(recalled_on=date(2020, 1, 1), recall_reason="D-0123")
    assert f"blocked</span> Lot {vial.lot.number} was recalled on 1 Jan 2020." in text_of(ito.get(url))


def test_naming_from_the_stocks_side(cast: Cast, ito: Client) -> None:
    (vial,) = pharmacy_vials(cast)
    url = reverse("treatments:vial-name", args=[vial.pk])
    answer = ito.post(url, {"record_number": f" {cast.joye.record_number} ", "note": ""})
    assert answer.status_code == 302
    assert PatientVial.objects.get().patient == cast.joye
    assert cast.joye.name in text_of(ito.get(url))


@pytest.mark.parametrize("typed", ["", "no such", "99999999"])
def test_a_record_that_is_not_ours_is_told(cast: Cast, ito: Client, typed: str) -> None:
    (vial,) = pharmacy_vials(cast)
    answer = ito.post(reverse("treatments:vial-name", args=[vial.pk]), {"record_number": typed})
    assert answer.status_code == 422
    assert not PatientVial.objects.exists()


def test_only_vials_that_wait_for_a_name_can_be_chosen(cast: Cast, ito: Client) -> None:
    (clinics,) = vials_in_stock(cast)
    (taken,) = pharmacy_vials(cast)
    name_vial(vial=taken, patient=cast.omar, note="", by=cast.ito)
    for vial in (clinics, taken):
        answer = ito.post(reverse("treatments:patient-vials", args=[cast.joye.pk]), {"vial": vial.pk})
        assert answer.status_code == 422
    assert ito.get(reverse("treatments:vial-name", args=[clinics.pk])).status_code == 404
    assert PatientVial.objects.get().patient == cast.omar


def test_a_vial_has_one_patient_until_the_name_is_taken_off(cast: Cast, ito: Client) -> None:
    (vial,) = pharmacy_vials(cast)
    name_vial(vial=vial, patient=cast.omar, note="", by=cast.ito)
    with pytest.raises(ValidationError, match="named for another patient"):
        name_vial(vial=vial, patient=cast.joye, note="", by=cast.ito)
    ito.post(reverse("treatments:vial-release", args=[vial.pk]))
    name_vial(vial=vial, patient=cast.joye, note="", by=cast.ito)
    assert PatientVial.objects.get().patient == cast.joye


def test_a_used_vial_is_neither_named_nor_released(cast: Cast) -> None:
    (one,), (two,) = pharmacy_vials(cast), pharmacy_vials(cast)
    name_vial(vial=one, patient=cast.joye, note="", by=cast.ito)
    use_vials(vials=[one, two], by=cast.ito)
    with pytest.raises(ValidationError, match="no longer in stock"):
        name_vial(vial=two, patient=cast.joye, note="", by=cast.ito)
    with pytest.raises(ValidationError, match="no longer in stock"):
        release_vial(vial=one, by=cast.ito)


@pytest.mark.parametrize("count", [1, 5])
def test_the_pages_cost_the_same_for_any_number(cast: Cast, ito: Client, count: int) -> None:
    for vial in pharmacy_vials(cast, count):
        name_vial(vial=vial, patient=cast.joye, note="", by=cast.ito)
    pharmacy_vials(cast, count)
    with CaptureQueriesContext(connection) as queries:
        ito.get(reverse("treatments:patient-vials", args=[cast.joye.pk]))
    assert len(queries) <= 9


# --- the sessions of a lot


def test_a_lot_lists_the_sessions_it_went_into(cast: Cast, sign_in: SignIn, ito: Client) -> None:
    today = cast.harbour.today()
    session = signed(cast, cast.course(), on=today)
    lot = session.vial_uses.get().vial.lot
    url = reverse("treatments:lot-sessions", args=[lot.pk])
    page = ito.get(url)
    assert page.context["count"] == 1
    assert cast.joye.name in text_of(page)
    assert reverse("treatments:session-detail", args=[session.pk]) in text_of(page)
    assert url in text_of(ito.get(reverse("inventory:lot-detail", args=[lot.pk])))
    assert sign_in(cast.robin).get(url).status_code == 403
    assert url not in text_of(sign_in(cast.robin).get(reverse("inventory:lot-detail", args=[lot.pk])))
    assert sign_in(cast.max).get(url).status_code == 404


def test_a_patient_who_moved_to_another_site_is_still_called(cast: Cast, sign_in: SignIn, ito: Client) -> None:
    session = signed(cast, cast.course(), on=cast.harbour.today())
    lot = session.vial_uses.get().vial.lot
    url = reverse("treatments:lot-sessions", args=[lot.pk])
    cast.okafor.sites.set([cast.harbour])
    Patient.objects.filter(pk=cast.joye.pk).update(site=cast.mesa)
    okafor = sign_in(cast.okafor)
    page = okafor.get(url)
    assert page.context["count"] == 1
    assert cast.joye.name in text_of(page)
    assert "+1 617 555 0134" in text_of(page)
    # The chart is the other site's now: it is not opened, and no link leads to it.
    there = reverse("treatments:session-detail", args=[session.pk])
    assert there not in text_of(page)
    assert okafor.get(there).status_code == 404
    assert there in text_of(ito.get(url))


def test_a_lot_nobody_used_has_none(cast: Cast, ito: Client) -> None:
    (vial,) = vials_in_stock(cast)
    page = ito.get(reverse("treatments:lot-sessions", args=[vial.lot_id]))
    assert "No session has opened a vial of this lot." in text_of(page)
