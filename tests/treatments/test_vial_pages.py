"""Vials on the charting page: whose they are, how they were reconstituted, and what is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
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
from inventory.models import Product, StockMovement, Vial
from patients.models import Patient
from tests.cast import Cast
from tests.treatments.charted import BOTOX, draft, moment, signed, vials_in_stock
from tests.treatments.test_session_views import as_botox, chart_url, fields, preempt, press
from treatments.actions.sessions import sign_session, start_session
from treatments.actions.vials import Mixing, draw_vials, name_vial, release_vial
from treatments.models import InjectionSession, PatientVial, VialUse

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
    assert "No vial of lot C1234 may be opened here" in text_of(answer)


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


# --- reconstitution


@pytest.fixture
def picked(cast: Cast, ito: Client, session: InjectionSession) -> InjectionSession:
    """A migraine with two vials of 100 U, 200 U in 4 mL."""
    vials_in_stock(cast, 2, units=100)
    press(ito, session, "save", **as_botox())
    press(ito, session, f"place:{preempt().pk}")
    press(ito, session, "suggest-vials")
    return session


def test_one_press_reconstitutes_all_vials_now(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    before = timezone.now().replace(second=0, microsecond=0)
    page = press(ito, picked, "reconstitute")
    for use in picked.vial_uses.all():
        assert (use.diluent, use.diluent_ml, use.reconstituted_by) == ("saline", Decimal(2), cast.ito)
        assert before <= use.reconstituted_at <= timezone.now()
    words = text_of(page)
    assert "use by" in words
    assert "23 h left" in words or "24 h left" in words
    assert "100 given + 0 discarded = 100 U" in words
    assert "55 given + 45 discarded = 100 U" in words
    assert "155 given + 45 discarded = 200 U opened" in words


def test_one_vial_alone(ito: Client, picked: InjectionSession) -> None:
    _, second = picked.vial_uses.all()
    press(ito, picked, f"reconstitute:{second.vial_id}")
    assert [use.reconstituted_at is None for use in picked.vial_uses.all()] == [True, False]


def test_it_survives_every_later_save_and_other_vials(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    first, _ = picked.vial_uses.all()
    press(ito, picked, f"reconstitute:{first.vial_id}")
    at = VialUse.objects.get(pk=first.pk).reconstituted_at
    press(ito, picked, "save", notes="later", injections__0__units="7.5")
    press(ito, picked, "save", **{"vials__0__count": "1"})
    kept = picked.vial_uses.get()
    assert (kept.pk, kept.vial_id, kept.reconstituted_at, kept.reconstituted_by) == (
        first.pk,
        first.vial_id,
        at,
        cast.ito,
    )
    press(ito, picked, "save", **{"vials__0__count": "2"})
    assert [use.reconstituted_at for use in picked.vial_uses.all()] == [at, None]


def test_a_colleague_who_charts_on_does_not_become_the_one_who_did_it(
    cast: Cast, ito: Client, sign_in: SignIn, picked: InjectionSession
) -> None:
    press(ito, picked, "reconstitute")
    okafor = sign_in(cast.okafor)
    press(okafor, picked, "save", notes="mine now")
    assert {use.reconstituted_by for use in picked.vial_uses.all()} == {cast.ito}
    press(okafor, picked, "save", mixings__0__ml="2.5", mixings__1__at="")
    first, second = picked.vial_uses.all()
    assert (first.diluent_ml, first.reconstituted_by) == (Decimal("2.5"), cast.ito)
    assert (second.reconstituted_at, second.reconstituted_by) == (None, None)


def test_a_time_is_the_sites(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    yesterday = cast.harbour.today() - timedelta(days=1)
    press(ito, picked, "save", mixings__0__at=f"{yesterday}T08:30", mixings__0__diluent="saline", mixings__0__ml="2")
    use = picked.vial_uses.first()
    assert use is not None
    assert use.reconstituted_at == datetime(
        yesterday.year, yesterday.month, yesterday.day, 8, 30, tzinfo=cast.harbour.zone()
    )
    assert f'value="{yesterday}T08:30"' in text_of(ito.get(chart_url(picked)))


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("at", "2999-01-01T10:00", "This time is still to come."),
        ("at", "soon", "Day and time as"),
        ("ml", "0", "More than 0 mL."),
        ("ml", "two", "A number of mL."),
        ("diluent", "water", "valid choice"),
    ],
)
def test_bad_reconstitutions_are_told_and_kept(
    ito: Client, picked: InjectionSession, field: str, typed: str, words: str
) -> None:
    answer = press(ito, picked, "save", **{f"mixings__0__{field}": typed, "notes": "kept"})
    assert answer.status_code == 422
    assert words in text_of(answer) or field == "diluent"
    assert "kept" in text_of(answer)
    picked.refresh_from_db()
    assert picked.notes == ""


def test_it_is_read_on_the_signed_session(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=cast.harbour.today())
    page = text_of(ito.get(reverse("treatments:session-detail", args=[session.pk])))
    assert "by Dr Kenji Ito" in page
    assert "0.9 % sodium chloride, preservative-free" in page


def test_a_vial_keeps_its_reconstitution_when_nothing_is_said(cast: Cast) -> None:
    (vial,) = vials_in_stock(cast)
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=[vial])
    at = moment(cast, cast.harbour.today()) - timedelta(hours=12)
    draw_vials(
        session=session,
        vials=[vial],
        total=Decimal(5),
        mixings={vial.pk: Mixing("saline", Decimal(4), at)},
        by=cast.ito,
    )
    draw_vials(session=session, vials=[vial], total=Decimal(10), mixings={}, by=cast.okafor)
    use = session.vial_uses.get()
    assert (use.units_given, use.reconstituted_at, use.reconstituted_by) == (Decimal(10), at, cast.ito)


def test_stock_goes_down_once(cast: Cast) -> None:
    today = cast.harbour.today()
    (vial,) = pharmacy_vials(cast)
    name_vial(vial=vial, patient=cast.joye, note="", by=cast.ito)
    session = draft(cast, cast.course(), on=today, vials=[vial])
    for _ in range(2):
        sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, today))
    assert StockMovement.objects.filter(vial=vial, kind="used").count() == 1
