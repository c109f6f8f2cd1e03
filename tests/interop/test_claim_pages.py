"""Claim sheets on screen and as files, and the clinic's procedure code numbers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.csv_lines import safe_cell
from audit.models import AuditEvent
from interop.actions import enter_procedure_codes
from interop.models import ProcedureCode
from interop.rules.claims import SLOTS
from inventory.models import Lot, Vial
from patients.models import Coverage, Patient, PriorAuthorization
from tests.cast import Cast
from tests.patients import made
from tests.patients.test_actions import at_once, kinds
from tests.treatments.charted import BOTOX, _Always, draft, migraine_sites, moment, signed, vials_in_stock
from treatments.actions.records import replace_session
from treatments.actions.sessions import DraftSite, sign_session, void_session
from treatments.models import InjectionSession, Muscle

SignIn = Callable[[User], Client]
CODES = "/claims/codes/"


@pytest.fixture
def session(cast: Cast) -> InjectionSession:
    return signed(cast, cast.course(), on=cast.harbour.today())


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


def detail(session: InjectionSession) -> str:
    return reverse("interop:claim-detail", args=[session.pk])


def test_the_claim_of_a_migraine_session(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    answer = sign_in(cast.ito).get(detail(session))
    found = answer.context["sheet"].claim
    assert [(line.hcpcs, line.modifier, line.units) for line in found.drugs] == [
        ("J0585", "", 155),
        ("J0585", "JW", 45),
    ]
    assert [line.slot for line in found.procedures] == ["head-neck-migraine"]
    page = text_of(answer)
    assert "number not entered" in page
    assert "J0585" in page
    assert "C1234" in page
    assert AuditEvent.objects.filter(action="chart-read", patient_id=cast.joye.pk, subject_id=session.pk).exists()


def test_the_authorisation_of_the_session_and_its_payer(cast: Cast, sign_in: SignIn) -> None:
    coverage = Coverage.objects.create(patient=cast.joye, payer=made.payer("=cmd()|Harbor Health"), member_id="+1-A")
    authorization = PriorAuthorization.objects.create(
        patient=cast.joye,
        coverage=coverage,
        number="@PA77",
        status="approved",
        product=BOTOX,
        condition="chronic_migraine",
        starts_on=date(2026, 1, 1),
        ends_on=date(2040, 1, 1),
    )
    today = cast.harbour.today()
    session = draft(cast, cast.course(), on=today, vials=vials_in_stock(cast))
    InjectionSession.objects.filter(pk=session.pk).update(authorization=authorization)
    session = sign_session(
        session=session,
        by=cast.ito,
        version=session.version,
        reasons=dict.fromkeys(("no-diagnosis", "needs-evaluation"), "seen"),
        now=moment(cast, today),
    )
    page = text_of(sign_in(cast.ada).get(detail(session)))
    assert "@PA77" in page
    assert "Harbor Health" in page
    (first, *_) = rows_of(sign_in(cast.ada).get(reverse("interop:claim-csv", args=[session.pk])))
    # Typed by people, and harmless to a spreadsheet.
    assert (first["payer"], first["member_number"], first["authorization"]) == (
        "'=cmd()|Harbor Health",
        "'+1-A",
        "'@PA77",
    )


def test_samples_and_the_patients_own_vials_are_left_out(cast: Cast, sign_in: SignIn) -> None:
    today = cast.harbour.today()
    vials = vials_in_stock(cast)
    Vial.objects.filter(pk=vials[0].pk).update(source="sample")
    session = draft(cast, cast.course(), on=today, vials=list(Vial.objects.filter(pk=vials[0].pk).for_list()))
    sign_session(
        session=session, by=cast.ito, version=session.version, reasons=_Always(), now=moment(cast, today)
    )  # fmt: skip
    answer = sign_in(cast.ito).get(detail(session))
    assert answer.context["sheet"].claim.drugs == ()
    assert "not billed: sample" in text_of(answer)


def test_the_units_of_a_file_are_those_of_billed_vials(cast: Cast, sign_in: SignIn) -> None:
    today = cast.harbour.today()
    bought, sample = vials_in_stock(cast, units=100), vials_in_stock(cast, units=100)
    lot = Lot.objects.create(product=sample[0].size.product, number="S9", expires_on=date(2040, 1, 31))
    Vial.objects.filter(pk=sample[0].pk).update(source="sample", lot=lot)
    session = draft(cast, cast.course(), on=today, vials=[*bought, Vial.objects.for_list().get(pk=sample[0].pk)])
    sign_session(
        session=session, by=cast.ito, version=session.version, reasons=_Always(), now=moment(cast, today)
    )  # fmt: skip
    rows = rows_of(sign_in(cast.ito).get(reverse("interop:claim-csv", args=[session.pk])))
    assert {(row["opened"], row["given"], row["discarded"]) for row in rows} == {("100", "100", "0")}
    assert {(row["lots"], row["ndc"]) for row in rows} == {("C1234", "00023-1145-01")}
    assert all("Not billed, sample: lot S9, 100 U opened, 55 U given, 45 U discarded." in row["notes"] for row in rows)


def test_two_sizes_are_told_apart_by_their_ndc(cast: Cast, sign_in: SignIn) -> None:
    today = cast.harbour.today()
    vials = [*vials_in_stock(cast, units=100), *vials_in_stock(cast, units=200)]
    session = draft(cast, cast.course(), on=today, vials=vials)
    sign_session(
        session=session, by=cast.ito, version=session.version, reasons=_Always(), now=moment(cast, today)
    )  # fmt: skip
    row = rows_of(sign_in(cast.ito).get(reverse("interop:claim-csv", args=[session.pk])))[0]
    assert row["ndc"] == "00023-1145-01 00023-3921-02"
    assert (
        "NDC 00023-1145-01: 100 U given, 0 U discarded. NDC 00023-3921-02: 55 U given, 145 U discarded."
        in (row["notes"])
    )


def test_a_replacement_says_that_it_is_one(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    voided = void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())
    again = replace_session(session=voided, by=cast.ito)
    sign_session(
        session=again, by=cast.ito, version=again.version, reasons=_Always(), now=moment(cast, cast.harbour.today())
    )
    words = f"Replaces session {session.pk}: if that was billed, send a corrected claim."
    ito = sign_in(cast.ito)
    assert words in text_of(ito.get(detail(again)))
    assert all(
        words in row["notes"] for row in rows_of(ito.get(reverse("interop:claim-csv", args=[again.pk])))
    )  # fmt: skip


def test_a_code_chosen_after_signing_is_claimed_and_that_is_said(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course(diagnosis=None)
    session = signed(cast, course, on=cast.harbour.today())
    ito = sign_in(cast.ito)
    assert "Chronic migraine has no diagnosis code." in text_of(ito.get(detail(session)))
    course.diagnosis = course.condition.diagnosis_codes.get(code="G43.709")
    course.save()
    page = ito.get(detail(session))
    assert page.context["sheet"].claim.diagnoses == ("G43.709",)
    assert "Chronic migraine was coded after signing: the note has no code. Write an addendum." in text_of(page)


def test_a_patient_who_moved_is_claimed_where_the_session_was(
    cast: Cast, sign_in: SignIn, session: InjectionSession
) -> None:
    cast.ada.sites.set([cast.harbour])
    Patient.objects.filter(pk=cast.joye.pk).update(site=cast.mesa)
    today = cast.harbour.today().isoformat()
    ada = sign_in(cast.ada)
    shown = ada.get("/claims/", {"from": today, "to": today})
    assert [sheet.session for sheet in shown.context["sheets"]] == [session]
    assert len(rows_of(ada.get("/claims/export/", {"from": today, "to": today}))) == 3
    page = ada.get(detail(session))
    assert page.status_code == 200
    # The chart is the other site's now: no link leads there, and it is not opened.
    assert f'href="{reverse("treatments:session-detail", args=[session.pk])}"' not in text_of(page)
    assert ada.get(reverse("treatments:session-detail", args=[session.pk])).status_code in (403, 404)
    assert sign_in(cast.max).get(detail(session)).status_code == 404


def test_the_file_of_one_session(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    answer = sign_in(cast.ito).get(reverse("interop:claim-csv", args=[session.pk]))
    assert answer["Content-Disposition"] == f'attachment; filename="claim-{session.pk}.csv"'
    rows = rows_of(answer)
    assert [(row["kind"], row["code"], row["modifier"], row["units"]) for row in rows] == [
        ("drug", "J0585", "", "155"),
        ("drug", "J0585", "JW", "45"),
        ("procedure", "number not entered", "", "1"),
    ]
    assert {row["provider_npi"] for row in rows} == {"1234567893"}
    assert {(row["opened"], row["given"], row["discarded"]) for row in rows} == {("200", "155", "45")}
    assert {row["ndc"] for row in rows} == {"00023-3921-02"}
    # Neither name nor date of birth leaves with it: the record's number is enough.
    assert "Koch" not in str(rows)
    assert AuditEvent.objects.filter(action="export", patient_id=cast.joye.pk, subject_id=session.pk).exists()


@pytest.mark.parametrize("name", ["claim-detail", "claim-csv"])
def test_only_a_signed_session_has_a_claim(cast: Cast, sign_in: SignIn, session: InjectionSession, name: str) -> None:
    url = reverse(f"interop:{name}", args=[session.pk])
    assert sign_in(cast.max).get(url).status_code in (403, 404)
    assert sign_in(cast.robin).get(url).status_code == 403
    void_session(session=session, reason="wrong patient", by=cast.ito, now=timezone.now())
    assert sign_in(cast.ito).get(url).status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_other_cells_stay_as_they_are() -> None:
    assert [safe_cell(value) for value in ("J0585", 45, "a-b", "")] == ["J0585", "45", "a-b", ""]


# --- a period


def test_the_period_lists_what_was_signed_in_it(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    today = cast.harbour.today()
    ito = sign_in(cast.ito)
    shown = ito.get("/claims/", {"from": today.isoformat(), "to": today.isoformat()})
    assert [sheet.session for sheet in shown.context["sheets"]] == [session]
    before = ito.get("/claims/", {"from": "2020-01-01", "to": "2020-12-31"})
    assert before.context["sheets"] == []
    assert "No session was signed here in this period." in text_of(before)


def test_a_period_is_one_file(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    today = cast.harbour.today()
    answer = sign_in(cast.ada).get("/claims/export/", {"from": today.isoformat(), "to": today.isoformat()})
    assert [row["code"] for row in rows_of(answer)] == ["J0585", "J0585", "number not entered"]
    (event,) = AuditEvent.objects.filter(action="export")
    assert (event.actor_id, event.detail) == (cast.ada.pk, f"claims {today} to {today}")


def test_another_site_is_not_in_it(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    client = sign_in(cast.max)
    today = cast.harbour.today().isoformat()
    assert client.get("/claims/", {"from": today, "to": today}).context["sheets"] == []
    assert rows_of(client.get("/claims/export/", {"from": today, "to": today})) == []


@pytest.mark.parametrize("path", ["/claims/", "/claims/export/"])
@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("x", "2026-01-01", "Enter a valid date."),
        ("2026-02-01", "2026-01-01", "It ends before it begins."),
        ("2020-01-01", "2026-01-01", "A year at the most."),
        ("", "", "This field is required."),
    ],
)
def test_a_wrong_period_is_told(cast: Cast, sign_in: SignIn, path: str, first: str, last: str, words: str) -> None:
    answer = sign_in(cast.ito).get(path, {"from": first, "to": last})
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_the_list_goes_on_by_keyset_and_costs_the_same(cast: Cast, sign_in: SignIn, monkeypatch: Any) -> None:
    from interop.views import claims

    first = signed(cast, cast.course(), on=cast.harbour.today())
    today = cast.harbour.today().isoformat()
    ito = sign_in(cast.ito)
    with CaptureQueriesContext(connection) as few:
        ito.get("/claims/", {"from": today, "to": today})
    second = signed(cast, cast.course(condition="tmj_bruxism"), on=cast.harbour.today())
    with CaptureQueriesContext(connection) as many:
        page = ito.get("/claims/", {"from": today, "to": today})
    assert [sheet.session.pk for sheet in page.context["sheets"]] == [second.pk, first.pk]
    assert len(many) == len(few) <= 12
    monkeypatch.setattr(claims, "PAGE", 1)
    assert [s.session.pk for s in ito.get("/claims/", {"from": today, "to": today}).context["sheets"]] == [second.pk]
    behind = ito.get("/claims/", {"from": today, "to": today, "after": second.pk})
    assert [sheet.session.pk for sheet in behind.context["sheets"]] == [first.pk]


def test_each_condition_of_a_claim_names_its_own_authorisation(cast: Cast, sign_in: SignIn) -> None:
    today = cast.harbour.today()
    coverage = Coverage.objects.create(
        patient=cast.joye, payer=made.payer("Harbor Health"), authorization_required=True
    )
    for number, condition in (("PA-1", "chronic_migraine"), ("PA-2", "tmj_bruxism"), ("PA-3", "cervical_dystonia")):
        PriorAuthorization.objects.create(
            patient=cast.joye,
            coverage=coverage,
            number=number,
            status="approved",
            product=BOTOX,
            condition=condition,
            starts_on=today,
            ends_on=today,
        )
    head, jaw = cast.course(), cast.course(condition="tmj_bruxism")
    masseter = DraftSite(jaw.pk, Muscle.objects.get(key="masseter").pk, "left", Decimal(20))
    session = signed(cast, head, jaw, on=today, sites=[*migraine_sites(head), masseter])
    ada = sign_in(cast.ada)
    page = text_of(ada.get(detail(session)))
    assert ("PA-1" in page, "PA-2" in page, "PA-3" in page) == (True, True, False)
    (first, *_) = rows_of(ada.get(reverse("interop:claim-csv", args=[session.pk])))
    assert first["authorization"] == "PA-1 PA-2"


def test_the_claim_of_one_session_takes_few_queries(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    ito = sign_in(cast.ito)
    with CaptureQueriesContext(connection) as queries:
        ito.get(detail(session))
    assert len(queries) <= 12


# --- the numbers


def codes(page: Any, **changes: str) -> dict[str, str]:
    sent = {}
    for field, was, _ in page.context["rows"]:
        sent |= {field.html_name: field.value() or "", was.html_name: was.value() or ""}
    return sent | changes


def test_an_administrator_enters_a_number_and_the_claim_has_it(
    cast: Cast, sign_in: SignIn, session: InjectionSession
) -> None:
    ada = sign_in(cast.ada)
    answer = ada.post(CODES, codes(ada.get(CODES), **{"head-neck-migraine": "1234t"}))
    assert answer.status_code == 302
    row = ProcedureCode.objects.get()
    assert (row.slot, row.code, row.entered_by) == ("head-neck-migraine", "1234T", cast.ada)
    assert "1234T" in text_of(sign_in(cast.ito).get(detail(session)))
    ada.post(CODES, codes(ada.get(CODES), **{"head-neck-migraine": ""}))
    assert not ProcedureCode.objects.exists()


@pytest.mark.parametrize("typed", ["123", "123456", "12 45", "=1234", "é1234"])
def test_what_is_no_number_is_told_and_kept(cast: Cast, sign_in: SignIn, typed: str) -> None:
    ada = sign_in(cast.ada)
    answer = ada.post(CODES, codes(ada.get(CODES), **{"trunk-6": typed, "trunk-1-5": "11111"}))
    assert answer.status_code == 422
    assert "Five letters or digits." in text_of(answer)
    assert f'value="{typed}"' in text_of(answer)
    assert not ProcedureCode.objects.exists()


def test_what_nobody_sees_of_a_form_is_told_above_it_when_it_came_back_changed(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.ada).post(CODES, {"trunk-1-5": "11111", "was-trunk-1-5": "x" * 11})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "part of this page that nobody sees came back changed" in page
    assert 'value="11111"' in page


def test_two_who_enter_numbers_at_once_see_each_other(cast: Cast, sign_in: SignIn) -> None:
    ada = sign_in(cast.ada)
    opened = codes(ada.get(CODES))
    ada.post(CODES, opened | {"trunk-6": "11111"})
    stale = ada.post(CODES, opened | {"trunk-6": "22222", "trunk-1-5": "33333"})
    assert stale.status_code == 422
    assert "Saved meanwhile: 11111." in text_of(stale)
    assert list(ProcedureCode.objects.values_list("slot", "code")) == [("trunk-6", "11111")]
    ada.post(CODES, codes(stale))
    assert dict(ProcedureCode.objects.values_list("slot", "code")) == {"trunk-6": "22222", "trunk-1-5": "33333"}


@pytest.mark.django_db(transaction=True)
def test_the_first_number_of_a_use_is_entered_once_by_two_at_the_same_moment(cast: Cast) -> None:
    for slot in SLOTS:
        both = (partial(enter_procedure_codes, changes={slot: ("", code)}, by=cast.ada) for code in ("11111", "22222"))
        assert kinds(at_once(*both)) == ["CodesChangedError", "NoneType"], slot
    assert ProcedureCode.objects.count() == len(SLOTS)


def test_a_provider_does_not_enter_numbers(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.ito).post(CODES, {slot: "11111" for slot in SLOTS})
    assert answer.status_code == 403
    assert not ProcedureCode.objects.exists()


def test_a_trainees_session_is_claimed_under_the_supervisor_who_signed_it(cast: Cast, sign_in: SignIn) -> None:
    tess = User.objects.create_user("tess@example.org", "unused", name="Dr Tess Lang", roles=["trainee"])
    tess.sites.add(cast.harbour)
    today = cast.harbour.today()
    session = draft(cast, cast.course(), on=today, vials=vials_in_stock(cast), by=tess)
    reasons = {finding: "supervised" for finding in ("other-signer",)}
    sign_session(
        session=session, by=cast.ito, version=session.version, reasons=reasons, now=moment(cast, cast.harbour.today())
    )
    assert "Dr Tess Lang" not in text_of(sign_in(cast.ito).get(detail(session)))
    [drug, *_] = rows_of(sign_in(cast.ito).get(reverse("interop:claim-csv", args=[session.pk])))
    assert (drug["provider"], drug["provider_npi"]) == ("Dr Kenji Ito", cast.ito.credential.npi)
