"""One encrypted file with everything: the database and the uploaded documents, proved when it is restored.

The file is encrypted in the age format to a public key, so that the server that makes backups cannot read them; each
piece of it is authenticated, so that one flipped bit is refused. Inside is a tar archive: `manifest.json` first, with
the rows of every table counted and hashed in the same snapshot that pg_dump reads, then the dump, then the documents.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import psycopg2
import pyrage
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql

from clinic.database_roles import as_owner, settle_rights
from clinic.embedded_postgres import EmbeddedPostgresError, programs

FORMAT = 1
SUFFIX = ".tar.age"
# Of no use later: a cache, and who was signed in.
LEFT_OUT = ("django_cache", "django_session")

Progress = Callable[[str], None]


class BackupError(Exception):
    """A backup cannot be made, read or restored; the message says why and what to do."""


@dataclass(frozen=True)
class Restored:
    """A database made from a backup, and what was compared."""

    database: str
    tables: int
    rows: int
    files: int
    made_at: str


# --- keys


def key_file() -> Path:
    return Path(settings.DATA_DIR) / "backup_key"


def recipient() -> str:
    """The public key that backups are made for: CADENCE_BACKUP_RECIPIENT, else of a key made here on first use."""
    if settings.BACKUP_RECIPIENT:
        return str(settings.BACKUP_RECIPIENT)
    kept = key_file()
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{pyrage.x25519.Identity.generate()}\n")
    return str(_identity(kept).to_public())


def _identity(file: Path) -> Any:
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
        return pyrage.x25519.Identity.from_str(next(line for line in lines if line.startswith("AGE-SECRET-KEY-")))
    except (OSError, StopIteration, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupError(f"{file} holds no key of a backup.") from error


# --- making one


def make_backup(*, to: Path, progress: Progress = lambda words: None) -> Path:
    """Write a backup into the folder `to`, with its SHA-256 beside it; nothing under its name until it is whole.

    Raises BackupError when a part of it cannot be made.
    """
    public = _recipient(recipient())
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    made_at = datetime.now(UTC)
    path = to / f"cadence-{made_at:%Y-%m-%d-%H%M%S}{SUFFIX}"
    unfinished = to / f".{path.name}.{os.getpid()}"
    try:
        with tempfile.TemporaryDirectory(dir=to, prefix=".dump-") as folder, _snapshot() as (snapshot, cursor):
            dump = Path(folder) / "database.dump"
            progress("counting the rows")
            manifest = {
                "format": FORMAT,
                "made_at": made_at.isoformat(timespec="seconds"),
                "tables": _tables(cursor),
                "migrations": _migrations(cursor),
                "files": _files(progress),
            }
            progress("reading the database")
            _run("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}", f"--file={dump}",
                 *(f"--exclude-table-data={table}" for table in LEFT_OUT))  # fmt: skip
            progress("encrypting")
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                _encrypt(out, public, lambda into: _pack(into, manifest, dump))
                out.flush()
                os.fsync(out.fileno())
        path.with_name(f"{path.name}.sha256").write_text(f"{_digest(unfinished)}  {path.name}\n")
        unfinished.rename(path)
    except OSError as error:
        raise BackupError(f"The backup could not be written: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise BackupError("CADENCE_BACKUP_RECIPIENT is no public key; it begins with age1.") from error


@contextmanager
def _snapshot() -> Iterator[tuple[str, Any]]:
    """A transaction that sees one moment of the database, under a name that pg_dump can see it by too."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor.fetchone()[0], cursor
        finally:
            cursor.execute("ROLLBACK")


def _tables(cursor: Any) -> dict[str, list[str]]:
    """Of each table its number of rows and a hash over all of them, in whatever order they lie."""
    cursor.execute("SET LOCAL timezone = 'UTC'")
    cursor.execute("SET LOCAL extra_float_digits = 3")
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (%s) ORDER BY tablename",
        [list(LEFT_OUT)],
    )
    found = {}
    for (table,) in cursor.fetchall():
        counted = sql.SQL(
            "SELECT count(*)::text, coalesce(sum(('x' || left(md5(row::text), 16))::bit(64)::bigint::numeric), 0)::text"
            " FROM public.{} AS row"
        )
        _execute(cursor, counted, table)
        found[table] = list(cursor.fetchone())
    return found


def _migrations(cursor: Any) -> list[str]:
    cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return [name for (name,) in cursor.fetchall()]


def _files(progress: Progress) -> dict[str, str]:
    """The uploaded documents by their path within the folder, each with its SHA-256."""
    folder = Path(settings.MEDIA_ROOT)
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and not path.is_symlink():
            found[str(path.relative_to(folder))] = _digest(path)
            progress(f"reading documents: {len(found):,}")
    return found


def _pack(into: BinaryIO, manifest: dict[str, Any], dump: Path) -> None:
    with tarfile.open(fileobj=into, mode="w|") as archive:
        text = json.dumps(manifest, indent=1).encode()
        about = tarfile.TarInfo("manifest.json")
        about.size = len(text)
        archive.addfile(about, io.BytesIO(text))
        archive.add(dump, "database.dump")
        for name in manifest["files"]:
            archive.add(Path(settings.MEDIA_ROOT) / name, f"files/{name}")


def _encrypt(out: BinaryIO, public: Any, write: Callable[[BinaryIO], None]) -> None:
    """What `write` writes, encrypted; both run at once, so that nothing is held in memory."""
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def run() -> None:
        with os.fdopen(writing, "wb") as pipe:
            try:
                write(pipe)
            except BaseException as error:
                failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as pipe:
            pyrage.encrypt_io(pipe, out, [public])
    finally:
        thread.join()
    if failed:
        raise failed[0]


# --- restoring one


def restore(*, file: Path, key: Path, keep: bool, progress: Progress = lambda words: None) -> Restored:
    """Make a database of its own from a backup, and prove that it holds what the backup was made from.

    With `keep` it stays, under the name that is returned; without, it is removed once it is proved. The database in use
    is not touched. Raises BackupError when the file was damaged, the key is another's, or anything differs.
    """
    _check_digest(file)
    identity = _identity(key)
    folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=_room_beside(file)))
    try:
        progress("decrypting")
        manifest = _unpack(file, identity, folder)
        unknown = set(manifest["migrations"]) - _known_migrations()
        if unknown:
            raise BackupError(f"The backup is of a newer Cadence than this one, which knows no {sorted(unknown)[0]}.")
        for number, (name, digest) in enumerate(manifest["files"].items(), start=1):
            progress(f"comparing documents: {number:,}")
            if _digest(folder / "files" / name) != digest:
                raise BackupError("A document in the backup differs from its hash.")
        database = f"cadence_restored_{datetime.now(UTC):%Y%m%d%H%M%S}"
        progress("filling a fresh database")
        rows = _fill(database, folder / "database.dump", manifest["tables"], keep=keep, progress=progress)
        if keep and manifest["files"]:
            shutil.copytree(folder / "files", Path(settings.DATA_DIR) / f"uploads-{database}")
        return Restored(database, len(manifest["tables"]), rows, len(manifest["files"]), manifest["made_at"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _room_beside(file: Path) -> str:
    """A folder to unpack into: beside the backup, else where temporary files lie."""
    return str(file.parent) if os.access(file.parent, os.W_OK) else tempfile.gettempdir()


def _check_digest(file: Path) -> None:
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    beside = file.with_name(f"{file.name}.sha256")
    if beside.exists() and beside.read_text().split()[0] != _digest(file):
        raise BackupError("The file differs from the checksum beside it: it was damaged or exchanged.")


def _unpack(file: Path, identity: Any, folder: Path) -> dict[str, Any]:
    whole = folder / "whole.tar"
    try:
        with file.open("rb") as encrypted, open(os.open(whole, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            pyrage.decrypt_io(encrypted, out, [identity])
        with tarfile.open(whole) as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    except pyrage.DecryptError as error:
        raise BackupError("The file cannot be decrypted: the key is another's, or the file was damaged.") from error
    except (OSError, tarfile.TarError, ValueError) as error:
        raise BackupError("The file is no backup of Cadence, or not a whole one.") from error
    finally:
        whole.unlink(missing_ok=True)
    if manifest.get("format") != FORMAT:
        raise BackupError(f"The backup has format {manifest.get('format')}; this Cadence reads {FORMAT}.")
    return manifest


def _known_migrations() -> set[str]:
    """Also those that were folded into a later one: a database keeps their names."""
    on_disk = MigrationLoader(None).disk_migrations or {}
    names = {*on_disk, *(name for migration in on_disk.values() for name in migration.replaces)}
    return {f"{app}.{name}" for app, name in names}


def _fill(database: str, dump: Path, tables: dict[str, list[str]], *, keep: bool, progress: Progress) -> int:
    with as_owner(connection):
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            _execute(cursor, sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING UTF8"), database)
        proved = False
        ours = connection.settings_dict
        try:
            connection.settings_dict = ours | {"NAME": database}
            _run("pg_restore", "--exit-on-error", "--no-owner", "--no-acl", "--single-transaction",
                 f"--dbname={database}", str(dump))  # fmt: skip
            progress("comparing every table")
            with connection.cursor() as cursor:
                cursor.execute("BEGIN READ ONLY")
                found = _tables(cursor)
                cursor.execute("ROLLBACK")
            if wrong := sorted(
                table for table in tables.keys() | found.keys() if tables.get(table) != found.get(table)
            ):
                raise BackupError(f"What was restored differs in {len(wrong)} tables, the first is {wrong[0]}.")
            settle_rights(using="default")
            proved = True
        finally:
            connection.close()
            connection.settings_dict = ours
            if not (proved and keep):
                with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                    _execute(cursor, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), database)
    return sum(int(count) for count, _ in tables.values())


def put_in_place(*, database: str, uploads: Path | None) -> str:
    """Let a restored database take the place of the one in use, which is kept under another name: that name.

    Nothing may be connected to either: stop Cadence first. Raises BackupError when something is.
    """
    current = str(settings.DATABASES["default"]["NAME"])
    before = f"{current}_before_{datetime.now(UTC):%Y%m%d%H%M%S}"
    with as_owner(connection), connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        for old, new in ((current, before), (database, current)):
            try:
                _execute(cursor, sql.SQL("ALTER DATABASE {} RENAME TO {}"), old, new)
            except DatabaseError as error:
                if isinstance(error.__cause__, psycopg2.errors.ObjectInUse):
                    raise BackupError("Something is still connected to the database. Stop Cadence first.") from error
                raise
    folder = Path(settings.MEDIA_ROOT)
    if uploads is not None and uploads.is_dir():
        if folder.exists():
            folder.rename(folder.with_name(f"{folder.name}-{before}"))
        uploads.rename(folder)
    return before


def discard(*, database: str, uploads: Path) -> None:
    """Remove a restored database that found no use, and its documents."""
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        _execute(cursor, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), database)
    shutil.rmtree(uploads, ignore_errors=True)


def _execute(cursor: Any, statement: sql.SQL, *names: str) -> None:
    cursor.execute(statement.format(*map(sql.Identifier, names)).as_string(cursor.connection))


# --- PostgreSQL's own programs


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs, connected as we are. Raises BackupError with what it said last."""
    given = connections["default"].settings_dict
    environment = os.environ | {
        "PGHOST": str(given["HOST"]), "PGPORT": str(given["PORT"] or 5432), "PGUSER": str(given["USER"]),
        "PGPASSWORD": str(given["PASSWORD"]), "PGDATABASE": str(given["NAME"]),
    }  # fmt: skip
    command = [_program(program), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        # Only its own words: what follows DETAIL can quote a row.
        said = re.split(r"DETAIL|CONTEXT", done.stderr.strip())[0].strip().splitlines()
        raise BackupError(f"{program} failed: {said[-1] if said else 'it said nothing'}")


def _program(name: str) -> str:
    """PostgreSQL's program of that name: of the private server, which is as new as any we know, else the machine's."""
    try:
        return str(programs() / name)
    except EmbeddedPostgresError:
        if found := shutil.which(name):
            return found
        raise BackupError(f"{name} is not installed.") from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
