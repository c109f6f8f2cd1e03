"""Backup, destroy, restore, compare; and everything that has to be refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pyrage
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from audit.actions import record
from clinic import backups
from clinic.backups import BackupError, Restored, make_backup, restore
from patients.models import Patient
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(tmp_path: Path, settings: Any) -> Path:
    """The key of this installation's backups, made by the first of them; documents lie in a folder of the test."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return tmp_path / "backup_key"


@pytest.fixture
def made(cast: Cast, key: Path, tmp_path: Path) -> Path:
    record(action="search", by=cast.ito)
    default_storage.save("authorizations/letter.pdf", ContentFile(b"%PDF approved"))
    return make_backup(to=tmp_path / "backups")


@pytest.fixture
def databases() -> Iterator[set[str]]:
    """The names of the databases before the test; those it adds are dropped."""
    before = _databases()
    yield before
    for name in _databases() - before:
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


def test_what_was_backed_up_is_restored_and_equal(cast: Cast, key: Path, made: Path, databases: set[str]):
    restored = restore(file=made, key=key, keep=True)

    assert restored.files == 1
    assert restored.tables > 150
    assert restored.rows > 1_000
    rows = _in(restored, "SELECT record_number, family_name, birth_date::text FROM patients_patient ORDER BY id")
    assert rows == [
        (patient.record_number, patient.family_name, str(patient.birth_date))
        for patient in Patient.objects.order_by("pk")
    ]
    (kept,) = (key.parent / f"uploads-{restored.database}" / "authorizations").iterdir()
    assert kept.read_bytes() == b"%PDF approved"


def test_the_restored_database_guards_its_rows_as_the_first_did(cast: Cast, key: Path, made: Path, databases: set[str]):
    restored = restore(file=made, key=key, keep=True)

    with pytest.raises(Exception, match="Cannot update"):
        _in(restored, "UPDATE audit_auditevent SET detail = 'x'")


def _in(restored: Restored, statement: str) -> list[Any]:
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = restored.database
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


def test_a_proof_leaves_nothing_behind(key: Path, made: Path, databases: set[str]):
    restore(file=made, key=key, keep=False)

    assert _databases() == databases
    assert {path.name for path in made.parent.iterdir()} == {made.name, f"{made.name}.sha256"}


def test_nothing_of_a_patient_can_be_read_in_the_file(cast: Cast, made: Path):
    content = made.read_bytes()

    assert content.startswith(b"age-encryption.org/v1")
    assert cast.joye.family_name.encode() not in content
    assert b"%PDF approved" not in content
    assert (made.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("place", [0.0, 0.001, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("checksum", ["kept", "lost"])
def test_one_flipped_bit_is_refused(key: Path, made: Path, databases: set[str], place: float, checksum: str):
    content = bytearray(made.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    made.write_bytes(content)
    if checksum == "lost":
        made.with_name(f"{made.name}.sha256").unlink()

    with pytest.raises(BackupError, match=r"damaged|no backup"):
        restore(file=made, key=key, keep=True)
    assert _databases() == databases


@pytest.mark.parametrize("left", [0, 100, 0.5, 0.9999])
def test_a_file_that_was_cut_off_is_refused(key: Path, made: Path, databases: set[str], left: float):
    made.with_name(f"{made.name}.sha256").unlink()
    content = made.read_bytes()
    made.write_bytes(content[: int(left if left > 1 else left * len(content))])

    with pytest.raises(BackupError, match=r"damaged|no backup"):
        restore(file=made, key=key, keep=True)
    assert _databases() == databases


def test_somebody_elses_key_opens_nothing(made: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.write_text(str(pyrage.x25519.Identity.generate()))

    with pytest.raises(BackupError, match="the key is another's"):
        restore(file=made, key=other, keep=False)
    other.write_text("no key")
    with pytest.raises(BackupError, match="holds no key"):
        restore(file=made, key=other, keep=False)


def test_a_row_that_differs_is_found(key: Path, made: Path, databases: set[str], monkeypatch: pytest.MonkeyPatch):
    """As if the dump had lost a row on its way: what was counted when it was made is believed, not the dump."""
    counted = backups._tables

    def one_more(cursor: Any) -> dict[str, list[str]]:
        found = counted(cursor)
        found["patients_patient"][1] = str(int(found["patients_patient"][1]) + 1)
        return found

    monkeypatch.setattr(backups, "_tables", one_more)
    with pytest.raises(BackupError, match="differs in 1 tables, the first is patients_patient"):
        restore(file=made, key=key, keep=True)
    assert _databases() == databases


def test_a_backup_of_a_newer_cadence_is_refused(key: Path, made: Path, monkeypatch: pytest.MonkeyPatch):
    known = backups._known_migrations()
    monkeypatch.setattr(backups, "_known_migrations", lambda: known - {"audit.0003_chained"})

    with pytest.raises(BackupError, match=r"of a newer Cadence than this one, which knows no audit\.0003_chained"):
        restore(file=made, key=key, keep=False)


def test_a_disk_that_is_full_leaves_no_half_a_file(
    cast: Cast, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_pack", full)
    with pytest.raises(BackupError, match="No space left on device"):
        make_backup(to=tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_the_public_key_of_somebody_else_is_enough_to_make_one(cast: Cast, tmp_path: Path, settings: Any, key: Path):
    mine = pyrage.x25519.Identity.generate()
    settings.BACKUP_RECIPIENT = str(mine.to_public())
    made = make_backup(to=tmp_path / "backups")

    assert not key.exists(), "the server has no key that opens its backups"
    key.write_text(str(mine))
    assert restore(file=made, key=key, keep=False).rows > 0
    settings.BACKUP_RECIPIENT = "age1nonsense"
    with pytest.raises(BackupError, match="is no public key"):
        make_backup(to=tmp_path / "backups")


def test_one_that_cannot_take_its_place_leaves_nothing_behind(key: Path, made: Path, databases: set[str]):
    names = ("host", "port", "user", "password", "dbname")
    web = psycopg2.connect(**{k: v for k, v in connection.get_connection_params().items() if k in names})
    try:
        with pytest.raises(CommandError, match="Stop Cadence first"):
            call_command("restore", str(made), "--key", str(key), "--replace")
    finally:
        web.close()

    assert _databases() == databases
    assert not list(key.parent.glob("uploads-cadence_restored_*"))


def test_the_commands_say_what_they_did(cast: Cast, key: Path, tmp_path: Path, capsys: Any, databases: set[str]):
    call_command("backup", "--to", str(tmp_path / "b"))
    said = capsys.readouterr().out
    assert "Copy it to another place" in said
    (file,) = (tmp_path / "b").glob("*.age")

    call_command("restore", str(file), "--key", str(key))
    assert "each as it was" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no file"):
        call_command("restore", str(tmp_path / "nothing.age"), "--key", str(key))
