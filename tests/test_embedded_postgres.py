"""The private PostgreSQL, driven by real processes: it is shared, it outlives no user, and it survives a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from django.conf import settings

from clinic import embedded_postgres
from clinic.embedded_postgres import EmbeddedPostgresError, Server, ensure_running

FAST = ("fsync=off",)
USER_OF_THE_SERVER = """
import sys
from pathlib import Path
from clinic.embedded_postgres import Server, ensure_running
print("started" if ensure_running(Server(data=Path(sys.argv[1]), options=("fsync=off",))) else "joined", flush=True)
sys.stdin.readline()
"""


class Process:
    """Another process that uses the server until it is told to end."""

    def __init__(self, server: Server) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", USER_OF_THE_SERVER, str(server.data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=settings.BASE_DIR,
        )

    def says(self) -> str:
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().strip()

    def end(self) -> None:
        self.popen.communicate("\n", timeout=60)

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)
        self.popen.communicate(timeout=60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith("pytest-"):
            folder.chmod(0o755)  # as root the server runs as somebody else
    server = Server(data=tmp_path / "data", options=FAST)
    yield server
    embedded_postgres._stop(server)


@pytest.fixture
def use(server: Server) -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def use() -> Process:
        started.append(Process(server))
        return started[-1]

    yield use
    for process in started:
        if process.popen.poll() is None:
            process.popen.kill()
            process.popen.communicate()


def runs(server: Server) -> bool:
    return embedded_postgres._process(server) is not None


def ask(server: Server, question: str) -> object:
    connection = psycopg2.connect(**server.parameters)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def test_the_first_starts_it_others_join_and_the_last_one_stops_it(server: Server, use: Callable[[], Process]):
    first, second = use(), use()  # at the same moment
    assert sorted([first.says(), second.says()]) == ["joined", "started"]
    first.end()
    assert ask(server, "SHOW server_encoding") == ("UTF8",)
    second.end()
    assert not runs(server)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_process_that_is_told_to_end_takes_the_server_with_it(server: Server, use: Callable[[], Process], number):
    process = use()
    process.says()
    process.signal(number)
    assert not runs(server)


def test_a_killed_process_leaves_a_server_that_the_next_one_uses_and_stops(server: Server, use: Callable[[], Process]):
    killed = use()
    killed.says()
    ask(server, "CREATE TABLE kept (id int)")
    killed.signal(signal.SIGKILL)
    assert runs(server)
    following = use()
    assert following.says() == "joined"
    assert ask(server, "SELECT count(*) FROM kept") == (0,)
    following.end()
    assert not runs(server)


def test_it_starts_after_a_crash_even_when_its_old_number_belongs_to_somebody_else(
    server: Server, use: Callable[[], Process]
):
    process = use()
    process.says()
    ask(server, "CREATE TABLE kept (id int)")
    for leftover in [embedded_postgres._process(server)]:
        assert leftover is not None
        children = leftover.children()
        leftover.kill()
        psutil.wait_procs([leftover, *children], timeout=20)
    process.signal(signal.SIGKILL)
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    following = use()
    assert following.says() == "started"
    assert ask(server, "SELECT count(*) FROM kept") == (0,)
    following.end()


def test_a_folder_too_deep_for_a_socket_gets_a_short_one(server: Server, tmp_path: Path, use: Callable[[], Process]):
    deep = Server(data=tmp_path / ("deep" * 20) / ("deeper's, folder " * 3).strip() / "data", options=FAST)
    process = Process(deep)
    try:
        assert process.says() == "started"
        assert deep.socket_folder != deep.data
        assert deep.socket_folder.stat().st_mode & 0o077 == 0
        assert ask(deep, "SELECT 1") == (1,)
    finally:
        process.end()
    assert not deep.socket_folder.exists()


def test_the_server_listens_on_no_network_address(server: Server, use: Callable[[], Process]):
    use().says()
    process = embedded_postgres._process(server)
    assert process is not None
    assert [c for c in process.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN] == []


def test_a_folder_with_other_things_in_it_is_refused(server: Server):
    server.data.mkdir()
    (server.data / "holiday.jpg").touch()
    with pytest.raises(EmbeddedPostgresError, match="is not empty and holds no database"):
        ensure_running(server)
    assert (server.data / "holiday.jpg").exists()


def test_an_interrupted_first_start_leaves_nothing_in_the_way(server: Server, use: Callable[[], Process]):
    half = server.data.with_name("data.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert use().says() == "started"
    assert not half.exists()
