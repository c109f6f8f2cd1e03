"""`make run` from the outside: one process that starts everything, says where it is, and stops everything."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import psutil
import pytest
from django.conf import settings

from clinic.embedded_postgres import Server, _process


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith("pytest-"):
            folder.chmod(0o755)  # as root the server runs as somebody else
    return tmp_path


def serve(data: Path, port: int, **environment: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CADENCE_", "DATABASE_"))}
    clean |= {"DJANGO_SETTINGS_MODULE": "clinic.settings", "CADENCE_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port), "--no-demo"],
        cwd=settings.BASE_DIR,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def running(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = serve(data, port)
    yield process
    if process.poll() is None:
        process.terminate()
        process.communicate(timeout=60)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it never said {words!r}:\n{said}")


def ready(port: int) -> str:
    try:
        page: bytes = urllib.request.urlopen(f"http://localhost:{port}/health/ready/", timeout=20).read()
    except HTTPError as refused:
        page = refused.read()
    return page.decode()


def test_it_serves_restarts_what_dies_and_stops_everything(running: subprocess.Popen[str], data: Path, port: int):
    said = read_until(running, "Ctrl-C")
    assert f"http://localhost:{port}/" in said
    assert urllib.request.urlopen(f"http://localhost:{port}/health/", timeout=5).read() == b"ok"
    assert Path(data / "postgres" / "PG_VERSION").read_text().strip() == "18"

    second = serve(data, port)
    words, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"Cadence already runs at http://localhost:{port}/" in words
    assert "Traceback" not in words

    children = psutil.Process(running.pid).children(recursive=True)
    [worker] = [child for child in children if "db_worker" in child.cmdline()]
    [_courier] = [child for child in children if "courier" in child.cmdline()]
    worker.kill()
    read_until(running, "The background worker stopped")

    database = _process(Server(data=data / "postgres"))
    assert database is not None
    database.kill()
    deadline = time.monotonic() + 60  # whoever notices first starts it: this process, or one that needs it
    while _process(Server(data=data / "postgres")) in (None, database) or "database: ok" not in ready(port):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    children = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    words, _ = running.communicate(timeout=60)
    assert running.returncode == 0, words
    assert "Traceback" not in words
    _, left = psutil.wait_procs(children, timeout=10)
    assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []  # some containers clear none away
    assert _process(Server(data=data / "postgres")) is None


def test_a_port_that_somebody_else_uses_is_said_in_a_sentence(data: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = serve(data, port)
        words, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {port} is used by another program. Choose another: make run PORT={port + 1}" in words
    assert "Traceback" not in words
    assert not (data / "postgres").exists()


def test_a_database_url_that_does_not_answer_is_said_in_a_sentence(data: Path, port: int):
    process = serve(data, port, DATABASE_URL="postgres://ann:secret@127.0.0.1:1/clinic")
    words, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The database of DATABASE_URL does not answer" in words
    assert "Traceback" not in words
    assert "secret" not in words
