"""The application's database role: the ordinary work goes, and nothing that is signed can be touched by any SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.database_roles import problem_of_role, protected_tables
from inventory.models import Product
from tests.cast import Cast
from tests.treatments.charted import _Always, draft, moment, signed, vials_in_stock
from treatments.actions.records import write_addendum
from treatments.actions.sessions import record_outside_session, sign_session, void_session
from treatments.models import InjectionSession
from treatments.seals import verify_records

DAY = date(2026, 9, 4)
ROLE = settings.DATABASE_APPLICATION_ROLE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not ROLE, reason="this database has one role only"),
]


@pytest.fixture
def as_application(db: None) -> Iterator[None]:
    """The test's own connection, as the application's role."""
    ours = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = ROLE
    yield
    connection.close()
    connection.settings_dict["USER"] = ours


@pytest.fixture
def raw(db: None) -> Iterator[Any]:
    """A connection of the application's role without Django."""
    given = connection.settings_dict
    opened = psycopg2.connect(
        host=given["HOST"], port=given["PORT"], user=ROLE, password=given["PASSWORD"], dbname=given["NAME"]
    )
    opened.autocommit = True
    yield opened
    opened.close()


def test_ordinary_work_goes_as_the_application(cast: Cast, as_application: None) -> None:
    course = cast.course()
    session = draft(cast, course, on=DAY, vials=vials_in_stock(cast))
    session = sign_session(
        session=session, by=cast.ito, version=session.version, reasons=_Always(), now=moment(cast, DAY)
    )
    write_addendum(session=session, text="Ice was given.", by=cast.ito, now=timezone.now())
    void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())
    assert verify_records().sound
    assert problem_of_role() == ""
    client = Client()
    client.force_login(cast.ito, backend="accounts.backends.StaffBackend")
    assert client.get(reverse("treatments:session-detail", args=[session.pk])).status_code == 200


REFUSED = [
    # what is signed
    "UPDATE treatments_injectionsession SET notes = 'better' WHERE id = {id}",
    "UPDATE treatments_injectionsession SET status = 'draft' WHERE id = {id}",
    "DELETE FROM treatments_injectionsession WHERE id = {id}",
    "UPDATE treatments_injection SET units = 6 WHERE session_id = {id}",
    "DELETE FROM treatments_injection WHERE session_id = {id}",
    "UPDATE treatments_vialuse SET units_given = 1 WHERE session_id = {id}",
    "DELETE FROM treatments_sessioncourse WHERE session_id = {id}",
    'INSERT INTO treatments_injection (session_id, course_id, muscle_id, side, view, units, "order")'
    " SELECT session_id, course_id, muscle_id, side, '', 5, 99 FROM treatments_injection"
    " WHERE session_id = {id} LIMIT 1",
    "UPDATE treatments_injectionsession SET patient_id = patient_id + 1 WHERE id = {id}",
    "UPDATE patients_screening SET answers = '{{}}'",
    # what is only ever added
    "UPDATE treatments_addendum SET text = 'x'",
    "DELETE FROM treatments_addendum",
    "UPDATE treatments_recordseal SET digest = 'x'",
    "DELETE FROM treatments_recordseal",
    "UPDATE audit_auditevent SET detail = 'x'",
    "DELETE FROM audit_auditevent",
    "DELETE FROM treatments_injectionsessionevent",
    # the guards
    "TRUNCATE treatments_injection",
    "TRUNCATE treatments_recordseal",
    "TRUNCATE treatments_injectionsession CASCADE",
    "ALTER TABLE treatments_injectionsession DISABLE TRIGGER ALL",
    "ALTER TABLE treatments_injection DISABLE TRIGGER USER",
    "DROP TRIGGER {trigger} ON treatments_injectionsession",
    "CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql",
    "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN"
    " AS $$ SELECT TRUE $$ LANGUAGE sql",
    "CREATE TRIGGER mine BEFORE UPDATE ON treatments_injection FOR EACH ROW EXECUTE FUNCTION {trigger}()",
    "CREATE RULE mine AS ON UPDATE TO treatments_injection DO INSTEAD NOTHING",
    "ALTER TABLE treatments_injection ADD COLUMN other text",
    "DROP TABLE treatments_recordseal",
    "ALTER TABLE treatments_recordseal OWNER TO CURRENT_USER",
    "SET session_replication_role = replica",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE TABLE treatments_mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE EXTENSION file_fdw",
    "COPY treatments_injection TO PROGRAM 'cat'",
    "DELETE FROM django_migrations",
]


def test_the_applications_role_is_refused(cast: Cast, raw: Any) -> None:
    session = signed(cast, cast.course(), on=DAY)
    write_addendum(session=session, text="Ice was given.", by=cast.ito, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_signed_session_is_locked%'")
        (trigger,) = cursor.fetchone()
    names = {"id": session.pk, "trigger": trigger, "owner": connection.settings_dict["USER"]}
    let_through = []
    with raw.cursor() as cursor:
        for statement in REFUSED:
            try:
                cursor.execute(statement.format(**names))
            except psycopg2.Error:
                continue
            let_through.append(statement)
        # This one is no error to PostgreSQL, and grants nothing.
        cursor.execute("GRANT UPDATE ON treatments_recordseal TO CURRENT_USER")
        cursor.execute("SELECT has_table_privilege('treatments_recordseal', 'UPDATE')")
        assert cursor.fetchone() == (False,)
    assert let_through == []
    assert verify_records().sound


@pytest.mark.parametrize(
    "trick",
    [
        # django-pgtrigger's own way round its triggers
        "SET pgtrigger.ignore = '{{treatments_injectionsession:signed_session_is_locked,"
        "treatments_injection:draft_rows_only,{name}}}'",
        # a table of one's own in front of the real one
        "CREATE TEMPORARY TABLE treatments_injectionsession AS SELECT {id}::bigint AS id, 'draft'::text AS status",
        "SET search_path = pg_temp, public",
    ],
)
def test_no_trick_leads_a_trigger_astray(cast: Cast, raw: Any, trick: str) -> None:
    session = signed(cast, cast.course(), on=DAY)
    with raw.cursor() as cursor:
        cursor.execute("SELECT string_agg(tgname, ',') FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'")
        (names,) = cursor.fetchone()
        cursor.execute(trick.format(id=session.pk, name=names))
        for statement in (
            f"UPDATE public.treatments_injection SET units = 6 WHERE session_id = {session.pk}",
            f"UPDATE public.treatments_injectionsession SET notes = 'x' WHERE id = {session.pk}",
        ):
            with pytest.raises(psycopg2.errors.IntegrityConstraintViolation):
                cursor.execute(statement)
    assert verify_records().sound


@pytest.mark.parametrize("is_outside", [False, True])
def test_nobody_voids_without_a_seal(cast: Cast, raw: Any, is_outside: bool) -> None:
    course = cast.course()
    session = (
        record_outside_session(
            course=course, performed_on=date(2026, 3, 1), product=Product.objects.get(key="onabotulinumtoxinA"),
            units=Decimal(155), source="letter", on=DAY, by=cast.ito,
        )
        if is_outside
        else signed(cast, course, on=DAY)
    )  # fmt: skip
    with raw.cursor() as cursor, pytest.raises(psycopg2.errors.IntegrityConstraintViolation, match="seal"):
        cursor.execute(
            "UPDATE treatments_injectionsession SET status = 'voided', voided_at = now(), void_reason = 'x'"
            " WHERE id = %s",
            [session.pk],
        )
    assert verify_records().sound
    void_session(session=session, reason="wrong side", by=cast.ito, now=timezone.now())
    assert verify_records().sound


def test_a_forged_seal_of_a_voiding_is_found(cast: Cast, raw: Any) -> None:
    session = signed(cast, cast.course(), on=DAY)
    raw.autocommit = False
    with raw.cursor() as cursor:
        cursor.execute(
            "UPDATE treatments_injectionsession SET status = 'voided', voided_at = now(), void_reason = 'x'"
            " WHERE id = %s",
            [session.pk],
        )
        cursor.execute(
            "INSERT INTO treatments_recordseal (session_id, event, sealed_at, digest, previous)"
            " SELECT session_id, 'voided', now(), '1:forged', digest FROM treatments_recordseal"
            " ORDER BY id DESC LIMIT 1"
        )
    raw.commit()
    session.refresh_from_db()
    assert session.status == "voided"
    assert [(problem.session_id, problem.words) for problem in verify_records().problems] == [
        (session.pk, "it differs from what was sealed when it was voided")
    ]


def test_a_management_shell_cannot_change_a_signed_session(cast: Cast, as_application: None) -> None:
    import pgtrigger

    session = signed(cast, cast.course(), on=DAY)
    with (
        pytest.raises(Exception, match="cannot be changed"),
        pgtrigger.ignore("treatments.InjectionSession:signed_session_is_locked"),
    ):
        InjectionSession.objects.filter(pk=session.pk).update(notes="better")


def test_what_is_only_ever_added_is_among_the_protected_tables() -> None:
    tables = protected_tables()
    for name in ("audit_auditevent", "treatments_recordseal", "treatments_addendum"):
        assert tables[name] == {"UPDATE", "DELETE"}
    # These only change hands, when two records of one person are made one.
    for name in ("patients_consent", "patients_screening", "patients_patientmerge"):
        assert tables[name] == {"DELETE"}
    # Which version is in use changes; what a version says does not.
    assert tables["outcomes_instrumentversion"] == {"DELETE"}
    assert "treatments_injectionsession" not in tables


def test_an_application_that_owns_its_tables_is_told_so(db: None) -> None:
    assert "DATABASE_OWNER_URL" in problem_of_role()


def test_migrating_again_settles_the_same_rights(db: None, raw: Any) -> None:
    call_command("migrate", verbosity=0, interactive=False)
    with raw.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('treatments_recordseal', 'INSERT')")
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT has_table_privilege('treatments_recordseal', 'UPDATE')")
        assert cursor.fetchone() == (False,)
