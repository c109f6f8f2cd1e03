"""The chain over the audit: whoever changes it behind Cadence's back, a superuser included, is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit import chain, verify
from audit.actions import record
from audit.chain import TRIGGER, sources
from audit.models import AuditEvent, Head, Lane, Link
from audit.verify import Found, keep_head, verify_audit
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def check(**options: Any) -> Found:
    # The tests write as the role that owns the tables.
    return verify_audit(roles={connection.settings_dict["USER"]}, **options)


@contextmanager
def superuser() -> Iterator[Any]:
    """A cursor for which no trigger fires."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def written(cast: Cast) -> Cast:
    """A few events and a few changes of a patient's record."""
    for _ in range(3):
        record(action="chart-read", by=cast.ito, patient_id=cast.joye.pk, subject=cast.joye)
        cast.joye.phone += "1"
        cast.joye.save()
    return cast


def test_what_cadence_wrote_stands(written: Cast):
    found = check()

    assert found.problems == []
    assert (found.events, found.changes) == (AuditEvent.objects.count(), Link.objects.changes().count())
    assert found.events >= 3
    assert found.changes >= 3


def test_every_source_has_its_trigger():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [TRIGGER])
        chained = {table for (table,) in cursor.fetchall()}

    assert chained == {source.table for source in sources()}
    assert len(chained) > 50


HISTORY = "patients_patientevent"
LAST = "(SELECT max({key}) FROM {table})"


@pytest.mark.parametrize(("table", "key", "change"), [
    ("audit_auditevent", "id", "detail = 'nothing happened'"),
    ("audit_auditevent", "id", "actor_id = 1"),
    ("audit_auditevent", "id", "at = at - interval '1 second'"),
    (HISTORY, "pgh_id", "family_name = 'Somebody'"),
    (HISTORY, "pgh_id", "pgh_created_at = now()"),
])  # fmt: skip
@pytest.mark.parametrize("deed", ["changed", "removed"])
def test_a_row_changed_or_removed_by_a_superuser_is_found(written: Cast, table: str, key: str, change: str, deed: str):
    with superuser() as cursor:
        if deed == "changed":
            cursor.execute(f"UPDATE {table} SET {change} WHERE {key} = (SELECT min({key}) FROM {table})")
        else:
            cursor.execute(f"DELETE FROM {table} WHERE {key} = (SELECT max({key}) FROM {table})")
        assert cursor.rowcount == 1

    found = check()

    assert [problem for problem in found.problems if problem.startswith(table) and problem.endswith(f"was {deed}")]


@pytest.mark.parametrize("past", ["the trigger", "the key"])
def test_an_event_put_in_by_a_superuser_is_found(written: Cast, past: str):
    """Past the trigger it has no link; with the trigger it still lacks the seal."""
    copied = (
        "INSERT INTO audit_auditevent (at, action, actor_roles, subject_type, detail, address, request_id, seal)"
        " SELECT at, action, actor_roles, subject_type, detail, address, request_id, seal FROM audit_auditevent"
        " WHERE id = (SELECT max(id) FROM audit_auditevent)"
    )
    if past == "the trigger":
        with superuser() as cursor:
            cursor.execute(copied)
    else:
        connection.cursor().execute(copied)

    problems = check().problems

    assert any("past its trigger" in problem for problem in problems) == (past == "the trigger")
    assert any("seal is not Cadence's" in problem for problem in problems)


def test_a_history_row_written_by_another_role_is_found(written: Cast):
    problems = verify_audit(roles={"the_application"}).problems

    role = connection.settings_dict["USER"]
    assert any(HISTORY in problem and f"role {role}, not by Cadence" in problem for problem in problems)


LINKS = [
    ("UPDATE audit_link SET actor_id = 1 WHERE id = (SELECT min(id) FROM audit_link)", "it was changed, or the one"),
    ("UPDATE audit_link SET hash = sha256('x') WHERE id = (SELECT max(id) FROM audit_link)", "it was changed"),
    ("DELETE FROM audit_link WHERE id = (SELECT min(id) FROM audit_link)", "are missing"),
    ("DELETE FROM audit_link WHERE id = (SELECT max(id) FROM audit_link)", "newest links are missing"),
]


@pytest.mark.parametrize(("statement", "words"), LINKS)
def test_a_link_changed_or_removed_is_found(written: Cast, statement: str, words: str):
    with superuser() as cursor:
        cursor.execute(statement)

    assert any(words in problem for problem in check().problems)


def test_a_trigger_that_is_off_is_found(written: Cast):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {HISTORY} DISABLE TRIGGER {TRIGGER}")
        try:
            assert f"{HISTORY}: its trigger is gone or off" in check().problems
        finally:
            cursor.execute(f"ALTER TABLE {HISTORY} ENABLE TRIGGER {TRIGGER}")


def _cut_off_the_newest(cursor: Any) -> None:
    """The last event with its link, and the lane put back, as if it had never been: the chain itself is whole."""
    cursor.execute("SELECT lane, number, row FROM audit_link ORDER BY id DESC LIMIT 1")
    lane, number, _ = cursor.fetchone()
    cursor.execute("SELECT hash FROM audit_link WHERE lane = %s AND number = %s", [lane, number - 1])
    previous = cursor.fetchone()[0]
    cursor.execute("DELETE FROM audit_auditevent WHERE id = (SELECT max(id) FROM audit_auditevent)")
    cursor.execute("DELETE FROM audit_link WHERE lane = %s AND number = %s", [lane, number])
    cursor.execute("UPDATE audit_lane SET number = %s, hash = %s WHERE lane = %s", [number - 1, previous, lane])


def test_newest_rows_cut_off_with_their_links_are_found_by_the_head_that_was_kept(written: Cast):
    record(action="search", by=written.ito)
    record(action="search", by=written.ito)
    head = keep_head()
    assert head is not None
    with superuser() as cursor:
        _cut_off_the_newest(cursor)

    assert any("no longer lead through it" in problem for problem in check().problems)

    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_head")
    assert check().problems == [], "inside the database alone this cannot be seen"
    assert any("head that was noted is not there" in problem for problem in check(noted_head=head.digest).problems)


def test_a_head_of_somebody_else_is_found(written: Cast):
    head = keep_head()
    assert head is not None
    with superuser() as cursor:
        cursor.execute("UPDATE audit_head SET at = at - interval '1 day'")

    assert any("seal is not Cadence's" in problem for problem in check().problems)


def test_a_head_is_kept_once_for_the_same_rows(written: Cast):
    assert keep_head() is not None
    assert keep_head() is None
    record(action="search", by=written.ito)
    assert keep_head() is not None
    assert Head.objects.count() == 2


def test_a_transaction_keeps_to_one_lane_and_another_takes_the_next(cast: Cast):
    from_now = Link.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    other = connection.copy()
    with transaction.atomic():
        record(action="search", by=cast.ito)
        with other.cursor() as cursor:  # it does not wait for us
            cursor.execute("SET lock_timeout = '5s'")
            cursor.execute(
                "INSERT INTO audit_auditevent"
                " (at, action, actor_roles, subject_type, detail, address, request_id, seal)"
                " VALUES (now(), 'search', '', '', 'another', '', '', '')"
            )
        record(action="search", by=cast.ito)
    other.close()

    rows = dict(AuditEvent.objects.values_list("pk", "detail"))
    lanes: dict[bool, list[int]] = {True: [], False: []}
    for row, lane in Link.objects.filter(pk__gt=from_now).values_list("row", "lane"):
        lanes[rows[int(row)] == "another"].append(lane)
    assert len(lanes[False]) == 2
    assert len(set(lanes[False])) == 1
    assert set(lanes[True]).isdisjoint(lanes[False])


def test_a_transaction_that_is_undone_leaves_no_link(written: Cast):
    before = list(Lane.objects.order_by("lane").values_list("number", flat=True))
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(written)

    assert list(Lane.objects.order_by("lane").values_list("number", flat=True)) == before


def test_a_head_that_was_printed_is_good_also_when_others_went_on_writing(written: Cast):
    found = check()
    record(action="search", by=written.ito)  # between the check and the noting of it
    keep_head(found.lanes)

    assert check(noted_head=found.head).problems == []


def test_rows_from_before_their_table_was_chained_are_taken_over(written: Cast):
    """As in an upgrade: no link, no source, no trigger yet."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM audit_link; DELETE FROM audit_source; DELETE FROM audit_lane")
        cursor.execute("SET LOCAL session_replication_role = origin")
        chain.install(cursor)
        taken = Link.objects.filter(role=chain.TAKEN_OVER, source__table_name="audit_auditevent")
        assert set(taken.values_list("row", flat=True)) == set(
            map(str, AuditEvent.objects.values_list("pk", flat=True))
        )
        record(action="search", by=written.ito)
        found = Found()
        verify._links(found, {connection.settings_dict["USER"]}, lambda what, done: None)
        for source in sources():
            verify._rows(cursor, source, found)
        assert found.problems == []
        transaction.set_rollback(True)


def _write_and_fail(cast: Cast) -> None:
    with transaction.atomic():
        record(action="search", by=cast.ito)
        raise ZeroDivisionError


def test_a_link_says_who_from_where_and_about_whom(cast: Cast, sign_in: Callable[[User], Client]):
    client = sign_in(cast.ito)

    client.get(reverse("clinic:chart", args=[cast.joye.pk]), REMOTE_ADDR="203.0.113.9")

    event = AuditEvent.objects.filter(action="chart-read").latest("pk")
    assert (event.address, len(event.request_id)) == ("203.0.113.9", 32)
    link = Link.objects.get(source__table_name="audit_auditevent", row=str(event.pk))
    assert (link.actor_id, link.address) == (cast.ito.pk, "203.0.113.9")


def test_a_link_finds_the_patient_of_rows_that_only_lead_to_one(cast: Cast):
    course = cast.course()

    link = Link.objects.get(source__table_name="treatments_treatmentcourseevent")
    assert link.patient_id == course.patient_id
    ways = {source.table: source.patient for source in sources()}
    assert ways["outcomes_assessmentevent"].count("SELECT") == 2
    assert ways["accounts_siteevent"] == ""
    without = {table for table, way in ways.items() if table.startswith("patients_") and not way}
    assert without == {"patients_payerevent", "patients_consentformevent"}, "they are nobody's in particular"


def test_the_command_says_what_it_found(written: Cast, capsys: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATABASE_APPLICATION_ROLE", connection.settings_dict["USER"])
    call_command("verify_audit")
    said = capsys.readouterr().out
    assert "stands as it was written" in said
    head = said.partition("Head: ")[2].split()[0]
    call_command("verify_audit", "--head", head)

    with superuser() as cursor:
        cursor.execute("UPDATE audit_auditevent SET detail = 'x'")
    with pytest.raises(CommandError, match="does not stand"):
        call_command("verify_audit")
