"""What a session says of its patient, diagnoses, muscles, product and signer is kept as it was when it was signed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Credential, User
from inventory.models import Lot, Product, VialSize
from patients.models import Patient
from tests.cast import Cast
from tests.clinic.test_paper import printed
from tests.treatments.charted import BOTOX, _Always, draft, moment, signed, vials_in_stock
from tests.treatments.test_seals import as_superuser
from treatments.actions.records import replace_session
from treatments.actions.sessions import record_outside_session, sign_session, void_session
from treatments.as_signed import show_as_signed
from treatments.models import Condition, DiagnosisCode, InjectionSession, Muscle, TreatmentCourse
from treatments.seals import verify_records

SignIn = Callable[[User], Client]


@pytest.fixture
def session(cast: Cast) -> InjectionSession:
    migraine = Condition.objects.get(key="chronic_migraine")
    coded = cast.course(diagnosis=migraine.diagnosis_codes.get(code="G43.709"))
    return signed(cast, coded, on=cast.harbour.today())


def change_everything(session: InjectionSession) -> None:
    """Rewrite every row that the words of a session come from, as the clinic may at any later time."""
    course = TreatmentCourse.objects.get(treatments__session=session)
    course.diagnosis = DiagnosisCode.objects.create(condition=course.condition, code="Z99.9", display="Another thing")
    course.save()
    Condition.objects.filter(pk=course.condition_id).update(name="Renamed condition", short_name="Renamed")
    Muscle.objects.update(name="Renamed muscle")
    Product.objects.update(brand="RENAMED", generic_name="anothertoxin", hcpcs="J0000", units_per_billing_unit=7)
    VialSize.objects.update(ndc11="11111-1111-11")
    Patient.objects.update(family_name="Renamed")
    User.objects.update(name="Dr Renamed")
    Credential.objects.update(title="DO", licence_number="L-renamed")


OLD = ["G43.709", "Chronic migraine", "BOTOX", "onabotulinumtoxinA", "Koch", "Dr Kenji Ito"]
NEW = ["Z99.9", "Another thing", "Renamed", "RENAMED", "anothertoxin", "J0000", "11111-1111", "L-renamed", "DO"]


def shown_on(client: Client, name: str, session: InjectionSession) -> str:
    if name.startswith("clinic:"):
        return " ".join(printed(client, name, session))
    answer = client.get(reverse(name, args=[session.pk]))
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content.decode().partition("<main")[2] or content.decode()


PAGES = {
    "clinic:session-note": [*OLD, "Corrugator", "00023-3921-02"],
    "clinic:session-packet": [*OLD, "Corrugator", "J0585", "L12345"],
    "clinic:session-after-visit": ["BOTOX", "Koch", "Dr Kenji Ito"],
    "interop:claim-detail": ["G43.709", "J0585", "BOTOX", "00023-3921-02", "Dr Kenji Ito", "Koch"],
    "interop:claim-csv": ["G43.709", "J0585", "BOTOX", "00023-3921-02", "Dr Kenji Ito"],
    "treatments:session-detail": [*OLD, "Corrugator"],
}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_changed_later_shows_on_a_signed_session(
    cast: Cast, sign_in: SignIn, session: InjectionSession, name: str
) -> None:
    client = sign_in(cast.ito)
    before = shown_on(client, name, session)
    change_everything(session)
    after = shown_on(client, name, session)
    assert [words for words in PAGES[name] if words not in before] == []
    assert [words for words in PAGES[name] if words not in after] == []
    # As words of their own: the letters of a seal may hold "DO" by chance.
    shown = [words for words in NEW if re.search(rf"\b{re.escape(words)}\b", after)]
    found = {words: after[max(0, after.find(words) - 300) : after.find(words) + 60] for words in shown}
    assert found == {}
    assert verify_records().sound


def test_a_draft_shows_what_is_known_now(cast: Cast, sign_in: SignIn) -> None:
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast))
    change_everything(session)
    note = shown_on(sign_in(cast.ito), "clinic:session-note", session)
    assert [words for words in ("Z99.9", "Renamed muscle", "RENAMED") if words not in note] == []


def test_a_muscle_renamed_between_two_sessions_is_no_change_of_dose(
    cast: Cast, sign_in: SignIn, session: InjectionSession
) -> None:
    Muscle.objects.filter(key="corrugator").update(name="Renamed muscle")
    later = signed(cast, session.treated.get().course, on=cast.harbour.today())
    # As if the first had been a hundred days before.
    as_superuser("UPDATE treatments_injectionsession SET performed_on = performed_on - 100 WHERE id = %s", session.pk)
    note = shown_on(sign_in(cast.ito), "clinic:session-note", later)
    assert "The same sites and units." in note
    assert f"as of {cast.harbour.today():%-d %b %Y}" in note


def test_the_words_of_one_lot_come_from_the_session(cast: Cast, sign_in: SignIn, session: InjectionSession) -> None:
    Lot.objects.update(number="FORGED", expires_on=date(2041, 1, 1))
    note = shown_on(sign_in(cast.ito), "clinic:session-note", session)
    assert "C1234" in note
    assert "FORGED" not in note
    assert "2041" not in note
    # The lot itself is read into the seal too, so that its change is told.
    assert not verify_records().sound


def test_a_replacement_begins_with_what_is_known_now(cast: Cast, session: InjectionSession) -> None:
    assert session.as_signed["product"]["brand"] == "BOTOX"
    voided = void_session(session=session, reason="wrong side", by=cast.ito, now=moment(cast, cast.harbour.today()))
    assert replace_session(session=voided, by=cast.ito).as_signed == {}


def test_an_outside_session_keeps_its_words_too(cast: Cast, sign_in: SignIn) -> None:
    session = record_outside_session(
        course=cast.course(diagnosis=DiagnosisCode.objects.get(code="G43.709")),
        performed_on=date(2026, 3, 1),
        product=Product.objects.get(key=BOTOX),
        units=Decimal(155),
        source="letter",
        on=cast.harbour.today(),
        by=cast.ito,
    )
    change_everything(session)
    page = shown_on(sign_in(cast.ito), "treatments:session-detail", session)
    assert [words for words in ("G43.709", "Chronic migraine", "BOTOX") if words not in page] == []
    assert [words for words in NEW if words in page] == []
    assert verify_records().sound


def test_what_is_kept(cast: Cast, session: InjectionSession) -> None:
    kept: dict[str, Any] = InjectionSession.objects.get(pk=session.pk).as_signed
    course = session.treated.get().course
    (use,) = session.vial_uses.all()
    assert kept["patient"] == {
        "given_name": "Joye", "family_name": "Koch", "birth_date": "1982-08-25",
        "record_number": cast.joye.record_number, "sex": "F",
    }  # fmt: skip
    assert kept["courses"][str(course.pk)]["code"] == "G43.709"
    assert kept["vials"][str(use.vial_id)] == {
        "lot": "C1234", "expires_on": "2040-01-31", "units": 200, "ndc11": "00023-3921-02", "source": "clinic",
        "reconstituted_by": "Dr Kenji Ito",
    }  # fmt: skip
    assert kept["signer"] == {"name": "Dr Kenji Ito", "title": "MD", "licence_number": "L12345", "npi": "1234567893"}
    assert kept["authorization"] is None
    assert set(kept["papers"]) == {"screening_by", "screening_language", "witness", "payers", "authorization"}
    assert kept["muscles"]["frontalis"] == "Frontalis"


def test_a_record_signed_before_its_papers_were_kept_says_so(
    cast: Cast, sign_in: SignIn, session: InjectionSession
) -> None:
    client = sign_in(cast.ito)
    assert "as recorded now" not in shown_on(client, "clinic:session-packet", session)
    as_superuser("UPDATE treatments_injectionsession SET as_signed = as_signed - 'papers' WHERE id = %s", session.pk)
    assert "(as recorded now)" in shown_on(client, "clinic:session-packet", session)


def test_who_was_a_trainee_then_is_not_shown_with_the_licence_of_later(cast: Cast, sign_in: SignIn) -> None:
    tess = User.objects.create_user("tess@example.org", "a long password", name="Dr Tess Lang", roles=["trainee"])
    tess.sites.set([cast.harbour])
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast), by=tess)
    said = {"reasons": _Always(), "now": moment(cast, cast.harbour.today())}
    sign_session(session=session, by=cast.ito, version=session.version, **said)  # type: ignore[arg-type]
    tess.roles = ["provider"]
    tess.save()
    Credential.objects.create(
        user=tess, title="DPM", licence_number="L-later", licence_expires_on=date(2040, 1, 1), npi="1992999999"
    )
    note = shown_on(sign_in(cast.ito), "clinic:session-note", session)
    assert "Provider Dr Kenji Ito, MD" in note
    assert "Charted by Dr Tess Lang, trainee" in note
    shown = show_as_signed(InjectionSession.objects.for_snapshot().get(pk=session.pk))
    assert getattr(shown.provider, "credential", None) is None
