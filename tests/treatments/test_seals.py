"""Seals: made with each signing, and any later change of the record does not fit them, whoever made it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Lot, Product
from patients.models import Consent, ConsentForm, Screening
from patients.rules.screening import QUESTIONS
from tests.cast import Cast
from tests.treatments.charted import _Always, draft, moment, signed, vials_in_stock
from treatments.actions.records import write_addendum
from treatments.actions.seals import seal_sessions
from treatments.actions.sessions import record_outside_session, sign_session, void_session
from treatments.models import InjectionSession, RecordSeal, TreatmentCourse
from treatments.seals import verify_records

DAY = date(2026, 9, 4)


def as_superuser(statement: str, *values: object) -> None:
    """Run SQL as somebody who may do anything: no trigger and no foreign key is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")


def problems() -> dict[int, str]:
    return {problem.session_id: problem.words for problem in verify_records().problems}


def outside(course: TreatmentCourse, cast: Cast, on: date) -> InjectionSession:
    return record_outside_session(
        course=course, performed_on=on, product=Product.objects.get(key="onabotulinumtoxinA"),
        units=Decimal(155), source="letter", on=DAY, by=cast.ito,
    )  # fmt: skip


@pytest.fixture
def session(cast: Cast) -> InjectionSession:
    """One signed session with an addendum, between two others."""
    course = cast.course()
    outside(course, cast, date(2026, 3, 1))
    session = signed(cast, course, on=DAY)
    write_addendum(session=session, text="Ice was given.", by=cast.okafor, now=timezone.now())
    outside(course, cast, date(2026, 2, 1))
    return session


def test_signing_adding_and_voiding_each_add_a_seal_to_one_chain(cast: Cast, session: InjectionSession) -> None:
    void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())
    seals = list(RecordSeal.objects.all())
    assert [seal.event for seal in seals] == ["recorded", "signed", "addendum", "recorded", "voided"]
    assert [seal.previous for seal in seals] == ["", *(seal.digest for seal in seals[:-1])]
    found = verify_records()
    assert found.sound
    assert (found.sessions, found.seals, found.head) == (3, 5, seals[-1].digest)


def test_a_draft_has_no_seal_and_neither_has_one_thrown_away(cast: Cast) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=[])
    void_session(session=session, reason="did not come", by=cast.ito, now=timezone.now())
    assert not RecordSeal.objects.exists()
    assert verify_records().sound


CHANGES = {
    "notes": "UPDATE treatments_injectionsession SET notes = 'better' WHERE id = %s",
    "date": "UPDATE treatments_injectionsession SET performed_on = performed_on - 1 WHERE id = %s",
    "product": """UPDATE treatments_injectionsession SET product_id = (SELECT max(id) FROM inventory_product)
               WHERE id = %s""",
    "words kept": """UPDATE treatments_injectionsession
               SET as_signed = jsonb_set(as_signed, '{product,brand}', '"X"') WHERE id = %s""",
    "findings": "UPDATE treatments_injectionsession SET findings = '[{}]' WHERE id = %s",
    "signature": "UPDATE treatments_injectionsession SET signature = 'Dr No' WHERE id = %s",
    "signed at": "UPDATE treatments_injectionsession SET signed_at = signed_at - interval '1 second' WHERE id = %s",
    "units": 'UPDATE treatments_injection SET units = 6 WHERE session_id = %s AND "order" = 7',
    "place": 'UPDATE treatments_injection SET x = x + 1 WHERE session_id = %s AND "order" = 7',
    "side": """UPDATE treatments_injection SET side = 'left' WHERE session_id = %s AND "order" =
               (SELECT min("order") FROM treatments_injection WHERE side = 'right')""",
    "injection removed": 'DELETE FROM treatments_injection WHERE session_id = %s AND "order" = 31',
    "injection added": """INSERT INTO treatments_injection
               (session_id, course_id, muscle_id, side, view, units, "order")
               SELECT session_id, course_id, muscle_id, side, '', 5, 99 FROM treatments_injection
                WHERE session_id = %s LIMIT 1""",
    "vial": "UPDATE treatments_vialuse SET units_discarded = 0 WHERE session_id = %s",
    "vial removed": "DELETE FROM treatments_vialuse WHERE session_id = %s",
    "course": "DELETE FROM treatments_sessioncourse WHERE session_id = %s",
    "addendum": "UPDATE treatments_addendum SET text = 'No ice was given.' WHERE session_id = %s",
    "addendum removed": "DELETE FROM treatments_addendum WHERE session_id = %s",
    "addendum and its seal removed": """WITH gone AS
               (DELETE FROM treatments_addendum WHERE session_id = %s RETURNING session_id)
               DELETE FROM treatments_recordseal USING gone WHERE event = 'addendum'
               AND treatments_recordseal.session_id = gone.session_id""",
    "voided": """UPDATE treatments_injectionsession SET status = 'voided', voided_at = now(), void_reason = 'x'
               WHERE id = %s""",
    "a draft again": "UPDATE treatments_injectionsession SET status = 'draft' WHERE id = %s",
    "seal changed": "UPDATE treatments_recordseal SET digest = '1:' || repeat('A', 43) WHERE session_id = %s",
    "seal's moment": "UPDATE treatments_recordseal SET sealed_at = now() WHERE session_id = %s AND event = 'signed'",
    "seals removed": "DELETE FROM treatments_recordseal WHERE session_id = %s",
    "session and seals removed": """WITH gone AS (DELETE FROM treatments_injectionsession WHERE id = %s RETURNING id)
               DELETE FROM treatments_recordseal USING gone WHERE session_id = gone.id""",
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_made_by_a_superuser_is_found(cast: Cast, session: InjectionSession, change: str) -> None:
    assert problems() == {}
    as_superuser(CHANGES[change], session.pk)
    assert session.pk in problems() or ("removed" in change and problems())


PAPERS = {
    "lot": ("inventory_lot", "number", "'X1'"),
    "expiry": ("inventory_lot", "expires_on", "expires_on + 1"),
    "vial size": ("inventory_vialsize", "units", "units + 1"),
    "screening": ("patients_screening", "answers", "'{}'"),
    "consent signed": ("patients_consent", "signature", "'M 1 1'"),
    "consent form": ("patients_consentform", "text", "'Anything may happen.'"),
}


@pytest.mark.parametrize("paper", PAPERS)
def test_what_the_session_rested_on_belongs_to_the_record(cast: Cast, paper: str) -> None:
    Screening.objects.create(
        patient=cast.joye, answered_on=DAY, questionnaire="1", recorded_by=cast.ito,
        answers={question.key: {"answer": "no", "note": ""} for question in QUESTIONS},
    )  # fmt: skip
    form = ConsentForm.objects.filter(is_current=True).order_by("pk")[0]
    Consent.objects.create(
        patient=cast.joye, form=form, signed_on=DAY, expires_on=DAY + timedelta(days=365), signer_name="Joye Koch",
        signature="M 0 0 L 9 9", witness=cast.ito,
    )  # fmt: skip
    session = signed(cast, cast.course(), on=DAY)
    assert session.screening_id is not None
    assert session.consent_id is not None
    assert problems() == {}
    table, column, value = PAPERS[paper]
    as_superuser(f"UPDATE {table} SET {column} = {value}")
    assert list(problems()) == [session.pk]


def test_a_consent_withdrawn_later_changes_no_record(cast: Cast) -> None:
    form = ConsentForm.objects.filter(is_current=True).order_by("pk")[0]
    consent = Consent.objects.create(
        patient=cast.joye, form=form, signed_on=DAY, expires_on=DAY + timedelta(days=365), signer_name="Joye Koch",
        signature="M 0 0 L 9 9", witness=cast.ito,
    )  # fmt: skip
    session = signed(cast, cast.course(), on=DAY)
    assert session.consent == consent
    Consent.objects.update(withdrawn_on=DAY, withdrawn_by=cast.ito, withdrawn_reason="changed her mind")
    assert verify_records().sound


def test_a_recall_marked_later_changes_no_record(cast: Cast, session: InjectionSession) -> None:
    Lot.objects.update(recalled_on=DAY + timedelta(days=9), recall_reason="potency")
    assert verify_records().sound


def test_the_newest_session_and_its_seal_removed_are_found(cast: Cast) -> None:
    signed(cast, cast.course(), on=DAY)
    before = verify_records()
    last = signed(cast, cast.course(cast.omar), on=DAY)
    noted = verify_records().head
    as_superuser("DELETE FROM treatments_recordseal WHERE session_id = %s", last.pk)
    as_superuser("DELETE FROM treatments_injectionsession WHERE id = %s", last.pk)
    assert problems() == {last.pk: "it was signed and is gone"}
    # Also when every trace in the database is gone: the head was noted elsewhere.
    as_superuser("DELETE FROM audit_auditevent")
    as_superuser("DELETE FROM treatments_injectionsessionevent")
    assert verify_records().sound
    assert not verify_records(noted_head=noted).sound
    assert verify_records(noted_head=before.head).sound


def test_the_newest_session_unsigned_with_its_seal_removed_is_found(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    as_superuser("DELETE FROM treatments_recordseal WHERE session_id = %s", session.pk)
    as_superuser(
        "UPDATE treatments_injectionsession SET status = 'draft', signed_at = NULL, signed_by_id = NULL WHERE id = %s",
        session.pk,
    )
    assert problems() == {session.pk: "it was signed, and the seal of its signing is gone"}
    # The history of rows tells it too, and so does the audit trail alone.
    with transaction.atomic():
        as_superuser("DELETE FROM audit_auditevent")
        assert session.pk in problems()
        transaction.set_rollback(True)
    as_superuser("DELETE FROM treatments_injectionsessionevent")
    assert session.pk in problems()


def test_the_newest_session_voided_as_a_draft_is_found(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    as_superuser("DELETE FROM treatments_recordseal WHERE session_id = %s", session.pk)
    as_superuser(
        "UPDATE treatments_injectionsession SET status = 'voided', signed_at = NULL, voided_at = now(),"
        " void_reason = 'x' WHERE id = %s",
        session.pk,
    )
    assert session.pk in problems()


def test_the_newest_session_unvoided_with_its_seal_removed_is_found(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())
    as_superuser("DELETE FROM treatments_recordseal WHERE event = 'voided'")
    as_superuser(
        "UPDATE treatments_injectionsession SET status = 'signed', voided_at = NULL, voided_by_id = NULL,"
        " void_reason = '' WHERE id = %s",
        session.pk,
    )
    assert problems() == {session.pk: "it was voided, and the seal of that is gone"}


def test_the_newest_addendum_and_its_seal_removed_are_found(cast: Cast) -> None:
    session = signed(cast, cast.course(), on=DAY)
    write_addendum(session=session, text="Ice was given.", by=cast.ito, now=timezone.now())
    as_superuser("DELETE FROM treatments_addendum")
    as_superuser("DELETE FROM treatments_recordseal WHERE event = 'addendum'")
    assert problems() == {session.pk: "an addendum was written and is gone"}


def test_another_key_makes_no_seal_that_fits(cast: Cast, session: InjectionSession) -> None:
    with override_settings(RECORD_SEAL_KEY="somebody else's", SECRET_KEY="another"):
        assert len(problems()) == 3


def test_keys_are_rotated_with_the_old_one_kept(cast: Cast, session: InjectionSession) -> None:
    with override_settings(RECORD_SEAL_KEY="its own from now on"):
        later = signed(cast, cast.course(cast.omar), on=DAY)
        assert verify_records().sound
        with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["only-for-tests"]):
            assert verify_records().sound
        with override_settings(SECRET_KEY="new"):
            assert later.pk not in problems()
            assert session.pk in problems()
    with override_settings(RECORD_SEAL_KEY="a third", RECORD_SEAL_KEY_FALLBACKS=["its own from now on"]):
        assert verify_records().sound


def test_sessions_written_down_in_bulk_are_sealed_once(cast: Cast) -> None:
    sessions = [signed(cast, cast.course(), on=DAY), signed(cast, cast.course(cast.omar), on=DAY)]
    as_superuser("DELETE FROM treatments_recordseal")
    assert len(problems()) == 2
    assert seal_sessions(sessions=sessions) == 2
    assert seal_sessions(sessions=sessions) == 0
    assert verify_records().sound


def test_the_command_names_what_differs_and_ends_with_an_error(cast: Cast, session: InjectionSession) -> None:
    out = StringIO()
    call_command("verify_records", stdout=out)
    assert "3 sessions and 4 seals verified" in out.getvalue()
    as_superuser(CHANGES["units"], session.pk)
    out = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("verify_records", stdout=out)
    assert failed.value.returncode == 1
    assert f"session {session.pk}: it differs from what was sealed when it was signed" in out.getvalue()


def test_verifying_asks_as_much_for_many_sessions_as_for_one(cast: Cast, session: InjectionSession) -> None:
    with CaptureQueriesContext(connection) as few:
        verify_records()
    other = cast.course(cast.omar)
    for month in (4, 5, 6, 7):
        outside(other, cast, date(2025, month, 1))
    with CaptureQueriesContext(connection) as more:
        verify_records()
    assert len(few) == len(more) <= 6


@pytest.mark.django_db(transaction=True)
def test_two_signers_at_once_make_one_chain(cast: Cast) -> None:
    drafts = [
        draft(cast, course, on=DAY, vials=vials_in_stock(cast)) for course in (cast.course(), cast.course(cast.omar))
    ]
    barrier = threading.Barrier(2)

    def sign(session: InjectionSession) -> Callable[[], None]:
        def run() -> None:
            try:
                barrier.wait(10)
                sign_session(
                    session=session, by=cast.ito, version=session.version, reasons=_Always(), now=moment(cast, DAY)
                )
            finally:
                connection.close()

        return run

    threads = [threading.Thread(target=sign(session)) for session in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert RecordSeal.objects.count() == 2
    assert verify_records().sound
